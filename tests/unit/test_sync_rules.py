"""The pure rules of a sync: what differs, who is who, what proves a listing, when to brake, how deep to look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from retrovue.core.sync import diff, identity, plan
from retrovue.core.sync.removal import ListingProof, brake, sample
from retrovue.model.catalogue import ExternalId, Item, Kind, Library, MediaFile
from retrovue.model.sync import Depth, KindChoice, Page, Row, SyncOptions
from retrovue.storage.items import Stored

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def file(path: str) -> MediaFile:
    """A file at a path."""
    return MediaFile(0, 0, path, 1, "mkv", "h264", "aac", 1, 2, 3, 4, "sd", "24p", 2, False, None)


def item(key: str = "1", **values: Any) -> Item:
    """A film."""
    base: dict[str, Any] = dict.fromkeys(Item.__struct_fields__)
    base |= {
        "key": key,
        "kind": Kind.MOVIE,
        "title": "Film",
        "guid": "plex://movie/a",
        "files": (file("/a.mkv"),),
    }
    base |= {"external_ids": (), "genres": (), "labels": (), "collections": ()}
    return Item(**{**base, **values})


def stored(ident: int, what: Item, *, removed: bool = False) -> Stored:
    """An item of the catalogue."""
    return Stored(ident, what, diff.fingerprint(what), removed)


# --- diff ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [n for n in Item.__struct_fields__ if n != "updated_at"])
def test_every_stored_field_is_in_the_fingerprint(name: str) -> None:
    other: dict[str, Any] = {
        "kind": Kind.SHOW, "files": (file("/b.mkv"),), "external_ids": (ExternalId("imdb", "tt1"),), "genres": ("x",),
        "labels": ("x",), "collections": ("x",), "added_at": NOW, "trashed_at": NOW,
    }  # fmt: skip
    number = name in {"year", "duration_ms", "season_number", "episode_number"}
    changed = replace(item(), **{name: other.get(name, 7 if number else "other")})
    assert diff.fingerprint(changed) != diff.fingerprint(item())
    if name != "key":
        assert list(diff.differences(item(), changed)) == [name]


def test_updated_at_is_not_in_the_fingerprint() -> None:
    assert diff.fingerprint(item(updated_at=NOW)) == diff.fingerprint(item())
    assert diff.differences(item(updated_at=NOW), item()) == {}


@given(st.permutations(["Comedy", "Drama", "Western"]))
def test_the_order_of_tags_is_no_change(order: list[str]) -> None:
    one, other = item(genres=("Comedy", "Drama", "Western")), item(genres=tuple(order))
    assert diff.fingerprint(one) == diff.fingerprint(other)
    assert diff.differences(one, other) == {}


def test_what_is_left_out_is_taken_from_what_is_stored() -> None:
    known = item(genres=("Comedy",), external_ids=(ExternalId("imdb", "tt1"),))
    listed = item(files=None, genres=None, external_ids=None, labels=None, collections=None, title="New")
    assert diff.completed(listed, known) == replace(known, title="New")
    assert diff.completed(item(genres=()), known).genres == ()


def test_the_raw_hash_tells_mapping_versions_apart() -> None:
    assert diff.raw_hash(b"x", 1) != diff.raw_hash(b"x", 2)
    assert diff.raw_hash(b"x", 1) == diff.raw_hash(b"x", 1)


# --- identity --------------------------------------------------------------------------------------

GUID, OTHER = "plex://movie/a", "plex://movie/b"


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ({}, {}, True),
        ({}, {"title": "Renamed"}, True),
        ({}, {"guid": OTHER}, True),  # re-matched: the file is the same
        ({}, {"guid": OTHER, "files": (file("/b.mkv"),)}, False),
        ({}, {"files": (file("/b.mkv"),)}, True),  # another file of the same film
        ({}, {"kind": Kind.EPISODE}, False),
        ({"kind": Kind.SHOW, "files": ()}, {"kind": Kind.SHOW, "files": (), "guid": OTHER}, True),
        (
            {"kind": Kind.SHOW, "files": ()},
            {"kind": Kind.SHOW, "files": (), "guid": OTHER, "title": "Other"},
            False,
        ),
        ({"files": ()}, {"guid": OTHER}, False),
    ],
)
def test_same_item(old: dict[str, Any], new: dict[str, Any], same: bool) -> None:
    assert identity.same_item(item(**old), item(**new)) is same


def test_a_new_key_is_suspected_to_be_an_unseen_item_with_its_guid_and_file() -> None:
    verdicts = identity.judge([item("2")], [stored(1, item("1"))], {"2"})
    assert verdicts.suspects.keys() == {"2"}


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ({"files": (file("/b.mkv"),)}, {}),
        ({"guid": OTHER}, {}),
        ({"kind": Kind.EPISODE}, {}),
        ({"guid": "local://2", "files": (file("/b.mkv"),)}, {"guid": "local://1"}),
    ],
)
def test_others_are_not_suspected(new: dict[str, Any], old: dict[str, Any]) -> None:
    verdicts = identity.judge([item("2", **new)], [stored(1, item("1", **old))], {"2"})
    assert not verdicts.suspects
    assert not verdicts.returned


def test_guids_made_of_the_key_are_compared_by_file_alone() -> None:
    for old, new in (
        ("local://1", "local://2"),
        ("com.plexapp.agents.none://1?lang=xn", "com.plexapp.agents.none://2?lang=xn"),
    ):
        verdicts = identity.judge([item("2", guid=new)], [stored(1, item("1", guid=old))], {"2"})
        assert verdicts.suspects.keys() == {"2"}


def test_shows_are_compared_by_guid_alone() -> None:
    show = {"kind": Kind.SHOW, "files": ()}
    assert identity.judge([item("2", **show)], [stored(1, item("1", **show))], {"2"}).suspects.keys() == {"2"}


def test_an_item_seen_under_its_own_key_is_no_suspect() -> None:
    assert not identity.judge([item("2")], [stored(1, item("1"))], {"1", "2"}).suspects


def test_nobody_is_chosen_among_several() -> None:
    two_old = [stored(1, item("1")), stored(2, item("3"))]
    assert not identity.judge([item("2")], two_old, {"2"}).suspects
    assert not identity.judge([item("2"), item("4")], [stored(1, item("1"))], {"2", "4"}).suspects


def test_a_removed_item_returns_under_its_own_or_another_key() -> None:
    for key in ("1", "2"):
        verdicts = identity.judge([item(key)], [stored(1, item("1"), removed=True)], {key})
        assert verdicts.returned[key].id == 1


def test_a_live_item_under_a_wanted_key_is_displaced() -> None:
    verdicts = identity.judge([item("1", kind=Kind.EPISODE)], [stored(9, item("1"))], {"1"})
    assert verdicts.displaced["1"].id == 9


# --- the proof of a listing ------------------------------------------------------------------------


def pages(keys: list[str], size: int, *, total: int | None = None) -> list[Page]:
    """The pages of an honest server: overlapping by one, and the last row once more."""
    count = len(keys) if total is None else total
    if not keys:
        return [Page(0, 0, ())]
    found: list[Page] = []
    start = 0
    while True:
        part = keys[start : start + size]
        found.append(Page(start, count, tuple(Row(key, b"") for key in part)))
        if start + len(part) >= len(keys):
            break
        start += len(part) - 1
    return [*found, Page(len(keys) - 1, count, (Row(keys[-1], b""),))]


def judged(listing: list[Page]) -> tuple[list[str | None], str | None]:
    """The new rows' keys in order, and the problem."""
    proof = ListingProof()
    rows = [row.key for page in listing for row in proof.take(page)]
    return rows, proof.problem()


