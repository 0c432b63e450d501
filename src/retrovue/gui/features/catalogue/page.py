"""The page of the catalogue: browse, and what came and went."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.features.catalogue.browse_tab import BrowseTab
from retrovue.gui.features.catalogue.changes_tab import ChangesTab
from retrovue.gui.widgets.tab_page import TabPage


class CataloguePage(TabPage):
    """Both tabs."""

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        self.browse, self.changes = BrowseTab(context), ChangesTab(context)
        tabs = ((self.browse, "&Browse"), (self.changes, "What Came and &Went"))
        super().__init__("catalogue", tabs, parent)
