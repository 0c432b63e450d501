"""The outbox: written with what it speaks of, emptied by the service, so that nothing is told twice or forgotten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, exc, func, insert, literal, select, update

from retrovue.errors import Conflict
from retrovue.model.notices import Delivery, PingEvent, Target
from retrovue.model.schedule import Message, Notice
from retrovue.storage.database import bump
from retrovue.storage.tables import deliveries, messages, notify_targets, schedule_pings
from retrovue.storage.types import Instant

_d, _m, _t, _p = deliveries, messages, notify_targets, schedule_pings


def add_target(tx: Connection, name: str, service: str, now: datetime) -> int:
    """Adds a target; its id. Raises `Conflict` when the name is taken."""
    try:
        made = tx.execute(
            insert(_t).values(name=name, service=service, created_at=now).returning(_t.c.id)
        ).scalar_one()
    except exc.IntegrityError as error:
        raise Conflict(f"There is a target '{name}' already", hint="Choose another name.") from error
    bump(tx, "settings")
    return int(made)


def remove_target(tx: Connection, target_id: int) -> None:
    """Forgets a target with what was still to be sent to it."""
    tx.execute(delete(_t).where(_t.c.id == target_id))
    bump(tx, "settings")


def targets(rx: Connection) -> list[Target]:
    """All targets by name."""
    waiting = select(func.count()).where(_d.c.target_id == _t.c.id).scalar_subquery()
    rows = rx.execute(select(_t, waiting.label("waiting")).order_by(func.lower(_t.c.name)))
    return [
        Target(row.id, row.name, row.service, row.created_at, row.last_sent_at, row.last_error, row.waiting)
        for row in rows
    ]


def set_ping(tx: Connection, schedule_id: int, host: str | None) -> None:
    """A schedule pings from now on, or does no more."""
    tx.execute(delete(_p).where(_p.c.schedule_id == schedule_id))
    if host is not None:
        tx.execute(insert(_p).values(schedule_id=schedule_id, host=host))
    bump(tx, "settings")


def pings(rx: Connection) -> dict[int, str]:
    """The schedules that ping, and whom."""
    return {row.schedule_id: row.host for row in rx.execute(select(_p))}


def queue_message(tx: Connection, message_id: int, now: datetime) -> None:
    """A message is to go to every target."""
    rows = select(literal(message_id), _t.c.id, literal(now, Instant))
    tx.execute(insert(_d).from_select(["message_id", "target_id", "not_before"], rows))


def queue_ping(tx: Connection, schedule_id: int, event: PingEvent, now: datetime) -> None:
    """A schedule's dead-man service is to be told, if it has one. What it could not be told before is out of date."""
    tx.execute(delete(_d).where(_d.c.schedule_id == schedule_id, _d.c.attempts > 0))
    rows = select(_p.c.schedule_id, literal(event.value), literal(now, Instant)).where(
        _p.c.schedule_id == schedule_id
    )
    tx.execute(insert(_d).from_select(["schedule_id", "event", "not_before"], rows))


def ready(rx: Connection, now: datetime, limit: int) -> list[Delivery]:
    """What may be sent now, in the order in which it happened."""
    query = (
        select(_d, _m.c.kind, _m.c.title, _m.c.text)
        .outerjoin(_m, _m.c.id == _d.c.message_id)
        .where(_d.c.not_before <= now)
        .order_by(_d.c.id)
        .limit(limit)
    )
    return [
        Delivery(
            row.id,
            row.target_id,
            row.schedule_id,
            None if row.kind is None else Message(Notice(row.kind), row.title, row.text),
            None if row.event is None else PingEvent(row.event),
            row.attempts,
        )
        for row in rx.execute(query)
    ]


def next_at(rx: Connection) -> datetime | None:
    """When the next delivery may be tried."""
    found: datetime | None = rx.execute(select(func.min(_d.c.not_before))).scalar()
    return found


def sent(tx: Connection, one: Delivery, now: datetime) -> None:
    """It arrived."""
    tx.execute(delete(_d).where(_d.c.id == one.id))
    if one.target_id is not None:
        tx.execute(update(_t).where(_t.c.id == one.target_id).values(last_sent_at=now, last_error=None))
        bump(tx, "settings")


def failed(tx: Connection, one: Delivery, error: str, again_at: datetime | None) -> None:
    """It did not arrive; it is tried again, or given up, as is a ping after which there is another already."""
    if again_at is None or _outdated(tx, one):
        tx.execute(delete(_d).where(_d.c.id == one.id))
    else:
        tx.execute(update(_d).where(_d.c.id == one.id).values(attempts=one.attempts + 1, not_before=again_at))
    if one.target_id is not None:
        tx.execute(update(_t).where(_t.c.id == one.target_id).values(last_error=error))
        bump(tx, "settings")


def _outdated(tx: Connection, one: Delivery) -> bool:
    """A start that arrives after the end of its run would look like a run that never ends."""
    if one.schedule_id is None:
        return False
    newer = select(_d.c.id).where(_d.c.schedule_id == one.schedule_id, _d.c.id > one.id).limit(1)
    return tx.execute(newer).first() is not None
