"""What is worth telling people of a scheduled run."""

from __future__ import annotations

from retrovue.model.execution import Status
from retrovue.model.schedule import Message, Notice, Outcome

ALWAYS_AFTER = 3
"""So many failures in a row are told of, whatever the schedule says."""


def decide(outcome: Outcome) -> list[Message]:
    """The messages for one ended run, most urgent first; often none."""
    if outcome.status in {Status.FAILED, Status.INTERRUPTED}:
        return _failure(outcome)
    if outcome.status is Status.SUCCESS:
        return _success(outcome)
    return []


def _failure(outcome: Outcome) -> list[Message]:
    count = outcome.failures_in_a_row
    just_enough = count == ALWAYS_AFTER and count != outcome.failures_before
    if Notice.FAILURE not in outcome.notify and not just_enough and not outcome.paused:
        return []
    lines = [outcome.reason]
    if count > 1:
        lines.append(f"It is failure number {count} in a row.")
    if outcome.paused:
        lines.append("The schedule pauses until you enable it again.")
    lines.append(f"The log: retrovue history log {outcome.execution_id}")
    verb = "failed" if outcome.status is Status.FAILED else "was interrupted"
    return [Message(Notice.FAILURE, f"'{outcome.schedule}' {verb} ({_place(outcome)})", "\n".join(lines))]


def _success(outcome: Outcome) -> list[Message]:
    found: list[Message] = []
    place = _place(outcome)
    if Notice.HELD in outcome.notify and outcome.removals_held > outcome.held_before:
        found.append(
            Message(
                Notice.HELD,
                f"'{outcome.schedule}' holds {outcome.removals_held:,} removals back ({place})",
                f"{outcome.reason}\nLook at them, then approve or reject them: retrovue removals list",
            )
        )
    if Notice.RECOVERY in outcome.notify and outcome.failures_before and not outcome.failures_in_a_row:
        words = (
            "after one failure"
            if outcome.failures_before == 1
            else f"after {outcome.failures_before} failures"
        )
        found.append(
            Message(Notice.RECOVERY, f"'{outcome.schedule}' works again ({place})", f"It succeeded {words}.")
        )
    changes = "nothing has changed" if not outcome.changed else f"{outcome.changed:,} items have changed"
    if Notice.SUCCESS in outcome.notify:
        found.append(Message(Notice.SUCCESS, f"'{outcome.schedule}' succeeded ({place})", f"{changes}."))
    elif Notice.CHANGE in outcome.notify and outcome.changed:
        what = f"What: retrovue catalogue changes --execution {outcome.execution_id}"
        found.append(Message(Notice.CHANGE, f"'{outcome.schedule}': {changes} ({place})", what))
    return found


def _place(outcome: Outcome) -> str:
    return f"{outcome.library} of {outcome.server}"
