"""The window's rarer work: signing in, targets, check-up, backups, coming from 1.2, a damaged database."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from gui_screen import Screen, end, gone
from plex_tv import ACCOUNT_TOKEN, PlexTv, resource
from retrovue import app, settings
from retrovue.errors import Conflict
from retrovue.gui.app import Gui
from retrovue.gui.features.importers.page import ImportersPage
from retrovue.gui.features.importers.sign_in_dialog import SignInDialog
from retrovue.gui.features.settings.notifications_tab import EMPTY, NotificationsTab
from retrovue.gui.features.settings.page import SettingsPage
from retrovue.gui.widgets.secret_dialog import SecretDialog
from retrovue.secrets.store import MemorySecrets
from retrovue.service import install

LEFT = Qt.MouseButton.LeftButton
KEY = "k3y-that-nobody-may-see"


def opened(screen: Screen, kind: type[Any]) -> Any:
    """The dialog of this kind that is open."""

    def found() -> list[Any]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, kind) and w.isVisible()]

    screen.until(lambda: len(found()) == 1)
    return found()[0]


# --- signing in -------------------------------------------------------------------------------------------------


@pytest.fixture
def plex_tv() -> Iterator[PlexTv]:
    """plex.tv, which the window asks."""
    with PlexTv() as made:
        yield made


@pytest.fixture
def signing(screen: Screen, plex_tv: PlexTv) -> Callable[[], SignInDialog]:
    """Opens the way by plex.tv from the page of servers."""
    screen.rv.settings.set("plex.account_url", plex_tv.url)
    page = screen.window.pages.widget(0)
    assert isinstance(page, ImportersPage)

    def begin() -> SignInDialog:
        screen.bot.mouseClick(page.servers.sign_in_button, LEFT)
        dialog: SignInDialog = opened(screen, SignInDialog)
        dialog._timer.setInterval(50)
        return dialog

    return begin


def test_a_code_then_the_servers(
    screen: Screen, plex_tv: PlexTv, signing: Callable[[], SignInDialog]
) -> None:
    identifier = screen.server.state.machine_identifier
    plex_tv.resources = [
        resource("Home", identifier, screen.server.token, screen.server.url),
        resource("Cabin", "cabin", "cabin-token-12", "http://127.0.0.1:9"),
    ]
    dialog = signing()
    screen.until(lambda: dialog.code.text() == "ABCD")
    assert not dialog.qr.isHidden()
    assert dialog.qr._image.width() > 20
    assert plex_tv.url in dialog.text.text()
    plex_tv.linked = True
    screen.until(lambda: dialog.list.count() == 2)
    assert "known as 'Home'" in dialog.list.item(0).text()
    assert "does not answer" in dialog.list.item(1).text()
    assert dialog.list.item(1).checkState() is Qt.CheckState.Unchecked
    shown = [dialog.list.item(number).text() for number in range(2)]
    screen.bot.mouseClick(dialog.add, LEFT)
    screen.until(lambda: "Signed in: Home" in screen.said())
    assert gone(dialog)
    shown.append(screen.said())
    assert not any(ACCOUNT_TOKEN in text or screen.server.token in text for text in shown)


def test_a_code_that_expires_and_a_plex_tv_that_is_away(
    screen: Screen, plex_tv: PlexTv, signing: Callable[[], SignInDialog]
) -> None:
    plex_tv.statuses = [503]
    dialog = signing()
    screen.until(lambda: "cannot serve now" in dialog.problem.text())
    screen.bot.mouseClick(dialog.again, LEFT)
    screen.until(lambda: dialog.code.text() == "ABCD")
    plex_tv.gone = True
    screen.until(lambda: "expired" in dialog.problem.text())
    assert dialog.code.text() == ""
    plex_tv.gone = False
    screen.bot.mouseClick(dialog.again, LEFT)
    screen.until(lambda: dialog.code.text() == "ABCD")
    plex_tv.linked = True
    screen.until(lambda: "no server" in dialog.problem.text())
    screen.bot.keyClick(dialog, Qt.Key.Key_Escape)
    assert gone(dialog)


# --- notifications ----------------------------------------------------------------------------------------------


@pytest.fixture
def listener() -> Iterator[tuple[str, list[str]]]:
    """Something that hears what is sent: its address, and the paths that were asked for."""
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            heard.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"127.0.0.1:{server.server_address[1]}", heard
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def tab(screen: Screen) -> NotificationsTab:
    """The tab of notifications."""
    page = screen.window.pages.widget(3)
    assert isinstance(page, SettingsPage)
    screen.window.pages.setCurrentWidget(page)
    page.tabs.setCurrentWidget(page.notifications)
    screen.until(lambda: page.notifications.stack.text == EMPTY)
    return page.notifications


def test_a_target_is_added_tried_and_removed(
    screen: Screen, tab: NotificationsTab, listener: tuple[str, list[str]]
) -> None:
    address, heard = listener
    screen.bot.mouseClick(tab.add_button, LEFT)
    form: SecretDialog = opened(screen, SecretDialog)
    assert not form.save.isEnabled()
    form.name.setText("Phone")
    form.url.setText("nonsense")
    screen.bot.mouseClick(form.save, LEFT)
    screen.until(lambda: "none that can be sent to" in form.problem.text())
    form.url.setText(f"json://{address}/{KEY}")
    screen.bot.mouseClick(form.save, LEFT)
    screen.until(lambda: [row.name for row in tab.model.rows] == ["Phone"])
    assert gone(form)
    cells = [tab.model.index(0, column).data() for column in range(6)]
    assert KEY not in "".join(cells)
    tab.table.selectRow(0)
    screen.bot.mouseClick(tab.test_button, LEFT)
    screen.until(lambda: heard == [f"/{KEY}"])
    screen.until(lambda: "test was sent" in screen.said())
    screen.bot.mouseClick(tab.remove_button, LEFT)
    screen.until(lambda: tab.stack.text == EMPTY)


def test_a_schedule_gets_a_ping(screen: Screen, tab: NotificationsTab) -> None:
    screen.add("Nightly")
    screen.until(lambda: len(tab.pings.rows) == 1)
    assert tab.pings.index(0, 1).data() == "nobody"
    tab.ping_table.selectRow(0)
    screen.bot.mouseClick(tab.ping_button, LEFT)
    form: SecretDialog = opened(screen, SecretDialog)
    form.url.setText(f"https://hc.example/{KEY}")
    screen.bot.mouseClick(form.save, LEFT)
    screen.until(lambda: tab.pings.index(0, 1).data() == "hc.example")
    tab._ping("remove")
    screen.until(lambda: tab.pings.index(0, 1).data() == "nobody")


# --- the menu ---------------------------------------------------------------------------------------------------


def trigger(screen: Screen, text: str) -> None:
    """Chooses an entry of the menus."""
    action = next(one for one in screen.window.maintenance.actions if text in one.text().replace("&", ""))
    screen.until(action.isEnabled)
    action.trigger()


def test_the_doctor(screen: Screen) -> None:
    screen.server.token = "another"
    trigger(screen, "Doctor")
    page = screen.window.pages.currentWidget()
    assert isinstance(page, SettingsPage)
    tab = page.doctor
    assert page.tabs.currentWidget() is tab
    screen.until(lambda: tab.model.rowCount() > 3)
    first = [tab.model.index(0, column).data() for column in range(4)]
    assert first[0] == "✗ bad"
    assert (first[1], "sign-in" in first[3]) == ("Servers", True)
    screen.bot.mouseClick(tab.again, LEFT)
    screen.until(lambda: tab.stack.text == "")


def test_bundle_backup_and_restore(screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = tmp_path / "mine.db"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "bundle.zip"), ""))
    trigger(screen, "Support Bundle")
    screen.until(lambda: "No secret is in it" in screen.said())
    screen.add("Before")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(backup), ""))
    trigger(screen, "Back Up")
    screen.until(lambda: "Tokens are not in it" in screen.said())
    screen.add("After")
    screen.until(lambda: screen.names() == ["After", "Before"])
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(backup), ""))
    trigger(screen, "Restore")
    question: QMessageBox = opened(screen, QMessageBox)
    screen.bot.mouseClick(next(b for b in question.buttons() if "Restore" in b.text().replace("&", "")), LEFT)
    screen.until(lambda: screen.names() == ["Before"])
    screen.until(lambda: "is kept in" in screen.said())
    text = tmp_path / "text.db"
    text.write_text("no backup")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(text), ""))
    trigger(screen, "Restore")
    question = opened(screen, QMessageBox)
    screen.bot.mouseClick(next(b for b in question.buttons() if "Restore" in b.text().replace("&", "")), LEFT)
    refusal: QMessageBox = opened(screen, QMessageBox)
    screen.until(lambda: "not a backup" in refusal.text() + refusal.informativeText())
    refusal.close()
    assert screen.names() == ["Before"]


def test_coming_from_an_old_database(screen: Screen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as made, made:
        made.executescript(
            "CREATE TABLE plex_servers (id INTEGER PRIMARY KEY, name TEXT, base_url TEXT, token TEXT);"
            "CREATE TABLE libraries (id INTEGER PRIMARY KEY, server_id INTEGER, plex_library_key TEXT, title TEXT,"
            " library_type TEXT, sync_enabled INTEGER);"
            "CREATE TABLE path_mappings (id INTEGER PRIMARY KEY, server_id INTEGER, library_id INTEGER, plex_path TEXT,"
            " local_path TEXT);"
            "CREATE TABLE content_items (id INTEGER PRIMARY KEY); CREATE TABLE media_files (id INTEGER PRIMARY KEY);"
            "INSERT INTO libraries VALUES (1, 1, '1', 'Movies', 'movie', 1);"
            "INSERT INTO path_mappings VALUES (1, 1, 1, '/media/movies', '/mnt/movies');"
        )
        made.execute(
            "INSERT INTO plex_servers VALUES (1, 'Old', ?, ?)", (screen.server.url, screen.server.token)
        )
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(old), ""))
    trigger(screen, "Import")
    told: QMessageBox = opened(screen, QMessageBox)
    assert "Path mappings: 1" in told.text()
    assert "known already" in told.detailedText()
    assert screen.server.token not in told.text() + told.detailedText()
    told.close()
    assert screen.rv.mappings.list()[0].local_path == "/mnt/movies"


def test_starting_with_the_machine(
    screen: Screen, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, launches: list[Path]
) -> None:
    where: list[Path] = []

    def refuse(_settings: object, **_options: bool) -> Path:
        raise Conflict("The service could not be installed", "there is no systemctl on this machine")

    monkeypatch.setattr(install, "installed", lambda _settings: where[0] if where else None)
    monkeypatch.setattr(install, "install", refuse)
    action = screen.window.maintenance.at_start
    screen.until(action.isEnabled)
    action.trigger()
    screen.until(lambda: "no systemctl" in screen.said())
    screen.until(lambda: not action.isChecked())

    def take(_settings: object, **_options: bool) -> Path:
        where.append(tmp_path)
        return tmp_path

    monkeypatch.setattr(install, "install", take)
    monkeypatch.setattr(install, "uninstall", lambda _settings: where.pop())
    action.trigger()
    screen.until(lambda: "starts with your session" in screen.said())
    assert action.isChecked()
    assert launches == []
    action.trigger()
    screen.until(lambda: "Removed" in screen.said())
    screen.until(lambda: not action.isChecked())
    screen.until(lambda: bool(launches))  # while the window is open, schedules go on


def test_a_damaged_database_offers_the_newest_good_backup(
    qtbot: Any, qapp: QApplication, data_dir: Path
) -> None:
    chosen = settings.load(data_dir, {})
    rv = app.build(chosen, secrets=MemorySecrets())
    rv.settings.set("history.days", "77")
    rv.backup(_folder(data_dir) / "retrovue-regular-20261101T020000.db")
    rv.close()
    (data_dir / "backups" / "retrovue-regular-20261108T020000.db").write_text("broken, and newer")
    for ending in ("-wal", "-shm"):
        Path(f"{data_dir / 'retrovue.db'}{ending}").unlink(missing_ok=True)
    (data_dir / "retrovue.db").write_bytes(b"this is no database, " * 500)
    gui = Gui(qapp, chosen, lambda: app.build(chosen))
    gui.show()
    qtbot.waitUntil(
        lambda: "Restore the Backup of 2026-11-01" in gui.window.opening.button.text().replace("&", ""),
        timeout=20_000,
    )
    assert "damaged" in gui.window.opening.text
    qtbot.mouseClick(gui.window.opening.button, LEFT)
    qtbot.waitUntil(lambda: gui.window.pages.count() > 0, timeout=20_000)
    assert gui._rv is not None
    assert gui._rv.settings.get("history.days").value == 77
    assert list((data_dir / "backups").glob("retrovue-damaged-*.db"))
    end(gui)


def _folder(data_dir: Path) -> Path:
    folder = data_dir / "backups"
    folder.mkdir()
    return folder
