"""`retrovue removals`: what the brake holds until somebody decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from retrovue.cli.output import Json, Session, emit, local, new_group, say, table
from retrovue.cli.sync import exit_code, show_results, stopping
from retrovue.export import iso

if TYPE_CHECKING:
    from retrovue.model.sync import RemovalHold

app = new_group("Removals that wait for a decision.")
_SHOWN = 10


def hold_json(hold: RemovalHold) -> dict[str, Any]:
    """The keys of `removals list`."""
    return {
        "execution_id": hold.execution_id,
        "server": hold.server,
        "library": hold.library,
        "count": hold.count,
        "percent": round(hold.percent, 1),
        "held_at": iso(hold.held_at),
        "items": [
            {"rating_key": item.rating_key, "kind": item.kind.value, "title": item.title}
            for item in hold.items
        ],
    }


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """Removals that are held, and the items that they are about."""
    session: Session = context.obj
    with session.open() as retrovue:
        held = retrovue.removals.list()
    if as_json:
        emit([hold_json(hold) for hold in held])
        return
    table(
        ("Execution", "Server", "Library", "Items", "Of the library", "Since", "Why"),
        [
            (
                hold.execution_id,
                hold.server,
                hold.library,
                f"{hold.count:,}",
                f"{hold.percent:.0f} %",
                local(hold.held_at),
                hold.reason,
            )
            for hold in held
        ],
        empty="No removals are held.",
        right=("Execution", "Items", "Of the library"),
    )
    for hold in held:
        say(f"\nHeld by execution {hold.execution_id}:")
        for item in hold.items[:_SHOWN]:
            say(f"  {item.title} ({item.kind.value})")
        if hold.count > _SHOWN:
            say(f"  and {hold.count - _SHOWN:,} more: retrovue removals list --json")
        say(f"Remove them: retrovue removals approve {hold.execution_id}")
        say(f"Keep them:   retrovue removals reject {hold.execution_id}")


@app.command()
def approve(context: typer.Context, execution: int, as_json: Json = False) -> int:
    """Carry out what EXECUTION held, after asking the server once more."""
    session: Session = context.obj
    from retrovue.core.api import Stop  # lazily, as everywhere here

    stop = Stop()
    with session.open() as retrovue, stopping(stop):
        done = retrovue.removals.approve(execution, stop=stop)
    show_results([done], as_json=as_json)
    return exit_code([done])


@app.command()
def reject(context: typer.Context, execution: int, as_json: Json = False) -> None:
    """Keep the items that EXECUTION held, and ask no more about them."""
    session: Session = context.obj
    with session.open() as retrovue:
        retrovue.removals.reject(execution)
    if as_json:
        emit({"execution_id": execution, "state": "rejected"})
    else:
        say("They are kept, and you are not asked about these items again.")
