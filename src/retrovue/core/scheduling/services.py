"""Use cases around the background service: how it is, and what it is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from retrovue.core.context import Context
from retrovue.core.scheduling import claim
from retrovue.core.scheduling.dispatch import Spawn, in_thread
from retrovue.core.scheduling.executor import Executor
from retrovue.core.scheduling.history import History
from retrovue.core.scheduling.loop import About, Loop
from retrovue.core.scheduling.notices import Notify
from retrovue.model.schedule import StoredMessage
from retrovue.model.service import NextRun, ServiceHealth, ServiceProcess
from retrovue.storage import executions, locks, messages, schedules, services
from retrovue.storage.database import Connection

_LAUNCH_SECONDS = 30.0


class Service:
    """`rv.service`: the background service, as faces see it."""

    def __init__(self, context: Context, executor: Executor, history: History, notify: Notify) -> None:
        self._context = context
        self._executor = executor
        self._history = history
        self._notify = notify

    def loop(self, about: About, wake: Callable[[], None], spawn: Spawn = in_thread) -> Loop:
        """The loop of a service process; nothing is touched before its first tick."""
        return Loop(self._context, self._executor, self._history, self._notify, about, wake, spawn)

    def health(self) -> ServiceHealth:
        """The services that live, whether all is paused, and what fires next."""
        living = self._living()
        with self._context.database.read() as rx:
            paused = services.paused_at(rx) is not None
            running = len(executions.running(rx))
            following = [] if paused else _upcoming(rx, 1)
            died_at = services.died_at(rx)
        return ServiceHealth(tuple(living), paused, running, following[0] if following else None, died_at)

    def _living(self) -> list[ServiceProcess]:
        with self._context.database.read() as rx:
            every = services.listing(rx)
        return [one for one in every if self._lives(one)]

    def _lives(self, one: ServiceProcess) -> bool:
        """A service holds a lock of its own; a row whose lock is free was left by one that died."""
        with locks.hold(self._context.database, locks.service(one.id)) as free:
            if free:
                with self._context.database.transaction() as tx:
                    services.bury(tx, one.id, self._context.now())
        return not free

    @contextmanager
    def launching(self) -> Iterator[bool]:
        """Held while a service is being started; False when another program is at it and does not come to an end."""
        with locks.hold(self._context.database, locks.LAUNCH, wait_seconds=_LAUNCH_SECONDS) as alone:
            yield alone

    def upcoming(self, limit: int = 10) -> list[NextRun]:
        """What fires next, soonest first; nothing while all is paused."""
        with self._context.database.read() as rx:
            return [] if services.paused_at(rx) is not None else _upcoming(rx, limit)

    def request_stop(self) -> None:
        """Asks every service of this database to stop."""
        with self._context.database.transaction() as tx:
            services.request_stop(tx)

    def pause_all(self) -> None:
        """No schedule fires until `resume_all`; what was queued by hand still runs."""
        with self._context.database.transaction() as tx:
            if services.paused_at(tx) is None:
                services.set_paused(tx, self._context.now())

    def resume_all(self) -> None:
        """Schedules fire again from now on; what came due meanwhile does not."""
        now = self._context.now()
        with self._context.database.transaction() as tx:
            if services.paused_at(tx) is None:
                return
            services.set_paused(tx, None)
            claim.realign(tx, schedules.listing(tx), now, forget_overdue=True)

    def last_message(self) -> int:
        """The id of the newest message; 0 while there is none."""
        with self._context.database.read() as rx:
            return messages.newest(rx)

    def messages(self, *, after: int = 0, limit: int = 100) -> list[StoredMessage]:
        """Messages with an id above `after`, the oldest first."""
        with self._context.database.read() as rx:
            return messages.listing(rx, after=after, limit=limit)


def _upcoming(rx: Connection, limit: int) -> list[NextRun]:
    return [NextRun(ident, name, at) for ident, name, at in schedules.upcoming(rx, limit)]
