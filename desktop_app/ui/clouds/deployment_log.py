"""The last lines of a deployment's log, to read, copy and ask for again."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import UserError, Workspace
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import InlineMessage, button, label, mono_font


class DeploymentLog(QDialog):
    """Opened on its end, where what happened last stands."""

    def __init__(self, desk: CloudDesk, workspace: Workspace, endpoint: str, deployment: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._workspace = desk, workspace
        self._endpoint, self._deployment = endpoint, deployment
        self.message = InlineMessage()
        self.text = QPlainTextEdit(readOnly=True, lineWrapMode=QPlainTextEdit.LineWrapMode.NoWrap)
        self.again_button = button(self.tr("&Ask again"), "mdi6.refresh", self.reload)
        self._build()
        fit_to_screen(self, QSize(820, 520), parent)
        self.reload()

    def reload(self) -> None:
        """Ask for the log."""
        self.again_button.setEnabled(False)
        task = spawn(self._load(), "read a deployment's log", self._failed)
        task.add_done_callback(self._rest)

    def _rest(self, _task: object) -> None:
        if isValid(self):
            self.again_button.setEnabled(True)

    async def _load(self) -> None:
        asked = self._desk.cloud.endpoint_log(self._workspace, self._endpoint, self._deployment)
        said = await self._desk.ask(self._workspace, asked)
        if isValid(self):
            self.message.hide()
            self.text.setPlainText(said)
            self.text.setPlaceholderText(self.tr("It has not written anything yet."))
            bar = self.text.verticalScrollBar()
            bar.setValue(bar.maximum())

    def _failed(self, fault: UserError) -> None:
        if isValid(self):
            self.message.show_error(fault)

    def _build(self) -> None:
        title = self.tr("Log of {} at {}").format(self._deployment, self._endpoint)
        self.setWindowTitle(title)
        self.text.setFont(mono_font())
        self.text.setAccessibleName(title)
        self.text.setPlaceholderText(self.tr("Asking…"))
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(label(title, "title", wraps=True))
        column.addWidget(self.message)
        column.addWidget(self.text, 1)
        footer = QHBoxLayout()
        footer.setSpacing(Space.S)
        footer.addStretch()
        footer.addWidget(self.again_button)
        footer.addWidget(button(self.tr("Close"), on_click=self.accept))
        column.addLayout(footer)
