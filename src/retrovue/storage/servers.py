"""Servers, their libraries, and path mappings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, literal, select, update

from retrovue.model.catalogue import Library, PathMapping, Server
from retrovue.model.sync import LibraryListing
from retrovue.storage.database import bump
from retrovue.storage.tables import (
    catalogue_items,
    path_mappings,
    plex_libraries,
    plex_servers,
)

_s, _l, _m = plex_servers, plex_libraries, path_mappings


def add(
    tx: Connection,
    *,
    name: str,
    url: str,
    machine_identifier: str,
    version: str,
    verify_tls: bool,
    ca_file: str | None,
    now: datetime,
) -> int:
    """Adds a server; its id."""
    result = tx.execute(
        insert(_s)
        .values(
            name=name,
            url=url,
            machine_identifier=machine_identifier,
            version=version,
            verify_tls=verify_tls,
            ca_file=ca_file,
            created_at=now,
            updated_at=now,
        )
        .returning(_s.c.id)
    )
    bump(tx, "servers")
    return int(result.scalar_one())


def change(tx: Connection, server_id: int, values: Mapping[str, Any], now: datetime) -> None:
    """Changes columns of a server."""
    tx.execute(update(_s).where(_s.c.id == server_id).values(**values, updated_at=now))
    bump(tx, "servers")


def remove(tx: Connection, server_id: int) -> None:
    """Removes a server with its libraries, items and mappings. History keeps its names."""
    tx.execute(delete(_s).where(_s.c.id == server_id))
    bump(tx, "servers", "catalogue")


def all_servers(rx: Connection) -> list[Server]:
    """All servers by name."""
    return [_server(row) for row in rx.execute(select(_s).order_by(func.lower(_s.c.name)))]


def library_list(rx: Connection, server_id: int | None = None) -> list[Library]:
    """Libraries by server and title, with how many live items each has."""
    query = _libraries().order_by(func.lower(_s.c.name), func.lower(_l.c.title), _l.c.id)
    if server_id is not None:
        query = query.where(_l.c.server_id == server_id)
    return [_library(row) for row in rx.execute(query)]


def library(rx: Connection, library_id: int) -> Library | None:
    """One library."""
    row = rx.execute(_libraries().where(_l.c.id == library_id)).first()
    return None if row is None else _library(row)


def library_places(rx: Connection) -> list[Library]:
    """All libraries, without counting their items."""
    nothing = literal(0).label("items")
    query = (
        select(_l, _s.c.name.label("server"), nothing).join(_s, _s.c.id == _l.c.server_id).order_by(_l.c.id)
    )
    return [_library(row) for row in rx.execute(query)]


def _libraries() -> Select[Any]:
    i = catalogue_items.c
    items = (
        select(func.count())
        .where(i.library_id == _l.c.id, i.removed_at.is_(None))
        .correlate(_l)
        .scalar_subquery()
    )
    return select(_l, _s.c.name.label("server"), items.label("items")).join(_s, _s.c.id == _l.c.server_id)


def add_library(
    tx: Connection, server_id: int, found: LibraryListing, *, enabled: bool, now: datetime
) -> int:
    """Adds a library of a server; its id."""
    result = tx.execute(
        insert(_l)
        .values(server_id=server_id, created_at=now, enabled=enabled, **_listed(found))
        .returning(_l.c.id)
    )
    bump(tx, "servers")
    return int(result.scalar_one())


def change_library(tx: Connection, library_id: int, found: LibraryListing) -> None:
    """Takes over what the server now says of a library; it is there."""
    tx.execute(update(_l).where(_l.c.id == library_id).values(gone_at=None, **_listed(found)))
    bump(tx, "servers")


def relink_library(tx: Connection, library_id: int, found: LibraryListing) -> None:
    """Ties a library to the one that was re-created for it. What it knew of the server's counts is void."""
    tx.execute(
        update(_l)
        .where(_l.c.id == library_id)
        .values(gone_at=None, quick_mark=None, last_complete_at=None, counts=None, **_listed(found))
    )
    bump(tx, "servers")


