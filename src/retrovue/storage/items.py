"""Catalogue items with their files, ids, tags and details: written in bulk, read in batches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, select, text, update

from retrovue.model.catalogue import ExternalId, Item, Kind, MediaFile
from retrovue.storage.database import insert_many, update_many
from retrovue.storage.tables import catalogue_items, external_ids, item_details, item_tags, media_files
from retrovue.storage.types import to_json, to_millis

T = TypeVar("T")
_BATCH = 500

_COLUMNS = (
    "rating_key", "guid", "title", "title_sort", "original_title", "year", "summary", "tagline", "studio",
    "content_rating", "duration_ms", "originally_available_at", "added_at", "updated_at", "trashed_at", "parent_key",
    "grandparent_key", "show_title", "season_number", "episode_number",
)  # fmt: skip
_INSERT = ("id", "library_id", "kind", "first_seen_at", "raw_hash", "fingerprint", *_COLUMNS)
_UPDATE = ("kind", "removed_at", "missing_since", "raw_hash", "fingerprint", *_COLUMNS)
_FILE_COLUMNS = (
    "version", "part", "plex_path", "size_bytes", "container", "video_codec", "audio_codec", "width", "height",
    "bitrate_kbps", "duration_ms", "resolution", "frame_rate", "audio_channels", "optimized", "part_key",
)  # fmt: skip
_file_values = attrgetter(*_FILE_COLUMNS)


class Known(msgspec.Struct, frozen=True, gc=False):
    """What is remembered of a live item while its library is listed."""

    id: int
    raw_hash: bytes | None
    has_details: bool
    missing: bool


class Stored(msgspec.Struct, frozen=True, gc=False):
    """An item as it lies in the catalogue, live or removed."""

    id: int
    item: Item
    fingerprint: bytes
    removed: bool


class Written(msgspec.Struct, frozen=True, gc=False):
    """An item to write: what it says, the hash of its raw row (None: read it again next time), its fingerprint."""

    item: Item
    raw_hash: bytes | None
    fingerprint: bytes


def known(rx: Connection, library_id: int, kind: Kind, keys: Sequence[str] | None = None) -> dict[str, Known]:
    """The live items of a kind by rating key: all of them, or those among `keys`."""
    t = catalogue_items.c
    query = select(t.rating_key, t.id, t.raw_hash, t.has_details, t.missing_since).where(
        t.library_id == library_id, t.kind == kind.value, t.removed_at.is_(None)
    )
    if keys is not None:
        query = query.where(t.rating_key.in_(keys))
    rows = rx.execute(query.execution_options(yield_per=5000))
    return {key: Known(ident, raw, details, gone is not None) for key, ident, raw, details, gone in rows}


def count_live(rx: Connection, library_id: int) -> int:
    """How many live items a library has."""
    t = catalogue_items.c
    query = select(func.count()).where(t.library_id == library_id, t.removed_at.is_(None))
    return int(rx.execute(query).scalar_one())


def load(rx: Connection, ids: Iterable[int]) -> dict[int, Stored]:
    """Whole items by id."""
    found: dict[int, Stored] = {}
    for batch in _batches(list(ids)):
        children = _children(rx, batch)
        for row in rx.execute(select(catalogue_items).where(catalogue_items.c.id.in_(batch))):
            found[row.id] = Stored(
                row.id, item_of_row(row, children), row.fingerprint, row.removed_at is not None
            )
    return found


def item_of_row(row: Row[Any], children: Children) -> Item:
    """The `Item` of a catalogue row and its children."""
    tags = children.tags.get(row.id, {})
    scalars: dict[str, Any] = {name: getattr(row, name) for name in _COLUMNS if name != "rating_key"}
    return Item(
        key=row.rating_key,
        kind=Kind(row.kind),
        files=tuple(children.files.get(row.id, ())),
        external_ids=tuple(children.ids.get(row.id, ())),
        genres=tuple(tags.get("genre", ())),
        labels=tuple(tags.get("label", ())),
        collections=tuple(tags.get("collection", ())),
        **scalars,
    )


@dataclass(frozen=True, slots=True)
class Children:
    """Files, ids and tags of some items, by item id."""

    files: Mapping[int, list[MediaFile]]
    ids: Mapping[int, list[ExternalId]]
    tags: Mapping[int, Mapping[str, list[str]]]


def _children(rx: Connection, ids: Sequence[int]) -> Children:
    files: dict[int, list[MediaFile]] = defaultdict(list)
    f = media_files.c
    for item_id, *values in rx.execute(
        select(f.item_id, *(f[name] for name in _FILE_COLUMNS))
        .where(f.item_id.in_(ids))
        .order_by(f.item_id, f.version, f.part)
    ):
        files[item_id].append(MediaFile(*values))
    elsewhere: dict[int, list[ExternalId]] = defaultdict(list)
    e = external_ids.c
    for item_id, source, value in rx.execute(
        select(e.item_id, e.source, e.value).where(e.item_id.in_(ids)).order_by(e.item_id, e.source, e.value)
    ):
        elsewhere[item_id].append(ExternalId(source, value))
    tags: dict[int, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    g = item_tags.c
    for item_id, kind, value in rx.execute(
        select(g.item_id, g.kind, g.value).where(g.item_id.in_(ids)).order_by(g.item_id, g.kind, g.position)
    ):
        tags[item_id][kind].append(value)
    return Children(files, elsewhere, tags)


def children_of(rx: Connection, ids: Sequence[int]) -> Children:
    """Files, ids and tags of any number of items."""
    merged = Children({}, {}, {})
    for batch in _batches(ids):
        part = _children(rx, batch)
        merged = Children(merged.files | part.files, merged.ids | part.ids, merged.tags | part.tags)  # type: ignore[operator]
    return merged


def relatives(rx: Connection, library_id: int, items: Sequence[Item]) -> list[Stored]:
    """Items of the library, live or removed, that share a rating key, a guid or a file with one of these."""
    t = catalogue_items.c
    found: set[int] = set()
    for batch in _batches(items):
        keys = [item.key for item in batch]
        guids = [item.guid for item in batch if item.guid]
        found.update(_ids_where(rx, library_id, t.rating_key.in_(keys)))
        found.update(_ids_where(rx, library_id, t.guid.in_(guids)))
        paths = [
            file.plex_path for item in batch if is_local(item) for file in item.files or () if file.plex_path
        ]
        if paths:
            joined = select(media_files.c.item_id).where(media_files.c.plex_path.in_(paths))
            found.update(_ids_where(rx, library_id, t.id.in_(joined)))
    return list(load(rx, found).values())


def is_local(item: Item) -> bool:
    """Whether the guid is made of the rating key, and so says nothing once the key has changed."""
    guid = item.guid
    return guid is None or guid.startswith("local://") or guid.partition("?")[0].endswith(f"://{item.key}")


def _ids_where(rx: Connection, library_id: int, condition: ColumnElement[bool]) -> list[int]:
    return list(
        rx.execute(
            select(catalogue_items.c.id).where(catalogue_items.c.library_id == library_id, condition)
        ).scalars()
    )


def any_item(rx: Connection, library_id: int) -> bool:
    """Whether the library has an item at all, live or removed."""
    query = select(catalogue_items.c.id).where(catalogue_items.c.library_id == library_id).limit(1)
    return rx.execute(query).first() is not None


def insert(tx: Connection, library_id: int, rows: Sequence[Written], now: datetime) -> list[int]:
    """Adds items with all that belongs to them; their ids, in order."""
    ids = _new_ids(tx, len(rows))
    seen = to_millis(now)
    insert_many(
        tx,
        catalogue_items,
        _INSERT,
        [
            (ident, library_id, row.item.kind.value, seen, row.raw_hash, row.fingerprint, *_values(row.item))
            for ident, row in zip(ids, rows, strict=True)
        ],
    )
    _insert_children(tx, [(ident, row.item) for ident, row in zip(ids, rows, strict=True)])
    return ids


def rewrite(tx: Connection, rows: Sequence[tuple[int, Written]]) -> None:
    """Replaces items by new ones of the same id; they are live and not missing afterwards."""
    update_many(
        tx,
        catalogue_items,
        _UPDATE,
        [
            (row.item.kind.value, None, None, row.raw_hash, row.fingerprint, *_values(row.item), ident)
            for ident, row in rows
        ],
    )
    for batch in _batches([ident for ident, _ in rows]):
        for table in (media_files, external_ids, item_tags):
            tx.execute(delete(table).where(table.c.item_id.in_(batch)))
    _insert_children(tx, [(ident, row.item) for ident, row in rows])


def touch(tx: Connection, rows: Sequence[tuple[int, bytes, datetime | None]]) -> None:
    """Notes that rows were seen with new bytes that say the same: id, raw hash, the server's `updated_at`."""
    update_many(
        tx,
        catalogue_items,
        ("raw_hash", "updated_at", "missing_since"),
        [(raw, to_millis(at), None, ident) for ident, raw, at in rows],
    )


