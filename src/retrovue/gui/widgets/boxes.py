"""Small questions and messages. What stands in them is taken as it is, never as HTML, and each is gone once closed."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from retrovue.errors import RetroVueError
from retrovue.log import redact

Icon = QMessageBox.Icon
Role = QMessageBox.ButtonRole


def message_box(
    parent: QWidget, title: str, text: str, more: str = "", icon: Icon = Icon.Question
) -> QMessageBox:
    """A box without buttons, to be given some and opened."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setIcon(icon)
    box.setWindowTitle(title)
    box.setText(text)
    box.setInformativeText(more)
    return box


def tell_failure(parent: QWidget, title: str, error: RetroVueError) -> None:
    """Says that what was asked for could not be done, why, and what to do."""
    more = "\n\n".join(part for part in (redact(error.message), error.hint) if part)
    box = message_box(parent, title, redact(error.title), more, Icon.Warning)
    box.addButton(QMessageBox.StandardButton.Ok)
    box.open()
