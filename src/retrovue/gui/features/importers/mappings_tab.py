"""The path mappings: add, edit, remove, and how well they work."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.features.importers.mapping_dialog import Known, MappingDialog
from retrovue.gui.formatting import explain, plain
from retrovue.gui.widgets.actions_delegate import ActionsDelegate, Word
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.report_view import ReportView
from retrovue.gui.widgets.rows_model import Column, RowsModel
from retrovue.gui.widgets.tables import table_of
from retrovue.model.catalogue import PathMapping

EMPTY = "No path mappings yet. They say where the server's folders are found on this machine."
NO_SERVER = "Add a server first. Then say here where its folders are found on this machine."
_COLUMNS: tuple[Column[PathMapping], ...] = (
    Column("Server", lambda one: plain(one.server)),
    Column("Library", lambda one: plain(one.library) if one.library is not None else "all"),
    Column("Path on the Server", lambda one: plain(one.plex_path)),
    Column("Path Here", lambda one: plain(one.local_path)),
    Column("Actions", lambda _one: ""),
)
_ACTIONS = 4
_RECOUNT_MS = 5000


class MappingsTab(QWidget):
    """Follows the store. `said` tells."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.known = Known((), (), ())
        self.model = RowsModel(_COLUMNS, lambda one: one.id, parent=self)
        self.table = table_of(self.model, "Path mappings", (120, 130, 260, 260, 130), stretch=3)
        words = Word("edit", "Edit"), Word("remove", "Remove")
        self.row_words = ActionsDelegate(lambda _index: words, self.table)
        self.row_words.clicked.connect(self._clicked)
        self.table.setItemDelegateForColumn(_ACTIONS, self.row_words)
        self.table.doubleClicked.connect(lambda index: self._clicked(index, "edit"))
        self.stack = Stack(self.table)
        self.stack.show_text("Loading …")
        self.stack.button.clicked.connect(self.add)
        self.add_button, self.edit_button = QPushButton("&Add Mapping"), QPushButton("&Edit")
        self.remove_button = QPushButton("&Remove")
        self.add_button.clicked.connect(self.add)
        self.edit_button.clicked.connect(lambda: self._act("edit"))
        self.remove_button.clicked.connect(lambda: self._act("remove"))
        self.report = ReportView(context)
        row = QHBoxLayout()
        for button in (self.add_button, self.edit_button, self.remove_button):
            row.addWidget(button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(self.stack, 1)
        column.addWidget(self.report)
        self.setFocusProxy(self.table)
        self._recount = QTimer(self)
        self._recount.setSingleShot(True)
        self._recount.setInterval(_RECOUNT_MS)
        self._recount.timeout.connect(self._count)
        self.table.selectionModel().selectionChanged.connect(self._chosen)
        self.model.modelReset.connect(self._chosen)
        self._chosen()
        context.watcher.changed.connect(self._look)

    def _look(self, topics: frozenset[str]) -> None:
        if "servers" in topics:
            self.refresh()
        elif "catalogue" in topics and not self._recount.isActive():
            self._recount.start()  # while a sync runs: now and then

    def refresh(self) -> None:
        """Asks for the mappings and shows them."""
        rv = self._context.rv
        self._context.background.ask(
            lambda: Known(tuple(rv.servers.list()), tuple(rv.libraries.list()), tuple(rv.mappings.list())),
            self._show,
        )

    def _show(self, known: Known) -> None:
        self.known = known
        self.model.show_rows(list(known.mappings))
        if known.mappings:
            self.stack.show_view()
        elif known.servers:
            self.stack.show_text(EMPTY, "Add Mapping")
        else:
            self.stack.show_text(NO_SERVER)
        self._chosen()

    def selected(self) -> PathMapping | None:
        """The selected mapping."""
        rows = self.table.selectionModel().selectedRows()
        return self.model.row(rows[0].row()) if rows else None

    def _chosen(self) -> None:
        chosen = self.selected()
        self.add_button.setEnabled(bool(self.known.servers))
        for button in (self.edit_button, self.remove_button):
            button.setEnabled(chosen is not None)
        self._count()

    def _count(self) -> None:
        chosen = self.selected() or (self.known.mappings[0] if self.known.mappings else None)
        if not self.isVisible():
            self.report.show_server(None)
        else:
            self.report.show_server(None if chosen is None else chosen.server_id)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's)
        """Files are counted only while somebody looks."""
        super().showEvent(event)
        self._count()

    def _clicked(self, index: QModelIndex, key: str) -> None:
        self.table.selectRow(index.row())
        self._act(key)

    def _act(self, key: str) -> None:
        chosen = self.selected()
        if chosen is not None:
            (self._open if key == "edit" else self._remove)(chosen)

    def add(self) -> None:
        """Opens the form for a new mapping."""
        self._open(None)

    def _open(self, mapping: PathMapping | None) -> None:
        dialog = MappingDialog(self._context, self.known, mapping, self)
        dialog.saved.connect(self._saved)
        dialog.open()

    def _saved(self, made: PathMapping) -> None:
        self.said.emit(f"{plain(made.plex_path)} is found at {plain(made.local_path)}.")
        self.refresh()

    def _remove(self, mapping: PathMapping) -> None:
        """At once: nothing but the two paths is lost, and they are said."""
        said = f"Removed: {plain(mapping.plex_path)} → {plain(mapping.local_path)}. The files are untouched."

        def done(_gone: object) -> None:
            self.said.emit(said)
            self.refresh()

        self._context.background.ask(
            lambda: self._context.rv.mappings.remove(mapping.id), done, self._refused
        )

    def _refused(self, error: RetroVueError) -> None:
        self.said.emit(explain(error))
        self.refresh()
