"""The last part of the demonstration: two schedules, and the service at work on them, as it happens."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from retrovue.cli.output import lasted, local, say, write
from retrovue.errors import Conflict
from retrovue.model.execution import Execution, HistoryFilter
from retrovue.model.schedule import CronTrigger, Draft

if TYPE_CHECKING:
    from retrovue.core.api import RetroVue, Stop
    from retrovue.demo.state import State
    from retrovue.settings import Settings

_EVERY_MINUTE = "* * * * *"
_LOOK_SECONDS = 0.2
_LONGEST = timedelta(seconds=85)


def live(retrovue: RetroVue, state: State, stop: Stop, *, minutes: float) -> list[Execution]:
    """Shows the service until each schedule has run, and then for so many minutes; the runs it saw end."""
    write("\n5. Two schedules, each every minute, and the service that runs them\n\n")
    names = _make(retrovue)
    seen = {execution.id for execution in retrovue.history.list()}
    _retitle(state)
    done: list[Execution] = []
    began = datetime.now(UTC)
    deadline = began + max(timedelta(minutes=minutes), _LONGEST)
    if minutes:
        say(f"It is shown for {minutes:g} minutes. Ctrl-C ends it.")
    with _service(retrovue), _line() as status:
        while datetime.now(UTC) < deadline and not stop.event.wait(_LOOK_SECONDS):
            for execution in reversed(retrovue.history.list(HistoryFilter(limit=20))):
                if execution.id not in seen and execution.status.ended:
                    seen.add(execution.id)
                    done.append(execution)
                    _show(execution)
            status(_badge(retrovue))
            enough = datetime.now(UTC) - began >= timedelta(minutes=minutes)
            if enough and names <= {execution.schedule for execution in done}:
                break
    stop.event.clear()
    return done


def show_window(retrovue: RetroVue, settings: Settings) -> None:
    """Opens the window on the demonstration's data; the service works beside it until it is closed.

    Where no window can be opened it says why, since the demonstration was shown all the same.
    """
    from retrovue.gui import app  # lazily: Qt
    from retrovue.gui.screen import need_screen

    try:
        need_screen(os.environ)
    except Conflict as error:
        say(f"{error}. {error.hint}")
        return
    write("\nThe window opens. The stand-in and the service work until it is closed.\n")
    with _service(retrovue):
        app.run(settings, service_stays=False)
    retrovue.service.request_stop()  # one that was started from the window ends, too


def _make(retrovue: RetroVue) -> set[str | None]:
    zone = retrovue.schedules.default_timezone()
    names: set[str | None] = set()
    for library in retrovue.libraries.list("Demo"):
        if library.enabled:
            name = f"{library.title} every minute"
            trigger = CronTrigger(_EVERY_MINUTE)
            made = retrovue.schedules.create(Draft(name, library.server_id, library.id, trigger, zone))
            names.add(name)
            write(f"  {name}: next at {local(made.next_run_at)}\n")
    write("\n")
    return names


def _retitle(state: State) -> None:
    """Something for the scheduled runs to find."""
    state.set_clock(int(datetime.now(UTC).timestamp()))
    film = next(iter(state.find(lambda row: row["type"] == "movie")))
    state.edit(film["ratingKey"], title=f"{film['title']} (restored)")


@contextmanager
def _service(retrovue: RetroVue) -> Iterator[None]:
    """The service in a thread: a process of its own would read the user's environment."""
    from retrovue.service import process  # lazily, as everywhere here

    stop = threading.Event()
    thread = threading.Thread(target=process.run, args=(retrovue, stop), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(15)


@contextmanager
def _line() -> Iterator[Callable[[str], None]]:
    """A line that changes in its place on a terminal; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _text: None
        return
    from rich.console import Console  # lazily: Rich takes a while to load

    with Console(stderr=True).status("") as status:
        yield status.update


def _badge(retrovue: RetroVue) -> str:
    """What the service is at, in a few words."""
    running = retrovue.history.running()
    if running:
        return f"Running: {running[0].schedule or running[0].library}"
    following = retrovue.service.upcoming(1)
    if not following:
        return "Idle"
    seconds = max(0, round((following[0].at - datetime.now(UTC)).total_seconds()))
    return f"Next: {following[0].schedule} in {seconds} s"


def _show(execution: Execution) -> None:
    changed = execution.added + execution.updated + execution.removed + execution.restored
    write(
        f"  {local(execution.end_time)}  {execution.schedule}: {execution.status.value}, "
        f"{execution.scanned:,} looked at, {changed:,} changed, {lasted(execution.duration)}\n"
    )
