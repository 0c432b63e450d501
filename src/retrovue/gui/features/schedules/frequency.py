"""When: simple forms that are cron or an interval below, or a cron expression as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from PySide6.QtCore import Qt, QTime, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QStackedWidget,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from retrovue.gui.theme import mark
from retrovue.model.schedule import CronTrigger, IntervalTrigger, Trigger

_DAYS = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
_UNITS = (("minutes", timedelta(minutes=1)), ("hours", timedelta(hours=1)), ("days", timedelta(days=1)))
_SIMPLE = re.compile(r"(\d{1,2}) (\d{1,2}) \* \* (\*|[0-7](?:,[0-7])*)")
DAILY, WEEKLY, EVERY, CRON = range(4)


class FrequencyForm(QWidget):
    """Four ways to say when, and the zone. `changed` when anything is."""

    changed = Signal()

    def __init__(self, timezone: str, zones: Sequence[str] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._anchor: datetime | None = None
        self.way = QComboBox()
        self.way.addItems(["Daily at", "Weekly on", "Every", "Cron expression (advanced)"])
        self.way.setAccessibleName("How often")
        self.daily, self.weekly = QTimeEdit(QTime(2, 0)), QTimeEdit(QTime(0, 0))
        self.days = [QCheckBox(day) for day in _DAYS]
        self.days[6].setChecked(True)
        self.count, self.unit = QSpinBox(), QComboBox()
        self.count.setRange(1, 100_000)
        self.count.setValue(2)
        self.unit.addItems([name for name, _ in _UNITS])
        self.unit.setCurrentIndex(1)
        self.cron = QLineEdit("0 2 * * *")
        self.cron.setPlaceholderText("minute hour day month weekday")
        self.cron.setAccessibleName("Cron expression")
        self.zone = QLineEdit(timezone)
        self.zone.setAccessibleName("Time zone")
        self.zone.setToolTip("An IANA name such as Europe/Berlin; type a part of it to choose")
        completer = QCompleter(list(zones), self.zone)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.activated.connect(self.changed)
        self.zone.setCompleter(completer)
        self._stack = QStackedWidget()
        for page in (
            self._page(self.daily),
            self._week(),
            self._page(self.count, self.unit),
            self._page(self.cron),
        ):
            self._stack.addWidget(page)
        top = QHBoxLayout()
        top.addWidget(self.way)
        top.addWidget(self._stack, 1)
        bottom = QHBoxLayout()
        bottom.addWidget(QLabel("in"))
        bottom.addWidget(self.zone)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(top)
        column.addLayout(bottom)
        self._listen()

    def _page(self, *widgets: QWidget) -> QWidget:
        page = QWidget()
        row = QHBoxLayout(page)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in widgets:
            row.addWidget(widget, 1 if isinstance(widget, QLineEdit) else 0)
        if not isinstance(widgets[0], QLineEdit):
            row.addStretch(1)
        return page

    def _week(self) -> QWidget:
        return self._page(*self.days, self.weekly)

    def _listen(self) -> None:
        self.way.currentIndexChanged.connect(self._stack.setCurrentIndex)
        for combo in (self.way, self.unit):
            combo.currentIndexChanged.connect(self.changed)
        for time in (self.daily, self.weekly):
            time.setDisplayFormat("HH:mm")
            time.timeChanged.connect(self.changed)
        for day in self.days:
            day.toggled.connect(self.changed)
        self.count.valueChanged.connect(self.changed)
        for text in (self.cron, self.zone):
            text.textEdited.connect(self.changed)

    def trigger(self) -> Trigger:
        """What is chosen, unchecked."""
        way = self.way.currentIndex()
        if way == EVERY:
            anchor = self._anchor or datetime.now(UTC).replace(second=0, microsecond=0)
            return IntervalTrigger(self.count.value() * _UNITS[self.unit.currentIndex()][1], anchor)
        if way == CRON:
            return CronTrigger(self.cron.text())
        time = (self.daily if way == DAILY else self.weekly).time()
        days = [str(number) for number, day in enumerate(self.days) if day.isChecked()]
        weekdays = "*" if way == DAILY or len(days) == len(_DAYS) else ",".join(days)
        return CronTrigger(f"{time.minute()} {time.hour()} * * {weekdays}")

    def timezone(self) -> str:
        """The zone, unchecked."""
        return self.zone.text().strip()

    def fill(self, trigger: Trigger, timezone: str) -> None:
        """Shows a trigger in the simplest form that says it."""
        self.zone.setText(timezone)
        if isinstance(trigger, IntervalTrigger):
            self._fill_interval(trigger)
            return
        simple = _SIMPLE.fullmatch(trigger.expression)
        self.cron.setText(trigger.expression)
        if simple is None or int(simple[1]) > 59 or int(simple[2]) > 23:
            self.way.setCurrentIndex(CRON)
            return
        time = QTime(int(simple[2]), int(simple[1]))
        if simple[3] == "*":
            self.way.setCurrentIndex(DAILY)
            self.daily.setTime(time)
            return
        self.way.setCurrentIndex(WEEKLY)
        self.weekly.setTime(time)
        wanted = {int(day) % 7 for day in simple[3].split(",")}
        for number, day in enumerate(self.days):
            day.setChecked(number in wanted)

    def _fill_interval(self, trigger: IntervalTrigger) -> None:
        self._anchor = trigger.anchor
        self.way.setCurrentIndex(EVERY)
        number = max(n for n, (_, unit) in enumerate(_UNITS) if not trigger.every % unit)
        self.unit.setCurrentIndex(number)
        self.count.setValue(trigger.every // _UNITS[number][1])

    def mark(self, at_fault: str) -> None:
        """Shows which field is at fault: `cron`, `every`, `timezone`, or none of these."""
        for name, field in (("cron", self.cron), ("every", self.count), ("timezone", self.zone)):
            mark(field, wrong=name == at_fault)
