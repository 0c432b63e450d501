"""How every table of the window looks and behaves."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

Mode = QAbstractItemView.SelectionMode
RIGHT = int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
_GAP = "\u2002"


class _Numbers(QStyledItemDelegate):
    """Leaves room between a number and the words beside it."""

    def initStyleOption(  # noqa: N802  (Qt's)
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """The text with its gap."""
        super().initStyleOption(option, index)
        option.text += _GAP


class Table(QTableView):
    """The first key that moves selects the first row, even where there is but one."""

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802  (Qt's)
        """As Qt's, but from nothing to the first row."""
        model = self.model()
        moves = event.key() in {Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_Up, Qt.Key.Key_PageDown}
        if moves and model.rowCount() and not self.selectionModel().hasSelection():
            self.selectRow(0)
        else:
            super().keyPressEvent(event)


def table_of(
    model: QAbstractItemModel,
    name: str,
    widths: Sequence[int],
    *,
    stretch: int = 0,
    mode: Mode = Mode.SingleSelection,
) -> QTableView:
    """A table of whole rows with an accessible name; the column `stretch` takes the room that is left."""
    table = Table()
    table.setModel(model)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(mode)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.setAccessibleName(name)
    table.setObjectName(name)
    table.verticalHeader().hide()
    table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    header = table.horizontalHeader()
    header.setHighlightSections(False)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    numbers = _Numbers(table)
    for number, width in enumerate(widths):
        header.resizeSection(number, width)
        if model.headerData(number, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole) == RIGHT:
            table.setItemDelegateForColumn(number, numbers)
    header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
    return table
