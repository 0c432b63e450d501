"""Closing, the tray, one window for a data folder, and what is remembered."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QLabel,
    QMessageBox,
    QSystemTrayIcon,
    QTabBar,
    QTabWidget,
    QWidget,
)

from gui_screen import Screen, gone
from retrovue.gui import memory
from retrovue.gui.features.importers.page import ImportersPage
from retrovue.gui.single_instance import SingleInstance
from retrovue.model.execution import Status
from retrovue.model.schedule import CronTrigger, Draft

LEFT = Qt.MouseButton.LeftButton


def box(screen: Screen) -> QMessageBox:
    """The question that is open."""

    def found() -> list[QMessageBox]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]

    screen.until(lambda: len(found()) == 1)
    return found()[0]


def press(screen: Screen, question: QMessageBox, text: str) -> None:
    """Presses a button of a question."""
    button = next(one for one in question.buttons() if text in one.text().replace("&", ""))
    screen.bot.mouseClick(button, LEFT)


def test_without_a_service_and_a_tray_closing_closes(screen: Screen) -> None:
    screen.until(lambda: screen.window.badge.label.text() != "")
    with screen.bot.waitSignal(screen.window.ended, timeout=5000):
        screen.window.close()
    assert not screen.window.isVisible()


@pytest.mark.usefixtures("served")
def test_quitting_says_that_the_service_goes_on(screen: Screen) -> None:
    screen.until(lambda: screen.window.badge.label.text().startswith("Idle"))
    screen.window.close()
    question = box(screen)
    assert "goes on" in question.text()
    screen.bot.keyClick(question, Qt.Key.Key_Escape)
    screen.until(lambda: gone(question))
    assert screen.window.isVisible(), "Esc stays"
    screen.window.close()
    question = box(screen)
    never = question.checkBox()
    assert never is not None
    never.setChecked(True)
    with screen.bot.waitSignal(screen.window.ended, timeout=5000):
        press(screen, question, "Quit")
    assert screen.rv.service.health().first is not None
    assert memory.flag(screen.window._memory, memory.LEAVE_SERVICE) is True


@pytest.mark.usefixtures("served")
def test_where_the_service_does_not_stay_nothing_is_said_of_it(screen: Screen) -> None:
    screen.window.service_stays = False
    screen.until(lambda: screen.window.badge.label.text().startswith("Idle"))
    with screen.bot.waitSignal(screen.window.ended, timeout=5000):
        screen.window.close()


@pytest.mark.usefixtures("served")
def test_the_service_can_be_stopped_on_the_way_out(screen: Screen) -> None:
    screen.until(lambda: screen.window.badge.label.text().startswith("Idle"))
    screen.window.close()
    with screen.bot.waitSignal(screen.window.ended, timeout=15000):
        press(screen, box(screen), "Stop Service")
    assert screen.rv.service.health().first is None


def test_the_tray_is_asked_about_once(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    screen.window.close()
    question = box(screen)
    press(screen, question, "Keep in Tray")
    screen.until(lambda: not screen.window.isVisible())
    screen.window.tray.show_wanted.emit()
    assert screen.window.isVisible()
    screen.window.close()
    assert not screen.window.isVisible(), "it was decided"
    with screen.bot.waitSignal(screen.window.ended, timeout=5000):
        screen.window.quit_action.trigger()


def test_without_a_tray_failures_are_told_below(screen: Screen) -> None:
    assert not screen.window.tray.available
    screen.add("Nightly")
    screen.until(lambda: screen.window._last_message is not None)
    screen.server.token = "another"
    list(screen.rv.schedules.run_here("Nightly"))
    screen.until(lambda: screen.said() == "'Nightly' failed (Movies of Home)")


def test_the_tray_pauses_and_tells_of_failures(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", lambda: True)
    monkeypatch.setattr(screen.window.tray.icon, "showMessage", lambda title, *_: told.append(title))
    screen.add("Nightly")
    screen.until(lambda: screen.window.pause.isEnabled())
    screen.window.pause.trigger()
    screen.until(lambda: screen.rv.service.health().paused)
    screen.until(lambda: screen.window.pause.isChecked())
    screen.window.pause.trigger()
    screen.until(lambda: not screen.rv.service.health().paused)
    screen.server.token = "another"
    list(screen.rv.schedules.run_here("Nightly"))
    screen.until(lambda: told == ["'Nightly' failed (Movies of Home)"])
    screen.window.tray._clicked()
    screen.until(lambda: screen.page.history.selected() is not None)
    assert screen.page.history.selected().status is Status.FAILED  # type: ignore[union-attr]


def test_a_second_start_brings_the_first_forward(qtbot: Any, tmp_path: Path) -> None:
    first = SingleInstance(tmp_path)
    assert first.claim()
    found: list[bool] = []
    with qtbot.waitSignal(first.asked, timeout=5000):
        other = threading.Thread(target=lambda: found.append(SingleInstance(tmp_path).claim()))
        other.start()
    other.join(5)
    assert found == [False]
    assert SingleInstance(tmp_path / "elsewhere").claim()
    first.release()
    again = SingleInstance(tmp_path)
    assert again.claim()
    again.release()


def test_tabs_columns_and_dividers_are_remembered(screen: Screen, data_dir: Path) -> None:
    screen.window.pages.setCurrentIndex(1)
    screen.page.tabs.setCurrentIndex(1)
    header = screen.page.schedules.table.horizontalHeader()
    header.resizeSection(3, 333)
    memory.save(screen.window, screen.window._memory)
    screen.window.pages.setCurrentIndex(0)
    screen.page.tabs.setCurrentIndex(0)
    header.resizeSection(3, 60)
    stored = QSettings(str(data_dir / "window.ini"), QSettings.Format.IniFormat)
    memory.restore_inside(screen.window, stored)
    assert (screen.window.pages.currentIndex(), screen.page.tabs.currentIndex()) == (1, 1)
    assert header.sectionSize(3) == 333
    stored.setValue("tabs/pages", "nonsense")
    stored.setValue("columns/Schedules", b"nonsense")
    memory.restore_inside(screen.window, stored)
    assert header.sectionSize(3) == 333


def letters(widget: QWidget) -> list[str]:
    """The letters that a widget listens to with Alt."""
    if isinstance(widget, QTabBar):
        texts = [widget.tabText(number) for number in range(widget.count())]
    elif isinstance(widget, QAbstractButton) or (isinstance(widget, QLabel) and widget.buddy()):
        texts = [widget.text()]
    else:
        texts = []
    plain = [text.replace("&&", "") for text in texts]
    return [text[text.index("&") + 1].upper() for text in plain if "&" in text]


def visible_tabs(screen: Screen) -> list[tuple[str, list[str]]]:
    """Every page with every tab on it, and the letters of what is visible then."""
    found = []
    for number in range(screen.window.pages.count()):
        screen.window.pages.setCurrentIndex(number)
        page = screen.window.pages.widget(number)
        inner = getattr(page, "tabs", None)
        for tab in range(inner.count() if isinstance(inner, QTabWidget) else 1):
            if isinstance(inner, QTabWidget):
                inner.setCurrentIndex(tab)
            every = screen.window.findChildren(QWidget)
            seen = [letter for one in every if one.isVisible() for letter in letters(one)]
            found.append((f"{number}/{tab}", [*seen, "F", "H"]))
    return found


def test_no_letter_means_two_things(screen: Screen) -> None:
    films = screen.films
    screen.rv.schedules.create(Draft("One", films.server_id, films.id, CronTrigger("0 2 * * *"), "UTC"))
    screen.until(lambda: screen.names() == ["One"])
    for place, seen in visible_tabs(screen):
        twice = [letter for letter, count in Counter(seen).items() if count > 1]
        assert not twice, f"on {place}: {twice}"


def test_no_letter_means_two_things_in_a_form(screen: Screen) -> None:
    importers = screen.window.pages.widget(0)
    assert isinstance(importers, ImportersPage)
    screen.until(lambda: bool(importers.mappings.known.servers))
    screen.rv.schedules.timezones()
    for opened in (screen.page.schedules.add, importers.servers.add, importers.mappings.add):
        opened()

        def forms() -> list[QDialog]:
            return [w for w in QApplication.topLevelWidgets() if isinstance(w, QDialog) and w.isVisible()]

        screen.until(lambda: len(forms()) == 1)
        (form,) = forms()
        tabs = form.findChildren(QTabWidget)
        for number in range(tabs[0].count() if tabs else 1):
            if tabs:
                tabs[0].setCurrentIndex(number)
            seen = [
                letter for one in form.findChildren(QWidget) if one.isVisible() for letter in letters(one)
            ]
            twice = [letter for letter, count in Counter(seen).items() if count > 1]
            assert not twice, f"{form.windowTitle()}, tab {number}: {twice}"
        form.reject()


def test_everything_fits_on_a_small_screen(screen: Screen) -> None:
    screen.window.resize(1000, 650)
    for number in range(screen.window.pages.count()):
        screen.window.pages.setCurrentIndex(number)
        inner = getattr(screen.window.pages.widget(number), "tabs", None)
        for tab in range(inner.count() if isinstance(inner, QTabWidget) else 1):
            if isinstance(inner, QTabWidget):
                inner.setCurrentIndex(tab)
            wanted = screen.window.minimumSizeHint()
            assert wanted.width() <= 1000, f"{number}/{tab}"
            assert wanted.height() <= 650, f"{number}/{tab}"


def test_pages_by_number(screen: Screen) -> None:
    for number in (2, 3, 0, 1):
        screen.bot.keyClick(screen.window, Qt.Key(Qt.Key.Key_1 + number), Qt.KeyboardModifier.ControlModifier)
        screen.until(lambda number=number: screen.window.pages.currentIndex() == number)  # type: ignore[misc]
