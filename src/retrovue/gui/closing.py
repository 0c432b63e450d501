"""Questions when the window is closed: into the tray or away, and what becomes of the service."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QCheckBox, QMessageBox, QWidget

from retrovue.gui import memory as remembered
from retrovue.gui.widgets.boxes import Icon, Role, message_box


def ask_tray(parent: QWidget, memory: QSettings, keep: Callable[[], None], leave: Callable[[], None]) -> None:
    """Asks, once, whether closing the window keeps the program in the tray."""
    box = message_box(
        parent,
        "Close RetroVue",
        "Keep RetroVue beside the clock when its window is closed?",
        "Schedules run either way: the service does that. You are asked this once.",
    )
    stay = box.addButton("&Keep in Tray", Role.AcceptRole)
    away = box.addButton("&Quit", Role.DestructiveRole)
    box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.setDefaultButton(stay)

    def decide(chosen: bool, go_on: Callable[[], None]) -> None:
        remembered.set_flag(memory, remembered.KEEP_IN_TRAY, chosen)
        go_on()

    stay.clicked.connect(lambda: decide(True, keep))
    away.clicked.connect(lambda: decide(False, leave))
    box.open()


def ask_service(
    parent: QWidget, memory: QSettings, leave: Callable[[], None], stop: Callable[[], None]
) -> None:
    """Says that the service goes on, and offers to stop it."""
    box = message_box(
        parent,
        "Quit RetroVue",
        "The service goes on: schedules run while RetroVue is closed.",
        icon=Icon.Information,
    )
    never = QCheckBox("&Do not tell me again")
    box.setCheckBox(never)
    away = box.addButton("&Quit", Role.AcceptRole)
    end = box.addButton("&Stop Service and Quit", Role.DestructiveRole)
    box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))
    box.setDefaultButton(away)

    def go() -> None:
        if never.isChecked():
            remembered.set_flag(memory, remembered.LEAVE_SERVICE, True)
        leave()

    away.clicked.connect(go)
    end.clicked.connect(stop)
    box.open()
