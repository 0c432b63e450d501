"""A film library and a service that leads on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from timeline import Service
from worlds import World


@pytest.fixture
def films(build_world: Callable[..., World]) -> World:
    """A film library; requests are not tried again, since that would wait in real time."""
    return build_world("movie", sync__page_size=12, plex__retries=0)


@pytest.fixture
def service(films: World) -> Iterator[Service]:
    """A service that leads."""
    made = Service(films)
    made.tick()
    assert made.state == "leading"
    yield made
    made.loop.close(0)
