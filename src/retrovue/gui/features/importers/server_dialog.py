"""The form of a server. Saving asks the server first; what is wrong is said here, and nothing is kept then."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.formatting import plain
from retrovue.gui.widgets.forms import ProblemLabel, save_and_cancel
from retrovue.model.account import LocalServer
from retrovue.model.catalogue import Discovery, Secret, Server

_TOKEN_PAGE = "https://support.plex.tv/articles/204059436-finding-an-authentication-token-x-plex-token/"  # noqa: S105  (a page)


class ServerDialog(QDialog):
    """Adds a server, or changes one. `saved` carries its name and how many libraries were found."""

    saved = Signal(str, int)

    def __init__(self, context: GuiContext, server: Server | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._context, self._server = context, server
        self.setWindowTitle("Add Server" if server is None else f"Edit '{plain(server.name)}'")
        self.setMinimumWidth(520)
        self._make_fields(server)
        self._lay_out()
        for field in (self.name, self.url, self.token):
            field.textChanged.connect(self._enable)
        self.look.clicked.connect(self._look)
        self._enable()

    def _make_fields(self, server: Server | None) -> None:
        self.name = QLineEdit("" if server is None else server.name)
        self.url = QLineEdit("" if server is None else server.url)
        self.url.setPlaceholderText("http://192.168.1.5:32400")
        self.look = QPushButton("Find on the Net&work")
        self.look.setVisible(server is None)
        self.neighbours = QMenu(self)
        self.token = QLineEdit()
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        self.token.setPlaceholderText("" if server is None else "unchanged")
        self.verify = QCheckBox("&Check its certificate (https)")
        self.verify.setChecked(server is None or server.verify_tls)
        self.ca_file = QLineEdit("" if server is None else server.ca_file or "")
        self.ca_file.setPlaceholderText("only for a certificate of your own")
        self.problem = ProblemLabel()
        self.buttons, self.save = save_and_cancel(self, self._save)

    def _lay_out(self) -> None:
        browse = QPushButton("&Browse …")
        browse.clicked.connect(self._browse)
        help_ = QLabel(f'<a href="{_TOKEN_PAGE}">Where do I find the token?</a>')
        help_.setOpenExternalLinks(True)
        form = QFormLayout()
        form.addRow("&Name", self.name)
        _add_beside(form, "&Address", self.url, self.look)
        form.addRow("&Token", self.token)
        form.addRow("", help_)
        form.addRow("", self.verify)
        _add_beside(form, "CA &file", self.ca_file, browse)
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self.problem)
        column.addWidget(self.buttons)

    def _enable(self) -> None:
        token = bool(self.token.text()) or self._server is not None
        self.save.setEnabled(bool(self.name.text().strip() and self.url.text().strip()) and token)

    def _look(self) -> None:
        self.look.setEnabled(False)
        self.problem.show_step("Asking the local network …")
        self._context.slow.ask(self._context.rv.sign_in.local, self._found, self._refused, owner=self)

    def _found(self, servers: list[LocalServer]) -> None:
        self.look.setEnabled(True)
        self.problem.show_step("" if servers else "Nobody answers on the local network.")
        if len(servers) == 1:
            self._take(servers[0])
        elif servers:
            self.neighbours.clear()
            for one in servers:
                action = self.neighbours.addAction(f"{plain(one.name)} – {plain(one.url)}".replace("&", "&&"))
                action.triggered.connect(lambda _checked=False, one=one: self._take(one))
            self.neighbours.popup(self.look.mapToGlobal(self.look.rect().bottomLeft()))

    def _take(self, found: LocalServer) -> None:
        self.url.setText(found.url)
        if not self.name.text().strip():
            self.name.setText(found.name)
        self.token.setFocus()

    def _browse(self) -> None:
        path, _ = QFileDialog.getOpenFileName(
            self, "CA file", "", "Certificates (*.pem *.crt *.cer);;All files (*)"
        )
        if path:
            self.ca_file.setText(path)

    def _save(self) -> None:
        self.problem.show_step("Asking the server …")
        self.save.setEnabled(False)
        rv, old = self._context.rv, self._server
        name, url = self.name.text().strip(), self.url.text().strip()
        token = Secret(self.token.text().strip()) if self.token.text().strip() else None
        verify, ca_file = self.verify.isChecked(), self.ca_file.text().strip()

        def question() -> tuple[str, Discovery]:
            if old is None:
                made = rv.servers.add(name, url, token, verify_tls=verify, ca_file=ca_file or None)
            else:
                made = rv.servers.edit(
                    old.id, name=name, url=url, token=token, verify_tls=verify, ca_file=ca_file
                )
            return made.server.name, rv.libraries.discover(made.server.id)

        self._context.slow.ask(question, self._kept, self._refused, owner=self)

    def _kept(self, found: tuple[str, Discovery]) -> None:
        name, discovery = found
        self.saved.emit(name, len(discovery.libraries))
        self.accept()

    def _refused(self, error: RetroVueError) -> None:
        self.problem.show_problem(f"{error}\n{error.hint}".strip())
        self.look.setEnabled(True)
        self._enable()


def _add_beside(form: QFormLayout, text: str, field: QLineEdit, button: QPushButton) -> None:
    label = QLabel(text)
    label.setBuddy(field)
    row = QHBoxLayout()
    row.addWidget(field, 1)
    row.addWidget(button)
    form.addRow(label, row)
