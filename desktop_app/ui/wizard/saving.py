"""Writing the finished job file: under the name on the last page, never over a file that is there."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.presenters.files import create_file, name_problem
from desktop_app.presenters.wizard import WizardSession
from desktop_app.services.jobs import JobService
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, label


class FileName(Card):
    """Asks for the file's name in the project folder; says at once why one won't do."""

    changed = Signal()

    def __init__(self, folder: Path, name: str, parent: QWidget) -> None:
        super().__init__(parent, margin=Space.L)
        self.hide()
        self._folder = folder
        self.line = QLineEdit(name)
        self.line.setAccessibleName(self.tr("File name"))
        self.problem_line = label("", "error", wraps=True)
        self.problem_line.hide()
        row = QHBoxLayout()
        row.setSpacing(Space.L)
        row.addWidget(label(self.tr("File name"), "muted"))
        row.addWidget(self.line, 1)
        row.addWidget(label(self.tr("in {}").format(folder.name), "small"))
        column = QVBoxLayout()
        column.setSpacing(Space.XS)
        column.addLayout(row)
        column.addWidget(self.problem_line)
        holder = QWidget()
        holder.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(holder)
        self.line.textChanged.connect(lambda _text: self._check())

    @property
    def path(self) -> Path:
        """The file that it will be."""
        return self._folder / (self._name or "job.yml")

    @property
    def problem(self) -> str:
        """Why the name won't do; empty where it does."""
        return name_problem(self._folder, self._name)

    @property
    def _name(self) -> str:
        typed = self.line.text().strip()
        return typed if not typed or typed.lower().endswith((".yml", ".yaml")) else f"{typed}.yml"

    def _check(self) -> None:
        problem = self.problem
        self.problem_line.setText(problem)
        self.problem_line.setVisible(bool(problem))
        self.line.setProperty("invalid", bool(problem))
        self.line.setAccessibleDescription(problem)
        self.line.style().unpolish(self.line)
        self.line.style().polish(self.line)
        self.changed.emit()


def file_dialog(parent: QWidget, proposed: Path) -> QFileDialog:
    """Return a dialog that asks where to save a job."""
    made = QFileDialog(parent, parent.tr("Save the job"), str(proposed.parent), parent.tr("Job files (*.yml *.yaml)"))
    made.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    made.setDefaultSuffix("yml")
    made.selectFile(str(proposed))
    made.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return made


class JobWriter(QObject):
    """Makes the job file of a session's answers in a thread, and writes it; nothing where its window has closed.

    `written` carries the file, and whether it is to be run now.
    """

    busy = Signal(bool)
    written = Signal(Path, bool)
    failed = Signal(object)

    def __init__(self, jobs: JobService, window: QWidget) -> None:
        super().__init__(window)
        self._jobs, self._window = jobs, window
        self.is_busy = False

    def write(self, session: WizardSession, path: Path, *, runs: bool, overwrite: bool) -> None:
        """Write the file, unless one is being written."""
        if not self.is_busy:
            self._set_busy(is_busy=True)
            spawn(self._write(session, path, runs=runs, overwrite=overwrite), "save the job", self.failed.emit)

    async def _write(self, session: WizardSession, path: Path, *, runs: bool, overwrite: bool) -> None:
        plugin, _slash, name = session.key.partition("/")
        answers = dict(session.answers)
        try:
            text = await asyncio.to_thread(self._jobs.build_wizard, plugin, name, answers, session.folder)
            if not isValid(self) or not self._window.isVisible():
                return  # it was closed meanwhile, and the answers are kept
            if overwrite and path.exists():
                await asyncio.to_thread(path.write_text, text, "utf-8")
            else:
                await asyncio.to_thread(create_file, path.parent, path.name, text)
        finally:
            if isValid(self):
                self._set_busy(is_busy=False)
        self.written.emit(path, runs)

    def _set_busy(self, *, is_busy: bool) -> None:
        self.is_busy = is_busy
        self.busy.emit(is_busy)
