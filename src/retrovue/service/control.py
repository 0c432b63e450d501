"""Starting and stopping the service from another process."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from retrovue.errors import Conflict, RetroVueError
from retrovue.log import redact
from retrovue.model.service import ServiceHealth
from retrovue.service import install
from retrovue.settings import Settings

if TYPE_CHECKING:
    from retrovue.core.api import RetroVue

_START_SECONDS = 20.0
_STOP_SECONDS = 15.0
_LOOK_SECONDS = 0.1
_children: list[subprocess.Popen[bytes]] = []
"""Services that this process started: known, so that one that ends does not linger as a zombie."""


def log_path(settings: Settings) -> Path:
    """Where a service that was started in the background writes its log."""
    return settings.data_dir / "logs" / "service.log"


def ensure_running(retrovue: RetroVue, settings: Settings) -> bool:
    """Starts a service in the background unless one lives; True when it started one.

    Several callers at once start one service only. Raises `Conflict` with the end of its log when it does not come
    up.
    """
    if retrovue.service.health().first is not None:
        return False
    with retrovue.service.launching() as alone:
        if retrovue.service.health().first is not None:
            return False
        if not alone:
            raise Conflict(
                "Another program is starting the service", hint="Look again: retrovue service status"
            )
        process = _launch(settings)
        _wait_for(retrovue, settings, process)
    return True


def _launch(settings: Settings) -> subprocess.Popen[bytes]:
    log = log_path(settings)
    log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    command = [
        sys.executable, "-m", "retrovue", "--data-dir", str(settings.data_dir), "service", "run", "--log-file", str(log),
    ]  # fmt: skip
    flags = 0
    if sys.platform == "win32":
        flags = subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            cwd=settings.data_dir,
            creationflags=flags,
            start_new_session=True,
        )
    _forget_ended()
    _children.append(process)
    return process


def _forget_ended() -> None:
    for ended in [child for child in _children if child.poll() is not None]:
        _children.remove(ended)


def _wait_for(retrovue: RetroVue, settings: Settings, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        if any(one.pid == process.pid for one in retrovue.service.health().processes):
            return
        if process.poll() is not None:
            break
        time.sleep(_LOOK_SECONDS)
    said = " ".join(tail(log_path(settings), 3))
    raise Conflict("The service did not come up", said, f"Its log: {log_path(settings)}")


def stop(retrovue: RetroVue, *, wait: bool = True) -> ServiceHealth:
    """Asks every service to stop, and waits for it; what still lives afterwards. Raises `Conflict` when none runs."""
    before = retrovue.service.health()
    if before.first is None:
        raise Conflict("The service is not running", hint="Start it: retrovue service start")
    retrovue.service.request_stop()
    deadline = time.monotonic() + (_STOP_SECONDS if wait else 0)
    health = retrovue.service.health()
    while health.first is not None and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)
        health = retrovue.service.health()
    if health.first is None:
        _wait_for_own({one.pid for one in before.processes}, deadline)
    return health


def install_over(retrovue: RetroVue, settings: Settings, *, system: bool = False) -> Path:
    """Installs the service in the place of one that runs; the file that says so. Raises as `install.install`.

    When that is refused, a service that ran runs again.
    """
    ran = retrovue.service.health().first is not None
    if ran:
        with suppress(Conflict):  # it has ended meanwhile
            stop(retrovue)
    try:
        return install.install(settings, system=system)
    except RetroVueError:
        if ran:
            ensure_running(retrovue, settings)
        raise


def _wait_for_own(pids: set[int], deadline: float) -> None:
    """A service signs off in the database a moment before its process ends; those of ours are waited for."""
    for child in _children:
        if child.pid in pids:
            with suppress(subprocess.TimeoutExpired):
                child.wait(max(0.0, deadline - time.monotonic()))
    _forget_ended()


def tail(path: Path, lines: int) -> list[str]:
    """The last lines of a log, redacted; none when there is no log."""
    try:
        with path.open("rb") as file:
            file.seek(0, os.SEEK_END)
            size = file.tell()
            file.seek(max(0, size - 400 * max(lines, 1)))
            text = file.read().decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RetroVueError("The log cannot be read", f"{path} ({error.strerror})") from error
    return [redact(line) for line in text.splitlines()[-lines:]] if lines else []
