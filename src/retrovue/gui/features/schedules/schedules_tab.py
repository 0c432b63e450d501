"""The table of schedules and what can be done with them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QPushButton,
    QTableView,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.features.schedules.schedule_dialog import Places, ScheduleDialog
from retrovue.gui.features.schedules.schedules_model import (
    ACTIONS,
    DURATIONS,
    NAME,
    SchedulesModel,
)
from retrovue.gui.features.schedules.sparklines import Sparklines
from retrovue.gui.formatting import explain, plain
from retrovue.gui.widgets.actions_delegate import ActionsDelegate, Word
from retrovue.gui.widgets.elided_label import ElidedLabel
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.tables import table_of
from retrovue.model.schedule import Draft, Schedule

if TYPE_CHECKING:
    from retrovue.core.api import Removed

EMPTY = "No schedules configured yet. Click 'Add Schedule' to create your first one."
_UNDO_MS = 12_000
_Row = tuple[Schedule, str]


class SchedulesTab(QWidget):
    """Follows the store; every action is asked of the façade on another thread. `said` carries what was done."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.model = SchedulesModel(self)
        self.table = self._make_table()
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search schedules")
        self.search.textChanged.connect(self.model.search)
        self.stack = Stack(self.table)
        self.stack.show_text("Loading …")
        self.stack.button.clicked.connect(self.add)
        self._undo = _UndoBar(self._restore)
        self._actions = self._make_actions()
        column = QVBoxLayout(self)
        column.addLayout(self._bar())
        column.addWidget(self.stack, 1)
        self.setFocusProxy(self.table)
        column.addWidget(self._undo)
        self.table.selectionModel().selectionChanged.connect(self._enable_actions)
        self._enable_actions()
        context.watcher.changed.connect(self._look)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._pass_time)
        self._clock.start()

    def _make_table(self) -> QTableView:
        widths = (160, 70, 100, 145, 118, 76, 66, 74, 174)
        table = table_of(
            self.model, "Schedules", widths, mode=QAbstractItemView.SelectionMode.ExtendedSelection
        )
        table.setSortingEnabled(True)
        table.sortByColumn(NAME, Qt.SortOrder.AscendingOrder)
        self.row_words = ActionsDelegate(self._words, table)
        self.row_words.clicked.connect(self._clicked)
        table.setItemDelegateForColumn(ACTIONS, self.row_words)
        self.sparklines = Sparklines(self._context, table)
        table.setItemDelegateForColumn(DURATIONS, self.sparklines)
        table.doubleClicked.connect(lambda _index: self.edit())
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        table.customContextMenuRequested.connect(self._menu)
        return table

    def _words(self, index: QModelIndex | QPersistentModelIndex) -> tuple[Word, ...]:
        live = self.model.schedule(index.row()).live
        toggle = Word("toggle", "Disable" if live else "Enable")
        return Word("edit", "Edit"), toggle, Word("run", "Run"), Word("delete", "Delete")

    def _clicked(self, index: QModelIndex, key: str) -> None:
        """A word of one row: it means that row alone, whatever else is selected."""
        self.table.selectRow(index.row())
        self._actions[key].trigger()

    def _make_actions(self) -> dict[str, QAction]:
        wanted: tuple[tuple[str, str, str, Callable[[], None]], ...] = (
            ("add", "&Add Schedule", "Ctrl+N", self.add),
            ("edit", "&Edit", "Return", self.edit),
            ("duplicate", "Du&plicate", "Ctrl+D", self.duplicate),
            ("toggle", "E&nable/Disable", "Ctrl+E", self.toggle),
            ("run", "&Run Now", "Ctrl+R", self.run_now),
            ("delete", "De&lete", "Del", self.delete),
        )
        made: dict[str, QAction] = {}
        for key, text, shortcut, slot in wanted:
            action = QAction(text, self)
            action.setShortcut(QKeySequence(shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            action.setToolTip(f"{text.replace('&', '')} ({shortcut})")
            action.triggered.connect(slot)
            (self.table if key in {"edit", "delete"} else self).addAction(action)
            made[key] = action
        return made

    def _bar(self) -> QHBoxLayout:
        row = QHBoxLayout()
        for action in self._actions.values():
            row.addWidget(button_of(action))
        row.addStretch(1)
        row.addWidget(self.search)
        self.search.setFixedWidth(220)
        return row

    def _menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        menu.addActions(list(self._actions.values()))
        menu.exec(self.table.viewport().mapToGlobal(where))

    # --- what is shown ------------------------------------------------------------------------------

    def _look(self, topics: frozenset[str]) -> None:
        if topics & {"schedules", "servers", "service"}:
            self.refresh()
        if "executions" in topics:
            self.sparklines.refresh()

    def _pass_time(self) -> None:
        """Only painted anew: told that its data changed, the table would filter and sort once a second."""
        if self.isVisible():
            self.model.now = datetime.now(UTC)
            self.table.viewport().update()

    def refresh(self) -> None:
        """Asks for the schedules and shows them."""
        self._context.background.ask(self._read, self._show)

    def _read(self) -> tuple[list[_Row], bool]:
        rv = self._context.rv
        return [(one, rv.schedules.describe(one)) for one in rv.schedules.list()], rv.service.health().paused

    def _show(self, found: tuple[list[_Row], bool]) -> None:
        rows, paused = found
        chosen = {one.id for one in self.selected()}
        self.model.show_schedules(rows, paused=paused, now=datetime.now(UTC))
        self._select(chosen)
        if rows:
            self.stack.show_view()
        else:
            self.stack.show_text(EMPTY, "Add Schedule")
        self._enable_actions()

    def selected(self) -> list[Schedule]:
        """The selected schedules."""
        rows = self.table.selectionModel().selectedRows()
        return [self.model.schedule(row.row()) for row in rows]

    def _select(self, idents: set[int]) -> None:
        if {one.id for one in self.selected()} == idents:
            return
        flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
        for number in range(self.model.rowCount()):
            if self.model.schedule(number).id in idents:
                self.table.selectionModel().select(self.model.index(number, 0), flags)

    def _enable_actions(self) -> None:
        count = len(self.selected())
        for key, action in self._actions.items():
            action.setEnabled(
                key == "add" or count == 1 or (count > 1 and key in {"toggle", "run", "delete"})
            )

    # --- what is done -------------------------------------------------------------------------------

    def add(self) -> None:
        """Opens the form for a new schedule."""
        self._context.background.ask(self._places, lambda places: self._open(places, None, None))

    def edit(self) -> None:
        """Opens the form with the selected schedule."""
        chosen = self.selected()
        if len(chosen) == 1:
            ident = chosen[0].id
            self._context.background.ask(
                lambda: (self._places(), self._context.rv.schedules.draft_of(ident)),
                lambda found: self._open(found[0], ident, found[1]),
            )

    def _places(self) -> Places:
        rv = self._context.rv
        return Places(
            tuple(rv.servers.list()),
            tuple(rv.libraries.list()),
            rv.schedules.default_timezone(),
            tuple(rv.schedules.timezones()),
        )

    def _open(self, places: Places, ident: int | None, draft: Draft | None) -> None:
        if not places.servers:
            self.said.emit("Add a server first, on the page Importers.")
            return
        dialog = ScheduleDialog(self._context, places, ident, draft, self)
        dialog.saved.connect(lambda made: self._saved(made, new=ident is None))
        dialog.open()

    def _saved(self, made: Schedule, *, new: bool) -> None:
        self.said.emit(f"'{plain(made.name)}' was {'added' if new else 'changed'}.")
        self.refresh()

    def duplicate(self) -> None:
        """Copies the selected schedule; the copy is disabled."""
        for one in self.selected():
            self._do(partial(self._context.rv.schedules.duplicate, one.id), "A disabled copy was made.")

    def toggle(self) -> None:
        """Enables what is disabled or paused, and disables what is enabled."""
        for one in self.selected():
            change = self._context.rv.schedules.disable if one.live else self._context.rv.schedules.enable
            self._do(
                partial(change, one.id),
                f"'{plain(one.name)}' was {'disabled' if one.live else 'enabled'}.",
            )

    def run_now(self) -> None:
        """Queues the selected schedules for the service."""
        for one in self.selected():
            self._do(
                partial(self._context.rv.schedules.run, one.id),
                f"'{plain(one.name)}' was queued.",
                lambda: self._context.ensure_service(self._refused),
            )

    def delete(self) -> None:
        """Deletes the selected schedules, and offers to take that back for a while."""
        idents = [one.id for one in self.selected()]
        if not idents:
            return
        schedules = self._context.rv.schedules
        self._context.background.ask(lambda: schedules.remove(idents), self._deleted, self._refused)

    def _deleted(self, removed: list[Removed]) -> None:
        if len(removed) == 1:
            self._undo.offer(f"Deleted '{plain(removed[0].schedule.name)}'. Its history stays.", removed)
        else:
            self._undo.offer(f"Deleted {len(removed)} schedules. Their history stays.", removed)
        self.refresh()

    def _restore(self, removed: list[Removed]) -> None:
        for one in removed:
            self._do(
                partial(self._context.rv.schedules.bring_back, one),
                f"'{plain(one.schedule.name)}' is back.",
            )

    def _do(self, action: Callable[[], object], said: str, then: Callable[[], None] = lambda: None) -> None:
        def done(_result: object) -> None:
            self.said.emit(said)
            self.refresh()
            then()

        self._context.background.ask(action, done, self._refused)

    def _refused(self, error: RetroVueError) -> None:
        self.said.emit(explain(error))
        self.refresh()


def button_of(action: QAction) -> QPushButton:
    """A button for an action, with its letter, which a tool button would drop."""
    button = QPushButton(action.text())
    button.setToolTip(action.toolTip())
    button.setAutoDefault(False)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(action.trigger)
    action.changed.connect(lambda: button.setEnabled(action.isEnabled()))
    return button


class _UndoBar(QWidget):
    """Says what was deleted, and takes it back for a while."""

    def __init__(self, restore: Callable[[list[Removed]], None]) -> None:
        super().__init__()
        self._restore = restore
        self._removed: list[Removed] = []
        self._text = ElidedLabel()
        self.button = QToolButton()
        self.button.setText("Undo")
        self.button.setShortcut(QKeySequence.StandardKey.Undo)
        self.button.clicked.connect(self._take_back)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._text)
        row.addWidget(self.button)
        row.addStretch(1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self.hide()

    def offer(self, text: str, removed: list[Removed]) -> None:
        """Offers to bring these back."""
        self._text.setText(text)
        self._removed = removed
        self.show()
        self._timer.start(_UNDO_MS)

    def _take_back(self) -> None:
        self.hide()
        removed, self._removed = self._removed, []
        self._restore(removed)
