"""The Files page: the project at the left, open texts in tabs, Run and the wizard."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QFileDialog,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop_app.api import Answers, Diagnostic, Fix, UserError, Value
from desktop_app.documents.kinds import COMMAND_JOB
from desktop_app.presenters.models.export import Source
from desktop_app.services.samples import own_copy, own_job
from desktop_app.ui.environments.actions import add_environment_actions
from desktop_app.ui.files.actions import add_file_actions
from desktop_app.ui.files.editor_pane import EditorPane
from desktop_app.ui.files.editors import Editors
from desktop_app.ui.files.offered_fix import offer_change, offer_fix
from desktop_app.ui.files.problems_page import ProblemsPanel
from desktop_app.ui.files.project_check import ProjectCheck
from desktop_app.ui.files.running import Runner, WizardsKnown, job_wizards
from desktop_app.ui.files.tree_panel import TreePanel
from desktop_app.ui.samples_button import samples_button
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets import EmptyState, button, primary_button

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench
    from desktop_app.ui.shell import Shell
    from desktop_app.ui.wizard.dialog import WizardDialog

_TREE_WIDTH = 224
_PROBLEMS_HEIGHT = 220


class FilesPage(QWidget):
    """What the window asks of it is `FilesView` (ui/shell.py)."""

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.shell = shell
        self.workbench = workbench
        self.tree = TreePanel()
        self.editors = Editors(workbench)
        self.problems = ProblemsPanel()
        self.project = ProjectCheck(workbench, self.editors, self.problems)
        self.runner = Runner(workbench, shell, self)
        self._wizards_known = WizardsKnown(workbench, self)
        self.wizard: WizardDialog | None = None
        self._right = QStackedWidget()
        self._whole = QStackedWidget()
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._texts = QSplitter(Qt.Orientation.Vertical)
        self._restoring = False
        self._opening = asyncio.Lock()  # a file that is asked for while a project opens is shown after that one's own
        self._after_opening: Callable[[], object] | None = None
        self._build()
        self._connect()
        add_file_actions(self, shell)
        add_environment_actions(self, shell)
        zoomed = shell.state.get("files.zoom")
        self.editors.zoom_level = zoomed if isinstance(zoomed, int) else 0
        self.editors.form_view = str(shell.state.get("files.view") or "")
        self.editors.view_chosen.connect(lambda view: shell.state.set("files.view", view))

    # ----- FilesView

    def open_folder(self, folder: Path) -> None:
        """Make `folder` the project that is open; the files that were open in it are opened again."""
        if folder != self.folder:
            spawn(self._open_folder(folder), f"open {folder.name}")

    def open_file(self, path: Path, line: int | None = None) -> None:
        """Open a file in a tab, or show the tab it is in; the graph of an ONNX model is shown under Models."""
        if path.suffix.lower() == ".onnx":
            self.shell.show_graph(path)
            return
        spawn(self._open_file(path, line), f"open {path.name}")

    def new_job(self, template: str | None = None) -> None:
        """Open the wizard on the open project; without a project, ask for one first."""
        if self.folder is None:
            self._after_opening = lambda: self.new_job(template)
            self.choose_folder()
        else:
            self._open_wizard(self.folder, template)

    def go_on_from_job(self, path: Path | None = None, key: str = "") -> None:
        """Begin a wizard that goes on from a job file: the first wizard, and the file that is shown, unless named."""
        wanted = path or (self.pane.file.path if self.pane is not None and self.pane.kind == COMMAND_JOB else None)
        spawn(self._go_on_from(wanted, key), "go on from a job")

    def run_file(self, path: Path) -> None:
        """Plan, have reviewed, submit."""
        spawn(self._run_file(path), f"run {path.name}")

    def mend_file(self, path: Path, fix: Fix) -> None:
        """Show a file and what a fix would change in it."""
        spawn(self._mend_file(path, fix), f"mend {path.name}")

    def change_file(self, path: Path, title: str, make: Callable[[str], str]) -> None:
        """Show a file and what a change would make of its text."""
        spawn(self._change_file(path, title, make), f"change {path.name}")

    def show_problems(self) -> None:
        """Show what is wrong in the whole folder."""
        self._set_problems_shown(True)
        self.problems.focus()

    def toggle_problems(self) -> None:
        """Show the folder's problems, or hide them."""
        if self.problems.isVisible():
            self._set_problems_shown(False)
        else:
            self.show_problems()

    async def may_close(self) -> bool:
        """Keep unsaved texts as drafts, and remember what is open."""
        await self.editors.keep_drafts()
        self.remember()
        if self.wizard is not None:
            self.wizard.close()
        await self.project.close()
        return True

    # ----- what actions ask

    @property
    def folder(self) -> Path | None:
        """The open project."""
        return self.tree.model.folder

    @property
    def pane(self) -> EditorPane | None:
        """The text that is shown."""
        return self.editors.current

    def choose_folder(self) -> None:
        """Ask for a folder to open."""
        dialog = QFileDialog(self, self.tr("Open a folder"), str(self.folder or Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda chosen: self.shell.open_path(Path(chosen)))
        dialog.rejected.connect(self._forget_after_opening)
        dialog.open()

    def _forget_after_opening(self) -> None:
        self._after_opening = None

    def run_current(self) -> None:
        """Run the job that is shown; where it can't be run, say why."""
        pane = self.pane
        if pane is None or pane.why_not_run:
            reason = pane.why_not_run if pane else self.tr("Open a job file to run it.")
            self.editors.message.clear_buttons()
            self.editors.message.show_text("info", reason)
            if self.folder is not None:
                spawn(self.runner.point_to_jobs(self.folder, self.editors.message), "look for job files")
        else:
            self.run_file(pane.file.path)

    def zoom(self, steps: int) -> None:
        """Make the text of all files larger or smaller; remembered."""
        kept = self.editors.zoom(steps)
        self.shell.state.set("files.zoom", kept)

    def remember(self) -> None:
        """Remember the open files of this project."""
        if self._restoring or self.folder is None:
            return
        kept = self.shell.state.get("files.open")
        known = dict(kept) if isinstance(kept, dict) else {}
        known.pop(str(self.folder), None)
        known[str(self.folder)] = self.editors.remembered()
        self.shell.state.set("files.open", dict(list(known.items())[-12:]))

    # ----- building

    def _build(self) -> None:
        self._right.addWidget(self._no_file())
        self._right.addWidget(self.editors)
        self._splitter.addWidget(self.tree)
        self._texts.addWidget(self._right)
        self._texts.addWidget(self.problems)
        self._texts.setStretchFactor(0, 1)
        self._texts.setSizes([600, _PROBLEMS_HEIGHT])
        self._texts.setChildrenCollapsible(False)
        self._texts.setHandleWidth(1)
        self._splitter.addWidget(self._texts)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setSizes([_TREE_WIDTH, 1000])
        self._splitter.setCollapsible(1, False)
        self._splitter.setHandleWidth(1)
        self._whole.addWidget(self._no_project())
        self._whole.addWidget(self._splitter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._whole)

    def _no_project(self) -> EmptyState:
        made = EmptyState(
            "mdi6.folder-open-outline", self.tr("Open a folder to begin"),
            self.tr("A project is a folder of plain files: a job.yml says what to run, a script does it."),
            primary_button(self.tr("Open a folder…"), "mdi6.folder-open-outline", self.choose_folder),
        )  # fmt: skip
        made.add_action(button(self.tr("Open the sample project"), "mdi6.school-outline", self._open_sample))
        made.add_action(samples_button(self.tr("Open &another sample"), self._open_sample))
        return made

    def _no_file(self) -> EmptyState:
        return EmptyState(
            "mdi6.file-document-edit-outline", self.tr("No file is open"),
            self.tr("Pick one at the left. A job file runs from here, on this machine, with Ctrl+R."),
            primary_button(self.tr("New job…"), "mdi6.plus", self.shell.new_job),
        )  # fmt: skip

    def _connect(self) -> None:
        self.tree.file_chosen.connect(self.open_file)
        self.tree.run_asked.connect(self.run_file)
        self.tree.export_asked.connect(lambda path: self.shell.export_model(Source(path, code=self.folder)))
        self.tree.folder_asked.connect(self.choose_folder)
        self.tree.renamed.connect(self.editors.follow_rename)
        self.tree.deleted.connect(lambda path: spawn(self.editors.close_deleted(path), "close what was deleted"))
        self.editors.run_asked.connect(self.run_file)
        self.editors.tune_asked.connect(self.go_on_from_job)
        self.tree.job_wizards = lambda: [(key, each.job_action) for key, each in job_wizards(self.workbench)]
        self.tree.go_on_asked.connect(self.go_on_from_job)
        self.editors.shown.connect(self._on_shown)
        self.editors.changed.connect(self._on_changed)
        self.editors.emptied.connect(lambda: self._right.setCurrentIndex(0))
        self.editors.opening.connect(lambda: self._right.setCurrentIndex(1))
        self.project.counted.connect(lambda counts: self.shell.set_problems(counts.errors, counts.warnings))
        self.problems.chosen.connect(lambda path, found: spawn(self._go_to(path, found), "go to a problem"))
        self.problems.closed.connect(lambda: self._set_problems_shown(False))
        self._set_problems_shown(self.shell.state.get("files.problems") is True)
        follow = getattr(self.shell.state, "follow_splitter", None)
        if follow is not None:
            follow("files.splitter", self._splitter)
            follow("files.problems_splitter", self._texts)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the window came to the front, so look what happened meanwhile."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and self.isVisible() and self.isActiveWindow():
            self.editors.look_at_all()

    # ----- doing

    async def _open_folder(self, folder: Path) -> None:
        async with self._opening:
            if folder == self.folder:
                return
            if self.folder is not None:
                await self.editors.keep_drafts()
                self.remember()
            self._restoring = True
            try:
                self.editors.close_all()
                self.tree.set_folder(folder)
                self._whole.setCurrentIndex(1)
                await self._reopen(folder)
                self._begin_in_text()
            finally:
                self._restoring = False
        await self.project.open(folder)
        after, self._after_opening = self._after_opening, None
        if after is not None:
            after()
        for each in ("desktop_app.ui.wizard.dialog", "desktop_app.ui.plan_review"):
            await asyncio.to_thread(importlib.import_module, each)  # so that neither has to be waited for later

    def _begin_in_text(self) -> None:
        """Give the keyboard to the file, unless somebody has taken it elsewhere than to a button of the frame."""
        focus = QApplication.focusWidget()
        if self.pane is not None and self.isVisible() and (focus is None or isinstance(focus, QAbstractButton)):
            self.pane.setFocus()

    async def _reopen(self, folder: Path) -> None:
        kept = self.shell.state.get("files.open")
        places = kept.get(str(folder)) if isinstance(kept, dict) else None
        shown: Path | None = None
        for each in places if isinstance(places, list) else await asyncio.to_thread(_first_job, folder):
            if not isinstance(each, dict) or not isinstance(each.get("path"), str):
                continue
            path = Path(str(each["path"]))
            if path.is_file():
                await self.editors.open_file(path, _whole(each.get("line")), _whole(each.get("column")))
                self._right.setCurrentIndex(1)
                shown = path if each.get("shown") else shown
        if shown is not None:
            await self.editors.open_file(shown)

    async def _open_file(self, path: Path, line: int | None) -> EditorPane | None:
        async with self._opening:
            pane = await self.editors.open_file(path, line)
        if pane is not None or self.editors.panes or not self.editors.message.isHidden():
            self._right.setCurrentIndex(1)
        if pane is not None and pane is self.pane and line is not None:
            pane.editor.setFocus()
        return pane

    async def _run_file(self, path: Path) -> None:
        pane = await self._open_file(path, None)
        if pane is None:
            return
        self.editors.set_busy(self.tr("Planning…"))
        try:
            await self.runner.run(pane)
        finally:
            self.editors.set_busy("")

    async def _mend_file(self, path: Path, fix: Fix) -> None:
        pane = await self._open_file(path, None)
        if pane is not None:
            await offer_fix(pane, fix)

    async def _change_file(self, path: Path, title: str, make: Callable[[str], str]) -> None:
        pane = await self._open_file(path, None)
        if pane is not None:
            await offer_change(pane, title, make)

    async def _go_on_from(self, path: Path | None, key: str) -> None:
        known = [each for each, _wizard in job_wizards(self.workbench)]
        if not known and self.workbench.jobs.wizards.take_long:
            await asyncio.to_thread(self.workbench.jobs.wizards.look)
            known = [each for each, _wizard in job_wizards(self.workbench)]
        if not known:
            text = self.tr("No plugin that tunes hyperparameters is switched on: see Plugins.")
            (self.editors.message if self.editors.panes else self.tree.message).show_text("info", text)
            return
        template = key or known[0]
        pane = self.editors.pane(path) if path is not None else None
        if path is None:
            self.new_job(template)
        elif pane is None or not await pane.settle() or await pane.save():  # the wizard reads what is on disk
            self._open_wizard(path.parent, template, {"job": path.name})

    def _open_wizard(self, folder: Path, template: str | None, answers: Answers | None = None) -> None:
        from desktop_app.ui.wizard.dialog import WizardDialog

        if self.wizard is not None:
            self.wizard.raise_()
            self.wizard.activateWindow()
            return
        self.wizard = WizardDialog(self.workbench, folder, template, self.window(), answers)
        if self.shell.backend != "local":
            self.wizard.run_button.setText(self.editors.run_text.replace("&", "&&"))
        self.wizard.finished.connect(self._on_wizard_closed)
        self.wizard.job_written.connect(self._on_job_written)
        self.wizard.open()

    def _on_wizard_closed(self, _result: int) -> None:
        if self.wizard is not None:
            if self.wizard.kept_draft:
                text = self.tr("Your answers are kept: New job goes on where you stopped.")
                place = self.editors.message if self.editors.panes else self.tree.message
                place.clear_buttons()
                place.show_text("info", text)
            self.wizard.deleteLater()
            self.wizard = None

    def _on_job_written(self, path: Path, runs: bool) -> None:
        spawn(self.tree.model.refresh(path.parent), "show the new job")
        if runs:
            self.run_file(path)
        else:
            self.open_file(path)

    def _open_sample(self, name: str = "") -> None:
        places = self.workbench.places
        try:
            self.shell.open_path(own_job(places, name) if name else own_copy(places))
        except UserError as error:
            self.shell.say(error)

    def _on_shown(self, pane: EditorPane | None) -> None:
        if pane is not None:
            self._right.setCurrentIndex(1)
            self.tree.show_file(pane.file.path)
        self._on_changed()

    def _on_changed(self) -> None:
        self.remember()

    async def _go_to(self, path: Path, found: Diagnostic) -> None:
        pane = await self._open_file(path, found.line)
        if pane is not None:
            pane.go_to_problem(found)

    def _set_problems_shown(self, shown: bool) -> None:
        had_focus = self.problems.tree.hasFocus() or self.problems.filter_edit.hasFocus()
        self.problems.setVisible(shown)
        height = self._texts.height()
        if shown and self._texts.sizes()[1] == 0 and height > _PROBLEMS_HEIGHT:
            self._texts.setSizes([height - _PROBLEMS_HEIGHT, _PROBLEMS_HEIGHT])
        self.editors.show_lists(not shown)
        self.shell.state.set("files.problems", shown)
        if had_focus and not shown and self.pane is not None:
            self.pane.editor.setFocus()


def _whole(value: Value) -> int:
    return value if isinstance(value, int) and value > 0 else 1


def _first_job(folder: Path) -> list[Value]:
    """Return the job file that a project which was never open before opens with."""
    found = next((each for each in (folder / "job.yml", folder / "job.yaml") if each.is_file()), None)
    return [{"path": str(found), "shown": True}] if found else []
