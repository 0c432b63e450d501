"""What a schedule must be, checked before it is kept; the field at fault is named."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from retrovue.core.scheduling import cron, due
from retrovue.core.scheduling.zones import zone
from retrovue.core.sync import plan
from retrovue.errors import Invalid
from retrovue.model.catalogue import Library
from retrovue.model.schedule import (
    LONGEST_INTERVAL,
    SHORTEST_INTERVAL,
    CronTrigger,
    Draft,
    Policies,
    Trigger,
)
from retrovue.model.sync import SyncOptions
from retrovue.model.words import duration

_LONGEST_NAME = 200
_MOST_RETRIES = 10
_LIMITS = {
    "timeout": (timedelta(minutes=1), timedelta(days=7)),
    "catch_up_window": (timedelta(), timedelta(days=31)),
    "wait_quiet": (timedelta(), timedelta(days=1)),
}


def checked(draft: Draft, library: Library | None, now: datetime) -> Draft:
    """The draft with its name trimmed and its expression in its plain form. Raises `Invalid` naming the field."""
    zone(draft.timezone)
    trigger = checked_trigger(draft.trigger)
    if due.next_due(trigger, draft.timezone, now) is None:
        raise Invalid("cron", "This schedule would never run", hint="Change the day of month or the month.")
    _check_options(draft.options, library)
    _check_policies(draft.policies)
    return replace(draft, name=_name(draft.name), trigger=trigger)


def checked_trigger(trigger: Trigger) -> Trigger:
    """The trigger in its plain form. Raises `Invalid` for the field `cron` or `every`."""
    if isinstance(trigger, CronTrigger):
        return CronTrigger(cron.parse(trigger.expression).text)
    if not SHORTEST_INTERVAL <= trigger.every <= LONGEST_INTERVAL:
        raise Invalid(
            "every",
            f"Every {duration(trigger.every)} is not possible",
            f"the shortest is {duration(SHORTEST_INTERVAL)}, the longest {duration(LONGEST_INTERVAL)}",
            "Choose another interval, such as 2h.",
        )
    if trigger.every % timedelta(minutes=1):
        raise Invalid("every", "An interval is whole minutes, hours or days", hint="Write 90m, 2h or 1d.")
    return trigger


def _name(name: str) -> str:
    trimmed = " ".join(name.split())
    if not trimmed:
        raise Invalid("name", "A schedule needs a name")
    if len(trimmed) > _LONGEST_NAME:
        raise Invalid("name", "The name is too long", f"at most {_LONGEST_NAME} characters")
    if any(unicodedata.category(character) == "Cc" for character in trimmed):
        raise Invalid("name", "The name holds control characters")
    return trimmed


def _check_options(options: SyncOptions, library: Library | None) -> None:
    if options.limit is not None and options.limit < 1:
        raise Invalid("limit", "The limit must be at least 1")
    if options.approve is not None:
        raise Invalid("options", "A schedule cannot approve removals")
    if library is not None:
        why_not = plan.why_not(library, options)
        if why_not is not None:
            field = "library" if not library.supported else "kinds"
            raise Invalid(field, f"'{library.title}' cannot be synced like this", why_not)


def _check_policies(policies: Policies) -> None:
    values: Sequence[tuple[str, timedelta]] = (
        ("timeout", policies.timeout),
        ("catch_up_window", policies.catch_up_window),
        ("wait_quiet", policies.wait_quiet),
    )
    for field, value in values:
        least, most = _LIMITS[field]
        if not least <= value <= most:
            what = field.replace("_", " ")
            raise Invalid(
                field,
                f"The {what} cannot be {duration(value)}",
                f"from {duration(least)} to {duration(most)}",
            )
    if not 0 <= policies.retries <= _MOST_RETRIES:
        raise Invalid("retries", f"Retries must be between 0 and {_MOST_RETRIES}")
    if not 0 <= policies.pause_after <= 1000:
        raise Invalid("pause_after", "Failures before a pause must be between 0 (never) and 1000")
