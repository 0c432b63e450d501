"""Coming from RetroVue 1.2.x: what can be brought over from its database, and what a sync makes better anew."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from retrovue.core.catalogue.libraries import Libraries
from retrovue.core.catalogue.path_mapping import Mappings
from retrovue.core.catalogue.servers import Servers
from retrovue.core.context import Context
from retrovue.errors import Conflict, NotFound, RetroVueError, StorageError
from retrovue.log import protect
from retrovue.model.catalogue import Secret, Server

_NEEDED = {"plex_servers", "libraries", "path_mappings", "content_items", "media_files"}
_COUNTED = ("shows", "seasons", "content_items", "media_files")
_CHANNELS = (
    "channels", "schedule_blocks", "schedule_instances", "ad_policies", "play_log", "media_markers",
)  # fmt: skip
_OWN_WORK = "override_title IS NOT NULL OR override_synopsis IS NOT NULL"


@dataclass(slots=True)
class Brought:
    """What came over; what did not, and why, in words; and what the old database counted."""

    servers: list[str] = field(default_factory=list)
    libraries: list[str] = field(default_factory=list)
    mappings: int = 0
    left: list[str] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Old:
    servers: list[dict[str, Any]]
    libraries: list[dict[str, Any]]
    mappings: list[dict[str, Any]]
    counted: dict[str, int]
    left: list[str]


def read(path: Path) -> _Old:
    """The old database, which is only read. Raises `NotFound`, `Conflict` for one that is none, `StorageError`."""
    path = path.expanduser().absolute()
    if not path.is_file():
        raise NotFound(f"There is no file {path}", hint="Name the database of RetroVue 1.2.x.")
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as old:
            old.row_factory = sqlite3.Row
            return _read(old, path)
    except sqlite3.Error as error:
        raise StorageError(
            f"{path} cannot be read as a database",
            str(error),
            "Name the database of RetroVue 1.2.x, undamaged.",
        ) from error


def _read(old: sqlite3.Connection, path: Path) -> _Old:
    tables = {row[0] for row in old.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if "alembic_version" in tables and "catalogue_items" in tables:
        raise Conflict(
            f"{path} is a database of this RetroVue", hint="Put a backup in place: retrovue restore FILE"
        )
    if not tables >= _NEEDED:
        missing = ", ".join(sorted(_NEEDED - tables))
        raise Conflict(
            f"{path} is no database of RetroVue 1.2.x", f"it has no {missing}", "Name the right file."
        )
    verdict = old.execute("PRAGMA quick_check").fetchone()[0]
    if verdict != "ok":
        raise StorageError(
            f"{path} is damaged", str(verdict), "Copy what you can with sqlite3's .recover, and try that."
        )
    counted = {name: _count(old, name) for name in _COUNTED if name in tables}
    return _Old(
        _rows(old, "plex_servers"),
        _rows(old, "libraries"),
        _rows(old, "path_mappings"),
        counted,
        _left(old, tables),
    )


def _left(old: sqlite3.Connection, tables: set[str]) -> list[str]:
    counts = {name: _count(old, name) for name in _CHANNELS if name in tables}
    left = [
        f"{count:,} rows of {name}: RetroVue plans no TV channels" for name, count in counts.items() if count
    ]
    if "content_editorial" in tables:
        own = old.execute(f"SELECT count(*) FROM content_editorial WHERE {_OWN_WORK}").fetchone()[0]  # noqa: S608  (constant)
        if own:
            left.append(f"{own:,} titles or summaries of your own: RetroVue keeps what the server says")
    return left


def _rows(old: sqlite3.Connection, table: str) -> list[dict[str, Any]]:
    return [dict(row) for row in old.execute(f"SELECT * FROM {table} ORDER BY id")]  # noqa: S608  (constant names)


def _count(old: sqlite3.Connection, table: str) -> int:
    return int(old.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  (constant names)


class Legacy:
    """`rv.legacy`: brings servers, libraries and path mappings over; tokens go into the secret store."""

    def __init__(self, context: Context, servers: Servers, libraries: Libraries, mappings: Mappings) -> None:
        self._context = context
        self._servers, self._libraries, self._mappings = servers, libraries, mappings

    def bring(self, path: Path) -> Brought:
        """Brings over what can be, server by server; running it again brings what was missing. Raises as `read`.

        Each server is asked who it is, since the old database does not say; one that does not answer is left out.
        """
        old = read(path)
        result = Brought(left=list(old.left), counted=old.counted)
        for row in old.servers:
            server = self._server(row, result)
            if server is not None:
                known = self._of_libraries(row["id"], server, old, result)
                self._of_mappings(row["id"], server, known, old, result)
        return result

    def _server(self, row: dict[str, Any], result: Brought) -> Server | None:
        name, url, token = str(row["name"]), str(row["base_url"]), str(row.get("token") or "")
        protect(token)
        known = next((one for one in self._servers.list() if one.url == url.rstrip("/")), None)
        if known is not None:
            result.left.append(f"server '{name}': it is known already, as '{known.name}'")
            return known
        if not token:
            result.left.append(
                f"server '{name}': no token; add it: retrovue servers add '{name}' {url} --token-stdin"
            )
            return None
        try:
            made = self._servers.add(name, url, Secret(token)).server
            self._libraries.discover(made.id)
        except RetroVueError as error:
            result.left.append(f"server '{name}': {error}")
            return None
        result.servers.append(made.name)
        return made

    def _of_libraries(self, old_id: int, server: Server, old: _Old, result: Brought) -> dict[int, int]:
        """Old library ids and the ones they have here."""
        here = {library.key: library for library in self._libraries.list(server.id)}
        known: dict[int, int] = {}
        for row in (one for one in old.libraries if one["server_id"] == old_id):
            found = here.get(str(row["plex_library_key"]))
            if found is None:
                result.left.append(f"library '{row['title']}' of '{server.name}': the server has it no more")
                continue
            known[row["id"]] = found.id
            if found.supported and not row.get("sync_enabled", 1):
                self._libraries.disable(found.id)
            result.libraries.append(found.title)
        return known

    def _of_mappings(
        self, old_id: int, server: Server, known: dict[int, int], old: _Old, result: Brought
    ) -> None:
        for row in (one for one in old.mappings if one["server_id"] == old_id):
            library = known.get(row["library_id"])
            what = f"path mapping {row['plex_path']} → {row['local_path']}"
            if library is None:
                result.left.append(f"{what}: its library is not here")
                continue
            try:
                self._mappings.add(server.id, row["plex_path"], row["local_path"], library)
            except RetroVueError as error:
                result.left.append(f"{what}: {error}")
            else:
                result.mappings += 1
