"""The journal: every change of every item, with the old and the new value of each field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select

from retrovue.model.catalogue import Change, ItemChange, Kind
from retrovue.storage.database import insert_many
from retrovue.storage.tables import item_changes, plex_libraries, plex_servers
from retrovue.storage.text import holds
from retrovue.storage.types import to_json, to_millis

_COLUMNS = ("execution_id", "library_id", "item_id", "at", "change", "rating_key", "kind", "title", "fields")


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A change to be written. `item_id` is None in a dry run."""

    change: Change
    item_id: int | None
    key: str
    kind: Kind
    title: str
    fields: Mapping[str, tuple[Any, Any]] | None = None


def write(
    tx: Connection, execution_id: int, library_id: int, entries: Sequence[Entry], now: datetime
) -> None:
    """Writes what one execution changed in one library."""
    at = to_millis(now)
    insert_many(
        tx,
        item_changes,
        _COLUMNS,
        [
            (
                execution_id,
                library_id,
                entry.item_id,
                at,
                entry.change.value,
                entry.key,
                entry.kind.value,
                entry.title,
                to_json(entry.fields) if entry.fields else None,
            )
            for entry in entries
        ],
    )


def listing(
    rx: Connection,
    *,
    since: datetime | None = None,
    execution_id: int | None = None,
    item_id: int | None = None,
    change: Change | None = None,
    search: str | None = None,
    limit: int | None = None,
    after: int | None = None,
) -> list[ItemChange]:
    """Changes, newest first; `after` is the id of the last one already seen."""
    t, lib, srv = item_changes, plex_libraries, plex_servers
    query = (
        select(t, lib.c.title.label("library"), srv.c.name.label("server"))
        .select_from(t.outerjoin(lib, lib.c.id == t.c.library_id).outerjoin(srv, srv.c.id == lib.c.server_id))
        .order_by(t.c.id.desc())
    )
    if since is not None:
        query = query.where(t.c.at >= since)
    if execution_id is not None:
        query = query.where(t.c.execution_id == execution_id)
    if item_id is not None:
        query = query.where(t.c.item_id == item_id)
    if change is not None:
        query = query.where(t.c.change == change.value)
    if search:
        query = query.where(holds(search, t.c.title))
    if after is not None:
        query = query.where(t.c.id < after)
    if limit is not None:
        query = query.limit(limit)
    return [
        ItemChange(
            id=row.id,
            at=row.at,
            change=Change(row.change),
            execution_id=row.execution_id,
            item_id=row.item_id,
            server=row.server,
            library=row.library,
            rating_key=row.rating_key,
            kind=Kind(row.kind),
            title=row.title,
            fields={name: (old, new) for name, (old, new) in (row.fields or {}).items()},
        )
        for row in rx.execute(query)
    ]


def prune(tx: Connection, before: datetime) -> int:
    """Forgets changes older than an instant; how many there were."""
    return tx.execute(delete(item_changes).where(item_changes.c.at < before)).rowcount
