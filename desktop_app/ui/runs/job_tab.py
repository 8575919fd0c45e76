"""The Job tab: the job file as it was submitted, and the plan: every process with its command and variables."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPersistentModelIndex
from PySide6.QtGui import QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QStackedLayout,
    QTabBar,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from desktop_app.api import RunSnapshot, SubmissionPlan, UserError
from desktop_app.presenters.plan_review import ProcessRow, command_to_copy, process_rows
from desktop_app.services.run_copies import submitted_text
from desktop_app.services.run_plans import plan_in
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.runs.words import size_words
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import InlineMessage, dress_tree

Index = QModelIndex | QPersistentModelIndex
_TOP = QModelIndex()
_AT_ONCE = 200
"""Processes that are shown, before one scrolls to more."""


class JobTab(QWidget):
    """What was submitted; read once for each run, in a thread."""

    def __init__(self) -> None:
        super().__init__()
        self.tools: QWidget | None = None
        self.message = InlineMessage()
        self.text = CodeEditor("job.yml")
        self.processes, self.files = QTreeView(), QTreeView()
        self.plan: SubmissionPlan | None = None
        self._handle = self._folder = ""
        self._build()

    def show_run(self, run: RunSnapshot) -> None:
        """Show another run's job."""
        if (run.handle, run.folder) != (self._handle, self._folder) and run.folder:  # one that is sent moves on
            self._handle, self._folder = run.handle, run.folder
            spawn(self._load(run), "read the job of a run")

    async def _load(self, run: RunSnapshot) -> None:
        try:
            text = await asyncio.to_thread(submitted_text, run)
            self.message.hide()
        except UserError as error:
            if run.folder == self._folder:  # else it has just moved on
                self.message.show_error(error)
            text = ""
        plan = await asyncio.to_thread(plan_in, Path(run.folder))
        rows = await asyncio.to_thread(process_rows, plan) if plan is not None else ()
        if (run.handle, run.folder) == (self._handle, self._folder):
            self.text.load(text)
            self._show_plan(plan, rows)

    def _show_plan(self, plan: SubmissionPlan | None, rows: Sequence[ProcessRow]) -> None:
        self.plan = plan
        common = dict(plan.environment) if plan is not None else {}
        self.processes.setModel(_Processes(rows, common, self.processes))
        self.files.setModel(_file_model(plan, self.files))
        for view in (self.processes, self.files):
            view.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        if plan is not None and len(plan.processes) == 1:
            self.processes.expandAll()

    def _build(self) -> None:
        self.text.setReadOnly(True)
        self.text.setAccessibleName(self.tr("The job file as it was submitted"))
        bar, stack = QTabBar(), QStackedLayout()
        bar.setExpanding(False)
        bar.setAccessibleName(self.tr("What the plan holds"))
        bar.currentChanged.connect(stack.setCurrentIndex)
        for view, name, title in (
            (self.processes, self.tr("Processes of the plan"), self.tr("Processes")),
            (self.files, self.tr("Files that went along"), self.tr("Files")),
        ):
            dress_tree(view, name)
            view.setHeaderHidden(False)
            view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
            view.header().setStretchLastSection(True)
            stack.addWidget(view)
            bar.addTab(title)
        right = QWidget()
        rows = QVBoxLayout(right)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(bar)
        rows.addLayout(stack, 1)
        sides = QHBoxLayout()
        sides.setSpacing(Space.L)
        sides.addWidget(self.text, 1)
        sides.addWidget(right, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.M, Space.M, Space.M, Space.M)
        column.addWidget(self.message)
        column.addLayout(sides, 1)


class _Processes(QStandardItemModel):
    """Processes with their variables; of thousands, those that are scrolled to."""

    def __init__(self, rows: Sequence[ProcessRow], common: dict[str, str], parent: QTreeView) -> None:
        super().__init__(0, 2, parent)
        self._rows, self._common = rows, common
        self.setHorizontalHeaderLabels(["PROCESS", "VALUE"])
        self.fetchMore(_TOP)

    def canFetchMore(self, parent: Index) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt at the end of what is there."""
        return not parent.isValid() and self.rowCount() < len(self._rows)

    def fetchMore(self, parent: Index) -> None:  # noqa: N802 - Qt's name
        """Called by Qt where there is more."""
        if not parent.isValid():
            for each in self._rows[self.rowCount() :][:_AT_ONCE]:
                self.appendRow(_process(each, self._common))


def _process(row: ProcessRow, common: dict[str, str]) -> list[QStandardItem]:
    process = row.process
    called = f"Rank {row.name}" if row.name.isdecimal() else row.name
    place = f"node {process.node}" if row.is_rank else ""
    first = QStandardItem(" · ".join(each for each in (called, place, row.note) if each))
    for name, value in sorted({**common, **process.environment}.items()):
        first.appendRow(_pair(name, value))
    second = QStandardItem(row.starts)
    second.setToolTip(command_to_copy(process))
    return [first, second]


def _file_model(plan: SubmissionPlan | None, parent: QTreeView) -> QStandardItemModel:
    model = QStandardItemModel(0, 2, parent)
    model.setHorizontalHeaderLabels(["FILE", "SIZE"])
    for each in plan.files if plan is not None else ():
        model.appendRow(_pair(each.target, size_words(each.size)))
    return model


def _pair(name: str, value: str) -> list[QStandardItem]:
    second = QStandardItem(value)
    second.setToolTip(value)
    return [QStandardItem(name), second]
