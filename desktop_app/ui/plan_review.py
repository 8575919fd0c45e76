"""The plan before it runs: every process with its variables, what goes along, what is wrong. Run submits it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QProgressBar,
    QPushButton,
    QSplitter,
    QTableView,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from desktop_app.api import Diagnostic, Severity, SubmissionPlan, UserError
from desktop_app.core.words import size_text
from desktop_app.presenters import plan_review as presenter
from desktop_app.presenters.plan_review import Mend, ProcessRow
from desktop_app.presenters.rank_cells import cells_of
from desktop_app.presenters.topology import ranks_of
from desktop_app.ui.clouds.review_places import PlanFor, ReviewPlaces
from desktop_app.ui.clouds.telling import telling
from desktop_app.ui.command_line import CommandLine
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.role_legend import RoleLegend
from desktop_app.ui.row_model import RowModel
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.topology_picture import TopologyPicture
from desktop_app.ui.variables_pane import VariablesPane
from desktop_app.ui.widgets import (
    Card,
    ElidedLabel,
    InlineMessage,
    button,
    dress_table,
    label,
    primary_button,
    scrolled,
)
from desktop_app.ui.widgets.layouts import drop_contents
from desktop_app.ui.wizard.form import NoteLine

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

PlanAgain = Callable[[], Awaitable[SubmissionPlan | None]]
_MOST_NOTES = 3
_LONGEST_WORD = 24


class PlanReview(QDialog):
    """Emits `submitted` with the run's handle. While the run is being started the dialog says so and stays."""

    submitted = Signal(str)

    def __init__(
        self, plan: SubmissionPlan, workbench: Workbench, parent: QWidget | None, plan_again: PlanAgain,
        plan_for: PlanFor | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.plan = plan
        self._workbench = workbench
        self._plan_again, self._plan_for = plan_again, plan_for
        self._task: asyncio.Task[Any] | None = None
        self._rows: tuple[ProcessRow, ...] = ()
        self._mends: list[QPushButton] = []
        self._said: InlineMessage | None = None
        self.heading, self.place = (
            label(role="title", wraps=True),
            ElidedLabel("", "muted", Qt.TextElideMode.ElideMiddle),
        )
        self.messages = QVBoxLayout()
        self.facts, self.notes = QGridLayout(), QVBoxLayout()
        self.more = InlineMessage(can_close=False)
        self.picture = TopologyPicture(most_height=120)
        self.legend = RoleLegend()
        self.processes = RowModel((), parent=self)
        self.command, self.pane = CommandLine(), VariablesPane(self.tr("Variables with a line for each part"))
        self.variables = RowModel(
            (self.tr("Variable"), self.tr("Value"), self.tr("For")), mono=(0, 1), muted=(2,), parent=self
        )
        self.files = RowModel((self.tr("File"), self.tr("Size")), mono=(0,), right=(1,), parent=self)
        self.process_table, self.variable_table, self.file_table = QTableView(), QTableView(), QTableView()
        self.tabs = _Tabs()
        self.state = ElidedLabel("", "muted")
        self.progress = QProgressBar(textVisible=False)
        self.cancel_button = button(self.tr("&Cancel"), on_click=self.reject)
        self.run_button = primary_button(self.tr("&Run here"), "mdi6.play", self.submit)
        self.places = ReviewPlaces(workbench, self.run_button, self.notes, self.switch, self)
        self.places.can_switch = plan_for is not None
        self._build()
        fit_to_screen(self, QSize(900, 740), parent)
        self.show_plan(plan)

    def show_plan(self, plan: SubmissionPlan) -> None:
        """Show a plan; it is the object that `submit` submits."""
        self.plan = plan
        self.setWindowTitle(self.tr("Run {}").format(presenter.title(plan)))
        self.heading.setText(presenter.title(plan))
        self.place.setText(plan.source)
        self._show_messages(plan)
        self._show_facts(plan)
        if plan.processes:
            cells = cells_of(plan.processes, plan.framework)
            self.picture.show_cells(cells)
            self.legend.show_roles(cells)
        else:
            self.picture.show_topology(ranks_of(plan.job))
        self._show_rows(plan)
        self.places.show_plan(plan)
        reason = presenter.why_not(plan)
        self.run_button.setEnabled(not reason)
        self.run_button.setToolTip(reason or self.tr("Start this run  Enter"))
        self.run_button.setAccessibleDescription(reason)
        self.state.setText(reason)
        (self.cancel_button if reason else self.run_button).setFocus()

    def say_saved(self, name: str) -> None:
        """Say that the text was saved first: what is planned is what lies on the disk."""
        self.place.setText(self.tr("{} · saved just now").format(self.place.text()))
        self.place.setAccessibleDescription(self.tr("{} was saved before planning.").format(name))

    def submit(self) -> None:
        """Start the run."""
        if self._task is None and self.run_button.isEnabled():
            self._task = spawn(self._busy(self._submit()), f"submit {presenter.title(self.plan)}", self._say)

    def switch(self, backend: str) -> None:
        """Plan the job for another place, and show that plan: what is reviewed is what is submitted."""
        if self._task is None and self._plan_for is not None:
            self._forget_what_was_said()
            self._task = spawn(self._busy(self._switch(self._plan_for, backend)), f"plan for {backend}", self._say)

    def done(self, result: int) -> None:
        """Called by Qt when the dialog closes: nothing is looked up any longer."""
        self.places.stop()
        super().done(result)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Enter runs, wherever the focus is; Esc is Qt's own."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not self._other_has_focus:
            self.submit()
        else:
            super().keyPressEvent(event)

    @property
    def _other_has_focus(self) -> bool:
        return self.cancel_button.hasFocus() or self.places.other.hasFocus()

    def reject(self) -> None:
        """Called by Qt for Esc and Cancel: what is going on is cancelled first, then the dialog closes."""
        if self._task is not None:
            self._task.cancel()
        else:
            super().reject()

    # ----- building

    def _build(self) -> None:
        self.progress.hide()
        self.progress.setAccessibleName(self.tr("Progress"))
        self.messages.setSpacing(Space.S)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.M)
        column.setSpacing(Space.M)
        head = QVBoxLayout()
        head.setSpacing(2)
        head.addWidget(self.heading)
        head.addWidget(self.place)
        column.addLayout(head)
        column.addLayout(self.messages)
        column.addWidget(self._facts_card())
        column.addWidget(self._tabs(), 1)
        footer = QVBoxLayout()
        footer.setContentsMargins(Space.XL, 0, Space.XL, Space.L)
        footer.setSpacing(Space.M)
        footer.addWidget(self.progress)
        footer.addLayout(self._footer())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        # on a small screen with large letters the plan scrolls, and the buttons stay
        whole.addWidget(scrolled(content, self.tr("The plan"), has_controls=True), 1)
        whole.addLayout(footer)

    def _facts_card(self) -> Card:
        card = Card(margin=Space.M, spacing=Space.S)
        self.facts.setHorizontalSpacing(Space.L)
        self.facts.setVerticalSpacing(Space.XS)
        self.facts.setColumnStretch(1, 1)
        self.facts.setColumnStretch(3, 1)
        card.body.addLayout(self.facts)
        card.body.addWidget(self.picture)
        card.body.addWidget(self.legend)
        self.notes.setSpacing(2)
        card.body.addLayout(self.notes)
        card.body.addWidget(self.more)
        self.picture.rank_picked.connect(self._show_rank)
        return card

    def _tabs(self) -> QTabWidget:
        for view, model, name in (
            (self.process_table, self.processes, self.tr("Processes")),
            (self.variable_table, self.variables, self.tr("Variables of the process")),
            (self.file_table, self.files, self.tr("Files that go along")),
        ):
            dress_table(view, name)
            view.setModel(model)
            view.verticalHeader().setDefaultSectionSize(view.fontMetrics().height() + Space.S + 2)
        _stretch(self.variable_table, 1)
        _stretch(self.file_table, 0)
        self.process_table.selectionModel().currentRowChanged.connect(lambda now, _old: self._show_process(now.row()))
        split = QSplitter(Qt.Orientation.Vertical)
        split.addWidget(self.process_table)
        split.addWidget(self._details())
        split.setStretchFactor(1, 1)
        split.setSizes([150, 260])
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        self.tabs.addTab(split, self.tr("Processes"))
        self.tabs.addTab(self.file_table, self.tr("Files"))
        self.tabs.setDocumentMode(True)
        self.tabs.setMinimumHeight(12 * self.fontMetrics().height())
        self.tabs.setAccessibleName(self.tr("The plan"))
        self.tabs.tabBar().setAccessibleName(self.tr("Parts of the plan"))
        return self.tabs

    def _details(self) -> QWidget:
        """Return what there is to know of the chosen process: its command, its variables, and long ones to read."""
        made = QWidget()
        beside = QHBoxLayout()
        beside.setSpacing(Space.M)
        beside.addWidget(self.variable_table, 3)
        beside.addWidget(self.pane, 2)
        column = QVBoxLayout(made)
        column.setContentsMargins(0, Space.S, 0, 0)
        column.setSpacing(Space.S)
        column.addWidget(self.command)
        column.addLayout(beside, 1)
        return made

    def _footer(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self.state, 1)
        for each in (self.cancel_button, self.places.other, self.run_button):
            row.addWidget(each)
        self.run_button.setDefault(True)
        return row

    # ----- showing

    def _show_messages(self, plan: SubmissionPlan) -> None:
        drop_contents(self.messages)
        for each in presenter.errors(plan):
            message = InlineMessage(can_close=False)
            self.messages.addWidget(message)
            message.show_text("error", each.message, self._where_to_mend(each))
        self._add_mends(plan)
        drop_contents(self.notes)
        found = [each for each in presenter.by_severity(plan.diagnostics) if each.severity is not Severity.ERROR]
        for each in found[:_MOST_NOTES]:
            self.notes.addWidget(NoteLine(each))
        rest = found[_MOST_NOTES:]
        self.more.clear_buttons()
        self.more.setVisible(bool(rest))
        if rest:
            text = self.tr("%n more to know", "", len(rest))
            self.more.show_text("info", text, "", "\n".join(each.message for each in rest))

    def _add_mends(self, plan: SubmissionPlan) -> None:
        self._mends = []
        first = self.messages.itemAt(0)
        bar = first.widget() if first is not None else None
        if isinstance(bar, InlineMessage):
            for each in presenter.mends(plan, self._workbench.plugins.toolchain_specs()):
                made = button(each.text, "mdi6.wrench-outline", partial(self.mend, each))
                bar.add_button(made)
                self._mends.append(made)

    def mend(self, mend: Mend) -> None:
        """Set up what the toolchain lacks, then plan again."""
        if self._task is None:
            self._forget_what_was_said()
            self._task = spawn(self._busy(self._mend(mend)), mend.title, self._say)

    def _place_of(self, line: int | None, path: str) -> str:
        if line:
            return self.tr("Line {}").format(line) + (f", {path}" if path else "")
        return path

    def _where_to_mend(self, found: Diagnostic) -> str:
        """Return where it stands; and, for what one click mends, where to click: the plan changes no file."""
        place = self._place_of(found.line, found.path)
        if found.fix is None:
            return place
        way = self.tr("Cancel, then click “{}” at it in Files.").format(found.fix.title)
        return f"{place}. {way}" if place else way

    def _show_facts(self, plan: SubmissionPlan) -> None:
        drop_contents(self.facts)
        rows = presenter.facts(plan)
        half = (len(rows) + 1) // 2
        for at, (name, value) in enumerate(rows):
            row, column = at % half, 2 * (at // half)
            self.facts.addWidget(label(name, "muted"), row, column, Qt.AlignmentFlag.AlignTop)
            self.facts.addWidget(_value(value), row, column + 1, Qt.AlignmentFlag.AlignTop)

    def _show_rows(self, plan: SubmissionPlan) -> None:
        self._rows = rows = presenter.process_rows(plan)
        files = presenter.file_rows(plan)
        noted = any(each.note for each in rows)
        headers = [self.tr("Process") if noted or self.legend.text else self.tr("Rank"), self.tr("Node")]
        headers += [self.tr("Local rank"), *([self.tr("Note")] if noted else []), self.tr("Starts")]
        last = len(headers) - 1
        self.processes.show_columns(headers, mono=(last,), muted=(3,) if noted else ())
        _stretch(self.process_table, last)
        self.processes.show(len(rows), lambda row, column: _cells(rows[row], noted)[column])
        self.files.show(len(files), lambda row, column: (
            files[row].name, size_text(files[row].size)
        )[column])  # fmt: skip
        self.tabs.setTabText(0, self.tr("Processes ({})").format(len(rows)))
        self.tabs.setTabText(1, self.tr("Files ({})").format(len(files)))
        if rows:
            self.process_table.selectRow(0)
        self._show_process(0)

    def _show_process(self, row: int) -> None:
        self._show_variables(row)
        if 0 <= row < len(self._rows) and self._rows[row].is_rank:
            self.picture.pick(self._rows[row].process.rank)

    def _show_variables(self, row: int) -> None:
        if not 0 <= row < len(self._rows):
            self.variables.show(0, lambda _row, _column: "")
            self.command.hide()
            self.pane.hide()
            return
        shown = self._rows[row]
        self.command.show_command(shown.starts, presenter.command_to_copy(shown.process))
        found = presenter.variables(self.plan, shown.process)
        alone = self.tr("rank {}").format(shown.name) if shown.name.isdecimal() else shown.name
        scopes = (self.tr("every process"), alone)
        self.variables.show(len(found), lambda at, column: (
            found[at].name, found[at].value, scopes[found[at].own]
        )[column])  # fmt: skip
        long = presenter.long_texts(found)
        self.pane.show_variables("", long)
        self.pane.setVisible(bool(long))

    def _show_rank(self, rank: int) -> None:
        for row, shown in enumerate(self._rows):
            if shown.is_rank and shown.process.rank == rank:
                self.process_table.selectRow(row)

    # ----- doing

    async def _busy(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        finally:
            self._task = None
            if isValid(self):
                self._be_busy("")

    async def _submit(self) -> None:
        self._be_busy(self.tr("Starting…"))
        handle = await self._workbench.jobs.submit(self.plan, telling(self, self._on_progress))
        self._task = None  # so that closing closes
        self.submitted.emit(handle)
        self.accept()

    async def _mend(self, mend: Mend) -> None:
        self._be_busy(f"{mend.title}…")
        toolchains = self._workbench.toolchains
        if mend.verb == "create":
            await toolchains.create(mend.toolchain, self._on_progress)
        else:
            await toolchains.add(mend.toolchain, mend.packages, self._on_progress)
        self._be_busy(self.tr("Planning again…"))
        plan = await self._plan_again()
        self._task = None
        if plan is None:
            self.reject()
        else:
            self.show_plan(plan)

    async def _switch(self, plan_for: PlanFor, backend: str) -> None:
        self._be_busy(self.tr("Planning…"))
        plan = await plan_for(backend)
        self._task = None
        if plan is None:
            self.reject()
        else:
            self.show_plan(plan)

    def _on_progress(self, text: str, part: float | None) -> None:
        self.state.setText(text)
        self.progress.setRange(0, 0 if part is None else 1000)
        if part is not None:
            self.progress.setValue(int(part * 1000))

    def _be_busy(self, text: str) -> None:
        self.progress.setRange(0, 0)
        self.progress.setVisible(bool(text))
        for each in self._mends:
            each.setEnabled(not text)
        self.places.other.setEnabled(not text)
        self.run_button.setEnabled(not text and not presenter.why_not(self.plan))
        self.state.setText(text or presenter.why_not(self.plan))

    def _say(self, error: UserError) -> None:
        self._forget_what_was_said()
        self._said = InlineMessage()
        self.messages.insertWidget(0, self._said)
        self._said.show_error(error)

    def _forget_what_was_said(self) -> None:
        if self._said is not None and isValid(self._said):
            self._said.hide()
            self._said.deleteLater()
        self._said = None


class _Tabs(QTabWidget):
    """Content with no more than its least height: it takes what is left, and never makes the plan scroll for more."""

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return QSize(super().sizeHint().width(), self.minimumHeight())


def _cells(row: ProcessRow, noted: bool) -> tuple[str, ...]:
    place = (str(row.process.node), str(row.process.local_rank)) if row.is_rank else ("–", "–")
    return (row.name, *place, *([row.note] if noted else []), row.starts)


def _value(text: str) -> QLabel:
    """Return a fact: a sentence wraps, a path gives way in its middle."""
    if max(map(len, text.split()), default=0) <= _LONGEST_WORD:
        return label(text, wraps=True)
    return ElidedLabel(text, mode=Qt.TextElideMode.ElideMiddle)


def _stretch(view: QTableView, column: int) -> None:
    header = view.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
