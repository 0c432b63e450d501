"""Opening the database, transactions, and the conversion of its errors into ours."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Any

from sqlalchemy import Connection as Connection  # noqa: PLC0414  (others name it from here)
from sqlalchemy import Engine, Table, create_engine, event, exc, make_url, select, text
from sqlalchemy.engine import URL

from retrovue import errors
from retrovue.storage.tables import changes

TOPICS = (
    "servers", "schedules", "executions", "progress", "catalogue", "settings", "service", "messages",
)  # fmt: skip
"""What faces can follow; each has a number in `changes` that grows at every commit that touched it."""

_BACKUP_HINT = "Restore a backup: retrovue restore FILE. The backups folder is beside the database."


class Database:
    """A SQLite or PostgreSQL database. Opening is lazy: nothing is touched before the first transaction."""

    def __init__(self, url: str, *, busy_seconds: float = 10.0) -> None:
        self.url: URL = _parse(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._busy_seconds = busy_seconds
        self._inode: int | None = None
        self.engine: Engine = self._create_engine()

    @property
    def path(self) -> Path | None:
        """The file of a SQLite database; None for PostgreSQL."""
        return Path(self.url.database) if self.is_sqlite and self.url.database else None

    def _create_engine(self) -> Engine:
        if not self.is_sqlite:
            return create_engine(self.url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
        engine = create_engine(
            self.url, connect_args={"timeout": self._busy_seconds, "isolation_level": None}
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """One writing transaction, committed at the end of the block and rolled back when it raises.

        On SQLite it takes the write lock at once, so that nothing read in it can be stale.
        Raises `StorageError` for what goes wrong below.
        """
        with converted(self), self.engine.connect() as plain:
            connection = plain.execution_options(retrovue_write=True)
            with connection.begin():
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A batch of queries that see one state of the database. Keep it short. Raises `StorageError`."""
        with converted(self), self.engine.connect() as connection:
            yield connection

    def versions(self) -> dict[str, int]:
        """The number of each topic; one that grew has changed."""
        with self.read() as rx:
            found: dict[str, int] = {row.topic: row.n for row in rx.execute(select(changes))}
        return {topic: found.get(topic, 0) for topic in TOPICS}

    def verify(self) -> None:
        """Makes sure that connections speak of the file that lies there now, as one that runs for months must.

        A file that another has taken the place of is opened anew. Raises `DatabaseUnavailable` when there is none,
        rather than making an empty one.
        """
        if self.path is None:
            return
        try:
            inode = self.path.stat().st_ino
        except OSError as error:
            self.engine.dispose()
            self._inode = None
            raise errors.DatabaseUnavailable(
                "The database is not there",
                f"{self.path} ({error.strerror})",
                "Bring it back, or restore a backup.",
            ) from error
        if self._inode is not None and inode != self._inode:
            self.engine.dispose()
        self._inode = inode

    def close(self) -> None:
        """Gives all connections back."""
        self.engine.dispose()


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except exc.ArgumentError as error:
        raise errors.Invalid(
            "database.url",
            "The database address cannot be read",
            hint="Write it like sqlite:////path/retrovue.db or postgresql://user:password@host/name",
        ) from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database not in {None, "", ":memory:"}:
        return parsed
    raise errors.Invalid(
        "database.url",
        f"RetroVue does not work with a '{backend}' database like this",
        hint="Use a SQLite file (the default) or PostgreSQL.",
    )


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-32768",
        "wal_autocheckpoint=4000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    write = connection.get_execution_options().get("retrovue_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


# Both databases understand this; SQLAlchemy has a construct of its own for each, which take a while to load.
_BUMP = text(
    "INSERT INTO changes (topic, n) VALUES (:topic, 1) ON CONFLICT (topic) DO UPDATE SET n = changes.n + 1"
)


def bump(tx: Connection, *topics: str) -> None:
    """Tells whoever follows these topics that this commit touched them."""
    for topic in topics:
        tx.execute(_BUMP, {"topic": topic})


_ROWS_AT_ONCE = 50
"""Rows in one INSERT. One row a statement takes twice as long, and gives other threads the interpreter each time."""


def insert_many(
    tx: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]], conflict: str = ""
) -> None:
    """Inserts rows of plain database values (instants as milliseconds, documents as text), many at a time.

    `conflict` is the end of the statement: what happens to a row that is there already.
    """
    mark = "?" if tx.dialect.name == "sqlite" else "%s"
    head = f"INSERT INTO {table.name} ({', '.join(columns)}) VALUES "  # noqa: S608  (our own names)
    group = f"({', '.join([mark] * len(columns))})"
    for position in range(0, len(rows), _ROWS_AT_ONCE):
        batch = rows[position : position + _ROWS_AT_ONCE]
        sql = head + ", ".join([group] * len(batch)) + " " + conflict
        tx.exec_driver_sql(sql, tuple(chain.from_iterable(batch)))


def update_many(
    tx: Connection, table: Table, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Updates by id: each row holds the plain values of `columns`, then the id."""
    if rows:
        mark = "?" if tx.dialect.name == "sqlite" else "%s"
        sets = ", ".join(f"{column} = {mark}" for column in columns)
        sql = f"UPDATE {table.name} SET {sets} WHERE id = {mark}"  # noqa: S608  (our own names)
        tx.exec_driver_sql(sql, list(rows))


@contextmanager
def converted(database: Database) -> Iterator[None]:
    """Whatever the driver raises in the block comes out as a `StorageError`."""
    try:
        yield
    except exc.DBAPIError as error:
        raise convert(error.orig or error, database) from error
    except sqlite3.Error as error:
        raise convert(error, database) from error


def convert(error: BaseException, database: Database) -> errors.StorageError:
    """The error of ours that a driver's error stands for."""
    said = " ".join(str(error).split())
    where = str(database.path) if database.is_sqlite else database.url.render_as_string(hide_password=True)
    for signs, kind, title, hint in _MEANINGS:
        if any(sign in said.lower() for sign in signs):
            return kind(title, f"{where} ({said})", hint)
    if not database.is_sqlite and isinstance(getattr(error, "sqlstate", None), str):
        return errors.StorageError(
            "The database refused a statement", said, "Run with --debug and report this."
        )
    return errors.DatabaseUnavailable(
        "The database cannot be used", f"{where} ({said})", "Check that the place exists and can be reached."
    )


_MEANINGS: tuple[tuple[tuple[str, ...], type[errors.StorageError], str, str], ...] = (
    (("database or disk is full", "no space left", "disk full"), errors.DiskFull, "The disk is full",
     "Make room where the database lies, then run the command again. Nothing half-done was kept."),
    (("is locked", "database is busy", "lock timeout"), errors.DatabaseLocked,
     "Another program is writing to the database", "Wait for it to end, then run the command again."),
    (("malformed", "not a database", "disk image"), errors.DatabaseCorrupt,
     "The database is damaged, or this file is no database", _BACKUP_HINT),
    (("readonly", "read-only", "permission denied"), errors.DatabaseReadOnly,
     "The database cannot be written to", "Give this user the right to write to the file and its folder."),
    (("unable to open", "no such file"), errors.DatabaseUnavailable, "The database cannot be opened",
     "Check that the folder exists and that this user may write there, or name another: --data-dir DIR."),
    (("connection failed", "could not connect", "connection refused", "server closed", "connection is lost",
      "password authentication", "does not exist"), errors.DatabaseUnavailable,
     "The database server cannot be used", "Check that it runs and that the address and the password are right."),
)  # fmt: skip
