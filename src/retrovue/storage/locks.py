"""Locks that the system releases when their holder dies: who fires schedules, who syncs a library, who upgrades.

Beside a SQLite database they are locks on files; in PostgreSQL advisory locks on a connection of their own.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import filelock
from sqlalchemy import Connection, text

from retrovue.errors import StorageError
from retrovue.storage.database import Database, convert, converted

UPGRADE = "upgrade"
SCHEDULER = "scheduler"
LAUNCH = "service-launch"


def library(library_id: int) -> str:
    """The name of the lock that a sync of this library holds."""
    return f"library-{library_id}"


def service(service_id: int) -> str:
    """The name of the lock that a service process holds while it lives."""
    return f"service-{service_id}"


class Lock(Protocol):
    """A lock that is held."""

    def intact(self) -> bool:
        """Whether it is still held: its folder or its connection may have gone."""
        ...

    def release(self) -> None:
        """Gives it back. Raises nothing."""
        ...


@contextmanager
def hold(database: Database, name: str, *, wait_seconds: float = 0) -> Iterator[bool]:
    """Tries to take a lock and yields whether it was got; it is given back at the end of the block."""
    lock = take(database, name, wait_seconds=wait_seconds)
    try:
        yield lock is not None
    finally:
        if lock is not None:
            lock.release()


def take(database: Database, name: str, *, wait_seconds: float = 0) -> Lock | None:
    """Takes a lock, or None when another holds it. Raises `StorageError` when that cannot be told."""
    if database.path is not None:
        return _take_file(database, database.path.parent / "locks" / f"{name}.lock", wait_seconds)
    return _take_advisory(database, name, wait_seconds)


class _FileLock:
    def __init__(self, lock: filelock.BaseFileLock, path: Path) -> None:
        self._lock = lock
        self._path = path
        self._inode = os.stat(path).st_ino

    def intact(self) -> bool:
        try:
            return os.stat(self._path).st_ino == self._inode
        except OSError:
            return False

    def release(self) -> None:
        self._lock.release()


def _take_file(database: Database, path: Path, wait_seconds: float) -> Lock | None:
    try:
        path.parent.mkdir(exist_ok=True)
        lock = filelock.FileLock(path, timeout=wait_seconds, thread_local=False)
        lock.acquire(poll_interval=0.02)
        return _FileLock(lock, path)
    except filelock.Timeout:
        return None
    except OSError as error:
        raise convert(error, database) from error


class _AdvisoryLock:
    def __init__(self, database: Database, connection: Connection, number: int) -> None:
        self._database = database
        self._connection = connection
        self._number = number

    def intact(self) -> bool:
        if self._connection.invalidated:
            return False
        try:
            with converted(self._database):
                self._connection.execute(text("SELECT 1"))
        except StorageError:
            return False
        return True

    def release(self) -> None:
        # Unlocked first: the server ends the session of a closed connection only after a while. Then closed for
        # good, not given back to the pool: where unlocking failed, the lock lives as long as its session.
        if not self._connection.invalidated:
            with suppress(StorageError), converted(self._database):
                self._connection.execute(text("SELECT pg_advisory_unlock(:n)"), {"n": self._number})
        self._connection.invalidate()
        self._connection.close()


def _take_advisory(database: Database, name: str, wait_seconds: float) -> Lock | None:
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
    return _AdvisoryLock(database, connection, number)
