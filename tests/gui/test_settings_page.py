"""The page of settings."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit

from gui_screen import Screen, end
from retrovue import app, settings
from retrovue.gui import theme
from retrovue.gui.app import Gui
from retrovue.gui.features.settings.page import SettingsPage
from retrovue.gui.features.settings.values_tab import ValuesTab
from retrovue.gui.router import PAGES


@pytest.fixture
def page(screen: Screen) -> ValuesTab:
    """The tab, with the settings in it."""
    screen.window.pages.setCurrentIndex(3)
    found = screen.window.pages.widget(3)
    assert isinstance(found, SettingsPage)
    screen.until(lambda: found.values.model.rowCount() > 10)
    return found.values


def row(page: ValuesTab, key: str) -> int:
    """Where a setting stands."""
    return next(n for n in range(page.model.rowCount()) if page.model.setting(n).spec.key == key)


def edit(screen: Screen, page: ValuesTab, key: str, kind: type[Any]) -> Any:
    """Opens the editor of a value, as a double click does."""
    index = page.model.index(row(page, key), 1)
    page.table.setCurrentIndex(index)
    page.table.edit(index)
    return page.table.findChild(kind)


def test_a_value_is_changed_and_taken_back(screen: Screen, page: ValuesTab) -> None:
    field = edit(screen, page, "sync.page_size", QLineEdit)
    field.selectAll()
    screen.bot.keyClicks(field, "250")
    screen.bot.keyClick(field, Qt.Key.Key_Return)
    screen.until(lambda: page.model.setting(row(page, "sync.page_size")).value == 250)
    assert screen.rv.settings.now().integer("sync.page_size") == 250
    assert page.reset.isEnabled()
    screen.bot.mouseClick(page.reset, Qt.MouseButton.LeftButton)
    screen.until(lambda: page.model.setting(row(page, "sync.page_size")).value == 1000)


def test_a_choice_is_chosen_from_a_list(screen: Screen, page: ValuesTab) -> None:
    box = edit(screen, page, "secrets.store", QComboBox)
    box.setCurrentText("keyring")
    page.table.commitData(box)
    screen.until(lambda: screen.rv.settings.get("secrets.store").value == "keyring")


def test_what_cannot_be_is_refused_with_words(screen: Screen, page: ValuesTab) -> None:
    field = edit(screen, page, "sync.page_size", QLineEdit)
    field.selectAll()
    screen.bot.keyClicks(field, "99999")
    screen.bot.keyClick(field, Qt.Key.Key_Return)
    screen.until(lambda: "at most 1000" in screen.said())
    assert screen.rv.settings.get("sync.page_size").value == 1000


def test_what_the_environment_sets_is_locked(screen: Screen, page: ValuesTab) -> None:
    index = page.model.index(row(page, "plex.retries"), 1)
    assert not page.model.flags(index) & Qt.ItemFlag.ItemIsEditable
    assert "RETROVUE_PLEX_RETRIES" in index.data(int(Qt.ItemDataRole.ToolTipRole))
    assert not page.model.flags(page.model.index(row(page, "database.url"), 1)) & Qt.ItemFlag.ItemIsEditable


def test_the_theme_changes_at_once(data_dir: Path, qtbot: Any, qapp: QApplication) -> None:
    chosen = settings.load(data_dir, {})
    gui = Gui(qapp, chosen, lambda: app.build(chosen))
    gui.show()
    qtbot.waitUntil(lambda: gui.window.pages.count() == len(PAGES), timeout=20_000)
    other = app.build(chosen)
    other.settings.set("gui.theme", "dark")
    qtbot.waitUntil(lambda: theme.is_dark(qapp.palette()), timeout=20_000)
    other.settings.set("gui.theme", "light")
    qtbot.waitUntil(lambda: not theme.is_dark(qapp.palette()), timeout=20_000)
    other.close()
    end(gui)


def test_a_password_in_the_databases_address_is_not_shown(screen: Screen, page: ValuesTab) -> None:
    index = page.model.index(row(page, "database.url"), 1)
    one = page.model.setting(index.row())
    page.model._rows[index.row()] = replace(one, value="postgresql://user:geheim@host/retrovue")
    assert "geheim" not in index.data()
    assert "host/retrovue" in index.data()
