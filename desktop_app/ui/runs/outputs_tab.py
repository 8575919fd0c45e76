"""The Outputs tab: what a run left in ./outputs, ./logs and its named outputs, as a tree read folder by folder."""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QShowEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QStackedLayout,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from desktop_app.api import RunSnapshot
from desktop_app.services.run_copies import OutputEntry, entries_of, output_roots
from desktop_app.ui.icons import icon
from desktop_app.ui.runs.actions import RunActions
from desktop_app.ui.runs.words import date_and_time, size_words
from desktop_app.ui.shell import Shell
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import EmptyState, button, dress_tree, tool_button

_PATH = int(Qt.ItemDataRole.UserRole)
_ROOT = _PATH + 1
_FOLDER = _PATH + 2
_LOADED = _PATH + 3
_TEXTS = frozenset({".txt", ".md", ".json", ".yml", ".yaml", ".py", ".csv", ".log", ".toml", ".ini", ".cfg"})
_OPENED_HERE = 4 << 20  # bytes


class OutputsTab(QWidget):
    """A run's outputs. Folders are read in a thread when they are opened."""

    def __init__(self, actions: RunActions, shell: Shell) -> None:
        super().__init__()
        self._deeds, self._shell = actions, shell
        self._run: RunSnapshot | None = None
        self._read = ""
        self.model = QStandardItemModel(0, 3, self)
        self.view = QTreeView()
        self.tools = QWidget()
        self.empty = EmptyState("mdi6.tray-arrow-down", self.tr("No outputs so far"), "")
        self._stack = QStackedLayout(self)
        self._build()

    def show_run(self, run: RunSnapshot) -> None:
        """Show another run, or what became of the same one."""
        state = f"{run.handle} {run.is_over}"
        self._run = run
        if state != self._read and self.isVisible():
            self.reload()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: what is there is read when somebody looks."""
        super().showEvent(event)
        self.reload()

    def reload(self) -> None:
        """Read the outputs anew."""
        if self._run is not None:
            self._read = f"{self._run.handle} {self._run.is_over}"
            spawn(self._load(self._run), "read outputs")

    def menu_for(self, path: Path, *, is_folder: bool) -> QMenu:
        """Return what can be done with an entry."""
        menu = QMenu(self)
        if not is_folder:
            menu.addAction(icon("mdi6.file-eye-outline"), self.tr("&Open"), lambda: self.open(path))
            menu.addAction(
                icon("mdi6.content-save-outline"), self.tr("&Save a copy…"), lambda: self._deeds.save_copy(path)
            )
        menu.addAction(icon("mdi6.folder-outline"), self.tr("Show in &folder"), lambda: self._deeds.reveal(path))
        menu.addAction(icon("mdi6.cube-send"), self.tr("&Export to ONNX…"), lambda: self.export(path))
        said = self.tr("The path was copied.")
        menu.addAction(icon("mdi6.content-copy"), self.tr("&Copy path"), lambda: self._deeds.copy_text(str(path), said))
        return menu

    def open(self, path: Path) -> None:
        """Open a text here, anything else with the desktop's program for it."""
        if path.suffix.lower() in _TEXTS and path.stat().st_size < _OPENED_HERE:
            self._shell.open_file(path)
        else:
            self._deeds.open_outside(path)

    def export(self, path: Path) -> None:
        """Show how a file or folder of the run is exported to ONNX."""
        if self._run is not None:
            self._deeds.export(self._run, path)

    def export_of(self, run: RunSnapshot, path: Path) -> None:
        """Show how a file or folder that was fetched of a run is exported to ONNX."""
        self._deeds.export(run, path)

    async def _load(self, run: RunSnapshot) -> None:
        roots = await asyncio.to_thread(output_roots, run)
        listed = [(each, await asyncio.to_thread(entries_of, each.folder, each.folder)) for each in roots]
        shown = [(root, entries) for root, entries in listed if entries]
        self.model.removeRows(0, self.model.rowCount())
        for root, entries in shown:
            total = sum(each.size for each in entries)
            row = self._row(OutputEntry(root.folder, is_folder=True, size=total, modified=0.0), root.folder, root.name)
            self.model.appendRow(row)
            self._fill(row[0], entries, root.folder)
            self.view.expand(row[0].index())
        self._stack.setCurrentIndex(1 if shown else 0)
        over = self.tr("The run left nothing in ./outputs, ./logs or a named output.")
        live = self.tr("What the script writes into ./outputs, ./logs or a named output appears here.")
        self.empty.text.setText(over if run.is_over else live)

    def _fill(self, parent: QStandardItem, entries: list[OutputEntry], root: Path) -> None:
        parent.setData(True, _LOADED)
        parent.removeRows(0, parent.rowCount())
        for each in entries:
            row = self._row(each, root, each.path.name)
            if each.is_folder:
                row[0].appendRow([QStandardItem("…")])
            parent.appendRow(row)

    def _row(self, entry: OutputEntry, root: Path, name: str) -> list[QStandardItem]:
        picture = "mdi6.folder-outline" if entry.is_folder else "mdi6.file-outline"
        first = QStandardItem(icon(picture, "muted"), name)
        size = QStandardItem(size_words(entry.size))
        size.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        when = datetime.fromtimestamp(entry.modified).astimezone()
        changed = QStandardItem(date_and_time(when) if entry.modified else "")
        row = [first, size, changed]
        for each in row:
            each.setEditable(False)
        first.setData(str(entry.path), _PATH)
        first.setData(str(root), _ROOT)
        first.setData(entry.is_folder, _FOLDER)
        return row

    def _expanded(self, index: QModelIndex) -> None:
        item = self.model.itemFromIndex(index)
        if not item.data(_LOADED):
            item.setData(True, _LOADED)
            spawn(self._open_folder(item), "read a folder of outputs")

    async def _open_folder(self, item: QStandardItem) -> None:
        folder, root = Path(item.data(_PATH)), Path(item.data(_ROOT))
        self._fill(item, await asyncio.to_thread(entries_of, folder, root), root)

    def _menu(self, at: QPoint) -> None:
        index = self.view.indexAt(at).siblingAtColumn(0)
        if index.isValid() and index.data(_PATH):
            menu = self.menu_for(Path(index.data(_PATH)), is_folder=bool(index.data(_FOLDER)))
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(self.view.viewport().mapToGlobal(at))

    def _activated(self, index: QModelIndex) -> None:
        index = index.siblingAtColumn(0)
        if index.data(_PATH) and not index.data(_FOLDER):
            self.open(Path(index.data(_PATH)))

    def _build(self) -> None:
        dress_tree(self.view, self.tr("Outputs"))
        self.view.setModel(self.model)
        self.model.setHorizontalHeaderLabels(
            [each.upper() for each in (self.tr("Name"), self.tr("Size"), self.tr("Changed"))]
        )
        self.view.setHeaderHidden(False)
        self.view.header().setStretchLastSection(False)
        self.view.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column in (1, 2):
            self.view.header().setSectionResizeMode(column, QHeaderView.ResizeMode.ResizeToContents)
        self.view.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._menu)
        self.view.expanded.connect(self._expanded)
        self.view.activated.connect(self._activated)
        body = QWidget()
        column_layout = QVBoxLayout(body)
        column_layout.setContentsMargins(Space.S, Space.XS, Space.S, Space.S)
        column_layout.addWidget(self.view)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(body)
        row = QHBoxLayout(self.tools)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        row.addWidget(tool_button("mdi6.refresh", self.tr("Read again"), self.reload))
        row.addWidget(button(self.tr("Copy outputs…"), "mdi6.download", self._download))

    def _download(self) -> None:
        if self._run is not None:
            self._deeds.download(self._run)
