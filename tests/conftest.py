"""What the tests share: a clock that nobody waits for, a stand-in server, and RetroVue wired to both."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retrovue import app, settings
from retrovue.demo.server import StandIn
from retrovue.demo.state import public_domain
from retrovue.secrets.store import MemorySecrets
from retrovue.storage import migrate
from retrovue.storage.database import Database
from worlds import Clock, World, make_world

pytest_plugins = ["postgres"]
# No test opens a window on somebody's screen; the one that needs a real one brings its own.
os.environ["QT_QPA_PLATFORM"] = "offscreen"


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's own data, or asks the user's own network."""
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    for name in [spec.variable for spec in settings.SPECS] + ["RETROVUE_DATA_DIR", "RETROVUE_PLEX_TOKEN"]:
        monkeypatch.delenv(name, raising=False)
    # Nobody's network is searched; the tests that are about that hand in what it holds.
    monkeypatch.setattr(app, "local_servers", list)


@pytest.fixture
def clock() -> Clock:
    """A clock that moves only when told."""
    return Clock(datetime(2026, 11, 23, 12, tzinfo=UTC))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty, migrated SQLite database to copy: migrating it anew for each test takes a while."""
    path = tmp_path_factory.mktemp("template") / "retrovue.db"
    database = Database(f"sqlite:///{path}")
    migrate.ensure(database, datetime.now(UTC))
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


@pytest.fixture
def data_dir(tmp_path: Path, template: Path) -> Path:
    """A data folder with an empty database."""
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(template, folder / "retrovue.db")
    return folder


@pytest.fixture
def server(clock: Clock) -> Iterator[StandIn]:
    """A stand-in server with the public-domain library; its clock is the tests' clock, a day earlier."""
    state = public_domain()
    state.set_clock(int((clock() - timedelta(days=1)).timestamp()))
    with StandIn(state) as stand_in:
        stand_in.fault("/", lambda _request, response: _dated(response, clock))
        yield stand_in


def _dated(response: object, clock: Clock) -> None:
    response.headers["Date"] = clock().strftime("%a, %d %b %Y %H:%M:%S GMT")  # type: ignore[attr-defined]


@pytest.fixture
def build_world(data_dir: Path, server: StandIn, clock: Clock) -> Iterator[Callable[..., World]]:
    """Makes RetroVue with the stand-in added, for a kind of library; settings by their keys."""
    made: list[World] = []
    secrets = MemorySecrets()

    def make(kind: str = "movie", **overrides: object) -> World:
        by_key = {name.replace("__", "."): value for name, value in overrides.items()}
        world = make_world(data_dir, server, clock, kind, by_key, secrets=secrets)
        made.append(world)
        return world

    yield make
    for world in made:
        world.rv.close()


@pytest.fixture(params=["movie", "show"])
def world(request: pytest.FixtureRequest, build_world: Callable[..., World]) -> World:
    """A film library, then a series library, listed in small pages."""
    return build_world(request.param, sync__page_size=12)


@pytest.fixture
def films(build_world: Callable[..., World]) -> World:
    """A film library, listed in small pages."""
    return build_world("movie", sync__page_size=12)


@pytest.fixture
def shows(build_world: Callable[..., World]) -> World:
    """A series library, listed in small pages."""
    return build_world("show", sync__page_size=12)
