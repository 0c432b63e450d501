"""Triggers in plain words."""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache

from retrovue.core.scheduling.cron import parse
from retrovue.core.scheduling.zones import to_wall, zone
from retrovue.model.schedule import CronTrigger, IntervalTrigger, Trigger
from retrovue.model.words import duration

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SHORT = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_DAY = f"(?:[0-7]|{'|'.join(_SHORT)})"
_TIMES = re.compile(rf"(\d{{1,2}}) (\d{{1,2}}) \* \* (\*|{_DAY}(?:,{_DAY})*)")


@lru_cache(maxsize=1024)
def describe(trigger: Trigger, timezone: str) -> str:
    """A sentence without its full stop: "Every Saturday at 00:00". Raises `Invalid` as `cron.parse` does."""
    if isinstance(trigger, IntervalTrigger):
        return _interval(trigger, timezone)
    return _cron(trigger)


def _interval(trigger: IntervalTrigger, timezone: str) -> str:
    words = duration(trigger.every)
    every = f"Every {words.removeprefix('1 ')}"
    if trigger.every % timedelta(days=1):
        return every
    return f"{every} at {to_wall(trigger.anchor, zone(timezone)):%H:%M}"


def _cron(trigger: CronTrigger) -> str:
    text = parse(trigger.expression).text
    simple = _TIMES.fullmatch(text)
    if simple:
        minute, hour, days = int(simple[1]), int(simple[2]), simple[3]
        at = f"at {hour:02d}:{minute:02d}"
        if days == "*":
            return f"Every day {at}"
        return f"Every {_listed([_day(day) for day in days.split(',')])} {at}"
    from cron_descriptor import Options, get_description  # lazily: it takes a while to load

    options = Options()
    options.use_24hour_time_format = True
    said = str(get_description(text, options))
    return said.replace(" and L of the month", " and the last day of the month")


def _day(text: str) -> str:
    return _DAYS[_SHORT.index(text) if text in _SHORT else int(text)]


def _listed(names: list[str]) -> str:
    *rest, last = dict.fromkeys(names)
    return f"{', '.join(rest)} and {last}" if rest else last
