"""Environments of the workspace, or of Azure ML's own registry: browse, search, register, and use in a job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import Asset, NewAsset, Progress, UserError, Workspace
from desktop_app.presenters.clouds import environments as words
from desktop_app.services.cloud_lists import ASSETS, What
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.environment_dialog import EnvironmentDialog
from desktop_app.ui.clouds.listing import Listing
from desktop_app.ui.clouds.table_pane import TablePane, tool_row
from desktop_app.ui.runs.words import date_and_time
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, EmptyState, button, hairline, label, primary_button, tool_button

if TYPE_CHECKING:
    from desktop_app.ui.files.editor_pane import EditorPane

OWN = ASSETS["environment"]
SHARED = What("environment", Asset, words.REGISTRY)
_PAUSE = 0.3


@dataclass(frozen=True, slots=True)
class OpenProject:
    """What is open in the window: the folder, and the job that is shown among the files."""

    folder: Callable[[], Path | None] = lambda: None
    job: Callable[[], EditorPane | None] = lambda: None


NOTHING_OPEN = OpenProject()


class EnvironmentsTab(QWidget):
    """Asked when it is shown and on request; versions of the chosen one a moment after it is chosen."""

    def __init__(self, desk: CloudDesk, project: OpenProject) -> None:
        super().__init__()
        self._desk, self._project = desk, project
        self._rows: list[Asset] = []
        self._versions: asyncio.Task[Any] | None = None
        self._shown: tuple[str, ...] = ()
        self.listing = Listing(desk, OWN, self)
        self.place, self.search = QComboBox(), QLineEdit(clearButtonEnabled=True)
        self.pane = TablePane(self.tr("Environments"), words.HEADERS, 4)
        self.empty = EmptyState("mdi6.package-variant-closed", "", "")
        self.version, self.reference = QComboBox(), ElidedLabel("", "code", Qt.TextElideMode.ElideMiddle)
        self.copy_button = button(self.tr("Cop&y"), "mdi6.content-copy", self.copy)
        self.use_button = primary_button(self.tr("&Use in a job"), "mdi6.arrow-left-bottom", self.use)
        self.details = QWidget()
        self.register_button = button(self.tr("&Register…"), "mdi6.plus", self.register)
        again = tool_button("mdi6.refresh", self.tr("Ask again"), self.listing.refresh)
        self.tools = tool_row(again, self.place, self.search, self.register_button)
        self._build()

    def show_workspace(self, workspace: Workspace) -> None:
        """Show another workspace's."""
        if self.listing.show_workspace(workspace):
            self.pane.message.hide()
            if self.isVisible():
                self.listing.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().showEvent(event)
        self.listing.refresh()
        self._choose()

    @property
    def chosen(self) -> Asset | None:
        """The environment that is chosen."""
        row = self.pane.row
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def copy(self) -> None:
        """Put what a job names the chosen one by on the clipboard."""
        QGuiApplication.clipboard().setText(self.reference.text())
        self.pane.message.show_passing(self.tr("Copied. It stands behind “environment:” in a job."))

    def use(self) -> None:
        """Put the chosen one into the job that is shown among the files, or on the clipboard where none is."""
        pane, entry = self._project.job(), self.reference.text()
        if pane is None:
            self.copy()
            return

        async def work() -> None:
            from desktop_app.ui.environments.actions import put_into

            await put_into(pane, entry)
            said = self.tr("{} names it now; Undo takes that back. Nothing is saved yet.").format(pane.file.path.name)
            self.pane.message.show_passing(said)

        spawn(work(), "use an environment", self._failed)

    def register(self) -> None:
        """Ask for a file to register."""
        if self.listing.workspace is not None:
            dialog = EnvironmentDialog(self.listing.workspace, self._project.folder(), self.window())
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
            said = self.tr("{} is registered as version {}.").format(made.name, made.version)
            self.pane.message.show_passing(said)

        self.pane.message.hide()
        self.place.setCurrentIndex(0)
        self.pane.strip.start(
            self.tr("Registering {}…").format(asset.name), work, self._failed, self.listing.refresh
        )  # fmt: skip

    # ----- showing

    def _failed(self, fault: UserError) -> None:
        if isValid(self):
            self.pane.message.show_error(fault)

    def _show(self) -> None:
        before = self.chosen
        self._rows = shown = words.found(self.listing.items, self.search.text())
        dates = [date_and_time(each.created.astimezone()) if each.created else "" for each in shown]
        self._say_empty()
        self.pane.show_rows(len(shown), lambda row, column: words.cells(shown[row], dates[row])[column])
        if before is not None and before in shown:
            self.pane.view.selectRow(shown.index(before))

    def _say_empty(self) -> None:
        is_own, typed = self.place.currentIndex() == 0, self.search.text().strip()
        title = self.tr("Nothing found") if typed else self.tr("No environments yet")
        about = self.tr("An environment is registered by name and version, and named so by jobs.")
        text = words.none_found(typed, self.place.currentText()) if typed else about if is_own else ""
        self.empty.heading.setText(title)
        self.empty.text.setText(text)

    def _choose(self) -> None:
        chosen, job = self.chosen, self._project.job()
        key = (chosen.name, chosen.version, chosen.registry) if chosen is not None else ()
        self.details.setVisible(chosen is not None)
        self.register_button.setEnabled(self.listing.workspace is not None and not self.pane.strip.busy)
        name = job.file.path.name if job is not None else ""
        self.use_button.setVisible(bool(name))
        self.use_button.setText(self.tr("&Use in {}").format(name.replace("&", "&&")))
        if key != self._shown:
            self._shown = key
            self._show_versions([chosen.version] if chosen is not None else [])
            self._ask_versions()

    def _show_versions(self, found: list[str]) -> None:
        chosen = self.version.currentText()
        self.version.clear()
        self.version.addItems([each for each in found if each])
        self.version.setCurrentIndex(max(0, self.version.findText(chosen)))
        self.version.setVisible(self.version.count() > 0)
        self._say_reference()

    def _say_reference(self) -> None:
        chosen = self.chosen
        self.reference.setText(words.reference(chosen, self.version.currentText()) if chosen is not None else "")

    def _ask_versions(self) -> None:
        if self._versions is not None:
            self._versions.cancel()
        workspace, chosen = self.listing.workspace, self.chosen
        if workspace is not None and chosen is not None:
            self._versions = spawn(self._load_versions(workspace, chosen), "list versions", lambda _fault: None)

    async def _load_versions(self, workspace: Workspace, chosen: Asset) -> None:
        await asyncio.sleep(_PAUSE)  # who goes through the list asks for none of them
        found = await self._desk.cloud.assets(workspace, "environment", chosen.name, chosen.registry)
        if isValid(self) and chosen == self.chosen:
            self.version.setCurrentText(chosen.version)
            self._show_versions([each.version for each in found] or [chosen.version])

    def _change_place(self, index: int) -> None:
        self.pane.message.hide()
        self.listing.show_list(SHARED if index else OWN)

    # ----- building

    def _build(self) -> None:
        self.place.addItem(self.tr("This workspace"))
        self.place.addItem(self.tr("Registry azureml"))
        self.place.setAccessibleName(self.tr("Where to look"))
        self.place.activated.connect(self._change_place)
        self.search.setPlaceholderText(self.tr("Find…"))
        self.search.setAccessibleName(self.tr("Find environments"))
        self.search.setMinimumWidth(self.search.fontMetrics().averageCharWidth() * 16)
        self.search.textChanged.connect(self._show)
        self.pane.set_empty(self.empty)
        self.pane.model.state = -1
        self.pane.chosen.connect(self._choose)
        self.pane.activated.connect(self.use)
        self.version.setAccessibleName(self.tr("Version"))
        self.version.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.version.currentIndexChanged.connect(self._say_reference)
        self.listing.changed.connect(self._show)
        self.listing.failed.connect(self._failed)
        self._build_details()
        self.pane.below.addWidget(self.details)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pane, 1)
        self._choose()

    def _build_details(self) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        row.setSpacing(Space.S)
        row.addWidget(label(self.tr("Version"), "muted"))
        row.addWidget(self.version)
        row.addWidget(self.reference, 1)
        row.addWidget(self.copy_button)
        row.addWidget(self.use_button)
        column = QVBoxLayout(self.details)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(hairline())
        column.addLayout(row)
