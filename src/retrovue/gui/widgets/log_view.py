"""The log of one execution; that of a running one is followed."""

from __future__ import annotations

from PySide6.QtGui import QFont, QFontDatabase, QTextCursor
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from retrovue.gui.context import GuiContext
from retrovue.gui.formatting import local, plain
from retrovue.gui.widgets.elided_label import ElidedLabel
from retrovue.model.execution import Execution, LogLine

NOTHING_CHOSEN = "Select a schedule execution to view logs."


class LogView(QWidget):
    """Shows, searches and copies."""

    def __init__(
        self, context: GuiContext, nothing: str = NOTHING_CHOSEN, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._ident: int | None = None
        self._last = 0
        self._asking = False
        self.title = ElidedLabel()
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setUndoRedoEnabled(False)
        self.text.setAccessibleName("Log of the selected execution")
        self.text.setPlaceholderText(nothing)
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        font.setStyleHint(QFont.StyleHint.Monospace)
        self.text.setFont(font)
        self.search = QLineEdit()
        self.search.setPlaceholderText("Find in the log")
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(200)
        self.search.returnPressed.connect(self._find)
        self.copy = QPushButton("Copy")
        self.copy.clicked.connect(self._copy)
        row = QHBoxLayout()
        row.addWidget(self.title, 1)
        row.addWidget(self.search)
        row.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(row)
        column.addWidget(self.text, 1)
        self.show_execution(None)

    def show_execution(self, execution: Execution | None) -> None:
        """Shows the log of an execution; None shows none."""
        self.search.setEnabled(execution is not None)
        self.copy.setEnabled(execution is not None)
        if execution is None:
            self._ident, self._last = None, 0
            self.title.setText("")
            self.text.clear()
            return
        reason = f" – {plain(execution.reason)}" if execution.reason else ""
        self.title.setText(
            f"{plain(execution.schedule or execution.library)}: {execution.status.value}{reason}"
        )
        if execution.id != self._ident:
            self._ident, self._last = execution.id, 0
            self.text.clear()
            self.follow()

    def follow(self) -> None:
        """Asks for what came since."""
        if self._ident is None or self._asking:
            return
        self._asking = True
        ident, last, rv = self._ident, self._last, self._context.rv
        self._context.background.ask(
            lambda: rv.history.log(ident, after=last),
            lambda lines: self._arrived(ident, lines),
            lambda error: self._failed(str(error)),
        )

    def _failed(self, why: str) -> None:
        self._asking = False
        self.text.setPlainText(why)

    def _arrived(self, ident: int, lines: list[LogLine]) -> None:
        self._asking = False
        if ident != self._ident:
            self.follow()
            return
        if not lines:
            return
        self._last = lines[-1].id
        bar = self.text.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 2
        shown = "\n".join(f"{local(line.at)} {line.level:<7} {line.message}" for line in lines)
        self.text.appendPlainText(shown)
        if at_end:
            bar.setValue(bar.maximum())

    def _find(self) -> None:
        if not self.text.find(self.search.text()):
            self.text.moveCursor(QTextCursor.MoveOperation.Start)
            self.text.find(self.search.text())

    def _copy(self) -> None:
        cursor = self.text.textCursor()
        chosen = cursor.hasSelection()
        if not chosen:
            self.text.selectAll()
        self.text.copy()
        if not chosen:
            cursor.clearSelection()
            self.text.setTextCursor(cursor)
