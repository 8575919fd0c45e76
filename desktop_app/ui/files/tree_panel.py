"""The project tree with what can be done to files: make, rename, delete (which can be undone), show, run."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QFile, QModelIndex, QPoint, Qt, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QMenu, QTreeView, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import UserError
from desktop_app.documents.job_document import RUNNABLE
from desktop_app.documents.kinds import COMMAND_JOB
from desktop_app.presenters import files as presenter
from desktop_app.presenters.files import Entry
from desktop_app.presenters.models.export import may_be_model
from desktop_app.ui.files.name_bar import NameBar
from desktop_app.ui.files.questions import ask
from desktop_app.ui.files.tree_model import ProjectModel
from desktop_app.ui.icons import icon
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import InlineMessage, button, dress_tree, label, tool_button


class _Tree(QTreeView):
    """Enter opens; F2, Del and F5 do what they do everywhere."""

    opened = Signal(QModelIndex)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class TreePanel(QWidget):
    """`file_chosen` asks to open a file; `renamed` and `deleted` tell what became of one.

    `job_wizards` returns the wizards that go on from a job, as key and title; `go_on_asked` carries file and key.
    """

    file_chosen = Signal(Path)
    run_asked = Signal(Path)
    export_asked = Signal(Path)
    go_on_asked = Signal(Path, str)
    folder_asked = Signal()
    renamed = Signal(Path, Path)
    deleted = Signal(Path)

    def __init__(self) -> None:
        super().__init__()
        self.model = ProjectModel(self)
        self.tree = _Tree()
        self.message = InlineMessage()
        self.name_bar = NameBar()
        self._actions: dict[str, QAction] = {}
        self.job_wizards: Callable[[], Sequence[tuple[str, str]]] = lambda: ()
        self._build()
        self._add_actions()

    # ----- what the page asks

    def set_folder(self, folder: Path) -> None:
        """Show another project."""
        self.message.hide()
        self.model.set_folder(folder)
        self.tree.expand(self.model.index(0, 0))

    def show_file(self, path: Path) -> None:
        """Mark a file in the tree, opening the folders above it."""
        spawn(self._show_file(path), "show a file in the tree")

    def new_file(self) -> None:
        """Ask for the name of a new file beside what is marked."""
        self._ask_new(self.tr("New file in {}"), "", presenter.create_file, opens=True)

    def new_folder(self) -> None:
        """Ask for the name of a new folder."""
        self._ask_new(self.tr("New folder in {}"), "", presenter.create_folder, opens=False)

    def rename(self) -> None:
        """Ask for another name of what is marked."""
        entry = self._entry()
        if entry is None or entry.path == self.model.folder:
            return
        self.name_bar.ask(
            self.tr("Rename {}").format(entry.name), self.tr("&Rename"), entry.name,
            lambda name: presenter.name_problem(entry.path.parent, name, entry.name),
            lambda name: self._do(self._rename(entry.path, name), "rename"),
        )  # fmt: skip

    def delete(self) -> None:
        """Move what is marked to the trash; one click brings it back."""
        entry = self._entry()
        if entry is not None and entry.path != self.model.folder and entry.kind != "more":
            self._do(self._delete(entry), "delete")

    def refresh(self) -> None:
        """Read the project anew."""
        self._do(self.model.refresh(), "refresh the tree")

    # ----- building

    def _build(self) -> None:
        dress_tree(self.tree, self.tr("Project files"))
        self.tree.setModel(self.model)
        self.tree.setExpandsOnDoubleClick(False)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.tree.clicked.connect(self._on_click)
        self.tree.opened.connect(self._on_open)
        self.tree.doubleClicked.connect(self._on_double_click)
        self.model.failed.connect(self._say)
        self.name_bar.setFocusProxy(self.tree)
        head = QHBoxLayout()
        head.setContentsMargins(Space.XS, 0, 0, 0)
        head.setSpacing(0)
        head.addWidget(label(self.tr("FILES"), "section"), 1)
        for made in (
            tool_button("mdi6.file-plus-outline", self.tr("New file"), self.new_file),
            tool_button("mdi6.folder-plus-outline", self.tr("New folder"), self.new_folder),
            tool_button("mdi6.refresh", self.tr("Read the project anew"), self.refresh),
            tool_button("mdi6.folder-open-outline", self.tr("Open another folder"), self.folder_asked.emit),
        ):
            head.addWidget(made)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.S, Space.S, 0, Space.S)
        column.setSpacing(Space.XS)
        column.addLayout(head)
        column.addWidget(self.name_bar)
        column.addWidget(self.message)
        column.addWidget(self.tree, 1)

    def set_place(self, workspace: str) -> None:
        """Say where jobs run: in a workspace, or "" for this machine."""
        text = self.tr("&Submit to {}…").format(workspace.replace("&", "&&")) if workspace else self.tr("&Run here…")
        self._actions["run"].setText(text)
        self._actions["run"].setIcon(icon("mdi6.cloud-upload-outline" if workspace else "mdi6.play"))

    def _add_actions(self) -> None:
        self._add("open", self.tr("&Open"), "", "mdi6.file-outline", lambda: self._on_open(self.tree.currentIndex()))
        self._add("run", self.tr("&Run here…"), "", "mdi6.play", self._ask_run)
        self._add("export", self.tr("E&xport to ONNX…"), "", "mdi6.cube-send", self._ask_export)
        self._add("new_file", self.tr("New &file…"), "", "mdi6.file-plus-outline", self.new_file)
        self._add("new_folder", self.tr("New f&older…"), "", "mdi6.folder-plus-outline", self.new_folder)
        self._add("rename", self.tr("Re&name…"), "F2", "mdi6.rename-outline", self.rename)
        self._add("delete", self.tr("&Delete"), "Del", "mdi6.trash-can-outline", self.delete)
        self._add("copy", self.tr("&Copy path"), "", "mdi6.content-copy", self._copy_path)
        self._add("reveal", self.tr("Show in the file &manager"), "", "mdi6.folder-eye-outline", self._reveal)
        self._add("refresh", self.tr("R&efresh"), "F5", "mdi6.refresh", self.refresh)

    def _add(self, name: str, text: str, shortcut: str, icon_name: str, act: Callable[[], object]) -> None:
        action = QAction(icon(icon_name), text, self.tree)
        action.setShortcut(QKeySequence(shortcut))
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        action.triggered.connect(lambda _checked=False: act())
        self.tree.addAction(action)
        self._actions[name] = action

    def _show_menu(self, point: QPoint) -> None:
        index = self.tree.indexAt(point)
        if index.isValid():
            self.tree.setCurrentIndex(index)
        entry = self._entry()
        self._actions["run"].setVisible(entry is not None and entry.kind in RUNNABLE)
        self._actions["export"].setVisible(entry is not None and may_be_model(entry.path))
        for name in ("open", "rename", "delete"):
            self._actions[name].setEnabled(entry is not None and entry.path != self.model.folder)
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name, action in self._actions.items():
            menu.addAction(action)
            if name == "run" and entry is not None and entry.kind == COMMAND_JOB:
                self._add_wizards(menu, entry.path)
            if name in ("export", "new_folder", "delete"):
                menu.addSeparator()
        menu.popup(self.tree.viewport().mapToGlobal(point))

    def _add_wizards(self, menu: QMenu, path: Path) -> None:
        for key, title in self.job_wizards():
            action = menu.addAction(icon("mdi6.tune-variant"), title)
            action.triggered.connect(lambda _checked=False, key=key: self.go_on_asked.emit(path, key))

    # ----- doing

    async def _show_file(self, path: Path) -> None:
        index = await self.model.load(path)
        if isValid(self) and index.isValid():
            self.tree.setCurrentIndex(index)
            self.tree.scrollTo(index)

    def _ask_new(self, heading: str, present: str, make: Callable[[Path, str], Path], *, opens: bool) -> None:
        folder = self._folder()
        if folder is None:
            return
        self.name_bar.ask(
            heading.format(folder.name), self.tr("&Create"), present,
            lambda name: presenter.name_problem(folder, name),
            lambda name: self._do(self._create(folder, name, make, opens=opens), "create"),
        )  # fmt: skip

    async def _create(self, folder: Path, name: str, make: Callable[[Path, str], Path], *, opens: bool) -> None:
        path = await asyncio.to_thread(make, folder, name)
        await self.model.load(path)
        await self.model.refresh(folder)
        await self._show_file(path)
        if opens:
            self.file_chosen.emit(path)

    async def _rename(self, path: Path, name: str) -> None:
        target = await asyncio.to_thread(presenter.rename, path, name)
        await self.model.refresh(path.parent)
        await self._show_file(target)
        self.renamed.emit(path, target)

    async def _delete(self, entry: Entry) -> None:
        trashed = await asyncio.to_thread(move_to_trash, entry.path)
        if trashed is None:
            await self._delete_for_good(entry)
            return
        await self.model.refresh(entry.path.parent)
        self.deleted.emit(entry.path)
        self.message.clear_buttons()
        if trashed.name:
            back = button(self.tr("&Undo"), "mdi6.undo", lambda: self._do(self._undo(trashed, entry.path), "undo"))
            self.message.add_button(back)
        self.message.show_text("info", self.tr("{} is in the trash.").format(entry.name))

    async def _delete_for_good(self, entry: Entry) -> None:
        answer = await ask(
            self.window(), self.tr("Delete"), self.tr("Delete {} for good?").format(entry.name),
            (("delete", self.tr("&Delete")), ("keep", self.tr("&Keep it"))),
            self.tr("There is no trash for this place, so it can't be brought back."),
        )  # fmt: skip
        if answer == "delete":
            await asyncio.to_thread(presenter.delete, entry.path)
            await self.model.refresh(entry.path.parent)
            self.deleted.emit(entry.path)

    async def _undo(self, trashed: Path, original: Path) -> None:
        await asyncio.to_thread(presenter.put_back, trashed, original)
        self.message.hide()
        await self.model.refresh(original.parent)
        await self._show_file(original)

    def _do(self, work: Coroutine[Any, Any, Any], name: str) -> None:
        spawn(work, name, self._say)

    def _say(self, error: UserError) -> None:
        self.message.clear_buttons()
        self.message.show_error(error)

    # ----- what happens

    def _entry(self) -> Entry | None:
        return self.model.entry(self.tree.currentIndex())

    def _folder(self) -> Path | None:
        entry = self._entry()
        if entry is None:
            return self.model.folder
        return entry.path if entry.is_folder else entry.path.parent

    def _on_click(self, index: QModelIndex) -> None:
        entry = self.model.entry(index)
        if entry is not None and not entry.is_folder and entry.kind != "more":
            self.file_chosen.emit(entry.path)

    def _on_double_click(self, index: QModelIndex) -> None:
        entry = self.model.entry(index)
        if entry is not None and entry.is_folder:
            self.tree.setExpanded(index, not self.tree.isExpanded(index))

    def _on_open(self, index: QModelIndex) -> None:
        self._on_double_click(index)
        self._on_click(index)

    def _ask_run(self) -> None:
        entry = self._entry()
        if entry is not None:
            self.run_asked.emit(entry.path)

    def _ask_export(self) -> None:
        entry = self._entry()
        if entry is not None:
            self.export_asked.emit(entry.path)

    def _copy_path(self) -> None:
        entry = self._entry()
        if entry is not None:
            QGuiApplication.clipboard().setText(str(entry.path))

    def _reveal(self) -> None:
        folder = self._folder()
        if folder is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))


def move_to_trash(path: Path) -> Path | None:
    """Move to the desktop's trash; returns where it lies there (empty where that is not known), None for no trash."""
    file = QFile(str(path))
    if not file.moveToTrash():
        return None
    return Path(file.fileName()) if file.fileName() and file.fileName() != str(path) else Path()
