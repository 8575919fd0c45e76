"""Keeps the Problems panel in step: the background check of the folder, texts in editors, and mending."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal
from shiboken6 import isValid

from desktop_app.api import Diagnostic, UserError
from desktop_app.documents.checks import FileReport
from desktop_app.documents.kinds import may_be_known
from desktop_app.presenters.mending import MendPlan, MendUndo, plan_mending, undo_mending, write_mended
from desktop_app.presenters.problems import Counts, ProjectProblems
from desktop_app.services.folder_check.check import CheckState, FolderCheck
from desktop_app.services.folder_check.look import OF_DISK
from desktop_app.services.plugins.plugin_settings import PREFIX
from desktop_app.ui.files.editor_pane import EditorPane
from desktop_app.ui.files.editors import Editors
from desktop_app.ui.files.mend_dialog import MendDialog
from desktop_app.ui.files.problems_page import ProblemsPanel
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets import button

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

_SETTLE_MS = 150
_MOST_WATCHED = 500  # folders: the check looks at the others every few seconds


class ProjectCheck(QObject):
    """`counted` tells how many problems the folder has."""

    counted = Signal(object)  # Counts

    def __init__(self, workbench: Workbench, editors: Editors, panel: ProblemsPanel) -> None:
        super().__init__(panel)
        self._workbench = workbench
        self._editors = editors
        self.panel = panel
        self.problems: ProjectProblems | None = None
        self.check: FolderCheck | None = None
        self.state = CheckState()
        self._open: dict[Path, EditorPane] = {}
        self._counts = Counts()
        self._undos: list[MendUndo] = []  # the last at the end
        self._watcher = QFileSystemWatcher(self)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._anew = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._connect()

    async def open(self, folder: Path) -> None:
        """Check another folder; what was checked before is forgotten."""
        await self.close()
        self.problems = ProjectProblems(folder)
        self._open = {}
        self._undos = []
        self.panel.set_can_undo(False)
        self.panel.show_folder(self.problems)
        self.state = CheckState()
        bench = self._workbench
        self.check = FolderCheck(folder, self, home=bench.places.home, safe_mode=bench.plugins.safe_mode)
        self._watch(folder)
        self._follow_editors()
        await self.check.start()

    async def close(self) -> None:
        """End the check; no process of it is left."""
        watched = self._watcher.directories()
        if watched:
            self._watcher.removePaths(watched)
        check, self.check = self.check, None
        if check is not None:
            await check.close()

    # ----- what the check says

    def take_reports(self, reports: tuple[FileReport, ...], looked: frozenset[Path]) -> None:
        """Called with files that were checked; `looked`: as something changed on disk."""
        if self.problems is None or not isValid(self):
            return
        self.panel.refresh([self.problems.take(each) for each in reports])
        for each in reports:
            pane = self._open.get(each.path) if each.path else None
            if pane is not None:
                if each.path in looked:
                    pane.look_soon()
                    pane.check_again()  # what it names on disk may have changed
            elif each.path is not None:
                self._watch(each.path.parent)
        self._tell()

    def take_gone(self, paths: tuple[Path, ...]) -> None:
        """Called with files that are no longer there."""
        if self.problems is not None and isValid(self):
            self.panel.refresh([self.problems.forget(each) for each in paths])
            if any(each in self._open for each in paths):
                self._editors.look_at_all()
            self._tell()

    def take_state(self, state: CheckState) -> None:
        """Called when the check gets on."""
        if isValid(self):
            self.state = state
            self._tell()

    # ----- texts in editors

    def _connect(self) -> None:
        self._editors.changed.connect(self._follow_editors)
        self._watcher.directoryChanged.connect(lambda _folder: self._settle.start())
        self._settle.timeout.connect(self._look)
        self._anew.timeout.connect(self._check_anew)
        bench = self._workbench
        self.destroyed.connect(bench.plugins.changed.connect(self._anew.start))
        self.destroyed.connect(bench.settings.changed.connect(self._on_setting))
        self.panel.fix_asked.connect(lambda path, found: spawn(self._fix(path, found), "mend a problem"))
        self.panel.undo_asked.connect(self._undo_last)
        self.panel.all_asked.connect(lambda found: spawn(self._plan_all(found), "mend all of a kind"))

    def _look(self) -> None:
        if self.check is not None:
            self.check.look_again()
        for each in self._open.values():
            if any(found.code in OF_DISK for found in each.editor.problems):
                each.check_again()

    def _on_setting(self, key: str) -> None:
        if key.startswith(PREFIX):
            self._anew.start()

    def _check_anew(self) -> None:
        """Other plugins, or the same with other settings, find other things."""
        if self.check is not None:
            self.check.check_anew()
        for each in self._editors.panes:
            each.check_again()

    def _follow_editors(self) -> None:
        """Show what is wrong with open texts as they stand there."""
        if self.problems is None:
            return
        now = {each.file.path: each for each in self._editors.panes}
        for path in [each for each in self._open if each not in now]:
            self.panel.refresh([self.problems.show_open(path, "", None)])
            self._send(path, None)
        for path, pane in now.items():
            pane.elsewhere = self.check.ask if self.check is not None else None
            if pane.was_checked:
                self.panel.refresh([self.problems.show_open(path, pane.kind, pane.editor.problems)])
                self._send(path, pane.editor.text() if pane.is_modified else None)
        self._open = now
        self._tell()

    def _send(self, path: Path, text: str | None) -> None:
        if self.check is not None and may_be_known(path.name) and self.problems is not None:
            self.check.set_text(path, text)

    def _watch(self, folder: Path) -> None:
        name = str(folder)
        watched = self._watcher.directories()
        if name not in watched and len(watched) < _MOST_WATCHED:
            self._watcher.addPath(name)

    def _tell(self) -> None:
        counts = self.problems.counts if self.problems else Counts()
        self.panel.show_state(self.state, counts)
        self.counted.emit(counts)

    # ----- mending

    async def _fix(self, path: Path, found: Diagnostic) -> None:
        """Mend a problem in its editor, unless it is not there any more: what was checked may be an earlier text."""
        pane = await self._editors.open_file(path, found.line, found.column or 1)
        if pane is None:
            return
        await pane.settle()
        alike = [each for each in await pane.check() if each.fix and (each.code, each.path) == (found.code, found.path)]
        if alike:
            pane.apply_fix(min(alike, key=lambda each: abs((each.line or 0) - (found.line or 0))))
        else:
            pane.note.clear_buttons()
            pane.note.show_text("info", self.tr("This problem is not there any more."))

    async def _plan_all(self, found: Diagnostic) -> None:
        for pane in self._open.values():
            await pane.settle()
        if self.problems is None:
            return
        problems, texts = self.problems.alike(found), {path: pane.editor.text() for path, pane in self._open.items()}
        args = (found.code, problems, texts, self.problems.folder, self.problems.name_of)
        plan = await asyncio.to_thread(plan_mending, *args)
        if not plan.files:
            self._say("info", self.tr("Nothing could be mended."), "\n".join(plan.left))
            return
        dialog = MendDialog(plan, self.panel.window())
        dialog.accepted.connect(lambda: spawn(self._mend(plan), "mend all of a kind"))
        dialog.open()

    async def _mend(self, plan: MendPlan) -> None:
        """Mend as it was shown: texts in editors there, so that each can undo it; other files on disk."""
        left = list(plan.left)
        for each in plan.files:
            pane = self._open.get(each.path) if each.is_open else None
            if each.is_open and (pane is None or pane.editor.text() != each.text):
                left.append(self.tr("{} has changed meanwhile, so it was left as it is.").format(each.name))
            elif pane is not None:
                try:
                    pane.editor.change_to(each.new)
                except UserError as error:
                    left.append(f"{each.name}: {error}")
                pane.check_again()
        undo, refused = await asyncio.to_thread(write_mended, plan)
        left += refused
        if undo.before:
            self._undos.append(undo)
            self.panel.set_can_undo(True)
        self._look()
        shown = self.tr("{} files were mended on disk.").format(len(undo.before)) if undo.before else ""
        texts = sum(1 for each in plan.files if each.is_open)
        if texts:
            shown = (
                f"{shown} {self.tr('{} open texts were mended, not yet saved: Ctrl+Z takes it back there.')}".strip()
            )
            shown = shown.format(texts)
        ways = [(self.tr("&Undo on disk"), self._undo_last)] if undo.before else []
        self._say("warning" if left else "info", shown, "\n".join(left), ways)

    def _undo_last(self) -> None:
        if self._undos:
            spawn(self._undo(self._undos.pop()), "undo the mending")
            self.panel.set_can_undo(bool(self._undos))

    async def _undo(self, undo: MendUndo) -> None:
        left = await asyncio.to_thread(undo_mending, undo)
        self._look()
        back = len(undo.before) - len(left)
        self._say("warning" if left else "info", self.tr("{} files are as they were.").format(back), "\n".join(left))

    def _say(self, tone: str, text: str, hint: str = "", ways: Sequence[tuple[str, Callable[[], object]]] = ()) -> None:
        self.panel.message.clear_buttons()
        for words, act in ways:
            self.panel.message.add_button(button(words, on_click=act))
        self.panel.message.show_text(tone, text, hint)
