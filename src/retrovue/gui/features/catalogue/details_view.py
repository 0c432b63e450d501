"""Everything about one item: what the server says, its files and whether they are there, and what happened to it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFormLayout,
    QLabel,
    QScrollArea,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.formatting import explain, length, local, plain, size
from retrovue.gui.widgets.changes_view import ChangesView, Span
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.rows_model import Column, RowsModel
from retrovue.gui.widgets.tables import table_of
from retrovue.model.catalogue import CatalogueFile, CatalogueItem

NOTHING_CHOSEN = "Select an item to see its details."


@dataclass(frozen=True, slots=True)
class _Seen:
    """A file, and whether it is there."""

    number: int
    file: CatalogueFile
    exists: bool


def _here(seen: _Seen) -> str:
    if seen.file.local_path is None:
        return "no mapping"
    return "found" if seen.exists else "not found"


def _picture(seen: _Seen) -> str:
    file = seen.file.file
    size_ = f"{file.width}×{file.height}" if file.width and file.height else file.resolution or ""
    return " ".join(filter(None, (file.video_codec, size_)))


_COLUMNS: tuple[Column[_Seen], ...] = (
    Column("Here", _here),
    Column(
        "Path",
        lambda seen: plain(seen.file.local_path or seen.file.file.plex_path or ""),
        lambda seen: (
            f"On the server: {plain(seen.file.file.plex_path or '')}\nHere: {plain(seen.file.local_path or 'no mapping applies')}"
        ),
    ),
    Column("Size", lambda seen: size(seen.file.file.size_bytes), number=True),
    Column("Picture", _picture),
    Column("Sound", lambda seen: seen.file.file.audio_codec or ""),
)


class DetailsView(QWidget):
    """Reads the item, looks for its files on the thread for what may take long."""

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._ident: int | None = None
        self.form = QFormLayout()
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        page = QWidget()
        page.setLayout(self.form)
        self.area = QScrollArea()
        self.area.setWidget(page)
        self.area.setWidgetResizable(True)
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.files = RowsModel(
            _COLUMNS, lambda seen: seen.number, faint=lambda seen: not seen.exists, parent=self
        )
        self.table = table_of(self.files, "Files", (80, 220, 80, 120, 60), stretch=1)
        both = QSplitter(Qt.Orientation.Vertical)
        both.setObjectName("details")
        both.addWidget(self.area)
        both.addWidget(self.table)
        both.setSizes([300, 140])
        both.setChildrenCollapsible(False)
        self.changes = ChangesView(context)
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(both, "&Details")
        self.tabs.addTab(self.changes, "&Over Time")
        self.stack = Stack(self.tabs)
        self.stack.show_text(NOTHING_CHOSEN)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.stack)

    def show_item(self, ident: int | None) -> None:
        """Shows the item of this id; None shows none."""
        self._ident = ident
        if ident is None:
            self.stack.show_text(NOTHING_CHOSEN)
            return
        catalogue = self._context.rv.catalogue
        self._context.background.ask(
            lambda: catalogue.get(ident), lambda found: self._show(ident, found), self._failed
        )

    def _failed(self, error: RetroVueError) -> None:
        self.stack.show_text(explain(error))

    def _show(self, ident: int, found: CatalogueItem) -> None:
        if ident != self._ident:
            return
        while self.form.rowCount():
            self.form.removeRow(0)
        for name, text in fields(found):
            label = QLabel(text)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            label.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            label.setAccessibleName(name)
            self.form.addRow(name, label)
        self.files.show_rows([])
        self.changes.show_span(Span(item_id=ident))
        self.stack.show_view()
        self._context.slow.ask(lambda: _look(found), lambda seen: self._show_files(ident, seen))

    def _show_files(self, ident: int, seen: list[_Seen]) -> None:
        if ident == self._ident:
            self.files.show_rows(seen)


def _look(found: CatalogueItem) -> list[_Seen]:
    return [
        _Seen(number, file, file.local_path is not None and os.path.exists(file.local_path))
        for number, file in enumerate(found.files)
    ]


def fields(found: CatalogueItem) -> list[tuple[str, str]]:
    """The fields of an item that say something, by name."""
    item = found.item
    every = (
        ("Title", item.display_title),
        ("Original title", item.original_title),
        ("Year", item.year),
        ("Kind", item.kind.value),
        ("Library", f"{found.library} – {found.server}"),
        ("Length", length(_milliseconds(item.duration_ms), coarse=True)),
        ("Studio", item.studio),
        ("Rating", item.content_rating),
        ("First shown", item.originally_available_at),
        ("Genres", ", ".join(item.genres or ())),
        ("Labels", ", ".join(item.labels or ())),
        ("Collections", ", ".join(item.collections or ())),
        ("Ids", ", ".join(f"{one.source} {one.value}" for one in item.external_ids or ())),
        ("Guid", item.guid),
        ("Key", item.key),
        ("Added there", local(item.added_at)),
        ("Changed there", local(item.updated_at)),
        ("First seen", local(found.first_seen_at)),
        ("Missing since", local(found.missing_since)),
        ("In the trash since", local(item.trashed_at)),
        ("Removed", local(found.removed_at)),
        ("Tagline", item.tagline),
        ("Summary", item.summary),
    )
    return [(name, _readable(str(value))) for name, value in every if value]


def _readable(text: str) -> str:
    """The whole of a text that may be long, without what would turn its direction or clear the screen."""
    return "".join(c if c.isprintable() or c == "\n" else " " for c in text)


def _milliseconds(amount: int | None) -> timedelta | None:
    return None if amount is None else timedelta(milliseconds=amount)
