"""Looking around in the catalogue: filtered lists, one item, counts, file paths. Reading only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, case, func, or_, select

from retrovue.model.catalogue import CatalogueFilter, Item, Kind, LibraryStats
from retrovue.storage import items
from retrovue.storage.database import Database
from retrovue.storage.tables import catalogue_items, item_details, media_files, plex_libraries, plex_servers
from retrovue.storage.text import holds

_i, _l, _s = catalogue_items, plex_libraries, plex_servers
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Found:
    """An item with where it belongs."""

    id: int
    server_id: int
    server: str
    library_id: int
    library: str
    item: Item
    first_seen_at: datetime
    missing_since: datetime | None
    removed_at: datetime | None
    details: dict[str, Any] | None


def page(rx: Connection, wanted: CatalogueFilter) -> list[Found]:
    """Items by id, after `wanted.after`; at most `wanted.limit`."""
    query = _matching(_selection(), wanted).order_by(_i.c.id)
    if wanted.after is not None:
        query = query.where(_i.c.id > wanted.after)
    if wanted.limit is not None:
        query = query.limit(wanted.limit)
    return _found(rx, rx.execute(query).all())


def every(database: Database, wanted: CatalogueFilter) -> Iterator[Found]:
    """All items that fit, in small batches, so that a long export holds no long read."""
    left = wanted.limit
    after = wanted.after
    while left is None or left > 0:
        size = _BATCH if left is None else min(_BATCH, left)
        with database.read() as rx:
            batch = page(
                rx,
                CatalogueFilter(
                    wanted.server_id,
                    wanted.library_id,
                    wanted.kind,
                    wanted.search,
                    wanted.removed,
                    size,
                    after,
                ),
            )
        yield from batch
        if len(batch) < size:
            return
        after = batch[-1].id
        left = None if left is None else left - len(batch)


def one(rx: Connection, item_id: int) -> Found | None:
    """One item, live or removed, with its details."""
    rows = rx.execute(_selection().where(_i.c.id == item_id)).all()
    found = _found(rx, rows)
    return found[0] if found else None


def by_key(rx: Connection, rating_key: str) -> list[int]:
    """Ids of live items with this rating key, on whatever server."""
    query = select(_i.c.id).where(_i.c.rating_key == rating_key, _i.c.removed_at.is_(None))
    return list(rx.execute(query).scalars())


def stats(rx: Connection) -> list[LibraryStats]:
    """Counts per library."""
    live = _i.c.removed_at.is_(None)
    per_kind = {
        kind.value: func.coalesce(func.sum(case((and_(live, _i.c.kind == kind.value), 1), else_=0)), 0)
        for kind in Kind
    }
    query = (
        select(
            _l.c.id,
            _l.c.title,
            _s.c.name,
            *[column.label(name) for name, column in per_kind.items()],
            func.coalesce(func.sum(case((and_(live, _i.c.missing_since.is_not(None)), 1), else_=0)), 0).label("missing"),
            func.coalesce(func.sum(case((and_(live, _i.c.trashed_at.is_not(None)), 1), else_=0)), 0).label("trashed"),
            func.coalesce(func.sum(case((_i.c.removed_at.is_not(None), 1), else_=0)), 0).label("removed"),
        )
        .select_from(_l.join(_s, _s.c.id == _l.c.server_id).outerjoin(_i, _i.c.library_id == _l.c.id))
        .group_by(_l.c.id, _l.c.title, _s.c.name)
        .order_by(func.lower(_s.c.name), func.lower(_l.c.title))
    )  # fmt: skip
    files = {
        row.library_id: (row.files, row.size or 0)
        for row in rx.execute(
            select(
                _i.c.library_id, func.count().label("files"), func.sum(media_files.c.size_bytes).label("size")
            )
            .join(media_files, media_files.c.item_id == _i.c.id)
            .where(live)
            .group_by(_i.c.library_id)
        )
    }
    return [
        LibraryStats(
            server=row.name,
            library=row.title,
            kinds={kind.value: int(getattr(row, kind.value)) for kind in Kind if getattr(row, kind.value)},
            files=int(files.get(row.id, (0, 0))[0]),
            size_bytes=int(files.get(row.id, (0, 0))[1]),
            missing=int(row.missing),
            trashed=int(row.trashed),
            removed=int(row.removed),
        )
        for row in rx.execute(query)
    ]


def file_paths(database: Database, server_id: int) -> Iterator[tuple[int, str]]:
    """Library id and path of every file of a server's live items, in batches."""
    f = media_files.c
    last = (0, -1, -1)
    while True:
        query = (
            select(_i.c.library_id, f.plex_path, f.item_id, f.version, f.part)
            .join(_i, _i.c.id == f.item_id)
            .join(_l, _l.c.id == _i.c.library_id)
            .where(
                _l.c.server_id == server_id,
                _i.c.removed_at.is_(None),
                f.plex_path.is_not(None),
                or_(
                    f.item_id > last[0],
                    and_(f.item_id == last[0], f.version > last[1]),
                    and_(f.item_id == last[0], f.version == last[1], f.part > last[2]),
                ),
            )
            .order_by(f.item_id, f.version, f.part)
            .limit(5000)
        )
        with database.read() as rx:
            rows = rx.execute(query).all()
        yield from ((row.library_id, row.plex_path) for row in rows)
        if len(rows) < 5000:
            return
        last = (rows[-1].item_id, rows[-1].version, rows[-1].part)


def _selection() -> Select[Any]:
    return (
        select(
            _i,
            _l.c.title.label("library"),
            _s.c.name.label("server"),
            _s.c.id.label("server_id"),
            item_details.c.document.label("details"),
        )
        .join(_l, _l.c.id == _i.c.library_id)
        .join(_s, _s.c.id == _l.c.server_id)
        .outerjoin(item_details, item_details.c.item_id == _i.c.id)
    )


def _matching(query: Select[Any], wanted: CatalogueFilter) -> Select[Any]:
    query = query.where(_i.c.removed_at.is_not(None) if wanted.removed else _i.c.removed_at.is_(None))
    return narrowed(query, wanted)


def narrowed(query: Select[Any], wanted: CatalogueFilter) -> Select[Any]:
    """A query over items of libraries of servers, with the places, the kind and the words of a filter."""
    if wanted.server_id is not None:
        query = query.where(_s.c.id == wanted.server_id)
    if wanted.library_id is not None:
        query = query.where(_i.c.library_id == wanted.library_id)
    if wanted.kind is not None:
        query = query.where(_i.c.kind == wanted.kind.value)
    if wanted.search:
        query = query.where(holds(wanted.search, _i.c.title, _i.c.original_title, _i.c.show_title))
    return query


def _found(rx: Connection, rows: Sequence[Row[Any]]) -> list[Found]:
    children = items.children_of(rx, [row.id for row in rows])
    return [
        Found(
            id=row.id,
            server_id=row.server_id,
            server=row.server,
            library_id=row.library_id,
            library=row.library,
            item=items.item_of_row(row, children),
            first_seen_at=row.first_seen_at,
            missing_since=row.missing_since,
            removed_at=row.removed_at,
            details=row.details,
        )
        for row in rows
    ]
