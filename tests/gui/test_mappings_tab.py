"""Path mappings: what is typed is tried on the files that are known."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFileDialog

from gui_screen import Screen
from retrovue.gui.features.importers.mapping_dialog import MappingDialog
from retrovue.gui.features.importers.mappings_tab import EMPTY, MappingsTab
from retrovue.gui.features.importers.page import ImportersPage
from retrovue.model.catalogue import CatalogueFilter
from retrovue.model.sync import SyncOptions

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def tab(screen: Screen) -> MappingsTab:
    """The tab, with films in the catalogue."""
    list(screen.rv.sync.run([screen.films], SyncOptions()))
    page = screen.window.pages.widget(0)
    assert isinstance(page, ImportersPage)
    page.tabs.setCurrentWidget(page.mappings)
    screen.until(lambda: page.mappings.stack.text == EMPTY)
    return page.mappings


def form_of(screen: Screen) -> MappingDialog:
    """The form that is open."""

    def found() -> list[MappingDialog]:
        return [w for w in QApplication.topLevelWidgets() if isinstance(w, MappingDialog) and w.isVisible()]

    screen.until(lambda: len(found()) == 1)
    return found()[0]


def cells(tab: MappingsTab, column: int) -> list[str]:
    """What stands in a column."""
    return [tab.model.index(row, column).data() for row in range(tab.model.rowCount())]


def test_a_mapping_is_tried_while_it_is_typed_and_kept(
    screen: Screen, tab: MappingsTab, tmp_path: Path
) -> None:
    films = sorted(
        file.file.plex_path or ""
        for item in screen.rv.catalogue.search(CatalogueFilter())
        for file in item.files
    )
    here = tmp_path / "films"
    first = here / Path(films[0]).relative_to("/media/movies")
    first.parent.mkdir(parents=True)
    first.touch()
    screen.bot.mouseClick(tab.add_button, LEFT)
    form = form_of(screen)
    assert form.plex_path.currentText() == "/media/movies", "the library's own folder is offered"
    assert not form.save.isEnabled()
    screen.until(lambda: f"0 of {len(films)} files resolve" in form.report.summary.text())
    form.local_path.setText(str(here))
    screen.until(
        lambda: form.report.summary.text() == f"{len(films)} of {len(films)} files resolve, 1 exist."
    )
    assert "Not found here" in form.report.worst.text()
    screen.bot.mouseClick(form.save, LEFT)
    screen.until(lambda: cells(tab, 3) == [str(here)])
    screen.until(lambda: "1 exist" in tab.report.summary.text())


def test_a_mapping_is_changed_and_removed(
    screen: Screen, tab: MappingsTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen.rv.mappings.add("Home", "/media/movies", "/nowhere")
    screen.until(lambda: cells(tab, 3) == ["/nowhere"])
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(tmp_path))
    tab.table.selectRow(0)
    screen.bot.mouseClick(tab.edit_button, LEFT)
    form = form_of(screen)
    screen.bot.mouseClick(form.browse, LEFT)
    form.library.setCurrentIndex(form.library.findText("Movies"))
    screen.bot.mouseClick(form.save, LEFT)
    screen.until(lambda: cells(tab, 3) == [str(tmp_path)] and cells(tab, 1) == ["Movies"])
    screen.bot.mouseClick(tab.remove_button, LEFT)
    screen.until(lambda: tab.stack.text == EMPTY)
    assert "untouched" in screen.said()


def test_what_is_wrong_with_a_mapping_is_said_in_the_form(screen: Screen, tab: MappingsTab) -> None:
    screen.rv.mappings.add("Home", "/media/movies", "/nowhere")
    screen.until(lambda: cells(tab, 3) == ["/nowhere"])
    tab.add()
    form = form_of(screen)
    form.plex_path.setEditText("/media/movies/")
    form.local_path.setText("relative")
    screen.bot.mouseClick(form.save, LEFT)
    screen.until(lambda: "no absolute path" in form.problem.text())
    form.local_path.setText("/elsewhere")
    screen.bot.mouseClick(form.save, LEFT)
    screen.until(lambda: "mapped already" in form.problem.text())
    form.reject()
    assert len(screen.rv.mappings.list()) == 1
