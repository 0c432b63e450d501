"""A light and a dark palette of our own, since not every platform has both."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from retrovue.model.execution import Status

_LIGHT = {
    "Window": "#f5f5f7", "WindowText": "#1d1d1f", "Base": "#ffffff", "AlternateBase": "#f0f2f5", "Text": "#1d1d1f",
    "Button": "#e9e9ec", "ButtonText": "#1d1d1f", "ToolTipBase": "#ffffff", "ToolTipText": "#1d1d1f", "Highlight": "#2f6fde",
    "HighlightedText": "#ffffff", "Link": "#1f5fc9", "PlaceholderText": "#6f7278", "Mid": "#c9ccd1",
}  # fmt: skip
_DARK = {
    "Window": "#1b1c1f", "WindowText": "#e8e8ea", "Base": "#26282c", "AlternateBase": "#2b2e33", "Text": "#e8e8ea",
    "Button": "#33363c", "ButtonText": "#e8e8ea", "ToolTipBase": "#33363c", "ToolTipText": "#e8e8ea", "Highlight": "#2f6fde",
    "HighlightedText": "#ffffff", "Link": "#7fb0ff", "PlaceholderText": "#979ca5", "Mid": "#4a4e55", "Light": "#3a3d43",
    "Midlight": "#34373c", "Dark": "#121315", "Shadow": "#0c0d0e",
}  # fmt: skip
_STATUS = {
    Status.SUCCESS: ("#1a7f37", "#4ac26b"),
    Status.FAILED: ("#c62828", "#ff7b72"),
    Status.RUNNING: ("#1f5fc9", "#79b0ff"),
    Status.QUEUED: ("#5b6470", "#aab2bd"),
    Status.CANCELLED: ("#8a5a00", "#e3b341"),
    Status.INTERRUPTED: ("#b35900", "#ffa657"),
    Status.SKIPPED: ("#5b6470", "#aab2bd"),
    Status.MISSED: ("#8a5a00", "#e3b341"),
}


def apply(application: QApplication, choice: str) -> None:
    """Uses the light or the dark palette; `system` follows what the platform tells, light when it does not."""
    scheme = application.styleHints().colorScheme()
    dark = choice == "dark" or (choice == "system" and scheme == Qt.ColorScheme.Dark)
    application.setStyle("Fusion")
    palette = QPalette()
    for name, colour in (_DARK if dark else _LIGHT).items():
        palette.setColor(getattr(QPalette.ColorRole, name), QColor(colour))
    faint = QColor((_DARK if dark else _LIGHT)["PlaceholderText"])
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, faint)
    application.setPalette(palette)


def is_dark(palette: QPalette) -> bool:
    """Whether a palette is a dark one."""
    return palette.color(QPalette.ColorRole.Window).lightness() < 128


def status_colour(status: Status, palette: QPalette) -> QColor:
    """The colour in which a status is written."""
    return QColor(_STATUS[status][is_dark(palette)])


def mark(field: QWidget, *, wrong: bool) -> None:
    """Writes what stands in a field in the colour of what is wrong, or as usual again."""
    palette = QPalette()
    if wrong:
        for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText):
            palette.setColor(role, error_colour(field.palette()))
    field.setPalette(palette)


def error_colour(palette: QPalette) -> QColor:
    """The colour of what is wrong."""
    return status_colour(Status.FAILED, palette)
