"""The claim: what came due becomes execution rows, in one transaction with the next run times.

A due time has one row at most, by constraint, so it fires once only, whatever dies and however many services run.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from retrovue.core.scheduling import due
from retrovue.core.sync import plan
from retrovue.errors import Conflict, RetroVueError
from retrovue.model.catalogue import Library
from retrovue.model.execution import Execution, Status
from retrovue.model.schedule import ALL_LIBRARIES, CronTrigger, Overlap, Schedule
from retrovue.model.sync import SyncOptions
from retrovue.storage import executions, schedules, servers
from retrovue.storage.database import Connection
from retrovue.storage.schedules import Claim, DueRow, due_key

_log = logging.getLogger("retrovue.scheduler")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run that came due: a schedule, one library, and the due time."""

    schedule: Schedule
    library: Library
    due_at: datetime
    not_before: datetime | None

    def row(self, status: Status = Status.QUEUED, reason: str | None = None) -> DueRow:
        """The execution row of it."""
        return DueRow(
            schedule_id=self.schedule.id,
            schedule=self.schedule.name,
            server_id=self.schedule.server_id,
            server=self.schedule.server,
            library_id=self.library.id,
            library=self.library.title,
            due_at=self.due_at,
            status=status,
            reason=reason,
            options=self.schedule.options,
            not_before=self.not_before if status is Status.QUEUED else None,
        )


def claim_due(tx: Connection, now: datetime) -> int:
    """Claims everything that is due at `now`; how many execution rows came of it.

    Raises `Conflict`, and then nothing is kept, when somebody changed a schedule at the same moment.
    """
    waiting = schedules.due(tx, now)
    if not waiting:
        return 0
    firings = _fire(tx, waiting, now)
    libraries = servers.library_places(tx)
    rows: list[DueRow] = []
    candidates: list[Candidate] = []
    for schedule, firing in firings:
        rows += _missed(schedule, firing)
        if firing.run_at is None:
            continue
        covered = covered_libraries(schedule, libraries)
        if not covered:
            rows.append(_nothing_enabled(schedule, firing.run_at))
        candidates += [Candidate(schedule, lib, firing.run_at, firing.not_before) for lib in covered]
    candidates = _unclaimed(tx, candidates)
    rows += _resolve(candidates, executions.active(tx))
    claims = [Claim(s.id, s.next_run_at, f.next_run_at) for s, f in firings if s.next_run_at is not None]
    if schedules.advance(tx, claims) != len(claims):
        raise Conflict("A schedule was changed while it was claimed", hint="It is looked at again at once.")
    schedules.insert_due(tx, rows, now)
    return len(rows)


def realign(
    tx: Connection, every: Iterable[Schedule], now: datetime, *, forget_overdue: bool = False
) -> None:
    """Computes the next run of every live schedule from now on: after a jump of the clock, and at every start.

    What is due stays due, unless it is to be forgotten; no schedule stays parked in a future that a wrong clock once showed, and one that was set
    aside comes back when its row can be used again.
    """
    times: list[tuple[int, datetime | None]] = []
    memory: dict[object, datetime | None] = {}
    for schedule in every:
        if not schedule.enabled or schedule.paused_reason is not None:
            continue
        overdue = schedule.next_run_at is not None and schedule.next_run_at <= now and not forget_overdue
        try:
            following = _next(schedule, now, memory)
        except Exception as error:  # noqa: BLE001  (one schedule must not stop the others)
            _set_aside(tx, schedule, _words(error))
            continue
        at = schedule.next_run_at if overdue and schedule.error is None else following
        if schedule.error is not None or at != schedule.next_run_at:
            times.append((schedule.id, at))
    schedules.set_next(tx, times)


def covered_libraries(schedule: Schedule, libraries: Sequence[Library]) -> list[Library]:
    """The one library of a schedule, or all enabled ones of its server that hold the chosen kinds."""
    if schedule.library_id is not None:
        return [lib for lib in libraries if lib.id == schedule.library_id]
    return [
        lib
        for lib in libraries
        if lib.server_id == schedule.server_id
        and lib.enabled
        and lib.gone_at is None
        and plan.why_not(lib, schedule.options) is None
    ]


def _fire(tx: Connection, waiting: Iterable[Schedule], now: datetime) -> list[tuple[Schedule, due.Firing]]:
    found: list[tuple[Schedule, due.Firing]] = []
    memory: dict[object, due.Firing] = {}
    for schedule in waiting:
        if schedule.error is not None:
            _set_aside(tx, schedule, schedule.error)
            continue
        assert schedule.next_run_at is not None
        key = (schedule.trigger, schedule.timezone, id(schedule.policies), schedule.next_run_at)
        try:
            if key not in memory:
                memory[key] = due.fire(
                    schedule.trigger, schedule.timezone, schedule.policies, schedule.next_run_at, now
                )
        except Exception as error:  # noqa: BLE001  (one schedule must not stop the others)
            _set_aside(tx, schedule, _words(error))
            continue
        found.append((schedule, memory[key]))
    return found


