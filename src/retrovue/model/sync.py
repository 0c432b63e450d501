"""One sync: what is asked for, what a media source gives, and what comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

import msgspec

from retrovue.model.catalogue import Item, Kind


class Depth(StrEnum):
    """How deep a sync looks. Only a complete one is ground for removals."""

    AUTO = "auto"
    QUICK = "quick"
    COMPLETE = "complete"


class KindChoice(StrEnum):
    """What a user may choose to sync; an episode brings its shows and seasons along."""

    MOVIE = "movie"
    EPISODE = "episode"


@dataclass(frozen=True, slots=True)
class SyncOptions:
    """What a user asks of a sync. `limit` counts listed rows; `kinds` empty means all.

    With `approve` it is no sync but the approval of the removals that this execution held.
    """

    dry_run: bool = False
    limit: int | None = None
    kinds: tuple[KindChoice, ...] = ()
    depth: Depth = Depth.COMPLETE
    details: bool = False
    approve: int | None = None


@dataclass(slots=True)
class SyncReport:
    """What a sync did. It is filled while the sync runs, and frozen by being stored at its end.

    `unchanged` counts rows that say what the catalogue already says; `complete` is True only when the
    whole library was proven to be listed; `notes` are reasons in words, for people.
    """

    depth: Depth
    dry_run: bool = False
    scanned: int = 0
    added: int = 0
    updated: int = 0
    removed: int = 0
    restored: int = 0
    rekeyed: int = 0
    unchanged: int = 0
    errors: int = 0
    removals_held: int = 0
    complete: bool = False
    requests: int = 0
    bytes: int = 0
    duration: timedelta = timedelta()
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """Who answers at an address."""

    machine_identifier: str
    version: str


@dataclass(frozen=True, slots=True)
class LibraryListing:
    """A library as its server lists it."""

    key: str
    uuid: str
    title: str
    type: str
    locations: tuple[str, ...]
    refreshing: bool


class Row(msgspec.Struct, frozen=True, gc=False):
    """One listed row as it came: its key (None if it has none) and its raw bytes."""

    key: str | None
    raw: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a listing. `start` is the position of its first row, `total` the server's count (None: not told)."""

    start: int
    total: int | None
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Confirmation:
    """The answer to "do you still know these keys?".

    `proven` is False when the answer cannot be trusted: it was no 200, was cut, or lacked the control.
    `present` holds the rows of the keys that the server still knows in this library.
    """

    proven: bool
    present: Mapping[str, Row]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Busy:
    """What goes on at the server: scanning of this library, and how many people are streaming."""

    scanning: bool
    streams: int = 0


@dataclass(frozen=True, slots=True)
class Traffic:
    """What a source has moved so far: requests made and body bytes received."""

    requests: int
    bytes: int


class BadRow(Exception):
    """A row that cannot be understood. It counts by its key, is reported, and stops nothing."""


class MediaSource(Protocol):
    """A media server, as the sync engine sees it. Plex is the first; another server is another room.

    Every method raises `retrovue.errors.SourceError` when the server cannot be asked or its answer not be read.
    """

    mapping_version: int
    """Raised when `decode` begins to read rows otherwise, so that unchanged rows are read again."""

    def identity(self) -> ServerIdentity:
        """Who answers, asked without a token."""
        ...

    def libraries(self) -> list[LibraryListing]:
        """All libraries, of every type."""
        ...

    def server_time(self) -> datetime | None:
        """The server's clock at the first answer of this source, or None while there was none that told it."""
        ...

    def count(self, library: LibraryListing, kind: Kind) -> int | None:
        """How many rows of a kind the server counts, None when it does not say."""
        ...

    def pages(self, library: LibraryListing, kind: Kind, limit: int | None = None) -> Iterator[Page]:
        """The whole listing in a stable order. Each page but the first repeats the last row of the one before;
        after the last page comes one more that holds the very last row alone, asked for again."""
        ...

    def recent(self, library: LibraryListing, kind: Kind, since: datetime) -> Iterator[Page]:
        """Rows added or updated since an instant, some perhaps twice.

        Raises `FilterIgnored` when the server does not honour the question."""
        ...

    def decode(self, row: Row) -> Item:
        """What a row says. Raises `BadRow` when it says nothing usable."""
        ...

    def confirm(self, library: LibraryListing, keys: Sequence[str], control: str) -> Confirmation:
        """Asks for some keys by name; `control` is a key that was listed a moment ago."""
        ...

    def details(self, keys: Sequence[str]) -> Mapping[str, dict[str, Any]]:
        """Streams, chapters, markers and full tags by key; unknown keys are left out."""
        ...

    def busy(self, library: LibraryListing, *, streams: bool = False) -> Busy:
        """What goes on at the server now; people streaming are counted only when asked for."""
        ...

    def traffic(self) -> Traffic:
        """What was moved so far."""
        ...

    def close(self) -> None:
        """Gives the connections back."""
        ...


@dataclass(frozen=True, slots=True)
class RemovalHold:
    """Removals that the brake holds back until somebody approves or rejects them."""

    execution_id: int
    library_id: int
    server: str
    library: str
    count: int
    percent: float
    held_at: datetime
    reason: str
    state: str
    items: tuple[HeldItem, ...]


@dataclass(frozen=True, slots=True)
class HeldItem:
    """One item whose removal is held."""

    rating_key: str
    kind: Kind
    title: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run is. `total` is fixed at the start; None until it is known."""

    done: int
    total: int | None
    phase: str
