"""The command line, as scripts rely on it: keys, exit codes, one document on standard output, no token anywhere."""

from __future__ import annotations

import csv
import io
import json
import os
from pathlib import Path

import pytest

from cli_runner import Cli
from retrovue.demo import faults

SYNC_KEYS = {
    "execution_id", "server", "library", "status", "reason", "dry_run", "depth", "complete", "scanned", "added",
    "updated", "removed", "restored", "unchanged", "errors", "removals_held", "requests", "bytes", "duration_ms",
}  # fmt: skip
EXPORT_KEYS = {
    "server", "library", "rating_key", "kind", "title", "year", "show_title", "season_number", "episode_number",
    "parent_rating_key", "duration_ms", "added_at", "updated_at", "originally_available_at", "content_rating", "summary",
    "guids", "genres", "labels", "collections", "files", "removed_at",
}  # fmt: skip
FILE_KEYS = {
    "version", "part", "plex_path", "local_path", "size_bytes", "container", "video_codec", "audio_codec", "width",
    "height", "bitrate_kbps", "duration_ms",
}  # fmt: skip
HISTORY_KEYS = {
    "id", "schedule", "server", "library", "due_at", "start_time", "end_time", "duration_ms", "status", "reason", "attempt",
    "dry_run", "depth", "items_scanned", "items_inserted", "items_updated", "items_removed", "errors", "removals_held",
}  # fmt: skip
SERVER_KEYS = {"id", "name", "url", "machine_identifier", "version", "reachable", "token", "libraries"}
LIBRARY_KEYS = {
    "id", "server", "key", "uuid", "title", "type", "supported", "enabled", "items", "last_sync_at", "last_complete_at",
}  # fmt: skip
SERVICE_KEYS = {
    "running", "state", "pid", "host", "started_at", "heartbeat_at", "version", "paused", "last_error",
    "executions_running", "next_run",
}  # fmt: skip


def test_add_gives_the_documented_keys(cli: Cli) -> None:
    added = cli.ok("servers", "add", "Home", cli.server.url, "--json").json
    assert added.keys() == SERVER_KEYS
    assert (added["name"], added["reachable"], added["token"]) == ("Home", True, "ok")
    (listed,) = cli.ok("servers", "list", "--json").json
    assert listed == {**added, "libraries": listed["libraries"]}


def test_token_by_file_and_standard_input(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = os.environ["RETROVUE_PLEX_TOKEN"]
    monkeypatch.delenv("RETROVUE_PLEX_TOKEN")
    assert cli("servers", "add", "Home", cli.server.url).code == 2
    file = tmp_path / "token"
    file.write_text(token + "\n")
    cli.ok("servers", "add", "Home", cli.server.url, "--token-file", str(file))
    cli.server.token = "second-token-1234"
    assert cli.ok("servers", "list", "--json").json[0]["token"] == "refused"
    monkeypatch.setattr("sys.stdin", io.StringIO("second-token-1234\n"))
    assert cli.ok("servers", "edit", "Home", "--token-stdin", "--json").json["token"] == "ok"
    stored = (cli.data_dir / "secrets.json").stat().st_mode
    assert stored & 0o077 == 0


def test_token_is_in_no_database_row(home: Cli) -> None:
    home.ok("sync", "Home")
    for path in home.data_dir.glob("retrovue.db*"):
        assert home.server.token.encode() not in path.read_bytes()


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://127.0.0.1:1", 1),
        ("nonsense://x", 2),
        ("http://", 2),
        ("http://127.0.0.1:99999", 2),
        ("http://127.0.0.1:1/?X-Plex-Token=abcdefgh", 2),
        ("http://me:secretpassword@127.0.0.1:1", 2),
    ],
)
def test_bad_addresses(cli: Cli, url: str, code: int) -> None:
    result = cli.fails("servers", "add", "Home", url, code=code)
    assert "secretpassword" not in result.err
    assert cli.ok("servers", "list", "--json").json == []


def test_wrong_token_adds_nothing(cli: Cli) -> None:
    cli.server.token = "not-that-one-now"
    assert "refuses the token" in cli.fails("servers", "add", "Home", cli.server.url).err
    assert cli.ok("servers", "list", "--json").json == []


def test_a_server_is_added_once(home: Cli) -> None:
    assert "known already" in home.fails("servers", "add", "Other", home.server.url).err
    assert "already" in home.fails("servers", "add", "home", "http://127.0.0.1:1").err


def test_editing_to_another_server_is_refused(home: Cli) -> None:
    home.server.state.machine_identifier = "somebody-else-" + "0" * 20
    home.fails("servers", "edit", "Home", "--url", home.server.url)


