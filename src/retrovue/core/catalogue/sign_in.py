"""Signing in to plex.tv, choosing the best way to each server, and finding one that has moved."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from retrovue.core.catalogue.servers import Servers
from retrovue.core.context import Context
from retrovue.errors import Conflict, NotFound, RetroVueError, SecretsError, ServerTrouble, SourceError
from retrovue.model.account import AccountServer, Connection, FoundServer, LocalServer, Pin
from retrovue.model.catalogue import Secret, Server, ServerState
from retrovue.storage import servers as stored

_log = logging.getLogger("retrovue.sign_in")
ACCOUNT = "account"
_POLL_SECONDS = 2.0
_LONGEST_WAIT = 30.0
_AT_ONCE = 8


class SignIn:
    """`rv.sign_in`: an account's servers, without copying tokens about."""

    def __init__(self, context: Context, servers: Servers) -> None:
        self._context = context
        self._servers = servers

    def begin(self) -> Pin:
        """Asks plex.tv for a code that somebody types in there. Raises `SourceError`."""
        return self._context.account().begin()

    def poll(self, pin: Pin) -> Secret | None:
        """The account's token once the code was typed in. Raises `Conflict` when it has expired, `SourceError`."""
        return self._context.account().poll(pin)

    def wait(self, pin: Pin, pause: Callable[[float], None]) -> Secret:
        """Polls until the code was typed in; `pause` waits and may raise. What passes, such as 429, is waited out."""
        wait = _POLL_SECONDS
        while True:
            try:
                token = self.poll(pin)
                wait = _POLL_SECONDS
            except ServerTrouble as error:
                token, wait = None, min(_LONGEST_WAIT, error.retry_after or wait * 2)
            if token is not None:
                return token
            if self._context.now() >= pin.expires_at:
                raise Conflict("The code has expired", hint="Ask for a new one: sign in again.")
            pause(wait)

    def servers(self, token: Secret) -> list[FoundServer]:
        """The account's servers, each with the best way to it; all ways are tried at the same time.

        Raises `NotFound` for an account without servers, `SourceError`.
        """
        every = list(self._context.account().servers(token))
        if not every:
            raise NotFound(
                "This account has no server, and none is shared with it",
                hint="Sign in with the account that owns the server, or add it by its address: retrovue servers add",
            )
        known = {one.machine_identifier: one.name for one in self._servers.list()}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            tried = [
                (one, [(way, pool.submit(self._answers, way.uri, one)) for way in one.connections])
                for one in every
            ]
            return [
                FoundServer(
                    one,
                    best([way for way, answer in ways if answer.result()]),
                    known.get(one.machine_identifier),
                )
                for one, ways in tried
            ]

    def _answers(self, uri: str, server: AccountServer) -> bool:
        """Whether this server answers there. The token is not sent for that."""
        return self._answers_as(uri, server.machine_identifier, verify_tls=True, ca_file=None)

    def _answers_as(self, uri: str, identifier: str, *, verify_tls: bool, ca_file: str | None) -> bool:
        source = self._context.source(uri, None, verify_tls=verify_tls, ca_file=ca_file, impatient=True)
        try:
            return source.identity().machine_identifier == identifier
        except RetroVueError as error:
            _log.debug("%s does not answer: %s", uri, error)
            return False
        finally:
            source.close()

    def use(
        self, found: FoundServer, account: Secret, *, name: str | None = None, allow_relay: bool = False
    ) -> ServerState:
        """Adds the server, or gives the known one its new address and token, which resumes what paused for it.

        The account's token is kept, so that the server is found again when it moves. Raises `Conflict` when only
        plex.tv's relay answers and that is not allowed, and what `servers.add` raises.
        """
        if found.best is None:
            raise Conflict(
                f"'{found.server.name}' does not answer on any of its addresses", hint="Is it switched on?"
            )
        if found.best.relay and not allow_relay:
            raise Conflict(
                f"'{found.server.name}' answers only by plex.tv's relay",
                "that is slow, and not made for reading a whole library",
                "Open its port, come into its network, or allow it: --allow-relay",
            )
        token, uri = found.server.token, found.best.uri
        if found.known_as is None:
            state = self._servers.add(name or found.server.name, uri, token)
        else:
            state = self._servers.edit(found.known_as, url=uri, token=token, name=name)
        self._context.secrets().put(ACCOUNT, account)
        return state

    def local(self) -> list[LocalServer]:
        """Servers that answer on the local network; a token is still needed for them."""
        return list(self._context.scan())

    def find_again(self, server: Server) -> Server | None:
        """Looks for a server that no longer answers, by who it is: on the local network, then at plex.tv.

        Its new address is kept once it proved to be the same server; None when it was not found.
        """
        for uri in (*self._local_addresses(server), *self._account_addresses(server)):
            if uri != server.url and self._answers_as(
                uri, server.machine_identifier, verify_tls=server.verify_tls, ca_file=server.ca_file
            ):
                _log.warning("'%s' has moved from %s to %s", server.name, server.url, uri)
                with self._context.database.transaction() as tx:
                    stored.change(tx, server.id, {"url": uri}, self._context.now())
                return self._servers.get(server.id)
        return None

    def _local_addresses(self, server: Server) -> list[str]:
        same = [one for one in self._context.scan() if one.machine_identifier == server.machine_identifier]
        return [one.url for one in same]

    def _account_addresses(self, server: Server) -> list[str]:
        try:
            token = self._context.secrets().get(ACCOUNT)
            every = self._context.account().servers(token) if token is not None else ()
        except (SourceError, SecretsError) as error:
            _log.info("plex.tv cannot say where '%s' is: %s", server.name, error)
            return []
        ways = [
            way
            for one in every
            if one.machine_identifier == server.machine_identifier
            for way in one.connections
        ]
        return [way.uri for way in sorted(ways, key=_rank) if not way.relay]


def best(ways: list[Connection]) -> Connection | None:
    """Local before remote, https before http, the relay last."""
    return min(ways, key=_rank, default=None)


def _rank(way: Connection) -> tuple[bool, bool, bool]:
    return way.relay, not way.local, not way.uri.startswith("https:")
