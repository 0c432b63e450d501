"""The page of importers: servers and libraries, by mouse and keyboard."""

from __future__ import annotations

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QMessageBox

from gui_screen import Screen, gone
from retrovue import app
from retrovue.demo import faults
from retrovue.demo.server import StandIn
from retrovue.demo.state import public_domain
from retrovue.gui.features.importers.page import ImportersPage
from retrovue.gui.features.importers.server_dialog import ServerDialog
from retrovue.gui.features.importers.servers_tab import EMPTY
from retrovue.model.account import LocalServer
from retrovue.model.catalogue import Secret
from retrovue.model.execution import Status

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def page(screen: Screen) -> ImportersPage:
    """The page, with the server in it."""
    found = screen.window.pages.widget(0)
    assert isinstance(found, ImportersPage)
    screen.until(lambda: texts(found.servers.model, 3) == ["reachable"])
    screen.until(lambda: len(texts(found.libraries.model, 0)) == 3)
    return found


def texts(model: Any, column: int) -> list[str]:
    """What stands in a column."""
    return [model.index(row, column).data() for row in range(model.rowCount())]


def open_form(screen: Screen) -> ServerDialog:
    """The form that is open."""

    def found() -> list[ServerDialog]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, ServerDialog) and w.isVisible()]

    screen.until(lambda: len(found()) == 1)
    return found()[0]


def fill(screen: Screen, form: ServerDialog, name: str, url: str, token: str) -> None:
    """Types into the form, and saves."""
    for field, text in ((form.name, name), (form.url, url), (form.token, token)):
        field.clear()
        screen.bot.keyClicks(field, text)
    screen.bot.mouseClick(form.save, LEFT)


def test_a_server_is_added_and_its_libraries_found(screen: Screen, page: ImportersPage) -> None:
    second = public_domain()
    second.machine_identifier = "another-machine"
    with StandIn(second, token="second-token-123") as other:
        screen.bot.mouseClick(page.servers.add_button, LEFT)
        form = open_form(screen)
        assert not form.save.isEnabled()
        fill(screen, form, "Cabin", other.url, "wrong-token-123")
        screen.until(lambda: "refuses the token" in form.problem.text())
        assert "wrong-token-123" not in form.problem.text()
        assert len(screen.rv.servers.list()) == 1, "nothing is kept"
        fill(screen, form, "Cabin", other.url, "second-token-123")
        screen.until(lambda: texts(page.servers.model, 0) == ["Cabin", "Home"])
        screen.until(lambda: texts(page.servers.model, 3) == ["reachable", "reachable"])
        screen.until(lambda: len(texts(page.libraries.model, 0)) == 6)
        assert gone(form)
        assert "3 libraries" in screen.said()


@pytest.fixture
def neighbours(monkeypatch: pytest.MonkeyPatch) -> list[LocalServer]:
    """Who answers on the local network."""
    found: list[LocalServer] = []
    monkeypatch.setattr(app, "local_servers", lambda: list(found))
    return found


def test_a_server_is_found_on_the_network(
    neighbours: list[LocalServer], screen: Screen, page: ImportersPage
) -> None:
    screen.bot.mouseClick(page.servers.add_button, LEFT)
    form = open_form(screen)
    screen.bot.mouseClick(form.look, LEFT)
    screen.until(lambda: "Nobody answers" in form.problem.text())
    neighbours.append(LocalServer("Attic", "a", "http://192.0.2.7:32400", "1"))
    screen.until(form.look.isEnabled)
    screen.bot.mouseClick(form.look, LEFT)
    screen.until(lambda: form.url.text() == "http://192.0.2.7:32400")
    assert (form.name.text(), form.problem.text(), form.token.hasFocus()) == ("Attic", "", True)
    neighbours.append(LocalServer("Böse & <b>Co</b>", "b", "http://192.0.2.8:32400", "1"))
    screen.bot.mouseClick(form.look, LEFT)
    screen.until(form.neighbours.isVisible)
    second = form.neighbours.actions()[1]
    assert second.text() == "Böse && <b>Co</b> – http://192.0.2.8:32400"
    second.trigger()
    form.neighbours.close()
    assert (form.name.text(), form.url.text()) == ("Attic", "http://192.0.2.8:32400")
    form.reject()


def test_the_same_server_twice_is_refused(screen: Screen, page: ImportersPage) -> None:
    page.servers.add()
    form = open_form(screen)
    fill(screen, form, "Twice", screen.server.url, screen.server.token)
    screen.until(lambda: "known already" in form.problem.text())
    form.reject()


def test_a_server_is_renamed_without_its_token(screen: Screen, page: ImportersPage) -> None:
    page.servers.table.selectRow(0)
    screen.bot.mouseClick(page.servers.buttons["edit"], LEFT)
    form = open_form(screen)
    assert form.token.text() == ""
    form.name.setText("House")
    screen.bot.mouseClick(form.save, LEFT)
    screen.until(lambda: texts(page.servers.model, 0) == ["House"])