def _listed(found: LibraryListing) -> dict[str, Any]:
    return {
        "key": found.key,
        "uuid": found.uuid,
        "title": found.title,
        "type": found.type,
        "locations": list(found.locations),
    }


def mark_gone(tx: Connection, library_ids: Sequence[int], now: datetime) -> None:
    """Libraries that the server does not list any more. Their items stay."""
    if library_ids:
        tx.execute(update(_l).where(_l.c.id.in_(library_ids), _l.c.gone_at.is_(None)).values(gone_at=now))
        bump(tx, "servers")


def enable_library(tx: Connection, library_id: int, *, enabled: bool) -> None:
    """Says whether a library is synced when none is named."""
    tx.execute(update(_l).where(_l.c.id == library_id).values(enabled=enabled))
    bump(tx, "servers")


def note_sync(
    tx: Connection,
    library_id: int,
    *,
    synced_at: datetime,
    mark: datetime | None,
    counts: Mapping[str, int],
    complete_since: datetime | None,
) -> None:
    """Remembers a real, whole sync: when, from when the next quick one looks, and the server's counts."""
    values: dict[str, Any] = {"last_sync_at": synced_at, "quick_mark": mark, "counts": dict(counts)}
    if complete_since is not None:
        values["last_complete_at"] = complete_since
    tx.execute(update(_l).where(_l.c.id == library_id).values(**values))
    bump(tx, "servers", "catalogue")


def add_mapping(
    tx: Connection, server_id: int, library_id: int | None, plex_path: str, local_path: str, now: datetime
) -> int:
    """Adds a path mapping; its id."""
    result = tx.execute(
        insert(_m)
        .values(
            server_id=server_id,
            library_id=library_id,
            plex_path=plex_path,
            local_path=local_path,
            created_at=now,
        )
        .returning(_m.c.id)
    )
    bump(tx, "servers", "catalogue")
    return int(result.scalar_one())


def change_mapping(
    tx: Connection, mapping_id: int, library_id: int | None, plex_path: str, local_path: str
) -> None:
    """Changes a path mapping."""
    values = {"library_id": library_id, "plex_path": plex_path, "local_path": local_path}
    tx.execute(update(path_mappings).where(path_mappings.c.id == mapping_id).values(**values))
    bump(tx, "servers")


def remove_mapping(tx: Connection, mapping_id: int) -> bool:
    """Removes a path mapping; False when there was none."""
    removed = tx.execute(delete(_m).where(_m.c.id == mapping_id)).rowcount
    bump(tx, "servers", "catalogue")
    return removed == 1


def mappings(rx: Connection, server_id: int | None = None) -> list[PathMapping]:
    """Path mappings by server and path."""
    query = (
        select(_m, _s.c.name.label("server"), _l.c.title.label("library"))
        .select_from(_m.join(_s, _s.c.id == _m.c.server_id).outerjoin(_l, _l.c.id == _m.c.library_id))
        .order_by(func.lower(_s.c.name), _m.c.plex_path, _m.c.id)
    )
    if server_id is not None:
        query = query.where(_m.c.server_id == server_id)
    return [
        PathMapping(
            row.id, row.server_id, row.server, row.library_id, row.library, row.plex_path, row.local_path
        )
        for row in rx.execute(query)
    ]


def _server(row: Row[Any]) -> Server:
    return Server(
        id=row.id,
        name=row.name,
        url=row.url,
        machine_identifier=row.machine_identifier,
        version=row.version,
        verify_tls=row.verify_tls,
        ca_file=row.ca_file,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _library(row: Row[Any]) -> Library:
    return Library(
        id=row.id,
        server_id=row.server_id,
        server=row.server,
        key=row.key,
        uuid=row.uuid,
        title=row.title,
        type=row.type,
        locations=tuple(row.locations),
        enabled=row.enabled,
        gone_at=row.gone_at,
        last_sync_at=row.last_sync_at,
        last_complete_at=row.last_complete_at,
        quick_mark=row.quick_mark,
        counts=row.counts or {},
        items=row.items,
    )
