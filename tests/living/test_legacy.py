"""Coming from RetroVue 1.2.x: real databases of the described schema, whole, empty, damaged, and of something else."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from cli_runner import Cli
from retrovue.demo.server import StandIn
from retrovue.errors import Conflict, NotFound, StorageError
from retrovue.model.sync import SyncOptions
from worlds import World

SCHEMA = """
CREATE TABLE plex_servers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, base_url TEXT NOT NULL, {token}
    created_at TEXT, updated_at TEXT);
CREATE TABLE libraries (id INTEGER PRIMARY KEY, server_id INTEGER NOT NULL, plex_library_key TEXT NOT NULL,
    title TEXT NOT NULL, library_type TEXT NOT NULL, {enabled} created_at TEXT, updated_at TEXT);
CREATE TABLE path_mappings (id INTEGER PRIMARY KEY, server_id INTEGER NOT NULL, library_id INTEGER NOT NULL,
    plex_path TEXT NOT NULL, local_path TEXT NOT NULL, created_at TEXT, updated_at TEXT);
CREATE TABLE shows (id INTEGER PRIMARY KEY, server_id INTEGER NOT NULL, library_id INTEGER NOT NULL,
    plex_rating_key TEXT NOT NULL, title TEXT NOT NULL);
CREATE TABLE content_items (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, title TEXT);
CREATE TABLE content_editorial (content_item_id INTEGER PRIMARY KEY, override_title TEXT, override_synopsis TEXT);
CREATE TABLE media_files (id INTEGER PRIMARY KEY, plex_rating_key TEXT NOT NULL, file_path TEXT NOT NULL);
CREATE TABLE channels (id INTEGER PRIMARY KEY, name TEXT);
"""


def old_database(path: Path, url: str, token: str, *, version: str = "1.2.3") -> Path:
    """A database of RetroVue 1.2.x with a server, three libraries, mappings and some content."""
    first = version == "1.2"
    with closing(sqlite3.connect(path)) as old, old:
        old.executescript(
            SCHEMA.format(
                token="" if first else "token TEXT NOT NULL,",
                enabled="" if first else "sync_enabled INTEGER NOT NULL,",
            )
        )
        if first:
            old.execute("INSERT INTO plex_servers (id, name, base_url) VALUES (7, 'Home', ?)", (url,))
        else:
            old.execute(
                "INSERT INTO plex_servers (id, name, base_url, token) VALUES (7, 'Home', ?, ?)",
                (url + "/", token),
            )
        for ident, key, title, kind, enabled in (
            (1, "1", "Movies", "movie", 1),
            (2, "2", "TV Shows", "show", 0),
            (3, "99", "Gone", "movie", 1),
        ):
            extra = {} if first else {"sync_enabled": enabled}
            row = {
                "id": ident,
                "server_id": 7,
                "plex_library_key": key,
                "title": title,
                "library_type": kind,
                **extra,
            }
            marks = ", ".join(f":{name}" for name in row)
            old.execute(f"INSERT INTO libraries ({', '.join(row)}) VALUES ({marks})", row)
        old.executemany(
            "INSERT INTO path_mappings (server_id, library_id, plex_path, local_path) VALUES (7, ?, ?, ?)",
            [(1, "/media/movies", "/mnt/movies"), (1, "relative", "/mnt/x"), (3, "/gone", "/mnt/gone")],
        )
        old.executemany("INSERT INTO content_items (kind, title) VALUES ('movie', ?)", [("One",), ("Two",)])
        old.execute("INSERT INTO content_editorial VALUES (1, 'My own title', NULL)")
        old.execute("INSERT INTO channels (name) VALUES ('Retro TV')")
    return path


@pytest.fixture
def empty(cli: Cli) -> Cli:
    """A new RetroVue that knows no server."""
    return cli


def test_servers_libraries_mappings_and_tokens_come_over(empty: Cli, tmp_path: Path, server: StandIn) -> None:
    old = old_database(tmp_path / "old.db", server.url, server.token)
    before = old.read_bytes()
    found = empty.ok("import-legacy", str(old), "--json").json
    assert found["servers"] == ["Home"]
    assert found["libraries"] == ["Movies", "TV Shows"]
    assert found["mappings"] == 1
    assert found["counted"]["content_items"] == 2
    left = "\n".join(found["left"])
    for words in ("'Gone'", "relative", "/gone", "channels", "1 titles or summaries of your own"):
        assert words in left
    assert server.token not in json.dumps(found)
    assert old.read_bytes() == before, "the old database is only read"
    libraries = {
        lib["title"]: lib["enabled"]
        for lib in empty.ok("libraries", "list", "--json").json
        if lib["supported"]
    }
    assert libraries == {"Movies": True, "TV Shows": False}
    assert empty.ok("servers", "list", "--json").json[0]["token"] == "ok"
    assert empty.ok("sync", "Home", "--json").json[0]["added"] == 35
    again = empty.ok("import-legacy", str(old), "--json").json
    assert (again["servers"], again["mappings"]) == ([], 0)
    assert "known already" in "\n".join(again["left"])


def test_the_first_version_had_no_tokens(empty: Cli, tmp_path: Path, server: StandIn) -> None:
    old = old_database(tmp_path / "old.db", server.url, "", version="1.2")
    result = empty.ok("import-legacy", str(old))
    assert "no token" in result.err
    assert empty.ok("servers", "list", "--json").json == []


def test_a_server_that_is_away_is_left_out_and_comes_later(
    empty: Cli, tmp_path: Path, server: StandIn
) -> None:
    old = old_database(tmp_path / "old.db", "http://127.0.0.1:9", server.token)
    found = empty.ok("import-legacy", str(old), "--json").json
    assert found["servers"] == []
    assert "'Home'" in found["left"][-1]


def test_what_is_no_such_database_is_refused(films: World, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        films.rv.legacy.bring(tmp_path / "nothing.db")
    text = tmp_path / "text.db"
    text.write_text("this is no database " * 100)
    with pytest.raises(StorageError, match="cannot be read"):
        films.rv.legacy.bring(text)
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as made, made:
        made.execute("CREATE TABLE something (id INTEGER)")
    with pytest.raises(Conflict, match="no database of RetroVue"):
        films.rv.legacy.bring(other)
    with pytest.raises(Conflict, match="of this RetroVue"):
        films.rv.legacy.bring(films.data_dir / "retrovue.db")
    list(films.rv.sync.run([films.library], SyncOptions()))


def test_a_damaged_one_is_refused_before_anything_is_kept(films: World, tmp_path: Path) -> None:
    old = old_database(tmp_path / "old.db", "http://127.0.0.1:9", "x" * 20)
    with closing(sqlite3.connect(old)) as made, made:
        made.executemany(
            "INSERT INTO media_files (plex_rating_key, file_path) VALUES (?, ?)", [("1", "x" * 500)] * 400
        )
    data = bytearray(old.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20_000] = b"\xff" * 20_000
    old.write_bytes(bytes(data))
    with pytest.raises(StorageError):
        films.rv.legacy.bring(old)
    assert [one.name for one in films.rv.servers.list()] == ["Home"]
