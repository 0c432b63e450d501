"""What the stand-in server holds: libraries and items, which can be changed while it runs."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from retrovue.demo.library import FILMS, SERIALS, Film, Serial

Row = dict[str, Any]
_BORN = 1_700_000_000
TYPES = {1: "movie", 2: "show", 3: "season", 4: "episode"}


@dataclass
class Section:
    """A library: its rows by rating key, in the order of their keys."""

    key: str
    uuid: str
    title: str
    type: str
    path: str
    refreshing: bool = False
    rows: dict[str, Row] = field(default_factory=dict)

    def of_type(self, name: str) -> list[Row]:
        """The rows of a type in the order of `sort=id`."""
        return sorted(
            (row for row in self.rows.values() if row["type"] == name), key=lambda row: int(row["ratingKey"])
        )


class State:
    """A server's contents. Every method is safe to call while the server answers."""

    def __init__(self, machine_identifier: str = "demo-0000000000000000000000000000000000000000") -> None:
        self.machine_identifier = machine_identifier
        self.version = "1.43.0.9999-demo"
        self.sections: dict[str, Section] = {}
        self.activities: list[Row] = []
        self.sessions: list[Row] = []
        self.lock = threading.RLock()
        self._next_key = 101
        self._clock = _BORN

    def add_section(self, key: str, title: str, kind: str, path: str, uuid: str | None = None) -> Section:
        """Adds an empty library."""
        with self.lock:
            made = (
                uuid
                or hashlib.sha1(
                    f"{self.machine_identifier}{key}{title}".encode(), usedforsecurity=False
                ).hexdigest()
            )
            self.sections[key] = Section(key, made, title, kind, path)
            return self.sections[key]

    def tick(self) -> int:
        """A later second than any before, for addedAt and updatedAt."""
        self._clock += 60
        return self._clock

    def set_clock(self, seconds: int) -> None:
        """What happens from now on happened at this epoch second or later."""
        self._clock = max(self._clock, seconds)

    def add_row(self, section: str, row: Row) -> str:
        """Adds a row, with a new key unless it has one; its key."""
        with self.lock:
            key = str(row.get("ratingKey") or self._new_key())
            now = self.tick()
            stored = {
                "ratingKey": key,
                "key": f"/library/metadata/{key}",
                "addedAt": now,
                "updatedAt": now,
                **row,
            }
            self.sections[section].rows[key] = stored
            return key

    def _new_key(self) -> int:
        key = self._next_key
        self._next_key += 1
        return key

    def add_film(self, section: str, film: Film) -> str:
        """Adds a film with one file; its key."""
        folder = f"{self.sections[section].path}/{film.title} ({film.year})"
        guid = _guid("movie", film.imdb)
        return self.add_row(
            section,
            {
                "type": "movie",
                "title": film.title,
                "guid": guid,
                "year": film.year,
                "summary": f"A film by {film.director} of {film.year}.",
                "duration": film.minutes * 60_000,
                "originallyAvailableAt": f"{film.year}-01-01",
                "Guid": [{"id": f"imdb://{film.imdb}"}],
                "Genre": [{"tag": genre} for genre in film.genres],
                "Director": [{"tag": film.director}],
                "Media": [media(f"{folder}/{film.title} ({film.year}).mkv", film.minutes)],
            },
        )

    def add_serial(self, section: str, serial: Serial) -> str:
        """Adds a serial with its seasons and chapters; the key of the show."""
        show_guid = _guid("show", serial.imdb)
        show = self.add_row(
            section,
            {
                "type": "show",
                "title": serial.title,
                "guid": show_guid,
                "year": serial.year,
                "studio": serial.studio,
                "summary": f"A serial of {serial.studio}.",
                "childCount": len(serial.seasons),
                "leafCount": sum(map(len, serial.seasons)),
                "Guid": [{"id": f"imdb://{serial.imdb}"}],
                "Genre": [{"tag": genre} for genre in serial.genres],
            },
        )
        for number, chapters in enumerate(serial.seasons, 1):
            season = self.add_season(section, show, number)
            for position, title in enumerate(chapters, 1):
                self.add_episode(section, season, position, title, minutes=serial.minutes)
        return show

    def add_season(self, section: str, show: str, number: int) -> str:
        """Adds a season to a show; its key."""
        parent = self.sections[section].rows[show]
        return self.add_row(
            section,
            {
                "type": "season",
                "title": f"Season {number}",
                "guid": _guid("season", f"{parent['guid']}/{number}"),
                "index": number,
                "parentRatingKey": show,
                "parentTitle": parent["title"],
                "parentGuid": parent["guid"],
            },
        )

    def add_episode(self, section: str, season: str, number: int, title: str, *, minutes: int = 20) -> str:
        """Adds an episode to a season; its key."""
        parent = self.sections[section].rows[season]
        show = self.sections[section].rows[parent["parentRatingKey"]]
        name = f"{show['title']} - S{parent['index']:02d}E{number:02d} - {title}.mkv"
        path = f"{self.sections[section].path}/{show['title']}/Season {parent['index']:02d}/{name}"
        return self.add_row(
            section,
            {
                "type": "episode",
                "title": title,
                "guid": _guid("episode", f"{parent['guid']}/{number}"),
                "index": number,
                "parentIndex": parent["index"],
                "parentRatingKey": season,
                "grandparentRatingKey": parent["parentRatingKey"],
                "parentTitle": parent["title"],
                "grandparentTitle": show["title"],
                "duration": minutes * 60_000,
                "Media": [media(path, minutes)],
            },
        )

    def edit(self, key: str, **fields: Any) -> Row:
        """Changes fields of a row and moves its updatedAt, unless that is given; None takes a field away."""
        with self.lock:
            row = self.row(key)
            row["updatedAt"] = self.tick()
            for name, value in fields.items():
                if value is None:
                    row.pop(name, None)
                else:
                    row[name] = value
            return row

    def remove(self, *keys: str) -> None:
        """Takes rows out of their libraries."""
        with self.lock:
            for section in self.sections.values():
                for key in keys:
                    section.rows.pop(key, None)

    def rekey(self, key: str) -> str:
        """Gives a row another rating key, as a re-added file gets one; the new key."""
        with self.lock:
            section = next(s for s in self.sections.values() if key in s.rows)
            row = section.rows.pop(key)
            made = str(self._new_key())
            row |= {"ratingKey": made, "key": f"/library/metadata/{made}"}
            section.rows[made] = row
            return made

    def row(self, key: str) -> Row:
        """The row of a key."""
        return next(section.rows[key] for section in self.sections.values() if key in section.rows)

    def keys(self, section: str, kind: str) -> list[str]:
        """The keys of a library's rows of a type, in listing order."""
        return [row["ratingKey"] for row in self.sections[section].of_type(kind)]

    def find(self, predicate: Callable[[Row], bool]) -> Iterable[Row]:
        """All rows that fit."""
        return [row for section in self.sections.values() for row in section.rows.values() if predicate(row)]


