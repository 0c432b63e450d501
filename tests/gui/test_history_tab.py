"""The history's other half: text, what changed, held removals, export, and the timeline that leads to it."""

from __future__ import annotations

import csv
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from gui_screen import Screen, gone
from retrovue.gui.features.schedules import timeline
from retrovue.gui.features.schedules.hold_dialog import HoldDialog
from retrovue.gui.features.schedules.sparklines import Bar
from retrovue.gui.features.schedules.timeline import Lane, collisions
from retrovue.gui.features.schedules.upcoming_tab import EMPTY
from retrovue.gui.formatting import local
from retrovue.model.catalogue import CatalogueFilter
from retrovue.model.execution import Status
from retrovue.model.schedule import Schedule
from retrovue.model.sync import SyncOptions

LEFT = Qt.MouseButton.LeftButton


def open_history(screen: Screen, rows: int) -> None:
    """Shows the history with so many runs."""
    screen.window.pages.setCurrentWidget(screen.page)
    screen.page.tabs.setCurrentWidget(screen.page.history)
    screen.until(lambda: screen.page.history.model.rowCount() == rows)


def test_text_is_found_in_names_and_reasons(screen: Screen) -> None:
    screen.add("Nightly")
    screen.add("50% of it_")
    list(screen.rv.schedules.run_here("Nightly"))
    list(screen.rv.schedules.run_here("50% of it_"))
    screen.server.token = "another"
    list(screen.rv.schedules.run_here("Nightly"))
    open_history(screen, 3)
    history = screen.page.history
    for text, rows in (("NIGHT", 2), ("0% of", 1), ("refuses", 1), ("movies", 3), ("", 3)):
        history.text.setText(text)
        screen.until(lambda rows=rows: history.model.rowCount() == rows)  # type: ignore[misc]
    history.text.setText("it%_")
    screen.until(lambda: history.stack.text != "")


def test_what_changed_in_a_run_with_old_and_new_values(screen: Screen) -> None:
    list(screen.rv.sync.run([screen.films], SyncOptions()))
    film = next(iter(screen.server.state.find(lambda row: row["title"] == "Metropolis")))
    screen.server.state.edit(film["ratingKey"], title="<b>Metropolis</b>")
    list(screen.rv.sync.run([screen.films], SyncOptions()))
    open_history(screen, 2)
    history = screen.page.history
    assert not history.export.isHidden()
    history.table.selectRow(0)
    model = history.changes.model
    screen.until(lambda: [row.title for row in model.rows] == ["<b>Metropolis</b>"])
    assert "title: Metropolis → <b>Metropolis</b>" in model.index(0, 2).data()
    tip = model.index(0, 2).data(int(Qt.ItemDataRole.ToolTipRole))
    assert "before: Metropolis" in tip
    history.table.selectRow(1)
    screen.until(lambda: len(model.rows) == 35)
    history.changes.kind.setCurrentIndex(history.changes.kind.findText("Removed"))
    screen.until(lambda: history.changes.stack.text == "Nothing changed.")


def hold(screen: Screen) -> int:
    """A run that holds removals; its id."""
    list(screen.rv.sync.run([screen.films], SyncOptions()))
    for key in screen.server.state.keys("1", "movie")[:30]:
        screen.server.state.remove(key)
    (run,) = screen.rv.sync.run([screen.films], SyncOptions())
    assert run.removals_held == 30
    return run.id


def hold_dialog(screen: Screen) -> HoldDialog:
    """Opens the newest run's held removals."""
    history = screen.page.history
    history.table.selectRow(0)
    screen.until(history.held.isEnabled)
    screen.bot.mouseClick(history.held, LEFT)

    def found() -> list[HoldDialog]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, HoldDialog) and w.isVisible()]

    screen.until(lambda: len(found()) == 1)
    return found()[0]


@pytest.mark.usefixtures("served")
def test_held_removals_are_approved(screen: Screen) -> None:
    hold(screen)
    open_history(screen, 2)
    form = hold_dialog(screen)
    assert form.model.rowCount() == 30
    screen.bot.mouseClick(form.approve, LEFT)
    screen.until(lambda: len(list(screen.rv.catalogue.search(CatalogueFilter()))) == 5)
    assert gone(form)


def test_held_removals_are_kept_and_not_asked_about_again(screen: Screen) -> None:
    hold(screen)
    open_history(screen, 2)
    form = hold_dialog(screen)
    screen.bot.mouseClick(form.reject_button, LEFT)
    screen.until(lambda: screen.rv.removals.list() == [])
    screen.until(lambda: "kept" in screen.said())
    screen.bot.mouseClick(screen.page.history.held, LEFT)
    screen.until(lambda: "decided already" in screen.said())
    assert len(list(screen.rv.catalogue.search(CatalogueFilter()))) == 35


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ""])
def test_what_is_shown_is_exported(
    screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    list(screen.rv.sync.run([screen.films], SyncOptions()))
    open_history(screen, 1)
    target = tmp_path / f"runs{suffix}"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), "Table (*.csv)"))
    screen.bot.mouseClick(screen.page.history.export, LEFT)
    screen.until(lambda: "1 executions were exported" in screen.said())
    if suffix == ".jsonl":
        assert json.loads(target.read_text())["library"] == "Movies"
    else:
        with target.with_suffix(".csv").open(newline="") as file:
            assert next(csv.DictReader(file))["library"] == "Movies"


def test_an_export_that_cannot_be_written_says_so(
    screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(screen.rv.sync.run([screen.films], SyncOptions()))
    open_history(screen, 1)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "such.csv"), ""))
    screen.bot.mouseClick(screen.page.history.export, LEFT)
    screen.until(lambda: "cannot be written" in screen.said())


