"""Choosing a VM size by typing or from a list, and one line on whether the quota has room for so many of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QCompleter, QLabel, QSizePolicy
from shiboken6 import isValid

from desktop_app.api import Headroom, UserError, Workspace
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.tasks import spawn


def fit_size_box(box: QComboBox) -> None:
    """Let a box take what is typed, and find sizes by any part of their name."""
    box.setEditable(True)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    fit_wide(box)
    completer = box.completer()
    if completer is not None:
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)


def fit_wide(box: QComboBox) -> None:
    """Let a box be as wide as there is room, whatever is in it."""
    box.setMinimumContentsLength(28)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


def chosen_size(box: QComboBox) -> str:
    """Return the size that is chosen or typed."""
    typed = box.currentText().partition(" – ")[0].strip()
    known = box.findText(box.currentText())
    return str(box.itemData(known)) if known >= 0 else typed


class RoomLine(QLabel):
    """Hidden until the quota was asked about; what is asked for last counts."""

    def __init__(self, desk: CloudDesk, workspace: Workspace) -> None:
        super().__init__()
        self._desk, self._workspace = desk, workspace
        self._task: asyncio.Task[Any] | None = None
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setProperty("role", "muted")
        self.hide()

    def ask(
        self, vm_size: str, nodes: int, words: Callable[[Headroom], tuple[str, str]], *, low_priority: bool = False
    ) -> None:
        """Ask whether so many fit; `words` says it."""
        self.stop()
        if vm_size and nodes:
            self._task = spawn(self._ask(vm_size, nodes, words, low_priority), "quota headroom", self._not_known)

    def stop(self) -> None:
        """Wait for no answer any longer."""
        if self._task is not None:
            self._task.cancel()

    async def _ask(
        self, vm_size: str, nodes: int, words: Callable[[Headroom], tuple[str, str]], low_priority: bool
    ) -> None:
        await asyncio.sleep(0.2)  # a number that is being turned is asked about once
        found = await self._desk.cloud.headroom(self._workspace, vm_size, nodes, low_priority)
        if isValid(self):
            self._say(*words(found))

    def _not_known(self, fault: UserError) -> None:
        if isValid(self):
            self._say("muted", self.tr("Whether the quota is enough is not known: {}").format(fault))

    def _say(self, role: str, text: str) -> None:
        self.setProperty("role", role)
        self.style().unpolish(self)
        self.style().polish(self)
        self.setText(text)
        self.show()
