"""Schedules: kept, read row by row so that a broken one stops no other, and claimed when they are due."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, TypeVar, cast

import msgspec
from sqlalchemy import Connection, Row, Select, exc, func, insert, select, update

from retrovue.errors import Conflict
from retrovue.model.execution import Status
from retrovue.model.schedule import (
    ALL_LIBRARIES,
    CronTrigger,
    Draft,
    IntervalTrigger,
    Policies,
    Schedule,
    Trigger,
)
from retrovue.model.sync import Depth, SyncOptions
from retrovue.storage.database import bump, insert_many
from retrovue.storage.tables import plex_libraries, plex_servers, schedule_executions, schedules
from retrovue.storage.types import as_stored, from_millis, to_json, to_millis

T = TypeVar("T")
_t = schedules
_EPOCH = datetime.fromtimestamp(0, UTC)
_DEFAULT_OPTIONS = SyncOptions(depth=Depth.AUTO)
_DEFAULT_POLICIES = Policies()
_STATUSES = {status.value: status for status in Status}


def add(tx: Connection, draft: Draft, next_run_at: datetime | None, now: datetime) -> int:
    """Adds a schedule; its id. Raises `Conflict` when the name is taken, whatever its case."""
    values = {**_columns(draft), "next_run_at": next_run_at, "created_at": now, "updated_at": now}
    try:
        result = tx.execute(insert(_t).values(values).returning(_t.c.id))
    except exc.IntegrityError as error:
        raise _clash(draft, error) from error
    bump(tx, "schedules")
    return int(result.scalar_one())


def change(
    tx: Connection, schedule_id: int, draft: Draft, next_run_at: datetime | None, now: datetime
) -> None:
    """Writes a schedule anew, and takes back that it was broken or had paused itself."""
    values = {**_columns(draft), "next_run_at": next_run_at, "updated_at": now}
    values |= {"error": None, "paused_reason": None, "failures_in_a_row": 0}
    try:
        tx.execute(update(_t).where(_t.c.id == schedule_id).values(values))
    except exc.IntegrityError as error:
        raise _clash(draft, error) from error
    bump(tx, "schedules")


def _clash(draft: Draft, error: exc.IntegrityError) -> Exception:
    if "uq_schedules_name" in str(error.orig):
        return Conflict(f"There is a schedule '{draft.name}' already", hint="Choose another name.")
    return error


def _columns(draft: Draft) -> dict[str, Any]:
    trigger = draft.trigger
    cron = isinstance(trigger, CronTrigger)
    return {
        "name": draft.name,
        "server_id": draft.server_id,
        "library_id": draft.library_id,
        "cron_expression": trigger.expression if isinstance(trigger, CronTrigger) else None,
        "interval_seconds": None if cron else round(_interval(trigger).every.total_seconds()),
        "interval_anchor": None if cron else _interval(trigger).anchor,
        "timezone": draft.timezone,
        "sync_options": msgspec.to_builtins(draft.options),
        "policies": msgspec.to_builtins(draft.policies),
        "enabled": draft.enabled,
    }


def _interval(trigger: Trigger) -> IntervalTrigger:
    assert isinstance(trigger, IntervalTrigger)
    return trigger


def listing(rx: Connection) -> list[Schedule]:
    """All schedules by name, the broken ones with their error."""
    return [_schedule(row) for row in rx.execute(_query().order_by(func.lower(_t.c.name), _t.c.id))]


@dataclass(frozen=True, slots=True)
class Named:
    """A schedule by id and name."""

    id: int
    name: str


def names(rx: Connection, server_id: int | None = None) -> list[Named]:
    """All schedules, or those of a server, by id and name."""
    query = select(_t.c.id, _t.c.name).order_by(func.lower(_t.c.name))
    if server_id is not None:
        query = query.where(_t.c.server_id == server_id)
    return [Named(row.id, row.name) for row in rx.execute(query)]


def get(rx: Connection, schedule_id: int) -> Schedule | None:
    """One schedule."""
    row = rx.execute(_query().where(_t.c.id == schedule_id)).first()
    return None if row is None else _schedule(row)


def due(tx: Connection, now: datetime) -> list[Schedule]:
    """Live schedules whose next run time has come, the longest waiting first. Nobody else changes them meanwhile."""
    query = (
        _query()
        .where(_t.c.enabled, _t.c.next_run_at <= now, _t.c.paused_reason.is_(None), _t.c.error.is_(None))
        .order_by(_t.c.next_run_at, _t.c.id)
        .with_for_update(of=_t)
    )
    return [_schedule(row) for row in tx.execute(query)]


def next_due_at(rx: Connection) -> datetime | None:
    """When the next live schedule is due."""
    found: datetime | None = rx.execute(
        select(_t.c.next_run_at)
        .where(
            _t.c.enabled, _t.c.paused_reason.is_(None), _t.c.error.is_(None), _t.c.next_run_at.is_not(None)
        )
        .order_by(_t.c.next_run_at)
        .limit(1)
    ).scalar()
    return found


def upcoming(rx: Connection, limit: int) -> list[tuple[int, str, datetime]]:
    """The live schedules that fire next: id, name, when."""
    rows = rx.execute(
        select(_t.c.id, _t.c.name, _t.c.next_run_at)
        .where(
            _t.c.enabled, _t.c.paused_reason.is_(None), _t.c.error.is_(None), _t.c.next_run_at.is_not(None)
        )
        .order_by(_t.c.next_run_at, _t.c.id)
        .limit(limit)
    )
    return [(row.id, row.name, row.next_run_at) for row in rows]


@dataclass(frozen=True, slots=True)
class Claim:
    """One schedule's step to its next run time."""

    schedule_id: int
    seen: datetime
    next_run_at: datetime | None


