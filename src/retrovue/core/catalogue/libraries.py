"""Use cases around libraries: discover, relink, enable, disable."""

from __future__ import annotations

from collections.abc import Sequence

from retrovue.core.context import Context
from retrovue.errors import Conflict, WrongServer
from retrovue.model.catalogue import LIBRARY_KINDS, Discovery, Library, Moved, Server
from retrovue.model.sync import LibraryListing
from retrovue.storage import servers


class Libraries:
    """`rv.libraries`: the libraries of the servers."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def list(self, server: str | int | None = None) -> list[Library]:
        """Libraries by server and title. Raises `NotFound` for an unknown server."""
        ident = None if server is None else self._context.find_server(server).id
        with self._context.database.read() as rx:
            return servers.library_list(rx, ident)

    def get(self, wanted: str | int, server: str | int | None = None) -> Library:
        """The library of this title or id. Raises `NotFound` or `Ambiguous`."""
        return self._context.find_library(
            None if server is None else self._context.find_server(server), wanted
        )

    def discover(self, server: str | int, *, relink: bool = False) -> Discovery:
        """Asks a server for its libraries and takes them over.

        New ones are enabled when their type is supported. One that was re-created (the same uuid, or the same
        folders, under another key) is reported as moved, and tied to the known one when `relink` is set; its
        items stay either way. Raises `SourceError`.
        """
        known_server = self._context.find_server(server)
        found = self._ask(known_server)
        with self._context.database.transaction() as tx:
            known = servers.library_list(tx, known_server.id)
            now = self._context.now()
            matched = {
                listing.key: library
                for listing in found
                for library in known
                if library.key == listing.key and library.uuid == listing.uuid
            }
            moved = _moved([lib for lib in known if lib not in matched.values()], found, set(matched))
            here = [*matched.values(), *(moved.values() if relink else ())]
            gone = [lib for lib in known if lib not in here]
            servers.mark_gone(tx, [lib.id for lib in gone], now)
            added: list[str] = []
            for listing in found:
                if listing.key in matched:
                    servers.change_library(tx, matched[listing.key].id, listing)
                elif listing.key not in moved:
                    supported = listing.type in LIBRARY_KINDS
                    servers.add_library(tx, known_server.id, listing, enabled=supported, now=now)
                    added.append(listing.title)
                elif relink:
                    servers.relink_library(tx, moved[listing.key].id, listing)
            libraries = servers.library_list(tx, known_server.id)
        titles = {listing.key: listing.title for listing in found}
        return Discovery(
            libraries=tuple(libraries),
            added=tuple(added),
            gone=tuple(lib.title for lib in gone if lib not in moved.values()),
            relinked=tuple(lib.title for lib in moved.values()) if relink else (),
            moved=() if relink else tuple(Moved(lib, key, titles[key]) for key, lib in moved.items()),
        )

    def _ask(self, server: Server) -> Sequence[LibraryListing]:
        source = self._context.source_of(server)
        try:
            if source.identity().machine_identifier != server.machine_identifier:
                raise WrongServer(
                    f"Another server answers in the place of '{server.name}'",
                    hint=f"Correct the address: retrovue servers edit '{server.name}' --url URL",
                )
            return source.libraries()
        finally:
            source.close()

    def enable(self, wanted: str | int, server: str | int | None = None) -> Library:
        """Syncs this library when none is named. Raises `Conflict` for a type that is not catalogued."""
        library = self.get(wanted, server)
        if not library.supported:
            raise Conflict(
                f"'{library.title}' cannot be enabled",
                f"libraries of type '{library.type}' are not catalogued",
                "RetroVue catalogues movies and shows.",
            )
        return self._set(library, enabled=True)

    def disable(self, wanted: str | int, server: str | int | None = None) -> Library:
        """Leaves this library out when none is named; its items stay."""
        return self._set(self.get(wanted, server), enabled=False)

    def _set(self, library: Library, *, enabled: bool) -> Library:
        with self._context.database.transaction() as tx:
            servers.enable_library(tx, library.id, enabled=enabled)
        return self.get(library.id)


def _moved(orphans: list[Library], found: Sequence[LibraryListing], taken: set[str]) -> dict[str, Library]:
    """Known libraries that nothing on the server matches, by the key under which they were re-created."""
    moved: dict[str, Library] = {}
    for library in orphans:
        for listing in found:
            if listing.key in taken or listing.key in moved or listing.type != library.type:
                continue
            same_folders = library.locations and set(listing.locations) == set(library.locations)
            if listing.uuid == library.uuid or same_folders:
                moved[listing.key] = library
                break
    return moved
