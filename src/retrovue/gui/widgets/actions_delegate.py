"""Words in a cell that can be clicked: what can be done with the row, beside the row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QMouseEvent, QPainter, QPalette
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

_GAP = 12
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Word:
    """One action of a row: its key, and the word for it."""

    key: str
    text: str


class ActionsDelegate(QStyledItemDelegate):
    """Paints the words of a row; `clicked` carries the row's index and the key of a word.

    Everything that it offers must be within reach of the keyboard elsewhere.
    """

    clicked = Signal(QModelIndex, str)

    def __init__(self, words: Callable[[_Index], Sequence[Word]], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._words = words

    def places(self, option: QStyleOptionViewItem, index: _Index) -> list[tuple[Word, QRect]]:
        """Where each word stands in a cell."""
        left, found = option.rect.left() + _GAP // 2, []
        for word in self._words(index):
            width = option.fontMetrics.horizontalAdvance(word.text)
            found.append((word, QRect(left, option.rect.top(), width, option.rect.height())))
            left += width + _GAP
        return found

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draws the cell's ground, then the words."""
        super().paint(painter, option, index)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        role = QPalette.ColorRole.HighlightedText if chosen else QPalette.ColorRole.Link
        painter.save()
        painter.setPen(option.palette.color(role))
        for word, place in self.places(option, index):
            painter.drawText(
                place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft), word.text
            )
        painter.restore()

    def editorEvent(  # noqa: N802  (Qt's)
        self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: _Index
    ) -> bool:
        """A click on a word."""
        if (
            isinstance(event, QMouseEvent)
            and event.type() == QEvent.Type.MouseButtonRelease
            and event.button() == Qt.MouseButton.LeftButton
        ):
            where = event.position().toPoint()
            for word, place in self.places(option, index):
                if place.contains(where):
                    self.clicked.emit(model.index(index.row(), index.column()), word.key)
                    return True
        return super().editorEvent(event, model, option, index)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:  # noqa: N802  (Qt's)
        """Room for all words."""
        places = self.places(option, index)
        width = places[-1][1].right() - option.rect.left() + _GAP if places else 0
        return QSize(width, super().sizeHint(option, index).height())
