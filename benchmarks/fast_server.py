"""A stand-in that serves pre-rendered bytes, so that a benchmark measures the client and not the server.

`python -m benchmarks.fast_server SPEC` prints its address and serves until its standard input closes.
"""

from __future__ import annotations

import json
import sys
import threading
import xml.etree.ElementTree as ET
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from retrovue.demo.server import _element

TOKEN = "benchmark-token"
TYPES = {"1": "movie", "2": "show", "3": "season", "4": "episode"}
Row = dict[str, Any]


def film(number: int, note: str = "") -> Row:
    """A row of the size of a real one: about 2.1 kB of compact JSON."""
    title = f"Film number {number}{note}"
    return {
        **_common(number, "movie", title),
        "studio": "The Studio Company",
        "contentRating": "nl/14",
        "year": 1900 + number % 120,
        "tagline": "The far out story of the far west",
        "originallyAvailableAt": "1963-12-21",
        "Media": [_media(f"/Movies/{title} (1963)/{title} (1963).mkv", number)],
        "Guid": [{"id": f"imdb://tt{number:07d}"}, {"id": f"tmdb://{number}"}, {"id": f"tvdb://{number}"}],
        "Genre": [{"tag": "Comedy"}, {"tag": "Western"}],
        "Country": [{"tag": "United States of America"}],
        "Director": [{"tag": "Robert Somebody"}],
        "Writer": [{"tag": "W. R. Somebody"}],
        "Role": [{"tag": "Frank A"}, {"tag": "Dean B"}, {"tag": "Anita C"}],
    }


