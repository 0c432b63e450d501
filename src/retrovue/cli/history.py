"""`retrovue history`: every sync that was ever started."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retrovue.cli.catalogue import AfterOption, Format, LimitOption
from retrovue.cli.output import (
    Json,
    Session,
    emit,
    fields,
    lasted,
    local,
    new_group,
    say,
    size,
    table,
    when,
    write,
)
from retrovue.export import execution_json, iso, opened, write_lines, write_table
from retrovue.model.execution import HistoryFilter, Status

if TYPE_CHECKING:
    from retrovue.model.execution import LogLine

app = new_group("Every sync that was ever started.")
_SCREENFUL = 50
_FOLLOW_SECONDS = 0.5

ScheduleOption = Annotated[
    str | None, typer.Option("--schedule", help="Only of this schedule.", show_default=False)
]
StatusOption = Annotated[
    Status | None, typer.Option("--status", help="Only with this status.", show_default=False)
]
SinceOption = Annotated[str | None, typer.Option("--since", help="2026-11-01, or 7d.", show_default=False)]
UntilOption = Annotated[str | None, typer.Option("--until", help="2026-11-01, or 7d.", show_default=False)]


def _filter(
    schedule: str | None,
    status: Status | None,
    since: str | None,
    until: str | None,
    limit: int | None,
    after: int | None,
) -> HistoryFilter:
    return HistoryFilter(
        schedule=schedule,
        status=status,
        since=None if since is None else when(since, option="--since"),
        until=None if until is None else when(until, option="--until"),
        limit=limit,
        after=after,
    )


@app.command("list")
def list_(
    context: typer.Context,
    schedule: ScheduleOption = None,
    status: StatusOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = None,
    after: AfterOption = None,
    as_json: Json = False,
) -> None:
    """Executions, newest first."""
    session: Session = context.obj
    shown = limit if limit is not None or as_json else _SCREENFUL + 1
    with session.open() as retrovue:
        found = retrovue.history.list(_filter(schedule, status, since, until, shown, after))
    if as_json:
        emit([execution_json(execution) for execution in found])
        return
    more = limit is None and len(found) > _SCREENFUL
    found = found[:_SCREENFUL] if more else found
    table(
        ("Id", "Schedule", "Server", "Library", "Started", "Duration", "Items", "Changed", "Errors", "Status", "Reason"),
        [
            (
                e.id, e.schedule or "by hand", e.server, e.library, local(e.start_time), lasted(e.duration),
                f"{e.scanned:,}", f"{e.added + e.updated + e.removed + e.restored:,}", e.errors,
                e.status.value + (" (dry run)" if e.options.dry_run else ""), (e.reason or "").split("\n")[0],
            )
            for e in found
        ],
        empty="Nothing was synced yet. Begin: retrovue sync SERVER",
        right=("Id", "Items", "Changed", "Errors"),
    )  # fmt: skip
    if more:
        say(f"More: add --after {found[-1].id}, or --limit N")


@app.command()
def show(context: typer.Context, execution: int, as_json: Json = False) -> None:
    """Everything about one execution."""
    session: Session = context.obj
    with session.open() as retrovue:
        found = retrovue.history.get(execution)
    document = execution_json(found)
    if as_json:
        emit(document)
        return
    fields([
        ("Id", found.id),
        ("Schedule", found.schedule or "by hand"),
        ("Library", f"{found.library} of {found.server}"),
        ("Due", local(found.due_at)),
        ("Started", local(found.start_time)),
        ("Ended", local(found.end_time)),
        ("Duration", lasted(found.duration)),
        ("Status", found.status.value + (" (dry run)" if found.options.dry_run else "")),
        ("Why", found.reason),
        ("Attempt", found.attempt),
        ("Depth", document["depth"]),
        ("Looked at", f"{found.scanned:,}"),
        ("Changed", f"{found.added:,} added, {found.updated:,} updated, {found.removed:,} removed, {found.restored:,} restored"),
        ("Errors", f"{found.errors:,}"),
        ("Held", f"{found.removals_held:,} removals" if found.removals_held else ""),
        ("Traffic", f"{found.requests:,} requests, {size(found.bytes)}"),
    ])  # fmt: skip
    say(f"Its log: retrovue history log {found.id}")


@app.command()
def log(
    context: typer.Context,
    execution: int,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on while it runs.")] = False,
    as_json: Json = False,
) -> None:
    """The log of one execution."""
    session: Session = context.obj
    with session.open() as retrovue:
        lines = retrovue.history.log(execution)
        if as_json:
            emit([{"at": iso(line.at), "level": line.level, "message": line.message} for line in lines])
            return
        _print(lines)
        dropped = retrovue.history.log_dropped(execution)
        last = lines[-1].id if lines else 0
        while follow and not retrovue.history.get(execution).status.ended:
            time.sleep(_FOLLOW_SECONDS)
            new = retrovue.history.log(execution, after=last)
            _print(new)
            last = new[-1].id if new else last
        if follow:
            _print(retrovue.history.log(execution, after=last))
    if dropped:
        say(f"{dropped:,} lines were left out of the middle: the log was longer than history.log_kib allows.")


def _print(lines: list[LogLine]) -> None:
    from retrovue.cli.output import printable  # lazily, as everywhere here

    for line in lines:
        write(f"{local(line.at)} {line.level:<7} {printable(line.message)}\n")


@app.command()
def cancel(context: typer.Context, execution: int, as_json: Json = False) -> None:
    """Ask a running execution to stop at its next page."""
    session: Session = context.obj
    with session.open() as retrovue:
        found = retrovue.history.cancel(execution)
    if as_json:
        emit(execution_json(found))
    else:
        waited = found.status is Status.CANCELLED
        say(f"Execution {execution} was {'cancelled' if waited else 'asked to stop'}.")


@app.command("run-again")
def run_again(context: typer.Context, execution: int, as_json: Json = False) -> None:
    """Queue the same sync once more; the service runs it."""
    session: Session = context.obj
    with session.open() as retrovue:
        queued = retrovue.history.get(retrovue.history.run_again(execution))
        asleep = retrovue.service.health().first is None
    if as_json:
        emit(execution_json(queued))
        return
    say(f"Queued: {queued.library}. Follow it: retrovue history log {queued.id} --follow")
    if asleep:
        say("The service is not running. Start it: retrovue service start")


@app.command()
def export(
    context: typer.Context,
    format_: Annotated[
        Format, typer.Option("--format", help="A line an execution, or a table.")
    ] = Format.JSONL,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Into this file.", show_default=False)
    ] = None,
    schedule: ScheduleOption = None,
    status: StatusOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    limit: LimitOption = None,
) -> None:
    """Executions as JSON lines or CSV."""
    session: Session = context.obj
    wanted = _filter(schedule, status, since, until, limit, None)
    with session.open() as retrovue, opened(output) as target:
        documents = (execution_json(execution) for execution in retrovue.history.pages(wanted))
        count = (write_table if format_ is Format.CSV else write_lines)(target, documents)
    say(f"{count:,} executions were exported.")


@app.command()
def prune(context: typer.Context, as_json: Json = False) -> None:
    """Forget what is older than the settings say."""
    session: Session = context.obj
    with session.open() as retrovue:
        executions, changes = retrovue.history.prune()
    if as_json:
        emit({"executions": executions, "changes": changes})
    else:
        say(f"{executions:,} executions and {changes:,} changes were forgotten.")
