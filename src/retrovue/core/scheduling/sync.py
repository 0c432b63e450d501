"""Use cases around syncing by hand, and the removals that the brake holds."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from retrovue.core.context import Context
from retrovue.core.scheduling.executor import Executor
from retrovue.core.scheduling.stop import Stop
from retrovue.core.sync import plan
from retrovue.core.sync.removals import no_open_hold
from retrovue.errors import NotFound
from retrovue.model.catalogue import Library
from retrovue.model.execution import Execution
from retrovue.model.sync import Progress, RemovalHold, SyncOptions
from retrovue.storage import executions, holds, servers

ObserveExecution = Callable[[Execution, Progress], None]


class Syncs:
    """`rv.sync`: syncs started by hand."""

    def __init__(self, context: Context, executor: Executor) -> None:
        self._context = context
        self._executor = executor

    def choose(
        self, server: str | int, libraries: Sequence[str | int], options: SyncOptions
    ) -> list[Library]:
        """The libraries to sync: the named ones, or all enabled ones that hold the chosen kinds.

        Raises `NotFound`, `Ambiguous`, and `NotFound` when nothing is left.
        """
        known = self._context.find_server(server)
        if libraries:
            chosen = [self._context.find_library(known, wanted) for wanted in libraries]
            return list({library.id: library for library in chosen}.values())
        with self._context.database.read() as rx:
            every = servers.library_list(rx, known.id)
        if not every:
            raise NotFound(
                f"No libraries of '{known.name}' are known yet",
                hint=f"Ask the server for them: retrovue libraries discover '{known.name}'",
            )
        enabled = [lib for lib in every if lib.enabled and plan.holds_kinds(lib, options.kinds)]
        if not enabled:
            raise NotFound(
                f"'{known.name}' has no enabled library to sync",
                hint=f"See what there is: retrovue libraries list '{known.name}'",
            )
        return enabled

    def queue(self, library: Library, options: SyncOptions) -> int:
        """Queues a sync of a library for the service; the execution's id."""
        return self._create(library, options, for_service=True)

    def _create(self, library: Library, options: SyncOptions, *, for_service: bool) -> int:
        with self._context.database.transaction() as tx:
            return executions.create(
                tx,
                server_id=library.server_id,
                library_id=library.id,
                server=library.server,
                library=library.title,
                options=options,
                now=self._context.now(),
                for_service=for_service,
            )

    def run(
        self,
        libraries: Sequence[Library],
        options: SyncOptions,
        *,
        stop: Stop | None = None,
        observe: ObserveExecution = lambda _execution, _progress: None,
    ) -> Iterator[Execution]:
        """Syncs libraries one after the other in this process and yields each execution at its end.

        After a cancel the remaining ones are not begun.
        """
        create = partial(self._create, options=options, for_service=False)
        return self.run_each(libraries, create, stop=stop, observe=observe)

    def run_each(
        self,
        libraries: Sequence[Library],
        create: Callable[[Library], int],
        *,
        stop: Stop | None,
        observe: ObserveExecution,
    ) -> Iterator[Execution]:
        """As `run`, with executions of the caller's making."""
        stop = stop or Stop()
        self._executor.recover()
        for library in libraries:
            if stop.event.is_set():
                return
            yield self._run_one(create(library), stop, observe)

    def _run_one(self, execution_id: int, stop: Stop, observe: ObserveExecution) -> Execution:
        with self._context.database.read() as rx:
            queued = executions.get(rx, execution_id)
        assert queued is not None
        return self._executor.execute(execution_id, stop=stop, observe=lambda p: observe(queued, p))

    def recover(self) -> builtins.list[int]:
        """Ends running rows that nobody runs any more, as interrupted; their ids."""
        return self._executor.recover()


class Removals:
    """`rv.removals`: removals that the brake holds until a person decides."""

    def __init__(self, context: Context, syncs: Syncs) -> None:
        self._context = context
        self._syncs = syncs

    def list(self) -> list[RemovalHold]:
        """What is held, newest first."""
        with self._context.database.read() as rx:
            return holds.open_holds(rx)

    def approve(self, execution_id: int, *, stop: Stop | None = None) -> Execution:
        """Carries held removals out, after asking the server once more; the execution that did it.

        Raises `Conflict` when that execution holds none, or not any more.
        """
        library = self._open(execution_id)
        return next(self._syncs.run([library], SyncOptions(approve=execution_id), stop=stop))

    def queue_approval(self, execution_id: int) -> int:
        """As `approve`, by the service; the id of the execution that will do it."""
        return self._syncs.queue(self._open(execution_id), SyncOptions(approve=execution_id))

    def reject(self, execution_id: int) -> None:
        """Keeps the held items, and asks no more about this set. Raises `Conflict` as `approve` does."""
        library = self._open(execution_id)
        with self._context.database.transaction() as tx:
            holds.settle(tx, library.id, "rejected")

    def _open(self, execution_id: int) -> Library:
        with self._context.database.read() as rx:
            if executions.get(rx, execution_id) is None:
                raise NotFound(
                    f"There is no execution {execution_id}", hint="See what is held: retrovue removals list"
                )
            hold = holds.of_execution(rx, execution_id)
            if hold is None or hold.state != "open":
                raise no_open_hold(execution_id, hold)
            library = servers.library(rx, hold.library_id)
        assert library is not None
        return library
