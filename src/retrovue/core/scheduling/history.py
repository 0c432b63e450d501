"""Use cases around executions: look back, follow, cancel, prune."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from retrovue.core.context import Context
from retrovue.core.scheduling.ending import finish
from retrovue.errors import Conflict, NotFound
from retrovue.model.execution import Execution, HistoryFilter, LogLine, Status
from retrovue.model.sync import SyncOptions
from retrovue.storage import execution_logs, executions, journal, messages, schedules
from retrovue.storage.database import Connection

_PRUNED_AT_ONCE = 500
"""Rows in one transaction, so that nobody waits long for the database."""


class History:
    """`rv.history`: every execution, with its log."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def list(self, wanted: HistoryFilter | None = None) -> list[Execution]:
        """Executions, those that began last first. A schedule that exists is found under all names it ever had."""
        with self._context.database.read() as rx:
            return executions.listing(rx, _resolved(rx, wanted or HistoryFilter()))

    def count(self, wanted: HistoryFilter) -> int:
        """How many executions a filter finds."""
        with self._context.database.read() as rx:
            return executions.count(rx, _resolved(rx, wanted))

    def place(self, wanted: HistoryFilter, execution_id: int) -> int | None:
        """The position of an execution in what `list` finds, from 0; None when it is not in it."""
        with self._context.database.read() as rx:
            return executions.place(rx, _resolved(rx, wanted), execution_id)

    def window(
        self, wanted: HistoryFilter, offset: int, limit: int, *, total: int | None = None
    ) -> builtins.list[Execution]:
        """As `list`, from a position on, for a view that shows a piece of a long history.

        A view that knows how many there are says so in `total`, and gets to the end sooner.
        """
        with self._context.database.read() as rx:
            return executions.window(rx, _resolved(rx, wanted), offset, limit, total)

    def pages(self, wanted: HistoryFilter, *, size: int = 1000) -> Iterator[Execution]:
        """As `list`, read in pieces so that a long history needs little memory."""
        left, after = wanted.limit, wanted.after
        while left is None or left > 0:
            piece = size if left is None else min(size, left)
            found = self.list(replace(wanted, limit=piece, after=after))
            yield from found
            if len(found) < piece:
                return
            left, after = None if left is None else left - piece, found[-1].id

    def running(self) -> builtins.list[Execution]:
        """Executions that run now, oldest first."""
        with self._context.database.read() as rx:
            return executions.running(rx)

    def get(self, execution_id: int) -> Execution:
        """One execution. Raises `NotFound`."""
        with self._context.database.read() as rx:
            found = executions.get(rx, execution_id)
        if found is None:
            raise NotFound(
                f"There is no execution {execution_id}", hint="See what there is: retrovue history list"
            )
        return found

    def log(self, execution_id: int, *, after: int = 0) -> builtins.list[LogLine]:
        """The log of an execution in order; `after` is the id of the last line already seen. Raises `NotFound`."""
        self.get(execution_id)
        with self._context.database.read() as rx:
            return execution_logs.lines(rx, execution_id, after=after)

    def log_dropped(self, execution_id: int) -> int:
        """How many lines were left out of the middle of a log that grew too long."""
        with self._context.database.read() as rx:
            return execution_logs.dropped(rx, execution_id)

    def cancel(self, execution_id: int) -> Execution:
        """Ends an execution that waits; asks a running one to stop at its next page. Raises `NotFound`, or `Conflict` when it has ended."""
        self.get(execution_id)
        with self._context.database.transaction() as tx:
            asked = executions.request_cancel(tx, execution_id, self._context.now())
            current = executions.get(tx, execution_id)
            if asked and current is not None and current.status is Status.QUEUED:
                finish(self._context, tx, execution_id, Status.CANCELLED, "it was cancelled before it began")
        found = self.get(execution_id)
        if not asked:
            raise Conflict(
                f"Execution {execution_id} has ended already",
                f"its status is {found.status.value}",
                "See what runs now: retrovue status",
            )
        return found

    def run_again(self, execution_id: int) -> int:
        """Queues the same sync once more, with the same options; the new execution's id.

        Raises `Conflict` when its library was removed, or when it was an approval of removals.
        """
        old = self.get(execution_id)
        return self._repeat(old, old.options)

    def apply(self, execution_id: int) -> int:
        """Queues what a dry run tried, for good; the new execution's id. Raises `Conflict` as `run_again`."""
        old = self.get(execution_id)
        return self._repeat(old, replace(old.options, dry_run=False))

    def _repeat(self, old: Execution, options: SyncOptions) -> int:
        if old.options.approve is not None:
            raise Conflict(
                f"Execution {old.id} approved removals",
                "that cannot be repeated",
                "See what is held now: retrovue removals list",
            )
        if old.library_id is None or old.server_id is None:
            raise Conflict(
                f"Execution {old.id} cannot be repeated", f"'{old.library}' was removed from RetroVue"
            )
        with self._context.database.transaction() as tx:
            return executions.create(
                tx,
                server_id=old.server_id,
                library_id=old.library_id,
                server=old.server,
                library=old.library,
                options=options,
                now=self._context.now(),
                for_service=True,
                schedule_id=old.schedule_id,
                schedule=old.schedule,
            )

    def prune(self) -> tuple[int, int]:
        """Forgets executions, logs and changes that are older than the settings say; executions and changes gone."""
        settings, now = self._context.settings(), self._context.now()
        before = now - timedelta(days=settings.integer("history.days"))
        with self._context.database.read() as rx:
            old = executions.prunable(
                rx, before=before, per_schedule=settings.integer("history.per_schedule")
            )
        gone = 0
        for position in range(0, len(old), _PRUNED_AT_ONCE):
            with self._context.database.transaction() as tx:
                gone += executions.forget(tx, old[position : position + _PRUNED_AT_ONCE])
        logs_before, pruned = now - timedelta(days=settings.integer("history.log_days")), _PRUNED_AT_ONCE
        while pruned == _PRUNED_AT_ONCE:
            with self._context.database.transaction() as tx:
                pruned = execution_logs.prune(tx, logs_before, _PRUNED_AT_ONCE)
        with self._context.database.transaction() as tx:
            messages.prune(tx, before)
            changes = journal.prune(tx, now - timedelta(days=settings.integer("journal.days")))
        return gone, changes


def _resolved(rx: Connection, wanted: HistoryFilter) -> HistoryFilter:
    """A schedule that exists is meant under all names it ever had."""
    for known in schedules.names(rx) if wanted.schedule is not None else ():
        if known.name.casefold() == (wanted.schedule or "").casefold():
            return replace(wanted, schedule=None, schedule_id=known.id)
    return wanted
