"""What came, changed and went, with the old and the new values: of one execution, one item, or a span of time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from retrovue.gui.context import GuiContext
from retrovue.gui.formatting import field_changes, field_values, local, plain
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.rows_model import Column, RowsModel
from retrovue.gui.widgets.tables import table_of
from retrovue.model.catalogue import Change, ItemChange

NOTHING = "Nothing changed."
_PIECE = 300
_KINDS: tuple[Change | None, ...] = (None, *Change)
_COLUMNS: tuple[Column[ItemChange], ...] = (
    Column("Change", lambda one: one.change.value.capitalize()),
    Column("Title", lambda one: plain(one.title), lambda one: f"{plain(one.title)}\n{one.kind.value}"),
    Column("What", field_changes, field_values),
    Column("When", lambda one: local(one.at)),
    Column("Library", lambda one: plain(f"{one.library or '?'} – {one.server or '?'}")),
)


@dataclass(frozen=True, slots=True)
class Span:
    """Which changes: of an execution, of an item, since an instant, with these words in the title."""

    execution_id: int | None = None
    item_id: int | None = None
    since: datetime | None = None
    search: str | None = None

    def fields(self) -> dict[str, Any]:
        """As the façade takes them."""
        return {
            "execution_id": self.execution_id,
            "item_id": self.item_id,
            "since": self.since,
            "search": self.search,
        }


class ChangesView(QWidget):
    """Newest first, a piece at a time."""

    def __init__(self, context: GuiContext, empty: str = NOTHING, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context, self._empty = context, empty
        self._span: Span | None = None
        self._round = 0
        self.model = RowsModel(_COLUMNS, lambda one: one.id, parent=self)
        self.table = table_of(self.model, "What changed", (80, 220, 260, 140, 160), stretch=2)
        self.table.horizontalHeader().setMinimumSectionSize(70)
        self.stack = Stack(self.table)
        self.kind = QComboBox()
        self.kind.setAccessibleName("Kind of change")
        self.kind.addItems(["All changes" if one is None else one.value.capitalize() for one in _KINDS])
        self.kind.currentIndexChanged.connect(self.refresh)
        self.count = QLabel()
        self.more = QPushButton("Show More")
        self.more.clicked.connect(self._more)
        self.more.hide()
        self._row = QHBoxLayout()
        self._row.addWidget(self.kind)
        self._row.addWidget(self.count, 1, Qt.AlignmentFlag.AlignLeft)
        self._row.addWidget(self.more)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._row)
        column.addWidget(self.stack, 1)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(500)
        self._later.timeout.connect(self.refresh)
        self.show_span(None)

    def show_span(self, span: Span | None) -> None:
        """Shows these changes; None shows none."""
        if span == self._span and span is not None:
            return
        self._span = span
        if span is None:
            self._round += 1
            self.model.show_rows([])
            self.stack.show_text(self._empty)
            self.count.clear()
            self.more.hide()
        else:
            self.refresh()

    def follow(self) -> None:
        """Looks again soon: something may have been added."""
        if self._span is not None and not self._later.isActive() and len(self.model.rows) <= _PIECE:
            self._later.start()

    def refresh(self) -> None:
        """Asks for the first piece."""
        self._ask(None)

    def _more(self) -> None:
        self.more.setEnabled(False)
        self._ask(self.model.rows[-1].id if self.model.rows else None)

    def _ask(self, after: int | None) -> None:
        if self._span is None:
            return
        self._round += 1
        number, rv = self._round, self._context.rv
        wanted = {**self._span.fields(), "change": _KINDS[self.kind.currentIndex()]}
        self._context.background.ask(
            lambda: rv.catalogue.changes(**wanted, limit=_PIECE + 1, after=after),
            lambda found: self._show(number, after, found),
        )

    def _show(self, number: int, after: int | None, found: list[ItemChange]) -> None:
        if number != self._round:
            return
        rows = found[:_PIECE]
        if after is None:
            self.model.show_rows(rows)
        else:
            self.model.add_rows(rows)
        more = len(found) > _PIECE
        self.more.setVisible(more)
        self.more.setEnabled(more)
        total = len(self.model.rows)
        self.count.setText(f"{total:,}{' and more' if more else ''}" if total else "")
        if total:
            self.stack.show_view()
        else:
            self.stack.show_text(NOTHING)
