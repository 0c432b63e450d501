"""The libraries: discover, enable, sync now."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Signal
from PySide6.QtWidgets import QHBoxLayout, QMessageBox, QPushButton, QVBoxLayout, QWidget

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.formatting import explain, local, plain
from retrovue.gui.widgets.actions_delegate import ActionsDelegate, Word
from retrovue.gui.widgets.boxes import Role, message_box
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.rows_model import Column, RowsModel
from retrovue.gui.widgets.tables import table_of
from retrovue.model.catalogue import Discovery, Library, Moved
from retrovue.model.sync import SyncOptions

EMPTY = "No libraries yet. Add a server, or ask the ones you have."
_TYPES = {"movie": "Movies", "show": "Series", "artist": "Music", "photo": "Photos"}
_ACTIONS = 7
_Discovered = tuple[list[Discovery], list[RetroVueError]]


def _state(library: Library) -> str:
    if not library.supported:
        return "not supported"
    if library.gone_at is not None:
        return "gone from the server"
    return "enabled" if library.enabled else "disabled"


def _why(library: Library) -> str:
    if not library.supported:
        return (
            f"Libraries of type '{plain(library.type)}' are not catalogued: RetroVue knows movies and series."
        )
    if library.gone_at is not None:
        return f"The server has not listed it since {local(library.gone_at)}. Its items stay."
    return "Synced with all others" if library.enabled else "Left out unless it is named"


_COLUMNS: tuple[Column[Library], ...] = (
    Column("Library", lambda one: plain(one.title), lambda one: "\n".join(map(plain, one.locations))),
    Column("Server", lambda one: plain(one.server)),
    Column("Type", lambda one: _TYPES.get(one.type, plain(one.type))),
    Column("State", _state, _why),
    Column("Items", lambda one: f"{one.items:,}", number=True),
    Column("Last Sync", lambda one: local(one.last_sync_at) or "never"),
    Column("Last Complete", lambda one: local(one.last_complete_at) or "never"),
    Column("Actions", lambda _one: ""),
)


class LibrariesTab(QWidget):
    """Follows the store. `said` tells."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.model = RowsModel(
            _COLUMNS, lambda one: one.id, faint=lambda one: not one.supported or not one.enabled, parent=self
        )
        self.table = table_of(self.model, "Libraries", (180, 110, 80, 120, 80, 150, 150, 150))
        self.row_words = ActionsDelegate(self._words, self.table)
        self.row_words.clicked.connect(self._clicked)
        self.table.setItemDelegateForColumn(_ACTIONS, self.row_words)
        self.stack = Stack(self.table)
        self.stack.show_text("Loading …")
        self.stack.button.clicked.connect(self.discover)
        self.discover_button = QPushButton("&Discover")
        self.discover_button.setToolTip("Ask all servers for their libraries")
        self.discover_button.clicked.connect(self.discover)
        self.toggle_button, self.sync_button = QPushButton("E&nable/Disable"), QPushButton("Sync No&w")
        self.toggle_button.clicked.connect(lambda: self._act("toggle"))
        self.sync_button.clicked.connect(lambda: self._act("sync"))
        row = QHBoxLayout()
        for button in (self.discover_button, self.toggle_button, self.sync_button):
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

    def _words(self, index: QModelIndex | QPersistentModelIndex) -> tuple[Word, ...]:
        one = self.model.row(index.row())
        if not one.supported:
            return ()
        return Word("toggle", "Disable" if one.enabled else "Enable"), Word("sync", "Sync Now")

    def _look(self, topics: frozenset[str]) -> None:
        if topics & {"servers", "executions"}:
            self.refresh()

    def refresh(self) -> None:
        """Asks for the libraries and shows them."""
        self._context.background.ask(self._context.rv.libraries.list, self._show)

    def _show(self, libraries: list[Library]) -> None:
        self.model.show_rows(libraries)
        if libraries:
            self.stack.show_view()
        else:
            self.stack.show_text(EMPTY, "Discover")
        self._enable()

    def selected(self) -> Library | None:
        """The selected library."""
        rows = self.table.selectionModel().selectedRows()
        return self.model.row(rows[0].row()) if rows else None

    def _enable(self) -> None:
        chosen = self.selected()
        for button in (self.toggle_button, self.sync_button):
            button.setEnabled(chosen is not None and chosen.supported)

    def _clicked(self, index: QModelIndex, key: str) -> None:
        self.table.selectRow(index.row())
        self._act(key)

    def _act(self, key: str) -> None:
        chosen = self.selected()
        if chosen is not None:
            (self._toggle if key == "toggle" else self._sync)(chosen)

    def discover(self) -> None:
        """Asks every server for its libraries."""
        rv = self._context.rv
        self._discover(lambda: [server.id for server in rv.servers.list()], relink=False)

    def _discover(self, servers: Callable[[], Iterable[int]], *, relink: bool) -> None:
        self.said.emit("Asking the servers …")
        libraries = self._context.rv.libraries

        def question() -> _Discovered:
            found, problems = [], []
            for server in servers():
                try:
                    found.append(libraries.discover(server, relink=relink))
                except RetroVueError as error:
                    problems.append(error)
            return found, problems

        self._context.slow.ask(question, self._discovered, self._refused)

    def _discovered(self, found: _Discovered) -> None:
        discoveries, problems = found
        moved = [one for discovery in discoveries for one in discovery.moved]
        words = [
            f"{word}: {', '.join(map(plain, titles))}"
            for word, titles in (
                ("new", [title for one in discoveries for title in one.added]),
                ("gone", [title for one in discoveries for title in one.gone]),
                ("tied to the known ones", [title for one in discoveries for title in one.relinked]),
                ("re-created", [one.title for one in moved]),
            )
            if titles
        ]
        said = [f"Libraries – {'; '.join(words)}."] if words else []
        said += [explain(error) for error in problems]
        self.said.emit(" ".join(said) or "The libraries are as they were.")
        self.refresh()
        if moved:
            self._ask_to_relink(moved)

    def _ask_to_relink(self, moved: list[Moved]) -> None:
        titles = ", ".join(f"'{plain(one.title)}'" for one in moved)
        box = message_box(
            self,
            "Re-Created Libraries",
            f"{titles}: re-created on the server, by the same identifier or the same folders.",
            "Go on with the items that are known? Until then these libraries are not synced, and nothing is removed.",
        )
        go_on = box.addButton("&Go On with Them", Role.AcceptRole)
        box.setEscapeButton(box.addButton(QMessageBox.StandardButton.Cancel))
        box.setDefaultButton(go_on)
        servers = {one.library.server_id for one in moved}
        go_on.clicked.connect(lambda: self._discover(lambda: servers, relink=True))
        box.open()

    def _toggle(self, library: Library) -> None:
        libraries = self._context.rv.libraries
        change = libraries.disable if library.enabled else libraries.enable
        said = f"'{plain(library.title)}' is {'disabled' if library.enabled else 'enabled'} now."
        self._context.background.ask(
            lambda: change(library.id), lambda _done: self.said.emit(said), self._refused
        )

    def _sync(self, library: Library) -> None:
        """Queues a complete sync."""
        context = self._context

        def queued(_ident: int) -> None:
            self.said.emit(f"'{plain(library.title)}' is being synced. Its log is in the schedule history.")
            context.ensure_service(self._refused)

        context.background.ask(lambda: context.rv.sync.queue(library, SyncOptions()), queued, self._refused)

    def _refused(self, error: RetroVueError) -> None:
        self.said.emit(explain(error))
        self.refresh()
