"""One whole life of a catalogue on PostgreSQL: sync, change, remove, hold, approve, come back."""

from __future__ import annotations

from pathlib import Path

import pytest

from retrovue.demo.server import StandIn
from retrovue.model.execution import Status
from worlds import QUICK, Clock, World, make_world


@pytest.mark.postgres
@pytest.mark.parametrize("kind", ["movie", "show"])
def test_a_whole_sync_on_postgresql(
    kind: str, postgres_url: str, server: StandIn, clock: Clock, tmp_path: Path
) -> None:
    world: World = make_world(tmp_path, server, clock, kind, {"sync.page_size": 12}, url=postgres_url)
    assert world.synced().complete
    world.assert_mirrors_server()
    world.state.edit(world.keys()[0], title="Changed with a \x00 in it")
    removed, rekeyed = world.keys()[1], world.keys()[2]
    row = dict(world.row(removed))
    world.state.remove(removed)
    world.state.rekey(rekeyed)
    done = world.synced(details=True)
    assert (done.removed, done.updated, done.complete) == (1, 2, True)
    assert world.items()[world.keys()[0]].item.title == "Changed with a  in it"
    world.state.edit(world.keys()[0], title="Plain")
    world.state.add_row(world.section, row)
    assert world.synced().restored == 1
    world.assert_mirrors_server()
    world.clock.advance(hours=1)
    world.add()
    quick = world.synced(depth=QUICK)
    assert (quick.added, quick.depth) == (1, QUICK)
    world.state.remove(*world.keys()[:25])
    held = world.synced()
    assert held.removals_held == 25
    approved = world.rv.removals.approve(held.id)
    assert (approved.status, approved.removed) == (Status.SUCCESS, 25)
    world.assert_mirrors_server()
    assert sum(one.removed for one in world.rv.catalogue.stats()) == len(world.items(removed=True)) == 25
    assert world.rv.history.prune() == (0, 0)
    world.rv.close()
