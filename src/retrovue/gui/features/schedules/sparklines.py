"""How long the last runs of a schedule took, as bars in its row, coloured by how they ended."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QTableView

from retrovue.gui.context import GuiContext
from retrovue.gui.features.schedules.schedules_model import ID_ROLE
from retrovue.gui.theme import status_colour
from retrovue.model.execution import Execution, Status

_MOST = 30
_LOOK_MS, _AGAIN_MS = 50, 1000
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Bar:
    """One run: its share of the longest one, and how it ended."""

    share: float
    status: Status


def bars_of(runs: list[Execution]) -> list[Bar]:
    """The bars of runs that are given newest first; the oldest stands first."""
    lengths = [one.duration.total_seconds() if one.duration else 0.0 for one in runs]
    longest = max(lengths, default=0.0) or 1.0
    return [
        Bar(one / longest, run.status) for one, run in zip(reversed(lengths), reversed(runs), strict=True)
    ]


class Sparklines(QStyledItemDelegate):
    """Asks for the runs of the schedules that are looked at, all of them at once."""

    def __init__(self, context: GuiContext, table: QTableView) -> None:
        super().__init__(table)
        self._context, self._table = context, table
        self.bars: dict[int, list[Bar]] = {}
        self._wanted: set[int] = set()
        self._soon, self._again = QTimer(self), QTimer(self)
        for timer, wait, slot in (
            (self._soon, _LOOK_MS, self._ask),
            (self._again, _AGAIN_MS, self._ask_all),
        ):
            timer.setSingleShot(True)
            timer.setInterval(wait)
            timer.timeout.connect(slot)

    def refresh(self) -> None:
        """Runs have ended: looks again before long, and shows what it knows until then."""
        if not self._again.isActive():
            self._again.start()

    def _ask_all(self) -> None:
        self._wanted.update(self.bars)
        self._ask()

    def _ask(self) -> None:
        if not self._wanted:
            return
        idents, schedules = sorted(self._wanted), self._context.rv.schedules
        self._wanted.clear()
        self._context.background.ask(
            lambda: {
                ident: bars_of(runs) for ident, runs in schedules.recent_of(idents, limit=_MOST).items()
            },
            self._arrived,
        )

    def _arrived(self, found: dict[int, list[Bar]]) -> None:
        self.bars |= found
        self._table.viewport().update()

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draws the cell's ground, then the bars from the right."""
        super().paint(painter, option, index)
        ident = index.data(ID_ROLE)
        bars = self.bars.get(ident)
        if bars is None:
            self._wanted.add(ident)
            if not self._soon.isActive():
                self._soon.start()
            return
        room = QRectF(option.rect).adjusted(4, 4, -4, -4)
        step = room.width() / _MOST
        left = room.right() - step * len(bars)
        for number, bar in enumerate(bars):
            height = max(2.0, bar.share * room.height())
            place = QRectF(left + number * step, room.bottom() - height, max(1.0, step - 0.8), height)
            painter.fillRect(place, status_colour(bar.status, option.palette))
