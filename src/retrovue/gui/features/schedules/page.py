"""The page of schedules: the table, the history, what is upcoming."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.features.schedules.history_tab import HistoryTab
from retrovue.gui.features.schedules.schedules_tab import SchedulesTab
from retrovue.gui.features.schedules.upcoming_tab import UpcomingTab


class SchedulesPage(QWidget):
    """Three tabs. `said` carries what was done."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.schedules = SchedulesTab(context)
        self.history = HistoryTab(context)
        self.upcoming = UpcomingTab(context)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.schedules, "Sche&dules")
        self.tabs.addTab(self.history, "Schedule &History")
        self.tabs.addTab(self.upcoming, "&Upcoming")
        self.tabs.setObjectName("schedules")
        self.tabs.setDocumentMode(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 0)
        column.addWidget(self.tabs)
        self.schedules.said.connect(self.said)
        self.history.said.connect(self.said)
        self.upcoming.run_chosen.connect(self._show_run)

    def _show_run(self, ident: int) -> None:
        self.tabs.setCurrentWidget(self.history)
        self.history.show_run(ident)
