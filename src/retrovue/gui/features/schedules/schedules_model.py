"""The table of schedules."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QPalette

from retrovue.gui.formatting import exact, in_words, local, plain, tip
from retrovue.gui.theme import error_colour, status_colour
from retrovue.model.schedule import Schedule

COLUMNS = ("Name", "Server", "Library", "Frequency", "Last Run", "Next Run", "Status", "Durations", "Actions")
NAME, SERVER, LIBRARY, FREQUENCY, LAST_RUN, NEXT_RUN, STATUS, DURATIONS, ACTIONS = range(len(COLUMNS))
ID_ROLE = int(Qt.ItemDataRole.UserRole)
_DRAWN = {
    DURATIONS: "How long the last 30 runs took, the newest at the right",
    ACTIONS: "Edit, enable or disable, run now, delete",
}
_WRITTEN = tuple(column for column in range(len(COLUMNS)) if column not in _DRAWN)
_FAR, _NEVER = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
_Row = tuple[Schedule, str]
_Index = QModelIndex | QPersistentModelIndex
_DISPLAY, _TOOL_TIP, _COLOUR = (
    int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.ToolTipRole), int(Qt.ItemDataRole.ForegroundRole),
)  # fmt: skip
_ROLES = {_DISPLAY, _TOOL_TIP, _COLOUR, ID_ROLE}


class SchedulesModel(QAbstractTableModel):
    """Schedules with their frequency in words, searched and sorted here: a proxy would ask for every cell many times.

    How far away the next runs are is told as of `now`, when a row is painted.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._every: list[_Row] = []
        self._rows: list[_Row] = []
        self._by, self._descending = NAME, False
        self._wanted = ""
        self._paused = False
        self.now = datetime.now(UTC)

    def show_schedules(self, rows: list[_Row], *, paused: bool, now: datetime) -> None:
        """Shows schedules, given by name, with their frequencies; `paused` when all are."""
        self.now, self._paused = now, paused
        self._every = rows
        self._arrange()

    def search(self, text: str) -> None:
        """Shows those only in which this text stands, in whatever case."""
        self._wanted = text.casefold()
        self._arrange()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sorts by a column from now on; rows that are equal there stay in the order of their names."""
        self._by, self._descending = column, order is Qt.SortOrder.DescendingOrder
        self._arrange()

    def _arrange(self) -> None:
        """The selection stays with its schedules, as long as no row comes or goes."""
        rows = [row for row in self._every if self._fits(row)] if self._wanted else list(self._every)
        rows.sort(key=self._key, reverse=self._descending)
        before, after = [one.id for one, _ in self._rows], [one.id for one, _ in rows]
        if before == after:
            self._rows = rows
            self._tell()
        elif sorted(before) == sorted(after):
            self._move(rows)
        else:
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()

    def _move(self, rows: list[_Row]) -> None:
        self.layoutAboutToBeChanged.emit()
        places = {one.id: number for number, (one, _) in enumerate(rows)}
        old = self.persistentIndexList()
        new = [self.index(places[self._rows[index.row()][0].id], index.column()) for index in old]
        self._rows = rows
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()

    def _fits(self, row: _Row) -> bool:
        return any(self._wanted in self._text(*row, column).casefold() for column in _WRITTEN)

    def _key(self, row: _Row) -> Any:
        schedule, frequency = row
        if self._by == NEXT_RUN:
            return schedule.next_run_at or _FAR
        if self._by == LAST_RUN:
            return schedule.last_run_at or _NEVER
        return self._text(schedule, frequency, self._by).casefold() if self._by in _WRITTEN else ""

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
        if role not in _ROLES or not index.isValid():
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
            return tip(self._tip(schedule, frequency, column))
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

    def _tip(self, schedule: Schedule, frequency: str, column: int) -> str:
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

    def _colour(self, schedule: Schedule, column: int) -> Any:
        if column == LAST_RUN and schedule.last_status is not None:
            return status_colour(schedule.last_status, QGuiApplication.palette())
        if column == STATUS and (schedule.error is not None or schedule.paused_reason is not None):
            return error_colour(QGuiApplication.palette())
        if not schedule.enabled:
            return QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText)
        return None