def test_renaming_and_removing(home: Cli) -> None:
    home.ok("sync", "Home", "Movies")
    assert home.ok("servers", "edit", "Home", "--name", "Den", "--json").json["name"] == "Den"
    gone = home.ok("servers", "remove", "Den", "--json").json
    assert (gone["name"], gone["items"]) == ("Den", 35)
    assert home.ok("libraries", "list", "--json").json == []
    (kept,) = home.ok("history", "list", "--json").json
    assert (kept["server"], kept["library"]) == ("Home", "Movies")


def test_servers_test_says_what_is_wrong(home: Cli) -> None:
    home.ok("servers", "test", "Home")
    home.server.token = "not-that-one-now"
    result = home("servers", "test", "Home", "--json")
    assert (result.code, result.json["token"]) == (1, "refused")


def test_libraries(home: Cli) -> None:
    found = home.ok("libraries", "list", "Home", "--json").json
    assert all(library.keys() == LIBRARY_KEYS for library in found)
    assert {library["title"]: library["supported"] for library in found} == {
        "Movies": True, "TV Shows": True, "Music": False,
    }  # fmt: skip
    assert home.ok("libraries", "disable", "Movies", "--json").json[0]["enabled"] is False
    assert [run["library"] for run in home.ok("sync", "Home", "--json").json] == ["TV Shows"]
    home.ok("libraries", "enable", "Movies")
    assert "not catalogued" in home.fails("libraries", "enable", "Music").err


def test_sync_gives_the_documented_keys(home: Cli) -> None:
    runs = home.ok("sync", "Home", "--json").json
    assert [entry["library"] for entry in runs] == ["Movies", "TV Shows"]
    assert all(entry.keys() == SYNC_KEYS for entry in runs)
    assert [entry["added"] for entry in runs] == [35, 48]


def test_sync_by_id_and_by_any_case(home: Cli) -> None:
    ident = next(x["id"] for x in home.ok("libraries", "list", "--json").json if x["title"] == "Movies")
    assert home.ok("sync", "1", str(ident), "--json").json[0]["library"] == "Movies"
    assert home.ok("sync", "HOME", "movies", "--json").json[0]["unchanged"] == 35


def test_sync_options(home: Cli) -> None:
    (dry,) = home.ok("sync", "Home", "Movies", "--dry-run", "--json").json
    assert (dry["dry_run"], dry["added"]) == (True, 35)
    assert home.ok("catalogue", "list", "--json").json == []
    (limited,) = home.ok("sync", "Home", "--kinds", "movie", "--limit", "3", "--json").json
    assert (limited["library"], limited["scanned"]) == ("Movies", 3)
    home.ok("sync", "Home")
    (quick,) = home.ok("sync", "Home", "Movies", "--depth", "quick", "--json").json
    assert quick["depth"] == "quick"


@pytest.mark.parametrize(
    "arguments",
    [
        ("sync", "Home", "--limit", "0"),
        ("sync", "Home", "--kinds", "music"),
        ("sync", "Home", "--depth", "deep"),
        ("sync",),
        ("nonsense",),
        ("history", "list", "--status", "odd"),
        ("history", "list", "--since", "yesterday-ish"),
        ("settings", "set", "sync.page_size", "0"),
        ("settings", "get", "no.such"),
    ],
)
def test_wrong_usage_is_2(home: Cli, arguments: tuple[str, ...]) -> None:
    result = home(*arguments)
    assert (result.code, result.out) == (2, "")
    assert result.err


def test_unknown_names_are_refused_with_what_to_do(home: Cli) -> None:
    assert "servers list" in home.fails("sync", "Nowhere").err
    assert "libraries list" in home.fails("sync", "Home", "Nothing").err
    assert "history list" in home.fails("history", "show", "77").err
    assert "catalogue list" in home.fails("catalogue", "show", "nothing").err


def test_a_name_that_is_not_unique_is_refused_with_the_candidates(home: Cli) -> None:
    home.server.state.add_section("8", "Movies", "movie", "/more")
    home.ok("libraries", "discover", "Home")
    err = home.fails("sync", "Home", "Movies").err
    assert err.count("(id ") == 2


def test_exit_codes_of_sync(home: Cli) -> None:
    home.ok("sync", "Home")
    state = home.server.state
    state.remove(*state.keys("1", "movie"))
    assert home("sync", "Home").code == 3
    music = next(x["id"] for x in home.ok("libraries", "list", "--json").json if x["title"] == "Music")
    assert home("sync", "Home", str(music)).code == 4
    assert home("sync", "Home", str(music), "Movies").code == 3
    fault = home.server.fault("/library/sections/2/", faults.html(500))
    result = home("sync", "Home", "--json")
    assert result.code == 1
    assert {entry["library"]: entry["status"] for entry in result.json} == {
        "Movies": "success",
        "TV Shows": "failed",
    }
    assert "cannot serve now" in result.err
    home.server.faults.remove(fault)


