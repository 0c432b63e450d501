"""A stand-in of plex.tv on loopback: codes, accounts, servers; with TLS where a test wants it."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext
from typing import Any

ACCOUNT_TOKEN = "account-token-0123456789"


@dataclass
class PlexTv:
    """What it knows. `statuses` are given out first, one a request; `polls` counts the questions for the code."""

    tls: SSLContext | None = None
    code: str = "ABCD"
    expires_in: int = 900
    linked: bool = False
    gone: bool = False
    link_after: int | None = None
    resources: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    seen: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    polls: int = 0
    host: str = "127.0.0.1"

    def __enter__(self) -> PlexTv:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(*outer.answer("GET", self.path, dict(self.headers)))

            def do_POST(self) -> None:
                self._answer(*outer.answer("POST", self.path, dict(self.headers)))

            def _answer(self, status: int, document: Any) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                if status == 429:
                    self.send_header("Retry-After", "7")
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        class Server(ThreadingHTTPServer):
            def handle_error(self, *_: object) -> None:
                """A handshake that was refused is what some tests are about."""

        self._http = Server(("127.0.0.1", 0), Handler)
        if self.tls is not None:
            self._http.socket = self.tls.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join(5)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"{'http' if self.tls is None else 'https'}://{self.host}:{self._http.server_address[1]}"

    def answer(self, method: str, path: str, headers: dict[str, str]) -> tuple[int, Any]:
        """Status and document for a question."""
        self.seen.append((method, path, headers))
        if self.statuses:
            return self.statuses.pop(0), {"errors": []}
        if method == "POST" and path.startswith("/api/v2/pins"):
            return 201, self._pin()
        if path.startswith("/api/v2/pins/77"):
            self.polls += 1
            if self.link_after is not None and self.polls > self.link_after:
                self.linked = True
            return (404, {"errors": []}) if self.gone else (200, self._pin())
        if path.startswith("/api/v2/resources"):
            if headers.get("X-Plex-Token") != ACCOUNT_TOKEN:
                return 401, {"errors": []}
            return 200, self.resources
        return 404, {}

    def _pin(self) -> dict[str, Any]:
        token = ACCOUNT_TOKEN if self.linked else None
        return {
            "id": 77,
            "code": self.code,
            "expiresIn": self.expires_in,
            "authToken": token,
            "trusted": False,
        }


def resource(
    name: str,
    identifier: str,
    token: str,
    *uris: str,
    local: bool = True,
    relay: bool = False,
    owned: bool = True,
) -> dict[str, Any]:
    """A server as plex.tv lists it."""
    return {
        "name": name, "product": "Plex Media Server", "productVersion": "1.43", "clientIdentifier": identifier,
        "provides": "server", "owned": owned, "accessToken": token, "home": False,
        "connections": [
            {"protocol": uri.split(":")[0], "address": "", "port": 0, "uri": uri, "local": local, "relay": relay, "IPv6": False}
            for uri in uris
        ],
    }  # fmt: skip
