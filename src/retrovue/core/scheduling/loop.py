"""The loop of the service: who leads, what is due, what was asked, what is tidied up.

It never waits itself: `tick` does what there is to do and says how long nothing will be, so that tests drive time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from retrovue.core.context import Context
from retrovue.core.scheduling import claim, due, safety, zones
from retrovue.core.scheduling.dispatch import Dispatcher, Spawn
from retrovue.core.scheduling.executor import Executor
from retrovue.core.scheduling.history import History
from retrovue.core.scheduling.notices import Notify
from retrovue.errors import Conflict, RetroVueError
from retrovue.log import redact
from retrovue.model.service import ServiceState
from retrovue.storage import executions, locks, schedules, services, settings_table
from retrovue.storage.watch import Watcher

_log = logging.getLogger("retrovue.scheduler")
LOOK = 0.25
"""Seconds between two looks for commands."""
_LEAD = timedelta(seconds=3)
_HEARTBEAT = timedelta(seconds=10)
_RECOVER = timedelta(seconds=30)
_RETRY_DISPATCH = timedelta(seconds=5)
_JUMP = timedelta(seconds=60)
_TOLERANCE = timedelta(seconds=1)
_STEADY = timedelta(hours=1)
_HOUR = timedelta(hours=1)
_POST = timedelta(seconds=5)
_DAY = timedelta(days=1)
_LONG_GAP = timedelta(days=30)
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class About:
    """What a service process says of itself."""

    pid: int
    host: str
    version: str


class Loop:
    """One service's view of its database. Not for several threads; `wake` is called by those of its runs."""

    def __init__(
        self,
        context: Context,
        executor: Executor,
        history: History,
        notify: Notify,
        about: About,
        wake: Callable[[], None],
        spawn: Spawn,
    ) -> None:
        self._context = context
        self._database = context.database
        self._executor = executor
        self._history = history
        self._notify = notify
        self._spawn = spawn
        self._sender: threading.Thread | None = None
        self._keeper: threading.Thread | None = None
        self._next_delivery: datetime | None = None
        self._dispatcher = Dispatcher(context, executor, wake, spawn)
        self._watcher = Watcher(context.database)
        self._about = about
        self._service_id: int | None = None
        self._alive: locks.Lock | None = None
        self._leading: locks.Lock | None = None
        self._problem: str | None = None
        self._last_error: str | None = None
        self._pause = 0.0
        self._waiting: tuple[datetime, datetime] | None = None
        self._slept_at: datetime | None = None
        self._steady_since: datetime | None = None
        self._pruned_at: datetime | None = None
        self._at: dict[str, datetime] = {}
        self._next_due: datetime | None = None
        self._next_ready: datetime | None = None
        self._paused = False
        self._stop_number: int | None = None
        self.stop_asked = False

    @property
    def state(self) -> ServiceState:
        """Leading or standing by."""
        return ServiceState.STANDBY if self._leading is None else ServiceState.LEADING

    @property
    def busy(self) -> bool:
        """Whether a run is at work here."""
        return self._dispatcher.busy

    def tick(self) -> float:
        """Does what there is to do; the seconds until it should be called again, at most `LOOK`.

        While the database cannot be used it tries again later and later, up to every 30 s. Raises nothing that a
        database or a schedule can cause.
        """
        now = self._context.now()
        jumped = self._jumped(now)
        try:
            wait = self._turn(now, jumped=jumped)
            self._pause, self._problem = 0.0, None
        except RetroVueError as error:
            wait = self._trouble(error)
        except Exception as error:  # noqa: BLE001  (the service goes on)
            _log.exception("A fault in RetroVue")
            wait = self._trouble(RetroVueError(f"A fault in RetroVue: {type(error).__name__}: {error}"))
        began = self._context.now()
        self._waiting = began, began + timedelta(seconds=wait)
        return wait

    def _trouble(self, error: RetroVueError) -> float:
        if self._problem != str(error):
            _log.error("%s", error)
        self._problem = str(error)
        self._last_error = redact(f"{self._context.now():%Y-%m-%d %H:%M:%S}Z {error}")
        if isinstance(error, Conflict):
            return LOOK
        self._pause = min(_LONGEST_PAUSE, max(LOOK, self._pause * 2))
        self._at.clear()
        self._watcher.close()
        return self._pause

    def _jumped(self, now: datetime) -> bool:
        """Whether the clock did something else than pass: a wait that ended before it began, or far too late."""
        self._steady_since = self._steady_since or now
        if self._waiting is None:
            return False
        began, until = self._waiting
        if began - _TOLERANCE <= now <= until + _JUMP:
            return False
        _log.warning("The clock has jumped from %s to %s", began, now)
        self._at.clear()
        self._steady_since = now
        if now > until:
            self._slept_at = now
        return True

    def _turn(self, now: datetime, *, jumped: bool) -> float:
        self._database.verify()
        if self._service_id is None:
            self._register(now)
        if self._leading is not None and not self._leading.intact():
            self._step_down()
        took_over = self._leading is None and self._try_to_lead(now)
        if self._leading is None:
            self._look_for_commands(now)
            self._beat(now)
            return LOOK
        if took_over or jumped:
            self._begin_anew(now)
        looked = self._look_for_commands(now)
        if looked:
            self._dispatcher.pass_cancels_on()
            self._read_times()
        self._tidy(now)
        self._beat(now)
        claimed = self._claim(now)
        self._dispatch(now, hurry=looked or claimed)
        self._send(now, looked=looked)
        return self._wait(self._context.now())

    def _register(self, now: datetime) -> None:
        about = self._about
        with self._database.transaction() as tx:
            ident = services.register(tx, pid=about.pid, host=about.host, version=about.version, now=now)
            # A stop that is asked from the moment on in which somebody can see the row counts.
            number = services.stop_number(tx)
            # Before anybody can see the row: one whose lock is free is taken for that of a service that died.
            alive = locks.take(self._database, locks.service(ident))
        self._service_id, self._alive, self._stop_number = ident, alive, number

    def _try_to_lead(self, now: datetime) -> bool:
        if not self._is_time("lead", now, _LEAD):
            return False
        self._leading = locks.take(self._database, locks.SCHEDULER)
        if self._leading is not None:
            _log.info("This service leads now")
            self._at.clear()
        return self._leading is not None

    def _step_down(self) -> None:
        _log.warning("The scheduler's lock is lost; this service stands by")
        if self._leading is not None:
            self._leading.release()
        self._leading = None
        self._at.clear()

    def _begin_anew(self, now: datetime) -> None:
        for execution_id in self._executor.recover():
            _log.warning("Execution %d was interrupted", execution_id)
        with self._database.transaction() as tx:
            before = settings_table.swap_zone_data(tx, zones.DATA_VERSION, now)
            if services.paused_at(tx) is None:
                claim.realign(tx, schedules.listing(tx), now)
        if before not in {None, zones.DATA_VERSION}:
            _log.info("The time zone data changed from %s to %s", before, zones.DATA_VERSION)
        self._read_times()

    def _look_for_commands(self, now: datetime) -> bool:
        if not self._watcher.changed():
            return False
        assert self._service_id is not None
        with self._database.read() as rx:
            known = services.is_known(rx, self._service_id, pid=self._about.pid, host=self._about.host)
            number = services.stop_number(rx)
            self._paused = services.paused_at(rx) is not None
        if known:
            self.stop_asked = self.stop_asked or number != self._stop_number
        else:  # a backup was restored; the number in it says nothing to this service
            self._forget()
            self._register(now)
        return True

    def _read_times(self) -> None:
        with self._database.read() as rx:
            self._next_due = schedules.next_due_at(rx)
            self._next_ready = executions.next_ready_at(rx)

    def _claim(self, now: datetime) -> bool:
        if self._paused or self._next_due is None or self._next_due > now:
            return False
        with self._database.read() as rx:
            running = bool(executions.running(rx))
        if running:
            self._executor.recover()
        with self._database.transaction() as tx:
            # Looked at again within the transaction, since a pause must hold at once.
            rows = 0 if services.paused_at(tx) is not None else claim.claim_due(tx, now)
        _log.info("%d executions came due", rows)
        self._read_times()
        return True

    def _dispatch(self, now: datetime, *, hurry: bool) -> None:
        if self._slept_at is not None and now - self._slept_at >= due.AFTER_WAKE:
            self._slept_at = None
        time_came = self._next_ready is not None and self._next_ready <= now
        if hurry or time_came or self._is_time("dispatch", now, _RETRY_DISPATCH):
            self._dispatcher.dispatch(now, scheduled=self._slept_at is None and not self._paused)

    def _send(self, now: datetime, *, looked: bool) -> None:
        """Empties the outbox in a thread of its own: a channel that hangs must not hold anything up."""
        if self._sender is not None and self._sender.is_alive():
            return
        if looked or self._is_time("post", now, _POST):
            self._next_delivery = self._notify.next_at()
        if self._next_delivery is not None and self._next_delivery <= now:
            self._next_delivery = None
            self._at.pop("post", None)
            self._sender = self._spawn(self._notify_all, "retrovue-notify")

    def _notify_all(self) -> None:
        try:
            self._notify.deliver()
        except Exception:  # noqa: BLE001  (the service goes on)
            _log.exception("Notifications cannot be sent")

    def _beat(self, now: datetime) -> None:
        if not self._is_time("beat", now, _HEARTBEAT):
            return
        assert self._service_id is not None
        with self._database.transaction() as tx:
            known = services.heartbeat(tx, self._service_id, self.state, self._last_error, now)
        if not known:
            self._forget()

    def _tidy(self, now: datetime) -> None:
        if self._is_time("recover", now, _RECOVER):
            self._executor.recover()
        if self._may_prune(now):
            self._history.prune()
            self._pruned_at = now
        if self._is_time("age", now, _HOUR):
            self._notify.tell_of_age()
            if self._keeper is None or not self._keeper.is_alive():
                self._keeper = self._spawn(lambda: self._back_up(now), "retrovue-backup")

    def _back_up(self, now: datetime) -> None:
        """A copy of the database now and then, beside the loop; one that cannot be written is an error to see, and no more."""
        try:
            made = safety.back_up_if_old(self._context, now)
        except (RetroVueError, OSError) as error:
            _log.error("The database could not be backed up: %s", error)
            self._last_error = redact(f"{now:%Y-%m-%d %H:%M:%S}Z {error}")
        else:
            if made is not None:
                _log.info("The database was backed up: %s", made)

    def _may_prune(self, now: datetime) -> bool:
        """Daily, and only when the clock has been steady for a while: one that is years ahead must cost no history."""
        since = self._steady_since
        if self.busy or since is None or now - since < _STEADY:
            return False
        if self._pruned_at is not None:
            return now - self._pruned_at >= _DAY
        with self._database.read() as rx:
            newest = executions.newest_before(rx, since)
        long_gap = newest is not None and since - newest > _LONG_GAP
        return not long_gap or now - since >= _DAY

    def _is_time(self, what: str, now: datetime, every: timedelta) -> bool:
        last = self._at.get(what)
        if last is not None and last <= now < last + every:
            return False
        self._at[what] = now
        return True

    def _wait(self, now: datetime) -> float:
        times = [] if self._paused or self._next_due is None else [self._next_due]
        if self._next_ready is not None and self._next_ready > now:
            times.append(self._next_ready)
        seconds = min(((at - now).total_seconds() for at in times), default=LOOK)
        return min(LOOK, max(0.0, seconds))

    def _forget(self) -> None:
        if self._alive is not None:
            self._alive.release()
        self._service_id, self._alive = None, None

    def close(self, seconds: float) -> list[int]:
        """Ends the runs within a time and gives everything back; the executions that did not end by themselves."""
        late = self._dispatcher.stop(seconds)
        if self._leading is not None:
            self._leading.release()
            self._leading = None
        try:
            if self._service_id is not None:
                with self._database.transaction() as tx:
                    services.remove(tx, self._service_id)
        except RetroVueError as error:
            _log.warning("%s", error)
        self._forget()
        self._watcher.close()
        return late
