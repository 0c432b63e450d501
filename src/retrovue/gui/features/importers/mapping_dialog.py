"""The form of a path mapping, with the effect that it would have."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.formatting import explain, plain
from retrovue.gui.widgets.forms import ProblemLabel, save_and_cancel
from retrovue.gui.widgets.report_view import ReportView
from retrovue.model.catalogue import Library, PathMapping, Server

_ALL = "All libraries"


@dataclass(frozen=True, slots=True)
class Known:
    """What a mapping can be about, and the mappings that there are."""

    servers: tuple[Server, ...]
    libraries: tuple[Library, ...]
    mappings: tuple[PathMapping, ...]


class MappingDialog(QDialog):
    """Adds a mapping, or changes one. `saved` carries what was kept."""

    saved = Signal(object)

    def __init__(
        self, context: GuiContext, known: Known, mapping: PathMapping | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._context, self._known, self._mapping = context, known, mapping
        self.setWindowTitle("Add Path Mapping" if mapping is None else "Edit Path Mapping")
        self.setMinimumWidth(560)
        self.server, self.library, self.plex_path = QComboBox(), QComboBox(), QComboBox()
        for server in known.servers:
            self.server.addItem(plain(server.name), server.id)
        self.plex_path.setEditable(True)
        self.plex_path.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        line = self.plex_path.lineEdit()
        assert line is not None
        line.setPlaceholderText("/media/movies")
        self.local_path = QLineEdit()
        self.local_path.setPlaceholderText("/mnt/nas/movies")
        self.browse = QPushButton("&Browse …")
        self.report = ReportView(context)
        self.report.setMinimumHeight(self.fontMetrics().lineSpacing() * 8)
        self.problem = ProblemLabel()
        self.buttons, self.save = save_and_cancel(self, self._save)
        self._lay_out()
        self._server_chosen()
        if mapping is not None:
            self._fill(mapping)
        self._listen()
        self._changed()

    def _lay_out(self) -> None:
        here = QHBoxLayout()
        here.addWidget(self.local_path, 1)
        here.addWidget(self.browse)
        form = QFormLayout()
        form.addRow("Se&rver", self.server)
        form.addRow("&Library", self.library)
        form.addRow("&Path on the server", self.plex_path)
        label = QLabel("Path &here")
        label.setBuddy(self.local_path)
        form.addRow(label, here)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.report)
        column.addStretch(1)
        column.addWidget(self.problem)
        column.addWidget(self.buttons)

    def _fill(self, mapping: PathMapping) -> None:
        self.server.setCurrentIndex(self.server.findData(mapping.server_id))
        self.server.setEnabled(False)
        self._server_chosen()
        ids = [self.library.itemData(number) for number in range(self.library.count())]
        self.library.setCurrentIndex(ids.index(mapping.library_id))
        self.plex_path.setEditText(mapping.plex_path)
        self.local_path.setText(mapping.local_path)

    def _listen(self) -> None:
        self.server.currentIndexChanged.connect(self._server_chosen)
        self.library.currentIndexChanged.connect(self._changed)
        self.plex_path.editTextChanged.connect(self._changed)
        self.local_path.textChanged.connect(self._changed)
        self.browse.clicked.connect(self._browse)

    def _server_chosen(self) -> None:
        chosen = self.server.currentData()
        here = [one for one in self._known.libraries if one.server_id == chosen and one.supported]
        self.library.clear()
        self.library.addItem(_ALL, None)
        self.plex_path.clear()
        for library in here:
            self.library.addItem(plain(library.title), library.id)
        self.plex_path.addItems(list(dict.fromkeys(place for one in here for place in one.locations)))

    def _browse(self) -> None:
        path = QFileDialog.getExistingDirectory(
            self, "The same folder on this machine", self.local_path.text()
        )
        if path:
            self.local_path.setText(path)

    def _changed(self) -> None:
        """Shows what the mappings would do with this one among them."""
        plex_path, local_path = self.plex_path.currentText().strip(), self.local_path.text().strip()
        self.problem.clear()
        self.save.setEnabled(bool(plex_path and local_path))
        server = self.server.currentData()
        ident = None if self._mapping is None else self._mapping.id
        trial = [one for one in self._known.mappings if one.server_id == server and one.id != ident]
        if plex_path and local_path:
            library = self.library.currentData()
            trial.append(PathMapping(0, server, "", library, None, plex_path, local_path))
        self.report.show_server(server, trial)

    def _save(self) -> None:
        rv, old, server = self._context.rv, self._mapping, self.server.currentData()
        paths = self.plex_path.currentText(), self.local_path.text()
        library = self.library.currentData()
        self.save.setEnabled(False)

        def question() -> PathMapping:
            if old is None:
                return rv.mappings.add(server, *paths, library=library)
            return rv.mappings.edit(old.id, *paths, library=library)

        self._context.background.ask(question, self._kept, self._refused, owner=self)

    def _kept(self, made: PathMapping) -> None:
        self.saved.emit(made)
        self.accept()

    def _refused(self, error: RetroVueError) -> None:
        self.problem.setText(explain(error))
        self.save.setEnabled(True)

    def done(self, result: int) -> None:
        """Ends the count at work."""
        self.report.show_server(None)
        super().done(result)
