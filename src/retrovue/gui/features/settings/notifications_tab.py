"""Whom messages reach, and the dead-man services that schedules tell of their runs."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.formatting import explain, local, plain
from retrovue.gui.widgets.actions_delegate import ActionsDelegate, Word
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.rows_model import Column, RowsModel
from retrovue.gui.widgets.secret_dialog import SecretDialog
from retrovue.gui.widgets.tables import table_of
from retrovue.model.notices import Target
from retrovue.model.schedule import Schedule

EMPTY = "Nobody is told yet of failures and held removals, but by the tray icon."
_SERVICES = "https://github.com/caronc/apprise/wiki"
_Ping = tuple[Schedule, str]
_TARGETS: tuple[Column[Target], ...] = (
    Column("Name", lambda one: plain(one.name)),
    Column("Service", lambda one: one.service),
    Column("Waiting", lambda one: f"{one.waiting:,}", number=True),
    Column("Last Sent", lambda one: local(one.last_sent_at) or "never"),
    Column("Last Error", lambda one: plain(one.last_error or "")),
    Column("Actions", lambda _one: ""),
)
_PINGS: tuple[Column[_Ping], ...] = (
    Column("Schedule", lambda one: plain(one[0].name)),
    Column("Tells", lambda one: plain(one[1]) or "nobody"),
    Column("Actions", lambda _one: ""),
)


class NotificationsTab(QWidget):
    """Follows the store. Addresses are typed in, and never shown again. `said` tells."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.model = RowsModel(_TARGETS, lambda one: one.id, parent=self)
        self.table = table_of(self.model, "Notification targets", (150, 90, 70, 150, 300, 120), stretch=4)
        self.words = ActionsDelegate(lambda _i: (Word("test", "Test"), Word("remove", "Remove")), self.table)
        self.words.clicked.connect(self._target_clicked)
        self.table.setItemDelegateForColumn(5, self.words)
        self.stack = Stack(self.table)
        self.stack.show_text("Loading …")
        self.stack.button.clicked.connect(self.add)
        self.pings = RowsModel(_PINGS, lambda one: one[0].id, faint=lambda one: not one[1], parent=self)
        self.ping_table = table_of(self.pings, "Pings of schedules", (240, 300, 140), stretch=1)
        self.ping_words = ActionsDelegate(self._words_of_ping, self.ping_table)
        self.ping_words.clicked.connect(self._ping_clicked)
        self.ping_table.setItemDelegateForColumn(2, self.ping_words)
        self.add_button = QPushButton("&Add Target")
        self.test_button, self.remove_button = QPushButton("T&est"), QPushButton("&Remove")
        self.ping_button = QPushButton("Set &Ping …")
        row = QHBoxLayout()
        for button, slot in (
            (self.add_button, self.add),
            (self.test_button, lambda: self._act("test")),
            (self.remove_button, lambda: self._act("remove")),
        ):
            button.clicked.connect(slot)
            row.addWidget(button)
        row.addStretch(1)
        self.ping_button.clicked.connect(lambda: self._ping("set"))
        pings = QHBoxLayout()
        pings.addWidget(
            QLabel(
                "Dead-man services hear when a run begins, succeeds and fails, and call when it is missing."
            ),
            1,
        )
        pings.addWidget(self.ping_button)
        column = QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(self.stack, 1)
        column.addLayout(pings)
        column.addWidget(self.ping_table, 1)
        self.setFocusProxy(self.table)
        for table in (self.table, self.ping_table):
            table.selectionModel().selectionChanged.connect(self._enable)
        for model in (self.model, self.pings):
            model.modelReset.connect(self._enable)
        self._enable()
        context.watcher.changed.connect(self._look)

    def _words_of_ping(self, index: QModelIndex | QPersistentModelIndex) -> tuple[Word, ...]:
        host = self.pings.row(index.row())[1]
        return (Word("set", "Change"), Word("remove", "Remove")) if host else (Word("set", "Set"),)

    def _look(self, topics: frozenset[str]) -> None:
        if topics & {"settings", "schedules", "messages"}:
            self.refresh()

    def refresh(self) -> None:
        """Asks for the targets and the pings, and shows them."""
        rv = self._context.rv

        def question() -> tuple[list[Target], list[_Ping]]:
            hosts = rv.notify.pings()
            return rv.notify.list(), [(one, hosts.get(one.name, "")) for one in rv.schedules.list()]

        self._context.background.ask(question, self._show)

    def _show(self, found: tuple[list[Target], list[_Ping]]) -> None:
        targets, pings = found
        self.model.show_rows(targets)
        self.pings.show_rows(pings)
        if targets:
            self.stack.show_view()
        else:
            self.stack.show_text(EMPTY, "Add Target")
        self._enable()

    def _enable(self) -> None:
        chosen = self.table.selectionModel().hasSelection()
        self.test_button.setEnabled(chosen)
        self.remove_button.setEnabled(chosen)
        self.ping_button.setEnabled(self.ping_table.selectionModel().hasSelection())

    def _target_clicked(self, index: QModelIndex, key: str) -> None:
        self.table.selectRow(index.row())
        self._act(key)

    def _ping_clicked(self, index: QModelIndex, key: str) -> None:
        self.ping_table.selectRow(index.row())
        self._ping(key)

    def add(self) -> None:
        """Opens the form for a new target."""
        notify = self._context.rv.notify
        SecretDialog(
            self._context.slow,
            "Add Notification Target",
            f'Any address that <a href="{_SERVICES}">Apprise</a> knows: mail, ntfy, Telegram, Discord, and a hundred more. '
            "It is kept with the tokens, and never shown.",
            "ntfy://my-topic or mailto://user:password@example.org",
            notify.add,
            self._added,
            self,
        ).open()

    def _added(self, made: Target) -> None:
        self.said.emit(f"'{plain(made.name)}' was added. Try it with 'Test'.")
        self.refresh()

    def _act(self, key: str) -> None:
        rows = self.table.selectionModel().selectedRows()
        if not rows:
            return
        target, notify = self.model.row(rows[0].row()), self._context.rv.notify
        if key == "test":
            self.said.emit(f"Sending a test to '{plain(target.name)}' …")
            said, action = f"A test was sent to '{plain(target.name)}'.", notify.test
        else:
            said, action = f"'{plain(target.name)}' was removed.", notify.remove
        self._context.slow.ask(lambda: action(target.id), lambda _done: self._done(said), self._refused)

    def _ping(self, key: str) -> None:
        rows = self.ping_table.selectionModel().selectedRows()
        if not rows:
            return
        schedule, notify = self.pings.row(rows[0].row())[0], self._context.rv.notify
        name = plain(schedule.name)
        if key == "remove":
            self._context.background.ask(
                lambda: notify.set_ping(schedule, None),
                lambda _d: self._done(f"'{name}' tells nobody now."),
                self._refused,
            )
            return
        SecretDialog(
            self._context.background,
            f"Ping of '{name}'",
            "The address of a check at healthchecks.io or the like. /start and /fail are added to it.",
            "https://hc-ping.com/…",
            lambda _name, url: notify.set_ping(schedule, url),
            lambda _made: self._done(f"'{name}' tells of its runs from now on."),
            self,
            named=False,
        ).open()

    def _done(self, said: str) -> None:
        self.said.emit(said)
        self.refresh()

    def _refused(self, error: RetroVueError) -> None:
        self.said.emit(explain(error))
        self.refresh()
