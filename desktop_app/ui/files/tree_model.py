"""The project folder as a tree that reads a folder when it is opened, off the window's thread, and follows the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractItemModel,
    QFileSystemWatcher,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)
from PySide6.QtGui import QColor
from shiboken6 import isValid

from desktop_app.api import UserError
from desktop_app.presenters.files import Entry, kind_title, list_folder
from desktop_app.ui.files.kind_icons import entry_icon
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import theme_manager

_Index = QModelIndex | QPersistentModelIndex
_SETTLE_MS = 150
PATH_ROLE = int(Qt.ItemDataRole.UserRole)


class Node:
    """An entry with what lies in it; `children` is None until its folder has been read, one reading at a time."""

    __slots__ = ("children", "entry", "key", "parent", "reading")

    def __init__(self, key: int, entry: Entry, parent: Node | None = None) -> None:
        self.key = key
        self.entry = entry
        self.parent = parent
        self.children: list[Node] | None = None
        self.reading = asyncio.Lock()

    @property
    def row(self) -> int:
        """The place among its siblings."""
        siblings = self.parent.children if self.parent else None
        return siblings.index(self) if siblings else 0


class ProjectModel(QAbstractItemModel):
    """One top row, the project folder; everything else below it. `failed` says why a folder can't be read."""

    failed = Signal(UserError)
    loaded = Signal(Path)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._root: Node | None = None
        self._nodes: dict[int, Node] = {}  # an index carries a key: a pointer would outlive its node
        self._next_key = 1
        self._changed: set[str] = set()
        self._watcher = QFileSystemWatcher(self)
        self._watcher.directoryChanged.connect(self._on_disk)
        self._timer = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._timer.timeout.connect(self._read_changed)
        theme_manager().changed.connect(self._on_theme)

    # ----- what the page asks

    @property
    def folder(self) -> Path | None:
        """The project folder."""
        return self._root.entry.path if self._root else None

    def set_folder(self, folder: Path) -> None:
        """Show another project."""
        self.beginResetModel()
        watched = self._watcher.directories()
        if watched:
            self._watcher.removePaths(watched)
        self._nodes.clear()
        self._root = self._make(Entry(folder.name or str(folder), folder, True, "folder"), None)
        self.endResetModel()

    def entry(self, index: _Index) -> Entry | None:
        """Return what a row stands for."""
        node = self._node(index)
        return node.entry if node else None

    def index_of(self, path: Path) -> QModelIndex:
        """Return the row of a path, invalid where its folder has not been read."""
        node = self._find(path)
        return self._index(node) if node else QModelIndex()

    async def load(self, path: Path) -> QModelIndex:
        """Read every folder on the way to `path`, and return its row (invalid where there is none)."""
        if self._root is None or not path.is_relative_to(self._root.entry.path):
            return QModelIndex()
        here = self._root.entry.path
        for part in path.relative_to(here).parts:
            node = self._find(here)
            if node is None:
                return QModelIndex()
            await self._read(node, again=False)
            here /= part
        return self.index_of(path)

    async def refresh(self, folder: Path | None = None) -> None:
        """Read a folder anew, or all that have been read."""
        nodes = self._read_nodes() if folder is None else [self._find(folder)]
        for node in nodes:
            if node is not None and node.entry.is_folder:
                await self._read(node)

    # ----- Qt's model

    def index(self, row: int, column: int, parent: _Index = QModelIndex()) -> QModelIndex:  # noqa: B008 - Qt's
        """Return a row's index."""
        if column != 0 or row < 0:
            return QModelIndex()
        if not parent.isValid():
            return self.createIndex(0, 0, self._root.key) if self._root and row == 0 else QModelIndex()
        node = self._node(parent)
        children = (node.children if node else None) or []
        return self.createIndex(row, 0, children[row].key) if row < len(children) else QModelIndex()

    def parent(self, index: _Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]  # noqa: B008 - Qt's
        """Return the row that a row lies below."""
        node = self._node(index)
        return self._index(node.parent) if node and node.parent else QModelIndex()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's
        """Return how many rows are known below a row."""
        if not parent.isValid():
            return 1 if self._root else 0
        node = self._node(parent)
        return len((node.children if node else None) or [])

    def columnCount(self, _parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's
        """Return 1."""
        return 1

    def hasChildren(self, parent: _Index = QModelIndex()) -> bool:  # noqa: N802, B008 - Qt's
        """Return whether a row can be opened; a folder that was not read yet can."""
        if not parent.isValid():
            return self._root is not None
        node = self._node(parent)
        return node is not None and node.entry.is_folder and (node.children is None or bool(node.children))

    def canFetchMore(self, parent: _Index) -> bool:  # noqa: N802 - Qt's name
        """Return whether a folder is still to be read."""
        node = self._node(parent)
        return node is not None and node.entry.is_folder and node.children is None and not node.reading.locked()

    def fetchMore(self, parent: _Index) -> None:  # noqa: N802 - Qt's name
        """Read a folder; its rows come a little later. Never raises: PySide 6.11 can die of it."""
        node = self._node(parent)
        if node is not None and self.canFetchMore(parent) and _loop_runs():
            spawn(self._read(node, again=False), "read a folder")

    def data(self, index: _Index, role: int = 0) -> Any:
        """Return a row's name, icon, tool tip and path."""
        node, show = self._node(index), _ROLES.get(role)
        return show(node.entry) if node and show else None

    # ----- reading

    async def _read(self, node: Node, *, again: bool = True) -> None:
        """Read a folder once whoever reads it now is done; if not `again`, only where that did not read it."""
        async with node.reading:
            if (again or node.children is None) and isValid(self) and self._is_here(node):
                await self._list(node)

    async def _list(self, node: Node) -> None:
        try:
            entries = await asyncio.to_thread(list_folder, node.entry.path)
        except UserError as error:
            entries = ()
            if isValid(self) and (node.entry.path.exists() or node.parent is None):
                self.failed.emit(error)
        if isValid(self) and self._is_here(node):
            self._take(node, entries)
            self._watch(node.entry.path)
            self.loaded.emit(node.entry.path)

    def _take(self, node: Node, entries: tuple[Entry, ...]) -> None:
        """Make a folder's rows those of `entries`, keeping what is there, so that what is open stays open."""
        parent = self._index(node)
        if node.children is None:
            node.children = []
        wanted = {each.path: each for each in entries}
        for row in reversed(range(len(node.children))):
            child = node.children[row]
            entry = wanted.get(child.entry.path)
            if entry is None or entry.is_folder != child.entry.is_folder:
                self.beginRemoveRows(parent, row, row)
                del node.children[row]
                self._forget(child)
                self.endRemoveRows()
        for row, entry in enumerate(entries):
            self._place(node, row, entry, parent)

    def _place(self, node: Node, row: int, entry: Entry, parent: QModelIndex) -> None:
        children = node.children
        if children is None:
            return
        if row < len(children) and children[row].entry.path == entry.path:
            if children[row].entry != entry:
                children[row].entry = entry
                index = self.index(row, 0, parent)
                self.dataChanged.emit(index, index)
            return
        self.beginInsertRows(parent, row, row)
        children.insert(row, self._make(entry, node))
        self.endInsertRows()

    # ----- following the disk

    def _watch(self, folder: Path) -> None:
        if str(folder) not in self._watcher.directories():
            self._watcher.addPath(str(folder))

    def _on_disk(self, folder: str) -> None:
        self._changed.add(folder)
        self._timer.start()

    def _read_changed(self) -> None:
        changed, self._changed = self._changed, set()
        for each in changed:
            spawn(self.refresh(Path(each)), "follow the disk")

    def _on_theme(self) -> None:
        if self._root:
            index = self._index(self._root)
            self.dataChanged.emit(index, index)

    # ----- nodes

    def _node(self, index: _Index) -> Node | None:
        return self._nodes.get(index.internalId()) if index.isValid() else None

    def _index(self, node: Node) -> QModelIndex:
        return self.createIndex(node.row, 0, node.key)

    def _make(self, entry: Entry, parent: Node | None) -> Node:
        node = Node(self._next_key, entry, parent)
        self._nodes[node.key] = node
        self._next_key += 1
        return node

    def _forget(self, node: Node) -> None:
        self._nodes.pop(node.key, None)
        for child in node.children or []:
            self._forget(child)

    def _find(self, path: Path) -> Node | None:
        node = self._root
        if node is None or not path.is_relative_to(node.entry.path):
            return None
        for part in path.relative_to(node.entry.path).parts:
            node = next((each for each in node.children or [] if each.entry.name == part), None)
            if node is None:
                return None
        return node

    def _is_here(self, node: Node) -> bool:
        while node.parent is not None:
            if not node.parent.children or node not in node.parent.children:
                return False
            node = node.parent
        return node is self._root

    def _read_nodes(self) -> list[Node | None]:
        found: list[Node | None] = []
        waiting = [self._root] if self._root else []
        while waiting:
            node = waiting.pop()
            if node.children is not None or node is self._root:
                found.append(node)
                waiting += [each for each in node.children or [] if each.entry.is_folder]
        return found


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _ink(entry: Entry) -> QColor | None:
    quiet = entry.kind == "more" or entry.name.startswith(".")
    return QColor(theme_manager().theme.muted) if quiet else None


_ROLES: dict[int, Callable[[Entry], Any]] = {
    Qt.ItemDataRole.DisplayRole: lambda entry: entry.name,
    Qt.ItemDataRole.EditRole: lambda entry: entry.name,
    Qt.ItemDataRole.DecorationRole: entry_icon,
    Qt.ItemDataRole.ToolTipRole: lambda entry: f"{entry.path}\n{_kind_word(entry)}".rstrip(),
    Qt.ItemDataRole.AccessibleTextRole: lambda entry: f"{entry.name}, {_kind_word(entry)}".rstrip(", "),
    Qt.ItemDataRole.ForegroundRole: _ink,
    PATH_ROLE: lambda entry: entry.path,
}


def _kind_word(entry: Entry) -> str:
    return "folder" if entry.is_folder else kind_title(entry.kind)
