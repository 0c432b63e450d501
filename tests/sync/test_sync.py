"""A sync, as its user sees it: what is listed is in the catalogue, and what changed is in the journal."""

from __future__ import annotations

from collections.abc import Callable

from retrovue.demo import faults
from retrovue.demo.state import media
from retrovue.model.execution import Status
from retrovue.model.sync import Depth, KindChoice
from worlds import AUTO, QUICK, World


def test_first_sync_brings_everything(world: World) -> None:
    done = world.synced()
    world.assert_mirrors_server()
    assert done.complete
    assert done.added == done.scanned == len(world.all_keys())
    assert {change for change, _ in world.changes(done)} == {"added"}
    assert len(world.changes(done)) == done.added


def test_unchanged_sync_writes_nothing(world: World) -> None:
    world.synced()
    before = world.rv.versions()["catalogue"]
    done = world.synced()
    assert (done.added, done.updated, done.removed) == (0, 0, 0)
    assert done.unchanged == done.scanned == len(world.all_keys())
    assert world.changes(done) == []
    assert world.rv.versions()["catalogue"] == before + 1  # the library's own "last sync"


def test_items_carry_ids_genres_and_files(films: World) -> None:
    films.synced()
    item = next(i.item for i in films.items().values() if i.item.title == "Metropolis")
    assert [(x.source, x.value) for x in item.external_ids or ()] == [("imdb", "tt0017136")]
    assert item.genres == ("Science Fiction", "Drama")
    assert item.duration_ms == 153 * 60_000
    assert item.files is not None
    assert item.files[0].video_codec == "h264"


def test_episode_knows_its_show_and_season(shows: World) -> None:
    shows.synced()
    item = next(i.item for i in shows.items().values() if i.item.title == "Secret Agent")
    assert (item.show_title, item.season_number, item.episode_number) == ("Superman", 2, 8)
    assert item.display_title == "Superman · S02E08 · Secret Agent"


def test_changed_fields_are_journalled_with_old_and_new(world: World) -> None:
    world.synced()
    key = world.keys()[3]
    old = world.row(key)["title"]
    world.state.edit(key, title="Another title", summary="Said anew")
    done = world.synced()
    assert done.updated == 1
    entry = world.journal(done)[0]
    assert entry.fields["title"] == (old, "Another title")
    assert entry.fields["summary"][1] == "Said anew"
    world.assert_mirrors_server()


def test_a_replaced_file_is_found_though_updated_at_stands_still(world: World) -> None:
    world.synced()
    key = world.keys()[2]
    world.state.edit(
        key, Media=[media("/media/elsewhere/better.mkv", 60)], updatedAt=world.row(key)["updatedAt"]
    )
    done = world.synced()
    assert done.updated == 1
    assert list(world.journal(done)[0].fields) == ["files"]
    world.assert_mirrors_server()


def test_updated_at_alone_is_no_change(world: World) -> None:
    world.synced()
    world.state.edit(world.keys()[0])
    done = world.synced()
    assert (done.updated, done.unchanged) == (0, len(world.all_keys()))
    assert world.changes(done) == []


def test_volatile_fields_are_no_change(world: World) -> None:
    world.synced()
    world.state.edit(world.keys()[0], viewCount=7, lastViewedAt=1_700_000_123, thumb="/x/1")
    done = world.synced()
    assert done.updated == 0
    assert world.synced().unchanged == len(world.all_keys())


def test_a_missing_array_clears_nothing(films: World) -> None:
    films.synced()
    key = films.keys()[0]
    films.state.edit(key, Guid=None, Genre=None, Media=None)
    done = films.synced()
    assert done.updated == 0
    item = films.items()[key]
    assert item.item.genres
    assert item.item.external_ids
    assert item.files


def test_removed_items_become_tombstones_and_come_back(world: World) -> None:
    world.synced()
    key = world.keys()[-1]
    row = dict(world.row(key))
    world.state.remove(key)
    gone = world.synced()
    assert gone.removed == 1
    assert world.changes(gone) == [("removed", key)]
    tombstone = world.items(removed=True)[key]
    assert tombstone.removed_at is not None
    assert tombstone.files  # its files are kept
    world.state.add_row(world.section, row)
    back = world.synced()
    assert (back.restored, back.added) == (1, 0)
    assert world.items()[key].id == tombstone.id
    world.assert_mirrors_server()


