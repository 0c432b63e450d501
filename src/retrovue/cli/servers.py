"""`retrovue servers`: add, edit, remove, test."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retrovue.cli.output import DONE, FAILED, Json, Session, confirm, emit, new_group, say, table

if TYPE_CHECKING:
    from retrovue.model.catalogue import Secret, ServerState

app = new_group("Plex servers.")

TokenStdin = Annotated[bool, typer.Option("--token-stdin", help="Read the token from standard input.")]
TokenFile = Annotated[
    Path | None, typer.Option("--token-file", help="Read the token from a file.", show_default=False)
]
CaFile = Annotated[
    Path | None, typer.Option("--ca-file", help="Trust the authority in this PEM file.", show_default=False)
]


def token_from(stdin: bool, file: Path | None, *, ask: bool) -> Secret | None:
    """The token from where it was said to be: standard input, a file, the environment, or a person."""
    from retrovue.errors import Invalid  # lazily, as everywhere here
    from retrovue.model.catalogue import Secret

    text = ""
    if stdin:
        text = sys.stdin.readline()
    elif file is not None:
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Invalid("token-file", "The token file cannot be read", str(file)) from error
    elif os.environ.get("RETROVUE_PLEX_TOKEN"):
        text = os.environ["RETROVUE_PLEX_TOKEN"]
    elif ask and sys.stdin.isatty():
        text = typer.prompt("Plex token", hide_input=True, err=True)
    text = text.strip()
    if not text:
        if stdin or file is not None:
            raise Invalid("token", "The token is empty")
        return None
    if not text.isascii() or not text.isprintable() or " " in text:
        raise Invalid("token", "This is no Plex token", "it holds characters that no token has")
    return Secret(text)


def server_json(state: ServerState) -> dict[str, Any]:
    """The keys of `servers list` and `servers add`."""
    return {
        "id": state.server.id,
        "name": state.server.name,
        "url": state.server.url,
        "machine_identifier": state.server.machine_identifier,
        "version": state.version,
        "reachable": state.reachable,
        "token": state.token.value,
        "libraries": state.libraries,
    }


def _show(states: list[ServerState], *, as_json: bool) -> None:
    if as_json:
        emit([server_json(state) for state in states])
        return
    table(
        ("Id", "Name", "Address", "Version", "Reachable", "Token", "Libraries", "Problem"),
        [
            (
                state.server.id,
                state.server.name,
                state.server.url,
                state.version,
                "yes" if state.reachable else "no",
                state.token.value,
                state.libraries,
                state.problem,
            )
            for state in states
        ],
        empty="No servers yet. Add one: retrovue servers add NAME URL --token-stdin",
        right=("Id", "Libraries"),
    )


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """All servers, and whether each can be reached now."""
    session: Session = context.obj
    with session.open() as retrovue:
        _show(retrovue.servers.look(), as_json=as_json)


@app.command()
def add(
    context: typer.Context,
    name: str,
    url: Annotated[str, typer.Argument(help="Its address, such as http://192.168.1.5:32400")],
    token_stdin: TokenStdin = False,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Accept any certificate from this server.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Add a server, after asking it who it is."""
    session: Session = context.obj
    token = token_from(token_stdin, token_file, ask=True)
    with session.open() as retrovue:
        state = retrovue.servers.add(
            name, url, token, verify_tls=not insecure, ca_file=str(ca_file.absolute()) if ca_file else None
        )
    if as_json:
        emit(server_json(state))
        return
    _show([state], as_json=False)
    say(f"Next: retrovue libraries discover '{state.server.name}'")


@app.command()
def edit(
    context: typer.Context,
    server: str,
    name: Annotated[str | None, typer.Option(help="A new name.", show_default=False)] = None,
    url: Annotated[str | None, typer.Option(help="A new address.", show_default=False)] = None,
    token_stdin: TokenStdin = False,
    token_file: TokenFile = None,
    ca_file: CaFile = None,
    insecure: Annotated[
        bool | None,
        typer.Option("--insecure/--secure", help="Accept any certificate, or not.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Change a server's name, address, token or trust."""
    session: Session = context.obj
    token = token_from(token_stdin, token_file, ask=False)
    with session.open() as retrovue:
        state = retrovue.servers.edit(
            server,
            name=name,
            url=url,
            token=token,
            verify_tls=None if insecure is None else not insecure,
            ca_file=str(ca_file.absolute()) if ca_file else None,
        )
    if as_json:
        emit(server_json(state))
    else:
        _show([state], as_json=False)


@app.command()
def remove(
    context: typer.Context,
    server: str,
    with_schedules: Annotated[
        bool, typer.Option("--with-schedules", help="Also the schedules that sync from it.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a server with its libraries, items and token. History stays."""
    session: Session = context.obj
    with session.open() as retrovue:
        going = retrovue.servers.removal(server)
        words = f"'{going.server.name}' with {going.libraries} libraries and {going.items:,} items"
        if with_schedules and going.schedules:
            words += f", and the schedules {', '.join(going.schedules)}"
        confirm(f"Remove {words}?", yes=yes)
        gone = retrovue.servers.remove(going.server.id, with_schedules=with_schedules)
    if as_json:
        emit(
            {"id": gone.server.id, "name": gone.server.name, "libraries": gone.libraries, "items": gone.items}
        )
    else:
        say(f"Removed {words}.")


@app.command("find")
def find(context: typer.Context, as_json: Json = False) -> None:
    """Servers that answer on the local network."""
    session: Session = context.obj
    with session.open() as retrovue:
        found = retrovue.sign_in.local()
    if as_json:
        emit([{"name": f.name, "url": f.url, "machine_identifier": f.machine_identifier, "version": f.version}
              for f in found])  # fmt: skip
        return
    table(
        ("Name", "Address", "Version"),
        [(f.name, f.url, f.version) for f in found],
        empty="Nobody answers on the local network. Sign in instead: retrovue servers sign-in",
    )


@app.command("test")
def test_(context: typer.Context, server: str, as_json: Json = False) -> int:
    """Ask a server who it is and whether it takes the token."""
    session: Session = context.obj
    with session.open() as retrovue:
        state = retrovue.servers.test(server)
    if as_json:
        emit({**server_json(state), "problem": state.problem})
    else:
        _show([state], as_json=False)
    return FAILED if state.problem else DONE
