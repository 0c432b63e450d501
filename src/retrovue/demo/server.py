"""The stand-in server: the endpoints that RetroVue uses, over HTTP on the loopback interface.

It answers as docs/plex.md says that a Plex server does: JSON only when asked for, paging, filters, a token
check, 404 for what is unknown. `faults` make it misbehave.
"""

from __future__ import annotations

import hmac
import json
import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ssl import SSLContext, SSLError
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from retrovue.demo.state import TYPES, Row, Section, State

TOKEN = "demo-token-1902"  # noqa: S105  (it opens nothing but the stand-in)


@dataclass
class Request:
    """What was asked."""

    path: str
    params: dict[str, str]
    headers: dict[str, str]


@dataclass
class Response:
    """What is answered. A document is rendered as JSON unless `body` is set; `drop` closes the connection."""

    status: int = 200
    document: Any = None
    body: bytes | None = None
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    drop: bool = False


Effect = Callable[[Request, Response], Response | None]


@dataclass
class Fault:
    """A misbehaviour: on paths that hold `match`, `effect` may change the response. `times` None: always."""

    match: str
    effect: Effect
    times: int | None = None
    skip: int = 0

    def applies(self, request: Request) -> bool:
        """Whether it acts on this request; counts."""
        if self.match not in request.path or self.times == 0:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


