"""Bringing a database up to this program's schema: a backup first, and never a newer one touched."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from retrovue import errors
from retrovue.storage import backup, locks
from retrovue.storage.database import Database

HEAD = "0004"
"""The newest step in migrations/versions; looked at without loading Alembic, which takes a while."""

SCRIPTS = Path(__file__).parent / "migrations"
_log = logging.getLogger("retrovue.storage")


def ensure(database: Database, now: datetime, *, scripts: Path = SCRIPTS, head: str = HEAD) -> Path | None:
    """Creates or upgrades the database; returns the backup made before an upgrade, if one was.

    Raises `DatabaseNewer` for a database of a later program, `Conflict` for one that is not RetroVue's.
    """
    if database.path is not None:
        _make_folder(database.path.parent)
    if revision_of(database) == head:
        return None
    with locks.hold(database, locks.UPGRADE, wait_seconds=60) as got:
        if not got:
            raise errors.DatabaseLocked(
                "The database is being upgraded by another RetroVue", hint="Wait a minute, then try again."
            )
        found = revision_of(database)
        if found == head:
            return None
        _check_known(found, scripts, database.path)
        saved = None
        if found is not None:
            saved = backup.before_upgrade(database, found, now)
        _run(database, scripts, head)
        _log.info("The database was brought from %s to %s", found or "nothing", head)
        return saved


def revision_of(database: Database) -> str | None:
    """The step that the database is at; None when it is empty. Raises `Conflict` when it is somebody else's."""
    with database.read() as rx:
        names = set(inspect(rx).get_table_names())
        if "alembic_version" in names:
            value = rx.execute(text("SELECT version_num FROM alembic_version")).scalar()
            if value is not None and "plex_servers" in names and "catalogue_items" in names:
                return str(value)
        if not names - {"alembic_version"}:
            return None
    where = str(database.path) if database.path else "the PostgreSQL database"
    raise errors.Conflict(
        f"{where} is not a database of this RetroVue",
        "it holds other tables",
        "Name another folder with --data-dir DIR, or another database with RETROVUE_DATABASE_URL.",
    )


def check_backup(path: Path) -> None:
    """Raises `DatabaseCorrupt` for a file that is no backup, `DatabaseNewer` for one of a newer program."""
    _check_known(backup.check(path), SCRIPTS, path)


def _check_known(found: str | None, scripts: Path, where: Path | None) -> None:
    if found is None:
        return
    from alembic.script import ScriptDirectory  # lazily: slow, and needed only when the schema differs

    known = {script.revision for script in ScriptDirectory(str(scripts)).walk_revisions()}
    if found not in known:
        raise errors.DatabaseNewer(
            "This database was written by a newer RetroVue",
            f"{where or 'it'} is at step {found}, this program knows up to {HEAD}",
            "Install the newer RetroVue again, or name another folder: --data-dir DIR.",
        )


def _run(database: Database, scripts: Path, head: str) -> None:
    from alembic import command  # lazily, as above
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(scripts).replace("%", "%%"))
    with database.transaction() as tx:
        _defer_foreign_keys(tx)
        config.attributes["connection"] = tx
        command.upgrade(config, head)


def _defer_foreign_keys(tx: Connection) -> None:
    if tx.dialect.name == "sqlite":
        tx.exec_driver_sql("PRAGMA defer_foreign_keys=ON")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise errors.DatabaseUnavailable(
            "The data folder cannot be made",
            f"{folder} ({error.strerror or error})",
            "Choose a folder that this user may write to: --data-dir DIR.",
        ) from error
