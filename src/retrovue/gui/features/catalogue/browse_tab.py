"""Browse: search as you type, narrow by kind, place and state; the tree, and the details beside it."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from retrovue.export import flat_item, item_json
from retrovue.gui.context import GuiContext
from retrovue.gui.features.catalogue.details_view import DetailsView
from retrovue.gui.features.catalogue.tree_model import TreeModel
from retrovue.gui.formatting import plain
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.export_dialog import ask_and_write
from retrovue.model.catalogue import CatalogueFilter, Glimpse, Kind, Library, Shelf

EMPTY = "The catalogue is empty. It is filled by the first sync: Importers, Sync."
NOTHING_FOUND = "Nothing in the catalogue fits."
_KINDS: tuple[Kind | None, ...] = (None, *Kind)
_SHELVES: tuple[tuple[str, Shelf | None], ...] = (
    ("In the catalogue", Shelf.LIVE),
    ("Files not found here", None),
    ("Missing on the server", Shelf.MISSING),
    ("In the server's trash", Shelf.TRASHED),
    ("Removed", Shelf.REMOVED),
)
_FIRST = 200
_WAIT_MS, _AGAIN_MS = 150, 2000


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter as it is set; `shelf` None means items without a file here."""

    filter: CatalogueFilter
    shelf: Shelf | None


