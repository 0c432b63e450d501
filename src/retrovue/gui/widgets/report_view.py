"""How well path mappings work: how many files resolve and exist, and where they do not."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.formatting import plain
from retrovue.gui.theme import error_colour
from retrovue.model.catalogue import MappingReport, PathMapping

_WAIT_MS = 300
_SHOWN = 5


class ReportView(QWidget):
    """Counts on the thread for what may take long; a newer question ends the one at work."""

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._round = 0
        self._server: int | None = None
        self._trial: Sequence[PathMapping] | None = None
        self.summary, self.worst = QLabel(), QLabel()
        for label in (self.summary, self.worst):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.worst.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.summary)
        column.addWidget(self.worst)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_WAIT_MS)
        self._later.timeout.connect(self._ask)

    def show_server(self, server: int | None, trial: Sequence[PathMapping] | None = None) -> None:
        """Counts the files of a server by the mappings that are kept, or by these."""
        self._round += 1
        self._server, self._trial = server, trial
        if server is None:
            self.summary.clear()
            self.worst.clear()
        else:
            self._later.start()

    def _ask(self) -> None:
        number, server, trial, rv = self._round, self._server, self._trial, self._context.rv
        if server is None:
            return
        self.summary.setText("Looking at the files …")
        self._context.slow.ask(
            lambda: rv.mappings.test(server, trial=trial, given_up=lambda: number != self._round),
            lambda report: self._show(number, report),
            lambda error: self.summary.setText(str(error)),
            owner=self,
        )

    def _show(self, number: int, report: MappingReport) -> None:
        if number != self._round:
            return
        palette = self.palette()
        if report.files and report.existing < report.files:
            palette.setColor(QPalette.ColorRole.WindowText, error_colour(palette))
        self.summary.setPalette(palette)
        if not report.files:
            self.summary.setText("No files are known yet. They come with the first sync.")
            self.worst.clear()
            return
        self.summary.setText(
            f"{report.resolved:,} of {report.files:,} files resolve, {report.existing:,} exist."
        )
        lines = [f"{count:,} in {plain(folder)}" for folder, count in report.worst_folders[:_SHOWN]]
        self.worst.setText("\n".join(["Not found here:", *lines]) if lines else "")
