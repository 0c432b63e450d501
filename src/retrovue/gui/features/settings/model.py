"""The table of settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QFont, QGuiApplication, QPalette

from retrovue.log import redact
from retrovue.settings import Origin

if TYPE_CHECKING:
    from retrovue.core.api import SettingValue

COLUMNS = ("Setting", "Value", "Unit", "Meaning", "From")
VALUE = 1
_DISPLAY, _EDIT = int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.EditRole)
_TOOL_TIP, _COLOUR, _FONT = (
    int(Qt.ItemDataRole.ToolTipRole), int(Qt.ItemDataRole.ForegroundRole), int(Qt.ItemDataRole.FontRole),
)  # fmt: skip
_Index = QModelIndex | QPersistentModelIndex


def locked(one: SettingValue) -> str:
    """Why a setting cannot be changed here; "" when it can."""
    if one.origin is Origin.ENVIRONMENT:
        return f"The environment sets it: {one.spec.variable}"
    if one.origin is Origin.FILE:
        return "The file retrovue.toml in the data folder sets it"
    if not one.spec.stored:
        return f"It must be known before the database is opened: set {one.spec.variable}, or write it into retrovue.toml"
    return ""


class SettingsModel(QAbstractTableModel):
    """Settings as they are in force. `wanted` carries a key and the text that somebody typed for it."""

    wanted = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[SettingValue] = []

    def show_settings(self, rows: list[SettingValue]) -> None:
        """Shows these."""
        if len(rows) == len(self._rows):
            self._rows = rows
            self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, len(COLUMNS) - 1))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def setting(self, row: int) -> SettingValue:
        """The setting in a row."""
        return self._rows[row]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's)
        """How many there are."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008, N802  (Qt's)
        """How many columns."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:  # noqa: N802  (Qt's)
        """The names of the columns."""
        return COLUMNS[section] if orientation is Qt.Orientation.Horizontal and role == _DISPLAY else None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Values that can be set here can be edited."""
        flags = super().flags(index)
        if index.column() == VALUE and not locked(self._rows[index.row()]):
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: _Index, role: int = _DISPLAY) -> Any:
        """What stands in a cell."""
        one = self._rows[index.row()]
        column = index.column()
        if role == _EDIT and column == VALUE:
            return str(one.value)
        if role == _DISPLAY:
            shown = "(default)" if one.value == "" else redact(str(one.value))
            return (one.spec.key, shown, one.spec.unit, one.spec.meaning, one.origin.value)[column]
        if role == _TOOL_TIP:
            return locked(one) or f"{one.spec.meaning}\nDefault: {one.spec.default or 'none'}"
        if role == _COLOUR and locked(one):
            return QGuiApplication.palette().color(QPalette.ColorRole.PlaceholderText)
        if role == _FONT and column == VALUE and one.origin is not Origin.DEFAULT:
            font = QFont()
            font.setBold(True)
            return font
        return None

    def setData(self, index: _Index, value: Any, role: int = _EDIT) -> bool:  # noqa: N802  (Qt's)
        """Asks for a value; it is shown once it is kept."""
        one = self._rows[index.row()]
        if role == _EDIT and str(value) != str(one.value):
            self.wanted.emit(one.spec.key, str(value))
        return False
