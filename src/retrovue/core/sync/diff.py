"""What differs between what is stored and what is listed. Pure."""

from __future__ import annotations

import functools
import hashlib
from operator import attrgetter
from typing import Any

import msgspec
from msgspec.structs import replace

from retrovue.model.catalogue import Item

_VERSION = b"1"
_SCALARS = (
    "kind", "guid", "title", "title_sort", "original_title", "year", "summary", "tagline", "studio", "content_rating",
    "duration_ms", "originally_available_at", "added_at", "trashed_at", "parent_key", "grandparent_key", "show_title",
    "season_number", "episode_number",
)  # fmt: skip
_SETS = ("external_ids", "genres", "labels", "collections")
_scalars = attrgetter("key", *_SCALARS, "files")
_encode = msgspec.json.Encoder().encode


def fingerprint(item: Item) -> bytes:
    """A hash over exactly the stored fields that count as a change; sets are sorted.

    `updated_at` is left out: servers move it without changing anything, and change things without moving it.
    """
    sets = (
        sorted([(other.source, other.value) for other in item.external_ids or ()]),
        sorted(item.genres or ()),
        sorted(item.labels or ()),
        sorted(item.collections or ()),
    )
    return hashlib.sha1(_VERSION + _encode((_scalars(item), sets)), usedforsecurity=False).digest()


def raw_hash(raw: bytes, mapping_version: int) -> bytes:
    """A hash of a row's bytes as read by a version of the mapping."""
    made = _begun(mapping_version).copy()
    made.update(raw)
    return made.digest()


@functools.cache
def _begun(mapping_version: int) -> hashlib._Hash:
    return hashlib.sha1(b"%d:" % mapping_version, usedforsecurity=False)


def completed(listed: Item, stored: Item) -> Item:
    """The listed item with what its row left out taken from what is stored: a missing array clears nothing."""
    left_out = {name: getattr(stored, name) for name in ("files", *_SETS) if getattr(listed, name) is None}
    return replace(listed, **left_out) if left_out else listed


def differences(old: Item, new: Item) -> dict[str, tuple[Any, Any]]:
    """The fields that differ, each with its old and its new value. Sets are compared without order."""
    found: dict[str, tuple[Any, Any]] = {}
    for name in _SCALARS:
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            found[name] = (before, after)
    if (old.files or ()) != (new.files or ()):
        found["files"] = (old.files or (), new.files or ())
    for name in _SETS:
        before, after = getattr(old, name) or (), getattr(new, name) or ()
        if set(before) != set(after):
            found[name] = (before, after)
    return found