def _next(schedule: Schedule, now: datetime, memory: dict[object, datetime | None]) -> datetime | None:
    key = (schedule.trigger, schedule.timezone)
    if schedule.error is not None and schedule.trigger == CronTrigger(""):
        raise Conflict(schedule.error)
    if key not in memory:
        memory[key] = due.next_due(schedule.trigger, schedule.timezone, now)
    return memory[key]


def _words(error: Exception) -> str:
    return str(error) if isinstance(error, RetroVueError) else f"{type(error).__name__}: {error}"


def _set_aside(tx: Connection, schedule: Schedule, error: str) -> None:
    if schedule.next_run_at is not None or schedule.error is None:
        _log.error("The schedule '%s' is set aside: %s", schedule.name, error)
        schedules.set_aside(tx, schedule.id, error)


def _missed(schedule: Schedule, firing: due.Firing) -> list[DueRow]:
    if firing.missed_at is None:
        return []
    count = f"{firing.missed:,}{' or more' if firing.missed > due.MOST_COUNTED else ''}"
    runs = "one run was" if firing.missed == 1 else f"{count} runs were"
    return [_ended(schedule, firing.missed_at, Status.MISSED, f"{runs} missed: {firing.reason}")]


def _nothing_enabled(schedule: Schedule, at: datetime) -> DueRow:
    reason = f"no library of '{schedule.server}' is enabled"
    if schedule.options.kinds:
        reason += " and holds the chosen kinds"
    if schedule.library_id is not None:
        reason = "its library is no longer in RetroVue"
    return _ended(schedule, at, Status.SKIPPED, reason)


def _ended(schedule: Schedule, at: datetime, status: Status, reason: str) -> DueRow:
    return DueRow(
        schedule_id=schedule.id,
        schedule=schedule.name,
        server_id=schedule.server_id,
        server=schedule.server,
        library_id=schedule.library_id,
        library=ALL_LIBRARIES if schedule.library_id is None else schedule.library,
        due_at=at,
        status=status,
        reason=reason,
        options=schedule.options,
    )


def _unclaimed(tx: Connection, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Without those whose due time has a row already, as after the clock went back."""
    keys = [due_key(one.schedule.id, one.library.id, one.due_at) for one in candidates]
    taken = executions.known_due(tx, keys)
    return [candidate for candidate, key in zip(candidates, keys, strict=True) if key not in taken]


def _resolve(candidates: Sequence[Candidate], active: Sequence[Execution]) -> list[DueRow]:
    together: dict[int, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        together[candidate.library.id].append(candidate)
    at_work: dict[int, list[Execution]] = defaultdict(list)
    for execution in active:
        if execution.library_id is not None:
            at_work[execution.library_id].append(execution)
    return [row for ident, group in together.items() for row in _settle(group, at_work.get(ident, []))]


def _settle(group: Sequence[Candidate], active: Sequence[Execution]) -> list[DueRow]:
    """Which of the runs that are due together for one library go, and why the others do not."""
    rows: list[DueRow] = []
    chosen: list[Candidate] = []
    for candidate in sorted(group, key=lambda c: due.reach(c.schedule.options), reverse=True):
        wanted = candidate.schedule.options
        winner = next((c for c in chosen if due.covers(c.schedule.options, wanted)), None)
        if winner is not None:
            rows.append(candidate.row(Status.SKIPPED, f"covered by '{winner.schedule.name}'"))
            continue
        blocking = _blocking(active, wanted, candidate.schedule.policies.overlap)
        if blocking is not None:
            rows.append(candidate.row(Status.SKIPPED, _in_the_way(blocking)))
            continue
        chosen.append(candidate)
        rows.append(candidate.row())
    return rows


def _blocking(active: Sequence[Execution], wanted: SyncOptions, overlap: Overlap) -> Execution | None:
    """The active execution because of which a run is skipped. A deeper run is never skipped for a shallower one."""
    covering = [e for e in active if due.covers(e.options, wanted)]
    if overlap is Overlap.QUEUE:
        covering = [e for e in covering if e.status is Status.QUEUED]
    return covering[0] if covering else None


def _in_the_way(execution: Execution) -> str:
    name = f"'{execution.schedule}'" if execution.schedule else "one started by hand"
    state = "running" if execution.status is Status.RUNNING else "waiting to run"
    return f"another sync of this library was {state}: {name} (execution {execution.id})"
