"""Looks after the service: how it is, starting and stopping it, and starting it again when it has died."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QObject, QTimer, Signal

from retrovue import __version__
from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.widgets.status_badge import Pulse
from retrovue.model.service import ServiceHealth
from retrovue.service import control, install

_LOOK_MS = 5_000
"""A service that died tells nobody, so it is looked at now and then even when the store has no news."""
GRACE_SECONDS = 15.0
"""Whatever else may bring it back, a manager of services or one that stands by, is given so long."""
_SILENT = timedelta(seconds=90)
_MOST_STARTS, _STARTS_WITHIN = 3, 600.0


class ServiceKeeper(QObject):
    """`beat` carries how it is, `said` what was done, `starting` whether one is being started.

    The setting `gui.start_service` decides whether it starts anything unasked. A service that was stopped on purpose
    is left alone.
    """

    beat = Signal(object)
    said = Signal(str)
    starting = Signal(bool)
    failed = Signal(object)

    def __init__(
        self,
        context: GuiContext,
        parent: QObject | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._clock = clock
        self._asked = self._once_more = False
        self._opened = self._renewed = self._starting = False
        self._gone_since: float | None = None
        self._starts: list[float] = []
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Asks how it is; asked again meanwhile, it looks once more afterwards."""
        if self._asked:
            self._once_more = True
            return
        self._asked = True
        self._context.background.ask(self._read, self._show, self._lost)

    def _read(self) -> Pulse:
        rv = self._context.rv
        health = rv.service.health()
        keep = rv.settings.now().text("gui.start_service") == "yes"
        schedules = 1 if health.next_run is not None else len(rv.schedules.list())
        return Pulse(health, rv.history.running(), schedules, keep, _is_silent(health))

    def _show(self, pulse: Pulse) -> None:
        self._answered()
        self.beat.emit(pulse)
        if pulse.keep and not self._starting:
            self._keep(pulse)

    def _lost(self, error: RetroVueError) -> None:
        self._answered()
        self.failed.emit(error)

    def _answered(self) -> None:
        self._asked = False
        if self._once_more:
            self._once_more = False
            self.look()

    # --- unasked ------------------------------------------------------------------------------------------

    def _keep(self, pulse: Pulse) -> None:
        opened, self._opened = self._opened, True
        if pulse.health.first is not None:
            self._gone_since = None
            self._renew(pulse)
        elif not opened:
            self.start()
        elif pulse.health.died_at is None:
            self._gone_since = None
        else:
            self._revive()

    def _revive(self) -> None:
        now = self._clock()
        if self._gone_since is None:
            self._gone_since = now
        self._starts = [at for at in self._starts if now - at < _STARTS_WITHIN]
        if now - self._gone_since < GRACE_SECONDS or len(self._starts) >= _MOST_STARTS:
            return
        self._starts.append(now)
        self._gone_since = None
        if len(self._starts) == _MOST_STARTS:
            self.said.emit("The service died again and again. Its log and Help, Doctor tell more.")
        else:
            self.said.emit("The service had died; it is started again.")
        self.start()

    def _renew(self, pulse: Pulse) -> None:
        """After an update of the program the service is still the old one, until it is started anew."""
        first = pulse.health.first
        assert first is not None
        if (
            self._renewed
            or first.version == __version__
            or first.host != socket.gethostname()
            or pulse.running
        ):
            return
        self._renewed = True
        if install.installed(self._context.settings) is None:
            self.said.emit(f"The service is still RetroVue {first.version}; it is started anew.")
            self.stop(self.start)

    # --- asked --------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Starts one in the background, unless one lives."""
        context = self._context
        self._begin_start(True)

        def done(_started: bool) -> None:
            self._begin_start(False)
            self.look()

        def refused(error: RetroVueError) -> None:
            self._begin_start(False)
            self.refused(error)

        context.slow.ask(lambda: control.ensure_running(context.rv, context.settings), done, refused)

    def _begin_start(self, on: bool) -> None:
        self._starting = on
        self.starting.emit(on)

    def stop(self, then: Callable[[], object] = lambda: None) -> None:
        """Asks all services to stop, waits for them, and goes on, also when none ran."""
        self.said.emit("The service is asked to stop …")

        def stopped(health: ServiceHealth) -> None:
            self.look()
            if health.first is None:
                self.said.emit("The service has stopped.")
            else:
                self.said.emit(f"The service was asked to stop, but process {health.first.pid} still lives.")
            then()

        def refused(error: RetroVueError) -> None:
            self.refused(error)
            then()

        self._context.slow.ask(lambda: control.stop(self._context.rv), stopped, refused)

    def pause(self, on: bool) -> None:
        """Pauses all schedules, or lets them run again."""
        service = self._context.rv.service
        said = "All schedules are paused." if on else "Schedules run again."
        self._context.background.ask(
            service.pause_all if on else service.resume_all, lambda _done: self.said.emit(said), self.refused
        )

    def refused(self, error: RetroVueError) -> None:
        """Something could not be done: says so, and shows how it is."""
        self.failed.emit(error)
        self.look()


def _is_silent(health: ServiceHealth) -> bool:
    """Of a service on this machine only: the clock of another one may be another."""
    first = health.first
    if first is None or first.host != socket.gethostname():
        return False
    return datetime.now(UTC) - first.heartbeat_at > _SILENT