def media(path: str, minutes: int) -> Row:
    """A version of one file. Ids and sizes are made of the path, so that they are the same every time."""
    number = int(hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest()[:7], 16)
    container = path.rpartition(".")[2]
    return {
        "id": number,
        "duration": minutes * 60_000,
        "bitrate": 2000 + number % 3000,
        "width": 720,
        "height": 480,
        "audioChannels": 2,
        "audioCodec": "aac",
        "videoCodec": "h264",
        "videoResolution": "480",
        "container": container,
        "videoFrameRate": "24p",
        "Part": [
            {
                "id": number + 1,
                "key": f"/library/parts/{number + 1}/{_BORN}/file.{container}",
                "duration": minutes * 60_000,
                "file": path,
                "size": minutes * 15_000_000 + number,
                "container": container,
            }
        ],
    }


def _guid(kind: str, seed: str) -> str:
    return f"plex://{kind}/{hashlib.sha1(seed.encode(), usedforsecurity=False).hexdigest()[:24]}"


def public_domain() -> State:
    """A server with the films and serials of `retrovue.demo.library`, and a music library that is not catalogued."""
    state = State()
    state.add_section("1", "Movies", "movie", "/media/movies")
    state.add_section("2", "TV Shows", "show", "/media/tv")
    state.add_section("3", "Music", "artist", "/media/music")
    for film in FILMS:
        state.add_film("1", film)
    for serial in SERIALS:
        state.add_serial("2", serial)
    return state
