"""Brings one page of rows into the catalogue: what differs is decoded, compared, written and journalled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import repeat

import msgspec
from msgspec.structs import replace

from retrovue.core.sync import diff, identity
from retrovue.core.sync.run import Run, log
from retrovue.model.catalogue import Change, Item, Kind
from retrovue.model.sync import BadRow, Row
from retrovue.storage import items, journal
from retrovue.storage.database import Connection, bump
from retrovue.storage.items import Known, Stored, Written
from retrovue.storage.journal import Entry

_CONFIRM_BATCH = 100


@dataclass(slots=True)
class Changes:
    """What one page asks of the database."""

    inserts: list[Written] = field(default_factory=list)
    rewrites: list[tuple[int, Written, Entry]] = field(default_factory=list)
    touches: list[tuple[int, bytes, datetime | None]] = field(default_factory=list)
    displaced: list[Stored] = field(default_factory=list)
    seen_again: list[int] = field(default_factory=list)
    detail_keys: dict[str, int] = field(default_factory=dict)


def apply_rows(run: Run, kind: Kind, rows: Sequence[Row], known: dict[str, Known], listed: set[str]) -> int:
    """Applies rows that were not seen in this pass; how many of them have keys that were unknown.

    `known` are the live items of the kind by key, `listed` the keys of this pass so far, these included.
    A re-keyed item leaves `known` under its old key.
    """
    changes = Changes()
    differing = _sift(run, kind, rows, known, changes)
    unknown = [(item, raw) for item, raw, before in differing if before is None]
    updates = [(item, raw, before) for item, raw, before in differing if before is not None]
    with run.database.read() as rx:
        stored = items.load(rx, [before.id for _, _, before in updates])
        related = _relatives(run, rx, [item for item, _ in unknown])
    for item, raw, before in updates:
        _update(run, item, raw, stored[before.id], changes)
    _place_unknown(run, unknown, related, known, listed, changes)
    run.done += len(rows)
    _write(run, changes)
    run.stop_if_cancelled()
    return len(unknown)


def _relatives(run: Run, rx: Connection, unknown: Sequence[Item]) -> list[Stored]:
    if not unknown or (run.fresh and not run.counted):
        return []
    return items.relatives(rx, run.library.id, unknown)


def _sift(
    run: Run, kind: Kind, rows: Sequence[Row], known: Mapping[str, Known], changes: Changes
) -> list[tuple[Item, bytes, Known | None]]:
    """Counts what is unchanged, reports what is bad, and decodes the rest."""
    differing: list[tuple[Item, bytes, Known | None]] = []
    version, details = run.source.mapping_version, run.options.details
    for row in rows:
        again = row.key in run.counted
        if again and run.options.dry_run:
            continue
        run.report.scanned += not again
        before = known.get(row.key) if row.key is not None else None
        if before is not None and before.missing:
            changes.seen_again.append(before.id)
        raw = diff.raw_hash(row.raw, version)
        if before is not None and before.raw_hash == raw:
            run.report.unchanged += not again
            if details and not before.has_details and row.key is not None:
                changes.detail_keys[row.key] = before.id
            continue
        item = _decode(run, kind, row)
        if item is not None:
            differing.append((item, raw, before))
    return differing


def _decode(run: Run, kind: Kind, row: Row) -> Item | None:
    try:
        if row.key is None:
            raise BadRow("it has no key")
        item = run.source.decode(row)
        if item.kind is not kind:
            raise BadRow(f"it is a {item.kind.value}, though {kind.value}s were asked for")
    except BadRow as error:
        run.report.errors += 1
        log.warning("A row was left out: %s (key %s): %s", _title_of(row), row.key or "none", error)
        return None
    return item


def _title_of(row: Row) -> str:
    try:
        document = msgspec.json.decode(row.raw)
    except msgspec.DecodeError:
        return "unreadable"
    title = document.get("title") if isinstance(document, dict) else None
    return repr(str(title)[:100]) if title else "without a title"


def _update(run: Run, listed: Item, raw: bytes, old: Stored, changes: Changes) -> None:
    if not identity.same_item(old.item, listed):
        changes.displaced.append(old)
        _add(listed, raw, changes)
        return
    item = diff.completed(listed, old.item)
    mark = diff.fingerprint(item)
    fields = diff.differences(old.item, item) if mark != old.fingerprint else {}
    if run.options.details:
        changes.detail_keys[item.key] = old.id
    if fields:
        entry = Entry(Change.UPDATED, old.id, item.key, item.kind, item.display_title, fields)
        changes.rewrites.append((old.id, Written(item, raw, mark), entry))
    else:
        run.report.unchanged += item.key not in run.counted
        changes.touches.append((old.id, raw, item.updated_at))


def _add(item: Item, raw: bytes, changes: Changes) -> None:
    changes.inserts.append(Written(item, raw, diff.fingerprint(item)))


def _place_unknown(
    run: Run,
    unknown: Sequence[tuple[Item, bytes]],
    related: Sequence[Stored],
    known: dict[str, Known],
    listed: set[str],
    changes: Changes,
) -> None:
    """Decides for each item under an unknown key whether it is new, has come back, or was re-keyed."""
    if not related:
        for item, raw in unknown:
            _add(item, raw, changes)
        return
    verdicts = identity.judge([item for item, _ in unknown], related, listed)
    changes.displaced.extend(verdicts.displaced.values())
    rekeyed = _confirmed_gone(run, verdicts.suspects)
    for item, raw in unknown:
        if item.key in verdicts.returned:
            _bring_back(item, raw, verdicts.returned[item.key], Change.RESTORED, changes)
        elif item.key in rekeyed:
            known.pop(rekeyed[item.key].item.key, None)
            _bring_back(item, raw, rekeyed[item.key], Change.REKEYED, changes)
        else:
            _add(item, raw, changes)


def _bring_back(listed: Item, raw: bytes, old: Stored, change: Change, changes: Changes) -> None:
    item = diff.completed(listed, old.item)
    fields = diff.differences(old.item, item)
    if old.item.key != item.key:
        fields = {"rating_key": (old.item.key, item.key), **fields}
    entry = Entry(change, old.id, item.key, item.kind, item.display_title, fields)
    changes.rewrites.append((old.id, Written(item, raw, diff.fingerprint(item)), entry))


def _confirmed_gone(run: Run, suspects: Mapping[str, Stored]) -> dict[str, Stored]:
    """Those whose old key the server no longer knows, by new key."""
    gone: dict[str, Stored] = {}
    pairs = list(suspects.items())
    for position in range(0, len(pairs), _CONFIRM_BATCH):
        batch = pairs[position : position + _CONFIRM_BATCH]
        answer = run.source.confirm(run.listing, [old.item.key for _, old in batch], batch[0][0])
        if answer.proven:
            gone.update({new: old for new, old in batch if old.item.key not in answer.present})
    return gone


def _write(run: Run, changes: Changes) -> None:
    now, report, dry = run.now(), run.report, run.options.dry_run
    ids: list[int] = []
    with run.page() as tx:
        if not dry:
            items.tombstone(tx, [old.id for old in changes.displaced], now)
            items.rewrite(tx, [(ident, written) for ident, written, _ in changes.rewrites])
            items.touch(tx, changes.touches)
            items.clear_missing(tx, changes.seen_again)
            ids = items.insert(tx, run.library.id, changes.inserts, now)
        entries = _entries(changes, None if dry else ids)
        journal.write(tx, run.execution_id, run.library.id, entries, now)
        if entries or changes.seen_again:
            bump(tx, "catalogue")
    report.added += len(changes.inserts)
    report.removed += len(changes.displaced)
    _count_rewrites(run, changes)
    if run.options.details and not dry:
        added = {written.item.key: ident for written, ident in zip(changes.inserts, ids, strict=True)}
        rewritten = {entry.key: ident for ident, _, entry in changes.rewrites}
        _fetch_details(run, {**changes.detail_keys, **added, **rewritten})


def _entries(changes: Changes, ids: Sequence[int] | None) -> list[Entry]:
    """The journal of a page. A dry run has no `ids`, and its entries name no items."""
    gone = [
        Entry(Change.REMOVED, old.id, old.item.key, old.item.kind, old.item.display_title)
        for old in changes.displaced
    ]
    rewritten = [entry for _, _, entry in changes.rewrites]
    if ids is None:
        rewritten = [replace(entry, item_id=None) for entry in rewritten]
        gone = [replace(entry, item_id=None) for entry in gone]
    added = [
        Entry(Change.ADDED, ident, written.item.key, written.item.kind, written.item.display_title)
        for written, ident in zip(changes.inserts, ids or repeat(None), strict=False)
    ]
    return [*gone, *rewritten, *added]


def _count_rewrites(run: Run, changes: Changes) -> None:
    for _, _, entry in changes.rewrites:
        if entry.change is Change.RESTORED:
            run.report.restored += 1
        elif entry.change is Change.REKEYED:
            run.report.rekeyed += 1
            run.report.updated += 1
        else:
            run.report.updated += 1


def _fetch_details(run: Run, wanted: Mapping[str, int]) -> None:
    if not wanted:
        return
    found = run.source.details(list(wanted))
    documents = {wanted[key]: document for key, document in found.items() if key in wanted}
    with run.page() as tx:
        items.put_details(tx, documents, run.now())
