"""What a run in a workspace made, as a tree, also while it runs: open, download, register as a model."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QShowEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QHeaderView, QMenu, QStackedLayout, QTreeView, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import Artifact, NewAsset, Progress, RunSnapshot, UserError
from desktop_app.core.words import plural
from desktop_app.presenters.clouds.run_files import (
    FileNode,
    children,
    models_in,
    tree,
    was_never_sent,
    workspace_key,
)
from desktop_app.services.workbench import Workbench
from desktop_app.ui.clouds.choosing import ask_folder
from desktop_app.ui.clouds.table_pane import tool_row
from desktop_app.ui.clouds.work_strip import WorkStrip
from desktop_app.ui.icons import icon
from desktop_app.ui.runs.outputs_tab import OutputsTab
from desktop_app.ui.runs.words import size_words
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import EmptyState, InlineMessage, button, dress_tree, tool_button

_NODE = int(Qt.ItemDataRole.UserRole)
_FETCHED = "fetched"


class ArtifactsTab(QWidget):
    """Asks when somebody looks, and on request. `local` opens what was fetched, as it opens a local run's outputs."""

    def __init__(self, workbench: Workbench, local: OutputsTab) -> None:
        super().__init__()
        self._workbench, self._local = workbench, local
        self._run: RunSnapshot | None = None
        self._read = ""
        self._nodes: dict[str, FileNode] = {}
        self.message, self.strip = InlineMessage(), WorkStrip()
        self.model, self.view = QStandardItemModel(0, 2, self), QTreeView()
        self.empty = EmptyState("mdi6.tray-arrow-down", self.tr("No outputs so far"), "")
        self._stack = QStackedLayout()
        self.download_button = button(self.tr("&Download all…"), "mdi6.download", self.download)
        self.model_button = button(self.tr("Register &model…"), "mdi6.cube-outline", self.register)
        self.tools = tool_row(
            tool_button("mdi6.refresh", self.tr("Ask again"), self.reload), self.model_button, self.download_button
        )
        self._build()

    def show_run(self, run: RunSnapshot) -> None:
        """Show another run, or what became of the same one."""
        if self._run is None or run.handle != self._run.handle:
            self._fill(())
            self.message.hide()
        self._run = run
        if self._state(run) != self._read and self.isVisible():
            self.reload()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: what is there is asked for when somebody looks."""
        super().showEvent(event)
        self.reload()

    def reload(self) -> None:
        """Ask anew."""
        if self._run is None:
            return
        self._read = self._state(self._run)
        if was_never_sent(self._run):
            self._fill(())
            over = self.tr("It was withdrawn before it was sent.")
            waits = self.tr("It waits to be sent; its workspace has nothing of it yet.")
            self.empty.text.setText(over if self._run.is_over else waits)
        else:
            spawn(self._load(self._run), "list artifacts", self._failed)

    def download(self) -> None:
        """Ask for a folder, and fetch what is chosen, or everything, into it."""
        if self._run is not None and not was_never_sent(self._run):
            ask_folder(self.window(), self.fetch)

    def fetch(self, folder: Path) -> None:
        """Fetch what is chosen, or everything, into a folder."""
        run, chosen = self._run, self._chosen()
        if run is None:
            return
        paths = [chosen.path] if chosen is not None else []

        async def work(tell: Progress) -> None:
            found = await self._workbench.cloud.fetch(run.handle, paths, folder, tell)
            verb = self.tr("was") if len(found) == 1 else self.tr("were")
            said = self.tr("{} {} downloaded to {}.").format(plural(len(found), "file"), verb, folder)
            left_out = tuple(getattr(found, "left_out", ()))
            if left_out:  # it stays: what is missing has to be read
                self.message.show_text("warning", said, self.tr("Left out {}").format(left_out[0]), "\n".join(left_out))
            else:
                self.message.show_passing(said)

        self.message.hide()
        self.strip.start(self.tr("Downloading…"), work, self._failed)

    def register(self) -> None:
        """Ask for a name, and register what is chosen as a model of the workspace."""
        from desktop_app.ui.clouds.model_dialog import ModelDialog

        if self._run is not None and self._nodes:
            dialog = ModelDialog(self._run, models_in(self._nodes.values()), self._chosen(), self.window())
            dialog.asked.connect(self.register_model)
            dialog.finished.connect(lambda _result: dialog.deleteLater())
            dialog.open()

    def register_model(self, asset: NewAsset) -> None:
        """Register a model in the run's workspace."""
        run = self._run
        if run is None:
            return
        cloud, key = self._workbench.cloud, workspace_key(run.handle).lower()

        async def work(tell: Progress) -> None:
            known = await asyncio.to_thread(cloud.workspaces)
            workspace = next((each for each in known if each.key.lower() == key), None)
            if workspace is None:
                hint = self.tr("Connect it again.")
                raise UserError(self.tr("The run's workspace is not connected any more."), hint=hint)
            made = await cloud.register(workspace, asset, tell)
            self.message.show_passing(self.tr("{} is registered as version {}.").format(made.name, made.version))

        self.message.hide()
        self.strip.start(self.tr("Registering {}…").format(asset.name), work, self._failed)

    def open_chosen(self) -> None:
        """Fetch the chosen file into the run's folder here, and open it."""
        run, chosen = self._run, self._chosen()
        if run is None or chosen is None or chosen.is_folder or self.strip.busy:
            return
        folder = Path(run.folder or self._workbench.places.home / "cloud" / run.run) / _FETCHED

        async def work(tell: Progress) -> None:
            found = await self._workbench.cloud.fetch(run.handle, [chosen.path], folder, tell)
            for each in found:
                self._local.open(each)

        self.strip.start(self.tr("Fetching {}…").format(chosen.name), work, self._failed)

    def ask_model(self) -> None:
        """Export the model that is chosen; without one, say how to choose it."""
        chosen = self._chosen()
        if chosen is None:
            said = self.tr("Choose the model's file or folder, then Export to ONNX.")
            self.message.show_text("info", said)
            self.view.setFocus()
        else:
            self.export_chosen()

    def export_chosen(self) -> None:
        """Fetch the chosen file or folder into the run's folder here, and show how it is exported to ONNX."""
        run, chosen = self._run, self._chosen()
        if run is None or chosen is None or self.strip.busy:
            return
        folder = Path(run.folder or self._workbench.places.home / "cloud" / run.run) / _FETCHED

        async def work(tell: Progress) -> None:
            found = await self._workbench.cloud.fetch(run.handle, [chosen.path], folder, tell)
            if found:
                self._local.export_of(run, folder / chosen.path if chosen.is_folder else found[0])

        self.message.hide()
        self.strip.start(self.tr("Fetching {}…").format(chosen.name), work, self._failed)

    def menu(self) -> QMenu:
        """Return what can be done with the chosen file or folder."""
        menu, chosen = QMenu(self), self._chosen()
        if chosen is not None and not chosen.is_folder:
            menu.addAction(icon("mdi6.file-eye-outline"), self.tr("&Open"), self.open_chosen)
        menu.addAction(icon("mdi6.download"), self.tr("&Download…"), self.download)
        menu.addAction(icon("mdi6.cube-send"), self.tr("&Export to ONNX…"), self.ask_model)
        menu.addAction(icon("mdi6.cube-outline"), self.tr("Register as a &model…"), self.register)
        return menu

    # ----- showing

    def _state(self, run: RunSnapshot) -> str:
        return f"{run.handle} {run.is_over} {was_never_sent(run)}"

    async def _load(self, run: RunSnapshot) -> None:
        found = await self._workbench.cloud.artifacts(run.handle)
        if isValid(self) and self._run is not None and run.handle == self._run.handle:
            self.message.hide()
            self._fill(found)
            over = self.tr("The run left no file in its workspace.")
            live = self.tr("What the script writes into ./outputs appears here, also while it runs.")
            self.empty.text.setText(over if run.is_over else live)

    def _failed(self, fault: UserError) -> None:
        if isValid(self):
            self.message.show_error(fault)

    def _fill(self, found: Sequence[Artifact]) -> None:
        chosen = self._chosen()
        self._nodes = {}
        self.model.removeRows(0, self.model.rowCount())
        for node in tree(found):
            item = self._add(self.model.invisibleRootItem(), node)
            self.view.setExpanded(item.index(), node.name == "outputs")
            if chosen is not None and chosen.path == node.path:
                self.view.setCurrentIndex(item.index())
        self._stack.setCurrentIndex(1 if found else 0)
        self._choose()

    def _add(self, parent: QStandardItem, node: FileNode) -> QStandardItem:
        self._nodes[node.path] = node
        picture = "mdi6.folder-outline" if node.is_folder else "mdi6.file-outline"
        item, size = QStandardItem(icon(picture, "muted"), node.name), QStandardItem(self._size(node))
        size.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        item.setData(node.path, _NODE)
        for each in (item, size):
            each.setEditable(False)
        parent.appendRow([item, size])
        for each_node in children(node):
            self._add(item, each_node)
        return item

    def _size(self, node: FileNode) -> str:
        return "–" if node.size is None else size_words(node.size)

    def _chosen(self) -> FileNode | None:
        index = self.view.currentIndex()
        return self._nodes.get(index.siblingAtColumn(0).data(_NODE)) if index.isValid() else None

    def _choose(self) -> None:
        some = self._chosen() is not None
        self.download_button.setText(self.tr("&Download…") if some else self.tr("&Download all…"))
        for each in (self.download_button, self.model_button):
            each.setEnabled(bool(self._nodes))

    def _show_menu(self, at: QPoint) -> None:
        if self.view.indexAt(at).isValid():
            menu = self.menu()
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(self.view.viewport().mapToGlobal(at))

    def _activated(self, _index: QModelIndex) -> None:
        self.open_chosen()

    def _build(self) -> None:
        dress_tree(self.view, self.tr("Files of the run"))
        self.view.setModel(self.model)
        self.model.setHorizontalHeaderLabels([self.tr("NAME"), self.tr("SIZE")])
        self.view.setHeaderHidden(False)
        header = self.view.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(self._show_menu)
        self.view.activated.connect(self._activated)
        self.view.selectionModel().currentChanged.connect(lambda _now, _old: self._choose())
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self.view)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.S, Space.XS, Space.S, Space.S)
        column.setSpacing(Space.S)
        column.addWidget(self.message)
        column.addWidget(self.strip)
        column.addLayout(self._stack, 1)
        self._choose()


class Either(QWidget):
    """The Outputs tab: of a run on this machine its folder, of a run in a workspace what that holds."""

    def __init__(self, local: OutputsTab, cloud: ArtifactsTab) -> None:
        super().__init__()
        self._local, self._cloud = local, cloud
        self.tools = tool_row(local.tools, cloud.tools)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(local)
        self._stack.addWidget(cloud)
        cloud.tools.hide()

    def show_run(self, run: RunSnapshot, *, in_cloud: bool) -> None:
        """Show another run, or what became of the same one."""
        self._local.tools.setVisible(not in_cloud)
        self._cloud.tools.setVisible(in_cloud)
        self._stack.setCurrentIndex(int(in_cloud))
        (self._cloud if in_cloud else self._local).show_run(run)
