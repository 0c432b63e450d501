"""Who is who when rating keys change hands. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from retrovue.model.catalogue import Item, Kind
from retrovue.storage.items import Stored, is_local

_WITHOUT_FILES = {Kind.SHOW, Kind.SEASON}


def same_item(old: Item, new: Item) -> bool:
    """Whether a known key still stands for the same item.

    It does not under another kind, nor with another guid and no file in common. Shows and seasons have no
    files; with another guid they are taken for the same while the title is, since a re-match keeps it.
    """
    if old.kind is not new.kind:
        return False
    if old.guid == new.guid:
        return True
    old_paths, new_paths = _paths(old), _paths(new)
    if not old_paths and not new_paths:
        return old.title == new.title
    return bool(old_paths & new_paths)


def looks_like(old: Item, new: Item) -> bool:
    """Whether an item under a new key may be one that was known under another.

    By guid and file; shows and seasons by guid alone; where the guid holds the key, by file alone.
    """
    if old.kind is not new.kind:
        return False
    if is_local(new):
        return bool(_paths(old) & _paths(new))
    if old.guid != new.guid:
        return False
    return new.kind in _WITHOUT_FILES or bool(_paths(old) & _paths(new))


def _paths(item: Item) -> frozenset[str]:
    return frozenset(file.plex_path for file in item.files or () if file.plex_path)


@dataclass(frozen=True, slots=True)
class Verdicts:
    """What unknown keys turned out to be, by their new key."""

    displaced: Mapping[str, Stored]
    """A live item that this key stood for until now, and which is another one."""
    returned: Mapping[str, Stored]
    """A removed item that is there again."""
    suspects: Mapping[str, Stored]
    """A live item that may have got this key; the server must be asked for its old one."""


def judge(unknown: Sequence[Item], relatives: Iterable[Stored], listed: Collection[str]) -> Verdicts:
    """Looks for each item under an unknown key among its relatives; `listed` are keys seen in this pass."""
    stored = list(relatives)
    displaced = {r.item.key: r for r in stored if not r.removed}
    returned: dict[str, Stored] = {}
    suspects: dict[str, Stored] = {}
    new_keys = {item.key for item in unknown}
    by_guid: dict[str | None, list[Stored]] = {}
    by_path: dict[str, list[Stored]] = {}
    for r in stored:
        by_guid.setdefault(r.item.guid, []).append(r)
        for path in _paths(r.item):
            by_path.setdefault(path, []).append(r)
    for item in unknown:
        near = _near(item, by_guid, by_path)
        living = [
            r for r in near if not r.removed and r.item.key not in listed and r.item.key not in new_keys
        ]
        if len(living) == 1:
            suspects[item.key] = living[0]
        elif not living and (back := _returning(item, near)) is not None:
            returned[item.key] = back
    return Verdicts(
        {key: r for key, r in displaced.items() if key in new_keys}, _unshared(returned), _unshared(suspects)
    )


def _near(
    item: Item, by_guid: Mapping[str | None, list[Stored]], by_path: Mapping[str, list[Stored]]
) -> list[Stored]:
    if is_local(item):
        found = [r for path in _paths(item) for r in by_path.get(path, ())]
    else:
        found = by_guid.get(item.guid, [])
    return list({r.id: r for r in found if looks_like(r.item, item)}.values())


def _returning(item: Item, near: Sequence[Stored]) -> Stored | None:
    removed = [r for r in near if r.removed]
    own = [r for r in removed if r.item.key == item.key]
    chosen = own or removed
    return max(chosen, key=lambda r: r.id) if own else chosen[0] if len(chosen) == 1 else None


def _unshared(matches: Mapping[str, Stored]) -> dict[str, Stored]:
    """Leaves out what several new keys claim: then nobody can say which it is."""
    claims: dict[int, int] = {}
    for stored in matches.values():
        claims[stored.id] = claims.get(stored.id, 0) + 1
    return {key: stored for key, stored in matches.items() if claims[stored.id] == 1}
