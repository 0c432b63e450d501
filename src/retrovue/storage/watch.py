"""Following what changes: a first look that costs next to nothing, then the numbers of the topics."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

from retrovue.storage.database import Database, converted


class Watcher:
    """Tells one follower whether something was committed since it last asked. For one thread at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._plain: sqlite3.Connection | None = None
        self._inode: int | None = None
        self._version: int | None = None
        self._topics: dict[str, int] = {}

    def changed(self) -> frozenset[str]:
        """The topics that changed since the last call; all of them at the first. Raises `StorageError`."""
        if not self._touched():
            return frozenset()
        topics = self._database.versions()
        found = frozenset(topic for topic, n in topics.items() if self._topics.get(topic) != n)
        self._topics = topics
        return found

    def _touched(self) -> bool:
        """SQLite tells by one number per connection whether anybody else committed; elsewhere it must be asked."""
        path = self._database.path
        if path is None:
            return True
        with converted(self._database):
            if self._plain is None or _inode(path) != self._inode:
                self._reopen(path)
            assert self._plain is not None
            version = self._plain.execute("PRAGMA data_version").fetchone()[0]
        touched: bool = version != self._version
        self._version = version
        return touched

    def _reopen(self, path: Path) -> None:
        self.close()
        self._inode = _inode(path)
        self._plain = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )

    def close(self) -> None:
        """Gives its connection back."""
        if self._plain is not None:
            with suppress(sqlite3.Error):
                self._plain.close()
        self._plain, self._version, self._topics = None, None, {}


def _inode(path: Path) -> int | None:
    try:
        return path.stat().st_ino
    except OSError:
        return None
