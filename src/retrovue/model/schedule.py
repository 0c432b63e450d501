"""Schedules: what is synced when, and the rules a schedule's runs obey.

Instants are aware UTC; every schedule has an IANA time zone of its own, in which its trigger is read.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from retrovue.model.execution import Status
from retrovue.model.sync import Depth, SyncOptions

SHORTEST_INTERVAL = timedelta(minutes=5)
LONGEST_INTERVAL = timedelta(days=366)
ALL_LIBRARIES = "All enabled libraries"
"""What stands in the place of a library's title where a schedule covers all enabled ones of its server."""


@dataclass(frozen=True, slots=True)
class CronTrigger:
    """Fires when the wall clock of the schedule's zone matches a cron expression of five fields."""

    expression: str


@dataclass(frozen=True, slots=True)
class IntervalTrigger:
    """Fires at `anchor + n * every` in real time; whole days keep the anchor's local time of day instead."""

    every: timedelta
    anchor: datetime


Trigger = CronTrigger | IntervalTrigger


class Overlap(StrEnum):
    """What happens to a run that comes due while the same library is being synced."""

    SKIP = "skip"
    QUEUE = "queue"


class CatchUp(StrEnum):
    """What happens after downtime: one run for the latest missed time, or none."""

    ONCE = "once"
    NONE = "none"


class Notice(StrEnum):
    """What a user may want to be told."""

    FAILURE = "failure"
    HELD = "held"
    RECOVERY = "recovery"
    SUCCESS = "success"
    CHANGE = "change"
    STALE = "stale"
    """A library was not synced for long; a setting decides about it, not a schedule."""


CHOSEN_NOTICES = tuple(notice for notice in Notice if notice is not Notice.STALE)


@dataclass(frozen=True, slots=True)
class Policies:
    """The rules of a schedule's runs; the defaults are those of a new schedule.

    `retries` are for passing failures only; `pause_after` failures in a row pause the schedule (0: never);
    `wait_quiet` is how long a run may wait for people to stop streaming (zero: it does not).
    """

    overlap: Overlap = Overlap.SKIP
    catch_up: CatchUp = CatchUp.ONCE
    catch_up_window: timedelta = timedelta(hours=24)
    timeout: timedelta = timedelta(hours=6)
    retries: int = 2
    pause_after: int = 0
    wait_quiet: timedelta = timedelta()
    notify: tuple[Notice, ...] = (Notice.FAILURE, Notice.HELD)


@dataclass(frozen=True, slots=True)
class Draft:
    """A schedule as a person writes it. `library_id` None means all enabled libraries of the server.

    The anchor of an interval that is not given is the moment of saving.
    """

    name: str
    server_id: int
    library_id: int | None
    trigger: Trigger
    timezone: str
    options: SyncOptions = field(default_factory=lambda: SyncOptions(depth=Depth.AUTO))
    policies: Policies = field(default_factory=Policies)
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule as it is kept, with what became of it.

    `next_run_at` is None while it is disabled, paused or broken; `paused_reason` says why it paused itself,
    `error` why its row cannot be used.
    """

    id: int
    name: str
    server_id: int
    library_id: int | None
    server: str
    library: str
    trigger: Trigger
    timezone: str
    options: SyncOptions
    policies: Policies
    enabled: bool
    paused_reason: str | None
    error: str | None
    next_run_at: datetime | None
    last_run_at: datetime | None
    last_status: Status | None
    total_runs: int
    total_failures: int
    failures_in_a_row: int
    created_at: datetime
    updated_at: datetime

    @property
    def live(self) -> bool:
        """Whether it fires."""
        return self.enabled and self.paused_reason is None and self.error is None


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time at which a schedule fires: the instant (UTC), the same on the zone's clock, and what is odd about it.

    `note` says when a daylight-saving change moved it or made its hour come twice; "" otherwise.
    """

    at: datetime
    local: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a scheduled run ended, for whoever decides what is worth telling.

    `failures_before` are failures in a row before this run; `held_before` is the size of the library's last hold.
    """

    execution_id: int
    schedule_id: int
    schedule: str
    server: str
    library: str
    status: Status
    reason: str
    changed: int
    removals_held: int
    held_before: int
    failures_before: int
    failures_in_a_row: int
    paused: bool
    notify: tuple[Notice, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """Something a person should know: what happened in `title`, the rest and what to do in `text`."""

    kind: Notice
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it is kept."""

    id: int
    at: datetime
    schedule_id: int | None
    execution_id: int | None
    message: Message
