"""Cron expressions: parsed, checked, and evaluated on a zone's wall clock by the rules of cronie.

cronsim finds the next matching wall-clock time, on naive times only; what that time means in the zone is decided
here. A fixed-time job (neither minute nor hour starts with `*`) that is skipped by a change runs once at the end of
the gap, and one whose time comes twice runs on the first pass. Every other job follows real time: both passes of a
repeated hour, nothing in a gap.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from cronsim.cronsim import Field

from retrovue.core.scheduling.zones import change_around, offsets, to_utc, to_wall, zone
from retrovue.errors import Invalid

MACROS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
FIELDS = ("minute", "hour", "day of month", "month", "day of week")
_RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))
_HINT = "Write minute, hour, day of month, month, day of week: '0 2 * * *' is every day at 2:00."
_LONGEST = 1000
# cronsim 2.8 reads the range `2-2/24` as `2/24`, which is 2 and 26 and 50; it is 2 alone.
_ONE_VALUE = re.compile(r"\b(\w+)-\1(?:/[1-9]\d*)?(?=[\s,]|$)")
_START = datetime(2000, 1, 1)  # noqa: DTZ001  (wall time; any would do)
_MOMENT = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_FAR = timedelta(days=366 * 50)


@dataclass(frozen=True, slots=True)
class Cron:
    """A parsed expression. `fixed` tells the jobs at fixed times from those that follow real time."""

    text: str
    fixed: bool
    _sim: CronSim = field(repr=False, compare=False)
    _hours: tuple[int, ...] = field(repr=False, compare=False)
    _minutes: tuple[int, ...] = field(repr=False, compare=False)

    def wall_after(self, wall: datetime) -> datetime | None:
        """The next matching time later than `wall`, both naive; None when there is none in 50 years."""
        sim = CronSim.__new__(CronSim)  # a copy, since it counts on from its own time
        sim.__dict__.update(self._sim.__dict__)
        try:
            sim.dt = self._earliest(wall) - _SECOND
            return next(sim)
        except (StopIteration, OverflowError, ValueError):  # at the end of the calendar
            return None

    def _earliest(self, wall: datetime) -> datetime:
        """The first time later than `wall` whose hour and minute match, so that cronsim need not walk there."""
        hours, minutes = self._hours, self._minutes
        hour = bisect_left(hours, wall.hour)
        minute = 0
        if hour < len(hours) and hours[hour] == wall.hour:
            minute = bisect_right(minutes, wall.minute)
            if minute == len(minutes):
                hour, minute = hour + 1, 0
        if hour == len(hours):
            wall, hour = wall + _DAY, 0
        return wall.replace(hour=hours[hour], minute=minutes[minute], second=0, microsecond=0, fold=0)

    def after(self, where: ZoneInfo, base: datetime) -> datetime | None:
        """The next instant (aware UTC) later than `base`, None when there is none."""
        base = base if base.tzinfo is UTC else base.astimezone(UTC)
        try:
            found = self._fixed_after(where, base) if self.fixed else self._following(where, base)
        except OverflowError:
            return None
        if found is not None and found <= base:
            raise RuntimeError(f"{self.text} in {where.key} after {base}: {found} is not later")
        return found

    def _fixed_after(self, where: ZoneInfo, base: datetime) -> datetime | None:
        wall: datetime | None = to_wall(base, where)
        while wall is not None:
            wall = self.wall_after(wall)
            if wall is None:
                break
            before, after = offsets(wall, where)
            at = to_utc(wall, before) if before >= after else change_around(wall, where)
            if at > base:
                return at
        return None

    def _following(self, where: ZoneInfo, base: datetime) -> datetime | None:
        local = to_wall(base, where)
        before, after = offsets(local, where)
        if before > after and local.fold == 0:
            # In the first pass of a repeated time: what is left of it, then the second pass from its beginning.
            change = change_around(local, where)
            wall = self.wall_after(local)
            if wall is not None and to_utc(wall, before) < change:
                return to_utc(wall, before)
            local = to_wall(change, where) - _MOMENT
        while (wall := self.wall_after(local)) is not None:
            before, after = offsets(wall, where)
            if before < after:
                local = to_wall(change_around(wall, where), where) - _MOMENT
                continue
            at = to_utc(wall, before)
            return at if at > base else to_utc(wall, after)
        return None

    def before(self, where: ZoneInfo, instant: datetime) -> datetime | None:
        """The last instant earlier than `instant`, None when there is none in 50 years."""
        late = instant.astimezone(UTC)
        span = _MINUTE
        while True:
            early = late - span
            found = self.after(where, early)
            if found is not None and found < late:
                break
            if span > _FAR:
                return None
            span *= 4
        while True:
            following = self.after(where, found)
            if following is None or following >= late:
                return found
            # Halve what is left between the one that was found and the end.
            middle = following + (late - following) // 2
            nearer = self.after(where, middle)
            if nearer is not None and nearer < late:
                found = nearer
            else:
                found, late = following, middle + _MOMENT


@lru_cache(4096)
def parse(expression: str) -> Cron:
    """The parsed expression, macros expanded. Raises `Invalid` that names the field of the expression at fault."""
    text = " ".join(expression.split())
    text = _ONE_VALUE.sub(r"\1", MACROS.get(text.lower(), text).upper())
    parts = text.split(" ")
    _check_shape(text, parts)
    for number, part in enumerate(parts):
        try:
            if "L/" in part or "LW/" in part:
                raise CronSimError
            Field(number + 1).parse(part)
        except (CronSimError, AssertionError):
            raise _wrong(number, part) from None
    fixed = not parts[0].startswith("*") and not parts[1].startswith("*")
    try:
        sim = CronSim(text, _START)
    except CronSimError:
        raise _never(text) from None
    made = Cron(text, fixed, sim, tuple(sorted(sim.hours)), tuple(sorted(sim.minutes)))
    if made.wall_after(_START) is None:
        raise _never(text)
    return made


def next_after(expression: str, timezone: str, after: datetime) -> datetime | None:
    """The next instant (aware UTC) later than `after` at which an expression fires in an IANA zone.

    None when there is none in the next 50 years. Raises `Invalid` for the field `cron` or `timezone`.
    """
    return parse(expression).after(zone(timezone), after)


def previous_before(expression: str, timezone: str, before: datetime) -> datetime | None:
    """The last instant (aware UTC) earlier than `before` at which an expression fired; as `next_after`."""
    return parse(expression).before(zone(timezone), before)


def _check_shape(text: str, parts: list[str]) -> None:
    if not text:
        raise Invalid("cron", "The cron expression is empty", hint=_HINT)
    if text.startswith("@"):
        raise Invalid(
            "cron", f"'{text.lower()}' is not known", "these are: " + ", ".join(sorted(MACROS)), _HINT
        )
    if len(text) > _LONGEST:
        raise Invalid("cron", "The cron expression is too long", hint=_HINT)
    if len(parts) != len(FIELDS):
        more = " (seconds and years are not understood)" if len(parts) > len(FIELDS) else ""
        raise Invalid(
            "cron", "A cron expression has five fields", f"this one has {len(parts)}{more}: {text}", _HINT
        )


def _never(text: str) -> Invalid:
    return Invalid(
        "cron",
        "This schedule would never run",
        f"no day of month and month fit together in '{text}'",
        "Change the day of month or the month.",
    )


def _wrong(number: int, part: str) -> Invalid:
    name = FIELDS[number]
    return Invalid("cron", f"The {name} '{part[:60]}' cannot be read", _reason(number, part), _HINT)


def _reason(number: int, part: str) -> str:
    low, high = _RANGES[number]
    if "?" in part:
        return "'?' is not understood; write '*'"
    if number == 2 and re.search(r"\dW", part):
        return "a weekday near a day is not understood; 'LW' is the last weekday of the month"
    for piece in part.split(","):
        term, _, step = piece.partition("/")
        if "/" in piece and (not step.isascii() or not step.isdigit() or int(step) == 0):
            return f"the step '{step}' must be a whole number above 0"
        bounds = term.split("-")
        numbers = [int(bound) for bound in bounds if bound.isascii() and bound.isdigit()]
        if any(not low <= value <= high for value in numbers):
            return f"it must be between {low} and {high}"
        if len(numbers) == 2 and numbers[0] > numbers[1]:
            return f"the range '{term}' runs backwards; write '{numbers[0]}-{high},{low}-{numbers[1]}'"
        if "#" in term and not re.search(r"#[1-5]$", term):
            return "after '#' stands which one of the month, 1 to 5"
        if len(bounds) == 2:
            return f"the range '{term}' cannot be read, or runs backwards"
    names = {3: ", or a name: JAN to DEC", 4: ", or a name: SUN to SAT"}.get(number, "")
    return f"it must be '*', or numbers between {low} and {high}{names}"
