"""The form of a schedule. What is written is checked by the façade as it is typed; the field at fault says why."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QLabel,
    QLineEdit,
    QSpinBox,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from retrovue.errors import Conflict, Invalid, RetroVueError
from retrovue.gui.context import GuiContext
from retrovue.gui.features.schedules.frequency import FrequencyForm
from retrovue.gui.features.schedules.policies_form import PoliciesForm
from retrovue.gui.formatting import plain
from retrovue.gui.theme import mark
from retrovue.gui.widgets.forms import ProblemLabel, save_and_cancel
from retrovue.model.catalogue import Library, Server
from retrovue.model.schedule import ALL_LIBRARIES, Draft, Occurrence
from retrovue.model.sync import Depth, KindChoice, SyncOptions

_RECENT = "Recently added (all enabled libraries, quick)"
_CHECK_MS = 150
_TABS = ("Sched&ule", "&Options", "&More")
_FIELDS = {"cron": "when", "every": "when", "limit": "options", "kinds": "options", "options": "options"}
_POLICIES = {"timeout", "catch_up_window", "wait_quiet", "retries", "pause_after"}
_DEPTHS = (
    (Depth.AUTO, "Automatic: complete once a day, else quick"),
    (Depth.QUICK, "Quick: what was added or changed"),
    (Depth.COMPLETE, "Complete: every item, finds removals"),
)
_KINDS: tuple[tuple[str, tuple[KindChoice, ...]], ...] = (
    ("Everything", ()),
    ("Movies only", (KindChoice.MOVIE,)),
    ("Episodes only", (KindChoice.EPISODE,)),
)


@dataclass(frozen=True, slots=True)
class Places:
    """What a schedule can sync from, and the zone of this machine."""

    servers: tuple[Server, ...]
    libraries: tuple[Library, ...]
    timezone: str
    zones: tuple[str, ...] = ()


class ScheduleDialog(QDialog):
    """Makes a schedule, or changes one. `saved` carries what was kept."""

    saved = Signal(object)

    def __init__(
        self,
        context: GuiContext,
        places: Places,
        ident: int | None,
        draft: Draft | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._context, self._places, self._ident, self._draft = context, places, ident, draft
        self._asked = 0
        self.setWindowTitle(
            "Add Schedule" if ident is None else f"Edit '{plain(draft.name) if draft else ''}'"
        )
        self.setMinimumWidth(620)
        self._make_fields()
        self._lay_out()
        if draft is not None:
            self._fill(draft)
        else:
            self._server_chosen()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_CHECK_MS)
        self._timer.timeout.connect(self._check)
        self._listen()
        self._timer.start()
        self.name.setFocus()

    def _make_fields(self) -> None:
        self.name = QLineEdit()
        self.name.setMaxLength(200)
        self.name.setPlaceholderText("Nightly")
        self.server, self.library = QComboBox(), QComboBox()
        for server in self._places.servers:
            self.server.addItem(plain(server.name), server.id)
        self.when = FrequencyForm(self._places.timezone, self._places.zones)
        self.preview = QLabel()
        self.preview.setTextFormat(Qt.TextFormat.PlainText)
        self.preview.setMinimumHeight(self.fontMetrics().lineSpacing() * 6)
        self.preview.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.how_deep, self.kinds = QComboBox(), QComboBox()
        # Qt would turn our enums into plain texts, so that data of items are positions in these lists.
        self.how_deep.addItems([text for _, text in _DEPTHS])
        self.kinds.addItems([text for text, _ in _KINDS])
        self.limit = QSpinBox()
        self.limit.setRange(0, 10_000_000)
        self.limit.setSpecialValueText("no limit")
        self.limit.setSuffix(" rows")
        self.dry_run = QCheckBox("&Dry run: say what would change, and change nothing")
        self.details = QCheckBox("Also s&treams, chapters and all tags")
        self.enabled = QCheckBox("&Enabled")
        self.enabled.setChecked(True)
        self.policies = PoliciesForm()
        self.problem = ProblemLabel()
        self.buttons, self.save = save_and_cancel(self, self._save)

    def _lay_out(self) -> None:
        what = QWidget()
        form = QFormLayout(what)
        form.addRow("&Name", self.name)
        form.addRow("Se&rver", self.server)
        form.addRow("&Library", self.library)
        form.addRow("&When", self.when)
        form.addRow("", self.preview)
        form.addRow("", self.enabled)
        options = QWidget()
        second = QFormLayout(options)
        second.addRow("De&pth", self.how_deep)
        second.addRow("&Kinds", self.kinds)
        second.addRow("L&imit", self.limit)
        second.addRow("", self.dry_run)
        second.addRow("", self.details)
        self.tabs = QTabWidget()
        self.tabs.addTab(what, _TABS[0])
        self.tabs.addTab(options, _TABS[1])
        self.tabs.addTab(self.policies, _TABS[2])
        column = QVBoxLayout(self)
        column.addWidget(self.tabs)
        column.addWidget(self.problem)
        column.addWidget(self.buttons)

    def _listen(self) -> None:
        self.name.textEdited.connect(self._changed)
        self.server.currentIndexChanged.connect(self._server_chosen)
        for combo in (self.server, self.library, self.how_deep, self.kinds):
            combo.currentIndexChanged.connect(self._changed)
        self.limit.valueChanged.connect(self._changed)
        self.when.changed.connect(self._changed)
        self.policies.changed.connect(self._changed)

    def _server_chosen(self) -> None:
        self.library.clear()
        chosen = self.server.currentData()
        for library in self._places.libraries:
            if library.server_id == chosen and library.supported:
                self.library.addItem(plain(library.title), library.id)
        self.library.addItem(ALL_LIBRARIES, None)
        self.library.addItem(_RECENT, _RECENT)

    def _fill(self, draft: Draft) -> None:
        self.name.setText(draft.name)
        self.server.setCurrentIndex(self.server.findData(draft.server_id))
        self._server_chosen()
        at = [self.library.itemData(number) for number in range(self.library.count())].index(draft.library_id)
        self.library.setCurrentIndex(at)
        self.when.fill(draft.trigger, draft.timezone)
        self.how_deep.setCurrentIndex([depth for depth, _ in _DEPTHS].index(draft.options.depth))
        kinds = [set(kinds) for _, kinds in _KINDS]
        self.kinds.setCurrentIndex(
            kinds.index(set(draft.options.kinds)) if set(draft.options.kinds) in kinds else 0
        )
        self.limit.setValue(draft.options.limit or 0)
        self.dry_run.setChecked(draft.options.dry_run)
        self.details.setChecked(draft.options.details)
        self.enabled.setChecked(draft.enabled)
        self.policies.fill(draft.policies)

    # --- checking ----------------------------------------------------------------------------------

    def _changed(self) -> None:
        self.save.setEnabled(False)
        self._timer.start()

    def draft(self) -> Draft:
        """What is written, unchecked. Raises `Invalid` for a time that is no time."""
        library = self.library.currentData()
        recent = library == _RECENT
        options = SyncOptions(
            dry_run=self.dry_run.isChecked(),
            limit=self.limit.value() or None,
            kinds=_KINDS[self.kinds.currentIndex()][1],
            depth=Depth.QUICK if recent else _DEPTHS[self.how_deep.currentIndex()][0],
            details=self.details.isChecked(),
        )
        return Draft(
            name=self.name.text(),
            server_id=self.server.currentData(),
            library_id=None if recent else library,
            trigger=self.when.trigger(),
            timezone=self.when.timezone(),
            options=options,
            policies=self.policies.policies(),
            enabled=self.enabled.isChecked(),
        )

    def _check(self) -> None:
        self._asked += 1
        number, ident, draft, rv = self._asked, self._ident, self.draft(), self._context.rv

        def question() -> tuple[str, list[Occurrence], RetroVueError | None]:
            wrong: RetroVueError | None = None
            words, times = "", list[Occurrence]()
            try:
                times = rv.schedules.preview(draft.trigger, draft.timezone)
                words = rv.schedules.describe(draft)
                rv.schedules.check(draft, known=ident)
            except (Invalid, Conflict) as error:
                wrong = error
            return words, times, wrong

        self._context.background.ask(question, lambda found: self._checked(number, *found), owner=self)

    def _checked(self, number: int, words: str, times: list[Occurrence], wrong: RetroVueError | None) -> None:
        if number != self._asked or self._timer.isActive():
            return  # something was typed meanwhile
        lines = [f"{one.local:%a %Y-%m-%d %H:%M %Z}{f' ({one.note})' if one.note else ''}" for one in times]
        self.preview.setText("\n".join([words, *lines]))
        self._mark(wrong)
        self.save.setEnabled(wrong is None)

    def _mark(self, wrong: RetroVueError | None) -> None:
        empty_name = isinstance(wrong, Invalid) and wrong.field == "name" and not self.name.text().strip()
        text = "" if wrong is None else str(wrong)
        self.problem.setText("Give the schedule a name." if empty_name else text)
        # All that can clash is the name.
        field = "name" if isinstance(wrong, Conflict) else wrong.field if isinstance(wrong, Invalid) else ""
        self.when.mark(field)
        for name, widget in (("name", self.name), ("server", self.server), ("library", self.library)):
            mark(widget, wrong=name == field)
        for number, fields in enumerate(
            (
                {"name", "server", "library", "cron", "every", "timezone"},
                set(_FIELDS) - {"cron", "every"},
                _POLICIES,
            )
        ):
            title = _TABS[number]
            self.tabs.setTabText(number, f"{title} ⚠" if field in fields and not empty_name else title)

    def _save(self) -> None:
        draft, rv, ident = self.draft(), self._context.rv, self._ident
        self.save.setEnabled(False)
        self._context.background.ask(
            lambda: rv.schedules.create(draft) if ident is None else rv.schedules.update(ident, draft),
            self._kept,
            self._refused,
            owner=self,
        )

    def _kept(self, made: object) -> None:
        self.saved.emit(made)
        self.accept()

    def _refused(self, error: RetroVueError) -> None:
        self._mark(error)
