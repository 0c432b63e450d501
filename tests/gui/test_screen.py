"""A screen is looked for before Qt is: Qt ends the process where there is none."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from retrovue.errors import Conflict
from retrovue.gui import screen


@pytest.fixture
def wayland(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """The environment of somebody whose Wayland screen answers."""
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("wayland-7")
        listener.listen()
        yield {"XDG_RUNTIME_DIR": ".", "WAYLAND_DISPLAY": "wayland-7"}


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({}, "there is no screen"),
        ({"DISPLAY": ":4711"}, "the screen ':4711' cannot be reached"),
        ({"DISPLAY": "nonsense"}, "cannot be reached"),
        ({"DISPLAY": "127.0.0.1:4711.0"}, "cannot be reached"),
        ({"WAYLAND_DISPLAY": "gone", "XDG_RUNTIME_DIR": "/nonexistent"}, "there is no screen"),
        ({"QT_QPA_PLATFORM": "wayland", "DISPLAY": ":0"}, "there is no screen"),
        ({"QT_QPA_PLATFORM": "xcb"}, "there is no screen"),
    ],
)
def test_without_a_screen_it_says_so(environment: dict[str, str], why: str) -> None:
    with pytest.raises(Conflict, match=why) as refused:
        screen.need_screen(environment, "linux")
    assert "--help" in refused.value.hint


@pytest.mark.parametrize(
    ("environment", "platform"),
    [({}, "win32"), ({}, "darwin"), ({"QT_QPA_PLATFORM": "offscreen"}, "linux"), ({"QT_QPA_PLATFORM": "vnc:size=9x9"}, "linux")],
)  # fmt: skip
def test_elsewhere_it_is_left_to_qt(environment: dict[str, str], platform: str) -> None:
    screen.need_screen(environment, platform)


def test_a_wayland_screen_that_answers_is_enough(wayland: dict[str, str]) -> None:
    screen.need_screen(wayland, "linux")
    with pytest.raises(Conflict):
        screen.need_screen({**wayland, "QT_QPA_PLATFORM": "xcb"}, "linux")


def test_an_x_screen_over_the_network_that_answers_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        monkeypatch.setattr(screen, "_X_PORT", listener.getsockname()[1] - 7)
        screen.need_screen({"DISPLAY": "127.0.0.1:7"}, "linux")


def test_the_command_ends_with_words_and_not_with_a_crash(tmp_path: Path) -> None:
    environment = {**os.environ, "DISPLAY": ":4711", "QT_QPA_PLATFORM": ""}
    environment.pop("WAYLAND_DISPLAY", None)
    done = subprocess.run(
        [sys.executable, "-m", "retrovue", "--data-dir", str(tmp_path / "data"), "gui"],
        capture_output=True, text=True, check=False, timeout=60, env=environment,
    )  # fmt: skip
    assert done.returncode == 1
    assert "No window can be opened: the screen ':4711' cannot be reached" in done.stderr
    assert "Traceback" not in done.stderr
