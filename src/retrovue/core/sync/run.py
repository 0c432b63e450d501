"""What one run carries through its rooms: where it reads, where it writes, and when it must stop."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import TypeVar

from retrovue.errors import Cancelled
from retrovue.model.catalogue import Library
from retrovue.model.sync import LibraryListing, MediaSource, Progress, SyncOptions, SyncReport
from retrovue.storage.database import Connection, Database

T = TypeVar("T")
log = logging.getLogger("retrovue.sync")


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings that a run obeys."""

    scan_wait: timedelta = timedelta(minutes=15)
    brake_percent: float = 10.0
    brake_items: int = 20


Checkpoint = Callable[[Connection, Progress], bool]
"""Stores progress in the transaction at hand; True when a cancel was asked for. May raise `ExecutionLost`."""


def listing_of(known: Library) -> LibraryListing:
    """A known library as its source is asked for it."""
    return LibraryListing(known.key, known.uuid, known.title, known.type, known.locations, False)


@dataclass(slots=True)
class Run:
    """One run of the engine. `now` tells the time; `pause` waits and may raise `Cancelled`."""

    database: Database
    source: MediaSource
    library: Library
    execution_id: int
    options: SyncOptions
    report: SyncReport
    limits: Limits
    now: Callable[[], datetime]
    pause: Callable[[float], None]
    checkpoint: Checkpoint
    cancelled: Callable[[], bool]
    done: int = 0
    total: int | None = None
    phase: str = "starting"
    counted: set[str] = field(default_factory=set)
    """Keys that the report counts already, when a listing is gone through again."""
    fresh: bool = False
    """Whether the catalogue held nothing of the library, so that nothing listed can be an old acquaintance."""
    _cancel_seen: bool = False

    @property
    def listing(self) -> LibraryListing:
        """The library as the source is asked for it."""
        return listing_of(self.library)

    @property
    def left(self) -> int | None:
        """How many rows may still be looked at; None without a limit."""
        limit = self.options.limit
        return None if limit is None else max(0, limit - self.report.scanned)

    @contextmanager
    def page(self) -> Iterator[Connection]:
        """One small transaction, which ends the run when its row is no longer running."""
        with self.database.transaction() as tx:
            done = self.done if self.total is None else min(self.done, self.total)
            self._cancel_seen |= self.checkpoint(tx, Progress(done, self.total, self.phase))
            yield tx

    def stop_if_cancelled(self) -> None:
        """Raises `Cancelled` when somebody asked for it. Called between transactions, never within one."""
        if self._cancel_seen or self.cancelled():
            raise Cancelled("The sync was cancelled", "what it had written so far is kept")

    def enter(self, phase: str) -> None:
        """Says what comes now, for those who watch."""
        self.phase = phase
        with self.page():
            pass
        self.stop_if_cancelled()

    def note(self, text: str) -> None:
        """Keeps a reason for people, in the report and in the log."""
        self.report.notes.append(text)
        log.info("%s", text)


def ahead(pages: Iterator[T]) -> Iterator[T]:
    """The same pages; the next one is fetched in a thread while the current one is worked on."""
    context = copy_context()

    def fetch() -> tuple[T, ...]:
        return tuple(context.run(lambda: list(islice(pages, 1))))

    with ThreadPoolExecutor(1, thread_name_prefix="retrovue-fetch") as pool:
        pending = pool.submit(fetch)
        while fetched := pending.result():
            pending = pool.submit(fetch)
            yield fetched[0]
