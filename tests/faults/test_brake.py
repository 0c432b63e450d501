"""The brake: what looks like an accident is held until a person decides."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from retrovue.demo import faults
from retrovue.errors import Conflict
from retrovue.model.execution import Status
from worlds import World


def many(world: World, count: int = 25) -> list[str]:
    """Keys of many leaves."""
    return world.keys()[:count]


def test_an_emptied_library_is_held(world: World) -> None:
    world.synced()
    keys = world.all_keys()
    world.state.remove(*keys)
    done = world.synced()
    assert (done.removed, done.removals_held) == (0, len(keys))
    assert "suddenly empty" in (done.reason or "")
    items = world.items()
    assert items.keys() == keys
    assert all(item.missing_since is not None for item in items.values())
    held = world.rv.removals.list()
    assert [(hold.execution_id, hold.count) for hold in held] == [(done.id, len(keys))]


def test_an_unmounted_disk_that_comes_back_leaves_no_trace(world: World) -> None:
    world.synced()
    rows = dict(world.state.sections[world.section].rows)
    world.state.remove(*rows)
    world.synced()
    world.state.sections[world.section].rows.update(rows)
    done = world.synced()
    assert (done.removed, done.added, done.restored, done.removals_held) == (0, 0, 0, 0)
    assert all(item.missing_since is None for item in world.items().values())
    assert world.rv.removals.list() == []


def test_many_removals_are_held(world: World) -> None:
    world.synced()
    world.state.remove(*many(world))
    done = world.synced()
    assert (done.removed, done.removals_held) == (0, 25)
    assert len(world.items()) == len(world.all_keys()) + 25


def test_few_removals_are_not_held(world: World) -> None:
    world.synced()
    world.state.remove(*many(world, 20))
    done = world.synced()
    assert (done.removed, done.removals_held) == (20, 0)


def test_a_small_part_of_a_library_is_not_held(build_world: Callable[..., World]) -> None:
    world = build_world("movie", removals__brake_percent=80)
    world.synced()
    world.state.remove(*many(world))
    assert world.synced().removed == 25


def test_approval_asks_once_more_and_removes(world: World) -> None:
    world.synced()
    gone = many(world)
    world.state.remove(*gone)
    held = world.synced()
    world.server.requests.clear()
    done = world.rv.removals.approve(held.id)
    assert (done.status, done.removed) == (Status.SUCCESS, 25), done.reason
    assert [r for r in world.server.requests if "/library/metadata/" in r.path]
    assert world.rv.removals.list() == []
    world.assert_mirrors_server()
    assert len([c for c in world.changes(done) if c[0] == "removed"]) == 25


def test_approval_keeps_what_came_back(world: World) -> None:
    world.synced()
    gone = many(world)
    rows = {key: world.row(key) for key in gone}
    world.state.remove(*gone)
    held = world.synced()
    world.state.sections[world.section].rows[gone[0]] = rows[gone[0]]
    done = world.rv.removals.approve(held.id)
    assert done.removed == 24
    assert world.items()[gone[0]].missing_since is None
    world.assert_mirrors_server()


def test_approval_of_an_emptied_library(world: World) -> None:
    world.synced()
    count = len(world.all_keys())
    world.state.remove(*world.all_keys())
    held = world.synced()
    done = world.rv.removals.approve(held.id)
    assert (done.status, done.removed) == (Status.SUCCESS, count), done.reason
    assert world.items() == {}


def test_approval_of_an_emptied_library_that_is_full_again(world: World) -> None:
    world.synced()
    rows = dict(world.state.sections[world.section].rows)
    world.state.remove(*rows)
    held = world.synced()
    world.state.sections[world.section].rows.update(rows)
    done = world.rv.removals.approve(held.id)
    assert done.removed == 0
    world.assert_mirrors_server()


@pytest.mark.parametrize("status", [404, 500])
def test_approval_that_is_not_confirmed_removes_nothing(world: World, status: int) -> None:
    world.synced()
    world.state.remove(*many(world))
    held = world.synced()
    world.server.fault("/library/metadata/", faults.html(status))
    done = world.rv.removals.approve(held.id)
    assert (done.status, done.removed) == (Status.FAILED, 0)
    assert len(world.rv.removals.list()) == 1


def test_rejection_keeps_the_items_and_is_silent_about_them(world: World) -> None:
    world.synced()
    gone = many(world)
    world.state.remove(*gone)
    held = world.synced()
    world.rv.removals.reject(held.id)
    again = world.synced()
    assert (again.removed, again.removals_held) == (0, 0)
    assert set(gone) <= world.items().keys()
    assert world.rv.removals.list() == []


def test_rejection_does_not_cover_others(world: World) -> None:
    world.synced()
    gone = many(world)
    world.state.remove(*gone)
    world.rv.removals.reject(world.synced().id)
    other = world.keys()[-1]
    world.state.remove(other)
    done = world.synced()
    assert done.removed == 1
    assert other not in world.items()
    assert set(gone) <= world.items().keys()


def test_rejected_item_that_returns_and_goes_again_is_removed(world: World) -> None:
    world.synced()
    gone = many(world)
    rows = {key: world.row(key) for key in gone}
    world.state.remove(*gone)
    world.rv.removals.reject(world.synced().id)
    world.state.sections[world.section].rows[gone[0]] = rows[gone[0]]
    world.synced()
    world.state.remove(gone[0])
    assert world.synced().removed == 1


def test_the_newest_hold_replaces_the_older_one(world: World) -> None:
    world.synced()
    world.state.remove(*many(world))
    first = world.synced()
    world.state.remove(world.keys()[0])
    second = world.synced()
    assert [hold.execution_id for hold in world.rv.removals.list()] == [second.id]
    with pytest.raises(Conflict, match="later sync"):
        world.rv.removals.approve(first.id)
    with pytest.raises(Conflict, match="later sync"):
        world.rv.removals.reject(first.id)


def test_an_execution_that_held_nothing_cannot_be_approved(world: World) -> None:
    done = world.synced()
    with pytest.raises(Conflict):
        world.rv.removals.approve(done.id)


def test_a_listing_that_loses_half_is_found_out_by_a_sample(world: World) -> None:
    world.synced()
    hidden = set(many(world))
    section = world.state.sections[world.section]
    original = section.of_type
    section.of_type = lambda name: [r for r in original(name) if r["ratingKey"] not in hidden]  # type: ignore[method-assign]
    done = world.synced()
    assert (done.removed, done.removals_held, done.complete) == (0, 0, False)
    assert world.rv.removals.list() == []


def test_dry_run_says_what_would_be_held_and_holds_nothing(world: World) -> None:
    world.synced()
    world.state.remove(*many(world))
    done = world.synced(dry_run=True)
    assert done.removals_held == 25
    assert world.rv.removals.list() == []
    assert all(item.missing_since is None for item in world.items().values())
