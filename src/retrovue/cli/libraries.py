"""`retrovue libraries`: discover, list, enable, disable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from retrovue.cli.output import Json, Session, emit, local, new_group, say, table
from retrovue.export import iso

if TYPE_CHECKING:
    from retrovue.model.catalogue import Library

app = new_group("The libraries of the servers.")
OfServer = Annotated[str | None, typer.Option("--server", help="Its server, when the title is not unique.")]


def library_json(library: Library) -> dict[str, Any]:
    """The keys of `libraries list`."""
    return {
        "id": library.id,
        "server": library.server,
        "key": library.key,
        "uuid": library.uuid,
        "title": library.title,
        "type": library.type,
        "supported": library.supported,
        "enabled": library.enabled,
        "items": library.items,
        "last_sync_at": iso(library.last_sync_at),
        "last_complete_at": iso(library.last_complete_at),
    }


def _show(libraries: list[Library], *, as_json: bool) -> None:
    if as_json:
        emit([library_json(library) for library in libraries])
        return
    table(
        ("Id", "Server", "Title", "Type", "State", "Items", "Last sync", "Last complete"),
        [
            (
                library.id,
                library.server,
                library.title,
                library.type,
                _state(library),
                f"{library.items:,}",
                local(library.last_sync_at),
                local(library.last_complete_at),
            )
            for library in libraries
        ],
        empty="No libraries yet. Ask a server for them: retrovue libraries discover SERVER",
        right=("Id", "Items"),
    )


def _state(library: Library) -> str:
    if not library.supported:
        return "not supported"
    if library.gone_at is not None:
        return "gone from the server"
    return "enabled" if library.enabled else "disabled"


@app.command("list")
def list_(
    context: typer.Context,
    server: Annotated[str | None, typer.Argument(show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Known libraries, of one server or of all."""
    session: Session = context.obj
    with session.open() as retrovue:
        _show(retrovue.libraries.list(server), as_json=as_json)


@app.command()
def discover(
    context: typer.Context,
    server: str,
    relink: Annotated[
        bool,
        typer.Option("--relink", help="Tie libraries that were re-created on the server to the known ones."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Ask a server for its libraries."""
    session: Session = context.obj
    with session.open() as retrovue:
        found = retrovue.libraries.discover(server, relink=relink)
    _show(list(found.libraries), as_json=as_json)
    for title in found.gone:
        say(f"'{title}' is not on the server any more. Its items are kept.")
    for title in found.relinked:
        say(f"'{title}' is tied to the library that was re-created on the server.")
    for moved in found.moved:
        say(f"'{moved.library.title}' was re-created on the server, as '{moved.title}' with key {moved.key}.")
        say(f"To go on with it and keep its items: retrovue libraries discover '{server}' --relink")
    if not as_json and found.added:
        say(f"Next: retrovue sync '{server}'")


@app.command()
def enable(context: typer.Context, library: str, server: OfServer = None, as_json: Json = False) -> None:
    """Sync a library when none is named."""
    session: Session = context.obj
    with session.open() as retrovue:
        _show([retrovue.libraries.enable(library, server)], as_json=as_json)


@app.command()
def disable(context: typer.Context, library: str, server: OfServer = None, as_json: Json = False) -> None:
    """Leave a library out when none is named. Its items stay."""
    session: Session = context.obj
    with session.open() as retrovue:
        _show([retrovue.libraries.disable(library, server)], as_json=as_json)