class BrowseTab(QWidget):
    """Follows the store. `said` tells."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._round = 0
        self._stale = True
        self._shown: Wanted | None = None
        self._places: list[tuple[int, int | None, str]] = []
        self.model = TreeModel(context.background, context.rv.catalogue, self)
        self.tree = QTreeView()
        self.search = QLineEdit()
        self.search.setPlaceholderText("Search titles")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search titles")
        self.kind, self.place, self.shelf = QComboBox(), QComboBox(), QComboBox()
        self.count, self.export = QLabel(), QPushButton("E&xport …")
        self.details = DetailsView(context)
        self.stack = Stack(self.tree)
        self.stack.show_text("Loading …")
        self._set_up_tree()
        self._lay_out()
        self._typed, self._again = QTimer(self), QTimer(self)
        for timer, wait in ((self._typed, _WAIT_MS), (self._again, _AGAIN_MS)):
            timer.setSingleShot(True)
            timer.setInterval(wait)
            timer.timeout.connect(self.refresh)
        self.search.textChanged.connect(self._typed.start)
        for combo in (self.kind, self.place, self.shelf):
            combo.currentIndexChanged.connect(self.refresh)
        self.export.clicked.connect(self._export)
        self.tree.selectionModel().selectionChanged.connect(self._chosen)
        context.watcher.changed.connect(self._look)

    def _set_up_tree(self) -> None:
        self.tree.setModel(self.model)
        self.tree.setObjectName("catalogue")
        self.tree.setAccessibleName("Catalogue")
        self.tree.setUniformRowHeights(True)
        self.tree.setStyleSheet("QTreeView::item { padding: 3px 0 }")
        self.tree.setAlternatingRowColors(True)
        self.tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        for column, width in enumerate((270, 50, 70, 110, 90, 90, 140)):
            self.tree.setColumnWidth(column, width)

    def _lay_out(self) -> None:
        self.kind.addItems(["All kinds" if one is None else one.value.capitalize() for one in _KINDS])
        self.place.addItem("All libraries")
        self.shelf.addItems([text for text, _ in _SHELVES])
        for combo, name in ((self.kind, "Kind"), (self.place, "Library"), (self.shelf, "State")):
            combo.setAccessibleName(name)
        row = QHBoxLayout()
        row.addWidget(self.search, 1)
        for widget in (self.kind, self.place, self.shelf, self.count, self.export):
            row.addWidget(widget)
        both = QSplitter(Qt.Orientation.Horizontal)
        both.setObjectName("tree and details")
        both.addWidget(self.stack)
        both.addWidget(self.details)
        both.setSizes([560, 440])
        both.setChildrenCollapsible(False)
        column = QVBoxLayout(self)
        column.addLayout(row)
        column.addWidget(both, 1)
        self.setFocusProxy(self.search)

    # --- following ----------------------------------------------------------------------------------------

    def _look(self, topics: frozenset[str]) -> None:
        if "servers" in topics:
            self._context.background.ask(self._context.rv.libraries.list, self._show_places)
        if not topics & {"catalogue", "servers"}:
            return
        if not self.isVisible():
            self._stale = True
        elif self._shown is None:
            self.refresh()
        elif not self._again.isActive():
            self._again.start()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802  (Qt's)
        """A large catalogue is read only while somebody looks."""
        super().showEvent(event)
        if self._stale:
            self.refresh()

    def _show_places(self, libraries: list[Library]) -> None:
        places: list[tuple[int, int | None, str]] = []
        for one in libraries:
            if one.server_id not in {place[0] for place in places}:
                places.append((one.server_id, None, f"All of {plain(one.server)}"))
            if one.supported:
                places.append((one.server_id, one.id, f"{plain(one.title)} – {plain(one.server)}"))
        if places == self._places:
            return
        number = self.place.currentIndex() - 1
        chosen = self._places[number] if number >= 0 else None
        self._places = places
        self.place.blockSignals(True)
        self.place.clear()
        self.place.addItems(["All libraries", *(text for _, _, text in places)])
        self.place.setCurrentIndex(places.index(chosen) + 1 if chosen in places else 0)
        self.place.blockSignals(False)

    def wanted(self) -> Wanted:
        """The filter as it is set."""
        number = self.place.currentIndex() - 1
        server, library, _ = self._places[number] if number >= 0 else (None, None, "")
        shelf = _SHELVES[self.shelf.currentIndex()][1]
        return Wanted(
            CatalogueFilter(
                server_id=server,
                library_id=library,
                kind=_KINDS[self.kind.currentIndex()],
                search=self.search.text().strip() or None,
                removed=shelf is Shelf.REMOVED,
            ),
            shelf,
        )

    def refresh(self) -> None:
        """Asks for the filtered items and shows them."""
        self._stale = False
        self._round += 1
        number, wanted, catalogue = self._round, self.wanted(), self._context.rv.catalogue

        def question() -> tuple[list[int], list[Glimpse]]:
            if wanted.shelf is None:
                ids = catalogue.without_files(wanted.filter, given_up=lambda: number != self._round)
            else:
                ids = catalogue.shelf(wanted.filter, wanted.shelf)
            return ids, catalogue.glimpses(ids[:_FIRST])

        if wanted.shelf is None:
            if self._shown != wanted:
                self.stack.show_text("Looking for the files …")
            self._context.slow.ask(question, lambda found: self._show(number, wanted, *found))
        else:
            self._context.background.ask(question, lambda found: self._show(number, wanted, *found))

    def _show(self, number: int, wanted: Wanted, ids: list[int], first: list[Glimpse]) -> None:
        if number != self._round:
            return
        if wanted == self._shown and ids == self.model.ids:
            self.model.refresh()
        else:
            chosen = self.selected()
            self.model.show_ids(ids, first)
            self._select(chosen)
        self._shown = wanted
        self.count.setText(f"{len(ids):,}")
        self.export.setEnabled(bool(ids) and wanted.shelf in {Shelf.LIVE, Shelf.REMOVED})
        if ids:
            self.stack.show_view()
        else:
            plain_look = wanted.filter == CatalogueFilter() and wanted.shelf is Shelf.LIVE
            self.stack.show_text(EMPTY if plain_look else NOTHING_FOUND)

    def selected(self) -> int | None:
        """The id of the selected item."""
        rows = self.tree.selectionModel().selectedRows()
        return self.model.item_id(rows[0]) if rows else None

    def _select(self, ident: int | None) -> None:
        if ident is not None and ident in self.model.ids:
            index = self.model.index(self.model.ids.index(ident), 0, QModelIndex())
            flags = QItemSelectionModel.SelectionFlag
            self.tree.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        else:
            self.details.show_item(None)

    def _chosen(self) -> None:
        self.details.show_item(self.selected())

    def _export(self) -> None:
        """What is shown, with everything below it: the filter decides, not the tree."""
        wanted, catalogue = self.wanted(), self._context.rv.catalogue
        ask_and_write(
            self,
            self._context,
            "catalogue",
            lambda: (flat_item(item_json(found)) for found in catalogue.search(wanted.filter)),
            lambda count: self.said.emit(f"{count:,} items were exported."),
        )
