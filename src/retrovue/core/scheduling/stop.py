"""How a run in this process is asked to stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from retrovue.errors import Cancelled


class Stop:
    """A cancel flag within this process. With a limit it is also set by time, on a clock that does not count sleep."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self.by_service = False
        """Whether the service asks because it ends, rather than somebody who wants the run to end."""
        self._monotonic: Callable[[], float] = time.monotonic
        self._deadline: float | None = None

    def set(self, *, by_service: bool = False) -> None:
        """Asks the run to stop at the next page."""
        if not self.event.is_set():
            self.by_service = by_service
        self.event.set()

    def limit(self, most: timedelta, monotonic: Callable[[], float]) -> None:
        """The run is to stop when so much time has passed from now."""
        self._monotonic, self._deadline = monotonic, monotonic() + most.total_seconds()

    def timed_out(self) -> bool:
        """Whether time, and nobody, asks."""
        return self._deadline is not None and not self.event.is_set() and self._monotonic() >= self._deadline

    def asked(self) -> bool:
        """Whether the run is to stop."""
        return self.event.is_set() or self.timed_out()

    def wait(self, seconds: float) -> None:
        """Waits, and raises `Cancelled` when asked to stop."""
        if self.event.wait(seconds) or self.timed_out():
            raise Cancelled("The sync was cancelled", "what it had written so far is kept")