def test_a_rekeyed_item_stays_the_same_item(world: World) -> None:
    world.synced()
    old = world.keys()[4]
    ident = world.items()[old].id
    new = world.state.rekey(old)
    done = world.synced()
    assert (done.added, done.removed) == (0, 0)
    assert world.changes(done) == [("rekeyed", new)]
    assert world.journal(done)[0].fields["rating_key"] == (old, new)
    assert world.items()[new].id == ident
    world.assert_mirrors_server()


def test_a_second_copy_is_no_rekeying(world: World) -> None:
    world.synced()
    old = world.keys()[4]
    copy = {k: v for k, v in world.row(old).items() if k != "ratingKey"}
    new = world.state.add_row(world.section, copy)
    done = world.synced()
    assert world.changes(done) == [("added", new)]
    world.assert_mirrors_server()


def test_a_key_that_stands_for_another_item_is_another_item(world: World) -> None:
    world.synced()
    key = world.keys()[1]
    ident = world.items()[key].id
    world.state.edit(key, title="Quite another", guid=f"plex://{world.leaf}/ffffffffffffffffffffffff",
                     Media=[media("/media/quite/another.mkv", 5)])  # fmt: skip
    done = world.synced()
    assert world.changes(done) == [("removed", key), ("added", key)]
    assert world.items()[key].id != ident
    assert world.items(removed=True)[key].id == ident
    world.assert_mirrors_server()


def test_a_rematched_item_with_the_same_file_is_the_same(world: World) -> None:
    world.synced()
    key = world.keys()[1]
    ident = world.items()[key].id
    world.state.edit(key, guid=f"plex://{world.leaf}/eeeeeeeeeeeeeeeeeeeeeeee", title="Rightly matched")
    done = world.synced()
    assert world.changes(done) == [("updated", key)]
    assert world.items()[key].id == ident


def test_a_kind_that_changes_hands_is_another_item(shows: World) -> None:
    shows.synced()
    key = shows.keys("season")[0]
    row = dict(shows.row(shows.keys()[0]))
    shows.state.remove(key)
    shows.state.add_row(shows.section, {**row, "ratingKey": key, "guid": "plex://episode/dddddddddddddddddddddddd",
                                        "title": "In a season's place", "Media": [media("/m/x.mkv", 3)]})  # fmt: skip
    shows.synced()
    assert shows.items()[key].item.kind.value == "episode"
    shows.assert_mirrors_server()


def test_dry_run_reports_the_same_and_writes_nothing(world: World) -> None:
    world.synced()
    world.add()
    world.state.edit(world.keys()[0], title="Changed")
    world.state.remove(world.keys()[5])
    before = {key: item.item for key, item in world.items().items()}
    dry = world.synced(dry_run=True)
    assert {key: item.item for key, item in world.items().items()} == before
    assert not world.items(removed=True)
    real = world.synced()
    counts = ("scanned", "added", "updated", "removed", "unchanged", "complete")
    assert [getattr(dry, name) for name in counts] == [getattr(real, name) for name in counts]
    assert world.changes(dry) == world.changes(real)
    assert all(entry.item_id is None for entry in world.journal(dry))
    world.assert_mirrors_server()


def test_dry_run_of_an_empty_catalogue_moves_no_mark(world: World) -> None:
    world.synced(dry_run=True)
    assert world.items() == {}
    assert world.library.last_complete_at is None
    assert world.library.quick_mark is None


def test_limit_looks_at_no_more_and_removes_nothing(world: World) -> None:
    world.synced()
    world.state.remove(world.keys()[0])
    done = world.synced(limit=5)
    assert done.scanned == 5
    assert done.removed == 0
    assert not done.complete
    assert world.synced().removed == 1


def test_limit_larger_than_the_library_removes_nothing_either(world: World) -> None:
    world.synced()
    world.state.remove(world.keys()[0])
    done = world.synced(limit=1000)
    assert (done.removed, done.complete) == (0, False)


def test_kinds_that_a_library_does_not_hold_are_skipped(world: World) -> None:
    other = KindChoice.EPISODE if world.kind == "movie" else KindChoice.MOVIE
    done = world.sync(kinds=(other,))
    assert done.status is Status.SKIPPED
    assert done.reason


def test_kinds_that_cover_the_library_are_no_filter(world: World) -> None:
    own = KindChoice.MOVIE if world.kind == "movie" else KindChoice.EPISODE
    world.synced(kinds=(own,))
    world.state.remove(world.keys()[0])
    done = world.synced(kinds=(own,))
    assert (done.complete, done.removed) == (True, 1)


def test_quick_finds_what_came_with_few_requests(world: World) -> None:
    world.synced()
    world.clock.advance(hours=1)
    key = world.add("Just arrived")
    done = world.synced(depth=QUICK)
    assert done.depth is Depth.QUICK
    assert world.changes(done) == [("added", key)]
    assert not done.complete
    world.assert_mirrors_server()


