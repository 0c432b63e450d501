"""What came and went: the journal over a span of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.widgets.changes_view import ChangesView, Span

_SPANS: tuple[tuple[str, timedelta | None], ...] = (
    ("The last 24 hours", timedelta(days=1)),
    ("The last 7 days", timedelta(days=7)),
    ("The last 30 days", timedelta(days=30)),
    ("Always", None),
)
_WEEK = 1


class ChangesTab(QWidget):
    """Follows the store while it is looked at."""

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.span, self.search = QComboBox(), QLineEdit()
        self.span.setAccessibleName("How far to look back")
        self.span.addItems([text for text, _ in _SPANS])
        self.span.setCurrentIndex(_WEEK)
        self.search.setPlaceholderText("Search titles")
        self.search.setAccessibleName("Search titles of changed items")
        self.search.setClearButtonEnabled(True)
        self.changes = ChangesView(context)
        row = QHBoxLayout()
        row.addWidget(self.span)
        row.addWidget(self.search, 1)
        column = QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(self.changes, 1)
        self.setFocusProxy(self.changes.table)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(200)
        self._typed.timeout.connect(self.refresh)
        self.search.textChanged.connect(self._typed.start)
        self.span.currentIndexChanged.connect(self.refresh)
        context.watcher.changed.connect(self._look)

    def _look(self, topics: frozenset[str]) -> None:
        if "catalogue" in topics and self.isVisible():
            self.changes.follow()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's)
        """Looks when it is looked at."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Asks for the changes of the chosen span."""
        back = _SPANS[self.span.currentIndex()][1]
        since = None if back is None else datetime.now(UTC) - back
        self.changes.show_span(Span(since=since, search=self.search.text().strip() or None))
