"""The table of executions: a window onto a history of any length."""

from __future__ import annotations

from typing import Any, Protocol

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication

from retrovue.gui.background import Background
from retrovue.gui.formatting import length, local, plain, tip
from retrovue.gui.theme import error_colour, status_colour
from retrovue.model.execution import Execution, HistoryFilter

COLUMNS = ("Schedule Name", "Server", "Library", "Start Time", "Duration", "Items Synced", "Errors", "Status")
_START, _DURATION, _ITEMS, _ERRORS, _STATUS = range(3, len(COLUMNS))
_PIECE = 200
_MOST_PIECES = 12
_Index = QModelIndex | QPersistentModelIndex
_DISPLAY, _TOOL_TIP = int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.ToolTipRole)
_COLOUR, _ALIGN = int(Qt.ItemDataRole.ForegroundRole), int(Qt.ItemDataRole.TextAlignmentRole)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)


class Read(Protocol):
    """Reads a piece of a filtered history of so many rows."""

    def __call__(
        self, wanted: HistoryFilter, offset: int, limit: int, *, total: int | None
    ) -> list[Execution]:
        """See `History.window`."""
        ...


class HistoryModel(QAbstractTableModel):
    """Knows how many rows there are, and asks for pieces of them when they are looked at."""

    def __init__(self, background: Background, read: Read, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background, self._read = background, read
        self._wanted = HistoryFilter()
        self._count = 0
        self._pieces: dict[int, list[Execution]] = {}
        self._asked: set[int] = set()
        self._round = 0

    def show_history(self, wanted: HistoryFilter, count: int, first: list[Execution]) -> None:
        """Shows a filtered history of so many rows; its first piece is given."""
        self._round += 1
        self._asked.clear()
        if wanted == self._wanted and count == self._count:
            self._pieces = {0: first}
            if count:
                self.dataChanged.emit(self.index(0, 0), self.index(count - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self._wanted, self._count, self._pieces = wanted, count, {0: first}
        self.endResetModel()

    def execution(self, row: int) -> Execution | None:
        """The execution in a row; None while it is being read."""
        piece, position = divmod(row, _PIECE)
        rows = self._pieces.get(piece)
        if rows is None:
            self._ask(piece)
            return None
        return rows[position] if position < len(rows) else None

    def row_of(self, ident: int) -> int | None:
        """In which of the rows that were read an execution stands."""
        for piece, rows in self._pieces.items():
            for position, execution in enumerate(rows):
                if execution.id == ident:
                    return piece * _PIECE + position
        return None

    def _ask(self, piece: int) -> None:
        if piece in self._asked:
            return
        self._asked.add(piece)
        wanted, number, total = self._wanted, self._round, self._count
        self._background.ask(
            lambda: self._read(wanted, piece * _PIECE, _PIECE, total=total),
            lambda rows: self._arrived(number, piece, rows),
        )

    def _arrived(self, number: int, piece: int, rows: list[Execution]) -> None:
        self._asked.discard(piece)
        if number != self._round:
            return
        while len(self._pieces) >= _MOST_PIECES:
            self._pieces.pop(max(self._pieces, key=lambda known: abs(known - piece)))
        self._pieces[piece] = rows
        first = piece * _PIECE
        last = min(self._count, first + _PIECE) - 1
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's)
        """How many there are."""
        return 0 if parent.isValid() else self._count

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's)
        """How many columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:  # noqa: N802  (Qt's)
        """The names of the columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        return COLUMNS[section] if role == _DISPLAY else _aligned(section) if role == _ALIGN else None

    def data(self, index: _Index, role: int = _DISPLAY) -> Any:
        """What stands in a cell. It is asked a thousand times a frame."""
        if role == _ALIGN:
            return _aligned(index.column())
        if role not in {_DISPLAY, _TOOL_TIP, _COLOUR}:
            return None
        execution = self.execution(index.row())
        if execution is None:
            return "…" if role == _DISPLAY and index.column() == 0 else None
        column = index.column()
        if role == _COLOUR:
            return self._colour(execution, column)
        if role == _TOOL_TIP:
            return tip((execution.reason if column == _STATUS else None) or _text(execution, column))
        return _text(execution, column)

    def _colour(self, execution: Execution, column: int) -> Any:
        if column == _STATUS:
            return status_colour(execution.status, QGuiApplication.palette())
        return error_colour(QGuiApplication.palette()) if column == _ERRORS and execution.errors else None


def _aligned(column: int) -> int | None:
    return _RIGHT if column in {_DURATION, _ITEMS, _ERRORS} else None


def _text(execution: Execution, column: int) -> str:
    if column == 0:
        return plain(execution.schedule or "by hand")
    if column == 1:
        return plain(execution.server)
    if column == 2:
        return plain(execution.library)
    if column == _START:
        return local(execution.start_time or execution.due_at or execution.created_at)
    if column == _DURATION:
        return length(execution.duration)
    if column == _ITEMS:
        return f"{execution.scanned:,}"
    if column == _ERRORS:
        return f"{execution.errors:,}"
    dry = " (dry run)" if execution.options.dry_run else ""
    held = f", {execution.removals_held:,} held" if execution.removals_held else ""
    return execution.status.value.capitalize() + dry + held
