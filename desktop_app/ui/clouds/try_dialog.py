"""Trying an endpoint: what is sent, as JSON with a sample to begin from, and what it answers."""

from __future__ import annotations

import time

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QSplitter, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import Endpoint, Progress, UserError, Workspace
from desktop_app.core.words import took_text
from desktop_app.presenters.clouds import endpoints as words
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.work_strip import WorkStrip
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, InlineMessage, button, label, mono_font, primary_button


class TryDialog(QDialog):
    """Stays open for one call after another; `body` is what was sent last."""

    def __init__(self, desk: CloudDesk, workspace: Workspace, endpoint: Endpoint, body: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk, self._workspace, self._endpoint = desk, workspace, endpoint
        self.message, self.strip = InlineMessage(), WorkStrip()
        self.editor, self.answer = CodeEditor("body.json"), QPlainTextEdit(readOnly=True)
        self.complaint, self.took = label(role="error", wraps=True), label(role="muted")
        self.send_button = primary_button(self.tr("&Send"), "mdi6.send-outline", self.send, shortcut="Ctrl+Return")
        self._build()
        self.editor.setPlainText(body)
        self.editor.textChanged.connect(self._check)
        self._check()
        fit_to_screen(self, QSize(760, 560), parent)

    @property
    def body(self) -> str:
        """What stands in the editor."""
        return self.editor.toPlainText()

    def send(self) -> None:
        """Send it and show what comes back."""
        if self.strip.busy or not self._check():
            return

        async def work(_tell: Progress) -> None:
            began = time.monotonic()
            asked = self._desk.cloud.call_endpoint(self._workspace, self._endpoint.name, self.body)
            said = await self._desk.ask(self._workspace, asked)
            if isValid(self):
                self.answer.setPlainText(words.answer_text(said))
                self.took.setText(self.tr("Answered after {}.").format(took_text(time.monotonic() - began)))

        self.message.hide()
        self.took.clear()
        self.strip.start(self.tr("Calling {}…").format(self._endpoint.name), work, self._failed, self._check)
        self._check()

    def done(self, result: int) -> None:
        """Called by Qt when the dialog closes: nobody waits for an answer any longer."""
        self.strip.cancel()
        super().done(result)

    def _failed(self, fault: UserError) -> None:
        if isValid(self):
            self.message.show_error(fault)

    def _check(self) -> bool:
        said = words.json_complaint(self.body)
        self.complaint.setText(said)
        self.complaint.setVisible(bool(said))
        self.send_button.setEnabled(not said and not self.strip.busy)
        return not said

    def _build(self) -> None:
        title = self.tr("Try {}").format(self._endpoint.name)
        self.setWindowTitle(title)
        self.editor.setAccessibleName(self.tr("What is sent"))
        self.answer.setAccessibleName(self.tr("What it answers"))
        self.answer.setPlaceholderText(self.tr("What it answers is shown here."))
        self.answer.setFont(mono_font())
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.setChildrenCollapsible(False)
        parts.setProperty("role", "gap")
        parts.addWidget(_part(self.tr("What is sent"), self.editor, self.complaint))
        parts.addWidget(_part(self.tr("What it answers"), self.answer, self.took))
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(label(title, "title", wraps=True))
        column.addWidget(ElidedLabel(self._endpoint.url, "muted"))
        column.addWidget(self.message)
        column.addWidget(self.strip)
        column.addWidget(parts, 1)
        said = self.tr("Its key is fetched for the call, and neither shown nor kept.")
        footer = QHBoxLayout()
        footer.setSpacing(Space.S)
        footer.addWidget(ElidedLabel(said, "small"), 1)
        footer.addWidget(button(self.tr("Close"), on_click=self.reject))
        footer.addWidget(self.send_button)
        column.addLayout(footer)
        QShortcut(QKeySequence("Ctrl+Enter"), self).activated.connect(self.send)


def _part(title: str, view: QWidget, below: QWidget) -> QWidget:
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(Space.XS)
    column.addWidget(label(title, "section"))
    column.addWidget(view, 1)
    column.addWidget(below)
    return made
