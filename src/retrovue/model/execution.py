"""Executions: every sync that was ever asked for, by hand or by schedule, with its end and its log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from retrovue.model.sync import Depth, SyncOptions


class Status(StrEnum):
    """The states of an execution; each ends in exactly one of the last six."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCESS = "success"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    SKIPPED = "skipped"
    MISSED = "missed"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self not in {Status.QUEUED, Status.RUNNING}


@dataclass(frozen=True, slots=True)
class Execution:
    """One sync of one library. Names are kept as they were, so history outlives what it speaks of.

    `schedule_id` is None when it was started by hand; `reason` says why, whenever it is not plain success.
    """

    id: int
    schedule_id: int | None
    server_id: int | None
    library_id: int | None
    schedule: str | None
    server: str
    library: str
    due_at: datetime | None
    created_at: datetime
    start_time: datetime | None
    end_time: datetime | None
    status: Status
    reason: str | None
    attempt: int
    not_before: datetime | None
    options: SyncOptions
    depth: Depth | None
    progress_done: int
    progress_total: int | None
    progress_phase: str | None
    scanned: int
    added: int
    updated: int
    removed: int
    restored: int
    unchanged: int
    errors: int
    removals_held: int
    complete: bool
    requests: int
    bytes: int

    @property
    def duration(self) -> timedelta | None:
        """From start to end; None while it has not ended."""
        if self.start_time is None or self.end_time is None:
            return None
        return self.end_time - self.start_time


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of an execution's log, redacted."""

    id: int
    at: datetime
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    """Which executions to list, those that began last first. `after` is the id of the last one already seen.

    `schedule` is the name that a run had when it came due; `schedule_id` is a schedule that exists, under all names.
    `text` is found in the names of the schedule, the server and the library, and in the reason.
    """

    schedule: str | None = None
    schedule_id: int | None = None
    status: Status | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    limit: int | None = None
    after: int | None = None