def test_quick_with_nothing_new_costs_four_requests_a_kind(world: World) -> None:
    world.synced()
    world.clock.advance(hours=1)
    done = world.synced(depth=QUICK)
    kinds = 1 if world.kind == "movie" else 3
    assert done.requests <= 4 * kinds
    assert (done.depth, done.scanned) == (Depth.QUICK, 0)


def test_quick_turns_complete_when_the_count_does_not_fit(world: World) -> None:
    world.synced()
    world.clock.advance(hours=1)
    world.state.remove(world.keys()[0])
    done = world.synced(depth=QUICK)
    assert done.depth is Depth.COMPLETE
    assert (done.removed, done.complete) == (1, True)
    world.assert_mirrors_server()


def test_quick_turns_complete_when_one_came_and_one_went(world: World) -> None:
    world.synced()
    world.clock.advance(hours=1)
    world.add("In its place")
    world.state.remove(world.keys()[0])
    done = world.synced(depth=QUICK)
    assert done.depth is Depth.COMPLETE
    world.assert_mirrors_server()


def test_quick_without_a_complete_one_before_is_complete(world: World) -> None:
    assert world.synced(depth=QUICK).depth is Depth.COMPLETE


def test_auto_is_complete_once_a_day(world: World) -> None:
    assert world.synced(depth=AUTO).depth is Depth.COMPLETE
    world.clock.advance(hours=2)
    assert world.synced(depth=AUTO).depth is Depth.QUICK
    world.clock.advance(hours=30)
    assert world.synced(depth=AUTO).depth is Depth.COMPLETE


def test_details_are_fetched_for_new_items_and_once(world: World) -> None:
    world.synced()
    world.synced(details=True)
    item = world.rv.catalogue.get(world.items()[world.keys()[0]].id)
    assert item.details is not None
    assert {stream["kind"] for stream in item.details["streams"]} == {"video", "audio"}
    world.server.requests.clear()
    world.synced(details=True)
    asked = [request.path for request in world.server.requests if "/library/metadata/" in request.path]
    assert asked == []


def test_trashed_items_stay_and_say_so(world: World) -> None:
    world.synced()
    key = world.keys()[0]
    world.state.edit(key, deletedAt=1_700_500_000)
    done = world.synced()
    assert world.items()[key].item.trashed_at is not None
    assert "trashed_at" in world.journal(done)[0].fields


def test_progress_has_a_fixed_denominator(build_world: Callable[..., World]) -> None:
    world = build_world("show", sync__page_size=12)
    seen: list[tuple[int, int | None]] = []
    from retrovue.model.sync import SyncOptions

    list(
        world.rv.sync.run(
            [world.library], SyncOptions(), observe=lambda _e, p: seen.append((p.done, p.total))
        )
    )
    totals = {total for _, total in seen if total is not None}
    assert totals == {len(world.all_keys())}
    done = [count for count, total in seen if total is not None]
    assert done == sorted(done)
    assert done[-1] == len(world.all_keys())


def test_no_request_per_item(world: World) -> None:
    world.server.requests.clear()
    world.synced()
    listed = [r for r in world.server.requests if r.path.endswith("/all")]
    assert len(listed) <= len(world.all_keys()) / 11 + 10 * (1 if world.kind == "movie" else 3)
    assert not [r for r in world.server.requests if "/library/metadata/" in r.path]


def test_pages_never_ask_for_more_than_a_thousand_rows(films: World) -> None:
    films.synced()
    sizes = [int(r.params["X-Plex-Container-Size"]) for r in films.server.requests if r.path.endswith("/all")]
    assert sizes
    assert max(sizes) <= 12


def test_slow_and_fat_pages_are_asked_for_in_smaller_pieces(build_world: Callable[..., World]) -> None:
    for effect in (faults.slow_above(15, 1.3), faults.empty_above(15)):
        world = build_world("movie", sync__page_size=40, plex__timeout_seconds=1)
        fault = world.server.fault("/all", effect)
        done = world.synced()
        assert done.complete
        world.assert_mirrors_server()
        world.server.faults.remove(fault)


def test_music_is_listed_but_not_synced(films: World) -> None:
    music = next(lib for lib in films.rv.libraries.list() if lib.title == "Music")
    assert not music.supported
    assert not music.enabled
    from retrovue.model.sync import SyncOptions

    done = next(films.rv.sync.run([music], SyncOptions()))
    assert done.status is Status.SKIPPED
    assert "artist" in (done.reason or "")
