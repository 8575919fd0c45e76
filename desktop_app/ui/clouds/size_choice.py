"""Choosing a VM size by typing or from a list, and one line on whether the quota has room for so many of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QComboBox, QCompleter, QLabel, QLineEdit, QSizePolicy, QWidget
from shiboken6 import isValid

from desktop_app.api import Headroom, SizeOffer, UserError, Workspace
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.tasks import spawn

_WIDEST = 620
_BESIDE = 40
"""Pixels that a list takes beside its text: its frame, and what it is scrolled by."""


def fit_size_box(box: QComboBox) -> None:
    """Let a box take what is typed, and find sizes by any part of their name; a click in it opens the list."""
    box.setEditable(True)
    box.view().setTextElideMode(Qt.TextElideMode.ElideRight)
    box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
    fit_wide(box)
    completer = box.completer()
    if completer is not None:
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
    line = box.lineEdit()
    if line is not None:
        line.installEventFilter(_Opener(box, line))


def list_sizes(
    desk: CloudDesk, workspace: Workspace, owner: QWidget, show: Callable[[Sequence[SizeOffer]], None], says: QLabel
) -> None:
    """Have a workspace's sizes shown once they are known; where they can't be, say so: one can be typed."""

    async def load() -> None:
        found = await desk.ask(workspace, desk.cloud.sizes(workspace))
        if isValid(owner):
            show(found)

    def complain(fault: UserError) -> None:
        if isValid(owner):
            says.setText(owner.tr("The sizes can't be listed: {} Type one.").format(fault))
            says.show()

    spawn(load(), "list VM sizes", complain)


def fit_list(box: QComboBox) -> None:
    """Let the list of a box that was filled be as wide as its longest line, as far as that goes."""
    wide = min(_WIDEST, box.view().sizeHintForColumn(0) + _BESIDE)
    completer = box.completer()
    for each in (box.view(), completer.popup() if completer is not None else None):
        if each is not None:
            each.setMinimumWidth(wide)


class _Opener(QObject):
    """Opens the list of all sizes at a click in the box's text, which is marked: what is typed then takes its place."""

    def __init__(self, box: QComboBox, line: QLineEdit) -> None:
        super().__init__(box)
        self._box, self._line = box, line
        self._pressed = False

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt: the click that closes the list is no press in the text, and text that was marked stays so."""
        if event.type() == QEvent.Type.MouseButtonPress:
            self._pressed = True
        elif event.type() == QEvent.Type.MouseButtonRelease and self._pressed:
            self._pressed = False
            if not self._line.hasSelectedText():
                self._open()
        return super().eventFilter(watched, event)

    def _open(self) -> None:
        completer = self._box.completer()
        popup = completer.popup() if completer is not None else None
        if completer is not None and popup is not None and self._box.count():
            completer.setCompletionPrefix("")
            completer.complete()
            popup.setCurrentIndex(popup.model().index(self._box.currentIndex(), 0))
            self._line.selectAll()  # last, as the list writes its current line into the text


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
