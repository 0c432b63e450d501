"""The check-up: how everything is that RetroVue depends on, and what to do about it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.formatting import explain, plain
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.rows_model import Column, RowsModel
from retrovue.gui.widgets.tables import table_of
from retrovue.model.doctor import Finding, Verdict

_SIGNS = {Verdict.GOOD: "✓ good", Verdict.WARNING: "! look", Verdict.BAD: "✗ bad"}
_AIR = 8
_Row = tuple[int, Finding]
_COLUMNS: tuple[Column[_Row], ...] = (
    Column("", lambda row: _SIGNS[row[1].verdict]),
    Column("What", lambda row: row[1].subject),
    Column("How It Is", lambda row: plain(row[1].text)),
    Column("What to Do", lambda row: plain(row[1].remedy)),
)


class DoctorTab(QWidget):
    """Looks when it is first looked at, on the thread for what may take long; again when asked."""

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.model = RowsModel(
            _COLUMNS, lambda row: row[0], faint=lambda row: row[1].verdict is Verdict.GOOD, parent=self
        )
        self.table = table_of(self.model, "Findings", (80, 110, 330, 300), stretch=3)
        self.table.setWordWrap(True)
        self.stack = Stack(self.table)
        self.again = QPushButton("L&ook Again")
        self.again.clicked.connect(self.look)
        column = QVBoxLayout(self)
        column.addWidget(self.stack, 1)
        column.addWidget(self.again, 0, Qt.AlignmentFlag.AlignLeft)
        self.setFocusProxy(self.table)
        self._looked = False

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's)
        """Servers are asked only when somebody wants to know."""
        super().showEvent(event)
        if not self._looked:
            self.look()

    def look(self) -> None:
        """Looks at everything."""
        self._looked = True
        self.stack.show_text("Looking at everything …")
        self.again.setEnabled(False)
        self._context.slow.ask(self._context.rv.doctor.look, self._show, self._failed)

    def _show(self, found: list[Finding]) -> None:
        order = list(Verdict)[::-1]
        rows = sorted(found, key=lambda one: order.index(one.verdict))
        self.model.show_rows(list(enumerate(rows)))
        self.table.resizeRowsToContents()
        for number in range(len(rows)):
            self.table.setRowHeight(number, self.table.rowHeight(number) + _AIR)
        self.stack.show_view()
        self.again.setEnabled(True)

    def _failed(self, error: RetroVueError) -> None:
        self.stack.show_text(explain(error))
        self.again.setEnabled(True)
