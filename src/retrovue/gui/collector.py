"""Python's cyclic garbage collection, on the window's thread only.

Python collects in whichever thread happens to allocate. Widgets that have become garbage would then be destroyed by a
thread that only asks questions, and Qt ends the program for that, now and then.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

_EVERY_MS = 500


class Collector(QObject):
    """Looks twice a second whether a generation is full, as Python itself would."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collects the oldest generation that is full."""
        counts, limits = gc.get_count(), gc.get_threshold()
        full = [number for number in range(3) if counts[number] > limits[number]]
        if full:
            gc.collect(full[-1])

    def settle(self) -> None:
        """What was loaded to begin with stays for good, and need not be looked at again and again."""
        gc.collect()
        gc.freeze()

    def close(self) -> None:
        """Leaves it to Python again."""
        self._timer.stop()
        gc.enable()