def test_removals(home: Cli) -> None:
    home.ok("sync", "Home")
    state = home.server.state
    state.remove(*state.keys("2", "episode")[:25])
    (held,) = [entry for entry in home("sync", "Home", "--json").json if entry["removals_held"]]
    (listed,) = home.ok("removals", "list", "--json").json
    assert listed.keys() == {"execution_id", "server", "library", "count", "percent", "held_at", "items"}
    assert (listed["execution_id"], listed["count"], len(listed["items"])) == (held["execution_id"], 25, 25)
    assert listed["items"][0].keys() == {"rating_key", "kind", "title"}
    assert "approve" in home.ok("removals", "list").err
    (approved,) = home.ok("removals", "approve", str(held["execution_id"]), "--json").json
    assert approved["removed"] == 25
    assert home.ok("removals", "list", "--json").json == []
    home.fails("removals", "approve", str(held["execution_id"]))
    home.fails("removals", "reject", "999")


def test_mappings(home: Cli, tmp_path: Path) -> None:
    home.ok("sync", "Home")
    films = home.server.state.sections["1"]
    for row in list(films.rows.values())[:5]:
        file = tmp_path / Path(row["Media"][0]["Part"][0]["file"]).relative_to("/media/movies")
        file.parent.mkdir(parents=True)
        file.touch()
    made = home.ok("mappings", "add", "Home", "/media/movies", str(tmp_path), "--json").json
    report = home.ok("mappings", "test", "Home", "--json").json
    assert (report["files"], report["resolved"], report["existing"]) == (76, 35, 5)
    assert report["worst_folders"][0]["files"] >= report["worst_folders"][-1]["files"]
    path = next(iter(films.rows.values()))["Media"][0]["Part"][0]["file"]
    assert home.ok("mappings", "test", "Home", path, "--json").json["exists"] is True
    assert home("mappings", "test", "Home", "/media/movies2/x.mkv", "--json").json["local_path"] is None
    home.fails("mappings", "add", "Home", "/media/movies/", "/elsewhere")
    home.fails("mappings", "add", "Home", "relative", "/elsewhere", code=2)
    home.ok("mappings", "remove", str(made["id"]))
    assert home.ok("mappings", "list", "--json").json == []


def test_export(home: Cli, tmp_path: Path) -> None:
    home.ok("sync", "Home")
    home.ok("mappings", "add", "Home", "/media/tv", "/mnt/tv", "--library", "TV Shows")
    lines = [json.loads(line) for line in home.ok("catalogue", "export").out.splitlines()]
    assert len(lines) == 83
    assert all(line.keys() == EXPORT_KEYS for line in lines)
    assert all(file.keys() == FILE_KEYS for line in lines for file in line["files"])
    episode = next(line for line in lines if line["title"] == "Secret Agent")
    assert (episode["show_title"], episode["season_number"], episode["episode_number"]) == ("Superman", 2, 8)
    assert episode["files"][0]["local_path"].startswith("/mnt/tv/Superman/")
    film = next(line for line in lines if line["title"] == "Nosferatu")
    assert film["files"][0]["local_path"] is None
    assert "imdb://tt0013442" in film["guids"]
    assert film["added_at"].endswith("Z")
    target = tmp_path / "out.csv"
    home.ok("catalogue", "export", "--format", "csv", "-o", str(target), "--kind", "movie")
    rows = list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))
    assert len(rows) == 35
    assert any(row["title"] == "狂った一頁" for row in rows)


def test_catalogue_list_show_stats_and_changes(home: Cli) -> None:
    home.ok("sync", "Home")
    found = home.ok("catalogue", "list", "--search", "NIGHT", "--json").json
    assert "Night of the Living Dead" in {item["title"] for item in found}
    assert [i["title"] for i in home.ok("catalogue", "list", "--search", "狂った", "--json").json] == [
        "狂った一頁"
    ]
    assert home.ok("catalogue", "list", "--search", "100%_", "--json").json == []
    first = home.ok("catalogue", "list", "--limit", "2", "--json").json
    second = home.ok("catalogue", "list", "--limit", "2", "--after", str(first[-1]["id"]), "--json").json
    assert not {i["id"] for i in first} & {i["id"] for i in second}
    shown = home.ok("catalogue", "show", str(first[0]["id"]), "--json").json
    assert shown["title"] == first[0]["title"]
    assert home.ok("catalogue", "show", shown["rating_key"], "--json").json["id"] == shown["id"]
    stats = {entry["library"]: entry for entry in home.ok("catalogue", "stats", "--json").json}
    assert stats["TV Shows"]["kinds"] == {"show": 3, "season": 4, "episode": 41}
    assert stats["Movies"]["files"] == 35
    changes = home.ok("catalogue", "changes", "--since", "1h", "--change", "added", "--json").json
    assert len(changes) == 83
    assert "More:" in home.ok("catalogue", "list").err


