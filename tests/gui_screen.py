"""The window as a test sees it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import shiboken6
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QWidget

from retrovue.core.api import RetroVue
from retrovue.demo.server import StandIn
from retrovue.gui.app import Gui
from retrovue.gui.features.schedules.page import SchedulesPage
from retrovue.gui.main_window import MainWindow
from retrovue.model.catalogue import Library
from retrovue.model.schedule import CronTrigger, Draft, Schedule


@dataclass
class Screen:
    """The window, and a façade of another face that changes the store behind its back."""

    gui: Gui
    rv: RetroVue
    bot: Any
    server: StandIn

    @property
    def window(self) -> MainWindow:
        """The window."""
        return self.gui.window

    @property
    def page(self) -> SchedulesPage:
        """The page of schedules."""
        found = self.window.pages.widget(1)
        assert isinstance(found, SchedulesPage)
        return found

    @property
    def films(self) -> Library:
        """The film library."""
        return self.rv.libraries.get("Movies")

    def add(self, name: str, cron: str = "0 2 * * *", **values: object) -> Schedule:
        """Makes a schedule of the films, from elsewhere."""
        films = self.films
        return self.rv.schedules.create(
            Draft(name, films.server_id, films.id, CronTrigger(cron), "UTC", **values)  # type: ignore[arg-type]
        )

    def until(self, check: Callable[[], bool]) -> None:
        """Lets the window work until something is so."""
        self.bot.waitUntil(check, timeout=20_000)

    def names(self) -> list[str]:
        """The schedules that the table shows, from above."""
        model = self.page.schedules.model
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    def said(self) -> str:
        """What stands in the status bar."""
        return self.window.statusBar().currentMessage()


def gone(dialog: QWidget) -> bool:
    """Whether it was closed; then it is about to be deleted, or is already."""
    return not shiboken6.isValid(dialog) or not dialog.isVisible()


def end(gui: Gui) -> None:
    """Ends a window on its own thread, and deletes what Qt has of it."""
    gui.close()
    gui.window.hide()
    gui.window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
