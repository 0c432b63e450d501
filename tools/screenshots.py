"""Takes the pictures for the README and the documentation: the real window, on data that the stand-in made.

Weeks of history are made in a moment, with a clock that moves on by itself; then each page is shown and grabbed, light
and dark. Run it by `make screenshots`.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import time_machine
from PySide6.QtWidgets import QApplication, QDialog, QWidget

from retrovue import app, settings
from retrovue.core.api import RetroVue
from retrovue.demo import faults
from retrovue.demo.library import LATECOMER
from retrovue.demo.server import StandIn
from retrovue.demo.state import State, public_domain
from retrovue.gui.app import Gui
from retrovue.model.catalogue import Secret
from retrovue.model.schedule import CronTrigger, Draft, IntervalTrigger, Policies
from retrovue.model.sync import Depth, SyncOptions
from retrovue.secrets.store import MemorySecrets
from retrovue.service import process

_ZONE = "Europe/Berlin"
_DAYS = 16


class Clock:
    """The clock of the whole process, moved on by every look at it."""

    def __init__(self, traveller: time_machine.Traveller) -> None:
        self._traveller = traveller
        self.pace = timedelta(milliseconds=400)

    @property
    def now(self) -> datetime:
        """The time."""
        return datetime.now(UTC)

    @now.setter
    def now(self, value: datetime) -> None:
        self._traveller.move_to(value, tick=False)

    def __call__(self) -> datetime:
        self._traveller.shift(self.pace)
        return self.now

    def pause(self, seconds: float) -> None:
        """Passes at once."""
        self._traveller.shift(seconds)


def main(target: Path) -> None:
    """Takes all pictures into a folder."""
    target.mkdir(parents=True, exist_ok=True)
    state = public_domain()
    secrets = MemorySecrets()
    with tempfile.TemporaryDirectory() as folder, StandIn(state) as server:
        data_dir = Path(folder) / "retrovue"
        _make_history(data_dir, server, state, secrets)
        application = QApplication([])
        with _service(data_dir, secrets):
            for theme in ("light", "dark"):
                _take(application, data_dir, secrets, theme, target)


@contextmanager
def _service(data_dir: Path, secrets: MemorySecrets) -> Iterator[None]:
    rv, stop = app.build(settings.load(data_dir, {}), secrets=secrets), threading.Event()
    thread = threading.Thread(target=process.run, args=(rv, stop))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        rv.close()


def _make_history(data_dir: Path, server: StandIn, state: State, secrets: MemorySecrets) -> None:
    """Two weeks of schedules at work, with a day on which the server was down."""
    began = datetime.now(UTC) - timedelta(days=_DAYS)
    with time_machine.travel(began, tick=False) as traveller:
        _at_work(data_dir, server, state, secrets, Clock(traveller))
    rv = app.build(settings.load(data_dir, {}), secrets=secrets)
    rv.service.pause_all()
    rv.service.resume_all()  # the next runs are those after today
    rv.close()


def _at_work(data_dir: Path, server: StandIn, state: State, secrets: MemorySecrets, clock: Clock) -> None:
    state.set_clock(int((clock.now - timedelta(days=30)).timestamp()))
    rv = app.build(settings.load(data_dir, {}), secrets=secrets, clock=clock, pause=clock.pause)
    home = rv.servers.add("Home", server.url, Secret(server.token)).server
    rv.libraries.discover("Home")
    movies, shows = rv.libraries.get("Movies"), rv.libraries.get("TV Shows")
    rv.mappings.add("Home", "/media/movies", "/mnt/nas/movies")
    auto = SyncOptions(depth=Depth.AUTO)
    every_two_hours = IntervalTrigger(timedelta(hours=2), clock.now.replace(minute=0, second=0))
    for draft in (
        Draft("Movies, nightly", home.id, movies.id, CronTrigger("0 2 * * *"), _ZONE, auto),
        Draft("TV on Saturday", home.id, shows.id, CronTrigger("0 0 * * 6"), _ZONE),
        Draft("Recently added", home.id, None, every_two_hours, _ZONE, SyncOptions(depth=Depth.QUICK)),
        Draft("Wochenende · 週末の番組", home.id, shows.id, CronTrigger("0 2 * * 0,6"), _ZONE, auto, Policies(), False),
    ):  # fmt: skip
        rv.schedules.create(draft)
    _live(rv, clock, server, state)
    rv.close()


def _live(rv: RetroVue, clock: Clock, server: StandIn, state: State) -> None:
    random.seed(4)
    _run(rv, "TV on Saturday")
    for day in range(_DAYS):
        began = clock.now
        clock.pace = timedelta(milliseconds=random.randint(250, 700))
        if day == _DAYS - 6:
            server.fault("/", faults.html(502))
        if day == _DAYS - 3:
            state.set_clock(int(clock.now.timestamp()))
            state.add_film("1", LATECOMER)
            detour = next(iter(state.find(lambda row: row["title"] == "Detour")))
            state.remove(detour["ratingKey"])
        _run(rv, "Movies, nightly")
        server.faults.clear()
        clock.pace = timedelta(milliseconds=60)
        for hours in (6, 12, 18):
            clock.now = began + timedelta(hours=hours)
            _run(rv, "Recently added")
        if day % 7 == 6:
            clock.pace = timedelta(milliseconds=500)
            _run(rv, "TV on Saturday")
        clock.now = began + timedelta(days=1)


def _run(rv: RetroVue, name: str) -> None:
    list(rv.schedules.run_here(name))


def _take(
    application: QApplication, data_dir: Path, secrets: MemorySecrets, theme: str, target: Path
) -> None:
    (data_dir / "window.ini").unlink(missing_ok=True)
    chosen = settings.load(data_dir, {"RETROVUE_GUI_THEME": theme, "RETROVUE_GUI_START_SERVICE": "no"})
    gui = Gui(application, chosen, lambda: app.build(chosen, secrets=secrets))
    gui.show()
    gui.window.resize(1120, 700)
    _until(application, lambda: gui.window.pages.count() > 0)
    window = gui.window

    def shoot(name: str, widget: QWidget = window) -> None:
        _spin(application, 0.9)
        widget.grab().save(str(target / f"{name}-{theme}.png"), None, 0)

    _pages(application, gui, shoot)
    gui.close()
    window.hide()
    window.deleteLater()


def _pages(application: QApplication, gui: Gui, shoot: Callable[..., None]) -> None:
    pages = gui.window.pages
    every: list[Any] = [pages.widget(number) for number in range(3)]
    importers, schedules, catalogue = every
    shoot("servers")
    for number, name in ((1, "libraries"), (2, "mappings"), (3, "sync")):
        importers.tabs.setCurrentIndex(number)
        shoot(name)
    pages.setCurrentIndex(1)
    _spin(application, 0.5)
    shoot("schedules")
    schedules.schedules.add()
    _spin(application, 0.5)
    form: Any = next(w for w in application.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible())
    form.name.setText("Movies, nightly and at noon")
    form.when.way.setCurrentIndex(3)
    form.when.cron.setText("0 2,12 * * mon-fri")
    form._changed()
    shoot("schedule-form", form)
    form.reject()
    schedules.tabs.setCurrentIndex(1)
    _spin(application, 0.5)
    history = schedules.history
    changed = next(n for n in range(history.model.rowCount())
                   if (run := history.model.execution(n)) is not None and run.removed)  # fmt: skip
    history.table.selectRow(changed)
    shoot("history")
    schedules.tabs.setCurrentIndex(2)
    shoot("upcoming")
    pages.setCurrentIndex(2)
    _spin(application, 0.5)
    tree = catalogue.browse.tree
    model = tree.model()
    show = next(model.index(n, 0) for n in range(model.rowCount()) if model.index(n, 0).data() == "Superman")
    tree.setCurrentIndex(show)
    tree.expand(show)
    _spin(application, 0.3)
    tree.expand(model.index(0, 0, show))
    shoot("catalogue")
    catalogue.tabs.setCurrentIndex(1)
    shoot("changes")
    pages.setCurrentIndex(3)
    shoot("settings")


def _spin(application: QApplication, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        application.processEvents()
        time.sleep(0.005)


def _until(application: QApplication, check: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not check():
        if time.monotonic() > end:
            raise SystemExit("The window did not open.")
        _spin(application, 0.05)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures"))
