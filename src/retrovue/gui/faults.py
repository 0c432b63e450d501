"""Exceptions that nobody caught: the program goes on, and whoever shows them is told."""

from __future__ import annotations

import logging
import sys
import threading
from types import TracebackType

from PySide6.QtCore import QObject, Signal

_log = logging.getLogger("retrovue.gui")


class Faults(QObject):
    """From `watch` to `close` they come here, from whichever thread; `broke` carries each, on the window's thread."""

    broke = Signal(object)

    def watch(self) -> None:
        """Begins."""
        sys.excepthook = self._caught
        threading.excepthook = self._caught_in_thread

    def _caught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if not isinstance(error, Exception):
            sys.__excepthook__(kind, error, trace)
            return
        _log.error("A fault in the window", exc_info=(kind, error, trace))
        self.broke.emit(error)

    def _caught_in_thread(self, found: threading.ExceptHookArgs) -> None:
        if found.exc_value is not None:
            self._caught(found.exc_type, found.exc_value, found.exc_traceback)

    def close(self) -> None:
        """Leaves them to Python again."""
        sys.excepthook = sys.__excepthook__
        threading.excepthook = threading.__excepthook__
