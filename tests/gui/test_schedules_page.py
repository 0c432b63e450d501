"""The page of schedules, by mouse and keyboard."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem

from gui_screen import Screen, gone
from retrovue.gui.features.schedules.frequency import CRON, DAILY, EVERY, WEEKLY
from retrovue.gui.features.schedules.history_tab import EMPTY as NO_HISTORY
from retrovue.gui.features.schedules.history_tab import NOTHING_FOUND
from retrovue.gui.features.schedules.schedule_dialog import ScheduleDialog
from retrovue.gui.features.schedules.schedules_model import ACTIONS
from retrovue.gui.features.schedules.schedules_tab import EMPTY
from retrovue.gui.theme import error_colour
from retrovue.gui.widgets.status_badge import NO_SCHEDULES
from retrovue.model.catalogue import Secret
from retrovue.model.schedule import ALL_LIBRARIES, CronTrigger, IntervalTrigger, Notice, Overlap, Policies
from retrovue.model.sync import Depth, KindChoice, SyncOptions

LEFT = Qt.MouseButton.LeftButton


def dialog(screen: Screen) -> ScheduleDialog:
    """The form that is open."""

    def found() -> list[ScheduleDialog]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, ScheduleDialog) and w.isVisible()]

    screen.until(lambda: len(found()) == 1)
    return found()[0]


def choose(screen: Screen, *names: str) -> None:
    """Clicks on schedules, with Ctrl from the second on."""
    table = screen.page.schedules.table
    for number, name in enumerate(names):
        screen.until(partial(_shows, screen, name))
        cell = table.visualRect(screen.page.schedules.model.index(screen.names().index(name), 0)).center()
        modifier = Qt.KeyboardModifier.ControlModifier if number else Qt.KeyboardModifier.NoModifier
        screen.bot.mouseClick(table.viewport(), LEFT, modifier, QPoint(cell))
    assert {one.name for one in screen.page.schedules.selected()} == set(names)


def _shows(screen: Screen, name: str) -> bool:
    return name in screen.names()


def press(screen: Screen, key: str) -> None:
    """Triggers an action as its button does."""
    action = screen.page.schedules._actions[key]
    assert action.isEnabled()
    action.trigger()


def test_nothing_yet(screen: Screen) -> None:
    assert screen.page.schedules.stack.text == EMPTY
    screen.until(lambda: screen.page.history.stack.text == NO_HISTORY)
    screen.until(lambda: "Service not running" in screen.window.badge.label.text())
    assert screen.window.badge.start.isVisible()


def test_add_by_keyboard(screen: Screen) -> None:
    screen.bot.mouseClick(screen.page.schedules.stack.button, LEFT)
    form = dialog(screen)
    assert not form.save.isEnabled()
    screen.bot.keyClicks(form.name, "Nightly")
    screen.until(form.save.isEnabled)
    assert "Every day at 02:00" in form.preview.text()
    assert len(form.preview.text().splitlines()) == 6
    screen.bot.keyClick(form.name, Qt.Key.Key_Return)
    screen.until(lambda: screen.names() == ["Nightly"])
    made = screen.rv.schedules.get("Nightly")
    assert (made.trigger, made.library, made.options) == (
        CronTrigger("0 2 * * *"), screen.page.schedules.model.schedule(0).library, SyncOptions(depth=Depth.AUTO),
    )  # fmt: skip
    assert "was added" in screen.said()


def test_escape_keeps_nothing(screen: Screen) -> None:
    screen.page.schedules.add()
    form = dialog(screen)
    screen.bot.keyClicks(form.name, "Never")
    screen.bot.keyClick(form, Qt.Key.Key_Escape)
    screen.until(lambda: gone(form))
    screen.until(lambda: screen.window.findChildren(ScheduleDialog) == [])
    assert screen.rv.schedules.list() == []


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("61 * * * *", "minute '61'"),
        ("0 0 30 2 *", "never run"),
        ("0 0 2 * * *", "five fields"),
        ("", "empty"),
    ],
)
def test_a_wrong_expression_is_marked_and_cannot_be_saved(screen: Screen, cron: str, words: str) -> None:
    screen.page.schedules.add()
    form = dialog(screen)
    screen.bot.keyClicks(form.name, "Bad")
    form.when.way.setCurrentIndex(CRON)
    form.when.cron.clear()
    screen.bot.keyClicks(form.when.cron, cron or " ")
    screen.until(lambda: words in form.problem.text())
    assert not form.save.isEnabled()
    form.when.cron.clear()
    screen.bot.keyClicks(form.when.cron, "*/15 * * * *")
    screen.until(form.save.isEnabled)
    assert form.problem.text() == ""
    form.reject()


def test_a_taken_name_and_an_unknown_zone(screen: Screen) -> None:
    screen.add("Nightly")
    screen.page.schedules.add()
    form = dialog(screen)
    screen.bot.keyClicks(form.name, "NIGHTLY")
    screen.until(lambda: "already" in form.problem.text())
    assert not form.save.isEnabled()
    wrong = error_colour(form.palette())
    assert form.name.palette().text().color() == wrong
    assert form.when.zone.palette().text().color() != wrong
    screen.bot.keyClicks(form.name, " 2")
    screen.until(form.save.isEnabled)
    assert form.name.palette().text().color() != wrong
    form.when.zone.clear()
    screen.bot.keyClicks(form.when.zone, "Mars/Olympus")
    screen.until(lambda: "Mars/Olympus" in form.problem.text())
    assert form.when.zone.palette().text().color() == wrong
    form.reject()


def test_every_field_is_kept_and_comes_back(screen: Screen) -> None:
    screen.page.schedules.add()
    form = dialog(screen)
    screen.bot.keyClicks(form.name, "Everything")
    form.library.setCurrentIndex(form.library.findText("TV Shows"))
    form.when.way.setCurrentIndex(EVERY)
    form.when.count.setValue(3)
    form.how_deep.setCurrentIndex(2)
    form.kinds.setCurrentIndex(2)
    form.limit.setValue(50)
    form.dry_run.setChecked(True)
    form.details.setChecked(True)
    form.enabled.setChecked(False)
    form.policies.overlap.setCurrentIndex(1)
    form.policies.retries.setValue(4)
    form.policies.pause_after.setValue(5)
    form.policies.notices[Notice.CHANGE].setChecked(True)
    screen.until(form.save.isEnabled)
    screen.bot.mouseClick(form.save, LEFT)
    screen.until(lambda: screen.names() == ["Everything"])
    made = screen.rv.schedules.get("Everything")
    assert isinstance(made.trigger, IntervalTrigger)
    assert made.trigger.every == timedelta(hours=3)
    assert made.options == SyncOptions(True, 50, (KindChoice.EPISODE,), Depth.COMPLETE, True)
    assert made.policies == Policies(
        overlap=Overlap.QUEUE, retries=4, pause_after=5, notify=(Notice.FAILURE, Notice.HELD, Notice.CHANGE)
    )
    assert (made.library, made.enabled, made.next_run_at) == ("TV Shows", False, None)
    choose(screen, "Everything")
    press(screen, "edit")
    form = dialog(screen)
    assert form.draft() == screen.rv.schedules.draft_of("Everything")
    form.when.way.setCurrentIndex(WEEKLY)
    screen.until(form.save.isEnabled)
    screen.bot.mouseClick(form.save, LEFT)
    screen.until(lambda: screen.rv.schedules.get("Everything").trigger == CronTrigger("0 0 * * 6"))


@pytest.mark.parametrize(
    ("cron", "way"),
    [("0 2 * * *", DAILY), ("30 3 * * 1,5", WEEKLY), ("*/5 * * * *", CRON), ("0 2 1 * *", CRON)],
)
def test_a_trigger_reads_back_in_its_simplest_form(screen: Screen, cron: str, way: int) -> None:
    screen.add("One", cron)
    choose(screen, "One")
    press(screen, "edit")
    form = dialog(screen)
    assert form.when.way.currentIndex() == way
    assert form.when.trigger() == CronTrigger(cron)
    form.reject()


def test_recently_added_is_all_libraries_at_depth_quick(screen: Screen) -> None:
    screen.page.schedules.add()
    form = dialog(screen)
    screen.bot.keyClicks(form.name, "Recent")
    form.library.setCurrentIndex(form.library.count() - 1)
    screen.until(form.save.isEnabled)
    screen.bot.mouseClick(form.save, LEFT)
    screen.until(lambda: screen.names() == ["Recent"])
    made = screen.rv.schedules.get("Recent")
    assert (made.library, made.options.depth) == (ALL_LIBRARIES, Depth.QUICK)


def test_toggle_duplicate_run_delete_and_undo(screen: Screen) -> None:
    first, _ = screen.add("First"), screen.add("Second")
    screen.rv.notify.set_ping(first, Secret("http://127.0.0.1:9/some-key"))
    choose(screen, "First", "Second")
    press(screen, "toggle")
    screen.until(
        lambda: [screen.page.schedules.model.index(row, 6).data() for row in (0, 1)] == ["Disabled"] * 2
    )
    assert not any(one.enabled for one in screen.rv.schedules.list())
    press(screen, "toggle")
    screen.until(lambda: all(one.enabled for one in screen.rv.schedules.list()))
    press(screen, "run")
    screen.until(lambda: len(screen.rv.history.list()) == 2)
    choose(screen, "First")
    press(screen, "duplicate")
    screen.until(lambda: "First (copy)" in screen.names())
    choose(screen, "First", "Second")
    press(screen, "delete")
    screen.until(lambda: screen.names() == ["First (copy)"])
    assert len(screen.rv.history.list()) == 2, "their history stays"
    screen.bot.mouseClick(screen.page.schedules._undo.button, LEFT)
    screen.until(lambda: screen.names() == ["First", "First (copy)", "Second"])
    assert screen.rv.schedules.get("First").id == first.id
    assert screen.rv.notify.pings() == {"First": "127.0.0.1"}


def test_the_table_is_sorted_and_the_selection_stays_with_its_schedules(screen: Screen) -> None:
    for name, cron in (("b at three", "0 3 * * *"), ("A at five", "0 5 * * *"), ("c at four", "0 4 * * *")):
        screen.add(name, cron)
    screen.until(lambda: screen.names() == ["A at five", "b at three", "c at four"])
    tab = screen.page.schedules
    tab.table.selectRow(0)
    header = tab.table.horizontalHeader()

    def click(column: int) -> None:
        where = QPoint(header.sectionPosition(column) + 10, header.height() // 2)
        screen.bot.mouseClick(header.viewport(), LEFT, pos=where)

    click(5)
    by_time = sorted(screen.rv.schedules.list(), key=lambda one: str(one.next_run_at))
    assert screen.names() == [one.name for one in by_time]
    assert [one.name for one in tab.selected()] == ["A at five"]
    click(5)
    assert screen.names() == [one.name for one in reversed(by_time)]
    click(2)
    assert screen.names() == ["A at five", "b at three", "c at four"], "equal libraries stay by name"
    screen.bot.keyClicks(tab.search, "AT F")
    assert screen.names() == ["A at five", "c at four"]
    assert [one.name for one in tab.selected()] == []
    tab.search.clear()
    click(0)
    click(0)
    screen.add("d at six", "0 6 * * *")
    screen.until(lambda: screen.names() == ["d at six", "c at four", "b at three", "A at five"])


def test_search_and_odd_names(screen: Screen) -> None:
    for name in ("日本語", "x" * 200, "<b>bold</b>", "plain"):
        screen.add(name)
    screen.until(lambda: len(screen.names()) == 4)
    assert "<b>bold</b>" in screen.names()
    screen.page.schedules.search.setText("日本")
    assert screen.names() == ["日本語"]
    screen.page.schedules.search.clear()
    assert len(screen.names()) == 4


def test_what_others_change_is_shown_and_the_selection_stays(screen: Screen) -> None:
    made = screen.add("Nightly")
    choose(screen, "Nightly")
    screen.add("Another")
    screen.until(lambda: screen.names() == ["Another", "Nightly"])
    assert [one.id for one in screen.page.schedules.selected()] == [made.id]
    screen.rv.service.pause_all()
    model = screen.page.schedules.model
    screen.until(lambda: model.index(0, 6).data() == "Paused")
    screen.rv.service.resume_all()
    screen.until(lambda: model.index(0, 6).data() == "Enabled")
    assert model.index(0, 5).data().startswith("in ")
    assert "UTC" in model.index(0, 5).data(Qt.ItemDataRole.ToolTipRole)


def test_history_and_the_log_of_a_run(screen: Screen) -> None:
    screen.add("Nightly")
    list(screen.rv.schedules.run_here("Nightly"))
    screen.server.token = "another-token"
    list(screen.rv.schedules.run_here("Nightly"))
    history = screen.page.history
    screen.page.tabs.setCurrentIndex(1)
    screen.until(lambda: history.model.rowCount() == 2)
    assert history.model.index(0, 7).data() == "Failed"
    history.table.selectRow(0)
    screen.until(lambda: "refuses the token" in history.log.text.toPlainText())
    assert "another-token" not in history.log.text.toPlainText()
    history.table.selectRow(1)
    screen.until(lambda: "scanned" in history.log.text.toPlainText())
    history.log._copy()
    assert "scanned" in QApplication.clipboard().text()
    history.status.setCurrentIndex(history.status.findText("Success"))
    screen.until(lambda: history.model.rowCount() == 1)
    history.status.setCurrentIndex(history.status.findText("Missed"))
    screen.until(lambda: history.stack.text == NOTHING_FOUND)
    history.status.setCurrentIndex(0)
    history.dated.setChecked(True)
    screen.until(lambda: history.model.rowCount() == 2)


def test_run_again_and_cancel(screen: Screen, launches: list[Path]) -> None:
    list(screen.rv.sync.run([screen.films], SyncOptions(limit=2)))
    history = screen.page.history
    screen.page.tabs.setCurrentIndex(1)
    screen.until(lambda: history.model.rowCount() == 1)
    history.table.selectRow(0)
    screen.until(history.again.isEnabled)
    screen.bot.mouseClick(history.again, LEFT)
    screen.until(lambda: history.model.rowCount() == 2)
    screen.until(lambda: bool(launches))
    history.table.selectRow(0)
    screen.until(history.cancel.isEnabled)
    screen.bot.mouseClick(history.cancel, LEFT)
    screen.until(lambda: history.model.index(0, 7).data() == "Cancelled")


@pytest.mark.usefixtures("real_services")
def test_the_badge(screen: Screen) -> None:
    label = screen.window.badge.label
    screen.until(lambda: label.text() == "Service not running –")
    screen.bot.mouseClick(screen.window.badge.start, LEFT)
    screen.until(lambda: label.text() == "Starting the service …")
    screen.until(lambda: label.text() == NO_SCHEDULES)
    screen.add("Nightly")
    screen.until(lambda: label.text().startswith("Next: Nightly in "))
    screen.rv.service.pause_all()
    screen.until(lambda: label.text() == "Paused")
    screen.rv.service.resume_all()
    screen.rv.service.request_stop()
    screen.until(lambda: label.text() == "Service not running –")


def test_the_words_in_a_row_mean_that_row(screen: Screen) -> None:
    screen.add("First")
    screen.add("Second")
    choose(screen, "First")
    table, model, words = (
        screen.page.schedules.table,
        screen.page.schedules.model,
        screen.page.schedules.row_words,
    )

    def click(row: int, key: str) -> None:
        index = model.index(row, ACTIONS)
        option = QStyleOptionViewItem()
        option.initFrom(table)
        option.rect = table.visualRect(index)
        place = next(place for word, place in words.places(option, index) if word.key == key)
        screen.bot.mouseClick(table.viewport(), LEFT, Qt.KeyboardModifier.NoModifier, place.center())

    click(1, "toggle")
    screen.until(lambda: not screen.rv.schedules.get("Second").enabled)
    assert screen.rv.schedules.get("First").enabled
    click(1, "run")
    screen.until(lambda: [e.schedule for e in screen.rv.history.list()] == ["Second"])
    click(0, "edit")
    form = dialog(screen)
    assert form.name.text() == "First"
    form.reject()
    click(0, "delete")
    screen.until(lambda: screen.names() == ["Second"])
