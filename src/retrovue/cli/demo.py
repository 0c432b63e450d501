"""`retrovue demo`: the main job from beginning to end, against the built-in stand-in server."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from retrovue.cli.demo_live import live, show_window
from retrovue.cli.output import FAILED, Session, table, write
from retrovue.cli.sync import exit_code, progress_bar, show_results, stopping
from retrovue.model.execution import Execution
from retrovue.model.sync import SyncOptions

if TYPE_CHECKING:
    from retrovue.core.api import RetroVue, Stop
    from retrovue.demo.state import State

_MARKER = ".retrovue-demo"


def demo(
    context: typer.Context,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the stand-in; 0 takes a free one.")
    ] = 0,
    minutes: Annotated[
        float | None,
        typer.Option(min=0, max=1440, help="How long the service is shown at work.", show_default=False),
    ] = None,
    window: Annotated[
        bool | None,
        typer.Option(
            "--window/--no-window",
            help="End in the window; by default where there is a screen.",
            show_default=False,
        ),
    ] = None,
) -> int:
    """Show the whole of it, in a data folder of its own: a server, syncs, what changed, schedules at work."""
    from retrovue import app, settings  # lazily, as everywhere here
    from retrovue.core.api import Stop
    from retrovue.demo.server import StandIn
    from retrovue.demo.state import public_domain
    from retrovue.errors import Conflict

    session: Session = context.obj
    folder = _fresh_folder(session.settings().data_dir / "demo")
    state = public_domain()
    try:
        stand_in = StandIn(state, port=port)
    except OSError as error:
        raise Conflict(
            f"Port {port} cannot be used", error.strerror or "", "Choose another: --port N"
        ) from error
    stop = Stop()
    shown = _has_screen() if window is None else window
    stay = _minutes(minutes, shown=shown)
    # The environment is left out: the demonstration must never touch the user's database.
    chosen = settings.load(folder, environment={})
    retrovue = app.build(chosen)
    try:
        with stand_in:
            with stopping(stop):
                done = _tell(retrovue, state, stand_in.url, stand_in.token, stop)
                if exit_code(done) == 0 and not stop.event.is_set():
                    done += live(retrovue, state, stop, minutes=stay)
                    _next_steps(folder)
            if shown and exit_code(done) == 0 and not stop.event.is_set():
                show_window(retrovue, chosen)
    finally:
        retrovue.close()
    return exit_code(done) if done else FAILED


def _tell(retrovue: RetroVue, state: State, url: str, token: str, stop: Stop) -> list[Execution]:
    from retrovue.model.catalogue import Secret  # lazily, as everywhere here

    _heading(f"1. A stand-in for a Plex server answers at {url}; it is added as 'Demo'")
    retrovue.servers.add("Demo", url, Secret(token))
    found = retrovue.libraries.discover("Demo")
    table(
        ("Library", "Type", "State"),
        [(lib.title, lib.type, "enabled" if lib.enabled else "not supported") for lib in found.libraries],
        empty="",
    )
    _heading("2. The first sync brings everything into the catalogue")
    done = _sync(retrovue, stop)
    _heading("3. On the server a film comes, one goes, one gets another file, a chapter gets another title")
    _change(state)
    _heading("4. The second sync finds exactly that")
    done += _sync(retrovue, stop)
    table(
        ("Change", "Kind", "Title", "Fields"),
        [(c.change.value, c.kind.value, c.title, ", ".join(c.fields)) for e in done[2:]
         for c in retrovue.catalogue.changes(execution_id=e.id)],
        empty="Nothing has changed.",
    )  # fmt: skip
    return done


def _sync(retrovue: RetroVue, stop: Stop) -> list[Execution]:
    options = SyncOptions()
    with progress_bar() as observe:
        libraries = retrovue.sync.choose("Demo", [], options)
        done = list(retrovue.sync.run(libraries, options, stop=stop, observe=observe))
    show_results(done, as_json=False)
    return done


def _change(state: State) -> None:
    from retrovue.demo.library import LATECOMER  # lazily, as everywhere here
    from retrovue.demo.state import media

    films = {row["title"]: row["ratingKey"] for row in state.sections["1"].rows.values()}
    state.add_film("1", LATECOMER)
    state.remove(films["Detour"])
    better = media("/media/movies/Metropolis (1927)/Metropolis (1927) restored.mkv", 153)
    state.edit(films["Metropolis"], Media=[better])
    chapter = next(iter(state.find(lambda row: row["title"] == "Moon Rocket")))
    state.edit(chapter["ratingKey"], title="Moon Rocket (restored)")


def _next_steps(folder: Path) -> None:
    program = f"retrovue --data-dir '{folder}'"
    if not shutil.which("retrovue") and Path(sys.argv[0]).name == "retrovue":
        program = f"{sys.argv[0]} --data-dir '{folder}'"
    _heading("What to try next")
    for command in (
        "catalogue list --kind movie",
        "catalogue list --search night",
        "catalogue changes",
        "history list",
        "schedules list",
        "schedules preview 'Movies every minute'",
        "--help",
    ):
        write(f"  {program} {command}\n")
    write("\nWith a server of your own:\n")
    for command in (
        "servers sign-in",
        "sync SERVER",
        "schedules add Nightly --server SERVER --daily 02:00",
        "service install",
    ):
        write(f"  {program.split(' --data-dir')[0]} {command}\n")


def _has_screen() -> bool:
    """Whether a window can be seen: a screen, somebody at a terminal, and the program for it."""
    if not sys.stdout.isatty() or find_spec("PySide6") is None:
        return False
    return sys.platform in {"win32", "darwin"} or any(
        os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY")
    )


def _minutes(wanted: float | None, *, shown: bool) -> float:
    if wanted is not None:
        return wanted
    if shown:
        return 0.0
    return 3.0 if sys.stdin.isatty() and sys.stdout.isatty() else 0.0


def _fresh_folder(folder: Path) -> Path:
    """A folder that holds nothing but a demonstration. One that is anything else is left alone."""
    from retrovue.errors import Conflict, DatabaseUnavailable  # lazily, as everywhere here

    if folder.exists() and not (folder / _MARKER).exists() and any(folder.iterdir()):
        raise Conflict(f"{folder} holds something else", hint="Choose another place: --data-dir DIR")
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True, mode=0o700)
        (folder / _MARKER).touch()
    except OSError as error:
        raise DatabaseUnavailable(
            "The data folder cannot be made",
            f"{folder} ({error.strerror})",
            "Choose a folder that this user may write to: --data-dir DIR",
        ) from error
    return folder


def _heading(text: str) -> None:
    write(f"\n{text}\n\n")
