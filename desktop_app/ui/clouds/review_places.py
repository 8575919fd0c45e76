"""The places in a plan's review: what starts it, the other place it could be planned for, and its room."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import Diagnostic, SubmissionPlan, UserError, Workspace
from desktop_app.presenters.clouds import reviewing
from desktop_app.presenters.clouds.places import CLOUD
from desktop_app.services import readiness
from desktop_app.ui.icons import icon
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets import button
from desktop_app.ui.wizard.form import NoteLine

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

PlanFor = Callable[[str], Awaitable[SubmissionPlan | None]]
"""Plans the job again for a backend; returns None where it has said by itself why it can't."""


class ReviewPlaces(QObject):
    """Dresses the review's main button and holds the other one; `notes` is where it says what it looked up."""

    def __init__(
        self, workbench: Workbench, main: QPushButton, notes: QVBoxLayout, switch: Callable[[str], object],
        parent: QWidget,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._workbench, self._main, self._notes, self._switch = workbench, main, notes, switch
        self._task: asyncio.Task[Any] | None = None
        self.other = button("", "mdi6.laptop", self._go_elsewhere)
        self.other.hide()
        self._backend = ""
        self.can_switch = False

    def show_plan(self, plan: SubmissionPlan) -> None:
        """Show where the plan would run, and look up what there is to know of that place."""
        self.stop()
        self._dress(plan, None)
        if CLOUD in self._workbench.backends:
            self._task = spawn(self._look(plan), "look at the workspace", self._unanswered)

    def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            self._task = None

    def _dress(self, plan: SubmissionPlan, workspace: Workspace | None) -> None:
        here, other = reviewing.goings(plan, workspace.name if workspace is not None else "")
        self._main.setText(here.text)
        self._main.setIcon(icon(here.icon, "on_accent"))
        self._main.setAccessibleName(here.text.replace("&", ""))
        self.other.setVisible(other is not None and self.can_switch)
        if other is not None:
            self._backend = other.backend
            self.other.setText(other.text)
            self.other.setIcon(icon(other.icon))
            self.other.setAccessibleName(other.text.replace("&", ""))
            self.other.setToolTip(self.tr("Plan the job for there, and show that plan first"))

    def _go_elsewhere(self) -> None:
        self._switch(self._backend)

    async def _look(self, plan: SubmissionPlan) -> None:
        workspace = await asyncio.to_thread(self._workbench.cloud.current)
        self._dress(plan, workspace)
        if workspace is None or plan.backend != CLOUD:
            return
        cloud, name, found = self._workbench.cloud, readiness.compute_name(plan), None
        if name:
            found = readiness.find_compute(plan, await cloud.computes(workspace))
            self._note(reviewing.on_compute(plan, found, workspace.name))
            cloud.warm_up(workspace)  # while the plan is read; the client was made to ask this, and the service answers
        if found is not None or not name:
            for each in await readiness.on_quota(cloud, workspace, plan, found):
                self._note(each)
        for each in readiness.on_clock(cloud):
            self._note(each)

    def _unanswered(self, fault: UserError) -> None:
        if isValid(self):
            self._note(reviewing.not_known(str(fault)))

    def _note(self, found: Diagnostic) -> None:
        self._notes.addWidget(NoteLine(found))
