"""Syncing by hand: dry run, apply, sync, cancel, and what each shows."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from PySide6.QtCore import Qt

from gui_screen import Screen
from retrovue.gui.features.importers.pace import Pace
from retrovue.gui.features.importers.page import ImportersPage
from retrovue.gui.features.importers.sync_tab import NOTHING_YET, SyncTab
from retrovue.model.catalogue import CatalogueFilter
from retrovue.model.execution import Status
from retrovue.model.sync import Depth

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def tab(screen: Screen, served: None) -> SyncTab:
    """The tab, with both libraries ticked."""
    page = screen.window.pages.widget(0)
    assert isinstance(page, ImportersPage)
    page.tabs.setCurrentWidget(page.sync)
    screen.until(lambda: page.sync.form.libraries.count() == 2)
    assert page.sync.stack.text == NOTHING_YET
    return page.sync


def tick_only(tab: SyncTab, title: str) -> None:
    """Ticks one library alone."""
    for number in range(tab.form.libraries.count()):
        item = tab.form.libraries.item(number)
        item.setCheckState(Qt.CheckState.Checked if item.text() == title else Qt.CheckState.Unchecked)


def states(tab: SyncTab) -> list[str]:
    """How the runs are."""
    return [tab.model.index(row, 1).data() for row in range(tab.model.rowCount())]


def test_a_dry_run_says_what_would_change_and_is_then_applied(screen: Screen, tab: SyncTab) -> None:
    tick_only(tab, "Movies")
    screen.bot.mouseClick(tab.form.dry_run, LEFT)
    screen.until(lambda: states(tab) == ["Success (dry run)"])
    assert list(screen.rv.catalogue.search(CatalogueFilter())) == []
    screen.until(lambda: len(tab.changes.model.rows) == 35)
    assert tab.changes.model.index(0, 0).data() == "Added"
    screen.until(lambda: "35" in tab.log.text.toPlainText())
    assert tab.apply.isEnabled()
    screen.bot.mouseClick(tab.apply, LEFT)
    screen.until(lambda: states(tab) == ["Success"])
    assert len(list(screen.rv.catalogue.search(CatalogueFilter()))) == 35
    assert not tab.apply.isEnabled()


def test_the_options_are_those_of_the_form(screen: Screen, tab: SyncTab) -> None:
    tick_only(tab, "TV Shows")
    tab.form.how_deep.setCurrentIndex(1)
    tab.form.kinds.setCurrentIndex(2)
    tab.form.limit.setValue(7)
    tab.form.details.setChecked(True)
    screen.bot.mouseClick(tab.form.sync, LEFT)
    screen.until(lambda: states(tab) != [])
    (run,) = screen.rv.history.list()
    assert (run.options.depth, run.options.limit, run.options.details) == (Depth.QUICK, 7, True)
    assert [kind.value for kind in run.options.kinds] == ["episode"]
    screen.until(lambda: run_ended(screen))


def run_ended(screen: Screen) -> bool:
    """Whether nothing waits or runs."""
    return all(run.status.ended for run in screen.rv.history.list())


def test_nothing_ticked_nothing_to_press(tab: SyncTab) -> None:
    tick_only(tab, "none of them")
    assert not tab.form.sync.isEnabled()
    assert not tab.form.dry_run.isEnabled()


def test_a_running_sync_shows_its_progress_and_can_be_cancelled(screen: Screen, tab: SyncTab) -> None:
    go_on = threading.Event()
    asked = threading.Event()

    def slow(_request: object, _response: object) -> None:
        asked.set()
        go_on.wait(10)

    screen.server.fault("/library/sections/1/all", slow)
    try:
        tick_only(tab, "Movies")
        screen.bot.mouseClick(tab.form.sync, LEFT)
        screen.until(lambda: asked.is_set() and states(tab) == ["Running"])
        screen.until(lambda: "Movies" in tab.words.text())
        screen.until(tab.cancel.isEnabled)
        screen.bot.mouseClick(tab.cancel, LEFT)
        screen.until(lambda: "asked to stop" in screen.said())
    finally:
        go_on.set()
    screen.until(lambda: states(tab) == ["Cancelled"])
    assert screen.rv.history.list()[0].status is Status.CANCELLED
    screen.until(lambda: not tab.cancel.isEnabled())


def test_the_log_goes_along_with_what_runs_until_somebody_chooses(screen: Screen, tab: SyncTab) -> None:
    gates = {"1": threading.Event(), "2": threading.Event()}

    def hold(key: str) -> None:
        def wait(_request: object, _response: object) -> None:
            gates[key].wait(10)

        screen.server.fault(f"/library/sections/{key}/all", wait)

    def selected() -> str:
        chosen = tab.selected()
        return "" if chosen is None else f"{chosen.library}: {chosen.status.value}"

    for key in gates:
        hold(key)
    try:
        screen.bot.mouseClick(tab.form.sync, LEFT)
        screen.until(lambda: selected() == "Movies: running")
        gates["1"].set()
        screen.until(lambda: selected() == "TV Shows: running")
        tab.table.selectRow(0)
        screen.until(lambda: "35 added" in tab.log.text.toPlainText())
        tab.refresh()
    finally:
        for gate in gates.values():
            gate.set()
    screen.until(lambda: run_ended(screen))
    screen.until(lambda: states(tab) == ["Success", "Success"])
    assert selected() == "Movies: success"


def test_pace() -> None:
    assert Pace().rate is None
    assert Pace().left(100) is None
    pace = Pace()
    for second in range(31):
        pace.note(float(second), second * 20)
    assert pace.rate == 20
    assert pace.left(1000) == timedelta(seconds=20)
    assert pace.left(None) is None
    pace.note(31.0, 0)
    assert pace.left(1000) is None, "a second attempt begins anew"