def advance(tx: Connection, claims: Sequence[Claim]) -> int:
    """Stores next run times, each only where the one that was seen still stands; how many did."""
    if not claims:
        return 0
    mark = "?" if tx.dialect.name == "sqlite" else "%s"
    rows = [(to_millis(c.next_run_at), c.schedule_id, to_millis(c.seen)) for c in claims]
    result = tx.exec_driver_sql(
        f"UPDATE schedules SET next_run_at = {mark} WHERE id = {mark} AND next_run_at = {mark}",  # noqa: S608
        rows,
    )
    bump(tx, "schedules")
    return result.rowcount


def set_next(tx: Connection, times: Iterable[tuple[int, datetime | None]]) -> None:
    """Stores next run times, whatever stood there, and takes back that the rows were broken."""
    rows = [(to_millis(at), ident) for ident, at in times]
    if rows:
        mark = "?" if tx.dialect.name == "sqlite" else "%s"
        tx.exec_driver_sql(f"UPDATE schedules SET next_run_at = {mark}, error = NULL WHERE id = {mark}", rows)  # noqa: S608
        bump(tx, "schedules")


def set_aside(tx: Connection, schedule_id: int, error: str) -> None:
    """Marks a schedule whose row cannot be used, so that it does not fire."""
    tx.execute(update(_t).where(_t.c.id == schedule_id).values(error=error, next_run_at=None))
    bump(tx, "schedules")


def pause_all_of(tx: Connection, server_id: int, reason: str) -> None:
    """Pauses the live schedules of a server."""
    tx.execute(
        update(_t)
        .where(_t.c.server_id == server_id, _t.c.enabled, _t.c.paused_reason.is_(None), _t.c.error.is_(None))
        .values(paused_reason=reason, next_run_at=None)
    )
    bump(tx, "schedules")


def set_enabled(tx: Connection, schedule_id: int, *, enabled: bool, next_run_at: datetime | None, now: datetime) -> None:  # fmt: skip
    """Switches a schedule on or off; on also ends a pause."""
    values: dict[str, Any] = {"enabled": enabled, "next_run_at": next_run_at, "updated_at": now}
    if enabled:
        values |= {"paused_reason": None, "failures_in_a_row": 0}
    tx.execute(update(_t).where(_t.c.id == schedule_id).values(values))
    bump(tx, "schedules")


@dataclass(frozen=True, slots=True)
class DueRow:
    """An execution row to be: of a due time that runs, is skipped, or was missed."""

    schedule_id: int
    schedule: str
    server_id: int
    server: str
    library_id: int | None
    library: str
    due_at: datetime
    status: Status
    reason: str | None
    options: SyncOptions
    not_before: datetime | None = None

    @property
    def due_key(self) -> str:
        """What makes a due time fire once only."""
        return due_key(self.schedule_id, self.library_id, self.due_at)


def due_key(schedule_id: int, library_id: int | None, due_at: datetime) -> str:
    """The key under which a due time of a schedule has one row at most; no library stands for all."""
    return f"{schedule_id}/{library_id or '*'}/{to_millis(due_at)}"


_DUE_COLUMNS = (
    "schedule_id", "server_id", "library_id", "schedule_name", "server_name", "library_title", "due_key", "due_at",
    "created_at", "not_before", "end_time", "status", "reason", "sync_options", "for_service",
)  # fmt: skip


