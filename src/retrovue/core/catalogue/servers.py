"""Use cases around servers: add, edit, remove, test."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from retrovue.core.context import Context, secret_name
from retrovue.errors import Conflict, Invalid, RetroVueError, SecretsError, SourceError, TokenRefused
from retrovue.model.catalogue import Secret, Server, ServerState, TokenState
from retrovue.model.sync import LibraryListing, MediaSource, ServerIdentity
from retrovue.storage import executions, removed_schedules, schedules, servers


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes with a server when it is removed."""

    server: Server
    libraries: int
    items: int
    schedules: tuple[str, ...]


class Servers:
    """`rv.servers`: the media servers that are known here."""

    def __init__(self, context: Context, resume: Callable[[int], object]) -> None:
        self._context = context
        self._resume = resume

    def list(self) -> list[Server]:
        """All servers by name, without asking them anything."""
        with self._context.database.read() as rx:
            return servers.all_servers(rx)

    def get(self, wanted: str | int) -> Server:
        """The server of this name or id. Raises `NotFound`."""
        return self._context.find_server(wanted)

    def add(
        self,
        name: str,
        url: str,
        token: Secret | None,
        *,
        verify_tls: bool = True,
        ca_file: str | None = None,
    ) -> ServerState:
        """Adds a server after asking who it is and whether it takes the token.

        Raises `Invalid`, `Conflict` when it or its name is known already, or the `SourceError` it answers with;
        then nothing is kept.
        """
        name, url = _valid_name(name), _valid_url(url)
        self._refuse_taken(name)
        if token is None:
            raise Invalid(
                "token",
                "A Plex token is needed",
                hint="Give it by --token-stdin, --token-file FILE or RETROVUE_PLEX_TOKEN.",
            )
        source = self._context.source(url, token, verify_tls=verify_tls, ca_file=ca_file)
        identity, found = _look(source)
        known = next((s for s in self.list() if s.machine_identifier == identity.machine_identifier), None)
        if known is not None:
            raise Conflict(
                f"This server is known already, as '{known.name}'",
                hint=f"Change it instead: retrovue servers edit '{known.name}' --url {url}",
            )
        now = self._context.now()
        with self._context.database.transaction() as tx:
            ident = servers.add(
                tx,
                name=name,
                url=url,
                machine_identifier=identity.machine_identifier,
                version=identity.version,
                verify_tls=verify_tls,
                ca_file=ca_file,
                now=now,
            )
            # Inside the transaction: without its token the server would be of no use, so both or neither.
            self._context.secrets().put(secret_name(ident), token)
        return ServerState(self.get(ident), True, TokenState.OK, len(found), identity.version)

    def edit(
        self,
        wanted: str | int,
        *,
        name: str | None = None,
        url: str | None = None,
        token: Secret | None = None,
        verify_tls: bool | None = None,
        ca_file: str | None = None,
    ) -> ServerState:
        """Changes what is given, after asking the server with it. Raises as `add` does; then nothing changes.

        A token that it takes resumes the schedules that paused because it refused the old one.
        """
        old = self.get(wanted)
        values: dict[str, Any] = {}
        if name is not None and name != old.name:
            values["name"] = _valid_name(name)
            if name.casefold() != old.name.casefold():
                self._refuse_taken(values["name"])
        if url is not None:
            values["url"] = _valid_url(url)
        if verify_tls is not None:
            values["verify_tls"] = verify_tls
        if ca_file is not None:
            values["ca_file"] = ca_file or None
        if token is not None or values.keys() & {"url", "verify_tls", "ca_file"}:
            values["version"] = self._try_out(old, values, token)
        now = self._context.now()
        with self._context.database.transaction() as tx:
            servers.change(tx, old.id, values, now)
            if token is not None:
                self._context.secrets().put(secret_name(old.id), token)
        if token is not None:
            self._resume(old.id)
        return self.test(old.id)

    def _try_out(self, old: Server, values: dict[str, Any], token: Secret | None) -> str:
        """Asks the server with the new values; its version. Raises `Conflict` when it is another server."""
        used = token or self._context.secrets().get(secret_name(old.id))
        source = self._context.source(
            values.get("url", old.url),
            used,
            verify_tls=values.get("verify_tls", old.verify_tls),
            ca_file=values.get("ca_file", old.ca_file),
        )
        identity, _ = _look(source, expected=old.machine_identifier)
        return identity.version

    def removal(self, wanted: str | int) -> Removal:
        """What would go with a server. Raises `NotFound`."""
        server = self.get(wanted)
        with self._context.database.read() as rx:
            libraries = servers.library_list(rx, server.id)
            using = tuple(one.name for one in schedules.names(rx, server.id))
        return Removal(server, len(libraries), sum(lib.items for lib in libraries), using)

    def remove(self, wanted: str | int, *, with_schedules: bool = False) -> Removal:
        """Removes a server with its libraries, items and token; history keeps its names.

        Raises `Conflict` while schedules sync from it, unless they are to go with it.
        """
        removal = self.removal(wanted)
        with self._context.database.transaction() as tx:
            using = schedules.names(tx, removal.server.id)
            if using and not with_schedules:
                raise Conflict(
                    f"'{removal.server.name}' is used by schedules",
                    ", ".join(one.name for one in using),
                    "Change these schedules first, or let them go too: --with-schedules",
                )
            idents = [one.id for one in using]
            executions.cancel_waiting(tx, idents, "its server was removed", self._context.now())
            self._context.forget_pings(tx, idents)
            removed_schedules.take_out(tx, idents)
            servers.remove(tx, removal.server.id)
            # Inside the transaction: a token whose server is gone must not be left behind.
            self._context.secrets().remove(secret_name(removal.server.id))
        return removal

    def look(self) -> builtins.list[ServerState]:
        """All servers by name with what a brief look at each found; they are asked at the same time."""
        every = self.list()
        if not every:
            return []
        with ThreadPoolExecutor(min(8, len(every))) as pool:
            return builtins.list(pool.map(lambda s: self.test(s.id, impatient=True), every))

    def test(self, wanted: str | int, *, impatient: bool = False) -> ServerState:
        """Asks a server who it is and whether it takes the token; what went wrong is in `problem`."""
        server = self.get(wanted)
        with self._context.database.read() as rx:
            libraries = len(servers.library_list(rx, server.id))
        try:
            token = self._context.secrets().get(secret_name(server.id))
        except SecretsError as error:
            return ServerState(server, False, TokenState.MISSING, libraries, server.version, str(error))
        state = TokenState.OK if token else TokenState.MISSING
        source = self._context.source_of(server, impatient=impatient)
        try:
            identity, found = _look(source, expected=server.machine_identifier)
        except TokenRefused as error:
            refused = TokenState.REFUSED if token else TokenState.MISSING
            return ServerState(server, True, refused, libraries, server.version, _words(error))
        except (SourceError, Conflict, Invalid) as error:
            return ServerState(server, False, state, libraries, server.version, _words(error))
        return ServerState(server, True, state, max(libraries, len(found)), identity.version)

    def _refuse_taken(self, name: str) -> None:
        if any(server.name.casefold() == name.casefold() for server in self.list()):
            raise Conflict(f"There is a server '{name}' already", hint="Choose another name.")


def _look(source: MediaSource, expected: str | None = None) -> tuple[ServerIdentity, list[LibraryListing]]:
    """Who answers, and its libraries. The token is sent only after the answer is the expected one."""
    try:
        identity = source.identity()
        if expected is not None and identity.machine_identifier != expected:
            raise Conflict(
                "Another server answers at this address",
                f"it calls itself {identity.machine_identifier[:12]}…, not {expected[:12]}…",
                "Correct the address, or add it as a server of its own: retrovue servers add NAME URL",
            )
        return identity, source.libraries()
    finally:
        source.close()


def _words(error: RetroVueError) -> str:
    return f"{error}. {error.hint}" if error.hint else str(error)


def _valid_name(name: str) -> str:
    name = name.strip()
    if not name:
        raise Invalid("name", "A server needs a name")
    return name


def _valid_url(url: str) -> str:
    url = url.strip()
    url = (url if "://" in url else f"http://{url}").rstrip("/")
    parts = urlsplit(url)
    try:
        valid = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid:
        raise Invalid("url", "This is no web address", hint="Write it like http://192.168.1.5:32400")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise Invalid(
            "url",
            "The address must not hold a token or password",
            hint="Leave out everything after the port; give the token by --token-stdin.",
        )
    return url
