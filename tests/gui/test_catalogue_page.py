"""The page of the catalogue: search, tree, details, what came and went."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtWidgets import QFileDialog, QLabel

from gui_screen import Screen
from retrovue.gui.features.catalogue.browse_tab import EMPTY, NOTHING_FOUND
from retrovue.gui.features.catalogue.page import CataloguePage
from retrovue.model.sync import SyncOptions

LEFT = Qt.MouseButton.LeftButton
TOP = QModelIndex()


def open_page(screen: Screen) -> CataloguePage:
    """The page, looked at."""
    page = screen.window.pages.widget(2)
    assert isinstance(page, CataloguePage)
    screen.window.pages.setCurrentWidget(page)
    return page


@pytest.fixture
def page(screen: Screen) -> CataloguePage:
    """The page with both libraries in the catalogue."""
    found = open_page(screen)
    screen.until(lambda: found.browse.stack.text == EMPTY)
    list(screen.rv.sync.run(screen.rv.sync.choose("Home", [], SyncOptions()), SyncOptions()))
    screen.until(lambda: found.browse.count.text() == "38")
    return found


def titles(page: CataloguePage, parent: QModelIndex = TOP) -> list[str]:
    """What stands below an item."""
    model = page.browse.model
    return [str(model.index(row, 0, parent).data()) for row in range(model.rowCount(parent))]


def test_movies_and_shows_by_title_with_seasons_and_episodes_below(
    screen: Screen, page: CataloguePage
) -> None:
    tree, model = page.browse.tree, page.browse.model
    shown = titles(page)
    assert shown[:3] == ["A Trip to the Moon", "Battleship Potemkin", "Carnival of Souls"]
    assert "狂った一頁" in shown
    show = model.index(shown.index("Superman"), 0, TOP)
    assert model.hasChildren(show)
    tree.setCurrentIndex(show)
    screen.bot.keyClick(tree, Qt.Key.Key_Right)
    screen.until(lambda: titles(page, show) == ["Season 1", "Season 2"])
    season = model.index(0, 0, show)
    assert model.parent(season) == show
    tree.expand(season)
    screen.until(lambda: len(titles(page, season)) == 9)
    episode = model.index(0, 0, season)
    assert episode.data() == "S01E01 · The Mad Scientist"
    assert model.parent(model.parent(episode)) == show
    assert not model.hasChildren(episode)
    tree.setCurrentIndex(episode)
    screen.until(lambda: "Superman · S01E01 · The Mad Scientist" in texts(page))


def texts(page: CataloguePage) -> list[str]:
    """What the details say."""
    return [label.text() for label in page.browse.details.area.findChildren(QLabel)]


def test_an_open_show_follows_what_others_change(screen: Screen, page: CataloguePage) -> None:
    tree, model = page.browse.tree, page.browse.model
    show = model.index(titles(page).index("Superman"), 0, TOP)
    tree.expand(show)
    screen.until(lambda: len(titles(page, show)) == 2)
    season = model.index(1, 0, show)
    tree.expand(season)
    screen.until(lambda: len(titles(page, season)) == 8)
    shows = screen.rv.libraries.get("TV Shows")
    key = screen.server.state.keys("2", "season")[1]
    screen.server.state.add_episode("2", key, 99, "The Lost Reel")
    list(screen.rv.sync.run([shows], SyncOptions()))
    screen.until(lambda: "S02E99 · The Lost Reel" in titles(page, season))
    assert tree.isExpanded(season)


def test_search_as_you_type_kind_place_and_state(screen: Screen, page: CataloguePage) -> None:
    browse = page.browse
    screen.bot.keyClicks(browse.search, "NIGHT")
    screen.until(lambda: titles(page) == ["Night of the Living Dead"])
    browse.search.setText("moon")
    screen.until(lambda: "Radar Men from the Moon · S01E01 · Moon Rocket" in titles(page))
    browse.kind.setCurrentIndex(browse.kind.findText("Movie"))
    screen.until(lambda: titles(page) == ["A Trip to the Moon"])
    browse.search.setText("%")
    screen.until(lambda: browse.stack.text == NOTHING_FOUND)
    browse.search.clear()
    browse.kind.setCurrentIndex(0)
    browse.place.setCurrentIndex(browse.place.findText("TV Shows – Home"))
    screen.until(lambda: titles(page) == ["Radar Men from the Moon", "Superman", "Undersea Kingdom"])
    browse.shelf.setCurrentIndex(browse.shelf.findText("Removed"))
    screen.until(lambda: browse.stack.text == NOTHING_FOUND)
    screen.server.state.remove(screen.server.state.keys("2", "episode")[0])
    list(screen.rv.sync.run([screen.rv.libraries.get("TV Shows")], SyncOptions()))
    screen.until(lambda: len(titles(page)) == 1)
    index = browse.model.index(0, 6, TOP)
    assert index.data().startswith("removed 20")


def test_details_say_which_files_are_here(screen: Screen, page: CataloguePage, tmp_path: Path) -> None:
    browse = page.browse
    screen.rv.mappings.add("Home", "/media/movies", str(tmp_path))
    detour = next(
        found for found in screen.rv.catalogue.search(screen.rv.catalogue.filter(browse.wanted().filter, library="Movies"))
        if found.item.title == "Detour"
    )  # fmt: skip
    here = Path(detour.files[0].local_path or "")
    here.parent.mkdir(parents=True)
    here.touch()
    browse.search.setText("detour")
    screen.until(lambda: titles(page) == ["Detour"])
    browse.tree.setCurrentIndex(browse.model.index(0, 0, TOP))
    files = browse.details.files
    screen.until(lambda: [files.index(row, 0).data() for row in range(files.rowCount())] == ["found"])
    assert "imdb tt0037638" in " ".join(texts(page))
    screen.until(lambda: [one.change.value for one in browse.details.changes.model.rows] == ["added"])
    browse.search.clear()
    browse.shelf.setCurrentIndex(browse.shelf.findText("Files not found here"))
    films_and_chapters = 35 + 17 + 12 + 12
    screen.until(lambda: browse.count.text() == f"{films_and_chapters - 1}")
    assert "Detour" not in titles(page)
    assert not browse.export.isEnabled()


def test_what_came_and_went(screen: Screen, page: CataloguePage) -> None:
    page.tabs.setCurrentWidget(page.changes)
    view = page.changes.changes
    screen.until(lambda: len(view.model.rows) == 35 + 3 + 4 + 41)
    page.changes.search.setText("metropolis")
    screen.until(lambda: [one.title for one in view.model.rows] == ["Metropolis"])
    view.kind.setCurrentIndex(view.kind.findText("Removed"))
    screen.until(lambda: view.stack.text == "Nothing changed.")


def test_export_writes_what_the_filters_find(
    screen: Screen, page: CataloguePage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "all.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    page.browse.search.setText("superman")
    screen.until(lambda: titles(page) != [] and page.browse.count.text() == "20")
    screen.bot.mouseClick(page.browse.export, LEFT)
    screen.until(lambda: "20 items were exported" in screen.said())
    with target.open(newline="") as file:
        assert {row["kind"] for row in csv.DictReader(file)} == {"show", "season", "episode"}


def test_odd_titles_are_shown_as_they_are(screen: Screen) -> None:
    odd = ("<b>bold</b> & <img src=x>", "x" * 300, "אבג \u202edroW", "line\nbreak\x07")
    keys = screen.server.state.keys("1", "movie")
    for key, title in zip(keys, odd, strict=False):
        screen.server.state.edit(key, title=title, titleSort=title)
    list(screen.rv.sync.run([screen.films], SyncOptions()))
    page = open_page(screen)
    screen.until(lambda: page.browse.count.text() == "35")
    shown = titles(page)
    assert odd[0] in shown
    assert odd[1] in shown
    assert not any("\n" in one or "\u202e" in one or "\x07" in one for one in shown)
    browse = page.browse
    browse.tree.setCurrentIndex(browse.model.index(shown.index(odd[0]), 0, TOP))
    screen.until(lambda: odd[0] in texts(page))
    label = next(one for one in browse.details.area.findChildren(QLabel) if one.text() == odd[0])
    assert label.textFormat() is Qt.TextFormat.PlainText
