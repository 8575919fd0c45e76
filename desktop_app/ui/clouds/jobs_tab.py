"""The jobs of the workspace, whoever sent them: newest first, more while one scrolls; any of them can be opened."""

from __future__ import annotations

import asyncio
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import Progress, UserError, Workspace, WorkspaceJob
from desktop_app.presenters.clouds import jobs as words
from desktop_app.presenters.run_words import ago
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.table_pane import TablePane, tool_row
from desktop_app.ui.icons import STATE_ICONS
from desktop_app.ui.runs.words import ago_words, local_now
from desktop_app.ui.shell import Shell
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import STATE_ROLES, Space
from desktop_app.ui.widgets import EmptyState, button, hairline, label, link_button, tool_button
from desktop_app.ui.widgets.labels import state_word

_AGAIN_MS = 20_000
_NEAR_END = 0.85
"""Of the way down: further on, the next page is asked for."""
_FILTERED = 5
"""Pages that are looked through for what is typed before somebody asks for more."""


class JobsTab(QWidget):
    """Asked when it is shown, on request, and for more near the end of what is there."""

    def __init__(self, desk: CloudDesk, shell: Shell) -> None:
        super().__init__()
        self._desk, self._shell = desk, shell
        self._workspace: Workspace | None = None
        self._jobs: tuple[WorkspaceJob, ...] = ()
        self._rows: list[WorkspaceJob] = []
        self._after, self._pages, self._asked = "", 0, False
        self._again = QTimer(self, interval=_AGAIN_MS)
        self._task: asyncio.Task[Any] | None = None
        self.search = QLineEdit(clearButtonEnabled=True)
        self.pane = TablePane(self.tr("Jobs of the workspace"), words.HEADERS, 0)
        self.empty = EmptyState("mdi6.playlist-play", "", "")
        self.summary = label("", "muted")
        self.more = link_button(self.tr("Look further"), self.load_more)
        self.foot = QWidget()
        self.open_button = button(self.tr("Open &run"), "mdi6.play-circle-outline", self.open_run)
        again = tool_button("mdi6.refresh", self.tr("Ask again"), self.refresh)
        self.tools = tool_row(again, self.search, self.open_button)
        self._build()

    def show_workspace(self, workspace: Workspace) -> None:
        """Show another workspace's."""
        if self._workspace is None or workspace.key != self._workspace.key:
            self._workspace = workspace
            self._jobs, self._after, self._pages, self._asked = (), "", 0, False
            self.pane.message.hide()
            self._stop()
            self._show()
            if self.isVisible():
                self.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().showEvent(event)
        self.refresh()
        self._again.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().hideEvent(event)
        self._again.stop()

    def refresh(self) -> None:
        """Ask for the newest ones; older ones that are shown stay."""
        self._stop()
        if self._workspace is not None:
            self._task = spawn(self._renew(self._workspace), "list jobs", self._failed)

    def _look_again(self) -> None:
        if not self._busy:
            self.refresh()

    def load_more(self) -> None:
        """Ask for those that follow."""
        if self._workspace is not None and self._after and not self._busy:
            self._pages = 0
            self._task = spawn(self._grow(self._workspace), "list more jobs", self._failed)

    def open_run(self) -> None:
        """Show the run's page of the chosen job; from then on it is among one's runs."""
        chosen, workspace = self.chosen, self._workspace
        if chosen is None or workspace is None or self.pane.strip.busy:
            return
        if self._desk.workbench.store.get(chosen.handle) is not None:
            self._shell.show_run(chosen.handle)
            return

        async def work(_tell: Progress) -> None:
            found = await self._desk.ask(workspace, self._desk.cloud.open(chosen.handle))
            self._desk.workbench.store.update([found])
            self._shell.show_run(found.handle)

        self.pane.message.hide()
        self.pane.strip.start(
            self.tr("Opening {}…").format(chosen.display_name), work, self._failed, self._choose
        )  # fmt: skip
        self._choose()

    @property
    def chosen(self) -> WorkspaceJob | None:
        """The job that is chosen."""
        row = self.pane.row
        return self._rows[row] if 0 <= row < len(self._rows) else None

    # ----- asking

    @property
    def _busy(self) -> bool:
        return self._task is not None and not self._task.done()

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _renew(self, workspace: Workspace) -> None:
        page = await self._desk.ask(workspace, self._desk.cloud.jobs(workspace))
        if not self._is_current(workspace):
            return
        renewed = words.renewed(self._jobs, page)
        if renewed is None:
            self._jobs, self._after = page.jobs, page.after
        else:
            self._jobs = renewed
        self._pages, self._asked = 0, True
        self.pane.message.hide()
        self._show()
        await self._search_on(workspace)

    async def _grow(self, workspace: Workspace) -> None:
        page = await self._desk.ask(workspace, self._desk.cloud.jobs(workspace, self._after))
        if self._is_current(workspace):
            self._jobs, self._after = words.grown(self._jobs, page), page.after
            self._pages += 1
            self.pane.message.hide()
            self._show()
            await self._search_on(workspace)

    async def _search_on(self, workspace: Workspace) -> None:
        """Look through some more pages for what is typed, while it fills no screen."""
        while self._is_current(workspace) and self._after and self._pages < _FILTERED and self._has_room:
            await self._grow(workspace)

    @property
    def _has_room(self) -> bool:
        return bool(self.search.text().strip()) and not self.pane.view.verticalScrollBar().maximum()

    def _is_current(self, workspace: Workspace) -> bool:
        return isValid(self) and self._workspace is not None and workspace.key == self._workspace.key

    def _failed(self, fault: UserError) -> None:
        if isValid(self):
            self.pane.message.show_error(fault)

    # ----- showing

    def _show(self) -> None:
        chosen, typed, now = self.chosen, self.search.text(), local_now()
        self._rows = shown = words.found(self._jobs, typed)
        known = self._desk.workbench.store.runs
        self.pane.model.look = lambda row: _look(shown[row])
        self.pane.model.tip = lambda row: words.tip(shown[row], known)
        self._say_empty(typed)

        def cell(row: int, column: int) -> str:
            job = shown[row]
            created = ago_words(ago(job.created, now)) if job.created else ""
            return words.cells(job, state_word(job.status), created)[column]

        self.pane.show_rows(len(shown), cell)
        if chosen is not None and (at := _place(shown, chosen)) >= 0:
            self.pane.view.selectRow(at)
        self.summary.setText(words.summary(len(self._jobs), len(shown), typed, has_more=bool(self._after)))
        self.more.setVisible(bool(self._after))
        self.foot.setVisible(bool(self._jobs))

    def _say_empty(self, typed: str) -> None:
        title = self.tr("Nothing found") if typed.strip() else self.tr("No jobs yet") if self._asked else ""
        about = self.tr("Whatever anybody submits to this workspace is listed here, newest first.")
        text = self.tr("No job that was looked through fits “{}”.").format(typed.strip()) if typed.strip() else about
        self.empty.heading.setText(title)
        self.empty.text.setText(text)

    def _choose(self) -> None:
        self.open_button.setEnabled(self.chosen is not None and not self.pane.strip.busy)

    def _typed(self) -> None:
        self._show()
        if self._workspace is not None and not self._busy and self._after and self._has_room:
            self.load_more()

    def _scrolled(self, value: int) -> None:
        most = self.pane.view.verticalScrollBar().maximum()
        if most and value >= most * _NEAR_END:
            self.load_more()

    # ----- building

    def _build(self) -> None:
        self.search.setPlaceholderText(self.tr("Filter jobs"))
        self.search.setAccessibleName(self.search.placeholderText())
        self.search.setMinimumWidth(self.search.fontMetrics().averageCharWidth() * 20)
        self.search.textChanged.connect(self._typed)
        self._again.timeout.connect(self._look_again)
        self.pane.set_empty(self.empty)
        self.pane.chosen.connect(self._choose)
        self.pane.activated.connect(self.open_run)
        self.pane.view.verticalScrollBar().valueChanged.connect(self._scrolled)
        row = QHBoxLayout(self.foot)
        row.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        row.addWidget(self.summary)
        row.addWidget(self.more)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pane, 1)
        column.addWidget(hairline())
        column.addWidget(self.foot)
        self._show()


def _look(job: WorkspaceJob) -> tuple[str, str]:
    status = str(job.status)
    return STATE_ICONS.get(status, STATE_ICONS["Unknown"]), STATE_ROLES.get(status, "waiting")


def _place(shown: list[WorkspaceJob], chosen: WorkspaceJob) -> int:
    return next((at for at, each in enumerate(shown) if each.handle == chosen.handle), -1)