def test_a_server_that_is_down_is_shown_so(screen: Screen, page: ImportersPage) -> None:
    screen.server.fault("/", faults.html(502))
    page.servers.table.selectRow(0)
    screen.bot.mouseClick(page.servers.buttons["test"], LEFT)
    screen.until(lambda: texts(page.servers.model, 3) == ["not reachable"])
    assert "502" in page.servers.model.index(0, 3).data(int(Qt.ItemDataRole.ToolTipRole))


def test_removing_says_what_goes_and_asks_first(screen: Screen, page: ImportersPage) -> None:
    screen.add("Nightly")

    def boxes() -> list[QMessageBox]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]

    def ask() -> QMessageBox:
        page.servers.table.selectRow(0)
        screen.bot.mouseClick(page.servers.buttons["remove"], LEFT)
        screen.until(lambda: len(boxes()) == 1)
        return boxes()[0]

    box = ask()
    assert "3 libraries" in box.text()
    assert "Nightly" in box.informativeText()
    screen.bot.keyClick(box, Qt.Key.Key_Escape)
    screen.until(lambda: not boxes())
    assert len(screen.rv.servers.list()) == 1
    box = ask()
    screen.bot.mouseClick(box.buttons()[0] if "Remove" in box.buttons()[0].text() else box.buttons()[1], LEFT)
    screen.until(lambda: page.servers.stack.text == EMPTY)
    assert screen.rv.schedules.list() == []


def test_libraries_are_disabled_and_unsupported_ones_say_why(screen: Screen, page: ImportersPage) -> None:
    tab = page.libraries
    page.tabs.setCurrentIndex(1)
    assert texts(tab.model, 3) == ["enabled", "not supported", "enabled"]
    assert "movies and series" in tab.model.index(1, 3).data(int(Qt.ItemDataRole.ToolTipRole))
    tab.table.selectRow(1)
    assert not tab.toggle_button.isEnabled()
    tab.table.selectRow(0)
    screen.bot.mouseClick(tab.toggle_button, LEFT)
    screen.until(lambda: texts(tab.model, 3) == ["disabled", "not supported", "enabled"])


def test_discover_says_what_is_new(screen: Screen, page: ImportersPage) -> None:
    page.tabs.setCurrentIndex(1)
    screen.bot.mouseClick(page.libraries.discover_button, LEFT)
    screen.until(lambda: "as they were" in screen.said())
    screen.server.fault("/library/sections", faults.html(401))
    screen.bot.mouseClick(page.libraries.discover_button, LEFT)
    screen.until(lambda: "token" in screen.said())


def test_a_server_that_is_away_does_not_hide_what_the_others_say(screen: Screen, page: ImportersPage) -> None:
    second = public_domain()
    second.machine_identifier = "another-machine"
    with StandIn(second, token="second-token-123") as other:
        screen.rv.servers.add("Attic", other.url, Secret("second-token-123"))
        screen.rv.libraries.discover("Attic")
    screen.server.state.add_section("8", "More Films", "movie", "/media/more")
    page.tabs.setCurrentIndex(1)
    screen.bot.mouseClick(page.libraries.discover_button, LEFT)
    screen.until(lambda: "new: More Films." in screen.said())
    assert "nobody answers" in screen.said()


def test_libraries_that_were_re_created_can_be_gone_on_with(screen: Screen, page: ImportersPage) -> None:
    state = screen.server.state
    old = state.sections.pop("1")
    state.add_section("7", old.title, old.type, old.path, uuid="re-created")
    page.tabs.setCurrentIndex(1)
    screen.bot.mouseClick(page.libraries.discover_button, LEFT)

    def boxes() -> list[QMessageBox]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, QMessageBox) and w.isVisible()]

    screen.until(lambda: len(boxes()) == 1)
    assert "'Movies'" in boxes()[0].text()
    assert "re-created: Movies" in screen.said()
    assert screen.films.key == "1"
    go_on = next(one for one in boxes()[0].buttons() if "Go On" in one.text().replace("&", ""))
    screen.bot.mouseClick(go_on, LEFT)
    screen.until(lambda: "tied to the known ones: Movies" in screen.said())
    assert screen.films.key == "7"


@pytest.mark.usefixtures("real_services")
def test_sync_now_queues_and_starts_the_service(screen: Screen, page: ImportersPage) -> None:
    page.tabs.setCurrentIndex(1)
    page.libraries.table.selectRow(0)
    screen.bot.mouseClick(page.libraries.sync_button, LEFT)
    screen.until(lambda: bool(screen.rv.history.list()) and screen.rv.history.list()[0].status.ended)
    # The service is a process of its own and cannot see this test's tokens: it says so in the history.
    (run,) = screen.rv.history.list()
    assert run.status is Status.FAILED
    assert "token" in (run.reason or "")
    assert screen.rv.service.health().first is not None
