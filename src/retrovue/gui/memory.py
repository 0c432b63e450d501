"""What the window remembers: where it stands, and how its tabs, columns and dividers are set."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QHeaderView, QMainWindow, QSplitter, QTableView, QTabWidget, QTreeView, QWidget

KEEP_IN_TRAY, LEAVE_SERVICE = "keep_in_tray", "leave_service"
_GEOMETRY = "geometry"
W = TypeVar("W", bound=QWidget)


def save(window: QMainWindow, memory: QSettings) -> None:
    """Writes it down."""
    memory.setValue(_GEOMETRY, window.saveGeometry())
    for key, tabs in _named(window, QTabWidget):
        memory.setValue(f"tabs/{key}", tabs.currentIndex())
    for key, splitter in _named(window, QSplitter):
        memory.setValue(f"splitters/{key}", splitter.saveState())
    for key, header in _headers(window):
        memory.setValue(f"columns/{key}", header.saveState())
    memory.sync()


def restore_place(window: QMainWindow, memory: QSettings) -> None:
    """Puts the window where it was."""
    geometry = memory.value(_GEOMETRY)
    if geometry is not None:
        window.restoreGeometry(geometry)


def restore_inside(window: QMainWindow, memory: QSettings) -> None:
    """Sets tabs, columns and dividers as they were; what is unknown or unusable is left as it is."""
    for key, tabs in _named(window, QTabWidget):
        number = str(memory.value(f"tabs/{key}", ""))
        if number.isdecimal() and int(number) < tabs.count():
            tabs.setCurrentIndex(int(number))
    for key, splitter in _named(window, QSplitter):
        state = memory.value(f"splitters/{key}")
        if state is not None:
            splitter.restoreState(state)
    for key, header in _headers(window):
        state, columns = memory.value(f"columns/{key}"), header.count()
        if state is not None and header.restoreState(state) and header.count() != columns:
            header.reset()


def flag(memory: QSettings, key: str) -> bool | None:
    """A yes or no that somebody decided on; None before that."""
    text = str(memory.value(key, ""))
    return text == "true" if text else None


def set_flag(memory: QSettings, key: str, value: bool) -> None:
    """Keeps a decision."""
    memory.setValue(key, "true" if value else "false")
    memory.sync()


def _named(window: QMainWindow, kind: type[W]) -> list[tuple[str, W]]:
    return [(one.objectName(), one) for one in window.findChildren(kind) if one.objectName()]


def _headers(window: QMainWindow) -> list[tuple[str, QHeaderView]]:
    tables = [(name, table.horizontalHeader()) for name, table in _named(window, QTableView)]
    return tables + [(name, tree.header()) for name, tree in _named(window, QTreeView)]
