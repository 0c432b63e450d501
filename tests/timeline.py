"""A service whose time is driven by the test: its loop ticks when told, and its runs are done within the tick."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from retrovue import __version__
from retrovue.core.api import About, Loop
from retrovue.model.execution import Execution, HistoryFilter, Status
from retrovue.model.schedule import CronTrigger, Draft, IntervalTrigger, Policies, Schedule, Trigger
from retrovue.model.sync import Depth, SyncOptions
from retrovue.storage import locks
from worlds import World

Work = Callable[[], None]


@dataclass
class Service:
    """A loop on a world's database. With `hold` set, runs wait until `release`."""

    world: World
    pid: int = 1
    hold: bool = False
    version: str = __version__
    held: list[Work] = field(default_factory=list)
    loop: Loop = field(init=False)

    def __post_init__(self) -> None:
        self.loop = self.world.rv.service.loop(
            About(self.pid, "here", self.version), lambda: None, self._spawn
        )

    def _spawn(self, work: Work, _name: str) -> threading.Thread | None:
        if self.hold:
            self.held.append(work)
        else:
            work()
        return None

    def release(self) -> None:
        """Does the held runs now."""
        work, self.held = self.held, []
        for one in work:
            one()

    @property
    def state(self) -> str:
        """Leading or standby."""
        return self.loop.state.value

    def tick(self, times: int = 3) -> None:
        """Lets the loop turn a few times at this moment."""
        for _ in range(times):
            self.loop.tick()

    def wait(self, *, step: float = 300, **amount: float) -> None:
        """Time passes, and the loop turns whenever something comes due, and every `step` seconds."""
        clock = self.world.clock
        end = clock.now + timedelta(**amount)
        while clock.now < end:
            times = [clock.now + timedelta(seconds=step), self.loop._next_due, self.loop._next_ready]
            clock.now = min([end, *(at for at in times if at is not None and at > clock.now)])
            self.loop._waiting = None  # it has turned all the while, and nothing was to do
            self.tick(2)

    def sleep(self, **amount: float) -> None:
        """The machine sleeps: time passes, and nothing turns."""
        self.world.clock.advance(**amount)
        self.tick()

    def die(self) -> None:
        """The process is gone, with its locks, and without a word."""
        for lock in (self.loop._leading, self.loop._alive):
            if lock is not None:
                lock.release()
        self.loop._watcher.close()


def add(
    world: World,
    name: str = "Nightly",
    *,
    cron: str | None = None,
    every: timedelta | None = None,
    timezone: str = "UTC",
    everything: bool = False,
    enabled: bool = True,
    policies: dict[str, Any] | None = None,
    **options: Any,
) -> Schedule:
    """Makes a schedule of the world's library, or of all libraries of its server."""
    trigger: Trigger = CronTrigger(cron or "0 2 * * *")
    if every is not None:
        trigger = IntervalTrigger(every, world.clock())
    options.setdefault("depth", Depth.AUTO)
    draft = Draft(
        name,
        world.library.server_id,
        None if everything else world.library.id,
        trigger,
        timezone,
        SyncOptions(**options),
        Policies(**(policies or {})),
        enabled,
    )
    return world.rv.schedules.create(draft)


def runs(world: World, schedule: str | None = None) -> list[Execution]:
    """The executions, in the order in which they were made."""
    return sorted(world.rv.history.list(HistoryFilter(schedule=schedule)), key=lambda e: e.id)


def told(world: World, schedule: str | None = None) -> list[tuple[Status, datetime | None]]:
    """Status and due time of the executions, in the order in which they were made."""
    return [(e.status, e.due_at) for e in runs(world, schedule)]


def at(text_: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text_).replace(tzinfo=UTC)


def sql(world: World, statement: object) -> None:
    """Something done to the database behind the program's back."""
    with world.rv._context.database.transaction() as tx:
        tx.execute(statement)  # type: ignore[call-overload]


def holding(world: World) -> AbstractContextManager[bool]:
    """A library whose lock is held, as by a run in another process."""
    return locks.hold(world.rv._context.database, locks.library(world.library.id))
