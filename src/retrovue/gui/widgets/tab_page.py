"""A page of several tabs. The keyboard goes to what a tab is about as soon as the tab is shown."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget


class TabPage(QWidget):
    """The tabs with their titles; `name` is what the chosen tab is remembered by. `said` tells what was done.

    A tab says with its focus proxy what it is about.
    """

    said = Signal(str)

    def __init__(self, name: str, tabs: Sequence[tuple[QWidget, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs = QTabWidget()
        self.tabs.setObjectName(name)
        self.tabs.setDocumentMode(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 0)
        column.addWidget(self.tabs)
        for tab, title in tabs:
            self.tabs.addTab(tab, title)
            said = getattr(tab, "said", None)
            if said is not None:
                said.connect(self.said)
        self.setFocusProxy(tabs[0][0])
        self.tabs.currentChanged.connect(self._shown)

    def _shown(self, number: int) -> None:
        tab = self.tabs.widget(number)
        if tab is not None:
            self.setFocusProxy(tab)
            if self.isVisible():
                tab.setFocus()
