"""The environments' window: the table at the left; what one holds, its check, comparison and try at the right."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from inspect import isawaitable
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QHBoxLayout,
    QLineEdit,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from desktop_app.api import UserError, Value
from desktop_app.core.environments import Environment
from desktop_app.presenters import environments as presenter
from desktop_app.presenters.environments import EnvironmentRow
from desktop_app.services.environments.catalogue import EnvironmentCatalogue
from desktop_app.services.environments.checking import Checked, check
from desktop_app.services.environments.finding import own_environments
from desktop_app.services.environments.reading import Reader
from desktop_app.services.environments.saving import own_name
from desktop_app.services.environments.trying import Trials
from desktop_app.services.environments.using import entry_for
from desktop_app.services.workbench import Workbench
from desktop_app.ui.environments.comparison import Comparison
from desktop_app.ui.environments.holdings import Holdings
from desktop_app.ui.environments.lines import LineList
from desktop_app.ui.environments.making import MakingDialog
from desktop_app.ui.environments.table import EnvironmentTable
from desktop_app.ui.environments.trying import TryPane
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import InlineMessage, button, label, link_button, primary_button

Use = Callable[[Value], object]  # or what is waited for


class EnvironmentsDialog(QDialog):
    """`written` carries the files of an environment that was made. `job` is the job it is looked at for."""

    written = Signal(list)

    def __init__(self, workbench: Workbench, folder: Path | None, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._workbench, self._folder = workbench, folder
        self.job: Path | None = None
        self._use: Use | None = None
        self._reader = Reader(EnvironmentCatalogue())
        self._rows: list[EnvironmentRow] = []
        self._looks = 0  # how many are under way
        self._showing: asyncio.Task[None] | None = None
        self._seen: tuple[EnvironmentRow, Environment, Checked] | None = None
        self.environment: Environment | None = None
        self.filter_line = QLineEdit(placeholderText=self.tr("Filter environments"), clearButtonEnabled=True)
        self.framework, self.retired = QComboBox(), QCheckBox(self.tr("&Retired too"))
        self.table = EnvironmentTable()
        self.heading, self.advice = label(role="title", wraps=True), label(role="warning", wraps=True)
        self.successor = link_button("", self.take_successor)
        self.message = InlineMessage()
        self.tabs = QTabWidget(documentMode=True)
        self.holdings, self.findings = Holdings(), LineList(self.tr("Whether it fits together"))
        self.comparison = Comparison(self._read)
        self.trying = TryPane(Trials(workbench.places.trials, workbench.places.fetched), self._read)
        self._make_buttons()
        self._build()
        self._connect()
        fit_to_screen(self, QSize(1240, 740), parent)
        self._wanted = ""
        self._refill()

    def offer_use(self, job: Path, use: Use) -> None:
        """Offer to put the chosen environment into a job; `use` gets what stands behind `environment:`."""
        self.job, self._use = job, use
        self.use_button.setText(self.tr("&Use in {}").format(job.name))
        self._show_buttons()

    def select(self, name: str) -> None:
        """Select an environment by its name or reference, as soon as the list is there."""
        self._wanted = name
        if self._rows:
            self._take_wanted()

    @property
    def is_reading(self) -> bool:
        """Whether files are being read."""
        return self._looks > 0 or (self._showing is not None and not self._showing.done())

    def take_successor(self) -> None:
        """Select what is to be taken instead of the one that is shown."""
        curated = self.environment.curated if self.environment else None
        found = self._reader.catalogue.successor(curated) if curated else None
        if found is not None:
            self.filter_line.clear()
            self.framework.setCurrentIndex(0)
            self._show_rows(found.name)

    def use_current(self) -> None:
        """Put the environment that is shown into the job."""
        row = self.table.current
        if row is not None and self.environment is not None and self._use is not None and self.job is not None:
            spawn(self._use_in(row, self.job, self._use), "use an environment", self.message.show_error)

    def make_new(self) -> None:
        """Ask what a new environment is made of."""
        self._open_making(None, "")

    def save_files(self) -> None:
        """Write the files of the one that is shown into a folder."""
        self._spawn_making(lambda _environment: "")

    def clone(self) -> None:
        """Write the one that is shown under a new name."""
        self._spawn_making(lambda environment: f"my-{own_name(environment).lower()}")

    # ----- building

    def _make_buttons(self) -> None:
        self.new_button = button(self.tr("&New environment…"), "mdi6.plus", self.make_new)
        self.use_button = primary_button(self.tr("&Use in this job"), "mdi6.arrow-left-bottom", self.use_current)
        self.save_button = button(self.tr("&Save to folder…"), "mdi6.content-save-outline", self.save_files)
        self.clone_button = button(self.tr("Clon&e…"), "mdi6.content-copy", self.clone)
        self.clone_button.setToolTip(self.tr("Write its files under a new name"))
        self.close_button = button(self.tr("Close"), on_click=self.close)

    def _build(self) -> None:
        self.setWindowTitle(self.tr("Environments"))
        self.filter_line.setAccessibleName(self.tr("Filter environments"))
        self.framework.setAccessibleName(self.tr("Framework"))
        for key, text in presenter.FRAMEWORK_TITLES.items():
            self.framework.addItem(self.tr(text), key)
        self.tabs.setAccessibleName(self.tr("About this environment"))
        for widget, text in (
            (self.holdings, self.tr("What it holds")), (self.findings, self.tr("Check")),
            (self.comparison, self.tr("Compare")), (self.trying, self.tr("Try it here")),
        ):  # fmt: skip
            self.tabs.addTab(widget, text)
        splitter = QSplitter(Qt.Orientation.Horizontal, childrenCollapsible=False)
        splitter.addWidget(self._left())
        splitter.addWidget(self._right())
        splitter.setHandleWidth(1)
        splitter.setSizes([720, 420])
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(splitter, 1)
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self.new_button)
        row.addStretch()
        for each in (self.save_button, self.clone_button, self.close_button, self.use_button):
            row.addWidget(each)
        column.addLayout(row)
        self._show_buttons()

    def _left(self) -> QWidget:
        left = QWidget()
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self.filter_line, 1)
        head.addWidget(self.framework)
        head.addWidget(self.retired)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, Space.S, 0)
        column.setSpacing(Space.S)
        column.addLayout(head)
        column.addWidget(self.table, 1)
        return left

    def _right(self) -> QWidget:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(Space.S, 0, 0, 0)
        column.setSpacing(Space.S)
        for each in (self.heading, self.advice, self.successor, self.message):
            column.addWidget(each, 0)
        column.setAlignment(self.successor, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.tabs, 1)
        return right

    def _connect(self) -> None:
        self.filter_line.textChanged.connect(lambda _text: self._show_rows())
        self.framework.currentIndexChanged.connect(lambda _at: self._show_rows())
        self.retired.toggled.connect(lambda _on: self._show_rows())
        self.table.picked.connect(self._on_picked)
        self.table.activated_row.connect(lambda _row: self.use_current())
        self.tabs.currentChanged.connect(lambda _at: self._on_picked(self.table.current))

    # ----- showing

    def _refill(self) -> None:
        spawn(self._fill(), "list environments", self.message.show_error)

    async def _fill(self) -> None:
        """Read the catalogue, what plugins add and what the project has, beside the window's thread."""
        self._looks += 1
        try:
            rows = await asyncio.to_thread(self._look)
        finally:
            self._looks -= 1
        if not isValid(self):
            return
        if rows == self._rows and not self._wanted:
            self._on_picked(self.table.current)  # nothing came or went: the list stays where it is
            return
        self._rows = rows
        self.comparison.set_others(rows)
        self._take_wanted()

    def event(self, event: QEvent) -> bool:
        """Called by Qt: where the window comes to the front again, the files may be other ones."""
        if event.type() == QEvent.Type.WindowActivate and not self._looks:
            self._refill()
        return super().event(event)

    def _take_wanted(self) -> None:
        chosen, self._wanted = self._wanted, ""
        found = self._reader.catalogue.find(chosen) if chosen else None
        if found is not None and found.state == "retired":
            self.retired.setChecked(True)
        self._show_rows(found.name if found else chosen)

    def _look(self) -> list[EnvironmentRow]:
        self._reader = Reader(EnvironmentCatalogue(self._workbench.plugins.environment_presets()))
        own = own_environments(self._folder) if self._folder is not None else []
        return presenter.rows(self._reader.catalogue, own, self._folder)

    def _show_rows(self, keep: str = "") -> None:
        current = self.table.current
        wanted = keep or (current.target if current else "")
        framework = str(self.framework.currentData() or "")
        shown = presenter.matching(self._rows, self.filter_line.text(), framework, retired=self.retired.isChecked())
        self.table.set_rows(shown, wanted)

    def _on_picked(self, row: EnvironmentRow | None) -> None:
        if row is None:
            self.environment = None
            self.heading.setText(self.tr("No environment has these words") if self._rows else self.tr("Looking…"))
            self.advice.hide()
            self.successor.hide()
            self.tabs.hide()
            self._show_buttons()
        else:
            self._showing = spawn(self._show(row), f"show {row.name}", lambda error: self._refused(row, error))

    async def _show(self, row: EnvironmentRow) -> None:
        environment = await asyncio.to_thread(self._read, row.target)
        checked = await asyncio.to_thread(self._check, environment)
        if not isValid(self) or self.table.current != row:
            return
        self.comparison.show_environment(row.target)
        if self.environment is not None and self._seen == (row, environment, checked):
            return  # read again, and as it was: what is said of it stays
        self._seen = row, environment, checked
        self.environment = environment
        self.message.hide()
        self.tabs.show()
        self.heading.setText(row.name if row.file else presenter.title(environment))
        advice = presenter.successor_text(environment)
        self.advice.setText(advice)
        self.advice.setVisible(bool(advice))
        curated = environment.curated
        found = self._reader.catalogue.successor(curated) if curated else None
        self.successor.setVisible(found is not None and bool(advice))
        self.successor.setText(self.tr("Show {}").format(found.name) if found else "")
        self.successor.setAccessibleName(self.successor.text())
        self.holdings.show_environment(environment)
        lines = presenter.findings(checked)
        self.findings.show_lines(lines)
        count = sum(each.tone in {"error", "warning"} for each in lines)
        self.tabs.setTabText(1, self.tr("Check ({})").format(count) if count else self.tr("Check"))
        self.trying.show_environment(environment, row.target)
        self._show_buttons()

    def _read(self, target: str) -> Environment:
        return self._reader.read(target)

    def _check(self, environment: Environment) -> Checked:
        """Check it for the job; a job that can't be read as it stands says nothing of where it runs."""
        try:
            return check(environment, self.job)
        except UserError:
            return check(environment)

    def _refused(self, row: EnvironmentRow, error: UserError) -> None:
        if isValid(self) and self.table.current == row:
            self.environment = None
            self.heading.setText(row.name)
            self.advice.hide()
            self.successor.hide()
            self.tabs.hide()
            self.message.show_error(error)
            self._show_buttons()

    def _show_buttons(self) -> None:
        for each in (self.save_button, self.clone_button):
            each.setEnabled(self.environment is not None)
        self.use_button.setVisible(self._use is not None)
        self.use_button.setEnabled(self.environment is not None)
        self.new_button.setEnabled(self._folder is not None)
        tip = "" if self._folder is not None else self.tr("Open a folder first: the files are written into it.")
        self.new_button.setToolTip(tip)

    async def _use_in(self, row: EnvironmentRow, job: Path, use: Use) -> None:
        used = use(await asyncio.to_thread(lambda: entry_for(self._read(row.target), row.file, job.parent)))
        if isawaitable(used):
            await used
        if isValid(self):
            self.accept()

    def _spawn_making(self, name: Callable[[Environment], str]) -> None:
        row = self.table.current
        if row is not None and self.environment is not None:
            spawn(self._make_from(row, name), f"write {row.name} anew", self.message.show_error)

    async def _make_from(self, row: EnvironmentRow, name: Callable[[Environment], str]) -> None:
        """Offer to write the files of one that is there, as it is on disk now."""
        environment = await asyncio.to_thread(self._read, row.target)
        if isValid(self):
            self._open_making(environment, name(environment))

    def _open_making(self, source: Environment | None, name: str) -> None:
        folder = self._folder or Path.home()
        dialog = MakingDialog(self._reader, folder, self, source, name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.written.connect(self._on_written)
        dialog.open()

    def _on_written(self, files: list[Path]) -> None:
        self.written.emit(files)
        self._wanted = str(next((each for each in files if each.name == "environment.yml"), ""))
        self._refill()
        names = ", ".join(each.name for each in files)
        self.message.show_text("info", self.tr("Written into {}: {}.").format(files[0].parent, names))

    def done(self, result: int) -> None:
        """Called by Qt when the window is closed in any way: a try ends with it."""
        self.trying.cancel()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        self.trying.cancel()
        super().closeEvent(event)
