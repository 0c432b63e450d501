"""Syncing by hand: what the service makes of it, live; afterwards what changed, and to apply a dry run."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.features.importers.pace import Pace
from retrovue.gui.features.importers.sync_form import SyncForm
from retrovue.gui.formatting import explain, length, plain
from retrovue.gui.widgets.changes_view import ChangesView, Span
from retrovue.gui.widgets.elided_label import ElidedLabel
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.log_view import LogView
from retrovue.gui.widgets.rows_model import Column, RowsModel
from retrovue.gui.widgets.tables import table_of
from retrovue.model.catalogue import Library, Server
from retrovue.model.execution import Execution, HistoryFilter, Status
from retrovue.model.sync import SyncOptions

NOTHING_YET = "Choose libraries, then 'Dry Run' to see what would change, or 'Sync'."
NO_LOG, NO_CHANGES = "The log of the selected sync.", "What the selected sync changed."
_Places = tuple[tuple[Server, ...], tuple[Library, ...]]


def _state(one: Execution) -> str:
    dry = " (dry run)" if one.options.dry_run else ""
    held = f", {one.removals_held:,} held" if one.removals_held else ""
    return one.status.value.capitalize() + dry + held


_COLUMNS: tuple[Column[Execution], ...] = (
    Column("Library", lambda one: plain(one.library), lambda one: plain(one.server)),
    Column("Status", _state, lambda one: plain(one.reason or "")),
    Column("Items", lambda one: f"{(one.scanned if one.status.ended else one.progress_done):,}", number=True),
    Column("Added", lambda one: f"{one.added:,}", number=True),
    Column("Updated", lambda one: f"{one.updated:,}", number=True),
    Column("Removed", lambda one: f"{one.removed:,}", number=True),
    Column("Errors", lambda one: f"{one.errors:,}", number=True),
    Column("Duration", lambda one: length(one.duration), number=True),
)


class SyncTab(QWidget):
    """Queues for the service and follows what becomes of it. `said` tells."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._batch: list[int] = []
        self._adopted = False
        self._gone_along: int | None = None
        self._paces: dict[int, Pace] = {}
        self.form = SyncForm()
        self.model = RowsModel(_COLUMNS, lambda one: one.id, parent=self)
        self.table = table_of(self.model, "Syncs started here", (140, 150, 70, 70, 70, 75, 60, 80), stretch=1)
        self.stack = Stack(self.table)
        self.stack.show_text(NOTHING_YET)
        self.bar, self.words = QProgressBar(), ElidedLabel()
        self.bar.setAccessibleName("Progress of the sync")
        self.cancel, self.apply = QPushButton("Canc&el"), QPushButton("&Apply")
        self.apply.setToolTip("Sync the same libraries in the same way, and this time change the catalogue")
        self.log, self.changes = LogView(context, NO_LOG), ChangesView(context, NO_CHANGES)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self.log, "Lo&g")
        self.tabs.addTab(self.changes, "&What Changed")
        self._lay_out()
        self.form.wanted.connect(self._queue)
        self.cancel.clicked.connect(self._cancel)
        self.apply.clicked.connect(self._apply)
        self.table.selectionModel().selectionChanged.connect(self._chosen)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(100)
        self._later.timeout.connect(self.refresh)
        self._enable()
        context.watcher.changed.connect(self._look)

    def _lay_out(self) -> None:
        below = QHBoxLayout()
        below.addWidget(self.bar, 1)
        below.addWidget(self.words)
        below.addWidget(self.cancel)
        below.addWidget(self.apply)
        upper = QWidget()
        column = QVBoxLayout(upper)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack, 1)
        column.addLayout(below)
        right = QSplitter(Qt.Orientation.Vertical)
        right.addWidget(upper)
        right.addWidget(self.tabs)
        right.setSizes([220, 300])
        right.setChildrenCollapsible(False)
        self.form.setMaximumWidth(380)
        row = QHBoxLayout(self)
        row.addWidget(self.form, 2)
        row.addWidget(right, 5)
        self.setFocusProxy(self.form.libraries)

    # --- following ----------------------------------------------------------------------------------

    def _look(self, topics: frozenset[str]) -> None:
        if "servers" in topics:
            rv = self._context.rv
            self._context.background.ask(
                lambda: (tuple(rv.servers.list()), tuple(rv.libraries.list())), self._show_places
            )
        if not self._adopted:
            self._adopted = True
            self._context.background.ask(self._underway, self._adopt)
        elif self._batch and topics & {"executions", "progress"}:
            self._later.start()
            self.log.follow()

    def _show_places(self, found: _Places) -> None:
        self.form.show_places(*found)

    def _underway(self) -> list[int]:
        history = self._context.rv.history
        active = [*history.list(HistoryFilter(status=Status.QUEUED)), *history.running()]
        return sorted(one.id for one in active if one.schedule is None)

    def _adopt(self, idents: list[int]) -> None:
        if idents and not self._batch:
            self._follow(idents)

    def _follow(self, idents: list[int]) -> None:
        self._batch = idents
        self._paces = {}
        self.refresh()

    def refresh(self) -> None:
        """Asks how the syncs are."""
        batch, history = list(self._batch), self._context.rv.history
        self._context.background.ask(
            lambda: [history.get(ident) for ident in batch], lambda found: self._show(batch, found)
        )

    def _show(self, batch: list[int], found: list[Execution]) -> None:
        if batch != self._batch:
            return
        for one in found:
            if one.status is Status.RUNNING:
                self._paces.setdefault(one.id, Pace()).note(time.monotonic(), one.progress_done)
        self.model.show_rows(found)
        if found:
            self.stack.show_view()
            self._go_along(found)
        self._chosen()
        self._enable()

    def _go_along(self, found: list[Execution]) -> None:
        """What runs is selected, until somebody selects something else."""
        chosen = self.selected()
        running = next((n for n, one in enumerate(found) if one.status is Status.RUNNING), None)
        row = running if running is not None else 0 if chosen is None else None
        if row is not None and (chosen is None or chosen.id == self._gone_along):
            self._gone_along = found[row].id
            self.table.selectRow(row)

    def selected(self) -> Execution | None:
        """The selected run."""
        rows = self.table.selectionModel().selectedRows()
        return self.model.row(rows[0].row()) if rows else None

    def _chosen(self) -> None:
        chosen = self.selected()
        self.log.show_execution(chosen)
        self.changes.show_span(None if chosen is None else Span(execution_id=chosen.id))
        self.changes.follow()

    def _enable(self) -> None:
        rows = self.model.rows
        going = [one for one in rows if not one.status.ended]
        self.cancel.setEnabled(bool(going))
        dry = bool(rows) and not going and all(one.options.dry_run for one in rows)
        self.apply.setEnabled(dry and any(one.status is Status.SUCCESS for one in rows))
        running = next((one for one in going if one.status is Status.RUNNING), None)
        self._show_progress(running, waiting=bool(going), begun=bool(rows))

    def _show_progress(self, running: Execution | None, *, waiting: bool, begun: bool) -> None:
        if running is None:
            self.bar.setRange(0, 0 if waiting else 100)
            self.bar.setValue(0 if waiting or not begun else 100)
            self.words.setText("Waiting for the service …" if waiting else "")
            return
        total, done = running.progress_total, running.progress_done
        self.bar.setRange(0, total or 0)
        self.bar.setValue(min(done, total or 0))
        pace = self._paces.get(running.id, Pace())
        words = [f"{plain(running.library)}: {done:,}" + (f" of {total:,}" if total else "")]
        words += [f"{pace.rate:,.0f} a second"] if pace.rate else []
        left = pace.left(total)
        words += [f"{length(left, coarse=True)} left"] if left is not None and done < (total or 0) else []
        words += [plain(running.progress_phase)] if running.progress_phase else []
        self.words.setText(", ".join(words))

    # --- doing ----------------------------------------------------------------------------------------

    def _queue(self, libraries: list[Library], options: SyncOptions) -> None:
        context = self._context

        def question() -> list[int]:
            return [context.rv.sync.queue(library, options) for library in libraries]

        def queued(idents: list[int]) -> None:
            self._follow(idents)
            what = "dry run" if options.dry_run else "sync"
            self.said.emit(f"A {what} of {', '.join(plain(one.title) for one in libraries)} was queued.")
            context.ensure_service(self._refused)

        context.background.ask(question, queued, self._refused)

    def _cancel(self) -> None:
        history = self._context.rv.history
        going = [one.id for one in self.model.rows if not one.status.ended]

        def question() -> None:
            for ident in going:
                history.cancel(ident)

        self._context.background.ask(
            question, lambda _: self.said.emit("The syncs were asked to stop."), self._refused
        )

    def _apply(self) -> None:
        """The same once more, for good."""
        history = self._context.rv.history
        dry = [one for one in self.model.rows if one.status is Status.SUCCESS]

        def question() -> list[int]:
            return [history.apply(one.id) for one in dry]

        def queued(idents: list[int]) -> None:
            self._follow(idents)
            self.said.emit("What the dry run found is being synced for good.")
            self._context.ensure_service(self._refused)

        self._context.background.ask(question, queued, self._refused)

    def _refused(self, error: RetroVueError) -> None:
        self.said.emit(explain(error))
        self.refresh()
