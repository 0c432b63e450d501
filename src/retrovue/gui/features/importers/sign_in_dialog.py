"""Signing in: a code and its QR code, then the account's servers to choose from."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QFont, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QVBoxLayout,
    QWidget,
)

from retrovue.errors import Conflict, RetroVueError, ServerTrouble
from retrovue.gui.context import GuiContext
from retrovue.gui.formatting import explain, length, plain
from retrovue.gui.widgets.forms import ProblemLabel
from retrovue.model.account import FoundServer, Pin
from retrovue.model.catalogue import Secret

_POLL_MS = 2000
_CHECKED, _UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked


class QrCode(QWidget):
    """A QR code, drawn here: nothing is asked for it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.setFixedSize(180, 180)
        self.setAccessibleName("QR code of the link")

    def show_text(self, text: str) -> None:
        """Draws a text."""
        import segno  # lazily: rarely needed

        rows = [list(row) for row in segno.make(text, micro=False).matrix_iter(scale=1, border=3)]
        self._image = QImage(len(rows), len(rows), QImage.Format.Format_RGB32)
        for y, row in enumerate(rows):
            for x, dark in enumerate(row):
                self._image.setPixel(x, y, 0xFF000000 if dark else 0xFFFFFFFF)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802  (Qt's)
        """Draws it as large as there is room, without smoothing."""
        painter = QPainter(self)
        painter.drawImage(QRectF(self.rect()), self._image)
        painter.end()


class SignInDialog(QDialog):
    """`finished_with` carries what was done, in words."""

    finished_with = Signal(str)

    def __init__(self, context: GuiContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._context = context
        self._pin: Pin | None = None
        self._account: Secret | None = None
        self._found: list[FoundServer] = []
        self._asking = False
        self.setWindowTitle("Sign In to Plex")
        self.setMinimumWidth(560)
        self.text, self.code = QLabel("Asking plex.tv for a code …"), QLabel()
        self.problem = ProblemLabel()
        self.text.setWordWrap(True)
        self.text.setOpenExternalLinks(True)
        font = QFont(self.font())
        font.setPointSize(30)
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 8)
        self.code.setFont(font)
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.code.setAccessibleName("Code")
        self.qr = QrCode()
        self.list = QListWidget()
        self.list.setAccessibleName("Servers of the account")
        self.relay = QCheckBox("Also by plex.tv's &relay, which is slow")
        for one in (self.list, self.relay, self.qr):
            one.hide()
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.again = self.buttons.addButton("&New Code", QDialogButtonBox.ButtonRole.ActionRole)
        self.add = self.buttons.addButton("&Add", QDialogButtonBox.ButtonRole.AcceptRole)
        self.again.hide()
        self.add.hide()
        self._lay_out()
        self._timer = QTimer(self)
        self._timer.setInterval(_POLL_MS)
        self._timer.timeout.connect(self._poll)
        self.begin()

    def _lay_out(self) -> None:
        beside = QHBoxLayout()
        beside.addWidget(self.code, 1, Qt.AlignmentFlag.AlignCenter)
        beside.addWidget(self.qr)
        column = QVBoxLayout(self)
        column.addWidget(self.text)
        column.addLayout(beside)
        column.addWidget(self.list)
        column.addWidget(self.relay)
        column.addWidget(self.problem)
        column.addWidget(self.buttons)
        self.buttons.rejected.connect(self.reject)
        self.buttons.accepted.connect(self._use)
        self.again.clicked.connect(self.begin)
        self.list.itemChanged.connect(self._enable)
        self.relay.toggled.connect(self._show_servers)

    def begin(self) -> None:
        """Asks for a code."""
        self.problem.clear()
        self.again.hide()
        self.text.show()
        self.text.setText("Asking plex.tv for a code …")
        self._context.slow.ask(self._context.rv.sign_in.begin, self._show_code, self._failed, owner=self)

    def _show_code(self, pin: Pin) -> None:
        self._pin = pin
        self.code.setText(pin.code)
        self.code.show()
        self.qr.show_text(pin.link)
        self.qr.show()
        self._count_down()
        self._timer.start()

    def _count_down(self) -> None:
        assert self._pin is not None
        left = length(self._pin.expires_at - datetime.now(UTC), coarse=True)
        link = self._pin.link
        self.text.setText(
            f'Open <a href="{link}">{link}</a> where you are signed in to Plex, and type this code. '
            f"It is good for {left}."
        )

    def _poll(self) -> None:
        if self._pin is None or self._asking:
            return
        if datetime.now(UTC) >= self._pin.expires_at:
            self._failed(Conflict("The code has expired", hint="Ask for a new one."))
            return
        self._count_down()
        self._asking = True
        pin, sign_in = self._pin, self._context.rv.sign_in
        self._context.slow.ask(lambda: sign_in.poll(pin), self._polled, self._poll_failed, owner=self)

    def _polled(self, token: Secret | None) -> None:
        self._asking = False
        if token is None or self._account is not None or not self.isVisible():
            return
        self._timer.stop()
        self._account = token
        self.code.clear()
        self.code.hide()
        self.qr.hide()
        self.text.setText("Signed in. Trying the ways to your servers …")
        sign_in = self._context.rv.sign_in
        self._context.slow.ask(lambda: sign_in.servers(token), self._arrived, self._failed, owner=self)

    def _poll_failed(self, error: RetroVueError) -> None:
        self._asking = False
        if isinstance(error, ServerTrouble):
            self.problem.setText(explain(error))  # it passes; the next look tells
        else:
            self._failed(error)

    def _failed(self, error: RetroVueError) -> None:
        self._timer.stop()
        self._account = None
        self.code.clear()
        for one in (self.code, self.qr, self.text):
            one.hide()
        self.problem.setText(explain(error))
        self.again.show()

    def _arrived(self, found: list[FoundServer]) -> None:
        self._found = found
        self.problem.clear()
        self.text.setText("Choose the servers to add. Those that are known get a new token.")
        self.list.show()
        self.relay.setVisible(any(one.best is not None and one.best.relay for one in found))
        self.add.show()
        self._show_servers()

    def _usable(self, one: FoundServer) -> bool:
        return one.best is not None and (not one.best.relay or self.relay.isChecked())

    def _show_servers(self) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for one in self._found:
            item = QListWidgetItem(_described(one), self.list)
            usable = self._usable(one)
            item.setCheckState(_CHECKED if usable and (one.server.owned or one.known_as) else _UNCHECKED)
            item.setFlags(
                Qt.ItemFlag.ItemIsUserCheckable
                | (Qt.ItemFlag.ItemIsEnabled if usable else Qt.ItemFlag.NoItemFlags)
            )
        self.list.blockSignals(False)
        self._enable()

    def _chosen(self) -> list[FoundServer]:
        ticked = [self.list.item(number).checkState() is _CHECKED for number in range(self.list.count())]
        return [one for one, tick in zip(self._found, ticked, strict=True) if tick and self._usable(one)]

    def _enable(self) -> None:
        self.add.setEnabled(bool(self._chosen()))

    def _use(self) -> None:
        rv, account, relay, chosen = self._context.rv, self._account, self.relay.isChecked(), self._chosen()
        assert account is not None
        self.add.setEnabled(False)
        self.problem.clear()

        def question() -> list[str]:
            names = []
            for one in chosen:
                state = rv.sign_in.use(one, account, allow_relay=relay)
                rv.libraries.discover(state.server.id)
                names.append(state.server.name)
            return names

        self._context.slow.ask(question, self._used, self._refused, owner=self)

    def _used(self, names: list[str]) -> None:
        self.finished_with.emit(f"Signed in: {', '.join(map(plain, names))}.")
        self.accept()

    def _refused(self, error: RetroVueError) -> None:
        self.problem.setText(explain(error))
        self._enable()

    def done(self, result: int) -> None:
        """No more questions."""
        self._timer.stop()
        self._pin = None
        super().done(result)


def _described(one: FoundServer) -> str:
    way = (
        "does not answer" if one.best is None else "by relay only" if one.best.relay else plain(one.best.uri)
    )
    owner = "" if one.server.owned else ", shared with you"
    known = f", known as '{plain(one.known_as)}'" if one.known_as else ""
    return f"{plain(one.server.name)} – {way}{owner}{known}"
