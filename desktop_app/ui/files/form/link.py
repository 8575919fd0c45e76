"""Form and text are two views of one document: what is edited in the one is shown in the other.

An edit in the form becomes a change of the text, worked out off the window's thread and put in as one step to undo;
what follows in the same field while somebody types joins that step. A change of the text fills the form again.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from shiboken6 import isValid

from desktop_app.api import Diagnostic, UserError, Value
from desktop_app.core.paths import join_path, split_path
from desktop_app.presenters.form.changes import Act, Change, apply, followers, put
from desktop_app.presenters.form.edits import change_for
from desktop_app.presenters.form.model import Cell, FormFacts
from desktop_app.presenters.form.reading import Reading, read_form
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.files.form.panel import FormPanel
from desktop_app.ui.tasks import spawn

REFILL_MS = 150


class FormLink(QObject):
    """`read` says that a text was read as a form (a `Reading`); `typed` that a field has what the text has not yet."""

    read = Signal(object)
    typed = Signal()

    def __init__(self, editor: CodeEditor, path: Callable[[], Path], facts: Callable[[Path, Value], FormFacts]) -> None:
        super().__init__(editor)
        self.panel: FormPanel | None = None
        self.reading: Reading | None = None
        self._editor = editor
        self._path = path
        self._facts = facts
        self._problems: tuple[Diagnostic, ...] = ()
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._joins: tuple[str, int] = ("", -1)
        self._is_over = False
        self._is_late = False
        self._read_state: tuple[object, ...] = ()
        self._timer = QTimer(self, singleShot=True, interval=REFILL_MS)
        self._timer.timeout.connect(self._after_pause)
        editor.document().contentsChanged.connect(self._on_text)
        editor.cursorPositionChanged.connect(self._on_cursor)

    # ----- what the pane asks

    def attach(self, panel: FormPanel) -> None:
        """Link the form, which is shown from now on."""
        self.panel = panel
        panel.asked.connect(self._on_asked)
        panel.acted.connect(lambda changes: self._later(self._act(tuple(changes))))
        panel.undo_asked.connect(self._on_undo)
        panel.entered.connect(self._on_entered)
        panel.typed.connect(self.typed)
        panel.set_editable(not self._editor.isReadOnly())
        panel.installEventFilter(self)
        if self.reading is not None:
            panel.show_reading(self.reading)
        self.catch_up()

    def show_problems(self, problems: Sequence[Diagnostic]) -> None:
        """Show findings at their fields."""
        if tuple(problems) != self._problems:
            self._problems = tuple(problems)
            self._after_pause()

    def refill(self) -> None:
        """Read the text again, and fill the form with it."""
        self._timer.stop()
        self._later(self._refill())

    def set_value(self, path: str, value: Value) -> None:
        """Set what stands at a path, as one edit in the form."""
        self._later(self._act((put(path, value),)))

    async def flush(self) -> None:
        """Wait until all that was typed in the form is in the text."""
        if self.panel is not None:
            self.panel.settle()
        while waiting := [each for each in self._tasks if each is not asyncio.current_task()]:
            await asyncio.gather(*waiting, return_exceptions=True)

    async def text_so_far(self) -> str:
        """Return the text with what is being typed in the form; nothing changes, so that typing goes on."""
        text = self._editor.text()
        changes = self.panel.typed_so_far if self.panel is not None else ()
        return await asyncio.to_thread(_with, text, changes) if changes else text

    def dispose(self) -> None:
        """Stop everything that goes on; what a field asks for as it goes is not done any more."""
        self._is_over = True
        self.panel = None
        self._timer.stop()
        for each in tuple(self._tasks):
            each.cancel()

    # ----- from the text to the form

    def _on_text(self) -> None:
        self._timer.start(REFILL_MS)

    def _after_pause(self) -> None:
        """Fill a form that is seen; a hidden one is filled once when it is shown again, and typing is not held up."""
        is_seen = self.panel is not None and self.panel.isVisible()
        if is_seen or self.reading is None or not self.reading.is_offered:
            self.refill()
        else:
            self._is_late = True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for the form's events: it is shown again."""
        if event.type() == QEvent.Type.Show:
            self.catch_up()
        return super().eventFilter(watched, event)

    def catch_up(self) -> None:
        """Fill the form with what was written while it was hidden."""
        if self._is_late:
            self.refill()

    async def _refill(self) -> None:
        self._is_late = False
        document = self._editor.document()
        state = (document.revision(), self._problems)
        if state == self._read_state and self.reading is not None:
            return
        text = self._editor.text()
        reading = await asyncio.to_thread(self._read, text, state[1])
        if not isValid(self) or (document.revision(), self._problems) != state:
            if isValid(self):
                self._timer.start(REFILL_MS)
            return
        self._read_state = state
        self.reading = reading
        if self.panel is not None:
            self.panel.show_reading(reading)
            self.panel.focus_added()
            self._on_cursor()
        self.read.emit(reading)

    def _read(self, text: str, problems: Sequence[Diagnostic]) -> Reading:
        path = self._path()
        return read_form(path, text, problems, lambda data: self._facts(path, data))

    def _on_cursor(self) -> None:
        if self.panel is not None and self.panel.isVisible() and self.reading is not None:
            self.panel.mark_path(self.reading.path_at(self._editor.place[0]))

    def _on_entered(self, path: str) -> None:
        lines = self.reading.lines(path) if self.reading is not None else None
        self._editor.set_touched_lines(lines.first if lines else 0, lines.last if lines else 0)

    # ----- from the form to the text

    def _on_asked(self, cell: Cell, text: str, settled: bool) -> None:
        try:
            change = change_for(cell, text, settled=settled)
        except UserError as error:
            if self.panel is not None:
                self.panel.refuse(cell.path, error, keeps=not settled)
            return
        if change is not None:
            self._later(self._make(cell, change))
        elif self.panel is not None:
            self.panel.accept(cell.path)

    async def _make(self, cell: Cell, change: Change) -> None:
        """Make one field's change; what is typed on in the same field is one step to undo."""
        path, before = cell.path, self._editor.text()
        try:
            await self._change((change,), joins=path if change.act is Act.SET else "")
        except UserError as error:
            if self.panel is not None and isValid(self):
                self.panel.refuse(path, error, keeps=False)
            return
        if not isValid(self):
            return
        if self.panel is not None:
            self.panel.accept(path)
            if change.act is Act.RENAME:
                self.panel.rows.rekey(path, new_path(change))
                self._later(self._tell_followers(before, change))
        self.refill()

    async def _tell_followers(self, before: str, change: Change) -> None:
        """Say how many references to an entry follow it to its new name."""
        count = await asyncio.to_thread(followers, before, self._editor.text(), change)
        if count and self.panel is not None and isValid(self):
            self.panel.tell_followers(count, change.name)

    async def _act(self, changes: tuple[Change, ...]) -> None:
        if self.panel is not None:
            self.panel.settle()
        try:
            await self._change(changes)
        except UserError as error:
            if self.panel is not None and isValid(self):
                self.panel.refuse(changes[0].path, error, keeps=False)
            return
        if isValid(self):
            self.refill()

    async def _change(self, changes: tuple[Change, ...], joins: str = "") -> None:
        document = self._editor.document()
        async with self._lock:
            while True:
                revision, text = document.revision(), self._editor.text()
                new = await asyncio.to_thread(apply, text, changes)
                if not isValid(self):
                    return
                if document.revision() == revision:
                    break
            if new != text:
                follows = bool(joins) and self._joins == (joins, revision) and document.isModified()
                self._editor.change_to(new, joins=follows)
            self._joins = (joins, document.revision())

    def _on_undo(self, again: bool) -> None:
        self._later(self._undo(again=again))

    async def _undo(self, *, again: bool) -> None:
        await asyncio.sleep(0)  # what the field still had to ask for comes first
        async with self._lock:
            if not isValid(self):
                return
            if again:
                self._editor.redo()
            else:
                self._editor.undo()
        self.refill()

    def _later(self, work: Coroutine[Any, Any, None]) -> None:
        if self._is_over:
            work.close()
            return
        task = spawn(work, f"form of {self._path().name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _with(text: str, changes: Sequence[Change]) -> str:
    for each in changes:
        with contextlib.suppress(UserError):
            text = apply(text, (each,))
    return text


def new_path(change: Change) -> str:
    """Return the path of an entry after it got its new name."""
    return join_path((*split_path(change.path)[:-1], change.name))
