"""The page of schedules: the table, the history, what is upcoming."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.features.schedules.history_tab import HistoryTab
from retrovue.gui.features.schedules.schedules_tab import SchedulesTab
from retrovue.gui.features.schedules.upcoming_tab import UpcomingTab
from retrovue.gui.widgets.tab_page import TabPage


class SchedulesPage(TabPage):
    """Three tabs; a run that is clicked in the last one is shown in the second."""

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        self.schedules = SchedulesTab(context)
        self.history = HistoryTab(context)
        self.upcoming = UpcomingTab(context)
        tabs = (
            (self.schedules, "Sche&dules"),
            (self.history, "Schedule Histor&y"),
            (self.upcoming, "&Upcoming"),
        )
        super().__init__("schedules", tabs, parent)
        self.upcoming.run_chosen.connect(self.show_run)

    def show_run(self, ident: int) -> None:
        """Shows an execution in the history."""
        self.tabs.setCurrentWidget(self.history)
        self.history.show_run(ident)
