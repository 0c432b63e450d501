"""Locks that the system releases when their holder dies: who syncs a library, who upgrades the database.

Beside a SQLite database they are locks on files; in PostgreSQL advisory locks on a connection of their own.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import filelock
from sqlalchemy import text

from retrovue.storage.database import Database, convert, converted


def library(library_id: int) -> str:
    """The name of the lock that a sync of this library holds."""
    return f"library-{library_id}"


UPGRADE = "upgrade"


@contextmanager
def hold(database: Database, name: str, *, wait_seconds: float = 0) -> Iterator[bool]:
    """Tries to take a lock and yields whether it was got; it is given back at the end of the block."""
    release = _take(database, name, wait_seconds)
    try:
        yield release is not None
    finally:
        if release is not None:
            release()


def _take(database: Database, name: str, wait_seconds: float) -> Callable[[], None] | None:
    if database.path is not None:
        return _take_file(database, name, wait_seconds)
    return _take_advisory(database, name, wait_seconds)


def _take_file(database: Database, name: str, wait_seconds: float) -> Callable[[], None] | None:
    assert database.path is not None
    folder = database.path.parent / "locks"
    try:
        folder.mkdir(exist_ok=True)
        lock = filelock.FileLock(folder / f"{name}.lock", timeout=wait_seconds, thread_local=False)
        lock.acquire()
    except filelock.Timeout:
        return None
    except OSError as error:
        raise convert(error, database) from error
    return lock.release


def _take_advisory(database: Database, name: str, wait_seconds: float) -> Callable[[], None] | None:
    number = int.from_bytes(hashlib.sha256(f"retrovue/{name}".encode()).digest()[:8], "big", signed=True)
    deadline = time.monotonic() + wait_seconds
    with converted(database):
        connection = database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        got = False
        try:
            while not got:
                got = bool(
                    connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": number}).scalar()
                )
                if not got and time.monotonic() >= deadline:
                    return None
                if not got:
                    time.sleep(0.1)
        finally:
            if not got:
                connection.close()

    def release() -> None:
        # Closed for good, not given back to the pool: an advisory lock lives as long as its session.
        connection.invalidate()
        connection.close()

    return release
