"""What is due, decided from values alone: the next time, what was missed, which of several runs go, waiting for quiet.

Everything here is a pure function of a schedule and the time now.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from retrovue.core.scheduling import cron
from retrovue.core.scheduling.zones import change_around, offsets, to_utc, to_wall, zone
from retrovue.model.schedule import CatchUp, CronTrigger, IntervalTrigger, Occurrence, Policies, Trigger
from retrovue.model.sync import Depth, SyncOptions
from retrovue.model.words import duration

PUNCTUAL = timedelta(seconds=60)
"""A run that begins within this of its due time is on time; later, it is caught up or missed."""

AFTER_WAKE = timedelta(seconds=60)
"""What a caught-up run waits, so that the network is back after a sleep."""

_SOON = timedelta(minutes=30)
_DAY = timedelta(days=1)
MOST_COUNTED = 1000
"""Missed due times are counted up to this many."""

QUIET_LOOKS = timedelta(seconds=60)
"""How often a run that waits for quiet looks again."""

RETRY_DELAYS = (timedelta(seconds=60), timedelta(seconds=300))


def next_due(trigger: Trigger, timezone: str, after: datetime) -> datetime | None:
    """The next instant (aware UTC) later than `after` at which a trigger fires, None when there is none.

    Raises `Invalid` for an expression or a zone that cannot be right.
    """
    if isinstance(trigger, CronTrigger):
        return cron.next_after(trigger.expression, timezone, after)
    return next(_interval_after(trigger, zone(timezone), after))


def _interval_after(trigger: IntervalTrigger, where: ZoneInfo, after: datetime) -> Iterator[datetime]:
    every, anchor = trigger.every, trigger.anchor.astimezone(UTC)
    if every % _DAY:
        number = (after - anchor) // every + 1
        while True:
            yield anchor + number * every
            number += 1
    start = to_wall(anchor, where).replace(fold=0)
    days = every // _DAY
    number = (to_wall(after, where).date() - start.date()).days // days - 1
    while True:
        at = _first_pass(start + number * every, where)
        if at > after:
            yield at
        number += 1


def _first_pass(wall: datetime, where: ZoneInfo) -> datetime:
    before, later = offsets(wall, where)
    return to_utc(wall, before) if before >= later else change_around(wall, where)


def occurrences(trigger: Trigger, timezone: str, after: datetime) -> Iterator[datetime]:
    """All instants later than `after`, in order."""
    if isinstance(trigger, IntervalTrigger):
        yield from _interval_after(trigger, zone(timezone), after)
        return
    at: datetime | None = after
    while at is not None and (at := next_due(trigger, timezone, at)) is not None:
        yield at


def preview(trigger: Trigger, timezone: str, after: datetime, count: int) -> list[Occurrence]:
    """The next instants with the zone's clock and what a daylight-saving change did to them."""
    where = zone(timezone)
    found = islice(occurrences(trigger, timezone, after), count)
    return [Occurrence(at, at.astimezone(where), _note(trigger, at, where)) for at in found]


def _note(trigger: Trigger, at: datetime, where: ZoneInfo) -> str:
    local = to_wall(at, where)
    before, after = offsets(local, where)
    real_time = _follows_real_time(trigger)
    if before > after:
        if real_time:
            return f"{local:%H:%M} comes twice: {'second' if local.fold else 'first'} time"
        return f"{local:%H:%M} comes twice: only the first time counts"
    moment_before = to_wall(at - timedelta(seconds=1), where)
    gap = local - moment_before - timedelta(seconds=1)
    if gap <= timedelta():
        return ""
    if real_time:
        return f"the clocks went forward by {duration(gap)}"
    if (
        isinstance(trigger, CronTrigger)
        and cron.parse(trigger.expression).wall_after(local - timedelta(microseconds=1)) == local
    ):
        return ""
    return f"moved to {local:%H:%M}: the clocks went forward by {duration(gap)}"


def _follows_real_time(trigger: Trigger) -> bool:
    if isinstance(trigger, CronTrigger):
        return not cron.parse(trigger.expression).fixed
    return bool(trigger.every % _DAY)


