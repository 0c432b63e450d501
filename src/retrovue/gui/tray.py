"""The icon beside the clock: the badge's words, pause, notices."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon, QWidget

from retrovue.gui.formatting import plain
from retrovue.model.schedule import Notice, StoredMessage

_ICONS = {
    Notice.FAILURE: QSystemTrayIcon.MessageIcon.Critical,
    Notice.HELD: QSystemTrayIcon.MessageIcon.Warning,
}
_SHOWN_AT_ONCE = 3


class Tray(QObject):
    """Shows itself where the platform has a place for it.

    `show_wanted` when it is clicked, `message_chosen` with the execution of a notice that is clicked.
    """

    show_wanted = Signal()
    message_chosen = Signal(int)

    def __init__(self, icon: QIcon, actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent)
        self._execution: int | None = None
        self.words = QAction("RetroVue", self)
        self.words.setEnabled(False)
        self.show_action = QAction("&Show RetroVue", self)
        self.show_action.triggered.connect(self.show_wanted)
        self.menu = QMenu(parent)
        self.menu.addAction(self.words)
        self.menu.addSeparator()
        self.menu.addAction(self.show_action)
        self.menu.addActions(list(actions))
        self.icon = QSystemTrayIcon(icon, self)
        self.icon.setContextMenu(self.menu)
        self.icon.activated.connect(self._activated)
        self.icon.messageClicked.connect(self._clicked)
        self.icon.show()  # where there is no place for it yet, it appears once there is

    @property
    def available(self) -> bool:
        """Whether the platform shows such icons."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def say(self, badge: str) -> None:
        """Shows the badge's words."""
        self.words.setText(badge)
        self.icon.setToolTip(f"RetroVue\n{badge}")

    def notify(self, found: Sequence[StoredMessage]) -> None:
        """Shows notices; of many at once a few, and how many more there are."""
        if not self.available:
            return
        for one in found[:_SHOWN_AT_ONCE]:
            self._execution = one.execution_id
            icon = _ICONS.get(one.message.kind, QSystemTrayIcon.MessageIcon.Information)
            self.icon.showMessage(plain(one.message.title), one.message.text, icon)
        if len(found) > _SHOWN_AT_ONCE:
            more = len(found) - _SHOWN_AT_ONCE
            self.icon.showMessage("RetroVue", f"{more} more messages: see the schedule history.")

    def _activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in {QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick}:
            self.show_wanted.emit()

    def _clicked(self) -> None:
        self.show_wanted.emit()
        if self._execution is not None:
            self.message_chosen.emit(self._execution)
