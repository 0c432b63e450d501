"""The page of importers."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.features.importers.libraries_tab import LibrariesTab
from retrovue.gui.features.importers.servers_tab import ServersTab


class ImportersPage(QWidget):
    """Servers and libraries. `said` tells what was done."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.servers = ServersTab(context)
        self.libraries = LibrariesTab(context)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.servers, "Ser&vers")
        self.tabs.addTab(self.libraries, "&Libraries")
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 0)
        column.addWidget(self.tabs)
        self.servers.said.connect(self.said)
        self.libraries.said.connect(self.said)
