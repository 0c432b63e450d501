"""Copies that the service makes by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from retrovue import app, settings
from retrovue.errors import DatabaseCorrupt
from timeline import Service, add, runs
from worlds import World


@pytest.fixture
def films(build_world: Callable[..., World]) -> World:
    """A film library."""
    return build_world("movie")


@pytest.fixture
def service(films: World) -> Iterator[Service]:
    """A service on it."""
    made = Service(films)
    yield made
    made.loop.close(1)


def copies(world: World) -> list[str]:
    """The copies, the oldest first."""
    return sorted(path.name for path in (world.data_dir / "backups").glob("retrovue-regular-*.db"))


def test_a_copy_a_week_and_four_are_kept(service: Service, films: World) -> None:
    films.synced()
    service.tick()
    assert copies(films) == ["retrovue-regular-20261123T120200.db"]
    service.wait(days=6, step=3000)
    assert len(copies(films)) == 1
    service.wait(days=40, step=3000)
    kept = copies(films)
    assert len(kept) == 4
    assert "retrovue-regular-20261123T120200.db" not in kept
    with closing(sqlite3.connect(films.data_dir / "backups" / kept[-1])) as copy:
        assert copy.execute("SELECT count(*) FROM catalogue_items").fetchone()[0] == 35


def test_none_when_it_is_switched_off(service: Service, films: World) -> None:
    films.rv.settings.set("backup.days", "0")
    service.wait(days=9, step=3000)
    assert copies(films) == []


def test_a_copy_that_cannot_be_written_is_told_and_the_service_goes_on(
    service: Service, films: World
) -> None:
    (films.data_dir / "backups").write_text("a file where the folder should be")
    service.tick()
    service.wait(minutes=5)
    first = films.rv.service.health().first
    assert first is not None
    assert first.last_error is not None
    assert service.state == "leading"


def test_a_damaged_database_names_the_newest_good_backup(films: World, data_dir: Path) -> None:
    films.synced()
    folder = data_dir / "backups"
    folder.mkdir(exist_ok=True)
    films.rv.backup(folder / "retrovue-regular-20261101T020000.db")
    (folder / "retrovue-regular-20261108T020000.db").write_text("broken, and newer")
    films.rv.close()
    for ending in ("-wal", "-shm"):
        Path(f"{data_dir / 'retrovue.db'}{ending}").unlink(missing_ok=True)
    (data_dir / "retrovue.db").write_bytes(b"this is no database, " * 500)
    chosen = settings.load(data_dir, {})
    with pytest.raises(DatabaseCorrupt) as caught:
        app.build(chosen)
    good = folder / "retrovue-regular-20261101T020000.db"
    assert str(good) in caught.value.hint
    damaged = app.restore(chosen, good)
    assert damaged is not None
    assert damaged.read_bytes().startswith(b"this is no database"), "the damaged one is set aside"
    rv = app.build(chosen)
    assert rv.catalogue.stats()[0].files == 35
    rv.close()


def test_restoring_while_the_service_runs(service: Service, films: World, tmp_path: Path) -> None:
    add(films, "Before", cron="0 * * * *")
    service.wait(hours=1)
    kept = films.rv.backup(tmp_path / "kept.db")
    add(films, "After", cron="30 * * * *")
    service.wait(hours=1)
    app.restore(settings.load(films.data_dir, {}), kept)
    service.wait(hours=2)
    assert [one.name for one in films.rv.schedules.list()] == ["Before"]
    assert runs(films)[-1].due_at == films.clock.now
    assert {run.schedule for run in runs(films)} == {"Before"}
    assert len(films.rv.service.health().processes) == 1, "it makes itself known again"
