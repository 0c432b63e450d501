"""`retrovue schedules`, `history` and `service`, as scripts rely on them."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from cli_runner import Cli

SCHEDULE_KEYS = {
    "id", "name", "server", "library", "trigger", "timezone", "description", "options", "policies", "enabled",
    "last_run_at", "last_status", "next_run_at",
}  # fmt: skip


@pytest.fixture
def nightly(home: Cli) -> Cli:
    """A server and a nightly schedule of its films."""
    home.ok("schedules", "add", "Nightly", "--server", "Home", "--library", "Movies", "--daily", "02:00", "--timezone", "Europe/Berlin")  # fmt: skip
    return home


def add(cli: Cli, *arguments: str) -> Any:
    return cli.ok("schedules", "add", *arguments, "--json").json


def test_add_list_and_show_give_the_documented_keys(home: Cli) -> None:
    assert "No schedules configured yet" in home.ok("schedules", "list").out
    made = add(
        home, "Weekly", "--server", "Home", "--library", "TV Shows", "--weekly", "sat@00:00", "--timezone", "UTC",
        "--limit", "5", "--kinds", "episode", "--depth", "quick", "--details", "--dry-run", "--overlap", "queue",
        "--catch-up", "none", "--catch-up-window", "2h", "--retries", "1", "--timeout", "1h30m", "--pause-after", "3",
        "--wait-quiet", "20m", "--notify", "change,failure",
    )  # fmt: skip
    assert made.keys() >= SCHEDULE_KEYS
    assert made["trigger"] == {"type": "cron", "expression": "0 0 * * 6"}
    assert made["description"] == "Every Saturday at 00:00"
    assert made["options"] == {
        "dry_run": True,
        "limit": 5,
        "kinds": ["episode"],
        "depth": "quick",
        "details": True,
    }
    assert made["policies"] == {
        "overlap": "queue", "catch_up": "none", "catch_up_window_seconds": 7200, "timeout_seconds": 5400, "retries": 1,
        "pause_after": 3, "wait_quiet_seconds": 1200, "notify": ["change", "failure"],
    }  # fmt: skip
    assert made["next_run_at"].endswith("T00:00:00.000Z")
    every = add(home, "All", "--server", "1", "--every", "6h")
    assert every["trigger"] == {"type": "interval", "every_seconds": 21600}
    assert every["library"] is None
    assert every["options"]["depth"] == "auto"
    listed = home.ok("schedules", "list", "--json").json
    assert [one["name"] for one in listed] == ["All", "Weekly"]
    assert home.ok("schedules", "show", "weekly", "--json").json == made
    shown = home.ok("schedules", "show", "Weekly").out
    assert "Every Saturday at 00:00" in shown
    for words in (
        "dry run",
        "one run waits",
        "not caught up",
        "tried again once",
        "90 minutes",
        "waits up to 20 minutes",
    ):
        assert words in shown
    assert shown.count("00:00 UTC") == 3
    table = home.ok("schedules", "list").out
    assert "All enabled libraries" in table


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--cron", "61 * * * *"), "minute '61'"),
        (("--cron", "0 2 * * * *"), "five fields"),
        (("--cron", "0 0 30 2 *"), "never run"),
        (("--every", "2m"), "shortest is 5 minutes"),
        (("--every", "soon"), "no length of time"),
        (("--daily", "25:00"), "no time of day"),
        (("--weekly", "funday@00:00"), "no day"),
        (("--weekly", "sat"), "no time of day"),
        (("--daily", "02:00", "--cron", "0 2 * * *"), "give one of"),
        ((), "say when"),
        (("--daily", "02:00", "--timezone", "Mars/Olympus"), "no time zone"),
        (("--daily", "02:00", "--notify", "smoke"), "choose from"),
        (("--daily", "02:00", "--kinds", "songs"), "choose from"),
        (("--daily", "02:00", "--library", "Movies", "--kinds", "episode"), "episode"),
        (("--daily", "02:00", "--timeout", "1s"), "timeout"),
    ],
)
def test_wrong_usage_is_2_and_says_what(home: Cli, arguments: tuple[str, ...], words: str) -> None:
    failed = home("schedules", "add", "Bad", "--server", "Home", *arguments)
    assert (failed.code, failed.out) == (2, "")
    assert words in " ".join(failed.err.split())
    assert home.ok("schedules", "list", "--json").json == []


def test_unknown_names_are_1(home: Cli) -> None:
    home.fails("schedules", "add", "X", "--server", "Nowhere", "--daily", "02:00")
    home.fails("schedules", "add", "X", "--server", "Home", "--library", "Nothing", "--daily", "02:00")
    for command in ("show", "edit", "enable", "disable", "remove", "run", "preview", "duplicate"):
        assert "no schedule 'Nothing'" in home.fails("schedules", command, "Nothing").err


def test_edit(nightly: Cli) -> None:
    before = nightly.ok("schedules", "show", "Nightly", "--json").json
    changed = nightly.ok("schedules", "edit", "Nightly", "--name", "Late", "--limit", "9", "--json").json
    assert (changed["name"], changed["options"]["limit"]) == ("Late", 9)
    assert {**before, "name": "Late", "options": changed["options"]} == changed
    changed = nightly.ok(
        "schedules", "edit", "Late", "--limit", "0", "--every", "2d", "--library", "all", "--json"
    ).json
    assert (changed["options"]["limit"], changed["library"]) == (None, None)
    assert changed["trigger"] == {"type": "interval", "every_seconds": 172800}
    assert (
        nightly.ok("schedules", "edit", "Late", "--notify", "none", "--json").json["policies"]["notify"] == []
    )


def test_enable_disable_duplicate_remove(nightly: Cli) -> None:
    off = nightly.ok("schedules", "disable", "Nightly", "--json").json
    assert (off["enabled"], off["next_run_at"]) == (False, None)
    on = nightly.ok("schedules", "enable", "Nightly", "--json").json
    assert on["enabled"]
    assert on["next_run_at"]
    assert nightly.ok("schedules", "duplicate", "Nightly", "--json").json["name"] == "Nightly (copy)"
    nightly.ok("schedules", "remove", "Nightly (copy)")
    assert [one["name"] for one in nightly.ok("schedules", "list", "--json").json] == ["Nightly"]


def test_preview(nightly: Cli) -> None:
    found = nightly.ok(
        "schedules", "preview", "Nightly", "--count", "2", "--after", "2026-03-28T12:00:00+00:00", "--json"
    ).json
    assert found == [
        {
            "at": "2026-03-29T01:00:00.000Z",
            "local": "2026-03-29T03:00:00+02:00",
            "note": "moved to 03:00: the clocks went forward by 1 hour",
        },
        {"at": "2026-03-30T00:00:00.000Z", "local": "2026-03-30T02:00:00+02:00", "note": ""},
    ]
    assert "02:00" in nightly.ok("schedules", "preview", "--daily", "02:00", "--timezone", "UTC").out
    assert nightly("schedules", "preview").code == 2
    assert nightly("schedules", "preview", "Nightly", "--cron", "* * * * *").code == 2


def test_run_here_and_queued(nightly: Cli) -> None:
    done = nightly.ok("schedules", "run", "Nightly", "--here", "--json").json
    assert [(one["library"], one["status"]) for one in done] == [("Movies", "success")]
    (queued,) = nightly.ok("schedules", "run", "Nightly", "--json").json
    assert (queued["status"], queued["schedule"]) == ("queued", "Nightly")
    said = nightly.ok("schedules", "run", "Nightly").err
    assert "service is not running" in said
    assert nightly.ok("history", "cancel", str(queued["id"]), "--json").json["status"] == "cancelled"
    again = nightly.ok("history", "run-again", "1", "--json").json
    assert (again["status"], again["schedule"]) == ("queued", "Nightly")


def test_history_of_schedules(nightly: Cli, tmp_path: Path) -> None:
    nightly.ok("schedules", "run", "Nightly", "--here")
    nightly.ok("sync", "Home", "TV Shows")
    assert [
        one["library"] for one in nightly.ok("history", "list", "--schedule", "nightly", "--json").json
    ] == ["Movies"]
    table = nightly.ok("history", "export", "--format", "csv").out
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["schedule"], row["library"]) for row in rows] == [("", "TV Shows"), ("Nightly", "Movies")]
    target = tmp_path / "history.jsonl"
    nightly.ok("history", "export", "-o", str(target), "--schedule", "Nightly")
    assert [json.loads(line)["schedule"] for line in target.read_text().splitlines()] == ["Nightly"]


def test_pause_all(nightly: Cli) -> None:
    assert nightly.ok("schedules", "pause-all", "--json").json == {"paused": True}
    assert nightly.ok("service", "status", "--json").json["paused"]
    assert nightly.ok("status", "--json").json["next"] == []
    assert "paused with all others" in nightly.ok("schedules", "list").out
    assert nightly.ok("schedules", "resume-all", "--json").json == {"paused": False}
    assert [one["schedule"] for one in nightly.ok("status", "--json").json["next"]] == ["Nightly"]


def test_a_server_in_use_is_not_removed_unasked(nightly: Cli) -> None:
    assert "Nightly" in nightly.fails("servers", "remove", "Home", "--yes").err
    nightly.ok("servers", "remove", "Home", "--yes", "--with-schedules")
    assert nightly.ok("schedules", "list", "--json").json == []


def test_the_service_that_does_not_run(home: Cli) -> None:
    status = home.ok("service", "status", "--json").json
    assert (status["running"], status["state"], status["pid"]) == (False, "stopped", None)
    assert "not running" in home.fails("service", "stop").err
    assert "no log yet" in home.ok("service", "logs").err


def test_the_service_in_the_background(nightly: Cli) -> None:
    started = nightly.ok("service", "start", "--json").json
    try:
        assert started["running"]
        assert "runs already" in nightly.ok("service", "start").err
        (queued,) = nightly.ok("schedules", "run", "Nightly", "--json").json
        nightly.ok("history", "log", str(queued["id"]), "--follow")
        assert nightly.ok("history", "show", str(queued["id"]), "--json").json["status"] == "success"
        status = nightly.ok("status", "--json").json
        assert status["service"]["state"] == "leading"
        assert status["service"]["next_run"]["schedule"] == "Nightly"
        assert "leads now" in nightly.ok("service", "logs", "-n", "50").out
    finally:
        stopped = nightly.ok("service", "stop", "--json").json
    assert stopped["state"] == "stopped"


def test_a_service_that_cannot_come_up_says_why(nightly: Cli) -> None:
    (nightly.data_dir / "logs").write_text("a file in the place of the folder")
    failed = nightly("service", "start")
    assert failed.code == 1
    assert "logs" in failed.err
