"""The workspace's compute: what there is and does, quota, and making, scaling and deleting clusters."""

from __future__ import annotations

import asyncio

from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import Compute, ComputeSpec, Progress, UserError, Workspace
from desktop_app.presenters.clouds.compute import CLUSTER, HEADERS, ComputeRow, deleting_text, rows, runs_on
from desktop_app.services.cloud_lists import COMPUTES, QUOTAS
from desktop_app.ui.clouds.cluster_dialog import ClusterDialog
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.listing import Listing
from desktop_app.ui.clouds.quota_bars import QuotaBars
from desktop_app.ui.clouds.table_pane import DetailsLine, TablePane, tool_row
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets import EmptyState, button, hairline, primary_button, tool_button

_AGAIN = 10.0
"""Seconds between two looks while somebody looks: nodes come and go."""


class ComputeTab(QWidget):
    """Asked while it is shown; what was known last stays to be seen when the service does not answer."""

    def __init__(self, desk: CloudDesk) -> None:
        super().__init__()
        self._desk = desk
        self.listing, self.quotas = Listing(desk, COMPUTES, self), Listing(desk, QUOTAS, self)
        self._rows: tuple[ComputeRow, ...] = ()
        self._watch: asyncio.Task[None] | None = None
        self._said_away = False
        self.pane = TablePane(self.tr("Compute targets"), HEADERS, 3)
        self.details = DetailsLine(self.tr("What is wrong with the compute target"))
        self.quota = QuotaBars()
        self.refresh_button = tool_button("mdi6.refresh", self.tr("Ask again"), self.refresh)
        self.scale_button = button(self.tr("&Scale…"), "mdi6.arrow-expand-vertical", self.scale)
        self.delete_button = button(self.tr("&Delete…"), "mdi6.delete-outline", self.ask_delete)
        self.new_button = button(self.tr("New c&luster…"), "mdi6.plus", self.new_cluster)
        self.tools = tool_row(self.refresh_button, self.scale_button, self.delete_button, self.new_button)
        self._build()

    def show_workspace(self, workspace: Workspace) -> None:
        """Show another workspace's compute: what was last known of it at once, then what it answers."""
        if self.listing.show_workspace(workspace):
            self.quotas.show_workspace(workspace)
            self.pane.message.hide()
            if self.isVisible():
                self.refresh()

    def refresh(self) -> None:
        """Ask now, and then again every few seconds while the tab is shown."""
        self.stop()
        if self.listing.workspace is not None:
            self._watch = spawn(self._follow(), "watch compute")

    def stop(self) -> None:
        """Ask no more."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def showEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().showEvent(event)  # type: ignore[arg-type]
        self.refresh()

    def hideEvent(self, event: object) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().hideEvent(event)  # type: ignore[arg-type]
        self.stop()

    def new_cluster(self) -> None:
        """Ask what cluster to make."""
        if self.listing.workspace is not None:
            self._open(
                ClusterDialog(self._desk, self.listing.workspace, self.window(), [each.compute for each in self._rows])
            )

    def scale(self) -> None:
        """Ask for other limits of the chosen cluster."""
        chosen = self._chosen()
        if self.listing.workspace is not None and chosen is not None and chosen.kind == CLUSTER:
            self._open(ClusterDialog(self._desk, self.listing.workspace, self.window(), existing=chosen))

    def ask_delete(self) -> None:
        """Ask whether to delete the chosen compute target."""
        chosen, workspace = self._chosen(), self.listing.workspace
        if chosen is not None and workspace is not None:
            text = deleting_text(chosen, runs_on(self._desk.workbench.store.runs.values(), workspace, chosen.name))
            self.pane.confirm.ask(
                self.tr("Delete {}?").format(chosen.name), text, self.tr("Delete"),
                lambda: self._delete(workspace, chosen.name),
            )  # fmt: skip

    # ----- doing

    def _open(self, dialog: ClusterDialog) -> None:
        workspace = self.listing.workspace
        assert workspace is not None
        change = dialog._existing is not None
        dialog.asked.connect(lambda spec: (self._change if change else self._make)(workspace, spec))
        dialog.finished.connect(lambda _result: dialog.deleteLater())
        dialog.open()

    def _make(self, workspace: Workspace, spec: ComputeSpec) -> None:
        def work(tell: Progress) -> object:
            return self._desk.ask(workspace, self._desk.cloud.create_compute(workspace, spec, tell))

        self._start(self.tr("Making {}…").format(spec.name), work)

    def _change(self, workspace: Workspace, spec: ComputeSpec) -> None:
        def work(_tell: Progress) -> object:
            asked = self._desk.cloud.scale_compute(
                workspace, spec.name, spec.minimum, spec.maximum, spec.idle_seconds
            )  # fmt: skip
            return self._desk.ask(workspace, asked)

        self._start(self.tr("Changing {}…").format(spec.name), work)

    def _delete(self, workspace: Workspace, name: str) -> None:
        def work(tell: Progress) -> object:
            return self._desk.ask(workspace, self._desk.cloud.delete_compute(workspace, name, tell))

        self._start(self.tr("Deleting {}…").format(name), work)

    def _start(self, name: str, work: object) -> None:
        self.pane.message.hide()
        self.pane.strip.start(name, work, self._failed, self._after, self.tr("Stop waiting"))  # type: ignore[arg-type]
        self._choose()
        self.refresh()

    def _after(self) -> None:
        self._choose()
        if self.isVisible():
            self.refresh()

    def _failed(self, fault: UserError) -> None:
        if isValid(self):
            self.pane.message.show_error(fault)

    async def _follow(self) -> None:
        while True:
            if await self.listing.ask() and await self.quotas.ask() and self._said_away:
                self._said_away = False
                self.pane.message.hide()
            await asyncio.sleep(_AGAIN)

    def _away(self, fault: UserError) -> None:
        self._said_away = True
        self._failed(fault)

    def _show(self) -> None:
        self._rows = shown = rows(self.listing.items)
        self.pane.model.look = lambda row: (shown[row].icon, shown[row].role)
        self.pane.show_rows(len(shown), lambda row, column: shown[row].cells[column])
        self._choose()

    def _show_quotas(self) -> None:
        self.quota.show_quotas(self.quotas.items)

    def _choose(self) -> None:
        chosen, busy = self._chosen(), self.pane.strip.busy
        self.delete_button.setEnabled(chosen is not None and not busy)
        self.scale_button.setEnabled(chosen is not None and chosen.kind == CLUSTER and not busy)
        self.new_button.setEnabled(self.listing.workspace is not None and not busy)

        self.details.say("\n".join(chosen.errors) if chosen is not None else "")

    def _chosen(self) -> Compute | None:
        row = self.pane.row
        return self._rows[row].compute if 0 <= row < len(self._rows) else None

    def _build(self) -> None:
        text = self.tr(
            "A cluster is a group of machines that grows when jobs wait and shrinks when they are done.\n"
            "With none as the least number of nodes, it costs nothing while nobody trains."
        )
        empty = EmptyState("mdi6.server-network", self.tr("No compute yet"), text)
        empty.add_action(primary_button(self.tr("New cluster…"), "mdi6.plus", self.new_cluster))
        self.pane.set_empty(empty)
        self.pane.below.addWidget(self.details)
        self.pane.chosen.connect(self._choose)
        self.pane.activated.connect(self.scale)
        self.listing.changed.connect(self._show)
        self.quotas.changed.connect(self._show_quotas)
        for each in (self.listing, self.quotas):
            each.failed.connect(self._away)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pane, 1)
        column.addWidget(hairline())
        column.addWidget(self.quota)
        self._choose()
