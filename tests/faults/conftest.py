"""What the tests of misbehaving servers share."""

from __future__ import annotations

import pytest

from worlds import World


@pytest.fixture
def synced(world: World) -> World:
    """A library that is in the catalogue already."""
    world.synced()
    return world
