"""`retrovue schedules`: what is synced when."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from retrovue.cli.output import CANCELLED, Json, Session, confirm, emit, local, new_group, say, table, when
from retrovue.cli.schedule_options import (
    CatchUpOption,
    CronOption,
    DailyOption,
    DepthOption,
    DetailsOption,
    DryRunOption,
    EveryOption,
    KindsOption,
    LimitOption,
    NotifyOption,
    OverlapOption,
    PauseAfterOption,
    RetriesOption,
    TimeoutOption,
    TimezoneOption,
    WaitQuietOption,
    WeeklyOption,
    WindowOption,
    changed_options,
    changed_policies,
    trigger_from,
)
from retrovue.cli.schedule_output import schedule_json, show_schedule, state_of, tell
from retrovue.export import iso
from retrovue.model.schedule import Draft, Policies
from retrovue.model.sync import Depth, SyncOptions

if TYPE_CHECKING:
    from retrovue.core.api import RetroVue

app = new_group("What is synced when.")
_ALL = "all"


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """All schedules."""
    session: Session = context.obj
    with session.open() as retrovue:
        found = retrovue.schedules.list()
        paused = retrovue.service.health().paused
        if as_json:
            emit([schedule_json(retrovue, schedule) for schedule in found])
            return
        rows = [
            (
                s.id, s.name, s.server, s.library, retrovue.schedules.describe(s), s.timezone, local(s.last_run_at),
                s.last_status.value if s.last_status else "", "" if paused else local(s.next_run_at),
                state_of(s, paused=paused),
            )
            for s in found
        ]  # fmt: skip
    table(
        ("Id", "Name", "Server", "Library", "Frequency", "Zone", "Last run", "Result", "Next run", "State"),
        rows,
        empty="No schedules configured yet. Make one: retrovue schedules add NAME --server S --daily 02:00",
        right=("Id",),
    )


@app.command()
def show(context: typer.Context, schedule: str, as_json: Json = False) -> None:
    """Everything about one schedule, and its next times."""
    session: Session = context.obj
    with session.open() as retrovue:
        show_schedule(retrovue, retrovue.schedules.get(schedule), as_json=as_json)


@app.command()
def add(
    context: typer.Context,
    name: str,
    server: Annotated[str, typer.Option(help="Name or id of the server.")],
    library: Annotated[
        str | None, typer.Option(help="Name or id; all enabled libraries when left out.", show_default=False)
    ] = None,
    cron: CronOption = None,
    every: EveryOption = None,
    daily: DailyOption = None,
    weekly: WeeklyOption = None,
    timezone: TimezoneOption = None,
    dry_run: DryRunOption = None,
    limit: LimitOption = None,
    kinds: KindsOption = None,
    depth: DepthOption = None,
    details: DetailsOption = None,
    overlap: OverlapOption = None,
    catch_up: CatchUpOption = None,
    catch_up_window: WindowOption = None,
    retries: RetriesOption = None,
    timeout: TimeoutOption = None,
    pause_after: PauseAfterOption = None,
    wait_quiet: WaitQuietOption = None,
    notify: NotifyOption = None,
    disabled: Annotated[bool, typer.Option("--disabled", help="Keep it, but do not run it.")] = False,
    as_json: Json = False,
) -> None:
    """Make a schedule."""
    session: Session = context.obj
    trigger = trigger_from(cron, every, daily, weekly)
    if trigger is None:
        raise typer.BadParameter("say when: --cron, --every, --daily or --weekly", param_hint="--daily")
    options = changed_options(SyncOptions(depth=Depth.AUTO), dry_run, limit, kinds, depth, details)
    policies = changed_policies(
        Policies(), overlap, catch_up, catch_up_window, retries, timeout, pause_after, wait_quiet, notify
    )
    with session.open() as retrovue:
        known = retrovue.servers.get(server)
        place = None if library is None else retrovue.libraries.get(library, known.id).id
        zone = timezone or retrovue.schedules.default_timezone()
        draft = Draft(name, known.id, place, trigger, zone, options, policies, enabled=not disabled)
        made = retrovue.schedules.create(draft)
        tell(retrovue, made, as_json=as_json)


@app.command()
def edit(
    context: typer.Context,
    schedule: str,
    name: Annotated[str | None, typer.Option(help="A new name.", show_default=False)] = None,
    server: Annotated[str | None, typer.Option(help="Another server.", show_default=False)] = None,
    library: Annotated[
        str | None, typer.Option(help="Another library; 'all' for all enabled ones.", show_default=False)
    ] = None,
    cron: CronOption = None,
    every: EveryOption = None,
    daily: DailyOption = None,
    weekly: WeeklyOption = None,
    timezone: TimezoneOption = None,
    dry_run: DryRunOption = None,
    limit: LimitOption = None,
    kinds: KindsOption = None,
    depth: DepthOption = None,
    details: DetailsOption = None,
    overlap: OverlapOption = None,
    catch_up: CatchUpOption = None,
    catch_up_window: WindowOption = None,
    retries: RetriesOption = None,
    timeout: TimeoutOption = None,
    pause_after: PauseAfterOption = None,
    wait_quiet: WaitQuietOption = None,
    notify: NotifyOption = None,
    as_json: Json = False,
) -> None:
    """Change a schedule; what is not named stays. A limit of 0 takes the limit away."""
    session: Session = context.obj
    with session.open() as retrovue:
        draft = _moved(retrovue, retrovue.schedules.draft_of(schedule), server, library)
        draft = replace(
            draft,
            name=draft.name if name is None else name,
            trigger=trigger_from(cron, every, daily, weekly) or draft.trigger,
            timezone=timezone or draft.timezone,
            options=changed_options(draft.options, dry_run, limit, kinds, depth, details),
            policies=changed_policies(
                draft.policies,
                overlap,
                catch_up,
                catch_up_window,
                retries,
                timeout,
                pause_after,
                wait_quiet,
                notify,
            ),
        )
        tell(retrovue, retrovue.schedules.update(schedule, draft), as_json=as_json)


def _moved(retrovue: RetroVue, draft: Draft, server: str | None, library: str | None) -> Draft:
    if server is not None:
        known = retrovue.servers.get(server).id
        if known != draft.server_id and draft.library_id is not None and library is None:
            raise typer.BadParameter("name the library on that server too, or 'all'", param_hint="--library")
        draft = replace(draft, server_id=known)
    if library is None:
        return draft
    if library == _ALL:
        return replace(draft, library_id=None)
    return replace(draft, library_id=retrovue.libraries.get(library, draft.server_id).id)


@app.command()
def duplicate(context: typer.Context, schedule: str, as_json: Json = False) -> None:
    """Copy a schedule; the copy is disabled."""
    session: Session = context.obj
    with session.open() as retrovue:
        tell(retrovue, retrovue.schedules.duplicate(schedule), as_json=as_json)


@app.command()
def enable(context: typer.Context, schedule: str, as_json: Json = False) -> None:
    """Let a schedule run again. What was missed meanwhile does not run."""
    session: Session = context.obj
    with session.open() as retrovue:
        tell(retrovue, retrovue.schedules.enable(schedule), as_json=as_json)


@app.command()
def disable(context: typer.Context, schedule: str, as_json: Json = False) -> None:
    """Keep a schedule, but do not run it."""
    session: Session = context.obj
    with session.open() as retrovue:
        tell(retrovue, retrovue.schedules.disable(schedule), as_json=as_json)


@app.command()
def remove(
    context: typer.Context,
    schedule: str,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a schedule. Its history stays."""
    session: Session = context.obj
    with session.open() as retrovue:
        found = retrovue.schedules.get(schedule)
        confirm(f"Remove the schedule '{found.name}'?", yes=yes)
        document = schedule_json(retrovue, found)
        retrovue.schedules.remove([found.id])
    if as_json:
        emit(document)
    else:
        say(f"Removed '{found.name}'. Its history stays.")


