"""A table of a few hundred rows, described by its columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QPalette

from retrovue.gui.formatting import tip

T = TypeVar("T")
_DISPLAY, _TOOL_TIP = int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.ToolTipRole)
_COLOUR, _ALIGN = int(Qt.ItemDataRole.ForegroundRole), int(Qt.ItemDataRole.TextAlignmentRole)
_RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Column(Generic[T]):
    """A column: its name, its text, what its tooltip says beyond that, and whether it holds numbers."""

    name: str
    text: Callable[[T], str]
    tip: Callable[[T], str] | None = None
    number: bool = False


class RowsModel(QAbstractTableModel, Generic[T]):
    """Rows with an identity each. Rows that `faint` says so of are written in a faint colour."""

    def __init__(
        self,
        columns: Sequence[Column[T]],
        ident: Callable[[T], int],
        *,
        faint: Callable[[T], bool] = lambda _row: False,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._columns, self._ident, self._faint = columns, ident, faint
        self._rows: list[T] = []

    def show_rows(self, rows: list[T]) -> None:
        """Shows rows; the view keeps its selection when they are the same ones."""
        if [self._ident(row) for row in rows] == [self._ident(row) for row in self._rows]:
            self._rows = rows
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(self._columns) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def add_rows(self, rows: list[T]) -> None:
        """Adds rows below."""
        if rows:
            first = len(self._rows)
            self.beginInsertRows(QModelIndex(), first, first + len(rows) - 1)
            self._rows = [*self._rows, *rows]
            self.endInsertRows()

    @property
    def rows(self) -> list[T]:
        """All rows."""
        return self._rows

    def row(self, number: int) -> T:
        """What stands in a row."""
        return self._rows[number]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's)
        """How many there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's)
        """How many columns."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:  # noqa: N802  (Qt's)
        """The names of the columns."""
        if orientation is Qt.Orientation.Horizontal and role == _DISPLAY:
            return self._columns[section].name
        if orientation is Qt.Orientation.Horizontal and role == _ALIGN and self._columns[section].number:
            return _RIGHT
        return None

    def data(self, index: _Index, role: int = _DISPLAY) -> Any:
        """What stands in a cell."""
        row, column = self._rows[index.row()], self._columns[index.column()]
        if role == _DISPLAY:
            return column.text(row)
        if role == _TOOL_TIP:
            return tip((column.tip(row) if column.tip is not None else "") or column.text(row))
        if role == _ALIGN and column.number:
            return _RIGHT
        if role == _COLOUR and self._faint(row):
            return QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText)
        return None
