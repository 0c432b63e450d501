"""How `retrovue schedules` shows schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from retrovue.cli.output import emit, fields, local, say
from retrovue.export import iso
from retrovue.model.schedule import CatchUp, CronTrigger, Overlap, Policies, Schedule
from retrovue.model.sync import SyncOptions
from retrovue.model.words import duration

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
    if as_json:
        emit(schedule_json(retrovue, schedule))
        return
    trigger = schedule.trigger
    failures = f", {schedule.failures_in_a_row} in a row" if schedule.failures_in_a_row else ""
    fields([
        ("Id", schedule.id),
        ("Name", schedule.name),
        ("Syncs", f"{schedule.library} of {schedule.server}"),
        ("When", f"{retrovue.schedules.describe(schedule)} ({schedule.timezone})"),
        ("Cron", trigger.expression if isinstance(trigger, CronTrigger) else None),
        ("State", state_of(schedule, paused=retrovue.service.health().paused)),
        ("Options", options_in_words(schedule.options)),
        *policies_in_words(schedule.policies),
        ("Last run", _last(schedule)),
        ("Runs", f"{schedule.total_runs:,}, of which {schedule.total_failures:,} failed{failures}"),
        *zip(("Next", "then", "then "), _next_times(retrovue, schedule), strict=False),
    ])  # fmt: skip


def options_in_words(options: SyncOptions) -> str:
    """What a sync does, in words."""
    words = [f"depth {options.depth.value}"]
    if options.dry_run:
        words.append("dry run")
    if options.limit is not None:
        words.append(f"at most {options.limit:,} rows")
    if options.kinds:
        words.append("only " + " and ".join(kind.value for kind in options.kinds))
    if options.details:
        words.append("with details")
    return ", ".join(words)


def policies_in_words(policies: Policies) -> list[tuple[str, str]]:
    """The policies by name, in words."""
    times = "once" if policies.retries == 1 else f"up to {policies.retries} times"
    tries = f"tried again {times}" if policies.retries else "not tried again"
    pause = f"; paused after {policies.pause_after} failures in a row" if policies.pause_after else ""
    late = "not caught up"
    if policies.catch_up is CatchUp.ONCE:
        late = f"caught up once, within {duration(policies.catch_up_window)}"
    return [
        ("While busy", "one run waits" if policies.overlap is Overlap.QUEUE else "the run is skipped"),
        ("When missed", late),
        ("When it fails", tries + pause),
        ("Time limit", duration(policies.timeout)),
        ("For quiet", f"waits up to {duration(policies.wait_quiet)}" if policies.wait_quiet else ""),
        (
            "Tells of",
            ", ".join(notice.value for notice in policies.notify) or "nothing but three failures in a row",
        ),
    ]


def _next_times(retrovue: RetroVue, schedule: Schedule) -> list[str]:
    if not schedule.live:
        return []
    times = retrovue.schedules.preview(schedule.trigger, schedule.timezone, count=3)
    return [f"{time.local:%a %Y-%m-%d %H:%M %Z}{_in_brackets(time.note)}" for time in times]


def _last(schedule: Schedule) -> str:
    if schedule.last_run_at is None:
        return "never"
    result = f", {schedule.last_status.value}" if schedule.last_status else ""
    return local(schedule.last_run_at) + result


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
