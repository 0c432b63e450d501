"""How `retrovue schedules` shows schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retrovue.cli.output import emit, fields, iso, local, say
from retrovue.model.schedule import CronTrigger, Schedule

if TYPE_CHECKING:
    from retrovue.core.api import RetroVue


def schedule_json(retrovue: RetroVue, schedule: Schedule) -> dict[str, Any]:
    """The keys of `schedules list`, `show` and `add`."""
    trigger, policies, options = schedule.trigger, schedule.policies, schedule.options
    if isinstance(trigger, CronTrigger):
        told: dict[str, Any] = {"type": "cron", "expression": trigger.expression}
    else:
        told = {"type": "interval", "every_seconds": round(trigger.every.total_seconds())}
    return {
        "id": schedule.id,
        "name": schedule.name,
        "server": schedule.server,
        "library": None if schedule.library_id is None else schedule.library,
        "trigger": told,
        "timezone": schedule.timezone,
        "description": retrovue.schedules.describe(schedule),
        "options": {
            "dry_run": options.dry_run,
            "limit": options.limit,
            "kinds": [kind.value for kind in options.kinds],
            "depth": options.depth.value,
            "details": options.details,
        },
        "policies": {
            "overlap": policies.overlap.value,
            "catch_up": policies.catch_up.value,
            "catch_up_window_seconds": round(policies.catch_up_window.total_seconds()),
            "timeout_seconds": round(policies.timeout.total_seconds()),
            "retries": policies.retries,
            "pause_after": policies.pause_after,
            "wait_quiet_seconds": round(policies.wait_quiet.total_seconds()),
            "notify": [notice.value for notice in policies.notify],
        },
        "enabled": schedule.enabled,
        "paused_reason": schedule.paused_reason,
        "error": schedule.error,
        "last_run_at": iso(schedule.last_run_at),
        "last_status": None if schedule.last_status is None else schedule.last_status.value,
        "next_run_at": iso(schedule.next_run_at),
        "total_runs": schedule.total_runs,
        "total_failures": schedule.total_failures,
        "failures_in_a_row": schedule.failures_in_a_row,
    }


def state_of(schedule: Schedule, *, paused: bool) -> str:
    """A schedule's state for people."""
    if schedule.error is not None:
        return f"broken: {schedule.error}"
    if not schedule.enabled:
        return "disabled"
    if schedule.paused_reason is not None:
        return schedule.paused_reason
    return "paused with all others" if paused else "enabled"


def show_schedule(retrovue: RetroVue, schedule: Schedule, *, as_json: bool) -> None:
    """Everything about a schedule."""
    document = schedule_json(retrovue, schedule)
    if as_json:
        emit(document)
        return
    plain = {
        key: value
        for key, value in document.items()
        if key not in {"options", "policies", "trigger", "library"}
    }
    trigger = document["trigger"].get("expression")
    fields([
        *((name.replace("_", " ").capitalize(), value) for name, value in plain.items()),
        ("Library", schedule.library),
        ("Cron", trigger),
        ("Options", ", ".join(f"{key} {_word(value)}" for key, value in document["options"].items())),
        ("Policies", ", ".join(f"{key} {_word(value)}" for key, value in document["policies"].items())),
    ])  # fmt: skip
    if schedule.live:
        times = retrovue.schedules.preview(schedule.trigger, schedule.timezone, count=3)
        fields(
            [
                (
                    "Next times",
                    "; ".join(f"{t.local:%a %Y-%m-%d %H:%M %Z}{_in_brackets(t.note)}" for t in times),
                )
            ]
        )


def _word(value: Any) -> str:
    if isinstance(value, list):
        return "+".join(value) or "any"
    return "none" if value is None else str(value).lower()


def _in_brackets(note: str) -> str:
    return f" ({note})" if note else ""


def tell(retrovue: RetroVue, made: Schedule, *, as_json: bool) -> None:
    """What was made or changed, and whether anything will start it."""
    if as_json:
        emit(schedule_json(retrovue, made))
        return
    following = (
        f"; next {local(made.next_run_at)}" if made.next_run_at else f"; {state_of(made, paused=False)}"
    )
    say(
        f"'{made.name}': {made.library} of {made.server}, {retrovue.schedules.describe(made)} ({made.timezone}){following}"
    )
    if made.next_run_at and retrovue.service.health().first is None:
        say("The service is not running, so nothing will start. Start it: retrovue service start")