@given(st.integers(0, 60), st.integers(2, 20))
def test_an_honest_listing_is_proven_and_gives_each_row_once(count: int, size: int) -> None:
    keys = [str(number) for number in range(count)]
    rows, problem = judged(pages(keys, size))
    assert rows == keys
    assert problem is None


@given(st.data())
def test_a_row_that_is_skipped_between_pages_is_always_noticed(data: st.DataObject) -> None:
    """Under a constant total: one before the offset goes, another comes at the end."""
    count, size = data.draw(st.integers(5, 60)), data.draw(st.integers(2, 20))
    keys = [str(number) for number in range(count)]
    honest = pages(keys, size)
    if len(honest) < 3:
        return
    at = data.draw(st.integers(1, len(honest) - 2))
    victim = data.draw(st.integers(0, honest[at].start - 1)) if honest[at].start else 0
    after = [*keys[:victim], *keys[victim + 1 :], "late"]
    later = pages(after, size)
    _, problem = judged([*honest[:at], *later[at:]])
    assert problem is not None


@given(st.integers(2, 40), st.integers(2, 10), st.data())
def test_a_page_that_is_lost_or_short_is_always_noticed(count: int, size: int, data: st.DataObject) -> None:
    honest = pages([str(n) for n in range(count)], size)
    at = data.draw(st.integers(0, len(honest) - 1))
    lost = honest[:at] + honest[at + 1 :]
    assert judged(lost)[1] is not None
    rows = honest[at].rows
    cut = data.draw(st.integers(0, len(rows) - 1))
    short = [*honest[:at], Page(honest[at].start, count, rows[:cut] + rows[cut + 1 :]), *honest[at + 1 :]]
    assert judged(short)[1] is not None


