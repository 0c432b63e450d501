"""`MediaSource` for Plex: listings in pages that prove themselves, confirmations, details."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec

from retrovue import errors
from retrovue.model.catalogue import Item, Kind
from retrovue.model.sync import (
    BadRow,
    Busy,
    Confirmation,
    LibraryListing,
    Page,
    Row,
    ServerIdentity,
    Traffic,
)
from retrovue.plex import mapping
from retrovue.plex.client import Answer, PlexClient, host_of
from retrovue.plex.payloads import Activity, Container, RowHead, RowTimes, Section, container_of, loosely

_TYPES = {Kind.MOVIE: 1, Kind.SHOW: 2, Kind.SEASON: 3, Kind.EPISODE: 4}
_SMALLEST_PAGE = 10
_DETAIL_BATCH = 100
_log = logging.getLogger("retrovue.plex")
_head = msgspec.json.Decoder(RowHead, strict=False)
_times = msgspec.json.Decoder(RowTimes, strict=False)


class PlexSource:
    """One Plex server as a media source."""

    mapping_version = mapping.VERSION

    def __init__(self, client: PlexClient, *, page_size: int = 1000) -> None:
        self._client = client
        self._page_size = page_size
        self._known_uuids: dict[str, str] | None = None

    def identity(self) -> ServerIdentity:
        """Who answers, asked without a token."""
        container = self._ask("/identity", with_token=False)
        if not container.machine_identifier:
            raise errors.NotAPlexServer(
                "What answers is no Plex server",
                f"{host_of(self._client.url)} does not say who it is",
                "Check the address and the port (Plex listens on 32400).",
            )
        return ServerIdentity(container.machine_identifier, container.version or "")

    def libraries(self) -> list[LibraryListing]:
        """All libraries, of every type."""
        container = self._ask("/library/sections")
        sections = [_convert(raw, Section) for raw in container.directories or ()]
        return [
            LibraryListing(
                key=str(section.key),
                uuid=section.uuid,
                title=section.title.strip(),
                type=section.type,
                locations=tuple(location.path for location in section.locations),
                refreshing=section.refreshing,
            )
            for section in sections
        ]

    def server_time(self) -> datetime | None:
        """The server's clock at the first answer."""
        return self._client.server_time

    def count(self, library: LibraryListing, kind: Kind) -> int | None:
        """How many rows of a kind the server counts."""
        container, _ = self._page(library, kind, 0, 0)
        return container.total

    def pages(self, library: LibraryListing, kind: Kind, limit: int | None = None) -> Iterator[Page]:
        """The whole listing; see `MediaSource.pages`."""
        size = self._page_size if limit is None else max(2, min(self._page_size, limit))
        start = 0
        first_key: str | None = None
        while True:
            container, size = self._page(library, kind, start, size)
            page = _page_of(container, start)
            if start == 0:
                first_key = page.rows[0].key if page.rows else None
            elif page.rows and page.rows[0].key == first_key:
                raise _offset_ignored()
            yield page
            end = start + len(page.rows)
            if page.total is None and len(page.rows) != size:
                return  # an unpaged answer: all there is
            if len(page.rows) <= (0 if start == 0 else 1):
                return  # no progress: the listing ends before its total
            if page.total is not None and end >= page.total:
                break
            start = end - 1
        container, _ = self._page(library, kind, end - 1, 1)
        yield _page_of(container, end - 1)

    def recent(self, library: LibraryListing, kind: Kind, since: datetime) -> Iterator[Page]:
        """Rows added or updated since an instant."""
        seconds = int(since.timestamp())
        for field in ("addedAt", "updatedAt"):
            start, size, more = 0, self._page_size, True
            while more:
                container, size = self._page(library, kind, start, size, {f"{field}>>": seconds})
                page = _page_of(container, start)
                for row in page.rows:
                    _check_filtered(row, field, seconds)
                yield page
                start += len(page.rows)
                more = bool(page.rows) and page.total is not None and start < page.total

    def decode(self, row: Row) -> Item:
        """What a row says."""
        try:
            return mapping.decode_item(row.raw)
        except msgspec.ValidationError as error:
            raise BadRow(str(error)) from error

    def confirm(self, library: LibraryListing, keys: Sequence[str], control: str) -> Confirmation:
        """Asks for keys by name, with a control that must be in the answer."""
        answer = self._client.get(_metadata_path([*keys, control]), {"skipRefresh": 1})
        if answer.status != 200:
            return Confirmation(False, {}, f"the server answered {answer.status} when asked again")
        container = container_of(answer)
        rows = {row.key: row for row in map(_row_of, container.rows or ()) if row.key is not None}
        if control not in rows or _section_of(rows[control], container) != library.key:
            return Confirmation(False, {}, "the answer lacked the item sent along as the control")
        return Confirmation(
            True,
            {
                key: rows[key]
                for key in keys
                if key in rows and _section_of(rows[key], container) in {library.key, None}
            },
        )

    def details(self, keys: Sequence[str]) -> Mapping[str, dict[str, Any]]:
        """Streams, chapters, markers and full tags by key."""
        found: dict[str, dict[str, Any]] = {}
        for position in range(0, len(keys), _DETAIL_BATCH):
            batch = keys[position : position + _DETAIL_BATCH]
            params = {"skipRefresh": 1, "includeChapters": 1, "includeMarkers": 1}
            answer = self._client.get(_metadata_path(batch), params)
            if answer.status == 404:
                continue
            for raw in _checked(answer).rows or ():
                row = msgspec.json.decode(raw)
                if isinstance(row, dict) and "ratingKey" in row:
                    found[str(row["ratingKey"])] = mapping.details_of(row)
        return found

    def busy(self, library: LibraryListing, *, streams: bool = False) -> Busy:
        """Whether this library is being scanned, and how many people are streaming."""
        scanning = any(found.refreshing for found in self.libraries() if found.key == library.key)
        scanning = scanning or self._scan_activity(library)
        count = 0
        if streams:
            answer = self._client.get("/status/sessions")
            count = len(container_of(answer).rows or ()) if answer.status == 200 else 0
        return Busy(scanning, count)

    def _scan_activity(self, library: LibraryListing) -> bool:
        try:
            answer = self._client.get("/activities")
        except errors.TokenRefused:
            return False  # only the owner may see it; the library's own flag was looked at
        if answer.status != 200:
            return False
        activities = [_convert(raw, Activity) for raw in container_of(answer).activities or ()]
        return any(
            activity.type == "library.update.section"
            and activity.context is not None
            and str(activity.context.section_id) == library.key
            for activity in activities
        )

    def traffic(self) -> Traffic:
        """What was moved so far."""
        return Traffic(self._client.requests, self._client.bytes)

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()

    def _ask(self, path: str, *, with_token: bool = True) -> Container:
        return _checked(self._client.get(path, with_token=with_token))

    def _page(
        self,
        library: LibraryListing,
        kind: Kind,
        start: int,
        size: int,
        filters: Mapping[str, int] | None = None,
    ) -> tuple[Container, int]:
        """One page, asked for in smaller pieces when it is too much for the server; also the size that worked."""
        unreadable = 0
        while True:
            try:
                container = self._list(library, kind, start, size, filters)
                if (
                    container.rows
                    or container.total is None
                    or start >= container.total
                    or size <= _SMALLEST_PAGE
                ):
                    return container, size
                _log.info("An empty page of %d at %d although %d are counted", size, start, container.total)
            except (errors.TooSlow, errors.TooLarge) as error:
                if size <= _SMALLEST_PAGE:
                    raise
                _log.info("A page of %d: %s; asking for less", size, error)
            except (errors.NotAPlexServer, errors.WrongLibrary):
                raise
            except errors.BadAnswer as error:
                unreadable += 1
                if unreadable > 2:
                    raise
                _log.info("A page of %d: %s; asking again", size, error)
                continue
            size = max(_SMALLEST_PAGE, size // 4)

    def _list(
        self,
        library: LibraryListing,
        kind: Kind,
        start: int,
        size: int,
        filters: Mapping[str, int] | None = None,
    ) -> Container:
        params: dict[str, str | int] = {
            "type": _TYPES[kind],
            "includeGuids": 1,
            "sort": "id",
            **(filters or {}),
            "X-Plex-Container-Start": start,
            "X-Plex-Container-Size": size,
        }
        path = f"/library/sections/{quote(library.key, safe='')}/all"
        answer = self._client.get(path, params, retry_slow=size <= _SMALLEST_PAGE)
        if answer.status == 404:
            raise _library_gone(library)
        container = _checked(answer)
        self._check_library(library, container)
        if start and container.offset is not None and container.offset != start:
            raise _offset_ignored()
        return container

    def _check_library(self, library: LibraryListing, container: Container) -> None:
        uuid = container.section_uuid
        if uuid is None:
            if self._known_uuids is None:
                self._known_uuids = {found.key: found.uuid for found in self.libraries()}
            uuid = self._known_uuids.get(library.key)
        if uuid != library.uuid:
            raise _library_gone(library)


def _library_gone(library: LibraryListing) -> errors.WrongLibrary:
    return errors.WrongLibrary(
        f"The library '{library.title}' is not on the server any more",
        "it was removed, or created again under another key",
        "Look at what is there now: retrovue libraries discover SERVER. Nothing was removed from the catalogue.",
    )


def _offset_ignored() -> errors.BadAnswer:
    return errors.BadAnswer(
        "The server ignored which part of the library was asked for",
        "so the whole of it cannot be listed",
        "Check for a proxy between here and the server; update the Plex Media Server.",
    )


def _checked(answer: Answer) -> Container:
    if answer.status == 200:
        return container_of(answer)
    if answer.status == 404:
        raise errors.NotAPlexServer(
            "What answers is no Plex server",
            "it does not know what every Plex server knows (404)",
            "Check the address and the port (Plex listens on 32400).",
        )
    raise errors.BadAnswer(
        "The server did not understand the question",
        f"it answers {answer.status}",
        "Update the Plex Media Server, and check for a proxy between here and it.",
    )


def _metadata_path(keys: Sequence[str]) -> str:
    return "/library/metadata/" + ",".join(quote(key, safe="") for key in keys)


def _page_of(container: Container, start: int) -> Page:
    return Page(start, container.total, tuple(_row_of(raw) for raw in container.rows or ()))


def _row_of(raw: msgspec.Raw) -> Row:
    try:
        key = _head.decode(raw).rating_key
    except msgspec.ValidationError:
        key = None
    return Row(str(key) if key not in {None, ""} else None, bytes(raw))


def _section_of(row: Row, container: Container) -> str | None:
    own = msgspec.json.decode(row.raw).get("librarySectionID", container.section_id)
    return None if own is None else str(own)


def _check_filtered(row: Row, field: str, seconds: int) -> None:
    try:
        times = _times.decode(row.raw)
    except msgspec.ValidationError:
        return  # a bad row is reported where rows are read
    value = times.added_at if field == "addedAt" else times.updated_at
    if value is None or value < seconds:
        raise errors.FilterIgnored("The server does not filter by time", f"it ignores {field}")


def _convert(raw: msgspec.Raw, wanted: type[Any]) -> Any:
    try:
        return loosely(msgspec.json.decode(raw), wanted)
    except msgspec.ValidationError as error:
        raise errors.BadAnswer("The server's answer cannot be read", str(error)) from error
