"""Schedule history: every execution, filtered, with the log of the selected one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from PySide6.QtCore import QDate, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.features.schedules.history_model import HistoryModel
from retrovue.gui.formatting import plain
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.log_view import LogView
from retrovue.gui.widgets.tables import table_of
from retrovue.model.execution import Execution, HistoryFilter, Status

EMPTY = "No schedule executions yet. History will appear here after schedules run."
NOTHING_FOUND = "Nothing in the history fits these filters."
_FIRST = 200
_ANY = "Any"
_STATUSES: tuple[Status | None, ...] = (None, *Status)


class HistoryTab(QWidget):
    """Follows the store. `said` carries what was done."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        rv = context.rv
        self.model = HistoryModel(context.background, rv.history.window, self)
        self.table = table_of(self.model, "Schedule history", (200, 110, 150, 150, 80, 100, 60, 150))
        self.stack = Stack(self.table)
        self.stack.show_text("Loading …")
        self.log = LogView(context)
        self.schedule, self.status = QComboBox(), QComboBox()
        self.dated = QCheckBox("&From")
        today = QDate.currentDate()
        self.since, self.until = QDateEdit(today.addDays(-30)), QDateEdit(today)
        self.cancel, self.again = QPushButton("&Cancel Run"), QPushButton("Run &Again")
        column = QVBoxLayout(self)
        column.addLayout(self._bar())
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.stack)
        split.addWidget(self.log)
        split.setSizes([380, 220])
        split.setChildrenCollapsible(False)
        column.addWidget(split, 1)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(100)
        self._later.timeout.connect(self.refresh)
        self._listen()
        self._chosen()

    def _bar(self) -> QHBoxLayout:
        self.status.addItems([_ANY if one is None else one.value.capitalize() for one in _STATUSES])
        self.schedule.addItem(_ANY, None)
        self.schedule.setMinimumWidth(150)
        row = QHBoxLayout()
        for text, widget in (("&Schedule", self.schedule), ("S&tatus", self.status)):
            label = QLabel(text)
            label.setBuddy(widget)
            row.addWidget(label)
            row.addWidget(widget)
        row.addWidget(self.dated)
        row.addWidget(self.since)
        row.addWidget(QLabel("to"))
        row.addWidget(self.until)
        for edit in (self.since, self.until):
            edit.setCalendarPopup(True)
            edit.setDisplayFormat("yyyy-MM-dd")
            edit.setEnabled(False)
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addWidget(self.again)
        return row

    def _listen(self) -> None:
        self.schedule.currentIndexChanged.connect(self.refresh)
        self.status.currentIndexChanged.connect(self.refresh)
        self.dated.toggled.connect(self._dates)
        self.since.dateChanged.connect(self.refresh)
        self.until.dateChanged.connect(self.refresh)
        self.table.selectionModel().selectionChanged.connect(self._chosen)
        self.model.modelReset.connect(self._chosen)
        self.cancel.clicked.connect(self._cancel)
        self.again.clicked.connect(self._again)
        self._context.watcher.changed.connect(self._look)

    def _dates(self, on: bool) -> None:
        self.since.setEnabled(on)
        self.until.setEnabled(on)
        self.refresh()

    def _look(self, topics: frozenset[str]) -> None:
        if "schedules" in topics:
            self._context.background.ask(self._names, self._show_names)
        if topics & {"executions", "progress"}:
            self._later.start()
            self.log.follow()

    def _names(self) -> list[str]:
        return [schedule.name for schedule in self._context.rv.schedules.list()]

    def _show_names(self, names: list[str]) -> None:
        chosen = self.schedule.currentData()
        if [self.schedule.itemData(number) for number in range(1, self.schedule.count())] == names:
            return
        self.schedule.blockSignals(True)
        self.schedule.clear()
        self.schedule.addItem(_ANY, None)
        for name in names:
            self.schedule.addItem(plain(name), name)
        self.schedule.setCurrentIndex(max(0, self.schedule.findData(chosen)))
        self.schedule.blockSignals(False)

    def wanted(self) -> HistoryFilter:
        """The filter as it is set."""
        dated = self.dated.isChecked()
        return HistoryFilter(
            schedule=self.schedule.currentData(),
            status=_STATUSES[self.status.currentIndex()],
            since=_midnight(self.since.date()) if dated else None,
            until=_midnight(self.until.date()) + timedelta(days=1) if dated else None,
        )

    def refresh(self) -> None:
        """Asks for the filtered history and shows it."""
        wanted, rv = self.wanted(), self._context.rv
        self._context.background.ask(
            lambda: (wanted, rv.history.count(wanted), rv.history.window(wanted, 0, _FIRST)), self._show
        )

    def _show(self, found: tuple[HistoryFilter, int, list[Execution]]) -> None:
        wanted, count, first = found
        if wanted != self.wanted():
            return  # another filter was chosen meanwhile
        chosen = self.selected()
        self.model.show_history(wanted, count, first)
        if count:
            self.stack.show_view()
        else:
            self.stack.show_text(EMPTY if wanted == HistoryFilter() else NOTHING_FOUND)
        row = None if chosen is None else self.model.row_of(chosen.id)
        if row is not None:
            self.table.selectRow(row)
        self._chosen()

    def selected(self) -> Execution | None:
        """The selected execution."""
        rows = self.table.selectionModel().selectedRows()
        return self.model.execution(rows[0].row()) if rows else None

    def _chosen(self) -> None:
        chosen = self.selected()
        self.log.show_execution(chosen)
        self.cancel.setEnabled(chosen is not None and not chosen.status.ended)
        self.again.setEnabled(chosen is not None and chosen.status.ended)

    def _cancel(self) -> None:
        chosen = self.selected()
        if chosen is not None:
            ident = chosen.id
            self._do(lambda: self._context.rv.history.cancel(ident), "The run was asked to stop.")

    def _again(self) -> None:
        chosen = self.selected()
        if chosen is not None:
            ident = chosen.id
            self._do(lambda: self._context.rv.history.run_again(ident), "The sync was queued once more.")

    def _do(self, action: object, said: str) -> None:
        def refused(error: RetroVueError) -> None:
            self.said.emit(f"{error}. {error.hint}" if error.hint else str(error))

        self._context.background.ask(action, lambda _done: self.said.emit(said), refused)  # type: ignore[arg-type]


def _midnight(day: QDate) -> datetime:
    """The beginning of a day on this machine's clock."""
    return datetime.combine(date(day.year(), day.month(), day.day()), time()).astimezone().astimezone(UTC)