@pytest.mark.parametrize(
    "listing",
    [
        [],
        [Page(0, None, (Row("1", b""),))],
        [Page(0, 2, (Row("1", b""), Row("1", b""))), Page(1, 2, (Row("1", b""),))],
        [Page(0, 2, (Row("1", b""), Row(None, b""))), Page(1, 2, (Row(None, b""),))],
        [Page(0, 1, (Row("1", b""), Row("2", b""))), Page(1, 1, (Row("2", b""),))],
        [Page(0, 2, (Row("1", b""), Row("2", b"")))],
        [Page(0, 2, (Row("1", b""), Row("2", b""))), Page(1, 3, (Row("2", b""),))],
        [Page(0, 2, (Row("1", b""), Row("2", b""))), Page(1, 2, ())],
        [Page(0, 2, (Row("1", b""), Row("2", b""))), Page(1, 2, (Row("3", b""),))],
    ],
)
def test_listings_that_prove_nothing(listing: list[Page]) -> None:
    assert judged(listing)[1] is not None


# --- the brake -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("missing", "live", "listed", "held"),
    [
        (0, 0, 0, False),
        (0, 100, 100, False),
        (1, 1, 0, True),
        (20, 20, 1, False),
        (21, 209, 188, True),
        (21, 210, 189, False),
        (21, 211, 190, False),
        (1000, 100_000, 99_000, False),
        (10_001, 100_000, 89_999, True),
    ],
)
def test_brake(missing: int, live: int, listed: int, held: bool) -> None:
    assert (brake(missing=missing, live=live, listed=listed, percent=10, items=20) is not None) is held


@given(st.lists(st.text(), unique=True), st.integers(1, 50))
def test_a_sample_is_spread_and_never_larger(keys: list[str], size: int) -> None:
    found = sample(keys, size)
    assert len(found) == min(len(keys), size)
    assert set(found) <= set(keys)
    assert len(set(found)) == len(found)


# --- the plan --------------------------------------------------------------------------------------


def library(**values: Any) -> Library:
    """A film library that was synced an hour ago."""
    base: dict[str, Any] = {
        "id": 1, "server_id": 1, "server": "Home", "key": "1", "uuid": "u", "title": "Movies", "type": "movie",
        "locations": (), "enabled": True, "gone_at": None, "last_sync_at": NOW, "quick_mark": NOW,
        "last_complete_at": NOW - timedelta(hours=1),
    }  # fmt: skip
    return Library(**{**base, **values})


@pytest.mark.parametrize(
    ("depth", "hours", "never", "expected"),
    [
        (Depth.COMPLETE, 0, False, Depth.COMPLETE),
        (Depth.QUICK, 1000, False, Depth.QUICK),
        (Depth.QUICK, 0, True, Depth.COMPLETE),
        (Depth.AUTO, 22, False, Depth.QUICK),
        (Depth.AUTO, 23, False, Depth.QUICK),
        (Depth.AUTO, 23.01, False, Depth.COMPLETE),
        (Depth.AUTO, 0, True, Depth.COMPLETE),
    ],
)
def test_depth(depth: Depth, hours: float, never: bool, expected: Depth) -> None:
    lib = library(last_complete_at=None) if never else library()
    chosen, _ = plan.choose_depth(
        lib,
        SyncOptions(depth=depth),
        now=NOW,
        until=NOW + timedelta(hours=hours),
        complete_every=timedelta(hours=24),
    )
    assert chosen is expected


def test_libraries_without_the_chosen_kinds_are_skipped_with_a_reason() -> None:
    assert plan.why_not(library(), SyncOptions()) is None
    assert plan.why_not(library(), SyncOptions(kinds=(KindChoice.MOVIE,))) is None
    assert "episode" in (plan.why_not(library(), SyncOptions(kinds=(KindChoice.EPISODE,))) or "")
    assert plan.why_not(library(type="show"), SyncOptions(kinds=(KindChoice.EPISODE,))) is None
    assert "artist" in (plan.why_not(library(type="artist"), SyncOptions()) or "")
