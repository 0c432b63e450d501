"""`retrovue mappings`: where the servers' paths are found on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from retrovue.cli.output import DONE, FAILED, Json, Session, emit, new_group, say, table, write

if TYPE_CHECKING:
    from retrovue.model.catalogue import PathMapping

app = new_group("Where the servers' paths are found on this machine.")


def mapping_json(mapping: PathMapping) -> dict[str, Any]:
    """The keys of `mappings list`."""
    return {
        "id": mapping.id,
        "server": mapping.server,
        "library": mapping.library,
        "plex_path": mapping.plex_path,
        "local_path": mapping.local_path,
    }


def _show(mappings: list[PathMapping], *, as_json: bool) -> None:
    if as_json:
        emit([mapping_json(mapping) for mapping in mappings])
        return
    table(
        ("Id", "Server", "Library", "Path on the server", "Path here"),
        [(m.id, m.server, m.library or "all", m.plex_path, m.local_path) for m in mappings],
        empty="No path mappings yet. Add one: retrovue mappings add SERVER PLEX_PATH LOCAL_PATH",
        right=("Id",),
    )


@app.command("list")
def list_(
    context: typer.Context,
    server: Annotated[str | None, typer.Argument(show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """All path mappings."""
    session: Session = context.obj
    with session.open() as retrovue:
        _show(retrovue.mappings.list(server), as_json=as_json)


@app.command()
def add(
    context: typer.Context,
    server: str,
    plex_path: str,
    local_path: str,
    library: Annotated[str | None, typer.Option(help="Only for this library.", show_default=False)] = None,
    as_json: Json = False,
) -> None:
    """Say that PLEX_PATH on the server is LOCAL_PATH here."""
    session: Session = context.obj
    with session.open() as retrovue:
        made = retrovue.mappings.add(server, plex_path, local_path, library)
    if as_json:
        emit(mapping_json(made))
        return
    _show([made], as_json=False)
    say(f"See how well it works: retrovue mappings test '{made.server}'")


@app.command()
def remove(context: typer.Context, mapping: int, as_json: Json = False) -> None:
    """Remove the path mapping with this id."""
    session: Session = context.obj
    with session.open() as retrovue:
        gone = retrovue.mappings.remove(mapping)
    if as_json:
        emit(mapping_json(gone))
    else:
        say(f"Removed {gone.plex_path} -> {gone.local_path}.")


@app.command("test")
def test_(
    context: typer.Context,
    server: str,
    path: Annotated[str | None, typer.Argument(show_default=False)] = None,
    as_json: Json = False,
) -> int:
    """Where PATH is here; without PATH, how many of the catalogue's files resolve and exist."""
    session: Session = context.obj
    with session.open() as retrovue:
        if path is not None:
            check = retrovue.mappings.check(server, path)
            if as_json:
                emit({"plex_path": check.plex_path, "local_path": check.local_path, "exists": check.exists})
            else:
                write(f"{check.local_path or 'No mapping applies.'}\n")
                say("It exists." if check.exists else "It does not exist." if check.local_path else "")
            return DONE if check.exists else FAILED
        report = retrovue.mappings.test(server)
    if as_json:
        worst = [{"folder": folder, "files": count} for folder, count in report.worst_folders]
        emit(
            {
                "files": report.files,
                "resolved": report.resolved,
                "existing": report.existing,
                "worst_folders": worst,
            }
        )
        return DONE
    write(f"{report.resolved:,} of {report.files:,} files resolve, {report.existing:,} exist.\n")
    if report.worst_folders:
        table(
            ("Files", "Folder on the server whose files are not found here"),
            [(count, folder) for folder, count in report.worst_folders],
            empty="",
            right=("Files",),
        )
    return DONE
