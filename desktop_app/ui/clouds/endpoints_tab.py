"""The workspace's online endpoints: what each serves and to whom calls go; deploy, try, look into the log, delete."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import Deployment, Endpoint, Progress, UserError, Workspace
from desktop_app.presenters.clouds import endpoints as words
from desktop_app.services.cloud_lists import ASSETS, ENDPOINTS
from desktop_app.ui.clouds.deploy_dialog import DeployDialog
from desktop_app.ui.clouds.deployment_log import DeploymentLog
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.endpoint_panel import EndpointPanel
from desktop_app.ui.clouds.listing import Listing
from desktop_app.ui.clouds.table_pane import TablePane, tool_row
from desktop_app.ui.clouds.traffic_dialog import TrafficDialog
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets import EmptyState, button, hairline, primary_button, tool_button

Work = Callable[[Workspace, Progress], Awaitable[object]]


class EndpointsTab(QWidget):
    """Asked when it is shown and on request. Work goes on while other tabs are shown."""

    def __init__(self, desk: CloudDesk) -> None:
        super().__init__()
        self._desk = desk
        self._bodies: dict[str, str] = {}
        self.listing = Listing(desk, ENDPOINTS, self)
        self.pane = TablePane(self.tr("Endpoints"), words.HEADERS, 4)
        self.panel = EndpointPanel(self._fetch_key, self._failed)
        self.delete_button = button(self.tr("&Delete…"), "mdi6.delete-outline", self.ask_delete)
        self.deploy_button = button(self.tr("De&ploy…"), "mdi6.rocket-launch-outline", self.deploy)
        again = tool_button("mdi6.refresh", self.tr("Ask again"), self.listing.refresh)
        self.tools = tool_row(again, self.delete_button, self.deploy_button)
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

    # ----- asking

    def deploy(self, model: str = "") -> None:
        """Ask what to serve, and where; `model` (`NAME:VERSION`) is offered first."""
        workspace = self.listing.workspace
        if workspace is not None and not self.pane.strip.busy:
            dialog = DeployDialog(self._desk, workspace, self.listing.items, self.window(), model)
            dialog.asked.connect(self.deploy_model)
            self._open(dialog)

    def deploy_model(self, endpoint: str, model: str, vm_size: str, count: int) -> None:
        """Serve a model."""

        async def work(workspace: Workspace, tell: Progress) -> None:
            await self._desk.cloud.deploy(workspace, endpoint, model, vm_size, tell, count)
            self.pane.message.show_passing(self.tr("{} is served at {}.").format(model, endpoint))

        self._start(self.tr("Deploying {}…").format(model), work)

    def try_it(self) -> None:
        """Ask what to send to the chosen endpoint."""
        workspace, chosen = self.listing.workspace, self.chosen
        if workspace is not None and chosen is not None:
            spawn(self._try(workspace, chosen), "look up the model", self._failed)

    def divide_calls(self) -> None:
        """Ask how the calls to the chosen endpoint are divided."""
        chosen = self.chosen
        if chosen is not None:
            dialog = TrafficDialog(chosen, self.window())
            dialog.asked.connect(lambda parts: self._divide(chosen, parts))
            self._open(dialog)

    def show_log(self) -> None:
        """Show the chosen deployment's log."""
        workspace, chosen, part = self.listing.workspace, self.chosen, self.panel.chosen
        if workspace is not None and chosen is not None and part is not None:
            self._open(DeploymentLog(self._desk, workspace, chosen.name, part.name, self.window()))

    def ask_delete(self) -> None:
        """Ask whether to delete the chosen endpoint."""
        chosen = self.chosen
        if chosen is not None:
            self.pane.confirm.ask(
                self.tr("Delete {}?").format(chosen.name), words.delete_text(chosen), self.tr("Delete"),
                lambda: self._delete(chosen),
            )  # fmt: skip

    def ask_delete_part(self) -> None:
        """Ask whether to delete the chosen deployment, to which no calls go."""
        chosen, part = self.chosen, self.panel.chosen
        if chosen is not None and part is not None:
            self.pane.confirm.ask(
                self.tr("Delete {} of {}?").format(part.name, chosen.name),
                self.tr("Nobody is sent to it. It can be deployed again, from its model."), self.tr("Delete"),
                lambda: self._delete(chosen, part),
            )  # fmt: skip

    # ----- doing

    async def _try(self, workspace: Workspace, chosen: Endpoint) -> None:
        from desktop_app.ui.clouds.try_dialog import TryDialog

        body = self._bodies.get(chosen.name)
        if body is None:
            models = await self._desk.workbench.lists.kept(workspace, ASSETS["model"])
            body = words.sample(chosen, models.items if models is not None else ())
        if isValid(self):
            dialog = TryDialog(self._desk, workspace, chosen, body, self.window())
            dialog.finished.connect(lambda _result: self._bodies.update({chosen.name: dialog.body}))
            self._open(dialog)

    def _divide(self, chosen: Endpoint, parts: dict[str, int]) -> None:
        async def work(workspace: Workspace, tell: Progress) -> None:
            await self._desk.cloud.send_traffic(workspace, chosen.name, parts, tell)

        self._start(self.tr("Dividing the calls to {}…").format(chosen.name), work)

    def _delete(self, chosen: Endpoint, part: Deployment | None = None) -> None:
        async def work(workspace: Workspace, tell: Progress) -> None:
            await self._desk.cloud.delete_endpoint(workspace, chosen.name, tell, part.name if part else "")

        self._start(self.tr("Deleting {}…").format(part.name if part else chosen.name), work)

    async def _fetch_key(self) -> str:
        workspace, chosen = self.listing.workspace, self.chosen
        assert workspace is not None
        assert chosen is not None
        return await self._desk.ask(workspace, self._desk.cloud.endpoint_key(workspace, chosen.name))

    def _start(self, name: str, work: Work) -> None:
        workspace = self.listing.workspace
        if workspace is not None:
            self.pane.message.hide()
            self.pane.strip.start(
                name, lambda tell: self._desk.ask(workspace, work(workspace, tell)), self._failed, self._after,
                self.tr("Stop waiting"),
            )  # fmt: skip
            self._choose()

    def _after(self) -> None:
        self._choose()
        self.listing.refresh()

    def _open(self, dialog: QDialog) -> None:
        dialog.finished.connect(lambda _result: dialog.deleteLater())
        dialog.open()

    def _failed(self, fault: UserError) -> None:
        if isValid(self):
            self.pane.message.show_error(fault)

    # ----- showing

    @property
    def chosen(self) -> Endpoint | None:
        """The endpoint that is chosen."""
        row, found = self.pane.row, self.listing.items
        return found[row] if 0 <= row < len(found) else None

    def _show(self) -> None:
        rows = [words.endpoint_row(each) for each in self.listing.items]
        self.pane.model.look = lambda row: (rows[row].icon, rows[row].role)
        self.pane.show_rows(len(rows), lambda row, column: rows[row].cells[column])
        self._choose()

    def _choose(self) -> None:
        chosen, busy = self.chosen, self.pane.strip.busy
        self.panel.show_endpoint(chosen)
        self.line.setVisible(chosen is not None)
        self.panel.set_busy(busy)
        self.delete_button.setEnabled(chosen is not None and not busy)
        self.deploy_button.setEnabled(self.listing.workspace is not None and not busy)

    def _build(self) -> None:
        text = self.tr(
            "An endpoint answers calls over HTTPS with a model that is registered.\n"
            "MLflow and Triton models need no code for that. Its machines cost until it is deleted."
        )
        empty = EmptyState("mdi6.web", self.tr("No endpoints yet"), text)
        empty.add_action(primary_button(self.tr("Deploy…"), "mdi6.rocket-launch-outline", self.deploy))
        self.pane.set_empty(empty)
        self.line = hairline()
        self.pane.chosen.connect(self._choose)
        self.pane.activated.connect(self.try_it)
        self.panel.view.selectionModel().currentRowChanged.connect(lambda _now, _old: self._choose_part())
        self.panel.view.activated.connect(lambda _index: self.show_log())
        self.panel.try_asked.connect(self.try_it)
        self.panel.traffic_asked.connect(self.divide_calls)
        self.panel.log_asked.connect(self.show_log)
        self.panel.delete_asked.connect(self.ask_delete_part)
        self.listing.changed.connect(self._show)
        self.listing.failed.connect(self._failed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.pane, 1)
        column.addWidget(self.line)
        column.addWidget(self.panel)
        self._choose()

    def _choose_part(self) -> None:
        self.panel.set_busy(self.pane.strip.busy)