def mark_missing(tx: Connection, ids: Sequence[int], now: datetime) -> None:
    """Says since when items are not listed any more, unless that is known already."""
    t = catalogue_items
    for batch in _batches(ids):
        tx.execute(update(t).where(t.c.id.in_(batch), t.c.missing_since.is_(None)).values(missing_since=now))


def clear_missing(tx: Connection, ids: Sequence[int]) -> None:
    """Items that are listed again."""
    for batch in _batches(ids):
        tx.execute(update(catalogue_items).where(catalogue_items.c.id.in_(batch)).values(missing_since=None))


def tombstone(tx: Connection, ids: Sequence[int], now: datetime) -> None:
    """Takes items out of the catalogue; their rows, files and journal stay."""
    for batch in _batches(ids):
        tx.execute(
            update(catalogue_items)
            .where(catalogue_items.c.id.in_(batch))
            .values(removed_at=now, missing_since=None, raw_hash=None)
        )


def missing(rx: Connection, library_id: int) -> dict[str, tuple[int, Kind]]:
    """Live items that are not listed any more, by rating key."""
    t = catalogue_items.c
    rows = rx.execute(
        select(t.rating_key, t.id, t.kind).where(
            t.library_id == library_id, t.removed_at.is_(None), t.missing_since.is_not(None)
        )
    )
    return {key: (ident, Kind(kind)) for key, ident, kind in rows}


