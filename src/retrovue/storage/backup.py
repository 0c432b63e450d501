"""Copies of a SQLite database: taken while it is in use, checked before they are believed."""

from __future__ import annotations

import os
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from retrovue import errors
from retrovue.storage.database import Database, convert

_REGULAR = "retrovue-regular-"
_STAMP = "%Y%m%dT%H%M%S"
_TOLD = re.compile(r"-(\d{8}T\d{6})\.db$")


def create(database: Database, target: Path) -> Path:
    """A consistent copy, also while others write. Raises `Refused` when the target exists or on PostgreSQL."""
    source = _file_of(
        database, "Use pg_dump, which PostgreSQL brings along: pg_dump --format=custom --file=FILE URL"
    )
    target = target.expanduser().absolute()
    if target.exists():
        raise errors.Conflict(f"{target} is already there", hint="Name a file that does not exist yet.")
    part = target.with_name(target.name + ".part")
    try:
        with closing(sqlite3.connect(part)) as copy, closing(_open_readonly(source)) as original:
            original.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
        part.chmod(0o600)
        os.replace(part, target)
    except sqlite3.Error as error:
        part.unlink(missing_ok=True)
        raise _target_error(error, target, database) from error
    except OSError as error:
        raise errors.StorageError(
            "The backup cannot be written", f"{target} ({error.strerror})", "Name another place."
        ) from error
    return target


def before_upgrade(database: Database, revision: str, now: datetime) -> Path | None:
    """A copy in the backups folder before the schema changes; None on PostgreSQL, where the upgrade is atomic."""
    if database.path is None:
        return None
    return create(database, backups_folder(database) / f"retrovue-{revision}-{now:%Y%m%dT%H%M%S}.db")


@dataclass(frozen=True, slots=True)
class Copy:
    """A backup in the backups folder, and when it was made."""

    path: Path
    made_at: datetime


def regular(database: Database) -> list[Copy]:
    """The copies that the service made, the oldest first."""
    return [one for one in copies(database) if one.path.name.startswith(_REGULAR)]


def make_regular(database: Database, now: datetime) -> Path:
    """A copy in the backups folder; one that does not pass its check is no copy. Raises `StorageError`."""
    made = create(database, backups_folder(database) / f"{_REGULAR}{now:{_STAMP}}.db")
    try:
        check(made)
    except errors.DatabaseCorrupt:
        made.rename(made.with_name(made.name.replace(_REGULAR, "retrovue-damaged-")))
        raise
    return made


def forget_regular(database: Database, keep: int) -> None:
    """Removes the oldest copies that the service made."""
    for one in regular(database)[:-keep]:
        one.path.unlink(missing_ok=True)


def copies(database: Database) -> list[Copy]:
    """The backups in the backups folder whose names tell when they were made, the oldest first."""
    if database.path is None:
        return []
    found = []
    for path in (database.path.parent / "backups").glob("retrovue-*.db"):
        stamp = _TOLD.search(path.name)
        if stamp is not None and "-damaged-" not in path.name:
            found.append(Copy(path, datetime.strptime(stamp[1], _STAMP).replace(tzinfo=UTC)))
    return sorted(found, key=lambda one: one.made_at)


def newest_good(database: Database) -> Copy | None:
    """The newest backup that passes its check."""
    for one in reversed(copies(database)):
        try:
            check(one.path)
        except errors.RetroVueError:
            continue
        return one
    return None


def backups_folder(database: Database) -> Path:
    """Where backups made by the program itself lie; made when missing."""
    assert database.path is not None
    folder = database.path.parent / "backups"
    try:
        folder.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise errors.StorageError(
            "The folder of backups cannot be made",
            f"{folder} ({error.strerror})",
            "Give this user the right to write there, or move away what is in its place.",
        ) from error
    return folder


def check(path: Path) -> str:
    """The schema step of a backup file. Raises `DatabaseCorrupt` or `Refused` when it is none."""
    if not path.is_file():
        raise errors.NotFound(f"There is no file {path}", hint="Name a file that 'retrovue backup' wrote.")
    try:
        with closing(_open_readonly(path)) as connection:
            verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            connection.execute("SELECT 1 FROM catalogue_items LIMIT 1")
    except sqlite3.Error as error:
        raise errors.DatabaseCorrupt(
            f"{path} is not a backup of RetroVue", str(error), "Name a file that 'retrovue backup' wrote."
        ) from error
    if verdict != "ok" or row is None:
        raise errors.DatabaseCorrupt(f"{path} is damaged", str(verdict), "Restore an older backup.")
    return str(row[0])


def restore(database: Database, source: Path, now: datetime) -> Path | None:
    """Puts a checked backup in the place of the database, after saving what is there now; returns that copy.

    Open connections of other programs see the restored state from their next transaction on.
    """
    path = _file_of(database, "Use pg_restore on the file that pg_dump wrote.")
    source = source.expanduser().absolute()
    check(source)
    saved = None
    if path.exists():
        saved = _set_aside(database, path, f"{now:%Y%m%dT%H%M%S}")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    database.close()
    try:
        with closing(_open_readonly(source)) as backup, closing(sqlite3.connect(path, timeout=30)) as live:
            backup.backup(live)
            live.execute("PRAGMA journal_mode=WAL")
    except sqlite3.Error as error:
        raise convert(error, database) from error
    return saved


def _set_aside(database: Database, path: Path, stamp: str) -> Path:
    """A copy of the database as it is; one that is damaged is moved away as it lies."""
    folder = backups_folder(database)
    try:
        return create(database, folder / f"retrovue-before-restore-{stamp}.db")
    except errors.DatabaseCorrupt:
        database.close()
        damaged = folder / f"retrovue-damaged-{stamp}.db"
        os.replace(path, damaged)
        for ending in ("-wal", "-shm"):
            Path(f"{path}{ending}").unlink(missing_ok=True)
        return damaged


def _file_of(database: Database, hint: str) -> Path:
    if database.path is None:
        raise errors.Conflict("This database is PostgreSQL, whose own tools make and read backups", hint=hint)
    return database.path


def _open_readonly(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)


def _target_error(error: sqlite3.Error, target: Path, database: Database) -> errors.StorageError:
    converted = convert(error, database)
    if isinstance(converted, errors.DatabaseUnavailable):
        return errors.StorageError(
            "The backup cannot be written", f"{target} ({error})", "Name a place that exists and is writable."
        )
    return converted
