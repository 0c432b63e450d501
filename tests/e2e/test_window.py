"""The window on a real screen: a person at the keyboard adds a schedule, sees it run, and opens its log."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from retrovue import app, settings
from retrovue.core.api import RetroVue
from retrovue.demo.server import StandIn
from retrovue.model.catalogue import Secret
from retrovue.model.execution import Status

NEEDED = ("Xvfb", "openbox", "xdotool", "xclip")
MISSING = [name for name in NEEDED if shutil.which(name) is None]
pytestmark = pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}")
SECONDS = 60.0


def until(check: Callable[[], object], what: str) -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + SECONDS
    while not check():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.1)


def insist(act: Callable[[], None], check: Callable[[], object], what: str) -> None:
    """Does it, and once more where the window was not ready for it, as a person would."""
    deadline = time.monotonic() + SECONDS
    while not check():
        assert time.monotonic() < deadline, f"done in vain: {what}"
        act()
        patience = time.monotonic() + 5
        while not check() and time.monotonic() < patience:
            time.sleep(0.1)


@pytest.fixture
def display(tmp_path: Path) -> Iterator[str]:
    """A screen of 1024×700 with a window manager on it."""
    reader, writer = os.pipe()
    with (tmp_path / "x.log").open("wb") as log:
        server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1024x700x24", "-nolisten", "tcp"],
            pass_fds=(writer,),
            stderr=log,
            stdout=log,
        )
        os.close(writer)
        with os.fdopen(reader) as told:
            name = f":{told.readline().strip()}"
        assert name != ":", (tmp_path / "x.log").read_text()
        manager = subprocess.Popen(["openbox"], env={**os.environ, "DISPLAY": name}, stderr=log, stdout=log)
        yield name
        for process in (manager, server):
            process.terminate()
            process.wait(10)


@pytest.fixture
def rv(data_dir: Path, server: StandIn) -> Iterator[RetroVue]:
    """RetroVue on the real clock, with the stand-in added, the token where other processes find it."""
    server.state.set_clock(int(time.time()) - 86400)
    server.faults.clear()
    made = app.build(settings.load(data_dir, {}))
    made.servers.add("Home", server.url, Secret(server.token))
    made.libraries.discover("Home")
    yield made
    made.service.request_stop()
    until(lambda: made.service.health().first is None, "the service ends")
    made.close()


class Person:
    """Somebody who looks at the window's title and types."""

    def __init__(self, display: str) -> None:
        self._environment = {**os.environ, "DISPLAY": display}

    def _do(self, *words: str) -> str:
        done = subprocess.run(
            ["xdotool", *words], env=self._environment, capture_output=True, text=True, check=False
        )
        return done.stdout.strip()

    def sees(self, title: str) -> bool:
        """Whether the window in front has this title."""
        return self._do("getactivewindow", "getwindowname") == title

    def presses(self, *keys: str) -> None:
        """One key after the other, as quickly as a person."""
        for key in keys:
            self._do("key", key)
            time.sleep(0.15)

    def types(self, text: str) -> None:
        """A text."""
        self._do("type", "--delay", "20", text)
        time.sleep(0.3)

    def copied(self) -> str:
        """What stands in the clipboard."""
        command = ["xclip", "-selection", "clipboard", "-out"]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False, timeout=10
        )
        return done.stdout


@pytest.fixture
def window(display: str, data_dir: Path, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The program, as a process of its own on that screen."""
    environment = {
        **os.environ,
        "DISPLAY": display,
        "RETROVUE_DATA_DIR": str(data_dir),
        "QT_QPA_PLATFORM": "xcb",
    }
    with (tmp_path / "gui.log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "retrovue", "gui"], env=environment, stderr=log)
    yield process
    if process.poll() is None:
        process.kill()
        process.wait(10)


def test_a_schedule_is_added_by_keyboard_runs_and_its_log_is_opened(
    rv: RetroVue, display: str, window: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    person = Person(display)
    until(lambda: person.sees("RetroVue") or window.poll() is not None, "the window")
    assert window.poll() is None, (tmp_path / "gui.log").read_text()
    # The page of schedules, its table, Add Schedule.
    insist(
        lambda: person.presses("ctrl+2", "alt+d", "alt+a"), lambda: person.sees("Add Schedule"), "the form"
    )
    person.types("Nightly by keyboard")
    time.sleep(0.6)  # it is checked as it is typed
    insist(lambda: person.presses("Return"), lambda: bool(rv.schedules.list()), "the schedule")
    assert [one.name for one in rv.schedules.list()] == ["Nightly by keyboard"]
    until(lambda: person.sees("RetroVue"), "the form is closed")
    until(lambda: rv.service.health().first is not None, "the service that starts with the window")
    # Back to the table, its first row, Run Now.
    insist(
        lambda: person.presses("alt+y", "alt+d", "Home", "ctrl+r"), lambda: bool(rv.history.list()), "the run"
    )
    until(lambda: rv.history.list()[0].status.ended, "the end of the run")
    run = rv.history.list()[0]
    assert (run.status, run.schedule) == (Status.SUCCESS, "Nightly by keyboard"), run.reason

    def look_into_the_log() -> None:
        person.presses("alt+y", "Home")  # the history, its newest row
        time.sleep(1.0)
        person.presses("Return", "ctrl+a", "ctrl+c")

    insist(look_into_the_log, lambda: "35 scanned, 35 added" in person.copied(), "the log")
    insist(
        lambda: person.presses("ctrl+q"), lambda: person.sees("Quit RetroVue"), "the word about the service"
    )
    person.presses("Return")
    assert window.wait(15) == 0, (tmp_path / "gui.log").read_text()
    assert rv.service.health().first is not None, "the service goes on"
    assert "Traceback" not in (tmp_path / "gui.log").read_text()
