"""Libraries that are gone, re-created, or being scanned."""

from __future__ import annotations

from typing import Any

import pytest

from retrovue.demo.server import Request, Response
from verdicts import failed
from worlds import World

MB = 1024 * 1024


def test_library_that_is_gone(synced: World) -> None:
    del synced.state.sections[synced.section]
    failed(synced, "not on the server any more")


def test_library_re_created_under_another_key_is_relinked(synced: World) -> None:
    idents = {item.item.guid: item.id for item in synced.items().values()}
    old = synced.state.sections.pop(synced.section)
    made = synced.state.add_section("7", old.title, old.type, old.path, uuid="re-created")
    renamed = {key: str(int(key) + 5000) for key in old.rows}
    for row in old.rows.values():
        parents: dict[str, Any] = {
            n: renamed[row[n]] for n in ("parentRatingKey", "grandparentRatingKey") if n in row
        }
        made.rows[renamed[row["ratingKey"]]] = {**row, "ratingKey": renamed[row["ratingKey"]], **parents}
    failed(synced, "not on the server any more")
    found = synced.rv.libraries.discover("Home")
    assert [moved.key for moved in found.moved] == ["7"]
    assert len(synced.items()) == len(old.rows), "it is never emptied"
    synced.rv.libraries.discover("Home", relink=True)
    synced.section = "7"
    done = synced.synced()
    assert (done.added, done.removed, done.complete) == (0, 0, True)
    assert {item.item.guid: item.id for item in synced.items().values()} == idents
    synced.assert_mirrors_server()


def test_unknown_library_is_refused_with_what_to_do(world: World) -> None:
    from retrovue.errors import NotFound
    from retrovue.model.sync import SyncOptions

    with pytest.raises(NotFound) as caught:
        world.rv.sync.choose("Home", ["Nonesuch"], SyncOptions())
    assert "libraries list" in caught.value.hint


def test_scanning_library_is_waited_for(synced: World) -> None:
    section = synced.state.sections[synced.section]
    section.refreshing = True
    polls_before = len(synced.clock.pauses)

    def ends(_request: Request, _response: Response) -> None:
        section.refreshing = len(synced.clock.pauses) < polls_before + 3

    synced.server.fault("/library/sections", ends)
    synced.state.remove(synced.keys()[0])
    done = synced.synced()
    assert (done.removed, done.complete) == (1, True)
    assert len(synced.clock.pauses) >= polls_before + 3


def test_library_that_is_scanned_for_ever_is_synced_without_removals(synced: World) -> None:
    synced.state.sections[synced.section].refreshing = True
    synced.state.remove(synced.keys()[0])
    new = synced.add()
    done = synced.synced()
    assert (done.removed, done.complete) == (0, False)
    assert new in synced.items()
    assert "scan" in (done.reason or "")
    assert sum(synced.clock.pauses) >= 15 * 60


def test_scan_seen_in_the_activities_counts_too(synced: World) -> None:
    synced.state.activities.append(
        {"uuid": "1", "type": "library.update.section", "Context": {"librarySectionID": synced.section}}
    )
    assert not synced.synced().complete


def test_scan_that_begins_meanwhile(synced: World) -> None:
    section = synced.state.sections[synced.section]
    synced.state.remove(synced.keys()[0])

    def begins(_request: Request, response: Response) -> None:
        section.refreshing = True

    synced.server.fault("/all", begins)
    done = synced.synced()
    assert (done.removed, done.complete) == (0, False)
