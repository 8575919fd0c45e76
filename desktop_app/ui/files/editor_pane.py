"""One open file: the text, what another program did to it, what is wrong with it, and the find bar."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QDateTime, QLocale, Qt, QTimer, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import Diagnostic, UserError, Value
from desktop_app.documents.checks import FileReport
from desktop_app.presenters import editor as presenter
from desktop_app.presenters.editor import ChangedOnDiskError, DiskState, OpenFile
from desktop_app.presenters.files import file_kind, kind_by_name
from desktop_app.presenters.form.facts import facts_for
from desktop_app.presenters.form.model import FormFacts, Opener
from desktop_app.presenters.mending import mended
from desktop_app.services.catalogues import vm_sizes
from desktop_app.services.drafts import Drafts
from desktop_app.ui.environments.actions import pick_environment
from desktop_app.ui.files.assist import Assist
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.files.disk_state import DiskStates
from desktop_app.ui.files.find_bar import FindBar
from desktop_app.ui.files.form.views import FormViews
from desktop_app.ui.files.line_bar import LineBar
from desktop_app.ui.files.problem_list import ProblemList
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import InlineMessage, button

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

_READING = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
LONG = 60_000  # characters: more are shown in parts
CHECK_MS = 250
DRAFT_MS = 1500  # and the writing: no more than two seconds of typing are lost


class EditorPane(QWidget):
    """`changed` says that its title, its kind or its problems changed; `saved` that it was written."""

    changed = Signal()
    saved = Signal()
    file_asked = Signal(Path)  # the form leads to another file
    gone = Signal()  # deleted outside, and the person lets it go

    def __init__(self, file: OpenFile, workbench: Workbench, drafts: Drafts) -> None:
        super().__init__()
        self.file = file
        self.kind = file_kind(file.path)
        self._workbench = workbench
        self._drafts = drafts
        self._disk_lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._planned: tuple[Diagnostic, ...] = ()
        self._checked: tuple[Diagnostic, ...] = ()
        self.was_checked = False
        self._why_read_only = ("", "")
        self._kept_form = False  # the draft holds what was typed in the form alone
        self.editor = CodeEditor(file.path.name)
        self.views = FormViews(self.editor, lambda: self.file.path, self._facts)
        self.disk, self.note = DiskStates(self), InlineMessage()
        self.disk_bar = self.disk.bar
        self.find_bar, self.line_bar = FindBar(self.editor), LineBar(self.editor)
        self.problems = ProblemList()
        self.elsewhere: Callable[[Path, str], Awaitable[FileReport | None]] | None = None
        self.assist = Assist(self.editor, lambda: self.file.path, self.apply_fixes)
        self._check_timer = QTimer(self, singleShot=True, interval=CHECK_MS)
        self._draft_timer = QTimer(self, singleShot=True, interval=DRAFT_MS)
        self._build()

    # ----- what the page asks

    @property
    def is_modified(self) -> bool:
        """Whether the text is to be saved. What is being typed in the form is no text before `settle`."""
        return self.editor.document().isModified()

    @property
    def title(self) -> str:
        """The tab's text."""
        return f"{self.file.path.name} ●" if self.is_modified else self.file.path.name

    @property
    def why_not_run(self) -> str:
        """Why this can't be run; empty where it can."""
        return presenter.why_not_run(self.file.path, self.kind)

    async def settle(self) -> bool:
        """Bring what was typed in the form into the text, which is whole then; returns whether it is to be saved."""
        await self.views.link.flush()
        return self.is_modified

    async def save(self, *, overwrite: bool = False) -> bool:
        """Write the text to its file; returns whether it is there now. What hinders it is said in place."""
        await self.settle()
        if self.editor.isReadOnly() and not overwrite:
            self._say_read_only()
            return False
        async with self._disk_lock:
            # not before: a reload that has the lock brings another text
            text, revision = self.editor.text(), self.editor.document().revision()
            if self.editor.isReadOnly():
                text = self.file.saved_text  # it is gone from the disk, and comes back as it was
            try:
                await asyncio.to_thread(self.file.save, text, overwrite=overwrite)
                await asyncio.to_thread(self._drafts.drop, str(self.file.path))
            except ChangedOnDiskError:
                self.disk.show_state(DiskState.CHANGED)
                self._later(self.disk.compare(), "compare")
                return False
            except UserError as error:
                self.say(error)
                self.note.add_button(button(self.tr("Save a c&opy…"), on_click=self.disk.ask_copy))
                return False
        if self.editor.document().revision() == revision:
            self.editor.document().setModified(False)
        self.disk.settle_quietly()
        self.note.hide()
        self.saved.emit()
        return True

    async def _check(self, text: str) -> presenter.Checked:
        """Check a long text in the process that checks the folder, if there is one; else in a thread."""
        path = self.file.path
        if self.elsewhere is not None and presenter.is_checked_apart(path, text):
            report = await self.elsewhere(path, text)
            if report is not None:
                return presenter.checked_by(report, path)
        return await asyncio.to_thread(presenter.check, self._workbench.jobs, self._workbench.plugins, path, text)

    async def check(self, *, keeps_planned: bool = False) -> tuple[Diagnostic, ...]:
        """Check the text as it is now, mark what is wrong, and return it; what planning found goes, unless kept."""
        document = self.editor.document()
        while True:
            revision, text = document.revision(), self.editor.text()
            checked = await self._check(text)
            if document.revision() == revision:
                break
        self.kind, self._checked = checked.kind, checked.problems
        self._planned = self._planned if keeps_planned else ()
        self.was_checked = True
        self._show_problems()
        return self.editor.problems

    def check_again(self) -> None:
        """Check soon, though the text is the same: what it names may have come or gone."""
        self._check_timer.start(0)

    def show_planned(self, problems: Sequence[Diagnostic]) -> None:
        """Mark what planning found beside what checking did, until the text changes."""
        self._planned = tuple(problems)
        self._show_problems()

    def look_soon(self) -> None:
        """Look at the disk as a task that ends with this pane."""
        self._later(self.look_at_disk(), "look at the disk")

    async def look_at_disk(self) -> None:
        """Notice what another program did to the file."""
        async with self._disk_lock:
            state = await asyncio.to_thread(self.file.disk_state)
        if state is DiskState.CHANGED and (not self.is_modified or self.editor.text() == self.file.saved_text):
            await self.reload()
        elif state is not DiskState.SAME or not self.disk_bar.isHidden():
            self.disk.show_state(state)

    async def reload(self) -> None:
        """Take the file's text as it is on disk now; that can be undone. Not where somebody types meanwhile."""
        revision = self.editor.document().revision()
        try:
            async with self._disk_lock:
                fresh = await asyncio.to_thread(self.file.read)
                if self.editor.document().revision() != revision:
                    self.disk.show_state(DiskState.CHANGED)
                    return
                text = self.file.take(fresh)
                self.editor.show_text(text)
                if self.editor.text() != text:
                    self._refuse_odd()
                self.editor.document().setModified(False)
                await asyncio.to_thread(self._drafts.drop, str(self.file.path))
        except UserError as error:
            self.say(error)
            return
        self.disk.settle_quietly()
        self._later(self.check(), "check the reloaded text")

    async def keep_draft(self) -> None:
        """Keep the unsaved text, with what is being typed in the form; a disk that is full is said, once."""
        async with self._disk_lock:
            text = await self.views.link.text_so_far()
            is_form_only = not self.is_modified
            if is_form_only and text == self.file.saved_text:
                if self._kept_form:  # it was taken back
                    await asyncio.to_thread(self._drafts.drop, str(self.file.path))
                self._kept_form = False
                return
            self._kept_form = is_form_only
            try:
                await asyncio.to_thread(presenter.keep_text, self._drafts, self.file, text)
            except OSError as error:
                self.note.show_text("warning", self.tr("Unsaved text can't be kept: {}").format(error.strerror))

    def forget_draft(self) -> None:
        """Let the unsaved text go: the person chose so."""
        self._draft_timer.stop()
        self._drafts.drop(str(self.file.path))

    def moved_to(self, path: Path) -> None:
        """Follow the file to its new name; unsaved text goes along, and its draft."""
        old = self.file.path
        self.file.moved_to(path)
        if kind_by_name(path) != kind_by_name(old):
            self.kind = kind_by_name(path)  # until the check has read it
        self._on_text()
        self._later(self._move_draft(old), "move the draft")
        self.look_soon()

    async def _move_draft(self, old: Path) -> None:
        await self.keep_draft()
        if self.file.path != old:
            await asyncio.to_thread(self._drafts.drop, str(old))

    def dispose(self) -> None:
        """Stop everything that goes on for this pane; it is about to be deleted."""
        self._check_timer.stop()
        self._draft_timer.stop()
        self.views.link.dispose()
        for each in tuple(self._tasks):
            each.cancel()

    def apply_fix(self, found: Diagnostic) -> None:
        """Mend a problem as its fix says: only the lines concerned change, and it can be undone."""
        self.apply_fixes([found])

    def apply_fixes(self, found: Sequence[Diagnostic]) -> None:
        """Mend several problems as one step to undo; where something could not be mended it is said why."""
        self._later(self._mend(tuple(found)), "mend")

    async def change(self, make: Callable[[str], str]) -> None:
        """Make another text of the one that is shown, off the window's thread, as one step to undo.

        Raises UserError where that can't be done.
        """
        await self.settle()
        document = self.editor.document()
        while True:
            revision, old = document.revision(), self.editor.text()
            text = await asyncio.to_thread(make, old)
            if not isValid(self.editor):
                return
            if document.revision() == revision:
                break
        if text != old:
            self.editor.change_to(text)

    async def _mend(self, found: tuple[Diagnostic, ...]) -> None:
        left: list[tuple[Diagnostic, str]] = []

        def mend(text: str) -> str:
            new, _fixes, left[:] = mended(text, found)
            return new

        try:
            await self.change(mend)
        except UserError as error:
            self.say(error)
            return
        if left:
            self.note.clear_buttons()
            self.note.show_text("warning", left[0][1])
        if self.views.panel is None or not self.views.panel.has_focus:
            self.editor.setFocus()
        await self.check()

    def go_to_problem(self, found: Diagnostic) -> None:
        """Put the cursor where a problem is, in the form where that has the keyboard."""
        if found.path and self.views.go_to(found.path):
            return
        self.editor.go_to(found.line or 1, found.column or 1)
        self.editor.setFocus()

    def step_problem(self, by: int) -> None:
        """Go to the next problem (1) or the one before (-1)."""
        found = self.editor.problems
        if not found:
            return
        here = self.editor.place
        places = [(each.line or 1, each.column or 1) for each in found]
        if by > 0:
            at = next((index for index, each in enumerate(places) if each > here), 0)
        else:
            at = next((index for index in reversed(range(len(places))) if places[index] < here), len(places) - 1)
        self.go_to_problem(found[at])
        self.problems.select(at)

    # ----- building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        for each in (self.disk_bar, self.note):
            column.addWidget(each)
        column.addWidget(self.views, 1)
        column.addWidget(self.find_bar)
        column.addWidget(self.line_bar)
        column.addWidget(self.problems)
        self.setFocusProxy(self.views)

    def _connect(self) -> None:
        document = self.editor.document()
        document.contentsChanged.connect(self._on_text)
        document.modificationChanged.connect(self._on_modified)
        self._check_timer.timeout.connect(self._check_what_was_typed)
        self._draft_timer.timeout.connect(lambda: self._later(self.keep_draft(), "keep the draft"))
        self.problems.chosen.connect(self.go_to_problem)
        self.problems.fix_asked.connect(self.apply_fix)
        self.views.fix_asked.connect(self.apply_fix)
        self.views.opener_asked.connect(self._on_opener)
        self.views.link.typed.connect(self._keep_soon)
        self.editor.problem_asked.connect(self.problems.select)
        self._check_timer.start(0)

    async def fill(self) -> None:
        """Show the file's text; a long one comes in parts."""
        text = self.file.saved_text
        is_kept = await self.editor.load_in_parts(text) if len(text) > LONG else self.editor.load(text)
        if not is_kept:
            self._refuse_odd()
        elif self.file.is_read_only:
            self._refuse_typing(
                self.tr("{} is read-only.").format(self.file.path.name),
                self.tr("It can be read here. To edit it, give yourself the right to write it, or make a copy."),
            )
        else:
            self._offer_kept_text()
        self._connect()
        self.views.link.refill()

    def _refuse_odd(self) -> None:
        self._refuse_typing(
            self.tr("{} holds characters that an editor would change.").format(self.file.path.name),
            self.tr("It is shown, but can't be edited here."),
        )

    def _refuse_typing(self, text: str, hint: str) -> None:
        self._why_read_only = (text, hint)
        self.editor.setReadOnly(True)
        self.editor.setTextInteractionFlags(_READING)
        if self.views.panel is not None:
            self.views.panel.set_editable(False)
        self._say_read_only()

    def _say_read_only(self) -> None:
        if self._why_read_only != ("", ""):
            self.note.clear_buttons()
            self.note.show_text("info", *self._why_read_only)

    def _offer_kept_text(self) -> None:
        kept = presenter.kept_text(self._drafts, self.file)
        if kept is None:
            return
        moment = QDateTime.fromSecsSinceEpoch(int(kept.kept.timestamp()))
        when = QLocale().toString(moment, QLocale.FormatType.ShortFormat)
        if kept.fits:
            self.editor.change_to(kept.text)
            text = self.tr("Your unsaved changes of {} are back.").format(when)
            self._ask(self.note, "info", text, "", (self.tr("&Discard them"), self._drop_kept))
            return
        text = self.tr("There are unsaved changes of {}, but the file has changed since.").format(when)
        take = (self.tr("&Show my text"), lambda: self._take_kept(kept.text))
        self._ask(self.note, "warning", text, "", take, (self.tr("&Drop it"), self._drop_kept))

    def _take_kept(self, text: str) -> None:
        self.editor.change_to(text)
        self.note.hide()

    def _drop_kept(self) -> None:
        self.editor.change_to(self.file.saved_text)
        self.editor.document().setModified(False)
        self.forget_draft()
        self.note.hide()

    def _ask(self, bar: InlineMessage, tone: str, text: str, hint: str, *ways: tuple[str, Any]) -> None:
        bar.clear_buttons()
        for words, act in ways:
            made: QPushButton = button(words, on_click=act)
            bar.add_button(made)
        bar.show_text(tone, text, hint)

    # ----- what happens

    def _on_opener(self, opener: Opener) -> None:
        """Open what a button of the form leads to: another file, or the environments to choose from."""
        if opener.role == "file":
            self.file_asked.emit(Path(opener.target))
        else:
            current = opener.current if isinstance(opener.current, str) else ""
            take = partial(self.views.link.set_value, opener.target)
            pick_environment(self._workbench, self.file.path, current, take, self.window())

    def _facts(self, path: Path, data: Value) -> FormFacts:
        presets, clusters = self._workbench.plugins.environment_presets(), self._workbench.jobs.clusters(path.parent)
        return facts_for(path, data, vm_sizes(), presets, clusters)

    def _check_what_was_typed(self) -> None:
        """Check the text, but not while somebody chooses how to go on in the middle of a word."""
        if self.assist.completer.is_open:
            self._check_timer.start(CHECK_MS)
        else:
            self._later(self.check(keeps_planned=True), "check the text")

    def _on_text(self) -> None:
        self._planned = ()
        self._check_timer.start(CHECK_MS)
        if self.is_modified:
            self._keep_soon()

    def _keep_soon(self) -> None:
        if not self._draft_timer.isActive():
            self._draft_timer.start()

    def _on_modified(self, modified: bool) -> None:
        if not modified:
            self._draft_timer.stop()
            self._later(asyncio.to_thread(self._drafts.drop, str(self.file.path)), "drop the draft")
        self.changed.emit()

    def _show_problems(self) -> None:
        found = presenter.merged_problems(self._checked, self._planned)
        self.editor.set_problems(found)
        self.views.link.show_problems(found)
        self.problems.show_problems(found)
        self.changed.emit()

    def say(self, error: UserError) -> None:
        """Say above the text what could not be done."""
        self.note.clear_buttons()
        self.note.show_error(error)

    def do(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        """Do something for this pane that ends with it."""
        self._later(work, name)

    def cover(self, panel: QWidget) -> None:
        """Show something in the place of the text."""
        column = self.layout()
        assert isinstance(column, QVBoxLayout)
        column.insertWidget(column.indexOf(self.views), panel, 1)
        self.views.hide()

    def uncover(self, panel: QWidget) -> None:
        """Show the text again."""
        panel.hide()
        panel.deleteLater()
        self.views.show()
        self.views.setFocus()

    def _later(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        task = spawn(work, f"{name}: {self.file.path.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
