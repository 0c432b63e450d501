"""The service as a process: it ticks until it is asked to stop."""

from __future__ import annotations

import logging
import logging.handlers
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from retrovue import __version__
from retrovue.core.api import About, RetroVue
from retrovue.errors import StorageError
from retrovue.log import RedactingFormatter

_log = logging.getLogger("retrovue.service")
_STOP_SECONDS = 9.0
_LOG_BYTES, _LOG_FILES = 5_000_000, 3


def run(retrovue: RetroVue, stop: threading.Event | None = None) -> bool:
    """Fires schedules until SIGTERM, Ctrl-C or a stop request; then its runs end within 10 s.

    With a `stop` of its caller it leaves the signals alone, and looks at that instead. True when every run ended by
    itself; False when one had to be left, so that the process should end at once.
    """
    wake, own = threading.Event(), threading.Event()
    asked = own if stop is None else stop
    about = About(os.getpid(), socket.gethostname(), __version__)
    loop = retrovue.service.loop(about, wake.set)
    _log.info("The service begins (RetroVue %s, process %d)", about.version, about.pid)
    with _signals(own, wake) if stop is None else nullcontext():
        while not asked.is_set() and not loop.stop_asked:
            wake.wait(loop.tick())
            wake.clear()
    _log.info("The service ends")
    late = loop.close(_STOP_SECONDS)
    for execution_id in late:
        _log.warning("Execution %d did not end in time", execution_id)
    return not late


@contextmanager
def _signals(stop: threading.Event, wake: threading.Event) -> Iterator[None]:
    def ask(_number: int, _frame: object) -> None:
        stop.set()
        wake.set()

    numbers = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.signal(number, ask) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def log_to(path: Path) -> None:
    """Sends the log to a file that is kept small, instead of standard error. Raises `StorageError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handler = logging.handlers.RotatingFileHandler(
            path, maxBytes=_LOG_BYTES, backupCount=_LOG_FILES, encoding="utf-8"
        )
    except OSError as error:
        raise StorageError("The log cannot be written", f"{path} ({error.strerror})") from error
    handler.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
    root.addHandler(handler)
