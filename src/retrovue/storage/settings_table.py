"""The settings table: what users changed, and the identifier of this installation."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from sqlalchemy import Connection, delete, insert, select

from retrovue.settings import Value
from retrovue.storage.database import bump
from retrovue.storage.tables import settings

_INTERNAL = "internal."
_INSTALLATION = "internal.installation"
_ZONE_DATA = "internal.zone-data"


def stored(rx: Connection) -> dict[str, Value]:
    """Settings that were changed from their default, by key."""
    rows = rx.execute(select(settings.c.key, settings.c.value))
    return {row.key: row.value for row in rows if not row.key.startswith(_INTERNAL)}


def put(tx: Connection, key: str, value: Value, now: datetime) -> None:
    """Stores a setting."""
    tx.execute(delete(settings).where(settings.c.key == key))
    tx.execute(insert(settings).values(key=key, value=value, updated_at=now))
    bump(tx, "settings")


def clear(tx: Connection, key: str) -> None:
    """Back to the default."""
    tx.execute(delete(settings).where(settings.c.key == key))
    bump(tx, "settings")


def installation(tx: Connection, now: datetime) -> str:
    """The identifier that this installation shows to servers; made once."""
    found = tx.execute(select(settings.c.value).where(settings.c.key == _INSTALLATION)).scalar()
    if isinstance(found, str):
        return found
    made = f"retrovue-{uuid4()}"
    tx.execute(insert(settings).values(key=_INSTALLATION, value=made, updated_at=now))
    return made


def swap_zone_data(tx: Connection, version: str, now: datetime) -> str | None:
    """Stores the version of the time zone data in use; the one that was in use before."""
    found = tx.execute(select(settings.c.value).where(settings.c.key == _ZONE_DATA)).scalar()
    if found != version:
        tx.execute(delete(settings).where(settings.c.key == _ZONE_DATA))
        tx.execute(insert(settings).values(key=_ZONE_DATA, value=version, updated_at=now))
    return found if isinstance(found, str) else None
