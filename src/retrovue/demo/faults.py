"""Ways in which a server misbehaves, for `StandIn.fault`."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from retrovue.demo.server import Effect, Request, Response
from retrovue.demo.state import State


def html(status: int, *, retry_after: str | None = None) -> Effect:
    """An HTML page in the place of an answer."""
    headers = {"Content-Type": "text/html"} | ({"Retry-After": retry_after} if retry_after else {})
    body = f"<html><body><h1>{status}</h1></body></html>".encode()
    return lambda _request, _response: Response(status, body=body, headers=headers)


def raw(body: bytes, content_type: str = "application/json", status: int = 200) -> Effect:
    """These bytes in the place of an answer."""
    return lambda _request, _response: Response(status, body=body, headers={"Content-Type": content_type})


def cut_short(_request: Request, response: Response) -> Response:
    """JSON that ends in the middle."""
    import json

    whole = json.dumps(response.document).encode()
    return Response(body=whole[: len(whole) // 2])


def drop(_request: Request, _response: Response) -> Response:
    """The connection is closed without an answer."""
    return Response(drop=True)


def slow(seconds: float) -> Effect:
    """An answer that takes its time."""

    def effect(_request: Request, _response: Response) -> None:
        time.sleep(seconds)

    return effect


def slow_above(rows: int, seconds: float) -> Effect:
    """Pages of more rows than this take their time."""

    def effect(request: Request, _response: Response) -> None:
        if int(request.params.get("X-Plex-Container-Size", 0)) > rows:
            time.sleep(seconds)

    return effect


def redirect(target: str) -> Effect:
    """Sends elsewhere."""
    return lambda _request, _response: Response(302, body=b"", headers={"Location": target})


def changed(change: Callable[[dict[str, Any]], None]) -> Effect:
    """A 200 answer whose MediaContainer is changed before it is sent. Rows are copies and may be changed too."""

    def effect(_request: Request, response: Response) -> Response | None:
        if response.document is None:
            return None
        content = dict(response.document["MediaContainer"])
        if "Metadata" in content:
            content["Metadata"] = [dict(row) for row in content["Metadata"]]
        change(content)
        return Response(document={"MediaContainer": content})

    return effect


def without(*keys: str) -> Effect:
    """Rows with these keys are left out of what is sent; totals stay."""

    def leave_out(content: dict[str, Any]) -> None:
        rows = [row for row in content.get("Metadata", []) if row.get("ratingKey") not in keys]
        content["size"] = len(rows)
        if rows:
            content["Metadata"] = rows
        else:
            content.pop("Metadata", None)

    return changed(leave_out)


def meanwhile(state: State, change: Callable[[State], None]) -> Effect:
    """Something happens on the server right after the answer was made."""

    def effect(_request: Request, _response: Response) -> None:
        change(state)

    return effect


def empty_above(rows: int) -> Effect:
    """Pages of more rows than this come back empty."""

    def effect(request: Request, response: Response) -> Response | None:
        if int(request.params.get("X-Plex-Container-Size", 0)) <= rows or response.document is None:
            return None
        content = {
            key: value for key, value in response.document["MediaContainer"].items() if key != "Metadata"
        }
        return Response(document={"MediaContainer": {**content, "size": 0}})

    return effect
