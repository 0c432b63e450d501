"""Schedules that are taken out whole, so that it can be taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, select, update

from retrovue.storage.database import bump, insert_many
from retrovue.storage.tables import schedule_executions, schedules
from retrovue.storage.types import as_stored

_t, _e = schedules, schedule_executions
_NAMES = tuple(column.name for column in _t.c)
_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class TakenOut:
    """A schedule's row as it stood, column by column, and the executions that were its own."""

    id: int
    row: tuple[Any, ...]
    executions: tuple[int, ...]


def take_out(tx: Connection, schedule_ids: Sequence[int]) -> list[TakenOut]:
    """Removes schedules; what they were. Their history stays, under their names."""
    rows = tx.execute(select(*as_stored(_t)).where(_t.c.id.in_(schedule_ids))).all()
    found = []
    for row in rows:
        own = tx.execute(select(_e.c.id).where(_e.c.schedule_id == row[0])).scalars()
        found.append(TakenOut(row[0], tuple(row), tuple(own)))
    tx.execute(delete(_t).where(_t.c.id.in_(schedule_ids)))
    bump(tx, "schedules", "executions")
    return found


def put_back(tx: Connection, taken: TakenOut) -> None:
    """Puts one back under its id. Its server must still be there, and its name free."""
    insert_many(tx, _t, _NAMES, [taken.row])
    for position in range(0, len(taken.executions), _AT_ONCE):
        own = taken.executions[position : position + _AT_ONCE]
        tx.execute(update(_e).where(_e.c.id.in_(own)).values(schedule_id=taken.id))
    bump(tx, "schedules", "executions")
