"""The check-up and the support bundle."""

from __future__ import annotations

import json
import logging
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path

import pytest

from cli_runner import Cli
from retrovue.demo import faults
from retrovue.demo.server import StandIn
from retrovue.errors import Conflict, StorageError
from retrovue.log import RedactingFormatter
from retrovue.model.catalogue import Secret
from retrovue.model.doctor import Finding, Verdict
from timeline import Service, add
from worlds import World


def of(world: World, subject: str) -> list[Finding]:
    """What was found of a subject."""
    return [found for found in world.rv.doctor.look() if found.subject == subject]


def one(world: World, subject: str) -> Finding:
    """The only finding of a subject."""
    (found,) = of(world, subject)
    assert (found.remedy != "") == (found.verdict is not Verdict.GOOD), found
    return found


def test_a_healthy_house(films: World) -> None:
    films.synced()
    films.rv.backup(films.data_dir / "mine.db")
    bad = [found for found in films.rv.doctor.look() if found.verdict is Verdict.BAD]
    assert bad == []
    assert one(films, "Database").verdict is Verdict.GOOD
    assert "answers and takes the token" in one(films, "Servers").text
    assert one(films, "Backups").verdict is Verdict.WARNING, "a copy elsewhere is not known of"
    assert one(films, "Service").verdict is Verdict.WARNING


def test_what_is_wrong_is_said_with_its_remedy(films: World, tmp_path: Path) -> None:
    films.synced()
    add(films)
    assert "no schedule fires" in one(films, "Service").text
    films.server.fault("/library/sections", faults.html(401))
    refused = one(films, "Servers")
    assert (refused.verdict, "sign-in" in refused.remedy) == (Verdict.BAD, True)
    films.server.faults.clear()  # from now on its clock is the real one
    assert "This machine is" in one(films, "Clock").text
    films.rv.mappings.add("Home", "/media/movies", str(tmp_path / "nowhere"))
    lost = one(films, "Path mappings")
    assert (lost.verdict, "35 of 35 files" in lost.text, "0 exist" in lost.text) == (
        Verdict.WARNING,
        True,
        True,
    )


def test_a_service_that_is_old_or_hangs_or_died(films: World) -> None:
    old = Service(films, version="0.1")
    old.tick()
    assert "It is RetroVue 0.1" in one(films, "Service").text
    old.loop.close(0)
    service = Service(films)
    service.tick()
    assert one(films, "Service").verdict is Verdict.GOOD
    films.clock.advance(minutes=4)
    silent = one(films, "Service")
    assert (silent.verdict, "silent since 2026-11-23 12:00Z" in silent.text) == (Verdict.BAD, True)
    service.tick()
    assert one(films, "Service").verdict is Verdict.GOOD
    service.die()
    assert one(films, "Service").text.startswith("It has died")


def test_a_server_that_is_away(films: World) -> None:
    films.server.stop()
    found = one(films, "Servers")
    assert found.verdict is Verdict.BAD
    assert "switched on" in found.remedy


def test_a_broken_store_of_tokens_is_a_finding(home: Cli) -> None:
    (home.data_dir / "secrets.json").write_text("not json")
    result = home("doctor", "--json")
    assert result.code == 1
    subjects = {found["subject"]: found for found in result.json}
    assert subjects["Secrets"]["verdict"] == "bad"
    assert subjects["Database"]["verdict"] == "good"
    assert "{" not in home("doctor").out


def test_a_damaged_database_is_a_finding(films: World) -> None:
    films.synced()
    with closing(sqlite3.connect(films.data_dir / "retrovue.db")) as other, other:
        other.execute("INSERT INTO item_tags (item_id, kind, position, value) VALUES (999, 'genre', 0, 'x')")
    found = one(films, "Database")
    assert found.verdict is Verdict.BAD
    assert "not there" in found.text


PLANTED = "planted-Secret-9f8e7d"


def test_the_bundle_holds_no_secret(films: World, server: StandIn, tmp_path: Path) -> None:
    films.synced()
    schedule = add(films)
    films.rv.notify.add("Phone", Secret(f"json://user:{PLANTED}@127.0.0.1:9/x"))
    films.rv.notify.set_ping(schedule, Secret(f"http://127.0.0.1:9/{PLANTED}"))
    logs = films.data_dir / "logs"
    logs.mkdir()
    planted = (
        f"GET /library?X-Plex-Token={server.token}\nauth_token: {server.token}\nping http://127.0.0.1:9/{PLANTED}\n"
        f"postgresql://me:{PLANTED}@db/x\nplain words stay\n"
    )
    (logs / "service.log").write_text(planted)
    target = films.rv.support_bundle(tmp_path / "bundle.zip")
    assert target.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(target) as bundle:
        texts = {name: bundle.read(name).decode() for name in bundle.namelist()}
    for name, text in texts.items():
        assert PLANTED not in text, name
        assert server.token not in text, name
    assert "plain words stay" in texts["logs/service.log"]
    assert json.loads(texts["catalogue.json"])["libraries"][0]["files"] == 35
    assert json.loads(texts["history.json"])[0]["status"] == "success"
    assert "sqlalchemy" in {name.lower() for name in json.loads(texts["versions.json"])["packages"]}
    with pytest.raises(Conflict):
        films.rv.support_bundle(target)
    with pytest.raises(StorageError):
        films.rv.support_bundle(tmp_path / "no" / "such" / "folder.zip")


def test_the_command_writes_it(home: Cli, tmp_path: Path) -> None:
    made = home.ok("support-bundle", str(tmp_path / "b.zip"), "--json").json
    assert Path(made["file"]).is_file()
    assert home("support-bundle", str(tmp_path / "b.zip")).code == 1


def test_redaction_reaches_tracebacks() -> None:
    try:
        raise ValueError(f"X-Plex-Token={PLANTED}")
    except ValueError as error:
        record = logging.LogRecord(
            "retrovue", logging.ERROR, "", 0, "no", (), (ValueError, error, error.__traceback__)
        )
    assert PLANTED not in RedactingFormatter("%(message)s").format(record)
