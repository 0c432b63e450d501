"""What a sync comes to when its server misbehaves: a failure in words, or a success that claims nothing."""

from __future__ import annotations

from retrovue.model.execution import Execution, Status
from worlds import World


def failed(world: World, words: str) -> Execution:
    """Syncs, and expects a failure of two lines that says this and leaves everything in place."""
    before = {key: item.item for key, item in world.items().items()}
    done = world.sync()
    assert done.status is Status.FAILED
    assert done.reason is not None
    what, _, hint = done.reason.partition("\n")
    assert words in what
    assert hint, "it must say what to do"
    assert "Traceback" not in world.log(done)
    assert world.server.token not in done.reason + world.log(done)
    assert done.removed == 0
    assert {key: item.item for key, item in world.items().items()} == before
    assert not world.items(removed=True)
    return done


def unproven(world: World, *, removed: int = 0) -> Execution:
    """Syncs, and expects a success that claims nothing."""
    done = world.synced()
    assert (done.complete, done.removed) == (False, removed)
    assert done.reason
    assert not world.items(removed=True)
    return done