def put_details(tx: Connection, documents: Mapping[int, Mapping[str, Any]], now: datetime) -> None:
    """Stores what a detail answer said, by item id."""
    for batch in _batches(list(documents)):
        tx.execute(delete(item_details).where(item_details.c.item_id.in_(batch)))
        tx.execute(update(catalogue_items).where(catalogue_items.c.id.in_(batch)).values(has_details=True))
    rows = [(ident, to_millis(now), to_json(document)) for ident, document in documents.items()]
    insert_many(tx, item_details, ("item_id", "fetched_at", "document"), rows)


def _values(item: Item) -> tuple[Any, ...]:
    return (
        item.key, item.guid, item.title, item.title_sort, item.original_title, item.year, item.summary,
        item.tagline, item.studio, item.content_rating, item.duration_ms, item.originally_available_at,
        to_millis(item.added_at), to_millis(item.updated_at), to_millis(item.trashed_at), item.parent_key,
        item.grandparent_key, item.show_title, item.season_number, item.episode_number,
    )  # fmt: skip


def _insert_children(tx: Connection, rows: Sequence[tuple[int, Item]]) -> None:
    insert_many(
        tx,
        media_files,
        ("item_id", *_FILE_COLUMNS),
        [(ident, *_file_values(file)) for ident, item in rows for file in item.files or ()],
    )
    insert_many(
        tx,
        external_ids,
        ("item_id", "source", "value"),
        [(ident, other.source, other.value) for ident, item in rows for other in item.external_ids or ()],
    )
    insert_many(
        tx,
        item_tags,
        ("item_id", "kind", "position", "value"),
        [
            (ident, kind, position, value)
            for ident, item in rows
            for kind, values in (
                ("genre", item.genres),
                ("label", item.labels),
                ("collection", item.collections),
            )
            for position, value in enumerate(values or ())
        ],
    )


def _new_ids(tx: Connection, count: int) -> list[int]:
    """Ids for new items, taken ahead so that children can be written in bulk too."""
    if count == 0:
        return []
    if tx.dialect.name == "sqlite":
        # Rows are tombstoned, not deleted, so the highest id only grows while its library exists.
        last = tx.execute(select(func.coalesce(func.max(catalogue_items.c.id), 0))).scalar_one()
        return list(range(last + 1, last + 1 + count))
    sequence = text(
        "SELECT nextval(pg_get_serial_sequence('catalogue_items', 'id')) FROM generate_series(1, :n)"
    )
    return list(tx.execute(sequence.bindparams(bindparam("n", count))).scalars())


def _batches(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for position in range(0, len(values), _BATCH):
        yield values[position : position + _BATCH]
