"""A small form for a name and an address that is a secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from retrovue.errors import RetroVueError
from retrovue.gui.background import Background
from retrovue.gui.formatting import explain
from retrovue.gui.widgets.forms import ProblemLabel, save_and_cancel
from retrovue.model.catalogue import Secret


class SecretDialog(QDialog):
    """Keeps what is typed by asking on another thread; what is refused is said here, and nothing is kept then."""

    def __init__(
        self,
        background: Background,
        title: str,
        help_: str,
        placeholder: str,
        keep: Callable[[str, Secret], Any],
        done: Callable[[Any], None],
        parent: QWidget,
        *,
        named: bool = True,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._background, self._keep, self._done = background, keep, done
        self.setWindowTitle(title)
        self.setMinimumWidth(520)
        text = QLabel(help_)
        text.setWordWrap(True)
        text.setOpenExternalLinks(True)
        self.name, self.url = QLineEdit(), QLineEdit()
        self.url.setEchoMode(QLineEdit.EchoMode.Password)
        self.url.setPlaceholderText(placeholder)
        show = QCheckBox("Sh&ow it")
        show.toggled.connect(
            lambda on: self.url.setEchoMode(QLineEdit.EchoMode.Normal if on else QLineEdit.EchoMode.Password)
        )
        form = QFormLayout()
        if named:
            form.addRow("&Name", self.name)
        form.addRow("&Address", self.url)
        form.addRow("", show)
        self.problem = ProblemLabel()
        self.buttons, self.save = save_and_cancel(self, self._save)
        column = QVBoxLayout(self)
        column.addWidget(text)
        column.addLayout(form)
        column.addWidget(self.problem)
        column.addWidget(self.buttons)
        self._named = named
        for field in (self.name, self.url):
            field.textChanged.connect(self._enable)
        self._enable()

    def _enable(self) -> None:
        named = bool(self.name.text().strip()) or not self._named
        self.save.setEnabled(named and bool(self.url.text().strip()))

    def _save(self) -> None:
        name, url = self.name.text().strip(), Secret(self.url.text().strip())
        self.save.setEnabled(False)
        self._background.ask(lambda: self._keep(name, url), self._kept, self._refused, owner=self)

    def _kept(self, made: object) -> None:
        self._done(made)
        self.accept()

    def _refused(self, error: RetroVueError) -> None:
        self.problem.setText(explain(error))
        self._enable()
