"""The page of importers."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.features.importers.libraries_tab import LibrariesTab
from retrovue.gui.features.importers.mappings_tab import MappingsTab
from retrovue.gui.features.importers.servers_tab import ServersTab
from retrovue.gui.features.importers.sync_tab import SyncTab


class ImportersPage(QWidget):
    """Servers, libraries, path mappings, syncing by hand. `said` tells what was done."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.servers = ServersTab(context)
        self.libraries = LibrariesTab(context)
        self.mappings = MappingsTab(context)
        self.sync = SyncTab(context)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("importers")
        self.tabs.setDocumentMode(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 0)
        column.addWidget(self.tabs)
        for tab, title in (
            (self.servers, "Ser&vers"),
            (self.libraries, "&Libraries"),
            (self.mappings, "Path &Mappings"),
            (self.sync, "S&ync"),
        ):
            self.tabs.addTab(tab, title)
            tab.said.connect(self.said)
