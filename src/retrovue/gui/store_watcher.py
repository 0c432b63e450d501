"""News of the store: which topics changed, whoever changed them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from retrovue.errors import RetroVueError

if TYPE_CHECKING:
    from retrovue.core.api import RetroVue

_EVERY = 0.25


class StoreWatcher(QObject):
    """Looks every 250 ms on a thread of its own; `changed` carries the topics, `lost` what went wrong meanwhile."""

    changed = Signal(frozenset)
    lost = Signal(object)

    def __init__(self, rv: RetroVue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rv = rv
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, name="retrovue-watch", daemon=True)

    def start(self) -> None:
        """Begins; the first news is that everything changed."""
        self._thread.start()

    def _look(self) -> None:
        follower = self._rv.follow()
        well = True
        while not self._end.wait(_EVERY):
            try:
                topics = follower.changed()
            except RetroVueError as error:
                follower.close()
                if well:
                    self.lost.emit(error)
                well = False
                continue
            well = True
            if topics:
                self.changed.emit(topics)
        follower.close()

    def close(self) -> None:
        """Ends the thread."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join(5)
