"""The background service, as others see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ServiceState(StrEnum):
    """Leading: it fires the schedules. Stand-by: another one leads, it takes over when that ends."""

    LEADING = "leading"
    STANDBY = "standby"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class ServiceProcess:
    """One service process, by its own account. Whether it lives is told by its lock, not by its heartbeat."""

    id: int
    pid: int
    host: str
    version: str
    state: ServiceState
    started_at: datetime
    heartbeat_at: datetime
    last_error: str | None


@dataclass(frozen=True, slots=True)
class NextRun:
    """What fires next."""

    schedule_id: int
    schedule: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ServiceHealth:
    """The services of a database: the leading one first. `paused` is pause-all; `next_run` what fires next.

    `died_at` is when a service was found dead, if none began or ended rightly since.
    """

    processes: tuple[ServiceProcess, ...]
    paused: bool
    executions_running: int
    next_run: NextRun | None
    died_at: datetime | None = None

    @property
    def first(self) -> ServiceProcess | None:
        """The one to speak of: the leading one, else one that stands by."""
        return self.processes[0] if self.processes else None

    @property
    def state(self) -> ServiceState:
        """The state of the first, or stopped."""
        return self.processes[0].state if self.processes else ServiceState.STOPPED
