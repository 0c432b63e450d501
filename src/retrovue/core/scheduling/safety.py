"""Copies of the database that the service makes by itself, and which of them are kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from retrovue.core.context import Context
from retrovue.storage import backup


def back_up_if_old(context: Context, now: datetime) -> Path | None:
    """Copies the database when the newest copy is older than `backup.days`, and keeps `backup.keep` of them.

    None when it is not time yet, and on PostgreSQL, whose own tools make backups. Raises `StorageError`.
    """
    settings = context.settings()
    days, keep = settings.integer("backup.days"), settings.integer("backup.keep")
    if not days or context.database.path is None:
        return None
    known = backup.regular(context.database)
    if known and known[-1].made_at > now - timedelta(days=days):
        return None
    made = backup.make_regular(context.database, now)
    backup.forget_regular(context.database, keep)
    return made