def insert_due(tx: Connection, rows: Sequence[DueRow], now: datetime) -> None:
    """Inserts execution rows; one whose due time has a row already is left out."""
    documents: dict[int, str] = {}
    millis = to_millis(now)
    plain = []
    for row in rows:
        if id(row.options) not in documents:
            documents[id(row.options)] = to_json(row.options)
        ended = millis if row.status.ended else None
        plain.append((
            row.schedule_id, row.server_id, row.library_id, row.schedule, row.server, row.library, row.due_key,
            to_millis(row.due_at), millis, to_millis(row.not_before), ended, row.status.value, row.reason,
            documents[id(row.options)], True,
        ))  # fmt: skip
    insert_many(tx, schedule_executions, _DUE_COLUMNS, plain, conflict="ON CONFLICT (due_key) DO NOTHING")
    bump(tx, "executions")


def record_end(
    tx: Connection, schedule_id: int, status: Status, shown: Status, *, began: datetime | None, failures: int
) -> None:
    """Counts a run that ended with `status`; what the schedule shows of its last due time is `shown`."""
    values: dict[str, Any] = {"last_status": shown.value, "failures_in_a_row": failures}
    if began is not None:
        values["last_run_at"] = began
    if status in {Status.SUCCESS, Status.FAILED, Status.INTERRUPTED}:
        values["total_runs"] = _t.c.total_runs + 1
    if status in {Status.FAILED, Status.INTERRUPTED}:
        values["total_failures"] = _t.c.total_failures + 1
    tx.execute(update(_t).where(_t.c.id == schedule_id).values(values))
    bump(tx, "schedules")


def pause(tx: Connection, schedule_id: int, reason: str) -> None:
    """The schedule pauses itself."""
    tx.execute(update(_t).where(_t.c.id == schedule_id).values(paused_reason=reason, next_run_at=None))
    bump(tx, "schedules")


def _query() -> Select[Any]:
    return (
        select(*as_stored(_t), plex_servers.c.name.label("server"), plex_libraries.c.title.label("library"))
        .join(plex_servers, plex_servers.c.id == _t.c.server_id)
        .outerjoin(plex_libraries, plex_libraries.c.id == _t.c.library_id)
    )


def _schedule(row: Row[Any]) -> Schedule:
    # Taken apart in one go: by name it takes as long as everything else here together.
    (
        ident, name, server_id, library_id, expression, seconds, anchor, timezone, options, policies, enabled,
        paused_reason, error, next_run_at, last_run_at, last_status, total_runs, total_failures, failures_in_a_row,
        created_at, updated_at, server, library,
    ) = tuple(row)  # fmt: skip
    problems: list[str] = []
    made = Schedule(
        ident,
        name,
        server_id,
        library_id,
        server,
        ALL_LIBRARIES if library_id is None else library,
        CronTrigger(expression) if expression is not None else _every(seconds, anchor, problems),
        timezone,
        _document(options, SyncOptions, _DEFAULT_OPTIONS, problems),
        _document(policies, Policies, _DEFAULT_POLICIES, problems),
        enabled,
        paused_reason,
        error,
        _instant(next_run_at, problems),
        _instant(last_run_at, problems),
        _STATUSES.get(last_status),
        total_runs,
        total_failures,
        failures_in_a_row,
        _instant(created_at, problems) or _EPOCH,
        _instant(updated_at, problems) or _EPOCH,
    )
    return replace(made, error="; ".join(problems)) if problems else made


def _every(seconds: Any, anchor: Any, problems: list[str]) -> Trigger:
    began = _instant(anchor, problems)
    if began is None or not isinstance(seconds, int) or seconds <= 0:
        problems.append("its interval cannot be read")
        return CronTrigger("")
    return IntervalTrigger(timedelta(seconds=seconds), began)


def _document(text: Any, kind: type[T], default: T, problems: list[str]) -> T:
    decoded: T = default
    try:
        decoded = _decoded(text, cast("Hashable", kind))
    except (msgspec.MsgspecError, TypeError, ValueError):
        problems.append(f"its {'options' if kind is SyncOptions else 'policies'} cannot be read")
    return decoded


def _instant(millis: Any, problems: list[str]) -> datetime | None:
    try:
        return _at(millis)
    except (TypeError, OverflowError, ValueError):
        problems.append("a time in it cannot be read")
        return None


@lru_cache(4096)
def _at(millis: int | None) -> datetime | None:
    """Many schedules are due at the same time."""
    return from_millis(millis)


@lru_cache(1024)
def _decoded(text: str, kind: Any) -> Any:
    """Schedules share their options and policies, mostly; what comes out is frozen."""
    return msgspec.json.decode(text, type=kind)
