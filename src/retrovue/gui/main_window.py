"""The window: pages above, the badge below, the tray beside it."""

from __future__ import annotations

from datetime import UTC, datetime

import shiboken6
from PySide6.QtCore import QSettings, QTimer, Signal
from PySide6.QtGui import QAction, QCloseEvent, QGuiApplication, QKeySequence, QPaintEvent, QShortcut
from PySide6.QtWidgets import QMainWindow, QMessageBox, QTabWidget, QWidget

from retrovue import __version__
from retrovue.errors import RetroVueError
from retrovue.gui import closing
from retrovue.gui import memory as remembered
from retrovue.gui.context import GuiContext
from retrovue.gui.features.schedules.page import SchedulesPage
from retrovue.gui.features.settings.page import SettingsPage
from retrovue.gui.formatting import explain, plain
from retrovue.gui.icon import program_icon
from retrovue.gui.maintenance import Maintenance
from retrovue.gui.router import PAGES
from retrovue.gui.service_keeper import ServiceKeeper
from retrovue.gui.tray import Tray
from retrovue.gui.widgets.boxes import Icon, Role, message_box
from retrovue.gui.widgets.empty_state import Stack
from retrovue.gui.widgets.status_badge import Pulse, StatusBadge, badge_text
from retrovue.log import redact
from retrovue.model.schedule import StoredMessage

_SAID_MS = 8000
_FRAME = 24
_MOST_MESSAGES = 50
_MOST_DETAILS = 20_000


