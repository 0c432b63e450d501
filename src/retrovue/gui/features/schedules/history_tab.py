"""Schedule history: every execution, filtered, with the log of the selected one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from PySide6.QtCore import QDate, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from retrovue.errors import RetroVueError
from retrovue.export import execution_json
from retrovue.gui.context import GuiContext
from retrovue.gui.features.schedules.history_model import HistoryModel
from retrovue.gui.features.schedules.hold_dialog import HoldDialog
from retrovue.gui.formatting import explain, plain
from retrovue.gui.widgets.changes_view import ChangesView, Span
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.export_dialog import ask_and_write
from retrovue.gui.widgets.log_view import NOTHING_CHOSEN, LogView
from retrovue.gui.widgets.tables import table_of
from retrovue.model.execution import Execution, HistoryFilter, Status
from retrovue.model.sync import RemovalHold

EMPTY = "No schedule executions yet. History will appear here after schedules run."
NOTHING_FOUND = "Nothing in the history fits these filters."
_FIRST = 200
_ANY = "Any"
_STATUSES: tuple[Status | None, ...] = (None, *Status)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a filter found: how many, the first of them, and the place of the run that is to be shown."""

    wanted: HistoryFilter
    count: int
    first: list[Execution]
    run: int | None
    place: int | None


class HistoryTab(QWidget):
    """Follows the store. `said` carries what was done."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._wanted_run: int | None = None
        rv = context.rv
        self.model = HistoryModel(context.background, rv.history.window, self)
        self.table = table_of(self.model, "Schedule history", (200, 110, 150, 150, 80, 100, 60, 150))
        self.stack = Stack(self.table)
        self.stack.show_text("Loading …")
        self.log, self.changes = LogView(context), ChangesView(context, NOTHING_CHOSEN)
        self.schedule, self.status = QComboBox(), QComboBox()
        self.dated = QCheckBox("Fr&om")
        today = QDate.currentDate()
        self.since, self.until = QDateEdit(today.addDays(-30)), QDateEdit(today)
        self.text = QLineEdit()
        self.text.setPlaceholderText("Names, reasons")
        self.text.setClearButtonEnabled(True)
        self.text.setAccessibleName("Find in names and reasons")
        self.cancel, self.again = QPushButton("Cancel Ru&n"), QPushButton("Run A&gain")
        self.held, self.export = QPushButton("Held &Removals …"), QPushButton("E&xport …")
        self.export.setToolTip("Write what is shown into a file")
        column = QVBoxLayout(self)
        column.addLayout(self._bar())
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.stack)
        split.addWidget(self._below())
        split.setSizes([360, 240])
        split.setChildrenCollapsible(False)
        split.setObjectName("history")
        column.addWidget(split, 1)
        self.setFocusProxy(self.table)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(100)
        self._later.timeout.connect(self.refresh)
        self._typed = QTimer(self)
        self._typed.setSingleShot(True)
        self._typed.setInterval(200)
        self._typed.timeout.connect(self.refresh)
        self._listen()
        self._chosen()

    def _bar(self) -> QHBoxLayout:
        self.status.addItems([_ANY if one is None else one.value.capitalize() for one in _STATUSES])
        self.schedule.addItem(_ANY, None)
        self.schedule.setMinimumWidth(150)
        row = QHBoxLayout()
        for text, widget in (("Schedul&e", self.schedule), ("St&atus", self.status)):
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
        row.addWidget(self.text, 1)
        return row

    def _below(self) -> QWidget:
        below = QWidget()
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        for button in (self.cancel, self.again, self.held, self.export):
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)
        beside = QSplitter(Qt.Orientation.Horizontal)
        beside.setObjectName("log and changes")
        beside.addWidget(self.log)
        beside.addWidget(self.changes)
        beside.setSizes([560, 440])
        beside.setChildrenCollapsible(False)
        column.addWidget(beside, 1)
        return below

    def _listen(self) -> None:
        self.schedule.currentIndexChanged.connect(self.refresh)
        self.status.currentIndexChanged.connect(self.refresh)
        self.dated.toggled.connect(self._dates)
        self.since.dateChanged.connect(self.refresh)
        self.until.dateChanged.connect(self.refresh)
        self.table.selectionModel().selectionChanged.connect(self._chosen)
        self.model.modelReset.connect(self._chosen)
        self.model.dataChanged.connect(self._chosen)  # a row that is selected may have been read only now
        self.text.textChanged.connect(self._typed.start)
        self.table.activated.connect(lambda _index: self.log.text.setFocus())
        self.held.clicked.connect(self._held)
        self.export.clicked.connect(self._export)
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
            self.changes.follow()

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
            until=_midnight(self.until.date().addDays(1)) if dated else None,
            text=self.text.text().strip() or None,
        )

    def refresh(self) -> None:
        """Asks for the filtered history and shows it."""
        wanted, rv, run = self.wanted(), self._context.rv, self._wanted_run

        def question() -> _Found:
            count = rv.history.count(wanted)
            first = rv.history.window(wanted, 0, _FIRST) if count else []
            return _Found(wanted, count, first, run, None if run is None else rv.history.place(wanted, run))

        self._context.background.ask(question, self._show)

    def _show(self, found: _Found) -> None:
        if found.wanted != self.wanted():
            return  # another filter was chosen meanwhile
        chosen = self.selected()
        self.model.show_history(found.wanted, found.count, found.first)
        if found.count:
            self.stack.show_view()
        else:
            self.stack.show_text(EMPTY if found.wanted == HistoryFilter() else NOTHING_FOUND)
        row = None if chosen is None else self.model.row_of(chosen.id)
        if found.run is not None and found.run == self._wanted_run:
            self._wanted_run, row = None, found.place
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
        self.changes.show_span(None if chosen is None else Span(execution_id=chosen.id))
        self.held.setEnabled(chosen is not None and bool(chosen.removals_held))
        self.export.setEnabled(self.model.rowCount() > 0)
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
            self._do(
                lambda: self._context.rv.history.run_again(ident),
                "The sync was queued once more.",
                lambda: self._context.ensure_service(self._refused),
            )

    def _held(self) -> None:
        """Opens what the selected run held back, if nobody has decided about it yet."""
        chosen = self.selected()
        if chosen is not None:
            ident, removals = chosen.id, self._context.rv.removals
            self._context.background.ask(
                lambda: next((hold for hold in removals.list() if hold.execution_id == ident), None),
                self._show_held,
            )

    def _show_held(self, hold: RemovalHold | None) -> None:
        if hold is None:
            self.said.emit("These removals were decided already, or a newer run took their place.")
            return
        dialog = HoldDialog(self._context, hold, self)
        dialog.said.connect(self.said)
        dialog.open()

    def _export(self) -> None:
        wanted, rv = self.wanted(), self._context.rv
        ask_and_write(
            self,
            self._context,
            "executions",
            lambda: map(execution_json, rv.history.pages(wanted)),
            lambda count: self.said.emit(f"{count:,} executions were exported."),
        )

    def show_run(self, ident: int) -> None:
        """Shows a run, whatever the filters were."""
        for widget in (self.schedule, self.status):
            widget.setCurrentIndex(0)
        self.dated.setChecked(False)
        self.text.clear()
        self._wanted_run = ident
        self.refresh()

    def _do(self, action: Callable[[], object], said: str, then: Callable[[], None] = lambda: None) -> None:
        def done(_result: object) -> None:
            self.said.emit(said)
            then()

        self._context.background.ask(action, done, self._refused)

    def _refused(self, error: RetroVueError) -> None:
        self.said.emit(explain(error))


def _midnight(day: QDate) -> datetime:
    """The beginning of a day on this machine's clock."""
    return datetime.combine(date(day.year(), day.month(), day.day()), time()).astimezone().astimezone(UTC)
