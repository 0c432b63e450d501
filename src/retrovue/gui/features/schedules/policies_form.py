"""The policies of a schedule."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QGridLayout, QSpinBox, QWidget

from retrovue.model.schedule import CatchUp, Notice, Overlap, Policies

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
_OVERLAPS = ((Overlap.SKIP, "Skip the run"), (Overlap.QUEUE, "Let one run wait"))
_CATCH_UPS = (
    (CatchUp.ONCE, "Run once for what was missed"),
    (CatchUp.NONE, "Only note what was missed"),
)
_NOTICES = (
    (Notice.FAILURE, "failures"),
    (Notice.HELD, "held removals"),
    (Notice.RECOVERY, "recovery"),
    (Notice.SUCCESS, "success"),
    (Notice.CHANGE, "changes"),
)


class PoliciesForm(QWidget):
    """What happens when a run cannot just go. `changed` when anything is."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.overlap, self.catch_up = QComboBox(), QComboBox()
        self.overlap.addItems([text for _, text in _OVERLAPS])
        self.catch_up.addItems([text for _, text in _CATCH_UPS])
        self.lateness = self._number(0, 744, " hours late at most")
        self.timeout = self._number(1, 10_080, " minutes")
        self.retries = self._number(0, 10, " times")
        self.pause_after = self._number(0, 1000, " failures in a row", "never")
        self.wait_quiet = self._number(0, 1440, " minutes at most", "do not wait")
        self.notices = {notice: QCheckBox(text) for notice, text in _NOTICES}
        row = QWidget()
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 0, 0, 0)
        for number, box in enumerate(self.notices.values()):
            box.toggled.connect(self.changed)
            grid.addWidget(box, number // 3, number % 3)
        form = QFormLayout(self)
        form.addRow("While its &library is being synced", self.overlap)
        form.addRow("After &downtime", self.catch_up)
        form.addRow("", self.lateness)
        form.addRow("Time lim&it", self.timeout)
        form.addRow("&Try again after passing failures", self.retries)
        form.addRow("&Pause after", self.pause_after)
        form.addRow("While people are st&reaming", self.wait_quiet)
        form.addRow("Tell me of", row)
        for combo in (self.overlap, self.catch_up):
            combo.currentIndexChanged.connect(self.changed)
        self._old = Policies()
        self.fill(self._old)

    def _number(self, least: int, most: int, suffix: str, special: str = "") -> QSpinBox:
        made = QSpinBox()
        made.setRange(least, most)
        made.setSuffix(suffix)
        if special:
            made.setSpecialValueText(special)
        made.valueChanged.connect(self.changed)
        return made

    def fill(self, policies: Policies) -> None:
        """Shows these."""
        self._old = policies
        self.overlap.setCurrentIndex([one for one, _ in _OVERLAPS].index(policies.overlap))
        self.catch_up.setCurrentIndex([one for one, _ in _CATCH_UPS].index(policies.catch_up))
        self.lateness.setValue(policies.catch_up_window // _HOUR)
        self.timeout.setValue(max(1, policies.timeout // _MINUTE))
        self.retries.setValue(policies.retries)
        self.pause_after.setValue(policies.pause_after)
        self.wait_quiet.setValue(policies.wait_quiet // _MINUTE)
        for notice, box in self.notices.items():
            box.setChecked(notice in policies.notify)

    def policies(self) -> Policies:
        """What is chosen. What the form shows more coarsely than it was stays as it was."""
        old = self._old
        return Policies(
            overlap=_OVERLAPS[self.overlap.currentIndex()][0],
            catch_up=_CATCH_UPS[self.catch_up.currentIndex()][0],
            catch_up_window=_kept(old.catch_up_window, self.lateness.value(), _HOUR),
            timeout=_kept(old.timeout, self.timeout.value(), _MINUTE),
            retries=self.retries.value(),
            pause_after=self.pause_after.value(),
            wait_quiet=_kept(old.wait_quiet, self.wait_quiet.value(), _MINUTE),
            notify=tuple(notice for notice, box in self.notices.items() if box.isChecked()),
        )


def _kept(old: timedelta, shown: int, unit: timedelta) -> timedelta:
    return old if old // unit == shown else shown * unit
