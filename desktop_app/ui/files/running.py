"""From a job's text to a run: save, plan off the window's thread, have the plan reviewed, submit that very plan."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from desktop_app.api import JobWizard, SubmissionPlan, UserError
from desktop_app.documents.job_document import RUNNABLE
from desktop_app.presenters.files import file_kind, files_below
from desktop_app.services.jobs import JobError
from desktop_app.ui.files.editor_pane import EditorPane
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets import InlineMessage, button

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench
    from desktop_app.ui.shell import Shell


_NAMED = 3


def job_wizards(workbench: Workbench) -> list[tuple[str, JobWizard]]:
    """Return the wizards that go on from a command job, by their keys, as far as they are known; asks nobody."""
    return [(f"{info.id}/{each.name}", each) for info, each in workbench.jobs.wizards.known if each.job_action]


class WizardsKnown(QObject):
    """Has plugins asked for their wizards in a thread, at first and whenever something of them changed.

    So menus have what to offer when they open.
    """

    def __init__(self, workbench: Workbench, parent: QObject) -> None:
        super().__init__(parent)
        self._wizards = workbench.jobs.wizards
        self._is_wanted = self._is_looking = False
        self.destroyed.connect(workbench.plugins.changed.connect(self._want))
        self._want()

    def _want(self) -> None:
        self._is_wanted = True
        if self._wizards.take_long and not self._is_looking:
            self._is_looking = True
            spawn(self._look(), "ask for wizards")

    async def _look(self) -> None:
        try:
            while self._is_wanted:
                self._is_wanted = False
                await asyncio.to_thread(self._wizards.look)
        finally:
            self._is_looking = False


def jobs_below(folder: Path) -> list[str]:
    """Return the job files that can run here, nearest first; reads the disk."""
    found = files_below(folder, ("*.yml", "*.yaml"))
    return [each for each in found if file_kind(folder / each) in RUNNABLE]


class Runner:
    """Runs the job in a pane."""

    def __init__(self, workbench: Workbench, shell: Shell, parent: QWidget) -> None:
        self._workbench = workbench
        self._shell = shell
        self._parent = parent

    async def run(self, pane: EditorPane) -> None:
        """Save, plan and show the plan; what stands in the way is marked at its lines."""
        was_saved = await pane.settle()
        if was_saved and not await pane.save():
            return
        plan = await self._plan(pane)
        if plan is not None:
            self._review(plan, pane, was_saved=was_saved)
        elif was_saved:
            saved = pane.tr("{} was saved before planning.").format(pane.file.path.name)
            pane.note.hint.setText(f"{pane.note.hint.text()} {saved}".strip())
            pane.note.hint.show()

    async def point_to_jobs(self, folder: Path, message: InlineMessage) -> None:
        """Name the folder's job files below a message that something else can't be run, and offer the first."""
        said = message.heading.text()
        found = await asyncio.to_thread(jobs_below, folder)
        if not found or message.isHidden() or message.heading.text() != said:
            return
        hint = message.tr("Open {} and run that.").format(message.tr(" or ").join(found[:_NAMED]))
        message.show_text("info", said, hint)
        message.clear_buttons()

        def run_first() -> None:
            message.dismiss()
            self._shell.run_file(folder / found[0])

        message.add_button(button(message.tr("Run {}").format(found[0]), "mdi6.play", run_first))

    async def _plan(self, pane: EditorPane, backend: str = "") -> SubmissionPlan | None:
        await pane.settle()
        path, text = pane.file.path, pane.editor.text()
        try:
            plan = await self._workbench.jobs.plan_text(text, path, path.parent, backend or self._shell.backend)
        except JobError as error:
            pane.note.clear_buttons()
            pane.note.show_text("error", error.message, error.hint)
            pane.show_planned(error.diagnostics)
            if error.diagnostics:
                pane.step_problem(1)
            return None
        except UserError as error:
            pane.note.clear_buttons()
            pane.note.show_error(error)
            return None
        pane.show_planned([each for each in plan.diagnostics if each.line])
        return plan

    def _review(self, plan: SubmissionPlan, pane: EditorPane, *, was_saved: bool) -> None:
        from desktop_app.ui.plan_review import PlanReview

        async def plan_again() -> SubmissionPlan | None:
            return await self._plan(pane, dialog.plan.backend)

        async def plan_for(backend: str) -> SubmissionPlan | None:
            return await self._plan(pane, backend)

        dialog = PlanReview(plan, self._workbench, self._parent.window(), plan_again, plan_for)
        dialog.submitted.connect(self._shell.show_run)
        dialog.finished.connect(lambda _result: dialog.deleteLater())
        if was_saved:
            dialog.say_saved(pane.file.path.name)
        dialog.open()
