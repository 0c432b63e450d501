"""The table of schedules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QPalette

from retrovue.gui.formatting import exact, in_words, local, plain
from retrovue.gui.theme import error_colour, status_colour
from retrovue.model.schedule import Schedule

COLUMNS = ("Name", "Server", "Library", "Frequency", "Last Run", "Next Run", "Status", "Durations", "Actions")
NAME, SERVER, LIBRARY, FREQUENCY, LAST_RUN, NEXT_RUN, STATUS, DURATIONS, ACTIONS = range(len(COLUMNS))
SORT_ROLE = int(Qt.ItemDataRole.UserRole) + 1
ID_ROLE = SORT_ROLE + 1
_DRAWN = {
    DURATIONS: "How long the last 30 runs took, the newest at the right",
    ACTIONS: "Edit, enable or disable, run now, delete",
}
_FAR = datetime.max.replace(tzinfo=UTC)
_Index = QModelIndex | QPersistentModelIndex
_DISPLAY, _TOOL_TIP, _COLOUR = (
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.ForegroundRole,
)


class SchedulesModel(QAbstractTableModel):
    """Schedules with their frequency in words. It keeps the selection when it is shown newer ones.

    How far away the next runs are is told as of `now`, when a row is painted.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[tuple[Schedule, str]] = []
        self._keys: dict[tuple[int, int], Any] = {}
        self._paused = False
        self.now = datetime.now(UTC)

    def show_schedules(self, rows: list[tuple[Schedule, str]], *, paused: bool, now: datetime) -> None:
        """Shows schedules with their frequencies; `paused` when all are."""
        self.now, self._paused = now, paused
        self._keys.clear()
        if [row[0].id for row in rows] == [row[0].id for row in self._rows]:
            self._rows = rows
            self._tell()
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def _tell(self) -> None:
        if self._rows:
            last = self.index(len(self._rows) - 1, len(COLUMNS) - 1)
            self.dataChanged.emit(self.index(0, 0), last)

    def schedule(self, row: int) -> Schedule:
        """The schedule in a row."""
        return self._rows[row][0]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's)
        """How many there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's)
        """How many columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:  # noqa: N802  (Qt's)
        """The names of the columns."""
        if orientation is Qt.Orientation.Horizontal and role == _DISPLAY:
            return COLUMNS[section]
        return None

    def data(self, index: _Index, role: int = _DISPLAY) -> Any:
        """What stands in a cell."""
        if not index.isValid():
            return None
        schedule, frequency = self._rows[index.row()]
        column = index.column()
        if role == ID_ROLE:
            return schedule.id
        if column in _DRAWN:
            return _DRAWN[column] if role == _TOOL_TIP else None
        if role == _DISPLAY:
            return self._text(schedule, frequency, column)
        if role == _TOOL_TIP:
            return self._tip(schedule, frequency, column)
        if role == SORT_ROLE:
            place = index.row(), column
            if place not in self._keys:  # a sort asks ten times for each
                self._keys[place] = self._key(schedule, frequency, column)
            return self._keys[place]
        if role == _COLOUR:
            return self._colour(schedule, column)
        return None

    def _text(self, schedule: Schedule, frequency: str, column: int) -> str:
        if column == LAST_RUN:
            return self._last(schedule)
        if column == NEXT_RUN:
            if schedule.next_run_at is None or self._paused:
                return "–"
            return in_words(schedule.next_run_at, self.now)
        if column == STATUS:
            return self._state(schedule)
        return plain((schedule.name, schedule.server, schedule.library, frequency)[column])

    def _last(self, schedule: Schedule) -> str:
        if schedule.last_run_at is None:
            return "never"
        result = f", {schedule.last_status.value}" if schedule.last_status else ""
        return in_words(schedule.last_run_at, self.now) + result

    def _state(self, schedule: Schedule) -> str:
        if schedule.error is not None:
            return "Broken"
        if not schedule.enabled:
            return "Disabled"
        return "Paused" if self._paused or schedule.paused_reason is not None else "Enabled"

    def _tip(self, schedule: Schedule, frequency: str, column: int) -> str | None:
        if column == NEXT_RUN and schedule.next_run_at is not None:
            return exact(schedule.next_run_at, schedule.timezone)
        if column == LAST_RUN and schedule.last_run_at is not None:
            return local(schedule.last_run_at)
        if column == FREQUENCY:
            return f"{plain(frequency)}\n{schedule.timezone}"
        if column == STATUS:
            why = "All schedules are paused" if self._paused else None
            return plain(schedule.error or schedule.paused_reason or why or self._state(schedule))
        return self._text(schedule, frequency, column)

    def _key(self, schedule: Schedule, frequency: str, column: int) -> Any:
        if column == NEXT_RUN:
            return (schedule.next_run_at or _FAR).timestamp()
        if column == LAST_RUN:
            return schedule.last_run_at.timestamp() if schedule.last_run_at else 0.0
        return self._text(schedule, frequency, column).casefold()

    def _colour(self, schedule: Schedule, column: int) -> Any:
        if column == LAST_RUN and schedule.last_status is not None:
            return status_colour(schedule.last_status, QGuiApplication.palette())
        if column == STATUS and (schedule.error is not None or schedule.paused_reason is not None):
            return error_colour(QGuiApplication.palette())
        if not schedule.enabled:
            return QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText)
        return None
