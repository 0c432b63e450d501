"""The tree of items: movies and shows by title, seasons and episodes below them, of a catalogue of any size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt
from PySide6.QtGui import QGuiApplication, QPalette

from retrovue.gui.background import Background
from retrovue.gui.formatting import local, plain, tip
from retrovue.model.catalogue import Glimpse, Kind

COLUMNS = ("Title", "Year", "Kind", "Library", "Server", "Added", "State")
_PIECE = 200
_MOST_PIECES = 12
_Index = QModelIndex | QPersistentModelIndex
_DISPLAY, _TOOL_TIP = int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.ToolTipRole)
_COLOUR = int(Qt.ItemDataRole.ForegroundRole)
_PARENTS = {Kind.SHOW, Kind.SEASON}


@dataclass(slots=True)
class _Opened:
    """An item whose children are shown: where it stands itself, and what is below it."""

    row: int
    above: int
    item_id: int
    children: list[Glimpse] = field(default_factory=list)
    asked: bool = False


class TreeModel(QAbstractItemModel):
    """Knows the ids of the top in their order, and asks for what is looked at.

    An index carries the number of the item that it stands below; 0 is the top.
    """

    def __init__(self, background: Background, catalogue: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._background, self._catalogue = background, catalogue
        self._ids: list[int] = []
        self._pieces: dict[int, dict[int, Glimpse]] = {}
        self._asked: set[int] = set()
        self._opened: dict[int, _Opened] = {}
        self._number_of: dict[int, int] = {}
        self._round = self._last_number = 0

    def show_ids(self, ids: list[int], first: Sequence[Glimpse] = ()) -> None:
        """Shows these items at the top; the first of them may be given."""
        self.beginResetModel()
        self._round += 1
        self._ids = ids
        self._pieces = {0: {one.id: one for one in first}} if first else {}
        self._asked.clear()
        self._opened.clear()
        self._number_of.clear()
        self.endResetModel()

    @property
    def ids(self) -> list[int]:
        """The ids of the top."""
        return self._ids

    def refresh(self) -> None:
        """The items may have changed: reads anew what is looked at."""
        self._round += 1
        self._pieces.clear()
        self._asked.clear()
        for below, opened in self._opened.items():
            if opened.asked:
                self._ask_children(below, opened)
        if self._ids:
            last = self.index(len(self._ids) - 1, len(COLUMNS) - 1, QModelIndex())
            self.dataChanged.emit(self.index(0, 0, QModelIndex()), last)

    # --- items ------------------------------------------------------------------------------------------

    def item_id(self, index: _Index) -> int | None:
        """The id of the item at an index."""
        if not index.isValid():
            return None
        below = index.internalId()
        if below == 0:
            return self._ids[index.row()] if index.row() < len(self._ids) else None
        return self._opened[below].children[index.row()].id

    def glimpse(self, index: _Index) -> Glimpse | None:
        """The item at an index; None while it is being read."""
        below = index.internalId()
        if below:
            return self._opened[below].children[index.row()]
        piece = index.row() // _PIECE
        found = self._pieces.get(piece)
        if found is None:
            self._ask(piece)
            return None
        return found.get(self._ids[index.row()])

    def _ask(self, piece: int) -> None:
        if piece in self._asked:
            return
        self._asked.add(piece)
        number, wanted = self._round, self._ids[piece * _PIECE : (piece + 1) * _PIECE]
        self._background.ask(
            lambda: self._catalogue.glimpses(wanted), lambda found: self._arrived(number, piece, found)
        )

    def _arrived(self, number: int, piece: int, found: list[Glimpse]) -> None:
        self._asked.discard(piece)
        if number != self._round:
            return
        while len(self._pieces) >= _MOST_PIECES:
            self._pieces.pop(max(self._pieces, key=lambda known: abs(known - piece)))
        self._pieces[piece] = {one.id: one for one in found}
        first, last = piece * _PIECE, min(len(self._ids), (piece + 1) * _PIECE) - 1
        top = QModelIndex()
        self.dataChanged.emit(self.index(first, 0, top), self.index(last, len(COLUMNS) - 1, top))

    # --- the tree, as Qt asks for it ----------------------------------------------------------------------

    def index(self, row: int, column: int, parent: _Index = QModelIndex()) -> QModelIndex:  # noqa: B008
        """The index of a cell."""
        if not self.hasIndex(row, column, parent):
            return QModelIndex()
        return self.createIndex(row, column, self._below(parent) if parent.isValid() else 0)

    def _below(self, parent: _Index) -> int:
        """The number under which the children of an item stand."""
        ident = self.item_id(parent)
        assert ident is not None
        number = self._number_of.get(ident)
        if number is None:
            self._last_number += 1
            number = self._last_number
            self._opened[number] = _Opened(parent.row(), parent.internalId(), ident)
            self._number_of[ident] = number
        return number

    def parent(self, child: _Index = QModelIndex()) -> Any:  # noqa: B008
        """The index of the item above."""
        below = child.internalId() if child.isValid() else 0
        if not below:
            return QModelIndex()
        opened = self._opened[below]
        return self.createIndex(opened.row, 0, opened.above)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's)
        """How many there are at the top, or below an item that was opened."""
        if not parent.isValid():
            return len(self._ids)
        number = self._number_of.get(self.item_id(parent) or 0)
        return len(self._opened[number].children) if number is not None and parent.column() == 0 else 0

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's)
        """How many columns."""
        return len(COLUMNS)

    def hasChildren(self, parent: _Index = QModelIndex()) -> bool:  # noqa: B008, N802  (Qt's)
        """Whether it can be opened."""
        if not parent.isValid():
            return bool(self._ids)
        one = self.glimpse(parent) if parent.column() == 0 else None
        return one is not None and one.kind in _PARENTS and one.children > 0

    def canFetchMore(self, parent: _Index) -> bool:  # noqa: N802  (Qt's)
        """Whether the children of an item were not read yet."""
        if not parent.isValid() or not self.hasChildren(parent):
            return False
        number = self._number_of.get(self.item_id(parent) or 0)
        return number is None or not self._opened[number].asked

    def fetchMore(self, parent: _Index) -> None:  # noqa: N802  (Qt's)
        """Reads the children of an item."""
        below = self._below(parent)
        self._opened[below].asked = True
        self._ask_children(below, self._opened[below])

    def _ask_children(self, below: int, opened: _Opened) -> None:
        self._background.ask(
            lambda: self._catalogue.children(opened.item_id),
            lambda found: self._children(below, opened, found),
        )

    def _children(self, below: int, opened: _Opened, found: list[Glimpse]) -> None:
        if self._opened.get(below) is not opened:
            return  # other items are shown by now
        parent = self.createIndex(opened.row, 0, opened.above)
        if found and [one.id for one in found] == [one.id for one in opened.children]:
            opened.children = found
            last = self.index(len(found) - 1, len(COLUMNS) - 1, parent)
            self.dataChanged.emit(self.index(0, 0, parent), last)
            return
        if opened.children:
            self.beginRemoveRows(parent, 0, len(opened.children) - 1)
            for gone in opened.children:
                self._opened.pop(self._number_of.pop(gone.id, 0), None)
            opened.children = []
            self.endRemoveRows()
        if found:
            self.beginInsertRows(parent, 0, len(found) - 1)
            opened.children = found
            self.endInsertRows()

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:  # noqa: N802  (Qt's)
        """The names of the columns."""
        return COLUMNS[section] if orientation is Qt.Orientation.Horizontal and role == _DISPLAY else None

    def data(self, index: _Index, role: int = _DISPLAY) -> Any:
        """What stands in a cell."""
        if role not in {_DISPLAY, _TOOL_TIP, _COLOUR}:
            return None
        one = self.glimpse(index)
        if one is None:
            return "…" if role == _DISPLAY and index.column() == 0 else None
        if role == _COLOUR:
            faint = state_of(one) != ""
            return QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText) if faint else None
        text = _text(one, index.column(), nested=index.internalId() != 0)
        return tip(text) if role == _TOOL_TIP else text


def _text(one: Glimpse, column: int, *, nested: bool) -> str:
    if column == 0:
        title = one.title.rpartition(" · ")[2] if nested and one.kind is Kind.SEASON else one.title
        return plain(title.partition(" · ")[2] if nested and one.kind is Kind.EPISODE else title)
    return (
        "" if one.year is None else str(one.year),
        one.kind.value,
        plain(one.library),
        plain(one.server),
        local(one.added_at)[:10],
        state_of(one),
    )[column - 1]


def state_of(one: Glimpse) -> str:
    """What is unusual about an item; "" when nothing is."""
    if one.removed_at is not None:
        return f"removed {local(one.removed_at)[:10]}"
    if one.missing_since is not None:
        return "missing on the server"
    return "in the server's trash" if one.trashed_at is not None else ""
