"""plex.tv: a code that somebody types in, then the servers of the account.

The three questions are asked by our own client, whose failures say what happened; python-plexapi takes every failure of
a poll for an expired code.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec

from retrovue import errors, log
from retrovue.model.account import AccountServer, Connection, Pin
from retrovue.model.catalogue import Secret
from retrovue.plex.client import Answer, ClientOptions, PlexClient

T = TypeVar("T")
PLEX_TV = "https://plex.tv"
_RESOURCES = "https://clients.plex.tv"
_LINK = "/link"
_LONGEST = 1800


class _PinAnswer(msgspec.Struct, rename="camel"):
    id: int
    code: str
    expires_in: int = 900
    auth_token: str | None = None


class _ConnectionAnswer(msgspec.Struct):
    uri: str
    address: str = ""
    port: int = 0
    local: bool = False
    relay: bool = False


class _ResourceAnswer(msgspec.Struct, rename="camel"):
    name: str
    client_identifier: str
    provides: str = ""
    owned: bool = False
    product_version: str | None = None
    access_token: str | None = None
    connections: list[_ConnectionAnswer] = []


class PlexTv:
    """See `model.account.Account`. `url` is another address than plex.tv's in tests."""

    def __init__(
        self,
        options: ClientOptions,
        now: Callable[[], datetime],
        url: str = PLEX_TV,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._options, self._now, self._pause = replace(options, retries=0), now, pause
        self._url = url.rstrip("/")

    def begin(self) -> Pin:
        """See `Account`."""
        found = _said(lambda: self._ask("POST", self._url, "/api/v2/pins", None), _PinAnswer)
        seconds = min(max(found.expires_in, 1), _LONGEST)
        return Pin(found.id, found.code, f"{self._url}{_LINK}", self._now() + timedelta(seconds=seconds))

    def poll(self, pin: Pin) -> Secret | None:
        """See `Account`."""
        answer = _asked(lambda: self._ask("GET", self._url, f"/api/v2/pins/{pin.id}", None))
        if answer.status == 404 or self._now() >= pin.expires_at:
            raise errors.Conflict("The code has expired", hint="Ask for a new one: sign in again.")
        token = _decode(answer, _PinAnswer).auth_token
        if not token:
            return None
        log.protect(token)
        return Secret(token)

    def servers(self, token: Secret) -> Sequence[AccountServer]:
        """See `Account`."""
        url = _RESOURCES if self._url == PLEX_TV else self._url
        path = "/api/v2/resources?includeHttps=1&includeRelay=1&includeIPv6=1"
        found = _said(lambda: self._ask("GET", url, path, token), list[_ResourceAnswer])
        return [_server(one) for one in found if "server" in one.provides.split(",") and one.access_token]

    def _ask(self, method: str, url: str, path: str, token: Secret | None) -> Answer:
        client = PlexClient(url, token, self._options, self._pause)
        try:
            return client.post(path) if method == "POST" else client.get(path)
        finally:
            client.close()

    def close(self) -> None:
        """Every question has a connection of its own."""


def _server(one: _ResourceAnswer) -> AccountServer:
    token = one.access_token or ""
    log.protect(token)
    ways: dict[str, Connection] = {}
    for way in one.connections:
        ways.setdefault(way.uri, Connection(way.uri, way.local, way.relay))
        if way.local and way.address and way.port:
            # Some routers do not resolve plex.direct names to local addresses; many servers take plain http there.
            host = f"[{way.address}]" if ":" in way.address else way.address
            plain = f"http://{host}:{way.port}"
            ways.setdefault(plain, Connection(plain, local=True, relay=False))
    return AccountServer(
        one.name,
        one.client_identifier,
        one.owned,
        one.product_version or "",
        Secret(token),
        tuple(ways.values()),
    )


def _said(ask: Callable[[], Answer], kind: type[T]) -> T:
    found: T = _decode(_asked(ask), kind)
    return found


def _decode(answer: Answer, kind: Any) -> Any:
    try:
        return msgspec.json.decode(answer.body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise errors.BadAnswer(
            "plex.tv gives an answer that cannot be read", str(error)[:200], "Try again later."
        ) from error


def _asked(ask: Callable[[], Answer]) -> Answer:
    """Asks; what goes wrong is said of plex.tv, not of a server."""
    by_address = "or add the server by its address: retrovue servers add NAME URL --token-stdin"
    try:
        return ask()
    except errors.TlsRefused as error:
        raise errors.TlsRefused(
            "plex.tv's certificate is not trusted", error.message,
            "Where a network inspects TLS, name its authority: retrovue settings set plex.account_ca_file FILE",
        ) from error  # fmt: skip
    except errors.TokenRefused as error:
        raise errors.TokenRefused("plex.tv refuses the sign-in", hint="Sign in again.") from error
    except errors.Unreachable as error:
        raise errors.Unreachable(
            "plex.tv cannot be reached",
            error.message,
            f"Check this machine's way to the internet, {by_address}",
        ) from error
    except errors.ServerTrouble as error:
        trouble = errors.ServerTrouble(
            "plex.tv cannot serve now", error.message, f"Try again in a few minutes, {by_address}"
        )
        trouble.retry_after = error.retry_after
        raise trouble from error
