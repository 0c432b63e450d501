"""The window looks after the service: starts it unasked, again when it died, and leaves one alone that was stopped."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui_screen import Screen, end
from retrovue import __version__, app, settings
from retrovue.core.api import RetroVue
from retrovue.errors import Conflict, RetroVueError
from retrovue.gui import service_keeper
from retrovue.gui.app import Gui
from retrovue.gui.service_keeper import GRACE_SECONDS, ServiceKeeper
from retrovue.gui.widgets.status_badge import NO_SCHEDULES, Pulse
from retrovue.model.service import ServiceHealth, ServiceProcess, ServiceState
from retrovue.service import control, install

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOST = "here"


@pytest.fixture
def rv(data_dir: Path) -> Iterator[RetroVue]:
    """Another face of the same catalogue."""
    made = app.build(settings.load(data_dir, {}))
    yield made
    made.close()


@pytest.mark.usefixtures("real_services")
def test_the_service_starts_with_the_window_and_again_when_it_was_killed(
    qtbot: QtBot, qapp: QApplication, data_dir: Path, rv: RetroVue, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_keeper, "GRACE_SECONDS", 0.0)
    monkeypatch.setattr(service_keeper, "_LOOK_MS", 300)
    chosen = settings.load(data_dir, {})
    gui = Gui(qapp, chosen, lambda: app.build(chosen))
    gui.show()
    label = gui.window.badge.label

    def until(check: Callable[[], bool]) -> None:
        qtbot.waitUntil(check, timeout=20_000)

    until(lambda: label.text() == NO_SCHEDULES)
    (first,) = rv.service.health().processes
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: bool((found := rv.service.health().processes) and found[0].pid != first.pid))
    until(lambda: label.text() == NO_SCHEDULES)
    control.stop(rv)
    until(lambda: label.text() == "Service not running –")
    qtbot.wait(1200)
    assert rv.service.health().first is None, "one that was stopped on purpose is left alone"
    end(gui)


class AtOnce:
    """Answers questions as they are asked."""

    def ask(
        self,
        question: Callable[[], Any],
        answer: Callable[[Any], None],
        fail: Callable[[RetroVueError], None] | None = None,
    ) -> None:
        """Asks."""
        try:
            found = question()
        except RetroVueError as error:
            assert fail is not None
            fail(error)
        else:
            answer(found)


class Kept:
    """A keeper, and a service that is as the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, start_service: str = "yes") -> None:
        self.health = health()
        self.running: list[object] = []
        self.time = 1000.0
        self.said: list[str] = []
        self.refused: list[str] = []
        self.stops = 0
        rv = SimpleNamespace(
            service=SimpleNamespace(health=lambda: self.health),
            history=SimpleNamespace(running=lambda: self.running),
            schedules=SimpleNamespace(list=list),
            settings=SimpleNamespace(now=lambda: SimpleNamespace(text=lambda _key: start_service)),
        )
        context: Any = SimpleNamespace(
            rv=rv, settings=settings.load(Path("data"), {}), background=AtOnce(), slow=AtOnce()
        )
        monkeypatch.setattr(control, "stop", self._stop)
        monkeypatch.setattr(socket, "gethostname", lambda: HOST)
        self.keeper = ServiceKeeper(context, clock=lambda: self.time)
        self.keeper.said.connect(self.said.append)
        self.keeper.failed.connect(lambda error: self.refused.append(str(error)))

    def _stop(self, _rv: object) -> ServiceHealth:
        self.stops += 1
        if self.health.first is None:
            raise Conflict("The service is not running")
        self.health = health()
        return self.health

    def look(self, *, after: float = 5.0) -> None:
        """Time passes, and it looks."""
        self.time += after
        self.keeper.look()
        QCoreApplication.processEvents()


def health(*, alive: bool = False, died: bool = False, version: str = __version__) -> ServiceHealth:
    """How it is."""
    one = ServiceProcess(1, 1, HOST, version, ServiceState.LEADING, NOW, NOW, None)
    return ServiceHealth((one,) if alive else (), False, 0, None, NOW if died else None)


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch, launches: list[Path]) -> Kept:
    """Where none runs, and the window may start one."""
    return Kept(monkeypatch)


