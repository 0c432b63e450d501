"""A disk that is full, a database that is locked, damaged, unreadable or unwritable: words, and nothing lost."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import event

from retrovue import app, errors, settings
from retrovue.demo.server import Request, Response
from retrovue.model.execution import Status
from retrovue.storage import backup
from retrovue.storage.database import Database
from worlds import World


def database_of(world: World) -> Database:
    """The database below a world."""
    return world.rv.history._context.database


def test_a_full_disk_fails_the_sync_and_keeps_what_was_right(world: World) -> None:
    world.synced()
    before = {key: found.item for key, found in world.items().items()}
    for number in range(60):
        world.state.edit(world.keys()[number % len(world.keys())], summary=f"{number} " + "long " * 2000)
    database = database_of(world)
    pages = database.engine.connect().exec_driver_sql("PRAGMA page_count").scalar()
    database.close()
    event.listen(database.engine, "connect", lambda c, _: c.execute(f"PRAGMA max_page_count={pages}"))
    try:
        done = world.sync()
    except errors.DiskFull as error:  # when not even the end could be written
        assert error.hint
    else:
        assert done.status is Status.FAILED
        assert "disk is full" in (done.reason or "")
    found = {key: item.item for key, item in world.items().items()}
    assert found.keys() == before.keys()
    assert not world.items(removed=True)
    database.engine = database._create_engine()
    assert world.synced().complete
    world.assert_mirrors_server()


def test_a_locked_database_is_told(data_dir: Path) -> None:
    blocker = sqlite3.connect(data_dir / "retrovue.db", isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    rv = app.build(settings.load(data_dir, {"RETROVUE_DATABASE_BUSY_SECONDS": "0.1"}))
    with pytest.raises(errors.DatabaseLocked) as caught:
        rv.settings.set("sync.page_size", "10")
    assert caught.value.hint
    assert caught.value.transient
    blocker.execute("ROLLBACK")
    rv.settings.set("sync.page_size", "10")
    rv.close()
    blocker.close()


def test_a_database_locked_in_mid_sync_fails_and_the_next_is_right(films: World) -> None:
    database = database_of(films)
    database._busy_seconds = 0.1
    database.engine = database._create_engine()
    blocker = sqlite3.connect(films.data_dir / "retrovue.db", isolation_level=None, check_same_thread=False)

    def block(_request: Request, _response: Response) -> None:
        blocker.execute("BEGIN IMMEDIATE")

    films.server.fault("/all", block, times=1, skip=2)
    with pytest.raises(errors.DatabaseLocked):
        films.sync()
    blocker.execute("ROLLBACK")
    blocker.close()
    films.server.faults.clear()
    assert films.synced().complete
    films.assert_mirrors_server()
    assert [e.status for e in films.rv.history.list()] == [Status.SUCCESS, Status.INTERRUPTED]


@pytest.mark.parametrize("damage", ["no database", "damaged page"])
def test_a_damaged_database_is_told_with_the_way_back(data_dir: Path, damage: str, tmp_path: Path) -> None:
    path = data_dir / "retrovue.db"
    good = tmp_path / "good.db"
    shutil.copy(path, good)
    content = bytearray(path.read_bytes())
    if damage == "no database":
        content[:] = b"this is a letter, not a database\n" * 300
    else:
        content[100:8192] = b"\xff" * (8192 - 100)
    path.write_bytes(content)
    with pytest.raises(errors.DatabaseCorrupt) as caught:
        app.build(settings.load(data_dir, {})).servers.list()
    assert "restore" in caught.value.hint
    app.restore(settings.load(data_dir, {}), good)
    rv = app.build(settings.load(data_dir, {}))
    assert rv.servers.list() == []
    rv.close()
    assert list((data_dir / "backups").glob("retrovue-damaged-*.db"))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(errors.DatabaseUnavailable) as caught:
        app.build(settings.load(tmp_path / "file" / "data", {}))
    assert "--data-dir" in caught.value.hint


def test_a_read_only_database_is_told(data_dir: Path) -> None:
    rv = app.build(settings.load(data_dir, {}))
    event.listen(
        rv.history._context.database.engine,
        "connect",
        lambda connection, _: connection.execute("PRAGMA query_only=ON"),
    )
    rv.close()
    with pytest.raises(errors.DatabaseReadOnly) as caught:
        rv.settings.set("sync.page_size", "10")
    assert caught.value.hint
    rv.close()


def test_backup_and_restore_bring_everything_back(world: World, tmp_path: Path) -> None:
    world.synced()
    before = {key: found.item for key, found in world.items().items()}
    made = world.rv.backup(tmp_path / "copy.db")
    assert made.stat().st_mode & 0o077 == 0
    world.state.remove(world.keys()[0])
    world.synced()
    assert len(world.items()) == len(before) - 1
    saved = app.restore(settings.load(world.data_dir, {}), made)
    assert {key: found.item for key, found in world.items().items()} == before
    assert saved is not None
    assert backup.check(saved)


def test_restore_of_something_else_changes_nothing(films: World, tmp_path: Path) -> None:
    films.synced()
    wrong = tmp_path / "letter.txt"
    wrong.write_text("Dear Sir or Madam")
    for file, kind in ((wrong, errors.DatabaseCorrupt), (tmp_path / "none", errors.NotFound)):
        with pytest.raises(kind):
            app.restore(settings.load(films.data_dir, {}), file)
    films.assert_mirrors_server()


def test_backup_never_overwrites(films: World, tmp_path: Path) -> None:
    target = tmp_path / "there"
    target.write_text("mine")
    with pytest.raises(errors.Conflict):
        films.rv.backup(target)
    assert target.read_text() == "mine"
