"""What is worth telling."""

from __future__ import annotations

from typing import Any

import pytest

from retrovue.model.execution import Status
from retrovue.model.schedule import Notice, Outcome
from retrovue.notify.rules import decide

DEFAULT = (Notice.FAILURE, Notice.HELD)


def outcome(status: Status = Status.SUCCESS, **values: Any) -> Outcome:
    given: dict[str, Any] = {
        "execution_id": 7, "schedule_id": 1, "schedule": "Nightly", "server": "Home", "library": "Movies", "reason": "",
        "changed": 0, "removals_held": 0, "held_before": 0, "failures_before": 0, "failures_in_a_row": 0, "paused": False,
        "notify": DEFAULT,
    }  # fmt: skip
    return Outcome(status=status, **(given | values))


@pytest.mark.parametrize(
    ("case", "kinds"),
    [
        (outcome(), []),
        (outcome(changed=3), []),
        (outcome(Status.FAILED, failures_in_a_row=1), [Notice.FAILURE]),
        (outcome(Status.INTERRUPTED, failures_in_a_row=1), [Notice.FAILURE]),
        (outcome(Status.FAILED, failures_in_a_row=1, notify=()), []),
        (outcome(Status.FAILED, failures_before=2, failures_in_a_row=3, notify=()), [Notice.FAILURE]),
        (outcome(Status.FAILED, failures_before=3, failures_in_a_row=3, notify=()), []),
        (outcome(Status.FAILED, failures_before=3, failures_in_a_row=4, notify=()), []),
        (outcome(Status.FAILED, failures_in_a_row=1, notify=(), paused=True), [Notice.FAILURE]),
        (outcome(Status.CANCELLED), []),
        (outcome(Status.SKIPPED), []),
        (outcome(removals_held=30), [Notice.HELD]),
        (outcome(removals_held=30, held_before=30), []),
        (outcome(removals_held=31, held_before=30), [Notice.HELD]),
        (outcome(removals_held=30, notify=()), []),
        (outcome(failures_before=2, notify=(Notice.RECOVERY,)), [Notice.RECOVERY]),
        (outcome(failures_before=2, failures_in_a_row=2, notify=(Notice.RECOVERY,)), []),
        (outcome(changed=3, notify=(Notice.CHANGE,)), [Notice.CHANGE]),
        (outcome(notify=(Notice.CHANGE,)), []),
        (outcome(changed=3, notify=(Notice.SUCCESS, Notice.CHANGE)), [Notice.SUCCESS]),
        (outcome(notify=(Notice.SUCCESS,)), [Notice.SUCCESS]),
    ],
)
def test_kinds(case: Outcome, kinds: list[Notice]) -> None:
    assert [message.kind for message in decide(case)] == kinds


def test_texts_say_what_happened_and_what_to_do() -> None:
    (message,) = decide(
        outcome(
            Status.FAILED,
            failures_before=1,
            failures_in_a_row=2,
            reason="Nobody answers\nIs it on?",
            paused=True,
        )
    )
    assert message.title == "'Nightly' failed (Movies of Home)"
    for words in (
        "Nobody answers",
        "Is it on?",
        "failure number 2 in a row",
        "enable it again",
        "history log 7",
    ):
        assert words in message.text
