"""RetroVue wired to a stand-in server, seen from one of its libraries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from retrovue import app, settings
from retrovue.core.api import RetroVue, Stop
from retrovue.demo.library import LATECOMER
from retrovue.demo.server import StandIn
from retrovue.demo.state import Row, State
from retrovue.model.catalogue import CatalogueFilter, CatalogueItem, ItemChange, Library, Secret
from retrovue.model.execution import Execution, Status
from retrovue.model.sync import Depth, SyncOptions
from retrovue.secrets.store import MemorySecrets


@dataclass
class Clock:
    """A clock that moves only when told, or when somebody pauses."""

    now: datetime
    pauses: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def pause(self, seconds: float) -> None:
        """Passes at once."""
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)

    def advance(self, **amount: float) -> None:
        """Moves on."""
        self.now += timedelta(**amount)


class Waiting(Stop):
    """A cancel flag whose waits pass on the tests' clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self._clock = clock

    def wait(self, seconds: float) -> None:
        """Passes at once."""
        self._clock.pause(seconds)
        super().wait(0)


@dataclass
class World:
    """One library of the stand-in, with what a user would do and look at."""

    rv: RetroVue
    server: StandIn
    clock: Clock
    data_dir: Path
    kind: str
    section: str

    @property
    def state(self) -> State:
        """What the server holds."""
        return self.server.state

    @property
    def leaf(self) -> str:
        """The kind of row that has files."""
        return "movie" if self.kind == "movie" else "episode"

    @property
    def library(self) -> Library:
        """The library as RetroVue knows it."""
        return next(
            lib for lib in self.rv.libraries.list() if lib.key == self.section or lib.title == self.title
        )

    @property
    def title(self) -> str:
        """The library's title."""
        return "Movies" if self.kind == "movie" else "TV Shows"

    def sync(self, **options: Any) -> Execution:
        """Syncs the library in this process; its execution."""
        stop = Waiting(self.clock)
        self.clock.advance(minutes=1)
        done = next(self.rv.sync.run([self.library], SyncOptions(**options), stop=stop))
        self.clock.advance(minutes=1)
        return done

    def synced(self, **options: Any) -> Execution:
        """Syncs, and expects success."""
        done = self.sync(**options)
        assert done.status is Status.SUCCESS, (done.reason, self.log(done))
        return done

    def log(self, execution: Execution) -> str:
        """The log of an execution as text."""
        return "\n".join(line.message for line in self.rv.history.log(execution.id))

    def items(self, *, removed: bool = False) -> dict[str, CatalogueItem]:
        """The library's items by rating key."""
        wanted = CatalogueFilter(library_id=self.library.id, removed=removed)
        return {found.item.key: found for found in self.rv.catalogue.search(wanted)}

    def keys(self, kind: str | None = None) -> list[str]:
        """The server's keys of a kind (leaves by default) in listing order."""
        return self.state.keys(self.section, kind or self.leaf)

    def all_keys(self) -> set[str]:
        """All keys of the server's library."""
        return set(self.state.sections[self.section].rows)

    def row(self, key: str) -> Row:
        """A row of the server."""
        return self.state.row(key)

    def add(self, title: str = "A new one") -> str:
        """Adds a film or an episode on the server; its key."""
        self.state.set_clock(int(self.clock().timestamp()))
        if self.kind == "movie":
            return self.state.add_film(self.section, LATECOMER._replace(title=title, imdb=f"tt-{title}"))
        return self.state.add_episode(self.section, self.keys("season")[0], 90 + len(title), title)

    def changes(self, execution: Execution) -> list[tuple[str, str]]:
        """What the journal says of an execution: change and key, oldest first."""
        found = self.rv.catalogue.changes(execution_id=execution.id)
        return [(c.change.value, c.rating_key) for c in reversed(found)]

    def journal(self, execution: Execution) -> list[ItemChange]:
        """The journal of an execution, oldest first."""
        return list(reversed(self.rv.catalogue.changes(execution_id=execution.id)))

    def assert_mirrors_server(self) -> None:
        """The catalogue holds just what the server holds, title by title and file by file."""
        items = self.items()
        rows = self.state.sections[self.section].rows
        assert items.keys() == rows.keys()
        for key, row in rows.items():
            assert items[key].item.title == row["title"]
            paths = [part["file"] for version in row.get("Media", []) for part in version["Part"]]
            assert [file.file.plex_path for file in items[key].files] == paths


def make_world(
    data_dir: Path,
    server: StandIn,
    clock: Clock,
    kind: str,
    overrides: Mapping[str, object],
    *,
    url: str | None = None,
    secrets: MemorySecrets | None = None,
) -> World:
    """RetroVue with the stand-in added and its libraries discovered."""
    environment = {settings.spec_of(key).variable: str(value) for key, value in overrides.items()}
    environment.setdefault("RETROVUE_PLEX_TIMEOUT_SECONDS", "5")
    if url is not None:
        environment["RETROVUE_DATABASE_URL"] = url
    rv = app.build(
        settings.load(data_dir, environment),
        secrets=secrets or MemorySecrets(),
        clock=clock,
        pause=clock.pause,
    )
    if not rv.servers.list():
        rv.servers.add("Home", server.url, Secret(server.token))
        rv.libraries.discover("Home")
    return World(rv, server, clock, data_dir, kind, "1" if kind == "movie" else "2")


QUICK, AUTO, COMPLETE = Depth.QUICK, Depth.AUTO, Depth.COMPLETE
