"""How the database itself is."""

from __future__ import annotations

import shutil
from datetime import datetime

from sqlalchemy import text

from retrovue.storage import backup
from retrovue.storage.database import Database

_MOST = 5


def problems(database: Database) -> list[str]:
    """What an integrity check finds; nothing when all is well. On PostgreSQL the server checks its own pages."""
    with database.read() as rx:
        if rx.dialect.name != "sqlite":
            rx.execute(text("SELECT 1"))
            return []
        found = [str(row[0]) for row in rx.exec_driver_sql("PRAGMA integrity_check")]
        broken = rx.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    lines = [line for line in found if line != "ok"]
    lines += [f"a row of {row[0]} refers to a row of {row[2]} that is not there" for row in broken]
    return lines[:_MOST]


def size(database: Database) -> int | None:
    """Bytes of the database file; None on PostgreSQL."""
    return None if database.path is None else database.path.stat().st_size


def free(database: Database) -> int | None:
    """Bytes that are free where the database lies; None on PostgreSQL."""
    return None if database.path is None else shutil.disk_usage(database.path.parent).free


def newest_backup(database: Database) -> datetime | None:
    """When the newest copy in the backups folder was made."""
    found = backup.copies(database)
    return found[-1].made_at if found else None
