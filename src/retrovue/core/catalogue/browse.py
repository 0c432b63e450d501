"""Looking around: items with their paths on this machine, counts, and the journal of changes."""

from __future__ import annotations

from collections.abc import Iterator
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
    ItemChange,
    LibraryStats,
)
from retrovue.storage import browse, journal, servers


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
