"""Cron: worked cases, and properties against an oracle that walks through real time minute by minute."""

from __future__ import annotations

import json
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, assume, given, settings
from hypothesis import strategies as st

from retrovue.core.scheduling import cron
from retrovue.errors import Invalid

DATA = Path(__file__).parents[1] / "data" / "scheduling" / "vectors.json"
SHARED = Path(__file__).parents[2].parent / "shared" / "scheduling" / "vectors.json"
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("case", json.loads(DATA.read_text()), ids=lambda c: f"{c['cron']} {c['timezone']}")
def test_worked_cases(case: dict[str, object]) -> None:
    expression, zone = str(case["cron"]), str(case["timezone"])
    after = datetime.fromisoformat(str(case["after"]))
    if case.get("rejected"):
        with pytest.raises(Invalid) as caught:
            cron.next_after(expression, zone, after)
        assert caught.value.field == "cron"
        return
    expected = case["next"]
    assert isinstance(expected, list)
    found = []
    at: datetime | None = after
    for _ in expected:
        assert at is not None
        at = cron.next_after(expression, zone, at)
        found.append(at)
    assert found == [datetime.fromisoformat(text) for text in expected]
    for earlier, later in pairwise(found):
        assert later is not None
        assert cron.previous_before(expression, zone, later) == earlier


def test_the_worked_cases_are_the_shared_ones() -> None:
    if not SHARED.exists():
        pytest.skip("the shared design folder is not beside the project")
    assert json.loads(DATA.read_text()) == json.loads(SHARED.read_text())


RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


@dataclass(frozen=True)
class Plain:
    """The oracle's own reading of an expression: numbers, ranges, steps, lists and stars."""

    fields: tuple[frozenset[int], ...]
    texts: tuple[str, ...]

    @property
    def fixed(self) -> bool:
        return not self.texts[0].startswith("*") and not self.texts[1].startswith("*")

    def matches(self, wall: datetime) -> bool:
        minutes, hours, days, months, weekdays = self.fields
        day = wall.day in days
        weekday = wall.isoweekday() in weekdays or wall.isoweekday() % 7 in weekdays
        both = self.texts[2].startswith("*") or self.texts[4].startswith("*")
        return (
            wall.minute in minutes
            and wall.hour in hours
            and wall.month in months
            and (day and weekday if both else day or weekday)
        )


@lru_cache
def plain(expression: str) -> Plain:
    texts = tuple(expression.split())
    return Plain(tuple(_values(t, *r) for t, r in zip(texts, RANGES, strict=True)), texts)


def _values(text: str, low: int, high: int) -> frozenset[int]:
    found: set[int] = set()
    for piece in text.split(","):
        term, _, step = piece.partition("/")
        first, _, last = term.partition("-")
        begin = low if term == "*" else int(first)
        end = high if term == "*" or (step and not last) else int(last or first)
        found.update(range(begin, end + 1, int(step or 1)))
    return frozenset(found)


def walk(expression: str, zone: str, begin: datetime, end: datetime) -> list[datetime]:
    """Every instant in (begin, end] at which the expression fires, found by looking at every minute."""
    wanted = plain(expression)
    found = []
    for at, wall, skipped in minutes(zone, begin, end):
        ran_late = wanted.fixed and any(wanted.matches(gone) for gone in skipped)
        if ran_late or (wanted.matches(wall) and not (wanted.fixed and wall.fold)):
            found.append(at)
    return found


@lru_cache(400)
def minutes(zone: str, begin: datetime, end: datetime) -> list[tuple[datetime, datetime, list[datetime]]]:
    """Every minute of real time: the instant, its wall clock, and the wall-clock minutes skipped right before it."""
    where = ZoneInfo(zone)
    found = []
    before = begin.astimezone(where).replace(tzinfo=None)
    at = begin
    while at < end:
        at += MINUTE
        wall = at.astimezone(where).replace(tzinfo=None)
        skipped = []
        gone = before.replace(fold=0) + MINUTE
        while gone < wall.replace(fold=0):
            skipped.append(gone)
            gone += MINUTE
        found.append((at, wall, skipped))
        before = wall
    return found


