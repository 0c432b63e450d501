"""All settings, edited in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QLabel,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.features.settings.model import VALUE, SettingsModel, locked
from retrovue.gui.widgets.tables import table_of

if TYPE_CHECKING:
    from retrovue.core.api import SettingValue

_Index = QModelIndex | QPersistentModelIndex


class ValuesTab(QWidget):
    """Values are edited in their place; what the environment or a file sets is shown locked. `said` tells."""

    said = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.model = SettingsModel(self)
        self.model.wanted.connect(self._set)
        self.table = table_of(self.model, "Settings", (200, 110, 90, 300, 100), stretch=3)
        self.table.setItemDelegateForColumn(VALUE, _Choices(self.table))
        self.table.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.SelectedClicked
        )
        hint = QLabel(f"Double-click a value to change it. Data folder: {context.settings.data_dir}")
        hint.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        hint.setTextFormat(Qt.TextFormat.PlainText)
        self.reset = QPushButton("Bac&k to Default")
        self.reset.clicked.connect(self._reset)
        column = QVBoxLayout(self)
        column.addWidget(hint)
        column.addWidget(self.table, 1)
        column.addWidget(self.reset, 0, Qt.AlignmentFlag.AlignLeft)
        self.setFocusProxy(self.table)
        self.table.selectionModel().selectionChanged.connect(self._chosen)
        self._chosen()
        context.watcher.changed.connect(self._look)

    def _look(self, topics: frozenset[str]) -> None:
        if "settings" in topics or not self.model.rowCount():
            self.refresh()

    def refresh(self) -> None:
        """Asks for the settings in force and shows them."""
        self._context.background.ask(self._context.rv.settings.list, self._show)

    def _show(self, rows: list[SettingValue]) -> None:
        self.model.show_settings(rows)
        self._chosen()

    def _chosen(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        one = self.model.setting(rows[0].row()) if rows else None
        self.reset.setEnabled(one is not None and not locked(one) and one.value != one.spec.default)

    def _reset(self) -> None:
        rows = self.table.selectionModel().selectedRows()
        if rows:
            spec = self.model.setting(rows[0].row()).spec
            self._set(spec.key, str(spec.default))

    def _set(self, key: str, text: str) -> None:
        def kept(_value: object) -> None:
            self.said.emit(f"{key} is {text} now.")
            self.refresh()

        def refused(error: RetroVueError) -> None:
            self.said.emit(str(error))
            self.refresh()

        self._context.background.ask(lambda: self._context.rv.settings.set(key, text), kept, refused)


class _Choices(QStyledItemDelegate):
    """A list to choose from where a setting has one."""

    def createEditor(self, parent: QWidget, option: QStyleOptionViewItem, index: _Index) -> QWidget:  # noqa: N802  (Qt's)
        """The editor of a value."""
        model = index.model()
        assert isinstance(model, SettingsModel)
        choices = model.setting(index.row()).spec.choices
        if not choices:
            return super().createEditor(parent, option, index)
        box = QComboBox(parent)
        box.addItems(list(choices))
        return box

    def setEditorData(self, editor: QWidget, index: _Index) -> None:  # noqa: N802  (Qt's)
        """Shows the value."""
        if isinstance(editor, QComboBox):
            editor.setCurrentText(str(index.data(int(Qt.ItemDataRole.EditRole))))
        else:
            super().setEditorData(editor, index)

    def setModelData(self, editor: QWidget, model: QAbstractItemModel, index: _Index) -> None:  # noqa: N802  (Qt's)
        """Takes the value over."""
        if isinstance(editor, QComboBox):
            model.setData(index, editor.currentText())
        else:
            super().setModelData(editor, model, index)
