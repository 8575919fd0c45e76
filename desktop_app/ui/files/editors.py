"""The open files: tabs, the buttons beside them, and the text of the tab that is shown."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QFileSystemWatcher, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPushButton, QStackedWidget, QTabBar, QVBoxLayout, QWidget

from desktop_app.api import UserError, Value
from desktop_app.documents.kinds import COMMAND_JOB
from desktop_app.presenters import upload_preview as presenter
from desktop_app.presenters.editor import OpenFile, why_not_run
from desktop_app.services.drafts import Drafts
from desktop_app.ui.files.editor_pane import LONG, EditorPane
from desktop_app.ui.files.kind_icons import icon_of
from desktop_app.ui.files.open_tabs import OpenTabs
from desktop_app.ui.files.questions import ask
from desktop_app.ui.icons import icon
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import InlineMessage, button, primary_button, tool_button

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

_SETTLE_MS = 200
_POLL_MS = 1500  # for what no watcher tells: a folder above that is moved away, and back


class Editors(QWidget):
    """Every open file has a tab. `shown` says that another one is shown, None where none is."""

    shown = Signal(object)  # EditorPane | None
    changed = Signal()
    run_asked = Signal(Path)
    tune_asked = Signal()
    emptied = Signal()
    opening = Signal()  # a file got its tab, and is being filled in
    view_chosen = Signal(str)  # form, both or text

    def __init__(self, workbench: Workbench) -> None:
        super().__init__()
        self._workbench = workbench
        self.drafts = Drafts(workbench.places.drafts, "texts")
        self.tabs, self.stack = OpenTabs(), QStackedWidget()
        self.message = InlineMessage()
        self._run_text = self.tr("Run here")
        self.run_button = primary_button(self._run_text, "mdi6.play", self._ask_run)
        self.validate_button = button(self.tr("Validate"), "mdi6.check-all", self.validate)
        self.tune_button = tool_button("mdi6.tune-variant", self.tr("Tune hyperparameters…"), self.tune_asked.emit)
        self.upload_button = button(self.tr("Upload preview"), "mdi6.cloud-upload-outline", self.preview_upload)
        self.zoom_level = 0
        self.form_view = ""
        self._lists_shown = True
        self._panes: dict[Path, EditorPane] = {}
        self._watcher = QFileSystemWatcher(self)
        self._touched: set[str] = set()
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._poll = QTimer(self, interval=_POLL_MS)
        self._build()
        self._connect()

    # ----- what the page asks

    @property
    def current(self) -> EditorPane | None:
        """The pane that is shown."""
        widget = self.stack.currentWidget()
        return widget if isinstance(widget, EditorPane) else None

    @property
    def panes(self) -> tuple[EditorPane, ...]:
        """Every open file, in the order of the tabs."""
        return tuple(self._panes[each] for each in self._order())

    def pane(self, path: Path) -> EditorPane | None:
        """Return the pane of a file that is open."""
        return self._panes.get(path)

    async def open_file(self, path: Path, line: int | None = None, column: int = 1) -> EditorPane | None:
        """Show a file in its tab; says why where it can't be shown as text."""
        pane, is_awaited = self._panes.get(path), True
        if pane is None:
            before = self.tabs.currentIndex(), QApplication.focusWidget()
            try:
                file = await asyncio.to_thread(OpenFile, path)
            except UserError as error:
                self.message.show_error(error)
                return None
            pane = self._panes.get(path)
            if pane is None:
                pane = self._add(path, file)
                self.tabs.setTabText(self._order().index(path), self.tr("Opening {}…").format(path.name))
                self.opening.emit()
                await pane.fill()
                self._on_pane(pane)
                now = self.tabs.currentIndex(), QApplication.focusWidget()
                is_awaited = len(file.saved_text) <= LONG or before[0] < 0 or before == now
        self.message.hide()
        if is_awaited:  # else it took its time, and the person went on elsewhere: its tab waits
            self.tabs.setCurrentIndex(self._order().index(path))
            self._show_current()
        if line is not None:
            pane.editor.go_to(line, column)
        return pane

    async def close_tab(self, index: int) -> bool:
        """Close a tab; asks what becomes of unsaved text. Returns whether it is closed."""
        paths = self._order()
        if not 0 <= index < len(paths):
            return False
        pane = self._panes[paths[index]]
        if await pane.settle():
            question = self.tr("Save {} before closing it?").format(pane.file.path.name)
            answer = await ask(
                self.window(), self.tr("Unsaved text"), question,
                (("save", self.tr("&Save")), ("discard", self.tr("&Discard")), ("cancel", self.tr("&Cancel"))),
                self.tr("What you wrote since the last save would be lost."),
            )  # fmt: skip
            if answer == "cancel" or (answer == "save" and not await pane.save(overwrite=False)):
                return False
            pane.forget_draft()
        if self._has(pane):
            self._remove(pane)
        return True

    async def save_all(self) -> bool:
        """Save every file with unsaved text; returns whether all are saved."""
        return all([await each.save() for each in self.panes if self._has(each) and await each.settle()])

    async def keep_drafts(self) -> None:
        """Keep all unsaved texts, for the next start."""
        for each in self.panes:
            if self._has(each):
                await each.settle()
                await each.keep_draft()

    def follow_rename(self, old: Path, new: Path) -> None:
        """Let tabs follow a file or folder to its new name."""
        for path, pane in tuple(self._panes.items()):
            if path == old or path.is_relative_to(old):
                target = new if path == old else new / path.relative_to(old)
                self._move(pane, path, target)

    async def close_deleted(self, path: Path) -> None:
        """Close the tabs of what was deleted here, but never unsaved text."""
        for each, pane in tuple(self._panes.items()):
            if (each == path or each.is_relative_to(path)) and not await pane.settle() and self._has(pane):
                self._remove(pane)

    def zoom(self, steps: int) -> int:
        """Make all texts larger or smaller (0: as they were); returns the steps from where they were."""
        self.zoom_level = max(-5, min(20, self.zoom_level + steps)) if steps else 0
        for each in self.panes:
            each.editor.set_zoom(self.zoom_level)
        return self.zoom_level

    def show_lists(self, shown: bool) -> None:
        """Show below each text what is wrong in it; not where the whole folder's problems are shown."""
        self._lists_shown = shown
        for each in self.panes:
            each.problems.set_wanted(shown)

    def step_tab(self, by: int) -> None:
        """Show the tab at the right (1) or left (-1); round and round."""
        if self.tabs.count():
            self.tabs.setCurrentIndex((self.tabs.currentIndex() + by) % self.tabs.count())

    def validate(self) -> None:
        """Check the text that is shown, and say so also where nothing is wrong."""
        if self.current is not None:
            spawn(self._validate(self.current), "validate")

    def preview_upload(self) -> None:
        """Show what Azure ML would take of the shown file's folders, as its text stands."""
        pane = self.current
        if pane is not None and presenter.may_upload(pane.kind):
            spawn(self._preview_upload(pane), "preview an upload")

    async def _preview_upload(self, pane: EditorPane) -> None:
        from desktop_app.ui.files.upload_preview import show_upload_preview

        await pane.settle()
        if self._has(pane):
            show_upload_preview(pane.file.path, pane.editor.text(), self.window())

    def remembered(self) -> list[Value]:
        """Return which files are open, and where the cursor is in each."""
        places: list[Value] = []
        for pane in self.panes:
            line, column = pane.editor.place
            places.append({"path": str(pane.file.path), "line": line, "column": column, "shown": pane is self.current})
        return places

    def close_all(self) -> None:
        """Close every tab; texts that are not saved are drafts by now."""
        for each in self.panes:
            self._remove(each)

    def set_place(self, workspace: str) -> None:
        """Say where a job goes from here: into a workspace, or, where that is empty, to this machine."""
        self._run_text = self.tr("Submit to {}…").format(workspace) if workspace else self.tr("Run here")
        if self.run_button.isEnabled() or self.current is None or self.current.why_not_run:
            self.run_button.setText(self._run_text.replace("&", "&&"))
            self.run_button.setIcon(icon("mdi6.cloud-upload-outline" if workspace else "mdi6.play", "on_accent"))

    @property
    def run_text(self) -> str:
        """What starts a job, as it is said here: in the wizard it is said so, too."""
        return self._run_text

    def set_busy(self, text: str) -> None:
        """Show that a plan is being worked out (empty: not any more)."""
        self.run_button.setText(text or self._run_text)
        self.run_button.setEnabled(not text)
        if not text:
            self._update_buttons()

    # ----- building

    def _build(self) -> None:
        self.tabs.setAccessibleName(self.tr("Open files"))
        self.tabs.installEventFilter(self)
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self.tabs, 1)
        row.addWidget(self.tune_button)
        row.addWidget(self.upload_button)
        row.addWidget(self.validate_button)
        row.addWidget(self.run_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.S, Space.M, Space.L, Space.M)
        column.setSpacing(Space.S)
        column.addLayout(row)
        column.addWidget(self.message)
        column.addWidget(self.stack, 1)

    def _connect(self) -> None:
        self.tabs.currentChanged.connect(lambda _index: self._show_current())
        self.tabs.tabCloseRequested.connect(lambda index: spawn(self.close_tab(index), "close a tab"))
        self.tabs.tabMoved.connect(lambda _from, _to: self.changed.emit())
        self._watcher.fileChanged.connect(self._on_disk)
        self._watcher.directoryChanged.connect(self._on_folder)
        self._settle.timeout.connect(self._look_at_touched)
        self._poll.timeout.connect(self._on_poll)
        self._poll.start()
        self._update_buttons()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt: the middle mouse button closes a tab."""
        if event.type() == QEvent.Type.MouseButtonRelease and isinstance(event, QMouseEvent):
            index = self.tabs.tabAt(event.position().toPoint())
            if event.button() == Qt.MouseButton.MiddleButton and index >= 0:
                spawn(self.close_tab(index), "close a tab")
                return True
        return super().eventFilter(watched, event)

    # ----- tabs

    def _add(self, path: Path, file: OpenFile) -> EditorPane:
        pane = EditorPane(file, self._workbench, self.drafts)
        self._panes[path] = pane
        pane.editor.set_zoom(self.zoom_level)
        pane.problems.set_wanted(self._lists_shown)
        pane.editor.zoomed.connect(self.zoom)
        pane.views.set_choice(self.form_view)
        pane.views.chosen.connect(self._on_view)
        self.stack.addWidget(pane)
        pane.changed.connect(lambda: self._on_pane(pane))
        pane.saved.connect(lambda: self._watch(pane.file.path))
        pane.gone.connect(lambda: self._let_go(pane))
        pane.file_asked.connect(lambda other: spawn(self.open_file(other), f"open {other.name}"))
        self.tabs.blockSignals(True)  # a tab without its path would be shown
        index = self.tabs.addTab(pane.title)
        self.tabs.setTabData(index, path)
        self.tabs.blockSignals(False)
        self.tabs.setTabToolTip(index, str(path))
        self._watch(path)
        self._name_close_button(index, path.name)
        self._on_pane(pane)
        return pane

    def _name_close_button(self, index: int, name: str) -> None:
        for side in (QTabBar.ButtonPosition.RightSide, QTabBar.ButtonPosition.LeftSide):
            made = self.tabs.tabButton(index, side)
            if made is not None:
                made.setAccessibleName(self.tr("Close {}").format(name))
                made.setToolTip(self.tr("Close {}").format(name))

    def _remove(self, pane: EditorPane) -> None:
        path = next(each for each, found in self._panes.items() if found is pane)
        index = self._order().index(path)
        del self._panes[path]
        self._watcher.removePath(str(path))
        pane.dispose()
        self.stack.removeWidget(pane)
        self.tabs.removeTab(index)
        pane.deleteLater()
        self._show_current()
        self.changed.emit()
        if not self._panes:
            self.emptied.emit()

    def _move(self, pane: EditorPane, old: Path, new: Path) -> None:
        index = self._order().index(old)
        pane.moved_to(new)
        del self._panes[old]
        self._panes[new] = pane
        self.tabs.setTabData(index, new)
        self.tabs.setTabToolTip(index, str(new))
        self._watcher.removePath(str(old))
        self._watch(new)
        self._on_pane(pane)

    def _on_view(self, view: str) -> None:
        self.form_view = view
        for each in self.panes:
            each.views.set_choice(view)
        self.view_chosen.emit(view)

    def _let_go(self, pane: EditorPane) -> None:
        pane.forget_draft()
        self._remove(pane)

    def _has(self, pane: EditorPane) -> bool:
        """Whether a pane is still open: while something was waited for it may have been closed."""
        return pane in self._panes.values()

    def _order(self) -> list[Path]:
        return [self.tabs.tabData(index) for index in range(self.tabs.count())]

    def _show_current(self) -> None:
        index = self.tabs.currentIndex()
        pane = self._panes.get(self.tabs.tabData(index)) if index >= 0 else None
        if pane is not None and self.stack.currentWidget() is not pane:
            self.stack.setCurrentWidget(pane)
            pane.look_soon()
        self._update_buttons()
        self.shown.emit(pane)

    def _on_pane(self, pane: EditorPane) -> None:
        paths = self._order()
        path = next((each for each, found in self._panes.items() if found is pane), None)
        if path in paths:
            index = paths.index(path)
            self.tabs.setTabText(index, pane.title)
            self.tabs.setTabIcon(index, icon_of(pane.kind))
        self._update_buttons()
        self.changed.emit()

    def _update_buttons(self) -> None:
        pane = self.current
        reason = pane.why_not_run if pane else why_not_run(None, "")
        self._enable(self.run_button, reason or self.tr("Plan this job, show what it would do, and run it  Ctrl+R"))
        self.run_button.setEnabled(not reason)
        self._enable(
            self.validate_button, self.tr("Check this file now  F7") if pane else self.tr("Open a file first.")
        )
        self.validate_button.setEnabled(pane is not None)
        self.tune_button.setVisible(pane is not None and pane.kind == COMMAND_JOB)
        self.upload_button.setVisible(pane is not None and presenter.may_upload(pane.kind))
        self._enable(self.upload_button, self.tr("Which files Azure ML would take, and what is risky  Ctrl+Shift+U"))

    def _enable(self, made: QPushButton, tip: str) -> None:
        made.setToolTip(tip)
        made.setAccessibleDescription(tip)

    async def _validate(self, pane: EditorPane) -> None:
        await pane.settle()
        found = await pane.check()
        if not found:
            pane.note.clear_buttons()
            pane.note.show_text("info", self.tr("{}: nothing is wrong.").format(pane.file.path.name))
        elif pane is self.current:
            pane.problems.focus()

    def _ask_run(self) -> None:
        if self.current is not None:
            self.run_asked.emit(self.current.file.path)

    # ----- following the disk

    def _watch(self, path: Path) -> None:
        """Watch a file, and its folder: a file that is replaced as a whole is lost to a watcher."""
        for each in (str(path), str(path.parent)):
            if each not in (*self._watcher.files(), *self._watcher.directories()) and Path(each).exists():
                self._watcher.addPath(each)

    def _on_disk(self, path: str) -> None:
        self._touched.add(path)
        self._settle.start()

    def _on_folder(self, folder: str) -> None:
        self._touched.update(str(each) for each in self._panes if str(each.parent) == folder)
        self._settle.start()

    def _look_at_touched(self) -> None:
        touched, self._touched = self._touched, set()
        for each in touched:
            pane = self._panes.get(Path(each))
            if pane is not None:
                self._watch(pane.file.path)
                pane.look_soon()

    def _on_poll(self) -> None:
        if self.isVisible():
            for each in self.panes:
                if each is self.current or not each.disk_bar.isHidden():
                    each.look_soon()
                    self._watch(each.file.path)

    def look_at_all(self) -> None:
        """Look at every open file: the window came to the front again."""
        for each in self.panes:
            each.look_soon()
