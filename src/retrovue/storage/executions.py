"""Executions: queued, claimed for running by one conditional update, followed, ended once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, and_, delete, func, insert, literal, or_, select, update

from retrovue.errors import ExecutionLost
from retrovue.model.execution import Execution, HistoryFilter, Status
from retrovue.model.sync import Depth, SyncOptions, SyncReport
from retrovue.storage.database import bump
from retrovue.storage.tables import schedule_executions
from retrovue.storage.tables.runs import began
from retrovue.storage.text import holds
from retrovue.storage.types import Instant

_t = schedule_executions
_ACTIVE = (Status.QUEUED.value, Status.RUNNING.value)


def create(
    tx: Connection,
    *,
    server_id: int,
    library_id: int | None,
    server: str,
    library: str,
    options: SyncOptions,
    now: datetime,
    for_service: bool,
    schedule_id: int | None = None,
    schedule: str | None = None,
) -> int:
    """Queues a sync that somebody started by hand, of a schedule or not; the new execution's id.

    It is for the service to run, or else for the process that makes it, at once.
    """
    result = tx.execute(
        insert(_t)
        .values(
            schedule_id=schedule_id,
            schedule_name=schedule,
            for_service=for_service,
            server_id=server_id,
            library_id=library_id,
            server_name=server,
            library_title=library,
            created_at=now,
            status=Status.QUEUED.value,
            sync_options=msgspec.to_builtins(options),
        )
        .returning(_t.c.id)
    )
    bump(tx, "executions")
    return int(result.scalar_one())


def get(rx: Connection, execution_id: int) -> Execution | None:
    """One execution."""
    row = rx.execute(select(_t).where(_t.c.id == execution_id)).first()
    return None if row is None else _execution(row)


def start(tx: Connection, execution_id: int, now: datetime) -> bool:
    """Queued becomes running; False when it was not queued any more, or was cancelled before it began.

    The start time is that of the first attempt.
    """
    done = tx.execute(
        update(_t)
        .where(
            _t.c.id == execution_id, _t.c.status == Status.QUEUED.value, _t.c.cancel_requested_at.is_(None)
        )
        .values(
            status=Status.RUNNING.value,
            start_time=func.coalesce(_t.c.start_time, literal(now, Instant)),
            not_before=None,
            reason=None,
            progress_phase="starting",
        )
    )
    bump(tx, "executions")
    return done.rowcount == 1


def proceed(tx: Connection, execution_id: int, done: int, total: int | None, phase: str) -> bool:
    """Stores progress in the transaction of the page it speaks of; True when a cancel was asked for.

    Raises `ExecutionLost` when the row is no longer running, so that the page is rolled back with it.
    """
    row = tx.execute(
        update(_t)
        .where(_t.c.id == execution_id, _t.c.status == Status.RUNNING.value)
        .values(progress_done=done, progress_total=total, progress_phase=phase)
        .returning(_t.c.cancel_requested_at)
    ).first()
    if row is None:
        raise ExecutionLost(
            "This sync was ended by another RetroVue",
            "its row in the history is no longer running",
            "Look at the history: retrovue history list",
        )
    bump(tx, "progress")
    return row.cancel_requested_at is not None


def finish(
    tx: Connection,
    execution_id: int,
    status: Status,
    *,
    now: datetime,
    reason: str | None = None,
    report: SyncReport | None = None,
) -> bool:
    """Ends an active execution, once: False when it had ended already."""
    values: dict[str, Any] = {"status": status.value, "end_time": now, "reason": reason}
    if report is not None:
        values |= {
            "depth": report.depth.value,
            "items_scanned": report.scanned,
            "items_inserted": report.added,
            "items_updated": report.updated,
            "items_removed": report.removed,
            "items_restored": report.restored,
            "items_unchanged": report.unchanged,
            "errors": report.errors,
            "removals_held": report.removals_held,
            "complete": report.complete,
            "requests": report.requests,
            "bytes": report.bytes,
        }
    done = tx.execute(update(_t).where(_t.c.id == execution_id, _t.c.status.in_(_ACTIVE)).values(**values))
    bump(tx, "executions", "progress")
    return done.rowcount == 1


def running(rx: Connection, library_id: int | None = None) -> list[Execution]:
    """Executions whose row says that they run, oldest first."""
    query = select(_t).where(_t.c.status == Status.RUNNING.value).order_by(_t.c.id)
    if library_id is not None:
        query = query.where(_t.c.library_id == library_id)
    return [_execution(row) for row in rx.execute(query)]


def abandoned(tx: Connection, before: datetime) -> list[int]:
    """Executions that a process queued for itself and did not begin: it must have died in between."""
    query = select(_t.c.id).where(
        _t.c.status == Status.QUEUED.value, ~_t.c.for_service, _t.c.created_at < before
    )
    return list(tx.execute(query).scalars())


def request_cancel(tx: Connection, execution_id: int, now: datetime) -> bool:
    """Asks whoever runs it to stop; False when it has ended already."""
    done = tx.execute(
        update(_t)
        .where(_t.c.id == execution_id, _t.c.status.in_(_ACTIVE))
        .values(cancel_requested_at=func.coalesce(_t.c.cancel_requested_at, literal(now, Instant)))
    )
    bump(tx, "executions")
    return done.rowcount == 1


def requeue(
    tx: Connection,
    execution_id: int,
    *,
    status: Status,
    not_before: datetime,
    reason: str,
    attempt: int | None = None,
) -> bool:
    """An execution with this status waits (again), for its next attempt, its library or quiet.

    False when it was asked to stop, or is no longer what the caller believes.
    """
    values: dict[str, Any] = {"status": Status.QUEUED.value, "not_before": not_before, "reason": reason}
    values |= {"progress_done": 0, "progress_total": None, "progress_phase": "waiting"}
    if attempt is not None:
        values["attempt"] = attempt
    done = tx.execute(
        update(_t)
        .where(_t.c.id == execution_id, _t.c.status == status.value, _t.c.cancel_requested_at.is_(None))
        .values(**values)
    )
    bump(tx, "executions", "progress")
    return done.rowcount == 1


def active(rx: Connection) -> list[Execution]:
    """Executions that wait or run, the oldest first."""
    return [
        _execution(row) for row in rx.execute(select(_t).where(_t.c.status.in_(_ACTIVE)).order_by(_t.c.id))
    ]


def ready(rx: Connection, now: datetime, *, scheduled: bool) -> list[tuple[int, int | None]]:
    """The longest waiting execution of each server whose time has come: its id and its server's.

    One whose library is being synced waits on; without `scheduled`, those that came due by a schedule do too.
    """
    query = select(func.min(_t.c.id), _t.c.server_id).where(
        _t.c.status == Status.QUEUED.value,
        _t.c.for_service,
        or_(_t.c.not_before.is_(None), _t.c.not_before <= now),
    )
    busy = select(_t.c.library_id).where(_t.c.status == Status.RUNNING.value, _t.c.library_id.is_not(None))
    query = query.where(or_(_t.c.library_id.is_(None), _t.c.library_id.not_in(busy)))
    if not scheduled:
        query = query.where(_t.c.due_key.is_(None))
    rows = rx.execute(query.group_by(_t.c.server_id)).all()
    return sorted((int(ident), server_id) for ident, server_id in rows)


def next_ready_at(rx: Connection) -> datetime | None:
    """When the next waiting execution may begin."""
    found: datetime | None = rx.execute(
        select(func.min(_t.c.not_before)).where(_t.c.status == Status.QUEUED.value)
    ).scalar()
    return found


def known_due(rx: Connection, due_keys: Sequence[str]) -> set[str]:
    """Those of these due times that have a row already."""
    found: set[str] = set()
    for position in range(0, len(due_keys), 500):
        query = select(_t.c.due_key).where(_t.c.due_key.in_(due_keys[position : position + 500]))
        found.update(rx.execute(query).scalars())
    return found


def cancel_requests(rx: Connection) -> list[tuple[int, Status]]:
    """Active executions that were asked to stop."""
    rows = rx.execute(
        select(_t.c.id, _t.c.status).where(_t.c.status.in_(_ACTIVE), _t.c.cancel_requested_at.is_not(None))
    )
    return [(row.id, Status(row.status)) for row in rows]


def cancel_waiting(tx: Connection, schedule_ids: Sequence[int], reason: str, now: datetime) -> int:
    """Ends what waits of some schedules; how many there were."""
    done = tx.execute(
        update(_t)
        .where(_t.c.schedule_id.in_(schedule_ids), _t.c.status == Status.QUEUED.value)
        .values(status=Status.CANCELLED.value, reason=reason, end_time=now)
    )
    bump(tx, "executions")
    return done.rowcount


def failed_siblings(rx: Connection, execution: Execution) -> bool:
    """Whether another library failed in the same due time of the same schedule."""
    if execution.schedule_id is None or execution.due_at is None:
        return False
    query = select(_t.c.id).where(
        _t.c.schedule_id == execution.schedule_id,
        _t.c.due_at == execution.due_at,
        _t.c.id != execution.id,
        _t.c.status.in_((Status.FAILED.value, Status.INTERRUPTED.value)),
    )
    return rx.execute(query.limit(1)).first() is not None


def newest_before(rx: Connection, instant: datetime) -> datetime | None:
    """When the last execution before an instant began."""
    found: datetime | None = rx.execute(
        select(began).where(began < instant).order_by(began.desc()).limit(1)
    ).scalar()
    return found


def durations(rx: Connection, schedule_id: int, limit: int) -> list[Execution]:
    """The newest ended runs of a schedule that had begun, newest first."""
    query = (
        select(_t)
        .where(_t.c.schedule_id == schedule_id, _t.c.end_time.is_not(None), _t.c.start_time.is_not(None))
        .order_by(began.desc(), _t.c.id.desc())
        .limit(limit)
    )
    return [_execution(row) for row in rx.execute(query)]


def listing(rx: Connection, wanted: HistoryFilter) -> list[Execution]:
    """Executions, those that began last first."""
    query = _filtered(select(_t), wanted).order_by(began.desc(), _t.c.id.desc())
    if wanted.after is not None:
        last = rx.execute(select(began).where(_t.c.id == wanted.after)).scalar()
        if last is not None:
            # The first part is what the index is searched by.
            query = query.where(began <= last, or_(began < last, _t.c.id < wanted.after))
    if wanted.limit is not None:
        query = query.limit(wanted.limit)
    return [_execution(row) for row in rx.execute(query)]


def count(rx: Connection, wanted: HistoryFilter) -> int:
    """How many executions a filter finds."""
    return int(rx.execute(_filtered(select(func.count()).select_from(_t), wanted)).scalar_one())


def place(rx: Connection, wanted: HistoryFilter, execution_id: int) -> int | None:
    """How many rows of a filtered history stand above an execution; None when it is not among them."""
    at = rx.execute(_filtered(select(began), wanted).where(_t.c.id == execution_id)).scalar()
    if at is None:
        return None
    above = and_(began >= at, or_(began > at, _t.c.id > execution_id))
    return int(rx.execute(_filtered(select(func.count()).select_from(_t), wanted).where(above)).scalar_one())


def window(
    rx: Connection, wanted: HistoryFilter, offset: int, limit: int, total: int | None = None
) -> list[Execution]:
    """Rows of a filtered history from a position on. The positions are counted in an index, rows read only at the end.

    Who knows how many there are in `total` gets the second half counted from the other end.
    """
    ids = _filtered(select(_t.c.id), wanted)
    if total is not None and offset > total // 2:
        last = max(0, total - offset - limit)
        ids = ids.order_by(began, _t.c.id).offset(last).limit(total - last - offset)
    else:
        ids = ids.order_by(began.desc(), _t.c.id.desc()).offset(offset).limit(limit)
    query = select(_t).where(_t.c.id.in_(ids)).order_by(began.desc(), _t.c.id.desc())
    return [_execution(row) for row in rx.execute(query)]


def _filtered(query: Select[Any], wanted: HistoryFilter) -> Select[Any]:
    if wanted.schedule_id is not None:
        query = query.where(_t.c.schedule_id == wanted.schedule_id)
    if wanted.schedule is not None:
        query = query.where(func.lower(_t.c.schedule_name) == wanted.schedule.lower())
    if wanted.status is not None:
        query = query.where(_t.c.status == wanted.status.value)
    if wanted.since is not None:
        query = query.where(began >= wanted.since)
    if wanted.until is not None:
        query = query.where(began < wanted.until)
    if wanted.text:
        found = holds(wanted.text, _t.c.schedule_name, _t.c.server_name, _t.c.library_title, _t.c.reason)
        query = query.where(found)
    return query


def prunable(rx: Connection, *, before: datetime, per_schedule: int) -> list[int]:
    """Ended executions that are too old, or too many of their schedule; the oldest first."""
    rank = func.row_number().over(partition_by=_t.c.schedule_id, order_by=_t.c.id.desc())
    ranked = select(_t.c.id, rank.label("rank")).where(_t.c.schedule_id.is_not(None)).subquery()
    surplus = select(ranked.c.id).where(ranked.c.rank > per_schedule)
    query = select(_t.c.id).where(
        _t.c.status.not_in(_ACTIVE), or_(_t.c.created_at < before, _t.c.id.in_(surplus))
    )
    return list(rx.execute(query.order_by(_t.c.id)).scalars())


def forget(tx: Connection, execution_ids: Sequence[int]) -> int:
    """Forgets executions with their logs; how many there were."""
    count = tx.execute(delete(_t).where(_t.c.id.in_(execution_ids))).rowcount
    bump(tx, "executions")
    return count


def _execution(row: Row[Any]) -> Execution:
    return Execution(
        id=row.id,
        schedule_id=row.schedule_id,
        server_id=row.server_id,
        library_id=row.library_id,
        schedule=row.schedule_name,
        server=row.server_name,
        library=row.library_title,
        due_at=row.due_at,
        created_at=row.created_at,
        start_time=row.start_time,
        end_time=row.end_time,
        status=Status(row.status),
        reason=row.reason,
        attempt=row.attempt,
        not_before=row.not_before,
        options=msgspec.convert(row.sync_options, SyncOptions),
        depth=Depth(row.depth) if row.depth else None,
        progress_done=row.progress_done,
        progress_total=row.progress_total,
        progress_phase=row.progress_phase,
        scanned=row.items_scanned,
        added=row.items_inserted,
        updated=row.items_updated,
        removed=row.items_removed,
        restored=row.items_restored,
        unchanged=row.items_unchanged,
        errors=row.errors,
        removals_held=row.removals_held,
        complete=row.complete,
        requests=row.requests,
        bytes=row.bytes,
    )
