"""Path mappings: where a server's paths are found on this machine.

The rule is the longest mapped prefix, on whole path components; Windows paths are compared without case.
The functions are pure; the use cases below them ask the disk.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from retrovue.core.context import Context
from retrovue.errors import Conflict, Invalid, NotFound
from retrovue.model.catalogue import MappingReport, PathCheck, PathMapping
from retrovue.storage import browse, servers

_WORST = 10
_WINDOWS = re.compile(r"^(?:[A-Za-z]:(?:[\\/]|$)|\\\\)")


def is_windows(path: str) -> bool:
    r"""Whether a path is written the Windows way: `D:\…`, `D:/…` or `\\host\share`."""
    return bool(_WINDOWS.match(path))


def components(path: str) -> tuple[str, ...]:
    """The parts of a path, without empty ones; a leading root is a part of its own."""
    if is_windows(path):
        parts = [part for part in re.split(r"[\\/]+", path) if part]
        return ("\\\\", *parts) if path.startswith("\\\\") else tuple(parts)
    root = ("/",) if path.startswith("/") else ()
    return (*root, *(part for part in path.split("/") if part))


def _key(path: str) -> tuple[str, ...]:
    parts = components(path)
    return tuple(part.casefold() for part in parts) if is_windows(path) else parts


@dataclass(frozen=True, slots=True)
class _Rule:
    library_id: int | None
    key: tuple[str, ...]
    local_path: str


class Resolver:
    """Turns the paths of one server into paths of this machine, by the mappings of now."""

    def __init__(self, mappings: Iterable[PathMapping]) -> None:
        rules = [_Rule(m.library_id, _key(m.plex_path), m.local_path) for m in mappings]
        # The longest prefix wins; of equal ones that of the library itself.
        self._rules = sorted(rules, key=lambda rule: (-len(rule.key), rule.library_id is None))

    def local_path(self, plex_path: str | None, library_id: int | None) -> str | None:
        """The path here, or None when no mapping applies."""
        if not plex_path:
            return None
        key = _key(plex_path)
        for rule in self._rules:
            if rule.library_id in {None, library_id} and key[: len(rule.key)] == rule.key:
                return _join(rule.local_path, components(plex_path)[len(rule.key) :])
        return None


def _join(base: str, rest: Sequence[str]) -> str:
    separator = "\\" if is_windows(base) else "/"
    if not rest:
        return base
    return base.rstrip("/\\" if is_windows(base) else "/") + separator + separator.join(rest)


def folder_of(plex_path: str) -> str:
    """The folder of a file, in the server's own way of writing."""
    cut = max(plex_path.rfind("/"), plex_path.rfind("\\") if is_windows(plex_path) else -1)
    return plex_path[:cut] if cut > 0 else plex_path


class Mappings:
    """`rv.mappings`: path mappings, and how well they work."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def list(self, server: str | int | None = None) -> list[PathMapping]:
        """Mappings by server and path."""
        ident = None if server is None else self._context.find_server(server).id
        with self._context.database.read() as rx:
            return servers.mappings(rx, ident)

    def add(
        self, server: str | int, plex_path: str, local_path: str, library: str | int | None = None
    ) -> PathMapping:
        """Adds a mapping. Raises `Invalid` for a path that is not absolute, `Conflict` for one that is mapped."""
        known = self._context.find_server(server)
        library_id, plex_path, local_path = self._checked(known.id, plex_path, local_path, library, None)
        with self._context.database.transaction() as tx:
            ident = servers.add_mapping(tx, known.id, library_id, plex_path, local_path, self._context.now())
        return self.get(ident)

    def edit(
        self, ident: int, plex_path: str, local_path: str, library: str | int | None = None
    ) -> PathMapping:
        """Changes a mapping of the same server. Raises `NotFound`, and what `add` raises."""
        old = self.get(ident)
        wanted = self._checked(old.server_id, plex_path, local_path, library, known=ident)
        with self._context.database.transaction() as tx:
            servers.change_mapping(tx, ident, *wanted)
        return self.get(ident)

    def _checked(
        self, server_id: int, plex_path: str, local_path: str, library: str | int | None, known: int | None
    ) -> tuple[int | None, str, str]:
        """Library id and paths as they are kept."""
        server = self._context.find_server(server_id)
        library_id = None if library is None else self._context.find_library(server, library).id
        plex_path, local_path = _absolute("plex_path", plex_path), _absolute("local_path", local_path)
        for other in self.list(server_id):
            same = other.library_id == library_id and _key(other.plex_path) == _key(plex_path)
            if same and other.id != known:
                raise Conflict(
                    f"{plex_path} is mapped already, to {other.local_path}",
                    hint=f"Remove that one first: retrovue mappings remove {other.id}",
                )
        return library_id, plex_path, local_path

    def get(self, ident: int) -> PathMapping:
        """One mapping. Raises `NotFound`."""
        found = next((mapping for mapping in self.list() if mapping.id == ident), None)
        if found is None:
            raise NotFound(
                f"There is no path mapping {ident}", hint="See what there is: retrovue mappings list"
            )
        return found

    def remove(self, ident: int) -> PathMapping:
        """Removes a mapping. Raises `NotFound`."""
        found = self.get(ident)
        with self._context.database.transaction() as tx:
            servers.remove_mapping(tx, ident)
        return found

    def check(self, server: str | int, plex_path: str) -> PathCheck:
        """How one path of a server maps, and whether something is there."""
        known = self._context.find_server(server)
        local = Resolver(self.list(known.id)).local_path(plex_path, None)
        return PathCheck(plex_path, local, local is not None and os.path.exists(local))

    def test(
        self,
        server: str | int,
        *,
        trial: Sequence[PathMapping] | None = None,
        given_up: Callable[[], bool] = lambda: False,
    ) -> MappingReport:
        """How many files of a server's catalogue resolve and exist, and the folders with most that do not.

        With `trial` by these mappings, kept or not. Once `given_up` says so, what was counted so far is the answer.
        """
        known = self._context.find_server(server)
        resolver = Resolver(self.list(known.id) if trial is None else trial)
        files = resolved = existing = 0
        failing: Counter[str] = Counter()
        for library_id, plex_path in browse.file_paths(self._context.database, known.id):
            if given_up():
                break
            files += 1
            local = resolver.local_path(plex_path, library_id)
            resolved += local is not None
            if local is not None and os.path.exists(local):
                existing += 1
            else:
                failing[folder_of(plex_path)] += 1
        return MappingReport(files, resolved, existing, tuple(failing.most_common(_WORST)))


def _absolute(field: str, path: str) -> str:
    path = path.strip()
    if not path.startswith("/") and not is_windows(path):
        raise Invalid(
            field, f"'{path}' is no absolute path", hint="Write it from the root, such as /mnt/media"
        )
    trimmed = path.rstrip("/\\" if is_windows(path) else "/")
    if not trimmed:
        return path[:1]
    return trimmed + "\\" if re.fullmatch(r"[A-Za-z]:", trimmed) else trimmed
