"""The page of settings: all values, whom messages reach, and how everything is."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.features.settings.doctor_tab import DoctorTab
from retrovue.gui.features.settings.notifications_tab import NotificationsTab
from retrovue.gui.features.settings.values_tab import ValuesTab
from retrovue.gui.widgets.tab_page import TabPage


class SettingsPage(TabPage):
    """All three."""

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        self.values, self.notifications = ValuesTab(context), NotificationsTab(context)
        self.doctor = DoctorTab(context)
        tabs = ((self.values, "&Values"), (self.notifications, "&Notifications"), (self.doctor, "&Doctor"))
        super().__init__("settings", tabs, parent)
