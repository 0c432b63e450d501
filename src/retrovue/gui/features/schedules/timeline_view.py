"""The timeline, painted: hours from left to right, a lane for each schedule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QMouseEvent, QPainter, QPaintEvent, QPalette, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from retrovue.gui.features.schedules.timeline import Lane, Timeline
from retrovue.gui.formatting import length, local, plain, tip
from retrovue.gui.theme import error_colour, status_colour
from retrovue.model.execution import Execution

_LANE, _HEAD, _NAMES = 30, 30, 190
_SHORTEST = 4.0
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class TimelineView(QWidget):
    """`run_chosen` carries the id of a past run that was clicked."""

    run_chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: Timeline | None = None
        self.setAccessibleName("Timeline of runs")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Minimum)

    def show_timeline(self, timeline: Timeline) -> None:
        """Shows it."""
        self._shown = timeline
        self.setMinimumHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's)
        """Room for every lane."""
        lanes = len(self._shown.lanes) if self._shown is not None else 0
        return QSize(700, _HEAD + _LANE * lanes + 8)

    # --- where things stand ---------------------------------------------------------------------------

    def x_of(self, at: datetime) -> float:
        """How far right an instant stands."""
        assert self._shown is not None
        share = (at - self._shown.since) / (self._shown.until - self._shown.since)
        return _NAMES + share * (self.width() - _NAMES - 8)

    def _place(self, number: int, begin: datetime, end: datetime) -> QRectF:
        left = max(float(_NAMES), self.x_of(begin))
        width = max(_SHORTEST, self.x_of(end) - left)
        return QRectF(left, _HEAD + number * _LANE + 8, width, _LANE - 16)

    def run_place(self, number: int, run: Execution) -> QRectF:
        """Where a past run of the lane with this number stands."""
        assert self._shown is not None
        assert run.start_time is not None
        return self._place(number, run.start_time, run.end_time or self._shown.now)

    def firing_place(self, number: int, lane: Lane, at: datetime) -> QRectF:
        """Where a firing stands, as long as it is expected to take."""
        return self._place(number, at, at + lane.expected)

    def rest_place(self, number: int, lane: Lane) -> QRectF:
        """Where a lane goes on after the last firing that it has."""
        assert self._shown is not None
        return self._place(number, lane.ahead[-1] + lane.expected, self._shown.until)

    def _ticks(self) -> Iterator[tuple[datetime, str]]:
        assert self._shown is not None
        step = 3 if self._shown.until - self._shown.since <= 2 * _DAY else 24
        at = self._shown.since.replace(minute=0, second=0, microsecond=0)
        while at < self._shown.until:
            here = at.astimezone()
            if at >= self._shown.since and here.hour % step == 0:
                yield at, here.strftime("%a %d") if here.hour == 0 else here.strftime("%H:%M")
            at += _HOUR

    # --- painting ---------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt's)
        """Draws what is shown."""
        if self._shown is None:
            return
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.palette().color(QPalette.ColorRole.Base))
        self._paint_grid(painter)
        self._paint_collisions(painter)
        for number, lane in enumerate(self._shown.lanes):
            if event.rect().intersects(QRect(0, _HEAD + number * _LANE, self.width(), _LANE)):
                self._paint_lane(painter, number, lane)
        now = self.x_of(self._shown.now)
        painter.setPen(QPen(error_colour(self.palette()), 1.5))
        painter.drawLine(QPointF(now, _HEAD - 6), QPointF(now, self.height()))
        painter.end()

    def _paint_grid(self, painter: QPainter) -> None:
        faint = self.palette().color(QPalette.ColorRole.Mid)
        words = self.palette().color(QPalette.ColorRole.PlaceholderText)
        for at, text in self._ticks():
            x = self.x_of(at)
            painter.setPen(faint)
            painter.drawLine(QPointF(x, _HEAD - 4), QPointF(x, self.height()))
            painter.setPen(words)
            painter.drawText(QRectF(x - 40, 4, 80, _HEAD - 10), Qt.AlignmentFlag.AlignCenter, text)

    def _paint_collisions(self, painter: QPainter) -> None:
        assert self._shown is not None
        rows = {lane.schedule.id: number for number, lane in enumerate(self._shown.lanes)}
        colour = QColor(error_colour(self.palette()))
        colour.setAlpha(60)
        for meeting in self._shown.collisions:
            first, second = sorted((rows[meeting.first.id], rows[meeting.second.id]))
            top, bottom = _HEAD + first * _LANE, _HEAD + (second + 1) * _LANE
            painter.fillRect(QRectF(self.x_of(meeting.at) - 5, top, 14, bottom - top), colour)

    def _paint_lane(self, painter: QPainter, number: int, lane: Lane) -> None:
        palette = self.palette()
        top = _HEAD + number * _LANE
        painter.setPen(palette.color(QPalette.ColorRole.Text))
        room = QRectF(8, top, _NAMES - 16, _LANE)
        name = painter.fontMetrics().elidedText(
            plain(lane.schedule.name), Qt.TextElideMode.ElideRight, int(room.width())
        )
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), name)
        for run in lane.past:
            painter.fillRect(self.run_place(number, run), status_colour(run.status, palette))
        ahead = QColor(palette.color(QPalette.ColorRole.Highlight))
        painter.setPen(ahead)
        ahead.setAlpha(90)
        painter.setBrush(ahead)
        for at in lane.ahead:
            painter.drawRect(self.firing_place(number, lane, at))
        if lane.more:
            painter.drawRect(self.rest_place(number, lane))

    # --- looking closer ---------------------------------------------------------------------------------

    def lane_at(self, y: float) -> int | None:
        """The number of the lane at a height."""
        number = int((y - _HEAD) // _LANE)
        lanes = len(self._shown.lanes) if self._shown is not None else 0
        return number if 0 <= number < lanes else None

    def run_at(self, where: QPointF) -> Execution | None:
        """The past run at a point."""
        number = self.lane_at(where.y())
        if number is None or self._shown is None:
            return None
        for run in self._shown.lanes[number].past:
            if self.run_place(number, run).adjusted(-2, -6, 2, 6).contains(where):
                return run
        return None

    def words_at(self, where: QPointF) -> str:
        """What stands at a point, in words."""
        number = self.lane_at(where.y())
        if number is None or self._shown is None:
            return ""
        lane = self._shown.lanes[number]
        run = self.run_at(where)
        if run is not None:
            return f"{plain(run.schedule or '')}: {run.status.value}, {local(run.start_time)}, {length(run.duration)}"
        for at in lane.ahead:
            if self.firing_place(number, lane, at).adjusted(-2, -6, 2, 6).contains(where):
                return f"{plain(lane.schedule.name)}: due {local(at)}, about {length(lane.expected, coarse=True)}"
        one = lane.schedule
        if lane.more and self.rest_place(number, lane).adjusted(-2, -6, 2, 6).contains(where):
            return f"{plain(one.name)}: goes on like this"
        return f"{plain(one.name)}: {plain(one.library)} of {plain(one.server)}"

    def event(self, event: QEvent) -> bool:
        """Says what stands below the pointer."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            words = self.words_at(QPointF(event.pos()))
            if words:
                QToolTip.showText(event.globalPos(), tip(words), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802  (Qt's)
        """A click on a past run opens it in the history."""
        run = self.run_at(event.position())
        if run is not None:
            self.run_chosen.emit(run.id)
