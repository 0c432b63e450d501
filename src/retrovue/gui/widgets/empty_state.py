"""A table's place while there is nothing in it: one sentence, and perhaps the button that it speaks of."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QPushButton, QStackedLayout, QVBoxLayout, QWidget


class Stack(QWidget):
    """A view, or in its place a sentence."""

    def __init__(self, view: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QStackedLayout(self)
        self._page = QWidget()
        self._text = QLabel()
        self._text.setWordWrap(True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        self._button = QPushButton()
        self._button.hide()
        column = QVBoxLayout(self._page)
        column.addStretch(1)
        column.addWidget(self._text)
        column.addSpacing(12)
        column.addWidget(self._button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(2)
        self._layout.addWidget(view)
        self._layout.addWidget(self._page)

    @property
    def text(self) -> str:
        """The sentence, "" while the view is shown."""
        return self._text.text() if self._layout.currentIndex() else ""

    @property
    def button(self) -> QPushButton:
        """The button below the sentence; hidden until it is given a text."""
        return self._button

    def show_view(self) -> None:
        """Shows the view."""
        self._layout.setCurrentIndex(0)

    def show_text(self, text: str, action: str = "") -> None:
        """Shows a sentence in its place."""
        self._text.setText(text)
        self._button.setText(action)
        self._button.setVisible(bool(action))
        self._layout.setCurrentIndex(1)
