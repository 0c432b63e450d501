"""The page of the catalogue: browse, and what came and went."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.features.catalogue.browse_tab import BrowseTab
from retrovue.gui.features.catalogue.changes_tab import ChangesTab


class CataloguePage(QWidget):
    """Both tabs. `said` tells."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.browse, self.changes = BrowseTab(context), ChangesTab(context)
        self.tabs = QTabWidget()
        self.tabs.setObjectName("catalogue")
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.browse, "&Browse")
        self.tabs.addTab(self.changes, "What Came and &Went")
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 0)
        column.addWidget(self.tabs)
        self.browse.said.connect(self.said)
