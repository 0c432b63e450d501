"""The log of each execution, kept within a size: the first and the newest lines stay."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from retrovue.model.execution import LogLine
from retrovue.storage.tables import execution_log, schedule_executions

_t = schedule_executions


def append(
    tx: Connection, execution_id: int, new: Sequence[tuple[datetime, str, str]], *, keep_bytes: int
) -> None:
    """Adds lines to an execution's log. Beyond `keep_bytes` the first half and the newest lines are kept."""
    if not new:
        return
    tx.execute(
        insert(execution_log),
        [
            {"execution_id": execution_id, "at": at, "level": level, "message": message}
            for at, level, message in new
        ],
    )
    added = sum(len(message.encode()) for _, _, message in new)
    row = tx.execute(
        update(_t)
        .where(_t.c.id == execution_id)
        .values(log_bytes=_t.c.log_bytes + added)
        .returning(_t.c.log_bytes)
    ).first()
    if row is not None and row.log_bytes > keep_bytes:
        _shorten(tx, execution_id, keep_bytes)


def _shorten(tx: Connection, execution_id: int, keep_bytes: int) -> None:
    t = execution_log.c
    rows = tx.execute(
        select(t.id, func.length(t.message).label("size"))
        .where(t.execution_id == execution_id)
        .order_by(t.id)
    ).all()
    kept: set[int] = set()
    for ordered in (rows, rows[::-1]):
        room = keep_bytes // 2
        for row in ordered:
            room -= row.size
            if room < 0:
                break
            kept.add(row.id)
    dropped = [row for row in rows if row.id not in kept]
    if dropped:
        first, last = dropped[0].id, dropped[-1].id
        tx.execute(delete(execution_log).where(t.execution_id == execution_id, t.id.between(first, last)))
    tx.execute(
        update(_t)
        .where(_t.c.id == execution_id)
        .values(
            log_bytes=sum(row.size for row in rows if row.id in kept),
            log_dropped=_t.c.log_dropped + len(dropped),
        )
    )


def lines(rx: Connection, execution_id: int, *, after: int = 0) -> list[LogLine]:
    """The lines of an execution's log in order; `after` is the id of the last one already seen."""
    t = execution_log.c
    rows = rx.execute(
        select(t.id, t.at, t.level, t.message)
        .where(t.execution_id == execution_id, t.id > after)
        .order_by(t.id)
    )
    return [LogLine(row.id, row.at, row.level, row.message) for row in rows]


def dropped(rx: Connection, execution_id: int) -> int:
    """How many lines were left out of an execution's log because it grew too long."""
    return int(rx.execute(select(_t.c.log_dropped).where(_t.c.id == execution_id)).scalar() or 0)


def prune(tx: Connection, before: datetime, limit: int) -> int:
    """Forgets so many of the log lines that are too old; how many there were."""
    old = (
        select(execution_log.c.id)
        .where(execution_log.c.at < before)
        .order_by(execution_log.c.id)
        .limit(limit)
    )
    return tx.execute(delete(execution_log).where(execution_log.c.id.in_(old))).rowcount
