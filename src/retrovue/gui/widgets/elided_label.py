"""A line of text that gives way: cut where there is no room, whole in its tooltip."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from retrovue.gui.formatting import tip

_LEAST = 80


class ElidedLabel(QLabel):
    """Never HTML, and never a reason for the window to be wider than `widest` pixels."""

    def __init__(self, widest: int = 500, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._widest = widest
        self.setTextFormat(Qt.TextFormat.PlainText)

    def setText(self, text: str) -> None:  # noqa: N802  (Qt's)
        """Shows a text, as much of it as there is room for."""
        super().setText(text)
        self.setToolTip(tip(text) if self.sizeHint().width() == self._widest else "")

    def sizeHint(self) -> QSize:  # noqa: N802  (Qt's)
        """Room for the text, within bounds."""
        hint = super().sizeHint()
        return QSize(min(hint.width(), self._widest), hint.height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802  (Qt's)
        """Little."""
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), _LEAST), hint.height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  (Qt's)
        """Draws what there is room for."""
        painter = QPainter(self)
        room = self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, room.width())
        self.style().drawItemText(
            painter,
            room,
            int(self.alignment()),
            self.palette(),
            self.isEnabled(),
            shown,
            self.foregroundRole(),
        )
        painter.end()