class MainWindow(QMainWindow):
    """Shows at once; what it shows comes when `begin` has given it the façade.

    `painted` once it is to be seen, `ended` when the program may end, `again` when the catalogue should be opened
    once more.
    """

    painted = Signal()
    ended = Signal()
    again = Signal()

    def __init__(self, memory: QSettings) -> None:
        super().__init__()
        self._memory = memory
        self._context: GuiContext | None = None
        self._keeper: ServiceKeeper | None = None
        self._pulse: Pulse | None = None
        self._leaving = self._was_painted = False
        self.service_stays = True
        self._last_message: int | None = None
        self._fault: QMessageBox | None = None
        self.setWindowTitle("RetroVue")
        self.setWindowIcon(program_icon())
        room = QGuiApplication.primaryScreen().availableGeometry()
        self.resize(min(1080, room.width() - _FRAME), min(720, room.height() - 2 * _FRAME))
        self.pages = QTabWidget()
        self.pages.setObjectName("pages")
        self.pages.setDocumentMode(True)
        self.opening = Stack(QWidget())
        self.opening.show_text("Opening the catalogue …")
        self.opening.button.clicked.connect(self._open_again)
        self.setCentralWidget(self.opening)
        self.badge = StatusBadge()
        self.statusBar().addPermanentWidget(self.badge)
        self.badge.start_wanted.connect(self._toggle_service)
        self._make_menus()
        self.tray = Tray(self.windowIcon(), (self.pause, self.quit_action), self)
        self.tray.show_wanted.connect(self.come_forward)
        self.tray.message_chosen.connect(self.show_run)
        self._clock = QTimer(self)
        self._clock.setInterval(1000)
        self._clock.timeout.connect(self._tick)
        remembered.restore_place(self, memory)

    def _make_menus(self) -> None:
        self.pause = QAction("&Pause All Schedules", self)
        self.pause.setCheckable(True)
        self.pause.triggered.connect(self._pause)
        self.service = QAction("&Start Service", self)
        self.service.triggered.connect(self._toggle_service)
        self.quit_action = QAction("&Quit", self)
        self.quit_action.setShortcut(QKeySequence("Ctrl+Q"))
        self.quit_action.triggered.connect(self.leave)
        about = QAction("&About RetroVue", self)
        about.triggered.connect(self._about)
        program = self.menuBar().addMenu("&File")
        program.addActions([self.pause, self.service])
        help_ = self.menuBar().addMenu("&Help")
        self.maintenance = Maintenance(self, program, help_)
        self.maintenance.said.connect(self._say)
        self.maintenance.doctor_wanted.connect(self.show_doctor)
        program.addSeparator()
        program.addAction(self.quit_action)
        help_.addSeparator()
        help_.addAction(about)
        for action in (self.pause, self.service):
            action.setEnabled(False)

    def begin(self, context: GuiContext) -> None:
        """Fills the window."""
        self._context = context
        self._keeper = ServiceKeeper(context, self)
        self._keeper.beat.connect(self._show_pulse)
        self._keeper.starting.connect(self._starting)
        self._keeper.said.connect(self._say)
        self._keeper.failed.connect(self._failed)
        for thread in (context.background, context.slow):
            thread.failed.connect(self._failed)
            thread.broke.connect(self.show_fault)
        context.watcher.changed.connect(self._look)
        context.watcher.lost.connect(self._failed)
        for number, page in enumerate(PAGES):
            widget = page.make(context)
            widget.said.connect(self._say)
            self.pages.addTab(widget, page.title)
            shortcut = QShortcut(QKeySequence(f"Ctrl+{number + 1}"), self)
            shortcut.activated.connect(lambda number=number: self.pages.setCurrentIndex(number))
        self.pages.currentChanged.connect(lambda _number: self.pages.currentWidget().setFocus())
        self.setCentralWidget(self.pages)
        remembered.restore_inside(self, self._memory)
        self._clock.start()
        self.maintenance.begin(context)
        context.background.ask(context.rv.service.last_message, self._seen_until)
        context.watcher.start()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802  (Qt's)
        """Tells of the first picture."""
        super().paintEvent(event)
        if not self._was_painted:
            self._was_painted = True
            QTimer.singleShot(0, self, self.painted.emit)

    def show_failure(self, error: RetroVueError, remedy: str = "Try &Again") -> None:
        """The catalogue cannot be opened: says what to do. The button's words say what `again` will do."""
        self.opening.show_text(f"{redact(str(error))}\n\n{error.hint}", remedy)

    def _open_again(self) -> None:
        self.opening.show_text("Opening the catalogue …")
        self.again.emit()

    # --- the badge and the tray ---------------------------------------------------------------------------

    def _look(self, topics: frozenset[str]) -> None:
        assert self._context is not None
        assert self._keeper is not None
        if topics & {"executions", "progress", "schedules", "service"}:
            self._keeper.look()
        if "messages" in topics and self._last_message is not None:
            after, service = self._last_message, self._context.rv.service
            self._context.background.ask(
                lambda: service.messages(after=after, limit=_MOST_MESSAGES), self._notify
            )

    def _seen_until(self, ident: int) -> None:
        self._last_message = ident

    def _notify(self, found: list[StoredMessage]) -> None:
        fresh = [one for one in found if one.id > (self._last_message or 0)]
        if fresh:
            self._last_message = fresh[-1].id
            self.tray.notify(fresh)
            if not self.tray.available:
                self._say(plain(fresh[-1].message.title))

    def _show_pulse(self, pulse: Pulse) -> None:
        self._pulse = pulse
        self.pause.setEnabled(True)
        self.pause.setChecked(pulse.health.paused)
        self.service.setEnabled(True)
        self.service.setText("&Start Service" if pulse.health.first is None else "&Stop Service")
        self._tick()

    def _tick(self) -> None:
        if self._pulse is not None:
            now = datetime.now(UTC)
            self.badge.show_pulse(self._pulse, now)
            self.tray.say(badge_text(self._pulse, now))

    def _pause(self, on: bool) -> None:
        assert self._keeper is not None
        self._keeper.pause(on)

    def _toggle_service(self) -> None:
        assert self._keeper is not None
        if self._pulse is not None and self._pulse.health.first is not None:
            self._keeper.stop()
        else:
            self._keeper.start()

    def _starting(self, on: bool) -> None:
        self.badge.say_starting(on)
        self._tick()

    def come_forward(self) -> None:
        """Shows the window above all others."""
        self.showNormal() if self.isMinimized() else self.show()
        self.raise_()
        self.activateWindow()

    def show_doctor(self) -> None:
        """Shows how everything is."""
        page = next(
            w for n in range(self.pages.count()) if isinstance(w := self.pages.widget(n), SettingsPage)
        )
        self.pages.setCurrentWidget(page)
        page.tabs.setCurrentWidget(page.doctor)

    def show_run(self, execution_id: int) -> None:
        """Shows an execution in the history."""
        page = next(
            w for n in range(self.pages.count()) if isinstance(w := self.pages.widget(n), SchedulesPage)
        )
        self.pages.setCurrentWidget(page)
        page.show_run(execution_id)

    # --- words and faults -----------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        self.statusBar().showMessage(redact(text), _SAID_MS)

    def _failed(self, error: RetroVueError) -> None:
        self._say(explain(error))

    def _about(self) -> None:
        place = self._context.settings.data_dir if self._context is not None else ""
        words = f"A local catalogue of the media on your Plex servers.\n\nData folder: {place}"
        box = message_box(self, "About RetroVue", f"RetroVue {__version__}", words)
        box.setIconPixmap(self.windowIcon().pixmap(64))
        box.open()

    def show_fault(self, error: Exception) -> None:
        """A fault of the program: it goes on, and the details can be copied. Further ones are added to an open box."""
        import traceback  # lazily: rarely needed

        details = redact("".join(traceback.format_exception(error)))
        if self._fault is not None and shiboken6.isValid(self._fault):
            self._fault.setDetailedText(f"{self._fault.detailedText()}\n{details}"[:_MOST_DETAILS])
            return
        words = "Something in RetroVue went wrong. The program goes on."
        box = self._fault = message_box(self, "RetroVue", words, icon=Icon.Warning)
        box.setDetailedText(details)
        copy = box.addButton("Copy &Details", Role.ActionRole)
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(box.detailedText()))
        box.addButton(QMessageBox.StandardButton.Close)
        box.open()

    # --- closing ----------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802  (Qt's)
        """Into the tray, or away after a word about the service."""
        remembered.save(self, self._memory)
        event.ignore()
        if self._leaving or self._context is None:
            self.leave_now()
            return
        keep = remembered.flag(self._memory, remembered.KEEP_IN_TRAY)
        if not self.tray.available or keep is False:
            self.leave()
        elif keep:
            self.hide()
        else:
            closing.ask_tray(self, self._memory, self.hide, self.leave)

    def leave(self) -> None:
        """Ends the program; while a service runs that stays, after saying so."""
        runs = self.service_stays and self._pulse is not None and self._pulse.health.first is not None
        if runs and not remembered.flag(self._memory, remembered.LEAVE_SERVICE):
            keeper = self._keeper
            assert keeper is not None
            self.come_forward()
            closing.ask_service(self, self._memory, self.leave_now, lambda: keeper.stop(self.leave_now))
        else:
            self.leave_now()

    def leave_now(self) -> None:
        """Ends the program without a question."""
        self._leaving = True
        remembered.save(self, self._memory)
        QTimer.singleShot(0, self, self._end)  # later: Qt does not close a window that asks whether to close

    def _end(self) -> None:
        self.tray.icon.hide()
        self.hide()
        self.ended.emit()
