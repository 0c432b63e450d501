"""What every page is handed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrovue.gui.background import Background, Fail
from retrovue.gui.store_watcher import StoreWatcher
from retrovue.service import control
from retrovue.settings import Settings

if TYPE_CHECKING:
    from retrovue.core.api import RetroVue


@dataclass(frozen=True, slots=True)
class GuiContext:
    """The façade, a thread to ask it on, one for what may take long, and the news of the store."""

    rv: RetroVue
    settings: Settings
    background: Background
    slow: Background
    watcher: StoreWatcher

    def ensure_service(self, refused: Fail) -> None:
        """Something was queued: starts a service in the background unless one lives."""
        self.slow.ask(lambda: control.ensure_running(self.rv, self.settings), lambda _started: None, refused)
