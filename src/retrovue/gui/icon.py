"""The program's icon."""

from __future__ import annotations

from importlib.resources import files

from PySide6.QtGui import QIcon, QPixmap


def program_icon() -> QIcon:
    """Drawn from the SVG that also stands in desktop menus."""
    pixmap = QPixmap()
    pixmap.loadFromData((files("retrovue.gui") / "resources" / "retrovue.svg").read_bytes(), "SVG")
    return QIcon(pixmap)
