"""The options of `schedules add` and `edit`, and what they stand for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from retrovue.errors import Invalid
from retrovue.model.schedule import (
    CHOSEN_NOTICES,
    CatchUp,
    CronTrigger,
    IntervalTrigger,
    Notice,
    Overlap,
    Policies,
    Trigger,
)
from retrovue.model.sync import Depth, KindChoice, SyncOptions


def _option(*names: str, about: str) -> Any:
    return typer.Option(*names, help=about, show_default=False)


CronOption = Annotated[str | None, _option("--cron", about="Five fields, or @daily: '0 2 * * *'.")]
EveryOption = Annotated[str | None, _option("--every", about="An interval: 90m, 6h, 2d.")]
DailyOption = Annotated[str | None, _option("--daily", about="A time of day: 02:00.")]
WeeklyOption = Annotated[str | None, _option("--weekly", about="Days and a time: sat@00:00, mon,wed@03:30.")]
TimezoneOption = Annotated[
    str | None, _option("--timezone", about="IANA zone such as Europe/Berlin; yours when left out.")
]
DryRunOption = Annotated[
    bool | None, _option("--dry-run/--no-dry-run", about="Say what would change, and change nothing.")
]
LimitOption = Annotated[int | None, _option("--limit", about="Look at no more rows than this.")]
KindsOption = Annotated[str | None, _option("--kinds", about="movie, episode, or both.")]
DepthOption = Annotated[Depth | None, _option("--depth", about="How deep to look; auto when left out.")]
DetailsOption = Annotated[bool | None, _option("--details/--no-details", about="Also streams and all tags.")]
OverlapOption = Annotated[
    Overlap | None, _option("--overlap", about="When its library is being synced: skip, or queue one.")
]
CatchUpOption = Annotated[
    CatchUp | None, _option("--catch-up", about="After downtime: run once for what was missed, or not.")
]
WindowOption = Annotated[
    str | None, _option("--catch-up-window", about="How late a run may be caught up: 24h.")
]
RetriesOption = Annotated[int | None, _option("--retries", about="After passing failures: 2.")]
TimeoutOption = Annotated[str | None, _option("--timeout", about="How long a run may take: 6h.")]
PauseAfterOption = Annotated[
    int | None, _option("--pause-after", about="Pause after so many failures in a row; 0: never.")
]
WaitQuietOption = Annotated[
    str | None, _option("--wait-quiet", about="Wait so long for people to stop streaming; 0: do not.")
]
NotifyOption = Annotated[
    str | None, _option("--notify", about="failure,held,recovery,success,change, or none.")
]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def length(text: str, option: str) -> timedelta:
    """A length of time from `90m`, `6h`, `1d`, `1h30m`, or `0`."""
    compact = text.strip().lower()
    if compact == "0":
        return timedelta()
    if not re.fullmatch(r"(\d{1,7}[smhdw])+", compact):
        raise typer.BadParameter(f"'{text}' is no length of time; write 90m, 6h or 1d", param_hint=option)
    seconds = sum(int(count) * _UNITS[unit] for count, unit in re.findall(r"(\d+)([smhdw])", compact))
    try:
        return timedelta(seconds=seconds)
    except OverflowError:
        raise typer.BadParameter(f"'{text}' is too long", param_hint=option) from None


def trigger_from(
    cron: str | None, every: str | None, daily: str | None, weekly: str | None
) -> Trigger | None:
    """The trigger of these options, None when there is none. An interval begins now."""
    given = [option for option in (cron, every, daily, weekly) if option is not None]
    if len(given) > 1:
        raise typer.BadParameter("give one of --cron, --every, --daily and --weekly", param_hint="--cron")
    if every is not None:
        return IntervalTrigger(length(every, "--every"), datetime.now(UTC).replace(second=0, microsecond=0))
    if daily is not None:
        hour, minute = _time(daily, "--daily")
        return CronTrigger(f"{minute} {hour} * * *")
    if weekly is not None:
        days, _, time = weekly.partition("@")
        hour, minute = _time(time, "--weekly")
        numbers = sorted({_day(day) for day in days.split(",")})
        return CronTrigger(f"{minute} {hour} * * {','.join(map(str, numbers))}")
    return None if cron is None else CronTrigger(cron)


def _time(text: str, option: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,2}):(\d{2})", text.strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        example = "sat@00:00" if option == "--weekly" else "02:00"
        raise typer.BadParameter(f"'{text}' is no time of day; write {example}", param_hint=option)
    return int(found[1]), int(found[2])


def _day(text: str) -> int:
    name = text.strip().lower()[:3]
    if name not in _DAYS:
        raise typer.BadParameter(
            f"'{text}' is no day; write {', '.join(_DAYS)}, as in sat@00:00", param_hint="--weekly"
        )
    return _DAYS.index(name)


def changed_options(
    old: SyncOptions,
    dry_run: bool | None,
    limit: int | None,
    kinds: str | None,
    depth: Depth | None,
    details: bool | None,
) -> SyncOptions:
    """The options with what was given put in."""
    changes: dict[str, Any] = {"dry_run": dry_run, "depth": depth, "details": details}
    if kinds is not None:
        changes["kinds"] = tuple(dict.fromkeys(_choices(kinds, KindChoice, "--kinds")))
    changed = replace(old, **{name: value for name, value in changes.items() if value is not None})
    return changed if limit is None else replace(changed, limit=limit or None)


def changed_policies(
    old: Policies,
    overlap: Overlap | None,
    catch_up: CatchUp | None,
    catch_up_window: str | None,
    retries: int | None,
    timeout: str | None,
    pause_after: int | None,
    wait_quiet: str | None,
    notify: str | None,
) -> Policies:
    """The policies with what was given put in."""
    changes: dict[str, Any] = {
        "overlap": overlap,
        "catch_up": catch_up,
        "catch_up_window": None if catch_up_window is None else length(catch_up_window, "--catch-up-window"),
        "retries": retries,
        "timeout": None if timeout is None else length(timeout, "--timeout"),
        "pause_after": pause_after,
        "wait_quiet": None if wait_quiet is None else length(wait_quiet, "--wait-quiet"),
    }
    if notify is not None:
        words = "" if notify.strip().lower() == "none" else notify
        changes["notify"] = tuple(dict.fromkeys(_choices(words, Notice, "--notify", CHOSEN_NOTICES)))
    return replace(old, **{name: value for name, value in changes.items() if value is not None})


def _choices(text: str, kind: Any, option: str, among: Sequence[Any] = ()) -> Sequence[Any]:
    allowed = among or tuple(kind)
    try:
        found = [kind(part.strip().lower()) for part in text.split(",") if part.strip()]
    except ValueError:
        found = [None]
    if any(one not in allowed for one in found):
        known = ", ".join(member.value for member in allowed)
        raise Invalid(option.lstrip("-"), f"'{text}' cannot be read", f"choose from {known}")
    return found
