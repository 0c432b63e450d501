"""The pages of the window. A new one is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from retrovue.gui.context import GuiContext
from retrovue.gui.features.catalogue.page import CataloguePage
from retrovue.gui.features.importers.page import ImportersPage
from retrovue.gui.features.schedules.page import SchedulesPage
from retrovue.gui.features.settings.page import SettingsPage
from retrovue.gui.widgets.tab_page import TabPage


@dataclass(frozen=True, slots=True)
class Page:
    """A page's title, and what makes it."""

    title: str
    make: Callable[[GuiContext], TabPage]


PAGES: tuple[Page, ...] = (
    Page("&Importers", ImportersPage),
    Page("&Schedules", SchedulesPage),
    Page("&Catalogue", CataloguePage),
    Page("Se&ttings", SettingsPage),
)