@dataclass(frozen=True, slots=True)
class Firing:
    """What becomes of a schedule whose next run time has come.

    `run_at` is the due time that runs (None: none does), `not_before` until when it waits; `missed` counts due
    times that do not run, the latest of them at `missed_at`, with why; `next_run_at` is what comes next.
    """

    run_at: datetime | None
    not_before: datetime | None
    missed: int
    missed_at: datetime | None
    reason: str
    next_run_at: datetime | None


def fire(trigger: Trigger, timezone: str, policies: Policies, seen: datetime, now: datetime) -> Firing:
    """Decides for a schedule whose next run time `seen` is not later than `now`."""
    passed = takewhile(lambda at: at <= now, occurrences(trigger, timezone, seen))
    times = [seen, *islice(passed, MOST_COUNTED)]
    if len(times) > MOST_COUNTED:
        times[-1] = _latest(trigger, timezone, now)
    *earlier, latest = times
    following = next_due(trigger, timezone, now)
    if now - latest <= PUNCTUAL:
        return _firing(latest, None, earlier, "RetroVue was not running", following)
    why_not = _no_catch_up(policies, latest, following, now)
    if why_not:
        return _firing(None, None, times, why_not, following)
    return _firing(latest, now + AFTER_WAKE, earlier, "only the latest is caught up", following)


def _firing(
    run_at: datetime | None,
    not_before: datetime | None,
    missed: Sequence[datetime],
    reason: str,
    following: datetime | None,
) -> Firing:
    latest = missed[-1] if missed else None
    return Firing(run_at, not_before, len(missed), latest, reason if missed else "", following)


def _latest(trigger: Trigger, timezone: str, now: datetime) -> datetime:
    """The last due time that is not later than `now`; there is one."""
    moment = timedelta(microseconds=1)
    if isinstance(trigger, CronTrigger):
        found = cron.previous_before(trigger.expression, timezone, now + moment)
    else:
        recent = occurrences(trigger, timezone, now - 2 * trigger.every - _DAY)
        *_, found = takewhile(lambda at: at <= now, recent)
    assert found is not None
    return found


def _no_catch_up(policies: Policies, latest: datetime, following: datetime | None, now: datetime) -> str:
    if policies.catch_up is CatchUp.NONE:
        return "RetroVue was not running, and this schedule does not catch up"
    if now - latest > policies.catch_up_window:
        return f"RetroVue was not running, and more than {duration(policies.catch_up_window)} have passed"
    if following is not None and following - now < _SOON:
        return f"RetroVue was not running, and the next run is less than {duration(_SOON)} away"
    return ""


_DEPTHS = {Depth.QUICK: 0, Depth.AUTO: 1, Depth.COMPLETE: 2}


def reach(options: SyncOptions) -> tuple[bool, bool, int, int, bool]:
    """How much a sync does, to be compared: real before dry, unlimited before limited, then the depth.

    Kinds do not count, since a library holds all of the chosen kinds or none.
    """
    return (
        not options.dry_run,
        options.limit is None,
        _DEPTHS[options.depth],
        options.limit or 0,
        options.details,
    )


def covers(done: SyncOptions, wanted: SyncOptions) -> bool:
    """Whether a sync with the options `done` leaves nothing to do for one of the same library with `wanted`."""
    if done.approve is not None or wanted.approve is not None:
        return False
    return (
        (wanted.dry_run or not done.dry_run)
        and (done.limit is None or (wanted.limit is not None and wanted.limit <= done.limit))
        and _DEPTHS[done.depth] >= _DEPTHS[wanted.depth]
        and (done.details or not wanted.details)
    )


def retry_delay(attempt: int) -> timedelta:
    """How long after the failure of this attempt (from 1) the next one begins."""
    return RETRY_DELAYS[min(attempt, len(RETRY_DELAYS)) - 1]


def may_wait_for_quiet(policies: Policies, due_at: datetime | None, now: datetime) -> bool:
    """Whether a run that came due at `due_at` may still be put off while people are streaming."""
    return due_at is not None and due_at <= now < due_at + policies.wait_quiet
