"""The menu's rarer work: check-up, support, backups, coming from 1.2, starting with the machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.formatting import explain, plain
from retrovue.gui.widgets.boxes import Icon, Role, message_box, tell_failure
from retrovue.service import control, install

if TYPE_CHECKING:
    from retrovue.core.api import Brought

_FROM_OLD = "Import from RetroVue 1.2"


class Maintenance(QObject):
    """Fills the menus. `said` tells what was done."""

    said = Signal(str)
    doctor_wanted = Signal()

    def __init__(self, window: QWidget, program: QMenu, help_: QMenu) -> None:
        super().__init__(window)
        self._over = window
        self._context: GuiContext | None = None
        self.at_start = QAction("Start with the &Machine", self)
        self.at_start.setCheckable(True)
        self.at_start.triggered.connect(self._start_with_machine)
        self.actions = [self.at_start]
        program.addAction(self.at_start)
        program.addSeparator()
        for menu, text, slot in (
            (program, "&Back Up …", self._back_up),
            (program, "&Restore …", self._restore),
            (program, "&Import from RetroVue 1.2 …", self._import),
            (help_, "&Doctor", self.doctor_wanted.emit),
            (help_, "&Support Bundle …", self._bundle),
        ):
            action = QAction(text, self)
            action.triggered.connect(slot)
            menu.addAction(action)
            self.actions.append(action)
        for action in self.actions:
            action.setEnabled(False)

    def begin(self, context: GuiContext) -> None:
        """From now on there is something to maintain."""
        self._context = context
        for action in self.actions:
            action.setEnabled(True)
        self._look_at_start()

    def _ask(self, title: str, question: Callable[[], Any], answer: Callable[[Any], None]) -> None:
        assert self._context is not None
        self._context.slow.ask(question, answer, lambda error: tell_failure(self._over, title, error))

    def _target(self, title: str, name: str, kinds: str) -> Path | None:
        chosen, _ = QFileDialog.getSaveFileName(self._over, title, name, kinds)
        return Path(chosen) if chosen else None

    def _source(self, title: str, kinds: str) -> Path | None:
        chosen, _ = QFileDialog.getOpenFileName(self._over, title, "", kinds)
        return Path(chosen) if chosen else None

    def _bundle(self) -> None:
        target = self._target("Support Bundle", "retrovue-support.zip", "Zip (*.zip)")
        if target is not None and self._context is not None:
            rv = self._context.rv
            self._ask(
                "Support Bundle",
                lambda: rv.support_bundle(target),
                lambda made: self.said.emit(f"Wrote {made}. No secret is in it."),
            )

    def _back_up(self) -> None:
        target = self._target("Back Up", "retrovue-backup.db", "Database (*.db)")
        if target is not None and self._context is not None:
            rv = self._context.rv
            self._ask(
                "Back Up",
                lambda: rv.backup(target),
                lambda made: self.said.emit(f"Wrote {made}. Tokens are not in it."),
            )

    def _restore(self) -> None:
        source = self._source("Restore", "Database (*.db)")
        if source is None:
            return
        box = message_box(
            self._over,
            "Restore",
            f"Put {source.name} in the place of the catalogue?",
            "What is there now is copied into the folder 'backups' first.",
        )
        go = box.addButton("&Restore", Role.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        go.clicked.connect(lambda: self._do_restore(source))
        box.open()

    def _do_restore(self, source: Path) -> None:
        assert self._context is not None
        settings = self._context.settings

        def question() -> Path | None:
            from retrovue import app  # lazily: it is not part of the first picture

            return app.restore(settings, source)

        self._ask(
            "Restore",
            question,
            lambda saved: self.said.emit(f"Restored. What was there before is kept in {saved}."),
        )

    def _import(self) -> None:
        source = self._source(_FROM_OLD, "Database (*.db *.sqlite *.sqlite3);;All files (*)")
        if source is not None and self._context is not None:
            rv = self._context.rv
            self.said.emit("Asking the servers …")
            self._ask(_FROM_OLD, lambda: rv.legacy.bring(source), self._brought)

    def _brought(self, found: Brought) -> None:
        servers = ", ".join(map(plain, found.servers)) or "none"
        items = found.counted.get("content_items", 0)
        box = message_box(
            self._over,
            _FROM_OLD,
            f"Servers: {servers}. Libraries: {len(found.libraries)}. Path mappings: {found.mappings}.",
            f"The old catalogue had {items:,} items. A first sync makes it anew, and rightly: Importers, Sync.",
            Icon.Information,
        )
        box.setDetailedText("\n".join(f"Not brought over: {plain(line)}" for line in found.left))
        box.addButton(QMessageBox.StandardButton.Ok)
        box.open()

    def _look_at_start(self) -> None:
        assert self._context is not None
        settings = self._context.settings
        self._context.slow.ask(
            lambda: install.installed(settings) is not None,
            self.at_start.setChecked,
            lambda _error: self.at_start.setEnabled(False),
        )

    def _start_with_machine(self, on: bool) -> None:
        assert self._context is not None
        context = self._context
        rv, settings = context.rv, context.settings

        def question() -> Path:
            return control.install_over(rv, settings) if on else install.uninstall(settings)

        def done(path: Path) -> None:
            self.said.emit(f"The service starts with your session: {path}" if on else f"Removed: {path}")
            self._look_at_start()
            if not on:  # what was installed has ended; schedules go on while the window is open
                context.ensure_service(refused)

        def refused(error: RetroVueError) -> None:
            self.said.emit(explain(error))
            self._look_at_start()

        self._context.slow.ask(question, done, refused)
