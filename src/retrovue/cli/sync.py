"""`retrovue sync`."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retrovue.cli.output import (
    CANCELLED,
    DONE,
    FAILED,
    HELD,
    SKIPPED,
    Json,
    Session,
    emit,
    lasted,
    say,
    table,
)
from retrovue.export import millis
from retrovue.model.execution import Execution, Status
from retrovue.model.sync import Depth, KindChoice, Progress, SyncOptions

if TYPE_CHECKING:
    from retrovue.core.api import Stop

Observe = Callable[[Execution, Progress], None]


def kinds_from(text: str | None) -> tuple[KindChoice, ...]:
    """The kinds of `--kinds movie,episode`."""
    try:
        return tuple(
            dict.fromkeys(KindChoice(part.strip()) for part in (text or "").split(",") if part.strip())
        )
    except ValueError:
        raise typer.BadParameter(f"'{text}': choose from movie, episode", param_hint="--kinds") from None


def sync(
    context: typer.Context,
    server: str,
    libraries: Annotated[list[str] | None, typer.Argument(metavar="[LIBRARY]...", show_default=False)] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")
    ] = False,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Look at no more rows than this.", show_default=False)
    ] = None,
    kinds: Annotated[str | None, typer.Option(help="movie, episode, or both.", show_default=False)] = None,
    depth: Annotated[
        Depth, typer.Option(help="How deep to look; only complete finds removals.")
    ] = Depth.COMPLETE,
    details: Annotated[
        bool, typer.Option("--details", help="Also streams, chapters, markers and all tags.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Bring libraries of a server into the catalogue: the named ones, or all enabled ones."""
    session: Session = context.obj
    options = SyncOptions(dry_run, limit, kinds_from(kinds), depth, details)
    from retrovue.core.api import Stop  # lazily, as everywhere here

    stop = Stop()
    with session.open() as retrovue:
        chosen = retrovue.sync.choose(server, list(libraries or ()), options)
        with stopping(stop), progress_bar() as observe:
            done = list(retrovue.sync.run(chosen, options, stop=stop, observe=observe))
    show_results(done, as_json=as_json)
    return CANCELLED if stop.event.is_set() else exit_code(done)


def exit_code(executions: list[Execution]) -> int:
    """The first that applies of cancelled, failed, held, skipped, done."""
    statuses = {execution.status for execution in executions}
    if Status.CANCELLED in statuses:
        return CANCELLED
    if statuses & {Status.FAILED, Status.INTERRUPTED, Status.RUNNING, Status.QUEUED}:
        return FAILED
    if any(execution.removals_held for execution in executions):
        return HELD
    return SKIPPED if Status.SKIPPED in statuses else DONE


@contextmanager
def stopping(stop: Stop) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask the run to end after its page; a second Ctrl-C ends the process."""

    def ask(number: int, _frame: object) -> None:
        if stop.event.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        say("Stopping after this page. Press Ctrl-C again to stop at once.")
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def progress_bar() -> Iterator[Observe]:
    """A progress bar on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _execution, _progress: None
        return
    from rich.console import Console  # lazily: Rich takes a while to load
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.fields[library]}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[phase]}", markup=False),
    )
    with Bar(*columns, console=Console(stderr=True)) as bar:
        tasks: dict[int, Any] = {}

        def observe(execution: Execution, progress: Progress) -> None:
            if execution.id not in tasks:
                tasks[execution.id] = bar.add_task("", total=None, library=execution.library, phase="")
            bar.update(
                tasks[execution.id], completed=progress.done, total=progress.total, phase=progress.phase
            )

        yield observe


def sync_json(execution: Execution) -> dict[str, Any]:
    """The keys of `sync`."""
    return {
        "execution_id": execution.id,
        "server": execution.server,
        "library": execution.library,
        "status": execution.status.value,
        "reason": execution.reason,
        "dry_run": execution.options.dry_run,
        "depth": (execution.depth or execution.options.depth).value,
        "complete": execution.complete,
        "scanned": execution.scanned,
        "added": execution.added,
        "updated": execution.updated,
        "removed": execution.removed,
        "restored": execution.restored,
        "unchanged": execution.unchanged,
        "errors": execution.errors,
        "removals_held": execution.removals_held,
        "requests": execution.requests,
        "bytes": execution.bytes,
        "duration_ms": millis(execution.duration),
    }


def show_results(executions: list[Execution], *, as_json: bool) -> None:
    """What syncs did, and for those that did not go well, what happened and what to do."""
    if as_json:
        emit([sync_json(execution) for execution in executions])
    else:
        table(
            ("Run", "Library", "Status", "Depth", "Scanned", "Added", "Updated", "Removed", "Restored", "Unchanged",
             "Errors", "Held", "Duration"),
            [
                (
                    e.id, e.library, e.status.value + (" (dry run)" if e.options.dry_run else ""),
                    (e.depth or e.options.depth).value, f"{e.scanned:,}", f"{e.added:,}", f"{e.updated:,}",
                    f"{e.removed:,}", f"{e.restored:,}", f"{e.unchanged:,}", f"{e.errors:,}", f"{e.removals_held:,}",
                    lasted(e.duration),
                )
                for e in executions
            ],
            empty="Nothing was synced.",
            right=("Run", "Scanned", "Added", "Updated", "Removed", "Restored", "Unchanged", "Errors", "Held"),
        )  # fmt: skip
    for execution in executions:
        if execution.reason:
            say(f"{execution.library}: {execution.reason}")
        if execution.errors:
            rows = "row was" if execution.errors == 1 else "rows were"
            say(
                f"{execution.library}: {execution.errors} {rows} left out. Which: retrovue history log {execution.id}"
            )