def episode(number: int, show: int, season_key: int, note: str = "") -> Row:
    """A row of about 2.2 kB."""
    title = f"Episode number {number}{note}"
    return {
        **_common(number, "episode", title),
        "parentRatingKey": str(season_key),
        "grandparentRatingKey": str(show),
        "parentTitle": "Season 1",
        "grandparentTitle": f"Show {show}",
        "index": number % 25 + 1,
        "parentIndex": 1 + (number // 25) % 2,
        "contentRating": "TV-MA",
        "year": 1997,
        "originallyAvailableAt": "2016-11-30",
        "Media": [_media(f"/TV/Show {show}/Season 01/Show {show} - {title}.mkv", number)],
        "Guid": [{"id": f"imdb://tt{number:07d}"}, {"id": f"tvdb://{number}"}],
    }


def _common(number: int, kind: str, title: str) -> Row:
    return {
        "ratingKey": str(number),
        "key": f"/library/metadata/{number}",
        "guid": f"plex://{kind}/{number:024x}",
        "slug": title.lower().replace(" ", "-"),
        "type": kind,
        "title": title,
        "summary": "In the 1870s, two rival business people are on a stagecoach and must pull together. " * 4,
        "rating": 1.1,
        "audienceRating": 3.6,
        "thumb": f"/library/metadata/{number}/thumb/1733633798",
        "art": f"/library/metadata/{number}/art/1733633798",
        "duration": 6_908_735,
        "addedAt": 1_586_886_369 + number,
        "updatedAt": 1_600_000_000,
        "Image": [
            {"alt": title, "type": "coverPoster", "url": f"/library/metadata/{number}/thumb/1733633798"},
            {"alt": title, "type": "background", "url": f"/library/metadata/{number}/art/1733633798"},
        ],
        "UltraBlurColors": {
            "topLeft": "0b0b0b",
            "topRight": "232222",
            "bottomRight": "030403",
            "bottomLeft": "101110",
        },
    }


def _media(path: str, number: int) -> Row:
    return {
        "id": number, "duration": 6_908_735, "bitrate": 1694, "width": 640, "height": 368, "aspectRatio": 1.78,
        "audioChannels": 1, "audioCodec": "ac3", "videoCodec": "mpeg4", "videoResolution": "sd", "container": "mkv",
        "videoFrameRate": "24p", "videoProfile": "advanced simple", "hasVoiceActivity": False,
        "Part": [
            {"id": number, "key": f"/library/parts/{number}/1586877036/file.mkv", "duration": 6_908_735, "file": path,
             "size": 1_468_592_128 + number, "container": "mkv", "indexes": "sd", "videoProfile": "advanced simple"}
        ],
    }  # fmt: skip


def rows_of(kind: str, count: int) -> dict[str, list[Row]]:
    """All rows of a library by type: `count` films, or `count` episodes of 50 a show in seasons of 25."""
    if kind == "movie":
        return {"movie": [film(n) for n in range(1, count + 1)]}
    shows, seasons, episodes = count // 50, count // 25, count
    first_season, first_episode = shows + 1, shows + seasons + 1
    return {
        "show": [{**film(n), "type": "show", "Media": [], "guid": f"plex://show/{n:024x}"} for n in range(1, shows + 1)],
        "season": [
            {"ratingKey": str(first_season + n), "type": "season", "title": f"Season {n % 2 + 1}", "index": n % 2 + 1,
             "guid": f"plex://season/{n:024x}", "parentRatingKey": str(n // 2 + 1), "parentTitle": f"Show {n // 2 + 1}",
             "addedAt": 1_586_886_369 + n}
            for n in range(seasons)
        ],
        "episode": [episode(first_episode + n, n // 50 + 1, first_season + n // 25) for n in range(episodes)],
    }  # fmt: skip


class Content:
    """Rendered rows by type, as JSON and as XML."""

    def __init__(self, kind: str, count: int) -> None:
        self.kind = kind
        self.json: dict[str, list[bytes]] = {}
        self.xml: dict[str, list[bytes]] = {}
        for name, rows in rows_of(kind, count).items():
            self.json[name] = [_json(row) for row in rows]
            self.xml[name] = [_xml(row) for row in rows] if name in {"movie", "episode"} else []
        self._first = {name: int(json.loads(rows[0])["ratingKey"]) for name, rows in self.json.items()}

    def touch(self, every: int) -> None:
        """Changes one row in so many: a title, as an edit in Plex would, and its updatedAt."""
        name = "movie" if self.kind == "movie" else "episode"
        for position in range(0, len(self.json[name]), every):
            row = json.loads(self.json[name][position])
            row |= {"title": row["title"] + " (changed)", "updatedAt": row["updatedAt"] + 1}
            self.json[name][position] = _json(row)

    def listing(self, params: dict[str, str], as_json: bool, headers: dict[str, str]) -> bytes:
        """The answer to a listing."""
        name = TYPES[params.get("type", "1")]
        start = int(headers.get("x-plex-container-start", params.get("X-Plex-Container-Start", 0)))
        size = int(headers.get("x-plex-container-size", params.get("X-Plex-Container-Size", 1000)))
        if any(key.endswith(">>") for key in params):
            rows: list[bytes] = []
            total = 0
        else:
            every = (self.json if as_json else self.xml)[name]
            rows, total = every[start : start + size], len(every)
        if as_json:
            head = {
                "size": len(rows), "totalSize": total, "offset": start, "librarySectionID": 1,
                "librarySectionUUID": f"uuid-{self.kind}",
            }  # fmt: skip
            text = json.dumps(head)[:-1].encode()
            return b'{"MediaContainer":' + text + b',"Metadata":[' + b",".join(rows) + b"]}}"
        return (
            f'<MediaContainer size="{len(rows)}" totalSize="{total}" offset="{start}" librarySectionID="1">'.encode()
            + b"".join(rows) + b"</MediaContainer>"
        )  # fmt: skip

    def about(self, path: str, as_json: bool) -> bytes:
        """The answer to anything else."""
        if path == "/identity":
            body: Row = {"machineIdentifier": "benchmark", "version": "1.43", "claimed": True}
        elif path.startswith("/library/sections"):
            section = {"key": "1", "uuid": f"uuid-{self.kind}", "title": "Library", "type": self.kind, "refreshing": False,
                       "agent": "tv.plex.agents.movie", "Location": [{"id": 1, "path": "/Movies"}]}  # fmt: skip
            body = {"size": 1, "Directory": [section]}
        elif path == "/":
            body = {
                "machineIdentifier": "benchmark",
                "friendlyName": "Benchmark",
                "version": "1.43",
                "size": 0,
            }
        else:
            body = {"size": 0}
        return (
            json.dumps({"MediaContainer": body}).encode()
            if as_json
            else ET.tostring(_element("MediaContainer", body))
        )


def _json(row: Row) -> bytes:
    return json.dumps(row, separators=(",", ":")).encode()


def _xml(row: Row) -> bytes:
    plain = {key: value for key, value in row.items() if key != "UltraBlurColors"}
    return ET.tostring(_element("Video", plain))


def serve(kind: str, count: int) -> None:
    """Serves until standard input closes; a line `touch N` changes one row in N."""
    content = Content(kind, count)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            as_json = "json" in headers.get("accept", "")
            path = url.path.rstrip("/") or "/"
            if path.endswith("/all") and path != "/library/sections/all":
                body = content.listing(dict(parse_qsl(url.query)), as_json, headers)
            else:
                body = content.about(path, as_json)
            self.send_response(200)
            self.send_header("Content-Type", "application/json" if as_json else "text/xml;charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}", flush=True)
    for line in sys.stdin:
        content.touch(int(line.split()[1]))
        print("touched", flush=True)
    server.shutdown()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