def fired(expression: str, zone: str, begin: datetime, end: datetime) -> list[datetime]:
    found = []
    at = cron.next_after(expression, zone, begin)
    while at is not None and at <= end:
        found.append(at)
        at = cron.next_after(expression, zone, at)
    return found


def changes_of(zone: str) -> Iterator[datetime]:
    """The instants from 2026 to 2028 at which a zone's offset changes."""
    where = ZoneInfo(zone)
    low = datetime(2026, 1, 1, tzinfo=UTC)
    while low.year < 2029:
        high = low + timedelta(days=5)
        if low.astimezone(where).utcoffset() != high.astimezone(where).utcoffset():
            before, after = low, high
            while after - before > MINUTE:
                middle = before + (after - before) // MINUTE // 2 * MINUTE
                if middle.astimezone(where).utcoffset() == low.astimezone(where).utcoffset():
                    before = middle
                else:
                    after = middle
            yield after
        low = high


@lru_cache
def shapes() -> list[tuple[str, datetime]]:
    """One change of each shape that any zone knows: the offsets before and after, and the time of day."""
    known: dict[tuple[object, ...], tuple[str, datetime]] = {}
    for zone in sorted(zoneinfo.available_timezones()):
        where = ZoneInfo(zone)
        for at in changes_of(zone):
            before = (at - MINUTE).astimezone(where)
            after = at.astimezone(where)
            delta = (after.utcoffset() or timedelta()) - (before.utcoffset() or timedelta())
            known.setdefault((delta, after.hour, after.minute, (before.utcoffset() or timedelta()) % timedelta(hours=1)), (zone, at))  # fmt: skip
    return list(known.values())


EXPRESSIONS = (
    "30 2 * * *", "0,30 2 * * *", "0 0 * * *", "30 1 * * *", "15 1-3 * * *", "0 3 * * *", "59 23 * * *", "0-59 0-23 * * *",
    "*/30 * * * *", "30 * * * *", "* * * * *", "*/7 * * * *", "0 */2 * * *", "45 */3 * * *", "*/20 1-2 * * *", "5 0-23/3 * * *",
)  # fmt: skip


def test_every_shape_of_change_in_every_zone() -> None:
    found = shapes()
    assert len(found) > 15
    for zone, at in found:
        begin, end = at - timedelta(hours=26), at + timedelta(hours=26)
        for expression in EXPRESSIONS:
            expected = walk(expression, zone, begin, end)
            assert fired(expression, zone, begin, end) == expected, (expression, zone, at)


def test_from_every_base_around_a_change() -> None:
    """A base within a gap's or an overlap's neighbourhood, seconds and all, never gives back an earlier instant."""
    for zone, at in shapes():
        for expression in ("30 2 * * *", "*/30 * * * *", "45 */3 * * *", "0 0 * * *"):
            window = walk(expression, zone, at - timedelta(hours=30), at + timedelta(hours=30))
            for offset in range(-200, 200, 17):
                base = at + timedelta(minutes=offset, seconds=offset % 60, microseconds=offset % 7)
                found = cron.next_after(expression, zone, base)
                assert found == next(t for t in window if t > base), (expression, zone, base)
                assert cron.previous_before(expression, zone, base) == max(t for t in window if t < base)


def field(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(lambda pair: f"{min(pair)}-{max(pair)}")
    step = st.tuples(st.one_of(st.just("*"), span), st.integers(1, high)).map(
        lambda pair: f"{pair[0]}/{pair[1]}"
    )
    one = st.one_of(number.map(str), span, step)
    return st.one_of(st.just("*"), st.just("*"), one, st.lists(one, min_size=2, max_size=3).map(",".join))


expressions = st.tuples(*(field(low, high) for low, high in RANGES)).map(" ".join)
zones = st.sampled_from([
    "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Kathmandu", "Africa/Casablanca",
    "America/St_Johns", "Africa/Cairo", "Antarctica/Troll", "Asia/Tehran",
])  # fmt: skip
days = st.integers(0, 1090).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n))


