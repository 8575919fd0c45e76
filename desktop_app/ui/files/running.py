"""From a job's text to a run: save, plan off the window's thread, have the plan reviewed, submit that very plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from desktop_app.api import SubmissionPlan, UserError
from desktop_app.services.jobs import JobError
from desktop_app.ui.files.editor_pane import EditorPane

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench
    from desktop_app.ui.shell import Shell


class Runner:
    """Runs the job in a pane."""

    def __init__(self, workbench: Workbench, shell: Shell, parent: QWidget) -> None:
        self._workbench = workbench
        self._shell = shell
        self._parent = parent

    async def run(self, pane: EditorPane) -> None:
        """Save, plan and show the plan; what stands in the way is marked at its lines."""
        was_saved = pane.is_modified
        if was_saved and not await pane.save():
            return
        plan = await self._plan(pane)
        if plan is not None:
            self._review(plan, pane, was_saved=was_saved)

    async def _plan(self, pane: EditorPane) -> SubmissionPlan | None:
        path, text = pane.file.path, pane.editor.text()
        try:
            plan = await self._workbench.jobs.plan_text(text, path, path.parent, self._shell.backend)
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
            return await self._plan(pane)

        dialog = PlanReview(plan, self._workbench, self._parent.window(), plan_again)
        dialog.submitted.connect(self._shell.show_run)
        dialog.finished.connect(lambda _result: dialog.deleteLater())
        if was_saved:
            dialog.say_saved(pane.file.path.name)
        dialog.open()