def test_a_run_far_down_is_shown_where_it_stands(screen: Screen) -> None:
    first = screen.rv.sync.queue(screen.films, SyncOptions())
    for _ in range(450):
        screen.rv.history.cancel(screen.rv.sync.queue(screen.films, SyncOptions()))
    history = screen.page.history
    history.status.setCurrentIndex(1)
    screen.window.show_run(first)
    screen.until(lambda: (chosen := history.selected()) is not None and chosen.id == first)
    assert history.table.selectionModel().selectedRows()[0].row() == 450
    assert history.log.title.text().endswith("queued")
    newest = screen.rv.history.list()[0].id
    screen.window.show_run(newest)
    screen.until(lambda: (chosen := history.selected()) is not None and chosen.id == newest)


def test_a_run_is_shown_though_an_older_answer_comes_first(screen: Screen) -> None:
    history = screen.page.history
    screen.window.pages.setCurrentWidget(screen.page)
    screen.until(lambda: history.stack.text != "Loading …")
    asked = threading.Event()
    history.refresh()
    screen.gui.background.ask(asked.set, lambda _: None)
    assert asked.wait(5), "the question was put; its answer waits until the window looks for events"
    ident = screen.rv.sync.queue(screen.films, SyncOptions())
    screen.window.show_run(ident)
    screen.until(lambda: (chosen := history.selected()) is not None and chosen.id == ident)


def test_the_timeline_shows_runs_firings_and_collisions(screen: Screen) -> None:
    page = screen.page
    screen.window.pages.setCurrentWidget(page)
    page.tabs.setCurrentWidget(page.upcoming)
    screen.until(lambda: page.upcoming.stack.text == EMPTY)
    screen.add("Nightly", "0 2 * * *")
    screen.add("At two as well", "0 2 * * *")
    list(screen.rv.schedules.run_here("Nightly"))
    (run,) = screen.rv.history.list()
    view = page.upcoming.view
    screen.until(lambda: "same library" in page.upcoming.summary.text())
    shown = view._shown
    assert shown is not None
    assert [lane.schedule.name for lane in shown.lanes] == ["At two as well", "Nightly"]
    assert [len(lane.past) for lane in shown.lanes] == [0, 1]
    place = view.run_place(1, run)
    assert "Nightly: success" in view.words_at(place.center())
    ahead = shown.lanes[1].ahead[0]
    assert "due" in view.words_at(view.firing_place(1, shown.lanes[1], ahead).center())
    assert view.words_at(place.center() - QPoint(0, 600)) == ""
    page.upcoming.span.setCurrentIndex(1)
    screen.until(lambda: len(view._shown.lanes[1].ahead) == 7)  # type: ignore[union-attr]
    page.history.status.setCurrentIndex(3)
    screen.bot.mouseClick(
        view, LEFT, Qt.KeyboardModifier.NoModifier, view.run_place(1, run).center().toPoint()
    )
    screen.until(lambda: page.history.selected() is not None)
    assert page.tabs.currentWidget() is page.history
    assert page.history.selected().id == run.id  # type: ignore[union-attr]


def test_the_timeline_does_not_hide_what_it_leaves_out(
    screen: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timeline, "_MOST_PAST", 2)
    screen.add("Often", "* * * * *")
    for _ in range(3):
        list(screen.rv.schedules.run_here("Often"))
    page = screen.page
    screen.window.pages.setCurrentWidget(page)
    page.tabs.setCurrentWidget(page.upcoming)
    screen.until(lambda: "More than 300 runs are due" in page.upcoming.summary.text())
    second = screen.rv.history.list()[1]
    assert f"Runs before {local(second.start_time)} are left out." in page.upcoming.summary.text()
    view = page.upcoming.view
    (lane,) = view._shown.lanes  # type: ignore[union-attr]
    rest = view.rest_place(0, lane)
    assert rest.right() == pytest.approx(view.width() - 8)
    assert "goes on like this" in view.words_at(rest.center())
    colour = view.grab().toImage().pixelColor(rest.center().toPoint())
    assert colour != view.palette().base().color(), "it is painted"


def test_only_schedules_that_share_a_library_meet(screen: Screen) -> None:
    now = datetime(2026, 11, 23, 2, tzinfo=UTC)
    minutes = timedelta(minutes=1)
    films, again = screen.add("Films"), screen.add("Again")
    shows = screen.rv.libraries.get("TV Shows")
    other = screen.rv.schedules.duplicate("Films")
    draft = replace(screen.rv.schedules.draft_of(other.id), library_id=shows.id)
    other = screen.rv.schedules.update(other.id, draft)

    def lane(schedule: Schedule, *at: int, lasts: int = 5) -> Lane:
        return Lane(schedule, (), tuple(now + minute * minutes for minute in at), lasts * minutes)

    assert collisions((lane(films, 0, 60), lane(other, 0, 60))) == []
    assert collisions((lane(films, 0), lane(again, 5))) == []
    (meeting,) = collisions((lane(films, 0, 60), lane(again, 30, 64)))
    assert meeting.at == now + 64 * minutes
    (meeting,) = collisions((lane(films, 10), lane(again, 2, lasts=20)))
    assert meeting.at == now + 10 * minutes


def test_the_last_durations_stand_in_the_row(screen: Screen) -> None:
    made = screen.add("Nightly")
    list(screen.rv.schedules.run_here("Nightly"))
    screen.window.pages.setCurrentWidget(screen.page)
    screen.until(lambda: screen.page.schedules.sparklines.bars.get(made.id) == [Bar(1.0, Status.SUCCESS)])
    screen.server.token = "another"
    list(screen.rv.schedules.run_here("Nightly"))
    screen.until(lambda: len(screen.page.schedules.sparklines.bars[made.id]) == 2)
    assert screen.page.schedules.sparklines.bars[made.id][1].status is Status.FAILED
