"""Due times, catch-up, covering, words: pure functions of values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retrovue.core.scheduling import due
from retrovue.core.scheduling.checks import checked_trigger
from retrovue.core.scheduling.words import describe
from retrovue.errors import Invalid
from retrovue.model.schedule import CatchUp, CronTrigger, IntervalTrigger, Policies, Trigger
from retrovue.model.sync import Depth, SyncOptions
from retrovue.model.words import duration
from timeline import at

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NIGHTLY = CronTrigger("0 2 * * *")


def test_hours_are_counted_in_real_time_from_the_anchor() -> None:
    trigger = IntervalTrigger(6 * HOUR, at("2026-10-24 21:30"))
    found = list(islice(due.occurrences(trigger, "Europe/Berlin", at("2026-10-24 22:00")), 3))
    assert found == [at("2026-10-25 03:30"), at("2026-10-25 09:30"), at("2026-10-25 15:30")]
    assert due.next_due(trigger, "UTC", at("2026-10-25 03:30")) == at("2026-10-25 09:30"), (
        "later than, not at"
    )
    assert due.next_due(trigger, "UTC", at("2026-10-01 00:00")) == at("2026-10-01 03:30")


def test_days_keep_the_local_time_of_day() -> None:
    trigger = IntervalTrigger(2 * DAY, at("2026-10-23 00:30"))  # 2:30 in Berlin, in summer
    found = list(islice(due.occurrences(trigger, "Europe/Berlin", at("2026-10-23 00:30")), 3))
    assert found == [at("2026-10-25 00:30"), at("2026-10-27 01:30"), at("2026-10-29 01:30")]
    spring = IntervalTrigger(DAY, at("2027-03-27 01:30"))  # 2:30, which the next day does not have
    assert due.next_due(spring, "Europe/Berlin", at("2027-03-27 01:30")) == at("2027-03-28 01:00")


@given(
    st.integers(5, 60 * 24 * 40),
    st.integers(-(10**6), 10**6),
    st.sampled_from(["UTC", "Europe/London", "Pacific/Apia", "Australia/Lord_Howe"]),
)
def test_intervals_are_later_and_regular(minutes: int, offset: int, zone: str) -> None:
    anchor = at("2026-06-01 12:17")
    trigger = IntervalTrigger(timedelta(minutes=minutes), anchor)
    base = anchor + timedelta(minutes=offset)
    found = list(islice(due.occurrences(trigger, zone, base), 3))
    assert base < found[0] < found[1] < found[2]
    assert found[0] - base <= trigger.every + HOUR
    if minutes % 1440:
        assert all((one - anchor) % trigger.every == timedelta() for one in found)
    else:
        assert all(abs((two - one) - trigger.every) <= HOUR for one, two in pairwise(found))


def fire(seen: str, now: str, trigger: Trigger = NIGHTLY, **policies: object) -> due.Firing:
    return due.fire(trigger, "UTC", Policies(**policies), at(seen), at(now))  # type: ignore[arg-type]


def test_on_time() -> None:
    found = fire("2026-11-24 02:00", "2026-11-24 02:00")
    assert found == due.Firing(at("2026-11-24 02:00"), None, 0, None, "", at("2026-11-25 02:00"))
    late = fire("2026-11-24 02:00", "2026-11-24 02:01")
    assert (late.run_at, late.not_before) == (at("2026-11-24 02:00"), None)


def test_late_runs_are_caught_up_once() -> None:
    found = fire("2026-11-24 02:00", "2026-11-26 03:00")
    assert found.run_at == at("2026-11-26 02:00")
    assert found.not_before == at("2026-11-26 03:01")
    assert (found.missed, found.missed_at) == (2, at("2026-11-25 02:00"))
    assert found.next_run_at == at("2026-11-27 02:00")


@pytest.mark.parametrize(
    ("now", "policies", "words"),
    [
        ("2026-11-24 03:00", {"catch_up": CatchUp.NONE}, "does not catch up"),
        ("2026-11-24 03:00", {"catch_up_window": timedelta(minutes=59)}, "59 minutes have passed"),
        ("2026-11-25 01:31", {}, "less than 30 minutes away"),
    ],
)
def test_what_is_not_caught_up_is_missed(now: str, policies: dict[str, Any], words: str) -> None:
    found = fire("2026-11-24 02:00", now, **policies)
    assert (found.run_at, found.missed, found.missed_at) == (None, 1, at("2026-11-24 02:00"))
    assert words in found.reason


def test_years_of_absence_are_counted_up_to_a_limit() -> None:
    found = fire("2020-01-01 00:00", "2026-11-24 02:07", CronTrigger("0 * * * *"))
    assert found.missed > due.MOST_COUNTED - 1
    assert found.run_at == at("2026-11-24 02:00")
    interval = IntervalTrigger(timedelta(minutes=50), at("2020-01-01 00:00"))
    found = fire("2020-01-01 00:00", "2026-11-24 02:07", interval)
    assert found.missed_at is not None
    assert timedelta() <= at("2026-11-24 02:07") - found.missed_at < timedelta(minutes=50)


def options(**values: object) -> SyncOptions:
    return SyncOptions(**values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("done", "wanted", "expected"),
    [
        (options(), options(), True),
        (options(), options(depth=Depth.AUTO), True),
        (options(depth=Depth.AUTO), options(), False),
        (options(depth=Depth.QUICK), options(depth=Depth.AUTO), False),
        (options(dry_run=True), options(depth=Depth.QUICK), False),
        (options(), options(dry_run=True), True),
        (options(limit=5), options(), False),
        (options(limit=5), options(limit=3), True),
        (options(), options(limit=3), True),
        (options(), options(details=True), False),
        (options(approve=3), options(), False),
        (options(), options(approve=3), False),
    ],
)
def test_covering(done: SyncOptions, wanted: SyncOptions, expected: bool) -> None:
    assert due.covers(done, wanted) is expected


def test_retry_delays_and_quiet() -> None:
    assert [due.retry_delay(n) for n in (1, 2, 3, 9)] == [timedelta(seconds=s) for s in (60, 300, 300, 300)]
    quiet = Policies(wait_quiet=HOUR)
    assert due.may_wait_for_quiet(quiet, at("2026-11-24 02:00"), at("2026-11-24 02:59"))
    assert not due.may_wait_for_quiet(quiet, at("2026-11-24 02:00"), at("2026-11-24 03:00"))
    assert not due.may_wait_for_quiet(quiet, None, at("2026-11-24 02:00"))
    assert not due.may_wait_for_quiet(Policies(), at("2026-11-24 02:00"), at("2026-11-24 02:00"))


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (CronTrigger("0 2 * * *"), "Every day at 02:00"),
        (CronTrigger("0 0 * * 6"), "Every Saturday at 00:00"),
        (CronTrigger("30 3 * * mon,wed"), "Every Monday and Wednesday at 03:30"),
        (CronTrigger("5 0 * * 0,7"), "Every Sunday at 00:05"),
        (CronTrigger("*/15 * * * *"), "Every 15 minutes"),
        (CronTrigger("0 0 29 2 1"), "At 00:00, on day 29 of the month, or on Monday, only in February"),
        (CronTrigger("0 0 1,L * *"), "At 00:00, on day 1 and the last day of the month"),
        (CronTrigger("@hourly"), "Every hour"),
        (IntervalTrigger(2 * HOUR, at("2026-11-24 02:00")), "Every 2 hours"),
        (IntervalTrigger(HOUR, at("2026-11-24 02:00")), "Every hour"),
        (IntervalTrigger(timedelta(minutes=90), at("2026-11-24 02:00")), "Every 90 minutes"),
        (IntervalTrigger(3 * DAY, at("2026-11-24 02:00")), "Every 3 days at 03:00"),
    ],
)
def test_words(trigger: Trigger, words: str) -> None:
    assert describe(trigger, "Europe/Berlin") == words


def test_durations_in_words() -> None:
    assert [duration(timedelta(seconds=s)) for s in (0, 1, 60, 90, 3600, 86400, 172800)] == [
        "0 seconds", "1 second", "1 minute", "90 seconds", "1 hour", "1 day", "2 days",
    ]  # fmt: skip


def test_notes_of_daylight_saving() -> None:
    def notes(trigger: Trigger, after: str, count: int) -> list[tuple[str, str]]:
        found = due.preview(trigger, "Europe/Berlin", at(after), count)
        return [(f"{one.local:%d %H:%M}", one.note) for one in found]

    assert notes(CronTrigger("30 2 * * *"), "2027-03-27 12:00", 2) == [
        ("28 03:00", "moved to 03:00: the clocks went forward by 1 hour"),
        ("29 02:30", ""),
    ]
    assert notes(CronTrigger("0 3 * * *"), "2027-03-27 12:00", 1) == [("28 03:00", "")]
    assert notes(CronTrigger("30 2 * * *"), "2026-10-24 12:00", 2) == [
        ("25 02:30", "02:30 comes twice: only the first time counts"),
        ("26 02:30", ""),
    ]
    assert notes(CronTrigger("30 * * * *"), "2026-10-24 23:45", 4) == [
        ("25 02:30", "02:30 comes twice: first time"),
        ("25 02:30", "02:30 comes twice: second time"),
        ("25 03:30", ""),
        ("25 04:30", ""),
    ]


@pytest.mark.parametrize(
    "every", [timedelta(minutes=4), timedelta(days=367), timedelta(minutes=7, seconds=30)]
)
def test_intervals_that_cannot_be(every: timedelta) -> None:
    with pytest.raises(Invalid) as caught:
        checked_trigger(IntervalTrigger(every, datetime(2026, 1, 1, tzinfo=UTC)))
    assert caught.value.field == "every"
