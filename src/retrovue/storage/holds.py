"""Removals that the brake holds: one open hold per library, replaced by the newest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from retrovue.model.catalogue import Kind
from retrovue.model.sync import HeldItem, RemovalHold
from retrovue.storage.database import bump
from retrovue.storage.tables import (
    catalogue_items,
    plex_libraries,
    plex_servers,
    removal_holds,
)

_h = removal_holds


@dataclass(frozen=True, slots=True)
class Held:
    """A hold with the rating keys it speaks of."""

    execution_id: int
    library_id: int
    state: str
    emptied: bool
    keys: frozenset[str]


def place(
    tx: Connection,
    *,
    execution_id: int,
    library_id: int,
    keys: Sequence[str],
    emptied: bool,
    percent: float,
    reason: str,
    now: datetime,
) -> None:
    """Opens a hold, in the place of the one that was open for this library."""
    settle(tx, library_id, "replaced")
    tx.execute(
        insert(_h).values(
            execution_id=execution_id,
            library_id=library_id,
            held_at=now,
            state="open",
            emptied=emptied,
            percent=percent,
            reason=reason,
            keys=list(keys),
        )
    )
    bump(tx, "catalogue", "executions")


def settle(tx: Connection, library_id: int, state: str) -> None:
    """Ends the library's open hold, if it has one."""
    tx.execute(update(_h).where(_h.c.library_id == library_id, _h.c.state == "open").values(state=state))
    bump(tx, "catalogue")


def latest(rx: Connection, library_id: int) -> Held | None:
    """The newest hold of a library, in whatever state."""
    query = select(_h).where(_h.c.library_id == library_id).order_by(_h.c.id.desc()).limit(1)
    row = rx.execute(query).first()
    return None if row is None else _held(row)


def replaced_size(rx: Connection, execution_id: int, library_id: int) -> int:
    """How many items the hold had that this execution's hold took the place of; 0 when there was none."""
    query = (
        select(_h)
        .where(_h.c.library_id == library_id, _h.c.execution_id != execution_id)
        .order_by(_h.c.id.desc())
        .limit(1)
    )
    row = rx.execute(query).first()
    return len(row.keys) if row is not None and row.state in {"replaced", "rejected"} else 0


def of_execution(rx: Connection, execution_id: int) -> Held | None:
    """The hold that an execution placed."""
    query = select(_h).where(_h.c.execution_id == execution_id).order_by(_h.c.id.desc()).limit(1)
    row = rx.execute(query).first()
    return None if row is None else _held(row)


def _held(row: Row[Any]) -> Held:
    return Held(row.execution_id, row.library_id, row.state, row.emptied, frozenset(row.keys))


def open_holds(rx: Connection) -> list[RemovalHold]:
    """All open holds with the items that are still missing, newest first."""
    lib, srv = plex_libraries, plex_servers
    query = (
        select(_h, lib.c.title.label("library"), srv.c.name.label("server"))
        .join(lib, lib.c.id == _h.c.library_id)
        .join(srv, srv.c.id == lib.c.server_id)
        .where(_h.c.state == "open")
        .order_by(_h.c.id.desc())
    )
    return [_removal_hold(rx, row) for row in rx.execute(query).all()]


def _removal_hold(rx: Connection, row: Row[Any]) -> RemovalHold:
    i = catalogue_items.c
    items = tuple(
        HeldItem(item.rating_key, Kind(item.kind), item.title)
        for item in rx.execute(
            select(i.rating_key, i.kind, i.title)
            .where(i.library_id == row.library_id, i.removed_at.is_(None), i.missing_since.is_not(None))
            .order_by(i.kind, i.title, i.id)
        )
    )
    return RemovalHold(
        execution_id=row.execution_id,
        library_id=row.library_id,
        server=row.server,
        library=row.library,
        count=len(items),
        percent=row.percent,
        held_at=row.held_at,
        reason=row.reason,
        state=row.state,
        items=items,
    )
