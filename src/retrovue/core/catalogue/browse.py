"""Looking around: items with their paths on this machine, counts, and the journal of changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from retrovue.core.catalogue.path_mapping import Resolver
from retrovue.core.context import Context
from retrovue.errors import Ambiguous, NotFound
from retrovue.model.catalogue import (
    CatalogueFile,
    CatalogueFilter,
    CatalogueItem,
    Change,
    Glimpse,
    ItemChange,
    LibraryStats,
    Shelf,
)
from retrovue.storage import browse, journal, servers
from retrovue.storage import shelf as shelves


class Catalogue:
    """`rv.catalogue`: what the catalogue holds, and what came and went."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def filter(
        self, wanted: CatalogueFilter, *, server: str | None = None, library: str | None = None
    ) -> CatalogueFilter:
        """The filter narrowed to a server and a library by name or id. Raises `NotFound` or `Ambiguous`."""
        known = None if server is None else self._context.find_server(server)
        if library is not None:
            wanted = replace(wanted, library_id=self._context.find_library(known, library).id)
        return replace(wanted, server_id=known.id) if known else wanted

    def search(self, wanted: CatalogueFilter) -> Iterator[CatalogueItem]:
        """Items that fit, by id, fetched as they are asked for."""
        resolvers = self._resolvers()
        for found in browse.every(self._context.database, wanted):
            yield _item(found, resolvers)

    def get(self, wanted: str | int) -> CatalogueItem:
        """The item of this id, or else of this rating key. Raises `NotFound` or `Ambiguous`."""
        text = str(wanted)
        with self._context.database.read() as rx:
            found = browse.one(rx, int(text)) if text.isdecimal() and len(text) < 19 else None
            if found is None:
                ids = browse.by_key(rx, text)
                if len(ids) > 1:
                    raise Ambiguous(
                        f"Several items have the key {text}",
                        ", ".join(f"id {ident}" for ident in ids),
                        "Name it by its id.",
                    )
                found = browse.one(rx, ids[0]) if ids else None
        if found is None:
            raise NotFound(f"There is no item {text}", hint="Find it: retrovue catalogue list --search TITLE")
        return _item(found, self._resolvers())

    def shelf(self, wanted: CatalogueFilter, shelf: Shelf = Shelf.LIVE) -> list[int]:
        """Ids of items that fit, by title. Without a search and a kind: movies and shows, which hold the others."""
        with self._context.database.read() as rx:
            return shelves.shelf(rx, wanted, shelf)

    def glimpses(self, ids: Sequence[int]) -> list[Glimpse]:
        """Some items in the order of their ids here; what is gone meanwhile is left out."""
        with self._context.database.read() as rx:
            return shelves.glimpses(rx, ids)

    def children(self, item_id: int) -> list[Glimpse]:
        """The seasons of a show or the episodes of a season, by number."""
        with self._context.database.read() as rx:
            return shelves.glimpses(rx, shelves.children(rx, item_id))

    def without_files(
        self, wanted: CatalogueFilter, *, given_up: Callable[[], bool] = lambda: False
    ) -> list[int]:
        """Ids, by title, of movies and episodes of which no file is found on this machine. It looks at the disk.

        Once `given_up` says so, what was found so far is the answer.
        """
        resolvers = self._resolvers()
        found = []
        for one in shelves.files_of(self._context.database, wanted):
            if given_up():
                break
            resolver = resolvers.get(one.server_id) or Resolver(())
            here = (resolver.local_path(path, one.library_id) for path in one.paths)
            if not any(path is not None and os.path.exists(path) for path in here):
                found.append(one.item_id)
        return found

    def stats(self) -> list[LibraryStats]:
        """Counts per library."""
        with self._context.database.read() as rx:
            return browse.stats(rx)

    def changes(
        self,
        *,
        since: datetime | None = None,
        execution_id: int | None = None,
        item_id: int | None = None,
        change: Change | None = None,
        search: str | None = None,
        limit: int | None = None,
        after: int | None = None,
    ) -> list[ItemChange]:
        """The journal, newest first; `after` is the id of the last change already seen."""
        with self._context.database.read() as rx:
            return journal.listing(
                rx,
                since=since,
                execution_id=execution_id,
                item_id=item_id,
                change=change,
                search=search,
                limit=limit,
                after=after,
            )

    def _resolvers(self) -> dict[int, Resolver]:
        with self._context.database.read() as rx:
            mappings = servers.mappings(rx)
            known = servers.all_servers(rx)
        return {s.id: Resolver(m for m in mappings if m.server_id == s.id) for s in known}


def _item(found: browse.Found, resolvers: dict[int, Resolver]) -> CatalogueItem:
    resolver = resolvers.get(found.server_id) or Resolver(())
    return CatalogueItem(
        id=found.id,
        server=found.server,
        library=found.library,
        item=found.item,
        files=tuple(
            CatalogueFile(file, resolver.local_path(file.plex_path, found.library_id))
            for file in found.item.files or ()
        ),
        first_seen_at=found.first_seen_at,
        missing_since=found.missing_since,
        removed_at=found.removed_at,
        details=found.details,
    )
