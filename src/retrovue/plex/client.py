"""HTTP to one Plex server: time-outs, retries, limits, and its failures turned into our errors.

The token travels in a header only, never in a URL, and no redirect is followed with it.
"""

from __future__ import annotations

import email.utils
import logging
import ssl
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

# WORKAROUND httpx 0.28: importing it also imports its own command line, and with that Rich and Pygments, when
# these are installed: 70 ms that `retrovue servers list` would feel. None makes that import fail, as httpx expects.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

import httpx  # noqa: E402  (after the workaround)

from retrovue import __version__, errors  # noqa: E402
from retrovue.model.catalogue import Secret  # noqa: E402

Pause = Callable[[float], None]
"""Waits for so many seconds; may raise `Cancelled`."""

_log = logging.getLogger("retrovue.plex")
_DELAYS = (0.5, 2.0, 5.0, 10.0)
_LONGEST_DELAY = 120.0
_IDLE_SECONDS = 15.0  # the server drops idle connections after 20 s


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How to talk to a server. `ca_file` is a PEM file to trust instead of the system's authorities."""

    client_identifier: str
    verify_tls: bool = True
    ca_file: str | None = None
    timeout_seconds: float = 30.0
    retries: int = 3
    max_body: int = 32 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with status 200, 400 or 404, read to its end."""

    status: int
    content_type: str
    body: bytes


class PlexClient:
    """A connection to one server, good for at most two requests at a time."""

    def __init__(
        self, url: str, token: Secret | None, options: ClientOptions, pause: Pause = time.sleep
    ) -> None:
        self.url = url.rstrip("/")
        self._token = token
        self._options = options
        self._pause = pause
        self.requests = 0
        self.bytes = 0
        self.server_time: datetime | None = None
        self._http = httpx.Client(
            base_url=self.url,
            headers=self._headers(),
            timeout=httpx.Timeout(options.timeout_seconds, connect=min(10.0, options.timeout_seconds)),
            limits=httpx.Limits(
                max_connections=2, max_keepalive_connections=2, keepalive_expiry=_IDLE_SECONDS
            ),
            verify=self._trust(),
            follow_redirects=False,
        )

    def _headers(self) -> dict[str, str]:
        return {
            "Accept": "application/json",
            "X-Plex-Client-Identifier": self._options.client_identifier,
            "X-Plex-Product": "RetroVue",
            "X-Plex-Version": __version__,
        }

    def _trust(self) -> ssl.SSLContext | bool:
        if urlsplit(self.url).scheme != "https" or not self._options.verify_tls:
            return False
        if self._options.ca_file is None:
            return True
        try:
            return ssl.create_default_context(cafile=self._options.ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise errors.Invalid(
                "ca_file",
                "The CA file cannot be used",
                f"{self._options.ca_file} ({error.strerror or error})",
                "Name a PEM file with the authority's certificate.",
            ) from error

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        with_token: bool = True,
        retry_slow: bool = True,
    ) -> Answer:
        """Asks, and asks again after passing failures. Raises a `SourceError` for what is no usable answer.

        With `retry_slow` False a time-out is raised at once, since the caller will ask for less.
        """
        attempt = 0
        while True:
            try:
                return self._once(path, params or {}, with_token)
            except (errors.ServerTrouble, errors.TokenRefused, errors.Unreachable) as error:
                refused = isinstance(error, errors.TokenRefused)
                if attempt >= min(self._options.retries, 1 if refused else 10):
                    raise
                if isinstance(error, errors.TooSlow) and not retry_slow:
                    raise
                delay = getattr(error, "retry_after", None)
                wait = min(
                    _DELAYS[min(attempt, len(_DELAYS) - 1)] if delay is None else delay, _LONGEST_DELAY
                )
                _log.info("%s; trying again in %g s", error, wait)
                self._pause(wait)
                attempt += 1

    def post(self, path: str) -> Answer:
        """Asks once by POST, without a body. Raises as `get`."""
        return self._once(path, {}, with_token=True, method="POST")

    def _once(
        self, path: str, params: Mapping[str, str | int], with_token: bool, method: str = "GET"
    ) -> Answer:
        headers = {"X-Plex-Token": self._token.reveal()} if with_token and self._token else {}
        self.requests += 1
        try:
            with self._http.stream(method, path, params=dict(params) or None, headers=headers) as response:
                self._note_time(response)
                body = self._read(response)
        except httpx.HTTPError as error:
            raise self._transport_error(error) from error
        except (httpx.InvalidURL, UnicodeError) as error:
            raise errors.Invalid("url", "The server's address cannot be used", str(error)) from error
        self._check_status(response)
        return Answer(response.status_code, response.headers.get("Content-Type", ""), body)

    def _read(self, response: httpx.Response) -> bytes:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_bytes():
            size += len(chunk)
            if size > self._options.max_body:
                self.bytes += response.num_bytes_downloaded
                raise errors.TooLarge(
                    "The server sent more than RetroVue reads at once",
                    f"over {self._options.max_body // 2**20} MiB in one answer",
                    "If the server is right, allow more: retrovue settings set plex.max_body_mib 128",
                )
            chunks.append(chunk)
        self.bytes += response.num_bytes_downloaded
        return b"".join(chunks)

    def _note_time(self, response: httpx.Response) -> None:
        if self.server_time is None and "Date" in response.headers:
            try:
                told = email.utils.parsedate_to_datetime(response.headers["Date"])
            except ValueError:
                return
            self.server_time = told if told.tzinfo else told.replace(tzinfo=UTC)

    def _transport_error(self, error: httpx.HTTPError) -> errors.SourceError:
        where = host_of(self.url)
        if _is_certificate_problem(error):
            return errors.TlsRefused(
                "The server's certificate is not trusted",
                f"{where} ({_root_cause(error)})",
                "Use its https://….plex.direct address, name its authority with --ca-file FILE,"
                " or accept any certificate with --insecure.",
            )
        if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
            return errors.Unreachable(
                "The server cannot be reached",
                f"nobody answers at {where} ({_root_cause(error)})",
                "Check that it runs, and its address and port (Plex listens on 32400).",
            )
        if isinstance(error, httpx.TimeoutException):
            return errors.TooSlow(
                "The server did not answer in time",
                f"{where}, {self._options.timeout_seconds:g} s",
                "It may be overloaded: try again later, or allow more: plex.timeout_seconds",
            )
        if isinstance(error, httpx.UnsupportedProtocol):
            return errors.NotAPlexServer(
                "The server's address is no web address", hint="Write it like http://192.168.1.5:32400"
            )
        return errors.ServerTrouble(
            "The connection to the server broke off",
            f"{where} ({_root_cause(error)})",
            "Try again; if it stays, look at the server's log and the network.",
        )

    def _check_status(self, response: httpx.Response) -> None:
        status, where = response.status_code, host_of(self.url)
        if status in {200, 201, 400, 404}:
            return
        if status in {401, 498}:
            raise errors.TokenRefused(
                "The server refuses the token", where,
                "Give it a new one: retrovue servers edit NAME --token-stdin",
            )  # fmt: skip
        if status == 403:
            raise errors.TokenRefused(
                "The token lacks the rights for this", where, "Use the token of the server's owner."
            )
        if status == 429 or status >= 500:
            trouble = errors.ServerTrouble(
                "The server cannot serve now", f"{where} answers {status}", "Try again in a few minutes."
            )
            trouble.retry_after = _retry_after(response.headers.get("Retry-After"))
            raise trouble
        if 300 <= status < 400:
            raise errors.NotAPlexServer(
                "The address redirects elsewhere, and RetroVue does not take a token there",
                f"{where} answers {status}",
                "Use the address of the server itself, such as http://192.168.1.5:32400",
            )
        raise errors.BadAnswer(
            "The server gives an answer that makes no sense here", f"{where} answers {status}"
        )

    def close(self) -> None:
        """Gives the connections back."""
        self._http.close()


def host_of(url: str) -> str:
    """Scheme, host and port of an address: what may be shown of it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _retry_after(value: str | None) -> float | None:
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        at = email.utils.parsedate_to_datetime(value)
    except ValueError:
        return None
    return max(0.0, (at - datetime.now(UTC)).total_seconds()) if at.tzinfo else None


def _causes(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def _is_certificate_problem(error: BaseException) -> bool:
    return any(isinstance(cause, ssl.SSLError) for cause in _causes(error))


def _root_cause(error: BaseException) -> Any:
    cause = next((c for c in _causes(error) if isinstance(c, OSError)), error)
    return (
        getattr(cause, "verify_message", None)
        or getattr(cause, "strerror", None)
        or str(cause)
        or type(cause).__name__
    )
