"""Upcoming: what ran lately, what is due, and where two schedules meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.features.schedules import timeline
from retrovue.gui.features.schedules.timeline_view import TimelineView
from retrovue.gui.formatting import in_words, local, plain
from retrovue.gui.widgets.empty_state import Stack

EMPTY = "Nothing ran lately, and nothing is due."
_SPANS = (
    ("Next 24 hours", timedelta(hours=12), timedelta(hours=24)),
    ("Next 7 days", timedelta(days=3), timedelta(days=7)),
)


class UpcomingTab(QWidget):
    """Follows the store, and the time. `run_chosen` carries the id of a run that was clicked."""

    run_chosen = Signal(int)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.view = TimelineView()
        self.view.run_chosen.connect(self.run_chosen)
        area = QScrollArea()
        area.setWidget(self.view)
        area.setWidgetResizable(True)
        self.stack = Stack(area)
        self.stack.show_text("Loading …")
        self.span = QComboBox()
        self.span.setAccessibleName("How far to look ahead")
        self.span.addItems([text for text, _, _ in _SPANS])
        self.span.currentIndexChanged.connect(self.refresh)
        self.summary = QLabel()
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.summary.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self.span)
        row.addWidget(self.summary, 1)
        column = QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(self.stack, 1)
        self.setFocusProxy(self.span)
        self._later, self._clock = QTimer(self), QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(300)
        self._clock.setInterval(60_000)
        for timer in (self._later, self._clock):
            timer.timeout.connect(self.refresh)
        self._clock.start()
        context.watcher.changed.connect(self._look)

    def _look(self, topics: frozenset[str]) -> None:
        if topics & {"schedules", "executions", "service"}:
            self._later.start()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's)
        """It is made only while somebody looks."""
        super().showEvent(event)
        self.refresh()

    def refresh(self) -> None:
        """Asks what ran and what is due, and shows it."""
        if not self.isVisible():
            return
        _, back, ahead = _SPANS[self.span.currentIndex()]
        rv, now = self._context.rv, datetime.now(UTC)
        self._context.background.ask(lambda: timeline.read(rv, now, back, ahead), self._show)

    def _show(self, found: timeline.Timeline) -> None:
        self.view.show_timeline(found)
        if found.lanes:
            self.stack.show_view()
        else:
            self.stack.show_text(EMPTY)
        self.summary.setText(_in_words(found))


def _in_words(found: timeline.Timeline) -> str:
    ahead = sorted((at, lane.schedule.name) for lane in found.lanes for at in lane.ahead)
    if not ahead:
        return ""
    at, name = ahead[0]
    runs = "1 run is" if len(ahead) == 1 else f"{len(ahead):,} runs are"
    more = "More than " if any(lane.more for lane in found.lanes) else ""
    words = f"{more}{runs} due, the first: '{plain(name)}' {in_words(at, found.now)}."
    if found.collisions:
        one = found.collisions[0]
        words += f" '{plain(one.first.name)}' and '{plain(one.second.name)}' want the same library at {local(one.at)}"
        words += f"; {len(found.collisions) - 1} more pairs meet." if len(found.collisions) > 1 else "."
    if found.past_from is not None:
        words += f" Runs before {local(found.past_from)} are left out."
    return words
