"""`retrovue servers sign-in`: a code at plex.tv, then the account's servers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from retrovue.cli.output import DONE, FAILED, Json, Session, emit, local, say
from retrovue.cli.servers import server_json
from retrovue.cli.sync import stopping
from retrovue.errors import Cancelled, Invalid, RetroVueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from retrovue.core.api import RetroVue
    from retrovue.model.account import FoundServer, Pin
    from retrovue.model.catalogue import Secret, ServerState


def sign_in(
    context: typer.Context,
    server: Annotated[
        list[str] | None, typer.Option("--server", help="This server of the account.", show_default=False)
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All servers of the account that answer.")] = False,
    allow_relay: Annotated[
        bool, typer.Option("--allow-relay", help="Also by plex.tv's relay, which is slow.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Sign in to plex.tv with a code, and add the account's servers, or give those that are known a new token."""
    session: Session = context.obj
    from retrovue.core.api import Stop  # lazily, as everywhere here

    stop = Stop()

    def pause(seconds: float) -> None:
        if stop.event.wait(seconds):
            raise Cancelled("The sign-in was cancelled")

    with session.open() as retrovue, stopping(stop):
        token = _token(retrovue, pause)
        found = _chosen(retrovue.sign_in.servers(token), server or [], every=every)
        states, failed = [], False
        for one in found:
            try:
                states.append(_use(retrovue, one, token, allow_relay=allow_relay))
            except RetroVueError as error:
                failed = True
                say(f"{error}. {error.hint}" if error.hint else str(error))
    if as_json:
        emit([server_json(state) for state in states])
    return FAILED if failed else DONE


def _token(retrovue: RetroVue, pause: Callable[[float], None]) -> Secret:
    pin = retrovue.sign_in.begin()
    _show(pin)
    return retrovue.sign_in.wait(pin, pause)


def _show(pin: Pin) -> None:
    say(
        f"Open {pin.link} in a browser where you are signed in to Plex, and type this code:\n\n    {pin.code}\n"
    )
    if sys.stderr.isatty():
        import segno  # lazily: only where it can be seen

        segno.make(pin.link, micro=False).terminal(out=sys.stderr, compact=True)
    say(f"Waiting until {local(pin.expires_at)} … Ctrl-C cancels.")


def _chosen(found: list[FoundServer], names: list[str], *, every: bool) -> list[FoundServer]:
    """The servers that were named, all that answer, the only one, or those that a person at a terminal picks."""
    if names:
        wanted = {name.casefold() for name in names}
        chosen = [one for one in found if one.server.name.casefold() in wanted]
        missing = wanted - {one.server.name.casefold() for one in chosen}
        if missing:
            raise Invalid("server", f"The account has no server '{min(missing)}'", _listed(found))
        return chosen
    if every:
        return [one for one in found if one.best is not None]
    if len(found) == 1:
        return found
    if not sys.stdin.isatty():
        raise Invalid(
            "server",
            "The account has several servers",
            _listed(found),
            "Name some by --server, or take --all.",
        )
    for number, one in enumerate(found, 1):
        say(f"  {number}  {_described(one)}")
    picked = typer.prompt("Which ones? Numbers, separated by commas", default="1", err=True)
    try:
        return [found[int(part) - 1] for part in picked.split(",") if int(part) >= 1]
    except (ValueError, IndexError):
        raise Invalid("server", f"'{picked}' is no choice from 1 to {len(found)}") from None


def _listed(found: list[FoundServer]) -> str:
    return ", ".join(one.server.name for one in found)


def _described(one: FoundServer) -> str:
    way = "does not answer" if one.best is None else "by relay" if one.best.relay else one.best.uri
    owner = "" if one.server.owned else ", shared with you"
    known = f", known as '{one.known_as}'" if one.known_as else ""
    return f"{one.server.name} ({way}{owner}{known})"


def _use(retrovue: RetroVue, one: FoundServer, token: Secret, *, allow_relay: bool) -> ServerState:
    state = retrovue.sign_in.use(one, token, allow_relay=allow_relay)
    found = retrovue.libraries.discover(state.server.id)
    verb = "was added" if one.known_as is None else "is signed in again"
    say(f"'{state.server.name}' {verb}: {state.server.url}, {len(found.libraries)} libraries.")
    return state