def test_history(home: Cli, tmp_path: Path) -> None:
    home.ok("sync", "Home")
    listed = home.ok("history", "list", "--json").json
    assert all(entry.keys() == HISTORY_KEYS for entry in listed)
    assert [entry["id"] for entry in listed] == sorted((e["id"] for e in listed), reverse=True)
    ident = str(listed[0]["id"])
    assert home.ok("history", "show", ident, "--json").json == listed[0]
    lines = home.ok("history", "log", ident, "--json").json
    assert lines
    assert all(line.keys() == {"at", "level", "message"} for line in lines)
    assert "scanned" in home.ok("history", "log", ident, "--follow").out
    assert len(home.ok("history", "export").out.splitlines()) == 2
    target = tmp_path / "history.csv"
    home.ok("history", "export", "--format", "csv", "-o", str(target))
    assert len(list(csv.DictReader(io.StringIO(target.read_text(encoding="utf-8"))))) == 2
    home.fails("history", "cancel", ident)
    assert home.ok("history", "prune", "--json").json == {"executions": 0, "changes": 0}
    assert home.ok("history", "list", "--until", "2020-01-01", "--json").json == []


def test_status_gives_the_documented_keys(home: Cli) -> None:
    home.server.fault("/library/sections/1/", faults.html(500))
    home("sync", "Home", "Movies")
    status = home.ok("status", "--json").json
    assert status.keys() == {"service", "running", "next", "failed_recently", "removals_held"}
    assert status["service"].keys() == SERVICE_KEYS
    assert status["failed_recently"][0]["library"] == "Movies"
    assert "Failed" in home.ok("status").err


def test_settings(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cli.ok("settings", "get", "sync.page_size").out == "1000\n"
    changed = cli.ok("settings", "set", "sync.page_size", "500", "--json").json
    assert (changed["value"], changed["origin"]) == (500, "table")
    monkeypatch.setenv("RETROVUE_SYNC_PAGE_SIZE", "250")
    assert cli.ok("settings", "get", "sync.page_size", "--json").json["origin"] == "environment"
    assert "environment" in cli.fails("settings", "set", "sync.page_size", "9").err
    (cli.data_dir / "retrovue.toml").write_text("[removals]\nbrake_items = 7\n")
    listed = {entry["key"]: entry for entry in cli.ok("settings", "list", "--json").json}
    assert (listed["removals.brake_items"]["value"], listed["removals.brake_items"]["origin"]) == (7, "file")
    cli.fails("settings", "set", "database.url", "sqlite:////x")
    (cli.data_dir / "retrovue.toml").write_text("[removals\n")
    cli.fails("status", code=2)


def test_backup_and_restore(home: Cli, tmp_path: Path) -> None:
    home.ok("sync", "Home")
    copy = tmp_path / "copy.db"
    assert home.ok("backup", str(copy), "--json").json["file"] == str(copy)
    home.fails("backup", str(copy))
    home.ok("servers", "remove", "Home")
    home.ok("restore", str(copy))
    assert len(home.ok("catalogue", "list", "--json").json) == 83
    (tmp_path / "letter").write_text("Dear Sir")
    home.fails("restore", str(tmp_path / "letter"))


def test_control_characters_do_not_reach_the_terminal(home: Cli) -> None:
    home.server.state.edit(home.server.state.keys("1", "movie")[0], title="Evil\x1b[2J\u202egnihton")
    home.ok("sync", "Home", "Movies")
    out = home.ok("catalogue", "list").out
    assert "\x1b" not in out
    assert "\u202e" not in out


def test_empty_tables_say_what_to_do(cli: Cli) -> None:
    for command, words in (
        (("servers", "list"), "servers add"),
        (("libraries", "list"), "libraries discover"),
        (("mappings", "list"), "mappings add"),
        (("catalogue", "list"), "retrovue sync"),
        (("history", "list"), "retrovue sync"),
    ):
        assert words in cli.ok(*command).out
