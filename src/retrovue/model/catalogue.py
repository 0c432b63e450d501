"""What the catalogue holds: servers, libraries, path mappings, items, files, changes.

All instants are aware UTC. Durations are milliseconds, sizes are bytes. What is made for every row of a listing
(`Item`, `MediaFile`, `ExternalId`) is a frozen msgspec struct, which takes a tenth of the time of a dataclass.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec


class Kind(StrEnum):
    """The kinds of item that are catalogued."""

    MOVIE = "movie"
    SHOW = "show"
    SEASON = "season"
    EPISODE = "episode"


LIBRARY_KINDS: dict[str, tuple[Kind, ...]] = {
    "movie": (Kind.MOVIE,),
    "show": (Kind.SHOW, Kind.SEASON, Kind.EPISODE),
}
"""The kinds that a library of a type holds, parents first. Other types are not supported."""


class Change(StrEnum):
    """What happened to an item, as the journal says it."""

    ADDED = "added"
    UPDATED = "updated"
    REMOVED = "removed"
    RESTORED = "restored"
    REKEYED = "rekeyed"


class Secret:
    """A token or password. It shows itself only when asked by `reveal()`, never in a repr or a log."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The secret itself, for the one place that sends it."""
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "Secret(***)"


class TokenState(StrEnum):
    """What is known of a server's token."""

    OK = "ok"
    REFUSED = "refused"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Server:
    """A Plex server as it was added. `machine_identifier` is what makes it this server."""

    id: int
    name: str
    url: str
    machine_identifier: str
    version: str
    verify_tls: bool
    ca_file: str | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ServerState:
    """A server with what a look at it just found."""

    server: Server
    reachable: bool
    token: TokenState
    libraries: int
    version: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Library:
    """A library of a server. `counts` holds the server's own count per kind at the last real sync."""

    id: int
    server_id: int
    server: str
    key: str
    uuid: str
    title: str
    type: str
    locations: tuple[str, ...]
    enabled: bool
    gone_at: datetime | None
    last_sync_at: datetime | None
    last_complete_at: datetime | None
    quick_mark: datetime | None
    counts: dict[str, int] = field(default_factory=dict)
    items: int = 0

    @property
    def supported(self) -> bool:
        """Whether libraries of this type are catalogued (music and photos are not)."""
        return self.type in LIBRARY_KINDS

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The kinds of item in this library, parents first."""
        return LIBRARY_KINDS.get(self.type, ())


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a look at a server's libraries found."""

    libraries: tuple[Library, ...]
    added: tuple[str, ...]
    gone: tuple[str, ...]
    relinked: tuple[str, ...]
    moved: tuple[Moved, ...]


@dataclass(frozen=True, slots=True)
class Moved:
    """A library that was re-created on the server: known under one key, listed under another."""

    library: Library
    key: str
    title: str


@dataclass(frozen=True, slots=True)
class PathMapping:
    """Paths below `plex_path` on the server are found below `local_path` here. `library_id` None: all libraries."""

    id: int
    server_id: int
    server: str
    library_id: int | None
    library: str | None
    plex_path: str
    local_path: str


class ExternalId(msgspec.Struct, frozen=True, gc=False):
    """An id of the item elsewhere, such as imdb tt0063350."""

    source: str
    value: str


class MediaFile(msgspec.Struct, frozen=True, gc=False):
    """One file: part `part` of version `version` of an item. `plex_path` is the path as the server sees it."""

    version: int
    part: int
    plex_path: str | None
    size_bytes: int | None
    container: str | None
    video_codec: str | None
    audio_codec: str | None
    width: int | None
    height: int | None
    bitrate_kbps: int | None
    duration_ms: int | None
    resolution: str | None
    frame_rate: str | None
    audio_channels: int | None
    optimized: bool
    part_key: str | None


class Item(msgspec.Struct, frozen=True, gc=False):
    """An item as a server lists it. A tuple that is None was not in the answer, which is not the same as empty."""

    key: str
    kind: Kind
    guid: str | None
    title: str
    title_sort: str | None
    original_title: str | None
    year: int | None
    summary: str | None
    tagline: str | None
    studio: str | None
    content_rating: str | None
    duration_ms: int | None
    originally_available_at: str | None
    added_at: datetime | None
    updated_at: datetime | None
    trashed_at: datetime | None
    parent_key: str | None
    grandparent_key: str | None
    show_title: str | None
    season_number: int | None
    episode_number: int | None
    files: tuple[MediaFile, ...] | None
    external_ids: tuple[ExternalId, ...] | None
    genres: tuple[str, ...] | None
    labels: tuple[str, ...] | None
    collections: tuple[str, ...] | None

    @property
    def display_title(self) -> str:
        """A title that stands on its own: an episode is named with its show, season and number."""
        if self.kind is Kind.EPISODE:
            number = f"S{_two(self.season_number)}E{_two(self.episode_number)}"
            return f"{self.show_title or '?'} · {number} · {self.title}"
        if self.kind is Kind.SEASON:
            return f"{self.show_title or '?'} · {self.title}"
        return self.title


def _two(number: int | None) -> str:
    return "??" if number is None else f"{number:02d}"


@dataclass(frozen=True, slots=True)
class CatalogueFile:
    """A file with its path on this machine. `local_path` is None when no mapping applies."""

    file: MediaFile
    local_path: str | None


@dataclass(frozen=True, slots=True)
class CatalogueItem:
    """An item of the catalogue, with where it belongs and what was seen of it."""

    id: int
    server: str
    library: str
    item: Item
    files: tuple[CatalogueFile, ...]
    first_seen_at: datetime
    missing_since: datetime | None
    removed_at: datetime | None
    details: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One line of the journal. `fields` holds the old and the new value of each field of an update."""

    id: int
    at: datetime
    change: Change
    execution_id: int | None
    item_id: int | None
    server: str | None
    library: str | None
    rating_key: str
    kind: Kind
    title: str
    fields: dict[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class LibraryStats:
    """Counts of one library of the catalogue."""

    server: str
    library: str
    kinds: dict[str, int]
    files: int
    size_bytes: int
    missing: int
    trashed: int
    removed: int


class Shelf(StrEnum):
    """Which items of the catalogue a look at it is about."""

    LIVE = "live"
    MISSING = "missing"
    """The server did not list them the last time; the next complete sync decides."""
    TRASHED = "trashed"
    """In the server's own trash: their files were not found there."""
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Glimpse:
    """As much of an item as a list of many shows. `children` is how many items stand below it."""

    id: int
    kind: Kind
    title: str
    year: int | None
    server: str
    library: str
    added_at: datetime | None
    missing_since: datetime | None
    trashed_at: datetime | None
    removed_at: datetime | None
    children: int


@dataclass(frozen=True, slots=True)
class CatalogueFilter:
    """Which items to list. `after` is the id of the last item already seen; `limit` None means all."""

    server_id: int | None = None
    library_id: int | None = None
    kind: Kind | None = None
    search: str | None = None
    removed: bool = False
    limit: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class PathCheck:
    """How one path maps to this machine, and whether a file is there."""

    plex_path: str
    local_path: str | None
    exists: bool


@dataclass(frozen=True, slots=True)
class MappingReport:
    """How many of a server's files resolve to a path here and exist, and the folders that do worst."""

    files: int
    resolved: int
    existing: int
    worst_folders: tuple[tuple[str, int], ...]
