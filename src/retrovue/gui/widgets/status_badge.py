"""The badge: what the service is at, in a few words, with a progress bar while something runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QSizePolicy, QWidget

from retrovue.gui.formatting import in_words, local, plain
from retrovue.gui.widgets.elided_label import ElidedLabel
from retrovue.model.execution import Execution
from retrovue.model.service import ServiceHealth

_WIDEST = 420
NO_SCHEDULES = "Idle – no schedules configured"


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the badge is made of. There are at least so many `schedules`.

    `keep`: the window starts the service unasked. `silent`: it lives, and gave no sign of that for a while.
    """

    health: ServiceHealth
    running: Sequence[Execution]
    schedules: int
    keep: bool = False
    silent: bool = False


def badge_text(pulse: Pulse, now: datetime) -> str:
    """The badge's words."""
    if pulse.running:
        first = pulse.running[0]
        name = plain(first.schedule or first.library)
        percent = f" {_percent(first)} %" if first.progress_total else ""
        more = f" and {len(pulse.running) - 1} more" if len(pulse.running) > 1 else ""
        return f"Running: {name}{percent}{more}"
    if pulse.health.first is None:
        return "Service not running"
    if pulse.silent:
        return "Service not responding"
    if pulse.health.paused:
        return "Paused"
    if not pulse.schedules:
        return NO_SCHEDULES
    following = pulse.health.next_run
    return "Idle" if following is None else f"Next: {plain(following.schedule)} {in_words(following.at, now)}"


def _percent(execution: Execution) -> int:
    return min(100, execution.progress_done * 100 // max(1, execution.progress_total or 1))


class StatusBadge(QWidget):
    """Shows a pulse; `start_wanted` when the user wants the service that does not run."""

    start_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.label = ElidedLabel(_WIDEST)
        self.label.setAccessibleName("What the service is doing")
        self.bar = QProgressBar()
        self.bar.setFixedWidth(180)
        self.bar.setSizePolicy(
            QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed
        )  # or the badge would grow with it
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName("Progress of the running sync")
        self.start = QPushButton("Start")
        self.start.setAccessibleName("Start the background service")
        self.start.clicked.connect(self.start_wanted)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 0, 4, 0)
        row.addWidget(self.label)
        row.addWidget(self.start)
        row.addWidget(self.bar)
        self.bar.hide()
        self.start.hide()
        self._starting = False

    def show_pulse(self, pulse: Pulse, now: datetime) -> None:
        """Shows it; call it again as time passes."""
        text = badge_text(pulse, now)
        asleep = pulse.health.first is None
        if asleep and not pulse.running:
            text = "Starting the service …" if self._starting else f"{text} –"
        self.label.setText(text)
        first = pulse.health.first
        if asleep and pulse.health.died_at is not None:
            self.label.setToolTip(f"It was found dead at {local(pulse.health.died_at)}")
        elif pulse.silent and first is not None:
            self.label.setToolTip(
                f"Its last sign of life: {local(first.heartbeat_at)}. Help, Doctor says what to do."
            )
        self.start.setVisible(asleep and not self._starting)
        self.bar.setVisible(bool(pulse.running))
        if pulse.running:
            total = pulse.running[0].progress_total
            self.bar.setRange(0, 100 if total else 0)
            self.bar.setValue(_percent(pulse.running[0]))

    def say_starting(self, on: bool) -> None:
        """Whether the service is being started; shown with the next pulse."""
        self._starting = on
