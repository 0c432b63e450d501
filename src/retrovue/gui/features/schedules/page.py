"""The page of schedules: the table, and the history."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.features.schedules.history_tab import HistoryTab
from retrovue.gui.features.schedules.schedules_tab import SchedulesTab


class SchedulesPage(QWidget):
    """Both tabs. `said` carries what was done."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.schedules = SchedulesTab(context)
        self.history = HistoryTab(context)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.schedules, "Sche&dules")
        self.tabs.addTab(self.history, "Schedule &History")
        self.tabs.setDocumentMode(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 0)
        column.addWidget(self.tabs)
        self.schedules.said.connect(self.said)
        self.history.said.connect(self.said)
