"""The window around the pages: opening, failures, faults, words."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shiboken6
from PySide6.QtCore import QSettings, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMessageBox

from gui_screen import Screen, end
from retrovue import app, settings
from retrovue.errors import RetroVueError
from retrovue.gui import theme
from retrovue.gui.app import Gui
from retrovue.gui.formatting import exact, in_words, length, plain
from retrovue.gui.widgets.status_badge import Pulse, badge_text
from retrovue.model.execution import Status
from retrovue.model.service import NextRun, ServiceHealth, ServiceProcess, ServiceState
from retrovue.storage import migrate

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_a_catalogue_that_cannot_be_opened_says_what_to_do(
    qtbot: Any, qapp: QApplication, data_dir: Path
) -> None:
    (data_dir / "retrovue.db").write_bytes(b"this is no database, " * 500)
    chosen = settings.load(data_dir, {})
    gui = Gui(qapp, chosen, lambda: app.build(chosen))
    gui.show()
    qtbot.waitUntil(lambda: "damaged" in gui.window.opening.text, timeout=20_000)
    assert "Restore a backup" in gui.window.opening.text
    end(gui)


def test_a_newer_database_says_so_and_can_be_tried_again(
    qtbot: Any, qapp: QApplication, data_dir: Path
) -> None:
    with sqlite3.connect(data_dir / "retrovue.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    database.close()
    chosen = settings.load(data_dir, {})
    gui = Gui(qapp, chosen, lambda: app.build(chosen))
    gui.show()
    qtbot.waitUntil(lambda: "newer" in gui.window.opening.text, timeout=20_000)
    with sqlite3.connect(data_dir / "retrovue.db") as database:
        database.execute(f"UPDATE alembic_version SET version_num = '{migrate.HEAD}'")
    database.close()
    qtbot.mouseClick(gui.window.opening.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: gui.window.pages.count() > 0, timeout=20_000)
    end(gui)


def test_a_locked_database_is_said_and_nothing_freezes(
    qtbot: Any, qapp: QApplication, data_dir: Path
) -> None:
    chosen = settings.load(data_dir, {"RETROVUE_DATABASE_BUSY_SECONDS": "0.3"})
    gui = Gui(qapp, chosen, lambda: app.build(chosen))
    gui.show()
    qtbot.waitUntil(lambda: gui.window.pages.count() > 0, timeout=20_000)
    qtbot.waitUntil(gui.window.pause.isEnabled, timeout=20_000)
    other = sqlite3.connect(data_dir / "retrovue.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    ticks: list[int] = []
    timer = QTimer()
    timer.timeout.connect(lambda: ticks.append(1))
    timer.start(10)
    gui.window.pause.trigger()
    qtbot.waitUntil(lambda: "locked" in gui.window.statusBar().currentMessage(), timeout=20_000)
    assert len(ticks) > 10, "the window's thread went on"
    other.execute("ROLLBACK")
    other.close()
    qtbot.waitUntil(lambda: not gui.window.pause.isChecked(), timeout=20_000)
    gui.window.pause.trigger()
    qtbot.waitUntil(lambda: "paused" in gui.window.statusBar().currentMessage(), timeout=20_000)
    end(gui)


def test_a_fault_is_shown_redacted_and_the_program_goes_on(screen: Screen) -> None:
    def wrong() -> None:
        raise ZeroDivisionError("X-Plex-Token=abcdef123456")

    screen.gui.background.ask(wrong, lambda _: None)

    def boxes() -> list[QMessageBox]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]

    screen.until(lambda: len(boxes()) == 1)
    (box,) = boxes()
    assert "goes on" in box.text()
    assert "ZeroDivisionError" in box.detailedText()
    assert "abcdef123456" not in box.detailedText()
    box.close()
    screen.add("Still here")
    screen.until(lambda: screen.names() == ["Still here"])


def test_faults_on_any_thread_come_into_one_box(screen: Screen, faults: list[BaseException]) -> None:
    def boxes() -> list[QMessageBox]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]

    def wrong(text: str) -> None:
        raise ZeroDivisionError(text)

    QTimer.singleShot(0, lambda: wrong("in a slot, X-Plex-Token=abcdef123456"))
    screen.until(lambda: len(boxes()) == 1)
    (box,) = boxes()
    assert "in a slot" in box.detailedText()
    thread = threading.Thread(target=wrong, args=("in a thread",))
    thread.start()
    thread.join()
    screen.until(lambda: "in a thread" in box.detailedText())
    assert len(boxes()) == 1
    (copy,) = (one for one in box.buttons() if "Copy" in one.text())
    screen.bot.mouseClick(copy, Qt.MouseButton.LeftButton)
    copied = QApplication.clipboard().text()
    assert "in a slot" in copied
    assert "in a thread" in copied
    assert "abcdef123456" not in copied
    screen.until(lambda: not shiboken6.isValid(box))
    screen.gui._faults._caught(ValueError, ValueError("later"), None)
    screen.until(lambda: len(boxes()) == 1)
    assert "in a slot" not in boxes()[0].detailedText()
    boxes()[0].close()
    assert [str(one)[:11] for one in faults] == ["in a slot, ", "in a thread", "later"]
    faults.clear()


def test_an_answer_to_a_form_that_is_gone_is_dropped(screen: Screen) -> None:
    form, answers, asked = QDialog(screen.window), list[str](), threading.Event()

    def question() -> str:
        asked.wait(5)
        return "late"

    screen.gui.slow.ask(question, answers.append, owner=form)
    screen.gui.slow.ask(question, answers.append, owner=screen.window)
    shiboken6.delete(form)
    asked.set()
    screen.until(lambda: answers == ["late"])
    screen.bot.wait(50)
    assert answers == ["late"]


def test_a_refused_question_is_said_in_the_status_bar(screen: Screen) -> None:
    def refuse() -> None:
        raise RetroVueError("Not today", "it rains", "Wait for the sun.")

    screen.gui.background.ask(refuse, lambda _: None)
    screen.until(lambda: screen.said() == "Not today: it rains. Wait for the sun.")


def test_a_database_that_vanishes_is_said_and_its_return_noticed(screen: Screen, data_dir: Path) -> None:
    screen.add("Before")
    screen.until(lambda: screen.names() == ["Before"])
    hidden = data_dir.with_name("elsewhere")
    data_dir.rename(hidden)
    screen.until(lambda: screen.said() != "")
    hidden.rename(data_dir)
    screen.rv._context.database.verify()
    screen.add("After")
    screen.until(lambda: screen.names() == ["After", "Before"])


def test_the_window_remembers_its_place(screen: Screen, data_dir: Path) -> None:
    screen.window.resize(900, 640)
    screen.window.close()
    stored = QSettings(str(data_dir / "window.ini"), QSettings.Format.IniFormat)
    assert stored.value("geometry") is not None


def test_names_that_are_long_or_look_like_html_stay_text(screen: Screen) -> None:
    name = "<b>x</b> & " + "W" * 180
    screen.add(name)
    list(screen.rv.schedules.run_here(name))
    (run,) = screen.rv.history.list()
    page = screen.page
    screen.window.show_run(run.id)
    screen.until(lambda: page.history.selected() is not None)
    pulse = Pulse(health(), [run], 1)
    screen.window.badge.show_pulse(pulse, NOW)
    labels = [one for one in screen.window.findChildren(QLabel) if "<b>x" in one.text()]
    assert len(labels) >= 2, "the badge and the title of the log"
    assert {one.textFormat() for one in labels} == {Qt.TextFormat.PlainText}
    assert screen.window.badge.sizeHint().width() < 700
    assert screen.window.minimumSizeHint().width() <= 1024
    escaped = "&lt;b&gt;x&lt;/b&gt; &amp; W"
    assert escaped in screen.window.badge.label.toolTip()
    assert escaped in page.history.log.title.toolTip()
    screen.until(lambda: screen.names() == [name])
    for model in (page.history.model, page.schedules.model):
        assert escaped in model.index(0, 0).data(Qt.ItemDataRole.ToolTipRole)
        assert model.index(0, 0).data().startswith("<b>x</b> & W")
    screen.window.badge.show_pulse(Pulse(health(next_run=None), [], 0), NOW)
    assert screen.window.badge.label.toolTip() == ""


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_colours_can_be_read(qapp: QApplication, choice: str) -> None:
    theme.apply(qapp, choice)
    palette = qapp.palette()
    assert theme.is_dark(palette) is (choice == "dark")
    for status in Status:
        assert abs(theme.status_colour(status, palette).lightness() - palette.base().color().lightness()) > 60
    theme.apply(qapp, "light")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (2, "now"), (42, "in 42s"), (65, "in 1m 5s"), (-65, "1m 5s ago"), (600, "in 10m"), (8100, "in 2h 15m"), (7200, "in 2h"),
        (86400, "in 1d"), (-93600, "1d 2h ago"),
    ],
)  # fmt: skip
def test_times_in_words(seconds: int, words: str) -> None:
    assert in_words(NOW + timedelta(seconds=seconds), NOW) == words


def test_lengths_and_plain_texts() -> None:
    assert [length(timedelta(seconds=s)) for s in (0.04, 59.94, 61, 3700)] == [
        "0.0s",
        "59.9s",
        "1m 1s",
        "1h 1m",
    ]
    assert length(None) == ""
    assert plain("a\nb\x1b[31m\u202ec") == "a b [31m c"
    assert len(plain("x" * 5000)) == 300
    assert "Asia/Tokyo" in exact(NOW, "Asia/Tokyo")


def health(*, paused: bool = False, alive: bool = True, next_run: NextRun | None = None) -> ServiceHealth:
    one = ServiceProcess(1, 1, "here", "1", ServiceState.LEADING, NOW, NOW, None)
    return ServiceHealth((one,) if alive else (), paused, 0, next_run)


@pytest.mark.parametrize(
    ("pulse", "words"),
    [
        (Pulse(health(), [], 0), "Idle – no schedules configured"),
        (Pulse(health(), [], 2), "Idle"),
        (Pulse(health(next_run=NextRun(1, "Nightly", NOW + timedelta(hours=2, minutes=15))), [], 2), "Next: Nightly in 2h 15m"),
        (Pulse(health(paused=True), [], 2), "Paused"),
        (Pulse(health(alive=False), [], 2), "Service not running"),
        (Pulse(health(), [], 2, silent=True), "Service not responding"),
    ],
)  # fmt: skip
def test_the_badges_words(pulse: Pulse, words: str) -> None:
    assert badge_text(pulse, NOW) == words


def test_the_badge_of_a_running_sync(screen: Screen) -> None:
    screen.add("Nightly")
    screen.rv.schedules.run("Nightly")
    (queued,) = screen.rv.history.list()
    from dataclasses import replace

    running = replace(queued, status=Status.RUNNING, progress_done=42, progress_total=100)
    assert badge_text(Pulse(health(), [running], 1), NOW) == "Running: Nightly 42 %"
    screen.window.badge.show_pulse(Pulse(health(), [running, running], 1), NOW)
    assert screen.window.badge.label.text() == "Running: Nightly 42 % and 1 more"
    assert screen.window.badge.bar.isVisible()
    assert screen.window.badge.bar.value() == 42
