"""What every page is handed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrovue.gui.background import Background
from retrovue.gui.store_watcher import StoreWatcher
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
