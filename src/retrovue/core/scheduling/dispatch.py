"""Workers: queued executions of one server go one after another, those of different servers side by side."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from retrovue.core.context import Context
from retrovue.core.scheduling.ending import finish
from retrovue.core.scheduling.executor import Executor
from retrovue.core.scheduling.stop import Stop
from retrovue.errors import RetroVueError
from retrovue.model.execution import Status
from retrovue.storage import executions

_log = logging.getLogger("retrovue.scheduler")
Work = Callable[[], None]


Spawn = Callable[[Work, str], threading.Thread | None]
"""Begins a piece of work, under a name; the thread that does it, None when it is done already."""


def in_thread(work: Work, name: str) -> threading.Thread:
    """Does the work in a thread that ends with the process, whatever it is at."""
    thread = threading.Thread(target=work, name=name, daemon=True)
    thread.start()
    return thread


@dataclass(slots=True)
class _Worker:
    execution_id: int
    stop: Stop = field(default_factory=Stop)
    thread: threading.Thread | None = None
    done: bool = False


class Dispatcher:
    """Starts what is queued, passes cancels on, and ends it all within a time."""

    def __init__(self, context: Context, executor: Executor, wake: Callable[[], None], spawn: Spawn) -> None:
        self._context = context
        self._executor = executor
        self._wake = wake
        self._spawn = spawn
        self._workers: dict[int | None, _Worker] = {}
        self._stopping = False

    @property
    def busy(self) -> bool:
        """Whether anything runs here."""
        return any(not worker.done for worker in self._workers.values())

    def dispatch(self, now: datetime, *, scheduled: bool) -> int:
        """Starts what may start; how many. Without `scheduled` only what was asked for by hand."""
        self._workers = {server: worker for server, worker in self._workers.items() if not worker.done}
        if self._stopping:
            return 0
        with self._context.database.read() as rx:
            ready = executions.ready(rx, now, scheduled=scheduled)
        most = self._context.settings().integer("service.parallel_servers") if ready else 0
        started = 0
        for execution_id, server_id in ready:
            if server_id in self._workers or len(self._workers) >= most:
                continue
            worker = _Worker(execution_id)
            work = partial(self._run, worker)
            self._workers[server_id] = worker
            try:
                worker.thread = self._spawn(work, f"retrovue-run-{execution_id}")
            except RuntimeError:  # no thread is to be had; the run stays queued, and its server free
                del self._workers[server_id]
                raise
            started += 1
        return started

    def _run(self, worker: _Worker) -> None:
        try:
            self._executor.execute(worker.execution_id, stop=worker.stop, patient=True)
        except RetroVueError as error:
            # Its end cannot be written. The row is found without a holder later, and becomes interrupted.
            _log.error("Execution %d: %s", worker.execution_id, error)
        except Exception:  # noqa: BLE001  (the boundary of a worker)
            _log.exception("Execution %d ended by a fault in RetroVue", worker.execution_id)
        finally:
            worker.done = True
            self._wake()

    def pass_cancels_on(self) -> None:
        """Tells runs that somebody asked them to stop, and ends what was only waiting."""
        with self._context.database.read() as rx:
            asked = executions.cancel_requests(rx)
        own = {worker.execution_id: worker for worker in self._workers.values() if not worker.done}
        for execution_id, status in asked:
            if execution_id in own:
                own[execution_id].stop.set()
            elif status is Status.QUEUED:
                with self._context.database.transaction() as tx:
                    finish(
                        self._context, tx, execution_id, Status.CANCELLED, "it was cancelled before it began"
                    )

    def stop(self, seconds: float) -> list[int]:
        """Ends every run as interrupted within a time; those that did not make it themselves."""
        self._stopping = True
        workers = [worker for worker in self._workers.values() if not worker.done]
        for worker in workers:
            worker.stop.set(by_service=True)
        deadline = time.monotonic() + seconds
        for worker in workers:
            if worker.thread is not None:
                worker.thread.join(max(0.0, deadline - time.monotonic()))
        late = [worker.execution_id for worker in workers if not worker.done]
        for execution_id in late:
            self._mark(execution_id)
        return late

    def _mark(self, execution_id: int) -> None:
        reason = "the service was stopped, and its server did not answer in time; what was written is kept"
        try:
            with self._context.database.transaction() as tx:
                finish(self._context, tx, execution_id, Status.INTERRUPTED, reason, expected=True)
        except RetroVueError as error:
            _log.error("Execution %d: %s", execution_id, error)
