"""Removals that the brake holds: which items, and the decision about them."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QVBoxLayout, QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.formatting import explain, local, plain
from retrovue.gui.widgets.rows_model import Column, RowsModel
from retrovue.gui.widgets.tables import table_of
from retrovue.model.sync import HeldItem, RemovalHold
from retrovue.service import control

_COLUMNS: tuple[Column[HeldItem], ...] = (
    Column("Title", lambda one: plain(one.title)),
    Column("Kind", lambda one: one.kind.value),
    Column("Key", lambda one: plain(one.rating_key)),
)


class HoldDialog(QDialog):
    """Approving queues the removal, and the server is asked once more before anything goes. `said` tells."""

    said = Signal(str)

    def __init__(self, context: GuiContext, hold: RemovalHold, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._context, self._hold = context, hold
        self.setWindowTitle(f"Held Removals of '{plain(hold.library)}'")
        self.resize(620, 420)
        text = QLabel(
            f"{plain(hold.server)} did not list {hold.count:,} items any more, {hold.percent:.0f} % of the library, "
            f"at {local(hold.held_at)}. {plain(hold.reason)}"
        )
        text.setWordWrap(True)
        text.setTextFormat(Qt.TextFormat.PlainText)
        self.model = RowsModel(
            _COLUMNS, lambda one: int(one.rating_key) if one.rating_key.isdecimal() else 0, parent=self
        )
        self.model.show_rows(list(hold.items))
        self.table = table_of(self.model, "Items that would be removed", (360, 90, 90))
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.approve = self.buttons.addButton("&Remove Them", QDialogButtonBox.ButtonRole.DestructiveRole)
        self.reject_button = self.buttons.addButton("&Keep Them", QDialogButtonBox.ButtonRole.AcceptRole)
        self.approve.clicked.connect(self._approve)
        self.reject_button.clicked.connect(self._keep)
        self.buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(text)
        column.addWidget(self.table, 1)
        column.addWidget(self.buttons)

    def _approve(self) -> None:
        context, ident = self._context, self._hold.execution_id

        def question() -> bool:
            context.rv.removals.queue_approval(ident)
            return control.ensure_running(context.rv, context.settings)

        context.slow.ask(
            question,
            lambda _started: self._finish("The server is asked once more, and what is gone is removed."),
            lambda error: self._finish(explain(error)),
            owner=self,
        )

    def _keep(self) -> None:
        ident, removals = self._hold.execution_id, self._context.rv.removals
        self._context.background.ask(
            lambda: removals.reject(ident),
            lambda _done: self._finish("They are kept, and you are not asked about these items again."),
            lambda error: self._finish(explain(error)),
            owner=self,
        )

    def _finish(self, said: str) -> None:
        self.said.emit(said)
        self.accept()
