"""The window: how soon it is there, how soon its pages show what was asked for, and whether it ever stutters.

`python -m benchmarks.gui [start|pages|stutter]…`, all of them by default (about 3 minutes). Everything is done offscreen
and on a real database. Prints tables and writes benchmarks/results/gui.json.
"""

from __future__ import annotations

import itertools
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import text

from benchmarks.scheduling import FILL, Line, built, run
from benchmarks.sync import serving
from retrovue import app, settings
from retrovue.model.catalogue import Secret
from retrovue.storage.types import to_millis

EXECUTIONS, SCHEDULES, ITEMS = 1_000_000, 500, 100_000
_ENVIRONMENT = {
    "QT_QPA_PLATFORM": "offscreen",
    "RETROVUE_GUI_THEME": "light",
    "RETROVUE_GUI_START_SERVICE": "no",
}


def started(folder: str) -> Line:
    """One start of the program."""
    command = [sys.executable, "-m", "benchmarks.gui_start", folder, str(time.time())]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=60, env={**os.environ, **_ENVIRONMENT}
    )
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def child(what: str, folder: str) -> Line:
    """One measurement in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gui", "--one", what, folder],
        capture_output=True,
        text=True,
        check=True,
        timeout=900,
        env={**os.environ, **_ENVIRONMENT},
    )
    return json.loads(done.stdout.splitlines()[-1])  # type: ignore[no-any-return]


def filled(folder: str, executions: int) -> None:
    """Schedules with a long history."""
    rv = built(folder, SCHEDULES)
    start = datetime.now(UTC) - timedelta(minutes=executions)
    with rv._context.database.transaction() as tx:
        tx.execute(text(FILL), {"count": executions, "from": to_millis(start)})
    rv.close()


# --- in the process that is measured ------------------------------------------------------------------------


class Stage:
    """A window that has opened the catalogue of a folder."""

    def __init__(self, folder: str) -> None:
        from PySide6.QtCore import QTimer
        from PySide6.QtWidgets import QApplication

        from retrovue.gui.app import Gui

        self.application = QApplication([])
        self._pulse = QTimer()  # so that waiting for events ends, and a deadline is noticed
        self._pulse.start(200)
        chosen = settings.load(Path(folder), os.environ)
        self.gui = Gui(self.application, chosen, lambda: app.build(chosen))

    def step(self) -> None:
        """Sleeps until something happens, as the event loop does; other threads can work meanwhile."""
        from PySide6.QtCore import QEventLoop

        self.application.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def until(self, check: Callable[[], Any], seconds: float = 60.0) -> None:
        """Lets the window work until something is so."""
        deadline = time.perf_counter() + seconds
        while not check():
            self.step()
            if time.perf_counter() > deadline:
                raise TimeoutError

    def open(self) -> tuple[Any, Any]:
        """Shows the window; the schedules and the history."""
        self.gui.show()
        self.until(lambda: self.gui.window.pages.count() > 0)
        page: Any = self.gui.window.pages.widget(1)
        self.gui.window.pages.setCurrentWidget(page)
        self.until(lambda: page.schedules.model.rowCount() == SCHEDULES)
        self.until(lambda: page.history.model.rowCount() > 0)
        return page.schedules, page.history


def pages_once(folder: str) -> Line:
    """Each page from the question to the picture, in milliseconds: the median of nine."""
    stage = Stage(folder)
    schedules, history = stage.open()
    found: Line = {}

    def measure(name: str, ask: Callable[[int], None], done: Callable[[], Any], view: Any) -> None:
        times = []
        for number in range(9):
            began = time.perf_counter()
            ask(number)
            stage.until(done)
            view.grab()
            times.append((time.perf_counter() - began) * 1000)
        found[name] = statistics.median(times)

    def empty_schedules(_number: int) -> None:
        schedules.model.show_schedules([], paused=False, now=datetime.now(UTC))
        schedules.refresh()

    measure(
        "500 schedules", empty_schedules, lambda: schedules.model.rowCount() == SCHEDULES, schedules.table
    )
    tab = history.parent().parent()
    tab.setCurrentWidget(history)
    rows = history.model.rowCount()

    def empty_history(_number: int) -> None:
        from retrovue.model.execution import HistoryFilter, Status

        history.model.show_history(HistoryFilter(status=Status.MISSED), 0, [])
        history.refresh()

    measure("open the history", empty_history, lambda: history.model.rowCount() == rows, history.table)
    shown: list[object] = []
    history.model.modelReset.connect(lambda: shown.append(1))

    def by_status(number: int) -> None:
        shown.clear()
        history.status.setCurrentIndex(4 if number % 2 else 3)

    measure("filter by status", by_status, lambda: shown, history.table)
    history.status.setCurrentIndex(0)
    stage.until(lambda: history.model.rowCount() == rows)

    def by_schedule(number: int) -> None:
        shown.clear()
        history.schedule.setCurrentIndex(7 + number)

    measure("filter by schedule", by_schedule, lambda: shown, history.table)
    history.schedule.setCurrentIndex(0)
    stage.until(lambda: history.model.rowCount() == rows)
    where = [0]

    def jump(number: int) -> None:
        where[0] = (number + 1) * rows // 10
        history.table.scrollTo(history.model.index(where[0], 0))

    measure("jump in the history", jump, lambda: history.model.execution(where[0]), history.table)
    stage.gui.close()
    return found


def stutter_once(folder: str) -> Line:
    """The longest time between two ticks of 10 ms while another process syncs and the history is scrolled."""
    from PySide6.QtCore import QTimer

    stage = Stage(folder)
    _, history = stage.open()
    history.parent().parent().setCurrentWidget(history)
    stage.until(lambda: history.model.execution(0))
    end = time.perf_counter() + 2
    stage.until(lambda: time.perf_counter() > end)
    ticks: list[float] = []
    tick = QTimer()
    tick.setInterval(10)
    tick.timeout.connect(lambda: ticks.append(time.perf_counter()))
    scroll = QTimer()
    scroll.setInterval(100)
    bar = history.table.verticalScrollBar()
    scroll.timeout.connect(lambda: bar.setValue((bar.value() + 977) % max(1, bar.maximum())))
    rv = app.build(settings.load(Path(folder), {}))
    with serving("movie", ITEMS) as (url, _server):
        rv.servers.add("Fast", url, Secret("benchmark-token"))
        rv.libraries.discover("Fast")
        sync = subprocess.Popen(
            [sys.executable, "-m", "retrovue", "--data-dir", folder, "sync", "Fast"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        tick.start()
        scroll.start()
        began = time.perf_counter()
        while sync.poll() is None:
            stage.step()
        seconds = time.perf_counter() - began
    gaps = [(after - before) * 1000 for before, after in itertools.pairwise(ticks)]
    memory = psutil.Process().memory_info().rss / 1e6
    rv.close()
    stage.gui.close()
    return {
        "sync s": seconds,
        "items": ITEMS,
        "longest gap ms": max(gaps),
        "99.9 % below ms": statistics.quantiles(gaps, n=1000)[-1],
        "resident MB": memory,
    }


# --- in the process that prints -------------------------------------------------------------------------------


def bench_start() -> list[Line]:
    """From the start of the process to the first paint of the window, nine times."""
    with tempfile.TemporaryDirectory() as folder:
        built(folder, 5).close()
        runs = [started(folder) for _ in range(9)]
    return [{"what": name, "median": statistics.median(run[name] for run in runs)} for name in runs[0]]


def bench_pages() -> list[Line]:
    """500 schedules and 1,000,000 executions: from the question to the picture, in milliseconds."""
    with tempfile.TemporaryDirectory() as folder:
        filled(folder, EXECUTIONS)
        return [{"page": name, "median ms": value} for name, value in child("pages", folder).items()]


def bench_stutter() -> list[Line]:
    """The longest gap between ticks of 10 ms while another process syncs 100,000 items."""
    with tempfile.TemporaryDirectory() as folder:
        filled(folder, 20_000)
        return [child("stutter", folder)]


BENCHES: dict[str, Callable[[], list[Line]]] = {
    "start": bench_start,
    "pages": bench_pages,
    "stutter": bench_stutter,
}
ONES: dict[str, Callable[[str], Line]] = {
    "pages": pages_once,
    "stutter": stutter_once,
}


def main(chosen: list[str]) -> None:
    """Runs the chosen ones."""
    if chosen[:1] == ["--one"]:
        print(json.dumps(ONES[chosen[1]](chosen[2])))
        return
    run(chosen, BENCHES, "gui.json")


if __name__ == "__main__":
    main(sys.argv[1:])
