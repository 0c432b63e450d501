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
from retrovue.gui.context import GuiContext
from retrovue.gui.features.importers.page import ImportersPage
from retrovue.gui.features.importers.sign_in_dialog import SignInDialog
from retrovue.gui.features.schedules.hold_dialog import HoldDialog
from retrovue.gui.features.schedules.page import SchedulesPage
from retrovue.model.account import Pin
from retrovue.model.catalogue import Secret
from retrovue.model.notices import PingEvent
from retrovue.model.schedule import CronTrigger, Draft, IntervalTrigger, Message, Policies
from retrovue.model.sync import Depth, SyncOptions
from retrovue.secrets.store import MemorySecrets
from retrovue.service import process

_ZONE = "Europe/Berlin"
_DAYS = 16
Shoot = Callable[..., None]


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


class Unheard:
    """Channels on which everything arrives, and that reach nobody."""

    def service(self, _url: Secret) -> str:
        """Always the same."""
        return "ntfy"

    def send(self, _url: Secret, _message: Message) -> None:
        """Arrives."""

    def ping(self, _url: Secret, _event: PingEvent) -> None:
        """Arrives."""


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
                with _window(application, data_dir, secrets, theme, target) as (gui, shoot):
                    _pages(application, gui, shoot)
                    _preferences(application, gui, shoot)
                    _signing_in(application, gui, shoot)
            for theme in ("light", "dark"):
                with _window(application, data_dir, secrets, theme, target) as (gui, shoot):
                    _at_this_moment(application, gui, shoot, server)


@contextmanager
def _service(data_dir: Path, secrets: MemorySecrets) -> Iterator[None]:
    chosen = settings.load(data_dir, {"RETROVUE_SYNC_PAGE_SIZE": "6"})
    rv, stop = app.build(chosen, secrets=secrets, channels=Unheard()), threading.Event()
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
    rv.notify.add("Phone", Secret("ntfy://retrovue-of-mine"))
    rv.notify.set_ping(rv.schedules.get("Movies, nightly"), Secret("https://hc-ping.com/some-key"))
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


@contextmanager
def _window(
    application: QApplication, data_dir: Path, secrets: MemorySecrets, theme: str, target: Path
) -> Iterator[tuple[Gui, Shoot]]:
    (data_dir / "window.ini").unlink(missing_ok=True)
    quiet = {"RETROVUE_GUI_START_SERVICE": "no", "RETROVUE_PLEX_ACCOUNT_URL": "http://127.0.0.1:9"}
    chosen = settings.load(data_dir, {"RETROVUE_GUI_THEME": theme, **quiet})
    gui = Gui(application, chosen, lambda: app.build(chosen, secrets=secrets))
    gui.show()
    gui.window.resize(1120, 700)
    _until(application, lambda: gui.window.pages.count() > 0)

    def shoot(name: str, widget: QWidget = gui.window) -> None:
        _spin(application, 0.9)
        widget.grab().save(str(target / f"{name}-{theme}.png"), None, 0)

    yield gui, shoot
    gui.close()
    gui.window.hide()
    gui.window.deleteLater()


def _pages(application: QApplication, gui: Gui, shoot: Shoot) -> None:
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


def _preferences(application: QApplication, gui: Gui, shoot: Shoot) -> None:
    page: Any = gui.window.pages.widget(3)
    gui.window.pages.setCurrentWidget(page)
    shoot("settings")
    page.tabs.setCurrentIndex(1)
    shoot("notifications")
    page.tabs.setCurrentIndex(2)
    _until(application, lambda: page.doctor.model.rowCount() > 0)
    shoot("doctor")


def _signing_in(application: QApplication, gui: Gui, shoot: Shoot) -> None:
    """Nobody is asked for this code."""
    dialog = SignInDialog(_context(gui), gui.window)
    dialog.open()
    _until(application, lambda: not dialog.again.isHidden())
    dialog.again.hide()
    dialog.problem.clear()
    for widget in (dialog.text, dialog.code, dialog.qr):
        widget.show()
    dialog._show_code(Pin(1, "K7QX", "https://plex.tv/link", datetime.now(UTC) + timedelta(minutes=15)))
    shoot("sign-in", dialog)
    dialog.reject()


def _at_this_moment(application: QApplication, gui: Gui, shoot: Shoot, server: StandIn) -> None:
    """A sync at work, and one that held removals back."""
    pages = gui.window.pages
    importers, schedules = pages.widget(0), pages.widget(1)
    assert isinstance(importers, ImportersPage)
    assert isinstance(schedules, SchedulesPage)
    importers.tabs.setCurrentWidget(importers.sync)
    _spin(application, 0.5)
    slow = server.fault("/library/sections/2/all", faults.slow(0.7))
    importers.sync.form.sync.click()
    _until(application, lambda: "a second" in importers.sync.words.text())
    shoot("sync-running")
    server.faults.remove(slow)
    _until(application, lambda: importers.sync.cancel.isEnabled() is False)
    films = server.state.sections["1"].rows
    before = dict(films)
    server.state.remove(*list(films)[:25])
    history = schedules.history
    last = history.model.execution(0)
    schedules.schedules.table.selectRow(0)
    schedules.schedules.run_now()

    def held() -> bool:
        newest = history.model.execution(0)
        return newest is not None and newest != last and newest.removals_held > 0 and newest.status.ended

    _until(application, held)
    pages.setCurrentWidget(schedules)
    schedules.tabs.setCurrentWidget(history)
    history.table.selectRow(0)
    history.held.click()
    _spin(application, 0.5)
    dialog = next(w for w in application.topLevelWidgets() if isinstance(w, HoldDialog) and w.isVisible())
    shoot("held", dialog)
    dialog.reject()
    films.update(before)


def _context(gui: Gui) -> GuiContext:
    context = gui.window._context
    assert context is not None
    return context


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
