"""What the timeline shows: a lane for each schedule, its past runs, its firings, and where two of them meet."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import combinations
from statistics import median
from typing import TYPE_CHECKING

from retrovue.model.execution import Execution, HistoryFilter
from retrovue.model.schedule import Schedule

if TYPE_CHECKING:
    from retrovue.core.api import RetroVue

_LEAST = timedelta(minutes=1)
_MOST_PAST, _MOST_AHEAD = 2000, 300
_MOST_LANES_COMPARED = 200


@dataclass(frozen=True, slots=True)
class Lane:
    """One schedule. `expected` is how long a run usually takes: the median of the last ones.

    With `more`, it goes on firing after the last time in `ahead`.
    """

    schedule: Schedule
    past: tuple[Execution, ...]
    ahead: tuple[datetime, ...]
    expected: timedelta
    more: bool = False


@dataclass(frozen=True, slots=True)
class Collision:
    """Two schedules of which one is due while the other is expected to sync the same library."""

    at: datetime
    first: Schedule
    second: Schedule


@dataclass(frozen=True, slots=True)
class Timeline:
    """The lanes from `since` to `until`; those that meet. Runs before `past_from` are left out, if it is set."""

    since: datetime
    now: datetime
    until: datetime
    lanes: tuple[Lane, ...]
    collisions: tuple[Collision, ...]
    past_from: datetime | None = None


def read(rv: RetroVue, now: datetime, back: timedelta, ahead: timedelta) -> Timeline:
    """Asks the façade for a span around now; schedules that neither ran nor will are left out."""
    since, until = now - back, now + ahead
    past: dict[int, list[Execution]] = {}
    runs = rv.history.list(HistoryFilter(since=since, limit=_MOST_PAST))
    for run in runs:
        if run.schedule_id is not None and run.start_time is not None:
            past.setdefault(run.schedule_id, []).append(run)
    firings = {one.id: times for one, times in rv.schedules.firings(until, most=_MOST_AHEAD)}
    shown = [one for one in rv.schedules.list() if one.id in past or firings.get(one.id)]
    recent = rv.schedules.recent_of([one.id for one in shown], limit=10)
    lanes = []
    for one in shown:
        times = tuple(firings.get(one.id, ()))
        more = len(times) == _MOST_AHEAD
        lanes.append(Lane(one, tuple(past.get(one.id, ())), times, expected(recent[one.id]), more))
    past_from = runs[-1].start_time if len(runs) == _MOST_PAST else None
    return Timeline(since, now, until, tuple(lanes), tuple(collisions(lanes)), past_from)


def expected(runs: list[Execution]) -> timedelta:
    """How long a run usually takes; a minute at least."""
    seconds = [run.duration.total_seconds() for run in runs if run.duration is not None]
    return max(_LEAST, timedelta(seconds=median(seconds))) if seconds else _LEAST


def collisions(lanes: Sequence[Lane]) -> list[Collision]:
    """Where two schedules would sync one library at once, the soonest first; of each pair its first meeting."""
    found = []
    for one, other in combinations(lanes[:_MOST_LANES_COMPARED], 2):
        if _share(one.schedule, other.schedule):
            at = _first_meeting(one, other)
            if at is not None:
                found.append(Collision(at, one.schedule, other.schedule))
    return sorted(found, key=lambda each: each.at)


def _share(one: Schedule, other: Schedule) -> bool:
    if one.server_id != other.server_id:
        return False
    return one.library_id is None or other.library_id is None or one.library_id == other.library_id


def _first_meeting(one: Lane, other: Lane) -> datetime | None:
    for at in one.ahead:
        begin = bisect_left(other.ahead, at - other.expected)
        for meeting in other.ahead[begin : begin + 1]:
            if meeting < at + one.expected:
                return max(at, meeting)
    return None
