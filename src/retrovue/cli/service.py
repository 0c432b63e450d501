"""`retrovue service`: the background process that fires the schedules."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from retrovue.cli.output import DONE, FAILED, Json, Session, emit, fields, local, new_group, say, write
from retrovue.export import iso

if TYPE_CHECKING:
    from retrovue.model.service import ServiceHealth

app = new_group("The background process that fires the schedules.")
_FOLLOW_SECONDS = 0.5


def service_json(health: ServiceHealth) -> dict[str, Any]:
    """The keys of `service status`. Values of a process are null when none lives."""
    from retrovue import __version__  # lazily, as everywhere here

    first, following = health.first, health.next_run
    return {
        "running": first is not None,
        "state": health.state.value,
        "pid": None if first is None else first.pid,
        "host": None if first is None else first.host,
        "started_at": None if first is None else iso(first.started_at),
        "heartbeat_at": None if first is None else iso(first.heartbeat_at),
        "version": __version__ if first is None else first.version,
        "paused": health.paused,
        "last_error": None if first is None else first.last_error,
        "executions_running": health.executions_running,
        "next_run": None if following is None else {"schedule": following.schedule, "at": iso(following.at)},
    }


@app.command()
def run(
    context: typer.Context,
    log_file: Annotated[
        Path | None, typer.Option(help="Write the log here, instead of standard error.", show_default=False)
    ] = None,
) -> int:
    """Fire schedules in the foreground, until Ctrl-C, SIGTERM or 'service stop'."""
    import logging  # lazily, as everywhere here

    from retrovue import log
    from retrovue.service import process

    session: Session = context.obj
    log.set_up(logging.DEBUG if session.debug else logging.INFO)
    for chatty in ("httpx", "httpcore", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    if log_file is not None:
        process.log_to(log_file)
    with session.open() as retrovue:
        clean = process.run(retrovue)
    if not clean:
        # A request that hangs in another thread must not keep the process.
        logging.shutdown()
        os._exit(DONE)
    return DONE


@app.command()
def start(context: typer.Context, as_json: Json = False) -> None:
    """Start the service in the background, unless it runs."""
    from retrovue.service import control  # lazily, as everywhere here

    session: Session = context.obj
    with session.open() as retrovue:
        started = control.ensure_running(retrovue, session.settings())
        health = retrovue.service.health()
    if as_json:
        emit(service_json(health))
        return
    pid = health.first.pid if health.first else "?"
    say(f"The service {'was started' if started else 'runs already'} (process {pid}).")


@app.command()
def stop(context: typer.Context, as_json: Json = False) -> int:
    """Ask the service to stop; what runs ends within 10 seconds."""
    from retrovue.service import control  # lazily, as everywhere here

    session: Session = context.obj
    with session.open() as retrovue:
        health = control.stop(retrovue)
    if as_json:
        emit(service_json(health))
    elif health.first is None:
        say("The service was stopped.")
    else:
        say(f"The service was asked to stop, but process {health.first.pid} still lives.")
    return DONE if health.first is None else FAILED


@app.command()
def status(
    context: typer.Context,
    check: Annotated[
        bool, typer.Option("--check", help="Exit code 1 when it does not run, for health checks.")
    ] = False,
    as_json: Json = False,
) -> int:
    """How the service is."""
    session: Session = context.obj
    with session.open() as retrovue:
        health = retrovue.service.health()
    document = service_json(health)
    code = FAILED if check and health.first is None else DONE
    if as_json:
        emit(document)
        return code
    first, following = health.first, health.next_run
    fields([
        ("State", health.state.value + (" (all schedules are paused)" if health.paused else "")),
        ("Process", None if first is None else f"{first.pid} on {first.host}, RetroVue {first.version}"),
        ("Started", None if first is None else local(first.started_at)),
        ("Heartbeat", None if first is None else local(first.heartbeat_at)),
        ("Standing by", ", ".join(f"process {one.pid} on {one.host}" for one in health.processes[1:])),
        ("Running", health.executions_running),
        ("Next", "" if following is None else f"{following.schedule} at {local(following.at)}"),
        ("Last error", None if first is None else first.last_error),
        ("Found dead", "" if first or not health.died_at else local(health.died_at)),
    ])  # fmt: skip
    if first is None:
        say("Start it: retrovue service start")
    return code


System = Annotated[bool, typer.Option("--system", help="For the whole machine; as root.")]


@app.command("install")
def install_(context: typer.Context, system: System = False, as_json: Json = False) -> None:
    """Let the service start with the machine (or with your session), and now."""
    from retrovue.service import control  # lazily, as everywhere here

    session: Session = context.obj
    with session.open() as retrovue:
        path = control.install_over(retrovue, session.settings(), system=system)
    if as_json:
        emit({"installed": str(path)})
        return
    say(f"Installed: {path}")
    if path.suffix == ".service" and not system:
        say("So that it also runs while you are not logged in: loginctl enable-linger")


@app.command()
def uninstall(context: typer.Context, system: System = False, as_json: Json = False) -> None:
    """Take that back, and end the service."""
    from retrovue.service import install  # lazily, as everywhere here

    session: Session = context.obj
    path = install.uninstall(session.settings(), system=system)
    if as_json:
        emit({"removed": str(path)})
    else:
        say(f"Removed: {path}")


@app.command()
def logs(
    context: typer.Context,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, max=10000, help="How many.")] = 50,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as it grows.")] = False,
) -> None:
    """The end of the log of a service that was started in the background."""
    from retrovue.service import control  # lazily, as everywhere here

    session: Session = context.obj
    path = control.log_path(session.settings())
    found = control.tail(path, lines)
    if not found and not path.exists():
        say(f"There is no log yet: {path}")
    for line in found:
        write(line + "\n")
    seen = path.stat().st_size if path.exists() else 0
    while follow:
        time.sleep(_FOLLOW_SECONDS)
        size = path.stat().st_size if path.exists() else 0
        if size > seen:
            with path.open(encoding="utf-8", errors="replace") as file:
                file.seek(seen)
                write(file.read())
        seen = size
