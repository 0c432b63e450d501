"""`retrovue notify`: whom messages reach."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retrovue.cli.output import Json, Session, emit, local, new_group, say, table
from retrovue.export import iso

if TYPE_CHECKING:
    from retrovue.model.catalogue import Secret
    from retrovue.model.notices import Target

app = new_group("Whom messages of failures and held removals reach.")

UrlStdin = Annotated[
    bool, typer.Option("--url-stdin", help="Read the address from standard input: it is a secret.")
]


def _url(stdin: bool) -> Secret:
    """The address from standard input, or from a person at a terminal."""
    from retrovue.errors import Invalid  # lazily, as everywhere here
    from retrovue.model.catalogue import Secret

    text = ""
    if stdin:
        text = sys.stdin.readline().strip()
    elif sys.stdin.isatty():
        text = typer.prompt("Address", hide_input=True, err=True).strip()
    if not text:
        raise Invalid(
            "url", "An address is needed", hint="Give it by --url-stdin, such as mailto://… or ntfy://TOPIC"
        )
    return Secret(text)


def target_json(target: Target) -> dict[str, Any]:
    """The keys of `notify list`."""
    return {
        "id": target.id,
        "name": target.name,
        "service": target.service,
        "waiting": target.waiting,
        "last_sent_at": iso(target.last_sent_at),
        "last_error": target.last_error,
    }


@app.command("list")
def list_(context: typer.Context, as_json: Json = False) -> None:
    """All targets, and how the last message to each fared."""
    session: Session = context.obj
    with session.open() as retrovue:
        found, pings = retrovue.notify.list(), retrovue.notify.pings()
    if as_json:
        emit([target_json(target) for target in found])
        return
    table(
        ("Id", "Name", "Service", "Waiting", "Last sent", "Last error"),
        [(t.id, t.name, t.service, t.waiting, local(t.last_sent_at), t.last_error) for t in found],
        empty="No targets yet. Add one: retrovue notify add NAME --url-stdin",
        right=("Id", "Waiting"),
    )
    for schedule, host in pings.items():
        say(f"'{schedule}' tells {host} of its runs.")


@app.command()
def add(context: typer.Context, name: str, url_stdin: UrlStdin = False, as_json: Json = False) -> None:
    """Add a target: an address of one of the services that Apprise knows."""
    session: Session = context.obj
    url = _url(url_stdin)
    with session.open() as retrovue:
        made = retrovue.notify.add(name, url)
    if as_json:
        emit(target_json(made))
    else:
        say(f"'{made.name}' was added. Try it: retrovue notify test '{made.name}'")


@app.command()
def remove(context: typer.Context, target: str, as_json: Json = False) -> None:
    """Forget a target and its address."""
    session: Session = context.obj
    with session.open() as retrovue:
        gone = retrovue.notify.remove(target)
    if as_json:
        emit(target_json(gone))
    else:
        say(f"'{gone.name}' was removed.")


@app.command("test")
def test_(context: typer.Context, target: str, as_json: Json = False) -> None:
    """Send a test message now."""
    session: Session = context.obj
    with session.open() as retrovue:
        tested = retrovue.notify.test(target)
    if as_json:
        emit({**target_json(tested), "arrived": True})
    else:
        say(f"A test was sent to '{tested.name}'.")


@app.command()
def ping(
    context: typer.Context,
    schedule: str,
    url_stdin: UrlStdin = False,
    remove_: Annotated[bool, typer.Option("--remove", help="Tell nobody any more.")] = False,
    as_json: Json = False,
) -> None:
    """Tell a dead-man service of a schedule's runs: ADDRESS/start, ADDRESS, ADDRESS/fail."""
    session: Session = context.obj
    url = None if remove_ else _url(url_stdin)
    with session.open() as retrovue:
        known = retrovue.schedules.get(schedule)
        retrovue.notify.set_ping(known, url)
        host = retrovue.notify.pings().get(known.name)
    if as_json:
        emit({"schedule": known.name, "host": host})
    elif host is None:
        say(f"'{known.name}' tells nobody of its runs now.")
    else:
        say(f"'{known.name}' tells {host} when a run begins, succeeds and fails.")


@app.command()
def messages(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, help="No more than this.")] = 20,
    as_json: Json = False,
) -> None:
    """What there was to tell, the newest last, whether anybody was told or not."""
    session: Session = context.obj
    with session.open() as retrovue:
        newest = retrovue.service.last_message()
        found = retrovue.service.messages(after=max(0, newest - limit), limit=limit)
    if as_json:
        emit([{"id": m.id, "at": iso(m.at), "kind": m.message.kind.value, "title": m.message.title, "text": m.message.text}
              for m in found])  # fmt: skip
        return
    table(
        ("When", "Kind", "Message"),
        [(local(m.at), m.message.kind.value, f"{m.message.title}\n{m.message.text}") for m in found],
        empty="There was nothing to tell.",
    )
