"""The window on a real database with the stand-in behind it, driven as a person would."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from gui_screen import Screen, end
from retrovue import app, settings
from retrovue.core.api import RetroVue
from retrovue.demo.server import StandIn
from retrovue.gui.app import Gui
from retrovue.gui.faults import Faults
from retrovue.gui.router import PAGES
from retrovue.model.catalogue import Secret
from retrovue.secrets.store import MemorySecrets
from retrovue.service import control, process
from retrovue.settings import Settings

ENSURE_RUNNING = control.ensure_running


@pytest.fixture
def served(screen: Screen) -> Iterator[None]:
    """The service, in a thread: one of its own would not see this test's tokens."""
    stop = threading.Event()
    thread = threading.Thread(target=process.run, args=(screen.rv, stop), daemon=True)
    thread.start()
    screen.until(lambda: screen.rv.service.health().first is not None)
    yield
    stop.set()
    thread.join(15)
    assert not thread.is_alive()


@pytest.fixture(autouse=True)
def faults(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[BaseException]]:
    """What nobody caught: the window shows it and goes on, so that no test would notice. One that expects it clears it."""
    found: list[BaseException] = []
    caught = Faults._caught

    def catch(self: Faults, kind: Any, error: BaseException, trace: Any) -> None:
        found.append(error)
        caught(self, kind, error, trace)

    monkeypatch.setattr(Faults, "_caught", catch)
    yield found
    assert found == []


@pytest.fixture(autouse=True)
def launches(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Where services were wanted. None is started but for tests that say so: it would not see their tokens."""
    made: list[Path] = []

    def launch(_rv: RetroVue, chosen: Settings) -> bool:
        made.append(chosen.data_dir)
        return True

    monkeypatch.setattr(control, "ensure_running", launch)
    return made


@pytest.fixture
def real_services(launches: list[Path], data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Services are processes of their own, and end with the test."""
    monkeypatch.setattr(control, "ensure_running", ENSURE_RUNNING)
    yield
    rv = app.build(settings.load(data_dir, {}))
    if rv.service.health().first is not None:
        assert control.stop(rv).first is None
    rv.close()


@pytest.fixture
def screen(qtbot: QtBot, qapp: QApplication, data_dir: Path, server: StandIn) -> Iterator[Screen]:
    """A window that has opened the catalogue; one server is known."""
    server.state.set_clock(int(datetime.now(UTC).timestamp()) - 86400)
    server.faults.clear()
    secrets = MemorySecrets()
    chosen = settings.load(
        data_dir,
        {"RETROVUE_PLEX_RETRIES": "0", "RETROVUE_GUI_THEME": "light", "RETROVUE_GUI_START_SERVICE": "no"},
    )
    rv = app.build(chosen, secrets=secrets)
    rv.servers.add("Home", server.url, Secret(server.token))
    rv.libraries.discover("Home")
    gui = Gui(qapp, chosen, lambda: app.build(chosen, secrets=secrets))
    made = Screen(gui, rv, qtbot, server)
    gui.show()
    made.until(
        lambda: gui.window.pages.count() == len(PAGES) and made.page.schedules.stack.text != "Loading …"
    )
    yield made
    end(gui)
    rv.close()
