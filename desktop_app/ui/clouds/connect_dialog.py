"""Connecting a workspace: from config.json or typed, signing in, and a report of each step."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import SignInMethod, SignInPrompt, SignInReport, UserError, Workspace
from desktop_app.presenters.clouds.connect import asked_row, lasting, nobody, signed_in, step_rows
from desktop_app.presenters.clouds.places import CLOUD, Known, Standing, after
from desktop_app.ui.clouds.code_card import CodeCard
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.docs import not_proven
from desktop_app.ui.clouds.step_list import StepList
from desktop_app.ui.clouds.telling import telling
from desktop_app.ui.clouds.workspace_form import WorkspaceForm
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import (
    Card,
    ElidedLabel,
    InlineMessage,
    button,
    label,
    primary_button,
    scrolled,
)


class ConnectDialog(QDialog):
    """Stays open until the workspace answers, or the person keeps it for later. `kept` carries the workspace.

    For a workspace that was connected before it is about signing in alone.
    """

    kept = Signal(object)

    def __init__(self, desk: CloudDesk, parent: QWidget | None, workspace: Workspace | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._task: asyncio.Task[Any] | None = None
        self._report = SignInReport()
        self.signs_in = workspace is not None and desk.knows(workspace)
        title = self.tr("Sign in to {}").format(workspace.name) if workspace and self.signs_in else ""
        self._title = title or self.tr("Connect an Azure ML workspace")
        self.form, self.steps, self.code = WorkspaceForm(), StepList(), CodeCard()
        self.message = InlineMessage(can_close=False)
        self.from_file = button(self.tr("From config.&json…"), "mdi6.file-cog-outline", self._choose_file)
        self.progress, self.state = QProgressBar(textVisible=False), ElidedLabel("", "muted")
        self.cancel_button = button(self.tr("Cancel"), on_click=self.reject)
        self.keep_button = button(self.tr("&Keep it for later"), on_click=self._keep)
        words, picture = self.tr("Connect"), "mdi6.cloud-check-outline"
        if self.signs_in:
            words, picture = self.tr("Sign in"), "mdi6.login"
        self.connect_button = primary_button(words, picture, self.connect_now)
        self._build()
        self.setWindowTitle(title or self.tr("Connect a workspace"))
        fit_to_screen(self, QSize(620, 520 if self.signs_in else 640), parent)
        if workspace is not None:
            self.show_workspace(workspace)
        if self.signs_in:
            self.form.show_way_alone()
            self.from_file.hide()
        self.form.edited.connect(self._forget_report)

    def show_workspace(self, workspace: Workspace) -> None:
        """Fill the fields; what is left to do is to sign in."""
        self.form.show_workspace(workspace)
        self.connect_button.setFocus()

    def read_file(self, path: Path) -> None:
        """Fill the fields from a config.json."""
        spawn(self._read_file(path), "read config.json", self.message.show_error)

    def connect_now(self) -> None:
        """Sign in and ask the workspace."""
        if self._task is None and (self.signs_in or self.form.check()):
            self._forget_report()
            workspace = self.form.workspace
            self._be_busy(self.tr("Starting…"))
            self._task = spawn(self._connect(workspace), f"connect {workspace.name}", self.message.show_error)
            self._task.add_done_callback(lambda _task: self._rest())

    def reject(self) -> None:
        """Called by Qt for Esc and Cancel: what goes on is given up first, then the dialog closes."""
        if self._task is not None:
            self._task.cancel()
        else:
            super().reject()

    # ----- doing

    def _rest(self) -> None:
        self._task = None
        if isValid(self):
            self._be_busy("")
            self.code.hide()
            self.connect_button.setFocus()

    async def _connect(self, workspace: Workspace) -> None:
        tell = telling(self, self._on_progress)
        await self._desk.workbench.toolchains.create(CLOUD, tell)  # the client; quick where it is there already
        self._on_progress(self.tr("Signing in…"), None)
        report = self._report = await self._desk.cloud.sign_in(
            workspace, self.form.method, self._prompt, self.form.given
        )
        steps = step_rows(report.steps)
        self.steps.show_steps(steps if report.account or len(steps) > 1 else ())  # a single one is the message
        if not report.account:
            self._say(*nobody(report))
            return
        self._on_progress(self.tr("{} Asking the workspace…").format(signed_in(report)), None)
        try:
            found = await self._desk.cloud.check(workspace)
        except UserError as fault:
            self.steps.show_steps((*step_rows(report.steps), asked_row(fault, workspace)))
            self._say(fault.message, fault.hint)
            return
        await self._end(found, Known(Standing.SIGNED_IN))

    async def _end(self, workspace: Workspace, known: Known) -> None:
        kept = dataclasses.replace(workspace, sign_in=self.form.method)
        await self._desk.connected(kept, known, chosen=not self.signs_in)
        self._task = None  # so that closing closes
        self.kept.emit(workspace)
        self.accept()

    def _keep(self) -> None:
        if self._task is None and self.form.check():
            fault = UserError(self.message.heading.text(), hint=self.message.hint.text())
            known = Known(Standing.SIGNED_OUT, fault) if not self._report.account else after(fault)
            self._task = spawn(self._end(self.form.workspace, known), "keep a workspace", self._failed)

    def _failed(self, fault: UserError) -> None:
        self._task = None
        self.message.show_error(fault)

    def _prompt(self, prompt: SignInPrompt) -> None:
        self.state.setText(self.tr("Waiting for you to sign in…"))
        self.code.show_prompt(prompt)
        if self.form.method is SignInMethod.BROWSER and not prompt.code:
            self.code.open_page()

    def _on_progress(self, text: str, part: float | None) -> None:
        self.state.setText(text)
        self.progress.setRange(0, 0 if part is None else 1000)
        if part is not None:
            self.progress.setValue(int(part * 1000))

    def _be_busy(self, text: str) -> None:
        for each in (self.form, self.from_file, self.connect_button, self.keep_button):
            each.setEnabled(not text)
        self.progress.setRange(0, 0)
        self.progress.setVisible(bool(text))
        self.state.setText(text)

    @property
    def lasting(self) -> str:
        """For how long who signed in is signed in, where that is not for long."""
        return lasting(self._report)

    def _say(self, text: str, hint: str) -> None:
        self.message.show_text("error", text, hint)
        self.keep_button.setVisible(not self.signs_in)
        QTimer.singleShot(0, self, self._show_message)

    def _show_message(self) -> None:
        """Scroll up to the message, once it has its place."""
        self._area.ensureWidgetVisible(self.message)

    def _forget_report(self) -> None:
        self.message.hide()
        self.steps.show_steps(())
        self._report = SignInReport()

    def _choose_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Open config.json"))
        dialog.setNameFilter(self.tr("Workspace (config.json project.json *.json)"))
        dialog.fileSelected.connect(lambda path: self.read_file(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _read_file(self, path: Path) -> None:
        workspace = await asyncio.to_thread(self._desk.cloud.read_config, path)
        self.message.hide()
        self.show_workspace(workspace)

    # ----- building

    def _build(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.M)
        column.setSpacing(Space.M)
        column.addLayout(self._head())
        card = Card()
        card.body.addWidget(self.form)
        for each in (self.message, card, self.code, self.steps):
            column.addWidget(each)
        column.addStretch()
        footer = QVBoxLayout()
        footer.setContentsMargins(Space.XL, 0, Space.XL, Space.L)
        footer.setSpacing(Space.S)
        footer.addWidget(self.progress)
        footer.addLayout(self._footer())
        footer.addLayout(not_proven())
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        self._area = scrolled(content, self._title, has_controls=True)
        whole.addWidget(self._area, 1)
        whole.addLayout(footer)
        self.progress.hide()
        self.progress.setAccessibleName(self.tr("Progress"))
        self.keep_button.hide()
        self.connect_button.setDefault(True)

    def _head(self) -> QHBoxLayout:
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(label(self._title, "title", wraps=True))
        said = self.tr("Its page in the Azure portal has all of this, and a button to download it as config.json.")
        if self.signs_in:
            said = self.tr("Choose how to prove who you are. Who signed in before is replaced.")
        texts.addWidget(label(said, "muted", wraps=True))
        row = QHBoxLayout()
        row.setSpacing(Space.L)
        row.addLayout(texts, 1)
        row.addWidget(self.from_file, 0, Qt.AlignmentFlag.AlignTop)
        return row

    def _footer(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self.state, 1)
        for each in (self.cancel_button, self.keep_button, self.connect_button):
            row.addWidget(each)
        return row
