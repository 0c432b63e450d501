"""How an execution ends: its row, its schedule's totals, a pause after failures, and what is worth telling."""

from __future__ import annotations

import logging
from datetime import datetime

from retrovue.core.context import Context
from retrovue.log import redact
from retrovue.model.execution import Execution, Status
from retrovue.model.notices import PingEvent
from retrovue.model.schedule import Message, Outcome, Schedule
from retrovue.model.sync import SyncReport
from retrovue.storage import deliveries, executions, holds, messages, schedules
from retrovue.storage.database import Connection

_log = logging.getLogger("retrovue.execution")
TOKEN_REFUSED = "the server refuses the token; sign in again"  # noqa: S105  (words, no token)
"""Why schedules of a server pause; a new token resumes those that paused for this."""
_PINGED = {
    Status.SUCCESS: PingEvent.SUCCESS,
    Status.FAILED: PingEvent.FAILURE,
    Status.INTERRUPTED: PingEvent.FAILURE,
}


def finish(
    context: Context,
    tx: Connection,
    execution_id: int,
    status: Status,
    reason: str | None = None,
    report: SyncReport | None = None,
    *,
    expected: bool = False,
    refused: bool = False,
) -> bool:
    """Ends an active execution, once: False when it had ended already.

    An `expected` end (the service was stopped) is no failure of the schedule. When the token was `refused`, all
    schedules of the server pause: each of their runs would fail in the same way.
    """
    now = context.now()
    if not executions.finish(tx, execution_id, status, now=now, reason=reason, report=report):
        return False
    ended = executions.get(tx, execution_id)
    if refused and ended is not None and ended.server_id is not None:
        schedules.pause_all_of(tx, ended.server_id, TOKEN_REFUSED)
    if ended is None or ended.schedule_id is None:
        return True
    schedule = schedules.get(tx, ended.schedule_id)
    if schedule is not None:
        _keep_score(context, tx, schedule, ended, now, expected=expected, refused=refused)
    return True


def _keep_score(
    context: Context,
    tx: Connection,
    schedule: Schedule,
    ended: Execution,
    now: datetime,
    *,
    expected: bool,
    refused: bool,
) -> None:
    failed = ended.status in {Status.FAILED, Status.INTERRUPTED} and not expected
    # The libraries of one due time count as one run, which failed when one of them did.
    sibling_failed = executions.failed_siblings(tx, ended)
    before = schedule.failures_in_a_row
    after = before
    if failed and not sibling_failed:
        after = before + 1
    elif ended.status is Status.SUCCESS and not sibling_failed:
        after = 0
    shown = Status.FAILED if sibling_failed and ended.status is Status.SUCCESS else ended.status
    schedules.record_end(tx, schedule.id, ended.status, shown, began=ended.start_time, failures=after)
    limit = schedule.policies.pause_after
    pauses = failed and bool(limit) and after >= limit and schedule.paused_reason is None
    if pauses:
        times = "one failure" if after == 1 else f"{after} failures in a row"
        schedules.pause(tx, schedule.id, f"paused after {times}: {_first_line(ended.reason)}")
    if expected:
        return
    if shown in _PINGED:
        deliveries.queue_ping(tx, schedule.id, _PINGED[shown], now)
    outcome = Outcome(
        execution_id=ended.id,
        schedule_id=schedule.id,
        schedule=schedule.name,
        server=ended.server,
        library=ended.library,
        status=ended.status,
        reason=ended.reason or "",
        changed=0 if ended.options.dry_run else ended.added + ended.updated + ended.removed + ended.restored,
        removals_held=ended.removals_held,
        held_before=_held_before(tx, ended),
        failures_before=before,
        failures_in_a_row=after,
        paused=pauses or refused,
        notify=schedule.policies.notify,
    )
    for message in context.decide(outcome):
        _tell(tx, message, outcome, now)


def _held_before(tx: Connection, ended: Execution) -> int:
    if not ended.removals_held or ended.library_id is None:
        return 0
    return holds.replaced_size(tx, ended.id, ended.library_id)


def _tell(tx: Connection, message: Message, outcome: Outcome, now: datetime) -> None:
    clean = Message(message.kind, redact(message.title), redact(message.text))
    messages.add(tx, clean, schedule_id=outcome.schedule_id, execution_id=outcome.execution_id, now=now)
    _log.warning("%s: %s", clean.title, " ".join(clean.text.split("\n")))


def _first_line(reason: str | None) -> str:
    return (reason or "").split("\n", maxsplit=1)[0]
