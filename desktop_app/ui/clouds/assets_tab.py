"""Models, or data assets, of the workspace: listed, downloaded, registered from a file, folder or web address."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import Asset, NewAsset, Progress, UserError, Workspace
from desktop_app.presenters.clouds import assets as words
from desktop_app.presenters.clouds.endpoints import servable
from desktop_app.services.cloud_lists import ASSETS
from desktop_app.ui.clouds.asset_dialog import AssetDialog
from desktop_app.ui.clouds.choosing import ask_folder
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.listing import Listing
from desktop_app.ui.clouds.table_pane import TablePane, tool_row
from desktop_app.ui.runs.words import date_and_time
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets import EmptyState, button, primary_button, tool_button


class AssetsTab(QWidget):
    """Asked when it is shown and on request; `kind` is `model` or `data`. `deploy_asked` carries a `NAME:VERSION`."""

    deploy_asked = Signal(str)

    def __init__(self, desk: CloudDesk, kind: str, title: str, empty: tuple[str, str, str]) -> None:
        super().__init__()
        self._desk, self._kind = desk, kind
        self._rows: list[Asset] = []
        self._older: dict[str, Sequence[Asset]] = {}
        self.listing = Listing(desk, ASSETS[kind], self)
        self.pane = TablePane(title, words.HEADERS, 5)
        self.download_button = button(self.tr("&Download…"), "mdi6.download", self.download)
        self.register_button = button(self.tr("&Register…"), "mdi6.plus", self.register)
        again = tool_button("mdi6.refresh", self.tr("Ask again"), self.listing.refresh)
        self.deploy_button = button(self.tr("De&ploy…"), "mdi6.rocket-launch-outline", self.deploy)
        if kind != "model":
            self.deploy_button.hide()
        self.older_button = button(self.tr("Older &versions"), "mdi6.history", self.show_older)
        self.tools = tool_row(again, self.older_button, self.deploy_button, self.download_button, self.register_button)
        self._build(*empty)

    def show_workspace(self, workspace: Workspace) -> None:
        """Show another workspace's."""
        if self.listing.show_workspace(workspace):
            self._older.clear()
            self.pane.message.hide()
            if self.isVisible():
                self.listing.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().showEvent(event)
        self.listing.refresh()

    def show_older(self) -> None:
        """Show the other versions of the chosen one below it, or show them no longer."""
        chosen, workspace = self._chosen(), self.listing.workspace
        if chosen is None or workspace is None:
            return
        if self._older.pop(chosen.name, None) is None:
            spawn(self._ask_older(workspace, chosen), f"versions of {chosen.name}", self._failed)
        else:
            self._show()
            self.pane.view.selectRow(next(at for at, each in enumerate(self._rows) if each.name == chosen.name))

    async def _ask_older(self, workspace: Workspace, asset: Asset) -> None:
        found = await self._desk.ask(workspace, self._desk.cloud.assets(workspace, self._kind, asset.name))
        if not isValid(self) or self.listing.workspace != workspace:
            return
        if all(each.version == asset.version for each in found):
            self.pane.message.show_passing(self.tr("There is no older version of {}.").format(asset.name))
            return
        self._older[asset.name] = found
        self._show()

    def download(self) -> None:
        """Ask for a folder and download the chosen one into it."""
        ask_folder(self.window(), self.fetch)

    def fetch(self, folder: Path) -> None:
        """Download the chosen one into a folder."""
        chosen, workspace = self._chosen(), self.listing.workspace
        if chosen is None or workspace is None:
            return

        named = f"{chosen.name}:{chosen.version}"

        async def work(tell: Progress) -> None:
            asked = self._desk.cloud.download_asset(workspace, chosen, folder, tell)
            found = await self._desk.ask(workspace, asked)
            self.pane.message.show_passing(self.tr("{} was downloaded to {}.").format(named, found))

        self.pane.message.hide()
        self.pane.strip.start(self.tr("Downloading {}…").format(named), work, self._failed, self._choose)
        self._choose()

    def deploy(self) -> None:
        """Ask for the chosen model to be served."""
        chosen = self._chosen()
        if chosen is not None:
            self.deploy_asked.emit(f"{chosen.name}:{chosen.version}")

    def register(self) -> None:
        """Ask what to register."""
        if self.listing.workspace is not None:
            dialog = AssetDialog(self._kind, self.listing.workspace, self.window())
            dialog.asked.connect(self.register_asset)
            dialog.finished.connect(lambda _result: dialog.deleteLater())
            dialog.open()

    def register_asset(self, asset: NewAsset) -> None:
        """Register it."""
        workspace = self.listing.workspace
        if workspace is None:
            return

        async def work(tell: Progress) -> None:
            made = await self._desk.ask(workspace, self._desk.cloud.register(workspace, asset, tell))
            self.pane.message.show_passing(
                self.tr("{} is registered as version {}.").format(made.name, made.version)
            )  # fmt: skip

        self.pane.message.hide()
        self.pane.strip.start(self.tr("Registering {}…").format(asset.name), work, self._failed, self._after)
        self._choose()

    def _after(self) -> None:
        self._choose()
        self.listing.refresh()

    def _failed(self, fault: UserError) -> None:
        if isValid(self):
            self.pane.message.show_error(fault)

    def _show(self) -> None:
        self._rows = shown = words.with_older(self.listing.items, self._older)
        dates = [date_and_time(each.created.astimezone()) if each.created else "" for each in shown]
        self.pane.show_rows(len(shown), lambda row, column: words.cells(shown[row], dates[row])[column])
        self._choose()

    def _choose(self) -> None:
        chosen, busy = self._chosen(), self.pane.strip.busy
        self.download_button.setEnabled(chosen is not None and not busy)
        self.older_button.setEnabled(chosen is not None)
        is_open = chosen is not None and chosen.name in self._older
        self.older_button.setText(self.tr("Newest &versions") if is_open else self.tr("Older &versions"))
        self.deploy_button.setEnabled(bool(chosen is not None and servable([chosen])))
        self.register_button.setEnabled(self.listing.workspace is not None and not busy)

    def _chosen(self) -> Asset | None:
        row = self.pane.row
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def _build(self, picture: str, title: str, text: str) -> None:
        empty = EmptyState(picture, title, text)
        empty.add_action(primary_button(self.tr("Register…"), "mdi6.plus", self.register))
        self.pane.set_empty(empty)
        self.pane.model.state = -1
        self.pane.chosen.connect(self._choose)
        self.pane.activated.connect(self.download)
        self.listing.changed.connect(self._show)
        self.listing.failed.connect(self._failed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pane, 1)
        self._choose()
