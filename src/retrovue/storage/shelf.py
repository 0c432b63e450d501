"""Items in the order of their titles, as a list of any length shows them: ids first, what is looked at afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from retrovue.model.catalogue import CatalogueFilter, Glimpse, Item, Kind, Shelf
from retrovue.storage import items
from retrovue.storage.browse import narrowed
from retrovue.storage.database import Database
from retrovue.storage.tables import catalogue_items, media_files, plex_libraries, plex_servers

_i, _l, _s = catalogue_items, plex_libraries, plex_servers
_BATCH = 500
_BY_TITLE = (func.lower(func.coalesce(_i.c.title_sort, _i.c.title)), _i.c.id)


@dataclass(frozen=True, slots=True)
class FilesOf:
    """An item with the paths of its files, as its server sees them."""

    item_id: int
    server_id: int
    library_id: int
    paths: tuple[str, ...]


def shelf(rx: Connection, wanted: CatalogueFilter, on: Shelf) -> list[int]:
    """Ids by title."""
    query = select(_i.c.id).join(_l, _l.c.id == _i.c.library_id).join(_s, _s.c.id == _l.c.server_id)
    query = narrowed(query, wanted)
    query = query.where(_i.c.removed_at.is_not(None) if on is Shelf.REMOVED else _i.c.removed_at.is_(None))
    if on is Shelf.MISSING:
        query = query.where(_i.c.missing_since.is_not(None))
    elif on is Shelf.TRASHED:
        query = query.where(_i.c.trashed_at.is_not(None))
    elif on is Shelf.LIVE and wanted.kind is None and not wanted.search:
        query = query.where(_i.c.kind.in_((Kind.MOVIE.value, Kind.SHOW.value)))
    return list(rx.execute(query.order_by(*_BY_TITLE)).scalars())


def glimpses(rx: Connection, ids: Sequence[int]) -> list[Glimpse]:
    """Items in the order of the ids."""
    child = _i.alias()
    below = (
        select(func.count())
        .select_from(child)
        .where(
            child.c.library_id == _i.c.library_id,
            child.c.parent_key == _i.c.rating_key,
            child.c.removed_at.is_(None),
        )
        .scalar_subquery()
    )
    query = (
        select(_i, _l.c.title.label("library"), _s.c.name.label("server"), below.label("children"))
        .join(_l, _l.c.id == _i.c.library_id)
        .join(_s, _s.c.id == _l.c.server_id)
    )
    rows = {}
    for position in range(0, len(ids), _BATCH):
        piece = ids[position : position + _BATCH]
        rows.update({row.id: row for row in rx.execute(query.where(_i.c.id.in_(piece)))})
    none = items.Children({}, {}, {})
    return [_glimpse(rows[ident], items.item_of_row(rows[ident], none)) for ident in ids if ident in rows]


def _glimpse(row: Row[Any], item: Item) -> Glimpse:
    return Glimpse(
        id=row.id,
        kind=item.kind,
        title=item.display_title,
        year=item.year,
        server=row.server,
        library=row.library,
        added_at=item.added_at,
        missing_since=row.missing_since,
        trashed_at=item.trashed_at,
        removed_at=row.removed_at,
        children=row.children if row.removed_at is None else 0,
    )


def children(rx: Connection, item_id: int) -> list[int]:
    """Ids of the live items below an item, by number."""
    parent = _i.alias()
    query = (
        select(_i.c.id)
        .join(
            parent,
            and_(parent.c.library_id == _i.c.library_id, parent.c.rating_key == _i.c.parent_key),
        )
        .where(parent.c.id == item_id, _i.c.removed_at.is_(None))
        .order_by(_i.c.season_number, _i.c.episode_number, *_BY_TITLE)
    )
    return list(rx.execute(query).scalars())


def files_of(database: Database, wanted: CatalogueFilter) -> Iterator[FilesOf]:
    """Live movies and episodes with the paths of their files, by title."""
    playable = (Kind.MOVIE.value, Kind.EPISODE.value)
    query = select(_i.c.id).join(_l, _l.c.id == _i.c.library_id).join(_s, _s.c.id == _l.c.server_id)
    query = narrowed(query, wanted).where(_i.c.removed_at.is_(None), _i.c.kind.in_(playable))
    with database.read() as rx:
        ids = list(rx.execute(query.order_by(*_BY_TITLE)).scalars())
    where = (
        select(_i.c.id, _i.c.library_id, _l.c.server_id, media_files.c.plex_path)
        .join(_l, _l.c.id == _i.c.library_id)
        .outerjoin(media_files, media_files.c.item_id == _i.c.id)
    )
    for position in range(0, len(ids), _BATCH):
        piece = ids[position : position + _BATCH]
        with database.read() as rx:
            rows = rx.execute(where.where(_i.c.id.in_(piece))).all()
        paths: dict[int, list[str]] = {ident: [] for ident in piece}
        places: dict[int, tuple[int, int]] = {}
        for row in rows:
            places[row.id] = (row.server_id, row.library_id)
            if row.plex_path is not None:
                paths[row.id].append(row.plex_path)
        yield from (FilesOf(ident, *places[ident], tuple(paths[ident])) for ident in piece if ident in places)