@app.command()
def run(
    context: typer.Context,
    schedule: str,
    here: Annotated[bool, typer.Option("--here", help="In this process, without the service.")] = False,
    as_json: Json = False,
) -> int:
    """Run a schedule now: the service does it, or this process with --here."""
    from retrovue.cli.sync import exit_code, progress_bar, show_results, stopping
    from retrovue.core.api import Stop
    from retrovue.export import execution_json  # lazily, as everywhere here

    session: Session = context.obj
    with session.open() as retrovue:
        if here:
            stop = Stop()
            with stopping(stop), progress_bar() as observe:
                done = list(retrovue.schedules.run_here(schedule, stop=stop, observe=observe))
            show_results(done, as_json=as_json)
            return CANCELLED if stop.event.is_set() else exit_code(done)
        queued = [retrovue.history.get(ident) for ident in retrovue.schedules.run(schedule)]
        if as_json:
            emit([execution_json(execution) for execution in queued])
            return 0
        for execution in queued:
            say(f"Queued: {execution.library}. Follow it: retrovue history log {execution.id} --follow")
        if retrovue.service.health().first is None:
            say("The service is not running. Start it: retrovue service start")
    return 0


@app.command()
def preview(
    context: typer.Context,
    schedule: Annotated[str | None, typer.Argument(show_default=False)] = None,
    cron: CronOption = None,
    every: EveryOption = None,
    daily: DailyOption = None,
    weekly: WeeklyOption = None,
    timezone: TimezoneOption = None,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many times.")] = 5,
    after: Annotated[
        str | None, typer.Option(help="Later than this instead of now.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """When a schedule, or an expression, would run next."""
    session: Session = context.obj
    trigger = trigger_from(cron, every, daily, weekly)
    if (schedule is None) == (trigger is None):
        raise typer.BadParameter(
            "name a schedule, or give --cron, --every, --daily or --weekly", param_hint="SCHEDULE"
        )
    start = None if after is None else when(after, option="--after")
    with session.open() as retrovue:
        if schedule is not None:
            found = retrovue.schedules.get(schedule)
            trigger, zone = found.trigger, timezone or found.timezone
        else:
            zone = timezone or retrovue.schedules.default_timezone()
        assert trigger is not None
        times = retrovue.schedules.preview(trigger, zone, count=count, after=start)
    if as_json:
        emit([{"at": iso(t.at), "local": t.local.isoformat(), "note": t.note} for t in times])
        return
    table(
        ("At", "Zone", "UTC", "Note"),
        [(f"{t.local:%a %Y-%m-%d %H:%M}", f"{t.local:%Z}", f"{t.at:%Y-%m-%d %H:%M}", t.note) for t in times],
        empty="It would not run again.",
    )


@app.command("pause-all")
def pause_all(context: typer.Context, as_json: Json = False) -> None:
    """No schedule runs until resume-all."""
    session: Session = context.obj
    with session.open() as retrovue:
        retrovue.service.pause_all()
    _paused(as_json, paused=True)


@app.command("resume-all")
def resume_all(context: typer.Context, as_json: Json = False) -> None:
    """Schedules run again from now on."""
    session: Session = context.obj
    with session.open() as retrovue:
        retrovue.service.resume_all()
    _paused(as_json, paused=False)


def _paused(as_json: bool, *, paused: bool) -> None:
    if as_json:
        emit({"paused": paused})
    else:
        say(
            "All schedules are paused. Go on with: retrovue schedules resume-all"
            if paused
            else "Schedules run again."
        )
