"""Carries one execution from queued to its end: lock, row, log, progress, cancel, recovery.

Liveness is the library's lock, which the system releases when its holder dies. A running row whose lock can
be taken belongs to nobody and becomes interrupted.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from retrovue import log
from retrovue.core.context import Context
from retrovue.core.sync import engine, plan, removals
from retrovue.core.sync.run import Limits, Run
from retrovue.errors import (
    Cancelled,
    ExecutionLost,
    NotFound,
    RetroVueError,
)
from retrovue.model.catalogue import Library, Server
from retrovue.model.execution import Execution, Status
from retrovue.model.sync import Depth, Progress, SyncReport
from retrovue.settings import Settings
from retrovue.storage import executions, locks, servers
from retrovue.storage.database import Connection

_log = logging.getLogger("retrovue.execution")
_LOOK_SECONDS = 0.5
Observe = Callable[[Progress], None]


@dataclass(slots=True)
class Stop:
    """A cancel flag within this process. `wait` is a pause that ends early, as `Cancelled`, when it is set."""

    event: threading.Event = field(default_factory=threading.Event)

    def set(self) -> None:
        """Asks the run to stop at the next page."""
        self.event.set()

    def wait(self, seconds: float) -> None:
        """Waits, and raises `Cancelled` when asked to stop."""
        if self.event.wait(seconds):
            raise Cancelled("The sync was cancelled", "what it had written so far is kept")


class Executor:
    """Runs executions in this process."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def recover(self) -> list[int]:
        """Ends running rows that nobody runs any more, as interrupted; their ids."""
        with self._context.database.read() as rx:
            suspects = executions.running(rx)
        ended: list[int] = []
        for execution in suspects:
            if execution.library_id is None:
                ended += self._interrupt(None)
                continue
            with locks.hold(self._context.database, locks.library(execution.library_id)) as got:
                if got:
                    ended += self._interrupt(execution.library_id)
        return ended

    def _interrupt(self, library_id: int | None) -> list[int]:
        """Call it with the library's lock held."""
        with self._context.database.transaction() as tx:
            orphans = [e for e in executions.running(tx, library_id) if e.library_id == library_id]
            for orphan in orphans:
                executions.finish(
                    tx,
                    orphan.id,
                    Status.INTERRUPTED,
                    now=self._context.now(),
                    reason="the program that ran it ended without a word; what it had written is kept",
                )
        return [orphan.id for orphan in orphans]

    def execute(
        self, execution_id: int, *, stop: Stop | None = None, observe: Observe = lambda _: None
    ) -> Execution:
        """Runs a queued execution to its end and returns it as it then is. What goes wrong is in its row.

        Raises `StorageError` only when the end itself cannot be written; then the row is recovered later.
        """
        stop = stop or Stop()
        execution = self._get(execution_id)
        if execution.library_id is None:
            return self._end(execution_id, Status.FAILED, "its library was removed from RetroVue")
        with (
            log.capture(execution_id) as lines,
            # A short wait, since somebody who looks for orphans holds the lock for a moment.
            locks.hold(
                self._context.database, locks.library(execution.library_id), wait_seconds=_LOOK_SECONDS
            ) as got,
        ):
            if not got:
                reason = "another sync of this library was running"
                return self._end(execution_id, Status.SKIPPED, reason)
            self._interrupt(execution.library_id)
            with self._context.database.transaction() as tx:
                began = executions.start(tx, execution_id, self._context.now())
            if not began:
                return self._end(execution_id, Status.CANCELLED, "it was cancelled before it began")
            return self._work(execution, lines, stop, observe)

    def _work(self, execution: Execution, lines: log.Captured, stop: Stop, observe: Observe) -> Execution:
        settings = self._context.settings()
        report = SyncReport(execution.options.depth, dry_run=execution.options.dry_run)
        keep = settings.integer("history.log_kib") * 1024

        def checkpoint(tx: Connection, progress: Progress) -> bool:
            cancel = executions.proceed(tx, execution.id, progress.done, progress.total, progress.phase)
            executions.append_log(tx, execution.id, lines.take(), keep_bytes=keep)
            observe(progress)
            return cancel

        try:
            status, reason = self._sync(execution, report, settings, checkpoint, stop)
        except Cancelled as error:
            status, reason = Status.CANCELLED, error.title
        except ExecutionLost as error:
            _log.warning("%s", error)
            return self._get(execution.id)
        except RetroVueError as error:
            status, reason = Status.FAILED, _reason(error)
            _log.error("%s", reason)
        except Exception as error:  # noqa: BLE001  (the boundary of a run: a bug ends as a failed row)
            status, reason = Status.FAILED, f"a fault in RetroVue: {type(error).__name__}"
            _log.exception("The sync failed by a fault in RetroVue")
        with self._context.database.transaction() as tx:
            executions.append_log(tx, execution.id, lines.take(), keep_bytes=keep)
            executions.finish(
                tx,
                execution.id,
                status,
                now=self._context.now(),
                reason=log.redact(reason or "") or None,
                report=report,
            )
        return self._get(execution.id)

    def _sync(
        self,
        execution: Execution,
        report: SyncReport,
        settings: Settings,
        checkpoint: Callable[[Connection, Progress], bool],
        stop: Stop,
    ) -> tuple[Status, str | None]:
        library, server = self._place(execution)
        why_not = plan.why_not(library, execution.options)
        if why_not is not None:
            return Status.SKIPPED, why_not
        report.depth, note = plan.choose_depth(
            library,
            execution.options,
            until=self._context.now(),
            complete_every=timedelta(hours=settings.number("sync.auto_complete_hours")),
        )
        if note and execution.options.depth is Depth.QUICK:
            report.notes.append(f"Looking at everything: {note}")
        source = self._context.source_of(server, pause=stop.wait)
        run = Run(
            database=self._context.database,
            source=source,
            library=library,
            execution_id=execution.id,
            options=execution.options,
            report=report,
            limits=_limits(settings),
            now=self._context.now,
            pause=stop.wait,
            checkpoint=checkpoint,
            cancelled=stop.event.is_set,
        )
        try:
            if execution.options.approve is not None:
                engine.check_server(run, server.machine_identifier)
                removals.approve(run, execution.options.approve)
            else:
                engine.run_sync(run, server.machine_identifier)
        finally:
            traffic = source.traffic()
            report.requests, report.bytes = traffic.requests, traffic.bytes
            source.close()
        _log.info("%s", _summary(report))
        return Status.SUCCESS, "; ".join(report.notes) or None

    def _place(self, execution: Execution) -> tuple[Library, Server]:
        assert execution.library_id is not None
        with self._context.database.read() as rx:
            library = servers.library(rx, execution.library_id)
            every = servers.all_servers(rx)
        server = next((s for s in every if library is not None and s.id == library.server_id), None)
        if library is None or server is None:
            raise NotFound("Its library was removed from RetroVue")
        return library, server

    def _end(self, execution_id: int, status: Status, reason: str) -> Execution:
        with self._context.database.transaction() as tx:
            executions.finish(tx, execution_id, status, now=self._context.now(), reason=reason)
        return self._get(execution_id)

    def _get(self, execution_id: int) -> Execution:
        with self._context.database.read() as rx:
            execution = executions.get(rx, execution_id)
        if execution is None:
            raise NotFound(
                f"There is no execution {execution_id}", hint="See what there is: retrovue history list"
            )
        return execution


def _reason(error: RetroVueError) -> str:
    """What happened on the first line, what to do on the second."""
    return f"{error}\n{error.hint}" if error.hint else str(error)


def _limits(settings: Settings) -> Limits:
    return Limits(
        scan_wait=timedelta(minutes=settings.number("sync.scan_wait_minutes")),
        brake_percent=settings.number("removals.brake_percent"),
        brake_items=settings.integer("removals.brake_items"),
    )


def _summary(report: SyncReport) -> str:
    return (
        f"{'Dry run: ' if report.dry_run else ''}{report.scanned:,} scanned, {report.added:,} added, "
        f"{report.updated:,} updated, {report.removed:,} removed, {report.restored:,} restored, "
        f"{report.unchanged:,} unchanged, {report.errors:,} errors, {report.removals_held:,} removals held; "
        f"{report.requests:,} requests, {report.bytes:,} bytes"
    )
