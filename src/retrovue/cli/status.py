"""`retrovue status`: the service, what runs, what comes next, what failed, and what waits for a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from retrovue.cli.output import Json, Session, emit, fields, local, say
from retrovue.cli.removals import hold_json
from retrovue.cli.service import service_json
from retrovue.export import execution_json, iso
from retrovue.model.execution import Execution, HistoryFilter, Status

if TYPE_CHECKING:
    from retrovue.core.api import RetroVue

_SHOWN = 5


def status(context: typer.Context, as_json: Json = False) -> None:
    """What runs, what comes next, what failed, and what waits for a decision."""
    session: Session = context.obj
    with session.open() as retrovue:
        retrovue.sync.recover()
        if as_json:
            emit(status_json(retrovue))
            return
        health = retrovue.service.health()
        running = retrovue.history.running()
        upcoming = retrovue.service.upcoming(_SHOWN)
        held = retrovue.removals.list()
        failed = retrovue.history.list(HistoryFilter(status=Status.FAILED, limit=_SHOWN))
        waiting = bool(retrovue.schedules.list())
    fields([
        ("Service", health.state.value + (" (all schedules are paused)" if health.paused else "")),
        ("Running", ", ".join(f"{_name(e)} {percent(e)}" for e in running) or "nothing"),
        ("Next", "; ".join(f"{run.schedule} at {local(run.at)}" for run in upcoming)),
    ])  # fmt: skip
    if waiting and health.first is None:
        say("Schedules do not run while the service is stopped. Start it: retrovue service start")
    for hold in held:
        say(f"Held: {hold.count:,} removals in '{hold.library}'. Look: retrovue removals list")
    for execution in failed:
        reason = (execution.reason or "").splitlines()
        say(f"Failed {local(execution.end_time)}: {_name(execution)}: {reason[0] if reason else ''}")


def _name(execution: Execution) -> str:
    place = f"{execution.library} of {execution.server}"
    return f"{execution.schedule} ({place})" if execution.schedule else place


def percent(execution: Execution) -> str:
    """How far a run is."""
    if not execution.progress_total:
        return execution.progress_phase or ""
    return f"{execution.progress_done * 100 // execution.progress_total} %"


def status_json(retrovue: RetroVue) -> dict[str, Any]:
    """The keys of `status`."""
    return {
        "service": service_json(retrovue.service.health()),
        "running": [
            {
                "execution_id": e.id, "schedule": e.schedule, "server": e.server, "library": e.library,
                "done": e.progress_done, "total": e.progress_total, "started_at": iso(e.start_time),
            }
            for e in retrovue.history.running()
        ],
        "next": [{"schedule": run.schedule, "at": iso(run.at)} for run in retrovue.service.upcoming()],
        "failed_recently": [
            execution_json(e) for e in retrovue.history.list(HistoryFilter(status=Status.FAILED, limit=10))
        ],
        "removals_held": [hold_json(hold) for hold in retrovue.removals.list()],
    }  # fmt: skip
