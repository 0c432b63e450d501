"""The servers: add, edit, test, remove."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Signal
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QPushButton, QVBoxLayout, QWidget

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.features.importers.server_dialog import ServerDialog
from retrovue.gui.features.importers.sign_in_dialog import SignInDialog
from retrovue.gui.formatting import plain
from retrovue.gui.widgets.actions_delegate import ActionsDelegate, Word
from retrovue.gui.widgets.boxes import Role, message_box
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.rows_model import Column, RowsModel
from retrovue.gui.widgets.tables import table_of
from retrovue.model.catalogue import Server, ServerState

if TYPE_CHECKING:
    from retrovue.core.api import Removal

EMPTY = (
    "No servers yet. Sign in to Plex to find yours, or click 'Add Server' if you know its address and token."
)
_WORDS = (Word("edit", "Edit"), Word("test", "Test"), Word("remove", "Remove"))
_ACTIONS = 5


@dataclass(frozen=True, slots=True)
class _Row:
    """A server with what a look at it found; None while it is being asked."""

    server: Server
    state: ServerState | None = None


def _state(row: _Row) -> str:
    if row.state is None:
        return "asking …"
    return "reachable" if row.state.reachable else "not reachable"


def _problem(row: _Row) -> str:
    return plain(row.state.problem or "") if row.state is not None else ""


_COLUMNS: tuple[Column[_Row], ...] = (
    Column("Name", lambda row: plain(row.server.name)),
    Column("Address", lambda row: plain(row.server.url)),
    Column("Version", lambda row: plain(row.server.version)),
    Column("State", _state, _problem),
    Column("Token", lambda row: row.state.token.value if row.state is not None else "", _problem),
    Column("Actions", lambda _row: ""),
)


class ServersTab(QWidget):
    """Follows the store; servers are asked on the thread for what may take long. `said` tells."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._states: dict[int, ServerState] = {}
        self.model = RowsModel(_COLUMNS, lambda row: row.server.id, parent=self)
        self.table = table_of(self.model, "Servers", (160, 220, 150, 110, 80, 180), stretch=1)
        self.row_words = ActionsDelegate(lambda _index: _WORDS, self.table)
        self.row_words.clicked.connect(self._clicked)
        self.table.setItemDelegateForColumn(_ACTIONS, self.row_words)
        self.table.doubleClicked.connect(lambda index: self._clicked(index, "edit"))
        self.stack = Stack(self.table)
        self.stack.show_text("Loading …")
        self.stack.button.clicked.connect(self.sign_in)
        self.add_button = QPushButton("&Add Server")
        self.add_button.clicked.connect(self.add)
        self.buttons = {
            word.key: QPushButton(text)
            for word, text in zip(_WORDS, ("E&dit", "T&est", "&Remove"), strict=True)
        }
        row = QHBoxLayout()
        self.sign_in_button = QPushButton("Si&gn In …")
        self.sign_in_button.setToolTip(
            "Find the servers of your Plex account, or give known ones a new token"
        )
        self.sign_in_button.clicked.connect(self.sign_in)
        row.addWidget(self.sign_in_button)
        row.addWidget(self.add_button)
        for key, button in self.buttons.items():
            button.clicked.connect(lambda _checked=False, key=key: self._act(key))
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(self.stack, 1)
        self.setFocusProxy(self.table)
        self.table.selectionModel().selectionChanged.connect(self._enable)
        self.model.modelReset.connect(self._enable)
        self._enable()
        context.watcher.changed.connect(self._look)

    def _look(self, topics: frozenset[str]) -> None:
        if "servers" in topics:
            self._context.background.ask(self._context.rv.servers.list, self._show)

    def _show(self, servers: list[Server]) -> None:
        self.model.show_rows([_Row(server, self._states.get(server.id)) for server in servers])
        if servers:
            self.stack.show_view()
        else:
            self.stack.show_text(EMPTY, "Sign In …")
        if any(server.id not in self._states for server in servers):
            self._context.slow.ask(self._context.rv.servers.look, self._seen)

    def _seen(self, states: list[ServerState]) -> None:
        self._states = {state.server.id: state for state in states}
        self.model.show_rows([_Row(state.server, state) for state in states])

    def selected(self) -> Server | None:
        """The selected server."""
        rows = self.table.selectionModel().selectedRows()
        return self.model.row(rows[0].row()).server if rows else None

    def _enable(self) -> None:
        for button in self.buttons.values():
            button.setEnabled(self.selected() is not None)

    def _clicked(self, index: QModelIndex | QPersistentModelIndex, key: str) -> None:
        self.table.selectRow(index.row())
        self._act(key)

    def _act(self, key: str) -> None:
        chosen = self.selected()
        if chosen is not None:
            {"edit": self._edit, "test": self._test, "remove": self._ask_removal}[key](chosen)

    def add(self) -> None:
        """Opens the form for a new server."""
        self._open(None)

    def sign_in(self) -> None:
        """Opens the way by plex.tv."""
        dialog = SignInDialog(self._context, self)
        dialog.finished_with.connect(self._signed_in)
        dialog.open()

    def _signed_in(self, said: str) -> None:
        self._states.clear()
        self.said.emit(said)
        self._context.background.ask(self._context.rv.servers.list, self._show)

    def _edit(self, server: Server) -> None:
        self._open(server)

    def _open(self, server: Server | None) -> None:
        dialog = ServerDialog(self._context, server, self)
        dialog.saved.connect(self._saved)
        dialog.open()

    def _saved(self, name: str, libraries: int) -> None:
        self._states.clear()
        self.said.emit(f"'{plain(name)}' answers; it has {libraries} libraries.")
        self._context.background.ask(self._context.rv.servers.list, self._show)

    def _test(self, server: Server) -> None:
        self.said.emit(f"Asking '{plain(server.name)}' …")
        self._context.slow.ask(lambda: self._context.rv.servers.test(server.id), self._tested)

    def _tested(self, state: ServerState) -> None:
        self._states[state.server.id] = state
        rows = [self.model.row(number) for number in range(self.model.rowCount())]
        self.model.show_rows([replace(row, state=self._states.get(row.server.id)) for row in rows])
        name = plain(state.server.name)
        self.said.emit(
            f"'{name}': {plain(state.problem)}" if state.problem else f"'{name}' answers and takes the token."
        )

    def _ask_removal(self, server: Server) -> None:
        self._context.background.ask(lambda: self._context.rv.servers.removal(server.id), self._confirm)

    def _confirm(self, going: Removal) -> None:
        schedules = (
            f"These schedules go with it: {', '.join(map(plain, going.schedules))}. "
            if going.schedules
            else ""
        )
        box = message_box(
            self,
            "Remove Server",
            f"Remove '{plain(going.server.name)}' with its {going.libraries} libraries and {going.items:,} items?",
            f"{schedules}Nothing changes on the server itself. The history stays.",
        )
        remove = box.addButton("&Remove", Role.DestructiveRole)
        box.setDefaultButton(box.addButton(QMessageBox.StandardButton.Cancel))
        remove.clicked.connect(lambda: self._remove(going))
        box.open()

    def _remove(self, going: Removal) -> None:
        def done(_gone: object) -> None:
            self.said.emit(f"'{plain(going.server.name)}' was removed.")
            self._context.background.ask(self._context.rv.servers.list, self._show)

        def refused(error: RetroVueError) -> None:
            self.said.emit(str(error))

        with_schedules = bool(going.schedules)
        self._context.background.ask(
            lambda: self._context.rv.servers.remove(going.server.id, with_schedules=with_schedules),
            done,
            refused,
        )