@given(expressions, zones, days, st.integers(0, 1440))
@settings(max_examples=100, deadline=None, phases=(Phase.explicit, Phase.generate))
def test_random_expressions(expression: str, zone: str, day: datetime, minute: int) -> None:
    try:
        cron.parse(expression)
    except Invalid:
        assume(False)
    begin = day + timedelta(minutes=minute)
    assert fired(expression, zone, begin, day + timedelta(days=3)) == walk(
        expression, zone, begin, day + timedelta(days=3)
    )


@given(expressions, days, st.integers(0, 86400))
@settings(max_examples=100, deadline=None, phases=(Phase.explicit, Phase.generate))
def test_next_and_previous_are_each_others_inverse(expression: str, day: datetime, second: int) -> None:
    try:
        cron.parse(expression)
    except Invalid:
        assume(False)
    base = day + timedelta(seconds=second)
    following = cron.next_after(expression, "Europe/London", base)
    assert following is not None
    assert following > base
    assert following.second == 0
    back = cron.previous_before(expression, "Europe/London", following)
    assert back is None or back <= base
    assert cron.previous_before(expression, "Europe/London", following + timedelta(seconds=1)) == following


def test_leap_days() -> None:
    after = datetime(2026, 1, 1, tzinfo=UTC)
    found = []
    for _ in range(3):
        at = cron.next_after("0 0 29 2 *", "UTC", after)
        assert at is not None
        found.append((at.year, at.month, at.day))
        after = at
    assert found == [(2028, 2, 29), (2032, 2, 29), (2036, 2, 29)]


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("", "empty"),
        ("* * * *", "five fields"),
        ("0 0 2 * * *", "seconds and years"),
        ("61 * * * *", "minute '61'.*between 0 and 59"),
        ("0 24 * * *", "hour '24'.*between 0 and 23"),
        ("0 0 0 * *", "day of month '0'.*between 1 and 31"),
        ("0 0 * 13 *", "month '13'.*between 1 and 12"),
        ("0 0 * * 8", "day of week '8'.*between 0 and 7"),
        ("0 0 * * FUN", "day of week 'FUN'.*SUN to SAT"),
        ("? * * * *", r"minute '\?'.*write '\*'"),
        ("0 0 15W * *", "day of month '15W'.*LW"),
        ("0 22-2 * * *", "hour '22-2'.*22-23,0-2"),
        ("*/0 * * * *", "minute.*above 0"),
        ("0 0 * * 1#6", "day of week.*1 to 5"),
        ("0 0 30 2 *", "never run"),
        ("0 0 31 4,6 *", "never run"),
        ("@reboot", "@reboot.*@daily"),
        ("٣ * * * *", "minute"),
        ("0 0 L/2 * *", "day of month"),
        ("1," * 600 + "1 * * * *", "too long"),
    ],
)
def test_wrong_expressions_name_the_field_and_the_reason(expression: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        cron.parse(expression)
    assert caught.value.field == "cron"
    assert caught.value.hint


def test_macros_and_spacing() -> None:
    assert cron.parse("@Weekly").text == "0 0 * * 0"
    assert cron.parse("  0   2 * *  mon ").text == "0 2 * * MON"
    assert cron.parse("2-2/24 0 * 3,1-1 MON-MON").text == "2 0 * 3,1 MON"


@pytest.mark.parametrize("zone", ["Nowhere/City", "", "../etc/passwd", "Europe", "Europe/Berlin\0"])
def test_unknown_zones(zone: str) -> None:
    with pytest.raises(Invalid) as caught:
        cron.next_after("0 2 * * *", zone, datetime(2026, 1, 1, tzinfo=UTC))
    assert caught.value.field == "timezone"


def test_the_end_of_the_calendar_is_no_fault() -> None:
    assert cron.next_after("0 0 1 1 *", "UTC", datetime(9999, 6, 1, tzinfo=UTC)) is None
    assert cron.next_after("* * * * *", "Asia/Tokyo", datetime(9999, 12, 31, 23, 59, tzinfo=UTC)) is None
