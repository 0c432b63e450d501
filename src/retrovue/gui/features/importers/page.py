"""The page of importers."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.features.importers.libraries_tab import LibrariesTab
from retrovue.gui.features.importers.mappings_tab import MappingsTab
from retrovue.gui.features.importers.servers_tab import ServersTab
from retrovue.gui.features.importers.sync_tab import SyncTab
from retrovue.gui.widgets.tab_page import TabPage


class ImportersPage(TabPage):
    """Servers, libraries, path mappings, syncing by hand."""

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        self.servers = ServersTab(context)
        self.libraries = LibrariesTab(context)
        self.mappings = MappingsTab(context)
        self.sync = SyncTab(context)
        tabs = (
            (self.servers, "Ser&vers"),
            (self.libraries, "&Libraries"),
            (self.mappings, "Path &Mappings"),
            (self.sync, "S&ync"),
        )
        super().__init__("importers", tabs, parent)