def test_one_is_started_when_the_window_opens_and_only_then(kept: Kept, launches: list[Path]) -> None:
    kept.look()
    assert len(launches) == 1
    kept.health = health(alive=True)
    kept.look()
    kept.health = health()
    kept.look(after=60)
    assert len(launches) == 1


def test_nothing_is_started_unasked_when_the_setting_says_so(
    monkeypatch: pytest.MonkeyPatch, launches: list[Path]
) -> None:
    kept = Kept(monkeypatch, start_service="no")
    kept.look()
    kept.health = health(died=True)
    kept.look(after=60)
    kept.look(after=60)
    assert launches == []
    kept.keeper.start()
    assert len(launches) == 1


def test_one_that_died_is_given_time_to_come_back_by_itself(kept: Kept, launches: list[Path]) -> None:
    kept.health = health(alive=True)
    kept.look()
    kept.health = health(died=True)
    kept.look()
    kept.look(after=GRACE_SECONDS - 1)
    assert launches == []
    kept.look(after=2)
    assert len(launches) == 1
    assert kept.said == ["The service had died; it is started again."]


def test_one_that_dies_again_and_again_is_left_after_the_third_start(
    kept: Kept, launches: list[Path]
) -> None:
    kept.health = health(alive=True)
    kept.look()
    kept.health = health(died=True)
    for _ in range(20):
        kept.look(after=20)
    assert len(launches) == 3
    assert "again and again" in kept.said[-1]
    kept.look(after=601)
    assert len(launches) == 4, "later it is tried once more"


def test_an_old_one_is_started_anew_once_it_is_idle(
    kept: Kept, launches: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "installed", lambda _settings: None)
    kept.health = health(alive=True, version="0.1")
    kept.running = [object()]
    kept.look()
    assert (kept.stops, launches) == (0, [])
    kept.running = []
    kept.look()
    assert kept.stops == 1
    assert len(launches) == 1
    assert "is still RetroVue 0.1" in kept.said[0]
    kept.health = health(alive=True, version="0.1")
    kept.look()
    assert kept.stops == 1, "two programs of different versions must not stop each other for ever"


@pytest.mark.parametrize("installed", [Path("/unit"), None])
def test_one_that_belongs_to_others_is_left_as_it_is(
    kept: Kept, launches: list[Path], monkeypatch: pytest.MonkeyPatch, installed: Path | None
) -> None:
    monkeypatch.setattr(install, "installed", lambda _settings: installed)
    old = health(alive=True, version="0.1")
    elsewhere = "elsewhere" if installed is None else HOST
    kept.health = replace(old, processes=(replace(old.processes[0], host=elsewhere),))
    kept.look()
    assert (kept.stops, launches) == (0, [])


def test_one_that_gives_no_sign_of_life_is_told_from_one_elsewhere(kept: Kept) -> None:
    beats: list[Pulse] = []
    kept.keeper.beat.connect(beats.append)
    for host, ago in ((HOST, 300), (HOST, 5), ("elsewhere", 300)):
        heartbeat = datetime.now(UTC) - timedelta(seconds=ago)
        alive = health(alive=True)
        one = replace(alive.processes[0], host=host, heartbeat_at=heartbeat)
        kept.health = replace(alive, processes=(one,))
        kept.look()
    assert [beat.silent for beat in beats] == [True, False, False]


def test_stopping_goes_on_also_when_none_ran(kept: Kept) -> None:
    done: list[bool] = []
    kept.keeper.stop(lambda: done.append(True))
    assert done == [True]
    assert kept.refused == ["The service is not running"]


def test_run_now_starts_a_service(screen: Screen, launches: list[Path]) -> None:
    screen.add("Nightly")
    screen.until(lambda: screen.names() == ["Nightly"])
    screen.page.schedules.table.selectRow(0)
    screen.page.schedules.run_now()
    screen.until(lambda: bool(launches))
    assert len(screen.rv.history.list()) == 1, "first it is queued"
