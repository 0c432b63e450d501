"""What every form has below its fields: what is wrong, and Save and Cancel."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QPushButton

from retrovue.gui.theme import error_colour

_Button = QDialogButtonBox.StandardButton


class ProblemLabel(QLabel):
    """What is wrong, in as many lines as it takes, and never HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.show_problem("")

    def show_problem(self, text: str) -> None:
        """Something is wrong; "" when nothing is."""
        palette = QPalette()
        palette.setColor(QPalette.ColorRole.WindowText, error_colour(self.palette()))
        self.setPalette(palette)
        self.setText(text)

    def show_step(self, text: str) -> None:
        """What is being done, or was found; nothing is wrong."""
        self.setPalette(QPalette())
        self.setText(text)


def save_and_cancel(form: QDialog, save: Callable[[], None]) -> tuple[QDialogButtonBox, QPushButton]:
    """The buttons of a form, and the one that saves; it is disabled until there is something to save."""
    buttons = QDialogButtonBox(_Button.Save | _Button.Cancel)
    button = buttons.button(_Button.Save)
    button.setEnabled(False)
    buttons.accepted.connect(save)
    buttons.rejected.connect(form.reject)
    return buttons, button