class StandIn:
    """A stand-in server, running in threads of this process while used as a context manager."""

    def __init__(
        self, state: State, *, token: str = TOKEN, port: int = 0, tls: SSLContext | None = None
    ) -> None:
        self.state = state
        self.token = token
        self.faults: list[Fault] = []
        self.requests: list[Request] = []
        self._http = ThreadingHTTPServer(("127.0.0.1", port), _handler(self))
        self._http.daemon_threads = True
        self._scheme = "http" if tls is None else "https"
        if tls is not None:
            # The handshake is left to the threads of the connections, so that a bad one stops nobody.
            self._http.socket = tls.wrap_socket(
                self._http.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """Its address."""
        return f"{self._scheme}://127.0.0.1:{self._http.server_address[1]}"

    def start(self) -> StandIn:
        """Begins to answer."""
        self._thread.start()
        return self

    def stop(self) -> None:
        """Ends."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def __enter__(self) -> StandIn:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def fault(self, match: str, effect: Effect, *, times: int | None = None, skip: int = 0) -> Fault:
        """Makes it misbehave from now on."""
        made = Fault(match, effect, times, skip)
        self.faults.append(made)
        return made

    def respond(self, request: Request) -> Response:
        """The answer to a request, faults included."""
        with self.state.lock:
            self.requests.append(request)
            faults = [fault for fault in self.faults if fault.applies(request)]
            response = self._route(request)
        for fault in faults:
            response = fault.effect(request, response) or response
        return response

    def _route(self, request: Request) -> Response:
        parts = [unquote(part) for part in request.path.strip("/").split("/")]
        state = self.state
        if parts == ["identity"]:
            about = {
                "size": 0,
                "claimed": True,
                "machineIdentifier": state.machine_identifier,
                "version": state.version,
            }
            return container(about)
        given = request.headers.get("x-plex-token", "")
        if not hmac.compare_digest(given.encode(), self.token.encode()):
            page = (
                b"<html><head><title>Unauthorized</title></head><body><h1>401 Unauthorized</h1></body></html>"
            )
            return Response(401, body=page, headers={"Content-Type": "text/html"})
        match parts:
            case ["library", "sections"] | ["library", "sections", "all"]:
                rows = [_section_row(section) for section in state.sections.values()]
                return container({"size": len(rows), "Directory": rows} if rows else {"size": 0})
            case ["library", "sections", key, "all"] if key in state.sections:
                return _listing(state.sections[key], request)
            case ["library", "metadata", keys]:
                return _metadata(state, keys.split(","))
            case ["activities"]:
                return _rows({"Activity": state.activities})
            case ["status", "sessions"]:
                return _rows({"Metadata": state.sessions})
        return Response(
            404,
            body=b"<html><body><h1>404 Not Found</h1></body></html>",
            headers={"Content-Type": "text/html"},
        )


def container(content: dict[str, Any]) -> Response:
    """An answer that holds a MediaContainer."""
    return Response(document={"MediaContainer": content})


def _rows(content: dict[str, list[Row]]) -> Response:
    (name, rows), *_ = content.items()
    return container({"size": len(rows), name: rows} if rows else {"size": 0})


def _section_row(section: Section) -> Row:
    return {
        "key": section.key,
        "uuid": section.uuid,
        "title": section.title,
        "type": section.type,
        "agent": f"tv.plex.agents.{section.type}",
        "scanner": "Plex",
        "language": "en-US",
        "refreshing": section.refreshing,
        "Location": [{"id": int(section.key), "path": section.path}],
    }


def _listing(section: Section, request: Request) -> Response:
    main = {"movie": 1, "show": 2}.get(section.type, 8)
    wanted = TYPES.get(int(request.params.get("type", main)), "")
    rows = [row for row in section.of_type(wanted) if _passes(row, request.params)]
    about: dict[str, Any] = {
        "allowSync": True,
        "identifier": "com.plexapp.plugins.library",
        "librarySectionID": int(section.key),
        "librarySectionTitle": section.title,
        "librarySectionUUID": section.uuid,
    }
    start, size = _paging(request)
    shown = rows
    if size is not None:
        shown = rows[start : start + size]
        about |= {"totalSize": len(rows), "offset": start}
    if request.params.get("includeGuids") != "1":
        shown = [{name: value for name, value in row.items() if name != "Guid"} for row in shown]
    about["size"] = len(shown)
    return container({**about, "Metadata": shown} if shown else about)


def _paging(request: Request) -> tuple[int, int | None]:
    def value(name: str) -> str | None:
        return request.headers.get(name.lower(), request.params.get(name))

    size = value("X-Plex-Container-Size")
    return int(value("X-Plex-Container-Start") or 0), None if size is None else int(size)


def _passes(row: Row, params: dict[str, str]) -> bool:
    for name, value in params.items():
        if name.endswith(">>") and not row.get(name[:-2], -1) > int(value):
            return False
    return True


def _metadata(state: State, keys: list[str]) -> Response:
    found = [
        {
            **_detailed(section.rows[key]),
            "librarySectionID": int(section.key),
            "librarySectionUUID": section.uuid,
        }
        for key in keys
        for section in state.sections.values()
        if key in section.rows
    ]
    if not found:
        return Response(
            404,
            body=b"<html><body><h1>404 Not Found</h1></body></html>",
            headers={"Content-Type": "text/html"},
        )
    return container({"size": len(found), "allowSync": True, "Metadata": found})


def _detailed(row: Row) -> Row:
    """A row as a detail answer gives it: with streams, and with ids on its tags."""
    detailed = dict(row)
    if isinstance(row.get("Media"), list):
        detailed["Media"] = [_with_streams(version) for version in row["Media"]]
    for name in ("Genre", "Director", "Label", "Collection"):
        if isinstance(row.get(name), list):
            detailed[name] = [
                {"id": 1000 + n, "filter": f"{name.lower()}={1000 + n}", **tag}
                for n, tag in enumerate(row[name])
            ]
    if isinstance(row.get("duration"), int):
        detailed["Chapter"] = [
            {"id": 1, "tag": "", "index": 1, "startTimeOffset": 0, "endTimeOffset": row["duration"]}
        ]
    return detailed


def _with_streams(version: Row) -> Row:
    streams = [
        {
            "id": 1,
            "streamType": 1,
            "codec": version.get("videoCodec"),
            "width": version.get("width"),
            "default": True,
        },
        {"id": 2, "streamType": 2, "codec": version.get("audioCodec"), "channels": 2, "language": "English"},
    ]
    return {**version, "Part": [{**part, "Stream": streams} for part in version.get("Part", [])]}


def _handler(stand_in: StandIn) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 20
        disable_nagle_algorithm = True

        def handle(self) -> None:
            try:
                super().handle()
            except (SSLError, ConnectionError):
                self.close_connection = True  # a client that does not trust us, or that went away

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            params = dict(parse_qsl(url.query, keep_blank_values=True))
            headers = {name.lower(): value for name, value in self.headers.items()}
            response = stand_in.respond(Request(url.path, params, headers))
            if response.drop:
                self.close_connection = True
                return
            self._send(response, wants_json="json" in headers.get("accept", ""))

        def _send(self, response: Response, *, wants_json: bool) -> None:
            headers = dict(response.headers)
            if response.body is not None:
                body = response.body
            elif wants_json:
                body = json.dumps(response.document).encode()
            else:
                body, headers["Content-Type"] = _xml(response.document), "text/xml;charset=utf-8"
            self.send_response_only(response.status)
            headers.setdefault("Date", formatdate(usegmt=True))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("X-Plex-Protocol", "1.0")
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  (the base class's name)
            """Nothing: the stand-in's talk is of no use, and could hold tokens."""

    return Handler


_XML_NAMES = {"movie": "Video", "episode": "Video", "show": "Directory", "season": "Directory"}


def _xml(document: Any) -> bytes:
    root = _element("MediaContainer", document["MediaContainer"])
    text: str = ET.tostring(root, encoding="unicode")
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + text.encode()


def _element(name: str, content: dict[str, Any]) -> ET.Element:
    element = ET.Element(name)
    for key, value in content.items():
        if isinstance(value, list):
            for inner in value:
                child = _XML_NAMES.get(inner.get("type", ""), key) if key == "Metadata" else key
                element.append(_element(child, inner))
        else:
            element.set(key, str(int(value)) if isinstance(value, bool) else str(value))
    return element
