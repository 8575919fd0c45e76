"""What another program did to an open file: said in a bar, settled in a difference, and never at the cost of text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog, QPushButton

from desktop_app.api import UserError
from desktop_app.presenters.difference import difference
from desktop_app.presenters.editor import DiskState
from desktop_app.ui.files.difference import DifferencePanel
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets import InlineMessage, button

if TYPE_CHECKING:
    from desktop_app.ui.files.editor_pane import EditorPane

INERT_MS = 800
"""How long buttons wait that come in the place of others: a click that was meant for those is for none of them."""

_Way = tuple[str, Callable[[], object]]


class DiskBar(InlineMessage):
    """The bar above a text that says what became of its file, with what can be done."""

    def __init__(self) -> None:
        super().__init__(can_close=False)
        self._buttons: list[QPushButton] = []
        self._said = ""
        self._inert = QTimer(self, singleShot=True, interval=INERT_MS)
        self._inert.timeout.connect(self._wake)

    def ask(self, text: str, hint: str, ways: Sequence[_Way]) -> None:
        """Say what happened. The same once more changes nothing; something else lets its buttons wait a moment."""
        changes = not self.isHidden()
        if changes and text == self._said:
            return
        self._said = text
        self.clear_buttons()
        self._buttons = [button(words, on_click=act) for words, act in ways]
        for each in self._buttons:
            each.setEnabled(not changes)
            self.add_button(each)
        if changes:
            self._inert.start()
        self.show_text("warning", text, hint)

    def _wake(self) -> None:
        for each in self._buttons:
            each.setEnabled(True)


class DiskStates(QObject):
    """Shows a pane's bar and difference, and does what is chosen there."""

    def __init__(self, pane: EditorPane) -> None:
        super().__init__(pane)
        self._pane = pane
        self.bar = DiskBar()
        self.panel: DifferencePanel | None = None
        self._theirs = ""
        self._was_deleted = False

    def show_state(self, state: DiskState) -> None:
        """Say what became of the file; nothing where it is as it was."""
        if state is DiskState.CHANGED:
            self._was_deleted = False
            self._say_changed()
        elif state is DiskState.DELETED:
            self._say_deleted()
        else:
            self.settle_quietly()

    def settle_quietly(self) -> None:
        """Take the bar away: the file and this text belong together again."""
        self.bar.hide()
        self.close_difference()
        pane = self._pane
        if self._was_deleted and pane.editor.text() == pane.file.saved_text:
            pane.editor.document().setModified(False)  # it was only said to be, as it was nowhere else
        self._was_deleted = False

    async def compare(self) -> None:
        """Show the difference between the text here and the one on disk."""
        pane = self._pane
        await pane.settle()
        try:
            self._theirs = await asyncio.to_thread(pane.file.text_on_disk)
        except UserError as error:
            pane.say(error)
            return
        mine = pane.editor.text()
        found = await asyncio.to_thread(difference, pane.file.saved_text, self._theirs, mine)
        self.close_difference()
        self.panel = DifferencePanel(pane.file.path.name, found)
        self.panel.settled.connect(lambda text: pane.do(self.settle(text), "settle a conflict"))
        self.panel.left.connect(self._leave)
        self.bar.hide()
        pane.cover(self.panel)
        self.panel.focus()

    def _leave(self) -> None:
        self.close_difference()
        self._say_changed()

    def close_difference(self) -> None:
        """Go back to the text."""
        panel, self.panel = self.panel, None
        if panel is not None:
            self._pane.uncover(panel)

    async def settle(self, text: str) -> None:
        """Save what was decided, unless the file has changed once more: then compare again."""
        pane = self._pane
        theirs = self._theirs
        try:
            if await asyncio.to_thread(pane.file.text_on_disk) != theirs:
                await self.compare()
                pane.note.clear_buttons()
                pane.note.show_text("warning", self.tr("The file has changed once more: look at it again."))
                return
            await asyncio.to_thread(pane.file.reload)
            pane.editor.change_to(text)
        except UserError as error:
            pane.say(error)
            return
        self.close_difference()
        await pane.save()

    async def take_theirs(self) -> None:
        """Take the text on disk; what was here stays one step back, and that is said."""
        pane = self._pane
        await pane.settle()
        had_own = pane.is_modified and pane.editor.text() != pane.file.saved_text
        await pane.reload()
        if had_own and not pane.is_modified:
            self._offer_own()

    def _offer_own(self) -> None:
        pane = self._pane
        pane.note.clear_buttons()
        pane.note.add_button(button(self.tr("&Bring it back"), on_click=self._bring_back))
        text = self.tr("This is the text on disk. Yours is one step back.")
        pane.note.show_text("info", text, self.tr("Ctrl+Z brings it back as long as the file is open."))

    def _bring_back(self) -> None:
        self._pane.editor.undo()
        self._pane.note.hide()

    def _say_changed(self) -> None:
        pane = self._pane
        if self.panel is not None:
            return  # it is being settled
        self.bar.ask(
            self.tr("{} was changed by another program.").format(pane.file.path.name),
            self.tr("Your unsaved text is still here. Nothing is overwritten before you choose."),
            (
                (self.tr("&Compare…"), lambda: pane.do(self.compare(), "compare")),
                (self.tr("&Keep mine"), lambda: pane.do(pane.save(overwrite=True), "keep mine")),
                (self.tr("&Take theirs"), lambda: pane.do(self.take_theirs(), "take theirs")),
            ),
        )

    def _say_deleted(self) -> None:
        pane = self._pane
        self._was_deleted = True
        self.close_difference()
        pane.editor.document().setModified(True)
        self.bar.ask(
            self.tr("{} was deleted or moved away by another program.").format(pane.file.path.name),
            self.tr("Its text is still here."),
            (
                (self.tr("&Save it again"), lambda: pane.do(pane.save(overwrite=True), "save again")),
                (self.tr("Save a c&opy…"), self.ask_copy),
                (self.tr("C&lose it"), self._let_go),
            ),
        )

    def _let_go(self) -> None:
        self._pane.gone.emit()

    def ask_copy(self) -> None:
        """Ask where a copy of the text is to be saved."""
        pane = self._pane
        dialog = QFileDialog(pane, self.tr("Save a copy of {}").format(pane.file.path.name))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(pane.file.path.name)
        dialog.fileSelected.connect(lambda chosen: spawn(self.save_copy(Path(chosen)), "save a copy"))
        dialog.open()

    async def save_copy(self, path: Path) -> None:
        """Save the text elsewhere; the file that is open stays the same."""
        pane = self._pane
        await pane.settle()
        try:
            text = pane.file.saved_text if pane.editor.isReadOnly() else pane.editor.text()
            await asyncio.to_thread(pane.file.save_copy, path, text)
        except UserError as error:
            pane.say(error)
            return
        pane.note.clear_buttons()
        pane.note.show_text("info", self.tr("A copy lies in {}.").format(path))
