"""The window: pages above, the badge below."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QCloseEvent, QGuiApplication
from PySide6.QtWidgets import QLabel, QMainWindow, QMessageBox, QTabWidget

from retrovue.errors import RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.router import PAGES
from retrovue.gui.widgets.status_badge import Pulse, StatusBadge
from retrovue.log import redact
from retrovue.service import control

_SAID_MS = 8000


class MainWindow(QMainWindow):
    """Shows at once; what it shows comes when `begin` has given it the façade."""

    def __init__(self, memory: QSettings) -> None:
        super().__init__()
        self._memory = memory
        self._context: GuiContext | None = None
        self.setWindowTitle("RetroVue")
        self.resize(1080, 720)
        self.pages = QTabWidget()
        self.pages.setDocumentMode(True)
        self._loading = QLabel("Opening the catalogue …")
        self._loading.setMargin(24)
        self.setCentralWidget(self._loading)
        self.badge = StatusBadge()
        self.statusBar().addPermanentWidget(self.badge)
        self.badge.start_wanted.connect(self._start_service)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(lambda: self.badge.pass_time(datetime.now(UTC)))
        geometry = memory.value("geometry")
        if geometry is not None:
            self.restoreGeometry(geometry)

    def begin(self, context: GuiContext) -> None:
        """Fills the window."""
        self._context = context
        context.background.failed.connect(self._failed)
        context.slow.failed.connect(self._failed)
        context.background.broke.connect(self.show_fault)
        context.slow.broke.connect(self.show_fault)
        context.watcher.changed.connect(self._look)
        context.watcher.lost.connect(self._failed)
        for page in PAGES:
            widget = page.make(context)
            widget.said.connect(self._say)  # type: ignore[attr-defined]
            self.pages.addTab(widget, page.title)
        self.setCentralWidget(self.pages)
        self._clock.start()
        context.watcher.start()

    def show_failure(self, error: RetroVueError) -> None:
        """The catalogue cannot be opened: says what to do."""
        self._loading.setText(f"{redact(str(error))}\n\n{error.hint}")
        self._loading.setWordWrap(True)

    def _look(self, topics: frozenset[str]) -> None:
        if self._context is not None and topics & {"executions", "progress", "schedules", "service"}:
            self._context.background.ask(self._pulse, self._show_pulse)

    def _pulse(self) -> Pulse:
        assert self._context is not None
        rv = self._context.rv
        return Pulse(rv.service.health(), rv.history.running(), len(rv.schedules.list()))

    def _show_pulse(self, pulse: Pulse) -> None:
        self.badge.show_pulse(pulse, datetime.now(UTC))

    def _start_service(self) -> None:
        assert self._context is not None
        context = self._context
        self.badge.starting()
        context.slow.ask(
            lambda: control.ensure_running(context.rv, context.settings),
            lambda _started: context.background.ask(self._pulse, self._show_pulse),
            self._not_started,
        )

    def _not_started(self, error: RetroVueError) -> None:
        assert self._context is not None
        self._failed(error)
        self._context.background.ask(self._pulse, self._show_pulse)

    def _say(self, text: str) -> None:
        self.statusBar().showMessage(redact(text), _SAID_MS)

    def _failed(self, error: RetroVueError) -> None:
        self._say(f"{error}. {error.hint}" if error.hint else str(error))

    def show_fault(self, error: Exception) -> None:
        """A fault of the program: it goes on, and the details can be copied."""
        import traceback  # lazily: rarely needed

        details = redact("".join(traceback.format_exception(error)))
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("RetroVue")
        box.setText("Something in RetroVue went wrong. The program goes on.")
        box.setDetailedText(details)
        copy = box.addButton("Copy &Details", QMessageBox.ButtonRole.ActionRole)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(details))
        box.addButton(QMessageBox.StandardButton.Close)
        box.open()

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  (Qt's)
        """Remembers where it was. The service goes on."""
        self._memory.setValue("geometry", self.saveGeometry())
        self._memory.sync()
        super().closeEvent(event)
