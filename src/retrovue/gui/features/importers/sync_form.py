"""What to sync by hand: the server, its libraries, and how."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from retrovue.gui.formatting import plain
from retrovue.model.catalogue import Library, Server
from retrovue.model.sync import Depth, KindChoice, SyncOptions

_DEPTHS = (
    (Depth.COMPLETE, "Complete: every item, finds removals"),
    (Depth.QUICK, "Quick: what was added or changed"),
    (Depth.AUTO, "Automatic: complete once a day, else quick"),
)
_KINDS: tuple[tuple[str, tuple[KindChoice, ...]], ...] = (
    ("Everything", ()),
    ("Movies only", (KindChoice.MOVIE,)),
    ("Episodes only", (KindChoice.EPISODE,)),
)
_CHECKED, _UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked
_ID = Qt.ItemDataRole.UserRole


class SyncForm(QWidget):
    """`wanted` carries the libraries and the options when one of the two buttons is pressed."""

    wanted = Signal(object, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._libraries: tuple[Library, ...] = ()
        self.server, self.how_deep, self.kinds = QComboBox(), QComboBox(), QComboBox()
        self.libraries = QListWidget()
        self.libraries.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.libraries.setMinimumHeight(self.fontMetrics().lineSpacing() * 5)
        self.how_deep.addItems([text for _, text in _DEPTHS])
        self.how_deep.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.kinds.addItems([text for text, _ in _KINDS])
        self.limit = QSpinBox()
        self.limit.setRange(0, 10_000_000)
        self.limit.setSpecialValueText("no limit")
        self.limit.setSuffix(" rows")
        self.details = QCheckBox("Streams, cha&pters, all tags")
        self.dry_run, self.sync = QPushButton("Dry R&un"), QPushButton("Sy&nc")
        self.dry_run.setToolTip("Say what would change, and change nothing")
        form = QFormLayout()
        for text, field in (
            ("Se&rver", self.server),
            ("Li&braries", self.libraries),
            ("&Kinds", self.kinds),
            ("&Depth", self.how_deep),
            ("At m&ost", self.limit),
        ):
            form.addRow(text, field)
        form.addRow("", self.details)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.dry_run)
        row.addWidget(self.sync)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(form, 1)
        column.addLayout(row)
        self.server.currentIndexChanged.connect(self._server_chosen)
        self.libraries.itemChanged.connect(self._enable)
        self.dry_run.clicked.connect(lambda: self._ask(dry_run=True))
        self.sync.clicked.connect(lambda: self._ask(dry_run=False))
        self._enable()

    def show_places(self, servers: tuple[Server, ...], libraries: tuple[Library, ...]) -> None:
        """Shows what there is; the choices stay."""
        chosen, ticked = self.server.currentData(), {one.id for one in self.chosen()}
        known = {one.id for one in self._libraries}
        self._libraries = libraries
        self.server.blockSignals(True)
        self.server.clear()
        for server in servers:
            self.server.addItem(plain(server.name), server.id)
        self.server.setCurrentIndex(max(0, self.server.findData(chosen)) if servers else -1)
        self.server.blockSignals(False)
        same = self.server.currentData() == chosen
        self._fill(lambda one: one.id in ticked if same and one.id in known else one.enabled)

    def _server_chosen(self) -> None:
        self._fill(lambda one: one.enabled)

    def _fill(self, ticked: Callable[[Library], bool]) -> None:
        server = self.server.currentData()
        self.libraries.blockSignals(True)
        self.libraries.clear()
        for one in self._libraries:
            if one.server_id == server and one.supported and one.gone_at is None:
                item = QListWidgetItem(plain(one.title), self.libraries)
                item.setFlags(
                    Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
                )
                item.setCheckState(_CHECKED if ticked(one) else _UNCHECKED)
                item.setData(_ID, one.id)
        self.libraries.blockSignals(False)
        self._enable()

    def chosen(self) -> list[Library]:
        """The ticked libraries."""
        items = [self.libraries.item(number) for number in range(self.libraries.count())]
        ticked = {item.data(_ID) for item in items if item.checkState() is _CHECKED}
        return [one for one in self._libraries if one.id in ticked]

    def _enable(self) -> None:
        for button in (self.dry_run, self.sync):
            button.setEnabled(bool(self.chosen()))

    def _ask(self, *, dry_run: bool) -> None:
        options = SyncOptions(
            dry_run=dry_run,
            limit=self.limit.value() or None,
            kinds=_KINDS[self.kinds.currentIndex()][1],
            depth=_DEPTHS[self.how_deep.currentIndex()][0],
            details=self.details.isChecked(),
        )
        self.wanted.emit(self.chosen(), options)
