"""Messages to people: what the rules found worth telling."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, select

from retrovue.model.schedule import Message, Notice, StoredMessage
from retrovue.storage import deliveries
from retrovue.storage.database import bump
from retrovue.storage.tables import messages

_m = messages


def add(
    tx: Connection, message: Message, *, schedule_id: int | None, execution_id: int | None, now: datetime
) -> None:
    """Keeps a message, for every target."""
    made = tx.execute(
        insert(_m)
        .values(
            at=now,
            schedule_id=schedule_id,
            execution_id=execution_id,
            kind=message.kind.value,
            title=message.title,
            text=message.text,
        )
        .returning(_m.c.id)
    )
    deliveries.queue_message(tx, int(made.scalar_one()), now)
    bump(tx, "messages")


def told_since(rx: Connection, kind: Notice, title: str, since: datetime) -> bool:
    """Whether this was said already."""
    query = select(_m.c.id).where(_m.c.kind == kind.value, _m.c.title == title, _m.c.at >= since)
    return rx.execute(query.limit(1)).first() is not None


def listing(rx: Connection, *, after: int, limit: int) -> list[StoredMessage]:
    """Messages with an id above `after`, the oldest first."""
    rows = rx.execute(select(_m).where(_m.c.id > after).order_by(_m.c.id).limit(limit))
    return [
        StoredMessage(
            row.id, row.at, row.schedule_id, row.execution_id, Message(Notice(row.kind), row.title, row.text)
        )
        for row in rows
    ]


def newest(rx: Connection) -> int:
    """The highest id; 0 when there is no message."""
    return int(rx.execute(select(func.coalesce(func.max(_m.c.id), 0))).scalar_one())


def prune(tx: Connection, before: datetime) -> None:
    """Forgets old messages."""
    tx.execute(delete(_m).where(_m.c.at < before))
