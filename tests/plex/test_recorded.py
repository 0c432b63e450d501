"""Answers recorded from real servers go through decode, map and catalogue (sources: tests/data/plex/SOURCES.md)."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from retrovue import errors
from retrovue.model.catalogue import Item
from retrovue.model.sync import BadRow
from retrovue.plex.client import Answer
from retrovue.plex.mapping import decode_item, details_of
from retrovue.plex.payloads import container_of
from worlds import World

DATA = Path(__file__).parent.parent / "data" / "plex"
KINDS = {"movie", "show", "season", "episode"}
Row = dict[str, Any]


def from_xml(element: ET.Element) -> Row:
    """The row that JSON would show: attributes, and children as arrays under their name."""
    row: Row = dict(element.attrib)
    for child in element:
        row.setdefault(child.tag, []).append(from_xml(child))
    return row


def rows_of(name: str) -> list[Row]:
    """All rows of a recorded file that are of a kind that is catalogued."""
    path = DATA / name
    if path.suffix == ".xml":
        root = ET.parse(path).getroot()
        found = [from_xml(child) for child in root if child.tag in {"Video", "Directory"}]
    else:
        document = json.loads(path.read_text(encoding="utf-8"))
        found = list(_metadata(document))
    return [row for row in found if row.get("type") in KINDS and "ratingKey" in row]


def _metadata(document: Any) -> list[Row]:
    if isinstance(document, dict):
        own = document.get("Metadata")
        if isinstance(own, list):
            return own
        return [row for value in document.values() for row in _metadata(value)]
    return []


FILES = sorted(path.name for path in DATA.iterdir() if path.suffix in {".json", ".xml"})
WITHOUT = {
    "section_all_albums.json",
    "music_tracks.json",
    "library_sections_0.json",
    "sections.xml",
    "ancient_sections.json",
}


def test_every_listing_that_was_recorded_is_used() -> None:
    used = [name for name in FILES if rows_of(name)]
    assert set(FILES) - set(used) == WITHOUT
    assert len(used) >= 28


def test_the_copies_are_those_of_the_shared_folder() -> None:
    shared = Path(__file__).parents[3] / "shared" / "plex" / "recorded"
    if not shared.is_dir():
        pytest.skip("the shared folder with the originals is not beside the project")
    originals = {path.read_bytes() for path in shared.rglob("*") if path.is_file()}
    assert all((DATA / name).read_bytes() in originals for name in FILES)


@pytest.mark.parametrize("name", [name for name in FILES if name not in WITHOUT])
def test_recorded_rows_reach_the_catalogue(name: str, build_world: Callable[..., World]) -> None:
    rows = {row["ratingKey"]: row for row in rows_of(name)}
    for kind, own in (("movie", {"movie"}), ("show", {"show", "season", "episode"})):
        chosen = {key: row for key, row in rows.items() if row["type"] in own}
        if not chosen:
            continue
        world = build_world(kind, sync__page_size=20)
        world.state.sections[world.section].rows = {key: _serveable(row) for key, row in chosen.items()}
        done = world.synced()
        assert (done.errors, done.complete, done.added) == (0, True, len(chosen)), world.log(done)
        items = world.items()
        for key, row in chosen.items():
            item = items[key]
            assert item.item.title == row["title"]
            paths = [part.get("file") for version in row.get("Media", []) for part in version.get("Part", [])]
            assert [file.file.plex_path for file in item.files] == paths
            assert len(item.item.external_ids or ()) >= len({g["id"] for g in row.get("Guid", [])})
        again = world.synced()
        assert (again.updated, again.unchanged) == (0, len(chosen))


def _serveable(row: Row) -> Row:
    return {**row, "ratingKey": str(row["ratingKey"])}


def item(name: str, key: str) -> Item:
    """One row of a file, mapped."""
    row = next(row for row in rows_of(name) if row["ratingKey"] == key)
    return decode_item(json.dumps(row).encode())


def test_a_film_with_everything() -> None:
    film = item("section_all_movies_guids.json", "28550")
    assert (film.title, film.year, film.content_rating, film.studio) == (
        "4 for Texas",
        1963,
        "nl/14",
        "The Sam Company",
    )
    assert film.guid == "plex://movie/5d776841103a2d001f56a97b"
    assert film.duration_ms == 6_908_735
    assert film.originally_available_at == "1963-12-21"
    assert film.added_at == datetime.fromtimestamp(1_586_886_369, UTC)
    assert film.updated_at == datetime.fromtimestamp(1_733_633_798, UTC)
    assert [(i.source, i.value) for i in film.external_ids or ()] == [
        ("imdb", "tt0057071"), ("tmdb", "17691"), ("tvdb", "29844"),
    ]  # fmt: skip
    assert film.genres == ("Comedy", "Western")
    (file,) = film.files or ()
    assert file.plex_path == "/Movies/4 for Texas (1963)/4 for Texas (1963).avi"
    assert (file.size_bytes, file.container, file.video_codec, file.audio_codec) == (
        1_468_592_128,
        "avi",
        "mpeg4",
        "ac3",
    )
    assert (file.width, file.height, file.bitrate_kbps, file.resolution) == (640, 368, 1694, "sd")
    assert file.part_key == "/library/parts/47070/1586877036/file.avi"


def test_two_versions() -> None:
    film = item("section_all_movies_guids.json", "41933")
    assert [(f.version, f.part, f.size_bytes) for f in film.files or ()] == [
        (0, 0, 35_344_527_507),
        (1, 0, 2_618_053_653),
    ]


def test_a_version_in_two_parts_beside_another() -> None:
    film = item("section_all_movies_guids.json", "43904")
    assert [(f.version, f.part, f.duration_ms) for f in film.files or ()] == [
        (0, 0, 7_349_152), (1, 0, 4_105_920), (1, 1, 3_247_890),
    ]  # fmt: skip


def test_four_parts_of_which_only_the_first_has_a_duration() -> None:
    film = item("section_all_movies_guids.json", "54921")
    assert [f.part for f in film.files or ()] == [0, 1, 2, 3]
    assert [f.size_bytes for f in film.files or ()] == [389_591_971, 389_591_971, 389_591_971, 389_591_973]
    assert film.duration_ms == 26_527  # wrong, but this is what the server says


def test_an_episode_without_updated_at() -> None:
    episode = item("section_all_type4_includeGuids.json", "45522")
    assert episode.updated_at is None
    assert episode.added_at == datetime.fromtimestamp(1_633_811_171, UTC)
    assert (episode.show_title, episode.season_number, episode.episode_number) == (
        "Alice in Borderland",
        1,
        1,
    )
    assert [i.value for i in episode.external_ids or ()] == ["tt13015952", "2434012", "7945991"]


def test_an_episode_knows_its_parents() -> None:
    episode = item("section_all_type4_page.json", "103488")
    assert (episode.parent_key, episode.grandparent_key) == ("103479", "103160")
    assert episode.display_title == "South Park · S20E09 · Not Funny"
    assert episode.external_ids is None  # not asked for with guids: nothing is known, which is not "none"


@pytest.mark.parametrize(
    ("key", "source", "value"),
    [("28580", "tvdb", "88651"), ("43906", "anidb", "2127"), ("54464", "tvdb", "347734")],
)
def test_legacy_guids_of_shows_give_ids(key: str, source: str, value: str) -> None:
    show = item("section_all_shows_legacy_guids.json", key)
    assert [(i.source, i.value) for i in show.external_ids or ()] == [(source, value)]


def test_a_legacy_guid_without_an_id_gives_none() -> None:
    show = item("section_all_shows_legacy_guids.json", "40081")
    assert (show.guid, show.external_ids, show.year) == (
        "com.plexapp.agents.none://40081?lang=xn",
        None,
        None,
    )


def test_a_windows_path_and_a_clip() -> None:
    clip = item("section_all_personal_media.json", "714")
    assert clip.kind.value == "movie"
    (file,) = clip.files or ()
    assert file.plex_path is not None
    assert file.plex_path.startswith("P:\\concerts\\Metallica")


def test_unicode_titles() -> None:
    film = item("metadata_movie_unicode.json", "9881")
    assert (film.title, film.original_title) == ("9½ Weeks", "Nine 1/2 Weeks")
    broly = item("newMetadata.xml", "48753")
    assert broly.original_title == "ドラゴンボール超スーパー ブロリー"


def test_an_unmatched_item() -> None:
    film = item("metadata_local_clip.json", "56939")
    assert film.guid == "local://56939"
    assert film.external_ids in {None, ()}


def test_numbers_as_texts_from_xml() -> None:
    film = item("library_movies_all.xml", "1")
    assert (film.year, film.duration_ms) == (2000, 9_000_000)
    assert [(i.source, i.value) for i in film.external_ids or ()] == [("imdb", "tt0123456")]


def test_music_is_refused_row_by_row() -> None:
    document = json.loads((DATA / "section_all_albums.json").read_text(encoding="utf-8"))
    with pytest.raises(BadRow, match="album"):
        decode_item(json.dumps(document["MediaContainer"]["Metadata"][0]).encode())


def test_details_hold_chapters_and_markers() -> None:
    row = rows_of("metadata_episode_chapters_markers.json")[0]
    details = details_of(row)
    assert {marker["type"] for marker in details["markers"]} <= {"intro", "credits", "commercial"}
    assert details["markers"]
    assert details["chapters"]
    assert details["chapters"][0]["start_ms"] == 0


def test_details_hold_all_tags_and_streams() -> None:
    details = details_of(rows_of("metadata_movie.json")[0])
    assert len(details["tags"]["actors"]) > 3
    assert {stream["kind"] for stream in details["streams"]} >= {"video", "audio"}


def test_the_json_of_before_2016_is_refused_in_words() -> None:
    body = (DATA / "ancient_sections.json").read_bytes()
    with pytest.raises(errors.NotAPlexServer, match="too old"):
        container_of(Answer(200, "application/json", body))


def test_recorded_libraries_are_read() -> None:
    body = (DATA / "library_sections_0.json").read_bytes()
    assert container_of(Answer(200, "application/json", body)).directories
