"""Carries one execution from queued to its end: lock, row, log, progress, cancel, retry, recovery.

Liveness is the library's lock, which the system releases when its holder dies. A running row whose lock can
be taken belongs to nobody and becomes interrupted.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from retrovue import log
from retrovue.core.context import Context
from retrovue.core.scheduling import due, ends
from retrovue.core.scheduling.ending import finish
from retrovue.core.scheduling.stop import Stop
from retrovue.core.sync import engine, plan, removals
from retrovue.core.sync.run import Run, listing_of
from retrovue.errors import (
    Cancelled,
    ExecutionLost,
    NotFound,
    RetroVueError,
    StorageError,
    TokenRefused,
    Unreachable,
    WrongServer,
)
from retrovue.model.catalogue import Library, Server
from retrovue.model.execution import Execution, Status
from retrovue.model.notices import PingEvent
from retrovue.model.schedule import Policies, Schedule
from retrovue.model.sync import Depth, Progress, SyncReport
from retrovue.model.words import duration
from retrovue.settings import Settings
from retrovue.storage import deliveries, execution_logs, executions, locks, schedules, servers
from retrovue.storage.database import Connection

_log = logging.getLogger("retrovue.execution")
_LOOK_SECONDS = 0.5
_BUSY = timedelta(seconds=5)
_ABANDONED = timedelta(minutes=1)
_INSIST = (1.0, 2.0, 5.0, 10.0, 30.0)
Observe = Callable[[Progress], None]


class Executor:
    """Runs executions in this process."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self.find_again: Callable[[Server], Server | None] = lambda _server: None
        """Where a server is that does not answer any more, if it only moved."""

    def recover(self) -> list[int]:
        """Ends running rows that nobody runs any more, as interrupted; their ids."""
        with self._context.database.read() as rx:
            suspects = executions.running(rx)
        ended = self._end_abandoned()
        for library_id in dict.fromkeys(execution.library_id for execution in suspects):
            if library_id is None:
                ended += self._interrupt(None)
                continue
            with locks.hold(self._context.database, locks.library(library_id)) as got:
                if got:
                    ended += self._interrupt(library_id)
        return ended

    def _end_abandoned(self) -> list[int]:
        before = self._context.now() - _ABANDONED
        with self._context.database.read() as rx:
            found = executions.abandoned(rx, before)
        for execution_id in found:
            self._end(execution_id, Status.INTERRUPTED, "the program that was to run it ended without a word")
        return found

    def _interrupt(self, library_id: int | None) -> list[int]:
        """Call it with the library's lock held."""
        reason = "the program that ran it ended without a word; what it had written is kept"
        with self._context.database.read() as rx:
            if not any(e.library_id == library_id for e in executions.running(rx, library_id)):
                return []
        with self._context.database.transaction() as tx:
            orphans = [e.id for e in executions.running(tx, library_id) if e.library_id == library_id]
            for orphan in orphans:
                finish(self._context, tx, orphan, Status.INTERRUPTED, reason)
        return orphans

    def execute(
        self,
        execution_id: int,
        *,
        stop: Stop | None = None,
        observe: Observe = lambda _: None,
        patient: bool = False,
    ) -> Execution:
        """Runs a queued execution to its end and returns it as it then is. What goes wrong is in its row.

        A `patient` one waits in the queue for a busy library, for quiet, and for its next attempt; then it comes
        back queued. Raises `StorageError` only when the end itself cannot be written; then the row is recovered
        later.
        """
        stop = stop or Stop()
        execution = self._get(execution_id)
        if execution.library_id is None:
            return self._end(execution_id, Status.FAILED, "its library was removed from RetroVue")
        schedule = self._schedule(execution)
        with (
            log.capture(execution_id) as lines,
            # A short wait, since somebody who looks for orphans holds the lock for a moment.
            locks.hold(
                self._context.database, locks.library(execution.library_id), wait_seconds=_LOOK_SECONDS
            ) as got,
        ):
            if not got:
                return self._library_is_busy(execution_id, patient=patient)
            self._interrupt(execution.library_id)
            if patient and schedule is not None and self._wait_for_quiet(execution, schedule.policies, stop):
                return self._get(execution_id)
            with self._context.database.transaction() as tx:
                began = executions.start(tx, execution_id, self._context.now())
                if began and schedule is not None and execution.attempt == 1:
                    deliveries.queue_ping(tx, schedule.id, PingEvent.START, self._context.now())
            if not began:
                return self._end(execution_id, Status.CANCELLED, "it was cancelled before it began")
            return self._work(self._get(execution_id), schedule if patient else None, lines, stop, observe)

    def _library_is_busy(self, execution_id: int, *, patient: bool) -> Execution:
        reason = "another sync of this library was running"
        if not patient:
            return self._end(execution_id, Status.SKIPPED, reason)
        with self._context.database.transaction() as tx:
            executions.requeue(
                tx,
                execution_id,
                status=Status.QUEUED,
                not_before=self._context.now() + _BUSY,
                reason=f"waiting: {reason}",
            )
        return self._get(execution_id)

    def _wait_for_quiet(self, execution: Execution, policies: Policies, stop: Stop) -> bool:
        """Puts the run off while people are streaming; False when it goes now."""
        now = self._context.now()
        came_due = None if execution.due_at is None else execution.created_at
        if not due.may_wait_for_quiet(policies, came_due, now):
            return False
        try:
            library, server = self._place(execution)
            source = self._context.source_of(server, pause=stop.wait, impatient=True)
            try:
                streams = source.busy(listing_of(library), streams=True).streams
            finally:
                source.close()
        except RetroVueError as error:
            _log.info("Whether people are streaming cannot be told: %s", error)
            return False
        if not streams:
            return False
        who = "one person is" if streams == 1 else f"{streams} people are"
        with self._context.database.transaction() as tx:
            return executions.requeue(
                tx,
                execution.id,
                status=Status.QUEUED,
                not_before=now + due.QUIET_LOOKS,
                reason=f"waiting for quiet: {who} streaming",
            )

    def _work(
        self,
        execution: Execution,
        schedule: Schedule | None,
        lines: log.Captured,
        stop: Stop,
        observe: Observe,
    ) -> Execution:
        settings = self._context.settings()
        report = SyncReport(execution.options.depth, dry_run=execution.options.dry_run)
        keep = settings.integer("history.log_kib") * 1024
        if schedule is not None and schedule.policies.timeout:
            stop.limit(schedule.policies.timeout, self._context.monotonic)

        def checkpoint(tx: Connection, progress: Progress) -> bool:
            cancel = executions.proceed(tx, execution.id, progress.done, progress.total, progress.phase)
            execution_logs.append(tx, execution.id, lines.take(), keep_bytes=keep)
            observe(progress)
            return cancel

        transient = refused = False
        try:
            status, reason = self._sync(execution, report, settings, checkpoint, stop)
        except Cancelled as error:
            status, reason = ends.stopped(stop, schedule, error)
        except ExecutionLost as error:
            _log.warning("%s", error)
            return self._get(execution.id)
        except RetroVueError as error:
            status, reason, transient = Status.FAILED, ends.reason(error), error.transient
            refused = isinstance(error, TokenRefused)
            _log.error("%s", reason)
        except Exception as error:  # noqa: BLE001  (the boundary of a run: a bug ends as a failed row)
            status, reason = Status.FAILED, f"a fault in RetroVue: {type(error).__name__}"
            _log.exception("The sync failed by a fault in RetroVue")
        reason = log.redact(reason or "") or None
        again = schedule is not None and transient and execution.attempt <= schedule.policies.retries
        if again and self._try_later(execution, reason or "", lines, keep):
            return self._get(execution.id)
        self._write_end(
            execution.id,
            status,
            reason,
            report,
            lines,
            keep,
            stop,
            patient=schedule is not None,
            refused=refused,
        )
        return self._get(execution.id)

    def _try_later(self, execution: Execution, reason: str, lines: log.Captured, keep: int) -> bool:
        delay = due.retry_delay(execution.attempt)
        _log.info("Attempt %d failed; trying again in %s", execution.attempt, duration(delay))
        try:
            with self._context.database.transaction() as tx:
                execution_logs.append(tx, execution.id, lines.take(), keep_bytes=keep)
                return executions.requeue(
                    tx,
                    execution.id,
                    status=Status.RUNNING,
                    not_before=self._context.now() + delay,
                    reason=f"attempt {execution.attempt} failed: {reason}",
                    attempt=execution.attempt + 1,
                )
        except StorageError as error:
            _log.warning("%s", error)
            return False

    def _write_end(
        self,
        execution_id: int,
        status: Status,
        reason: str | None,
        report: SyncReport,
        lines: log.Captured,
        keep: int,
        stop: Stop,
        *,
        patient: bool,
        refused: bool,
    ) -> None:
        """Writes the end. A patient run insists, with less to write, when the database is away or full."""
        taken = lines.take()
        for pause in (*_INSIST, None) if patient else (None,):
            try:
                with self._context.database.transaction() as tx:
                    execution_logs.append(tx, execution_id, taken, keep_bytes=keep)
                    finish(
                        self._context,
                        tx,
                        execution_id,
                        status,
                        reason,
                        report,
                        expected=stop.by_service,
                        refused=refused,
                    )
            except StorageError as error:
                if pause is None:
                    raise
                _log.warning("The end of execution %d cannot be written yet: %s", execution_id, error)
                taken = []
                self._context.pause(pause)
            else:
                return

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
        report.depth = self._depth(execution, library, settings, report)
        talk = partial(self._talk, execution, library, report, settings, checkpoint, stop)
        try:
            talk(server)
        except (Unreachable, WrongServer):
            moved = None if report.scanned else self.find_again(server)
            if moved is None:
                raise
            _log.info("The server has moved to %s", moved.url)
            talk(moved)
        _log.info("%s", ends.summary(report))
        return Status.SUCCESS, "; ".join(report.notes) or None

    def _talk(
        self,
        execution: Execution,
        library: Library,
        report: SyncReport,
        settings: Settings,
        checkpoint: Callable[[Connection, Progress], bool],
        stop: Stop,
        server: Server,
    ) -> None:
        source = self._context.source_of(server, pause=stop.wait)
        run = Run(
            database=self._context.database,
            source=source,
            library=library,
            execution_id=execution.id,
            options=execution.options,
            report=report,
            limits=ends.limits(settings),
            now=self._context.now,
            pause=stop.wait,
            checkpoint=checkpoint,
            cancelled=stop.asked,
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

    def _depth(self, execution: Execution, library: Library, settings: Settings, report: SyncReport) -> Depth:
        schedule, now = self._schedule(execution), self._context.now()
        following = schedule.next_run_at if schedule is not None else None
        depth, note = plan.choose_depth(
            library,
            execution.options,
            now=now,
            until=max(now, following or now),
            complete_every=timedelta(hours=settings.number("sync.auto_complete_hours")),
        )
        if note and execution.options.depth is Depth.QUICK:
            report.notes.append(f"Looking at everything: {note}")
        return depth

    def _schedule(self, execution: Execution) -> Schedule | None:
        if execution.schedule_id is None:
            return None
        with self._context.database.read() as rx:
            return schedules.get(rx, execution.schedule_id)

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
            finish(self._context, tx, execution_id, status, reason)
        return self._get(execution_id)

    def _get(self, execution_id: int) -> Execution:
        with self._context.database.read() as rx:
            execution = executions.get(rx, execution_id)
        if execution is None:
            raise NotFound(
                f"There is no execution {execution_id}", hint="See what there is: retrovue history list"
            )
        return execution
