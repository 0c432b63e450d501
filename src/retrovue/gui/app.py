"""The window's program: paints first, opens the catalogue on another thread, ends cleanly."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication

from retrovue.errors import DatabaseCorrupt, RetroVueError
from retrovue.gui import theme
from retrovue.gui.background import Background
from retrovue.gui.collector import Collector
from retrovue.gui.context import GuiContext
from retrovue.gui.faults import Faults
from retrovue.gui.formatting import local
from retrovue.gui.main_window import MainWindow
from retrovue.gui.single_instance import SingleInstance
from retrovue.gui.store_watcher import StoreWatcher
from retrovue.settings import Settings

if TYPE_CHECKING:
    from retrovue.core.api import RetroVue

_SLOW_WORKERS = 3
"""A long export must not keep a server from being tried, or the service from being started."""
DESKTOP_FILE = "io.github.retrovue.RetroVue"
Open = Callable[[], "RetroVue"]


class Gui:
    """The window with its threads. `close` ends them."""

    def __init__(self, application: QApplication, settings: Settings, open_retrovue: Open) -> None:
        self._application = application
        self._collector = Collector()
        self._settings = settings
        self._theme = settings.text("gui.theme")
        theme.apply(application, self._theme)
        application.setApplicationName("RetroVue")
        memory = QSettings(str(settings.data_dir / "window.ini"), QSettings.Format.IniFormat)
        application.styleHints().colorSchemeChanged.connect(self._follow_platform)
        self.window = MainWindow(memory)
        self._faults = Faults()
        self._faults.broke.connect(self.window.show_fault)
        self.background = Background()
        self.slow = Background(name="retrovue-slow", workers=_SLOW_WORKERS)
        self._rv: RetroVue | None = None
        self._restore: Path | None = None
        self._watcher: StoreWatcher | None = None
        self._open = open_retrovue

    def show(self) -> None:
        """Shows the window, then opens the catalogue: loading what that needs would hold the first picture up."""
        self._faults.watch()
        self.window.again.connect(self._begin)
        self.window.painted.connect(self._begin)
        self.window.show()

    def _begin(self) -> None:
        restore, self._restore = self._restore, None
        if restore is None:
            self.background.ask(self._first, self._opened, self._failed)
        else:
            self.background.ask(lambda: self._put_back(restore), self._opened, self._failed)

    def _failed(self, error: RetroVueError) -> None:
        """A damaged database has a remedy of its own: the newest good backup."""
        if not isinstance(error, DatabaseCorrupt):
            self.window.show_failure(error)
            return
        self.background.ask(
            self._newest_backup,
            lambda found: self._offer(error, found),
            lambda _: self.window.show_failure(error),
        )

    def _newest_backup(self) -> tuple[Path, datetime] | None:
        from retrovue import app  # lazily, as in `run`

        return app.newest_good_backup(self._settings)

    def _offer(self, error: RetroVueError, found: tuple[Path, datetime] | None) -> None:
        if found is None:
            self.window.show_failure(error)
            return
        self._restore, made_at = found
        self.window.show_failure(error, f"&Restore the Backup of {local(made_at)}")

    def _put_back(self, backup: Path) -> tuple[RetroVue, str]:
        from retrovue import app  # lazily, as in `run`

        app.restore(self._settings, backup)
        return self._first()

    def _first(self) -> tuple[RetroVue, str]:
        rv = self._open()
        return rv, rv.settings.now().text("gui.theme")

    def _opened(self, found: tuple[RetroVue, str]) -> None:
        rv, chosen = found
        self._rv = rv
        self._collector.settle()
        self._colour(chosen)
        self._watcher = StoreWatcher(rv)
        self._watcher.changed.connect(self._look)
        self.window.begin(GuiContext(rv, self._settings, self.background, self.slow, self._watcher))

    def _look(self, topics: frozenset[str]) -> None:
        if "settings" in topics and self._rv is not None:
            settings = self._rv.settings
            self.background.ask(lambda: settings.now().text("gui.theme"), self._colour)

    def _follow_platform(self) -> None:
        if self._theme == "system":
            theme.apply(self._application, self._theme)

    def _colour(self, chosen: str) -> None:
        if chosen != self._theme:
            self._theme = chosen
            theme.apply(self._application, chosen)

    def close(self) -> None:
        """Ends the threads and gives the database back."""
        if self._watcher is not None:
            self._watcher.close()
        self.slow.close()
        self.background.close()
        if self._rv is not None:
            self._rv.close()
        self._collector.close()
        self._faults.close()


def run(settings: Settings, *, service_stays: bool = True) -> int:
    """Shows the window until it is closed; the exit code. `service_stays`: a service that runs then goes on."""
    application = QApplication(sys.argv[:1])
    application.setAttribute(Qt.ApplicationAttribute.AA_DontShowIconsInMenus)
    application.setQuitOnLastWindowClosed(False)
    application.setDesktopFileName(DESKTOP_FILE)
    alone = SingleInstance(settings.data_dir)
    if not alone.claim():
        sys.stderr.write("RetroVue is open already; its window was asked to come forward.\n")
        return 0

    def open_retrovue() -> RetroVue:
        from retrovue.app import build  # after the first paint: SQLAlchemy takes a while to load

        return build(settings)

    gui = Gui(application, settings, open_retrovue)
    gui.window.service_stays = service_stays
    gui.window.ended.connect(lambda: application.exit(0))
    alone.asked.connect(gui.window.come_forward)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: application.exit(0))
    # Python looks at its signals only when it runs; Qt alone would never let it.
    beat = QTimer()
    beat.timeout.connect(lambda: time.sleep(0))
    beat.start(500)
    gui.show()
    try:
        return application.exec()
    finally:
        alone.release()  # first: what is still being written must not keep the next window from opening
        gui.close()
