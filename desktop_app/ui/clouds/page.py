"""The Cloud page: one workspace's compute, models and data, the outbox, and the list of workspaces."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QComboBox, QHBoxLayout, QStackedLayout, QVBoxLayout, QWidget

from desktop_app.api import Workspace
from desktop_app.presenters.clouds.places import looks, title_of
from desktop_app.ui.clouds.assets_tab import AssetsTab
from desktop_app.ui.clouds.compute_tab import ComputeTab
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.endpoints_tab import EndpointsTab
from desktop_app.ui.clouds.environments_tab import NOTHING_OPEN, EnvironmentsTab, OpenProject
from desktop_app.ui.clouds.jobs_tab import JobsTab
from desktop_app.ui.clouds.outbox_tab import OutboxTab
from desktop_app.ui.clouds.workspaces_tab import WorkspacesTab
from desktop_app.ui.icons import icon
from desktop_app.ui.runs.tabs import Tabs
from desktop_app.ui.shell import Shell
from desktop_app.ui.theme import Space, icon_size
from desktop_app.ui.widgets import ElidedLabel, EmptyState, IconLabel, button, label, primary_button

TABS = ("compute", "jobs", "outbox", "models", "data", "environments", "endpoints", "workspaces")


class CloudPage(QWidget):
    """What is looked at here need not be where jobs run: another workspace is looked at without switching."""

    def __init__(
        self, desk: CloudDesk, shell: Shell, connect: Callable[[Workspace | None], object],
        project: OpenProject = NOTHING_OPEN,
    ) -> None:  # fmt: skip
        super().__init__()
        self._desk, self._connect = desk, connect
        self.compute, self.jobs, self.outbox = ComputeTab(desk), JobsTab(desk, shell), OutboxTab(desk, shell)
        self.models, self.data = self._assets()
        self.environments = EnvironmentsTab(desk, project)
        self.endpoints = EndpointsTab(desk)
        self.workspaces = WorkspacesTab(desk, connect)
        self.tabs = Tabs(self.tr("Parts of the cloud"))
        self.chooser, self.state, self.age = QComboBox(), IconLabel(role="muted"), ElidedLabel("", "muted")
        self.connect_button = button(self.tr("&Connect a workspace…"), "mdi6.cloud-plus-outline", lambda: connect(None))
        self.sign_in_button = button(self.tr("S&ign in…"), "mdi6.login", lambda: connect(desk.workspace))
        self._stack = QStackedLayout()
        self._build()
        self._listings = {
            TABS.index(name): tab.listing
            for name, tab in (
                ("compute", self.compute), ("models", self.models), ("data", self.data),
                ("environments", self.environments), ("endpoints", self.endpoints),
            )
        }  # fmt: skip
        for listing in self._listings.values():
            listing.aged.connect(self._show_age)
        self.tabs.changed.connect(lambda _index: self._show_age())
        desk.changed.connect(self._show)
        desk.outbox_changed.connect(self._show_outbox)
        self._show()
        self._show_outbox()

    def show_tab(self, name: str) -> None:
        """Show one of `TABS`; without a workspace, how to come to one."""
        self.tabs.show_tab(TABS.index(name))

    def deploy(self, model: str) -> None:
        """Show the endpoints, and ask where to serve a model (`NAME:VERSION`)."""
        self.show_tab("endpoints")
        self.endpoints.deploy(model)

    def _show_age(self) -> None:
        """Say beside the workspace's state how old the list of the tab in front is."""
        listing = self._listings.get(self.tabs.index)
        self.age.setText(listing.note_beside(self.state.label.text()) if listing is not None else "")

    def _show(self) -> None:
        workspace = self._desk.workspace
        self._stack.setCurrentIndex(0 if self._desk.workspaces or self._desk.waiting else 1)
        self.connect_button.setVisible(bool(self._desk.workspaces))
        for each in (self.chooser, self.state):
            each.setVisible(workspace is not None)
        self.sign_in_button.hide()
        if workspace is None:
            return
        self._show_chooser(workspace)
        known = self._desk.standing(workspace)
        self.sign_in_button.setVisible(known.wants_sign_in)
        self.state.set_icon(icon(*looks(known.standing)))
        self.state.set_text(known.standing.value)
        self._show_age()
        self.state.setToolTip(str(known.fault or ""))
        for tab in (self.compute, self.jobs, self.models, self.data, self.environments, self.endpoints):
            tab.show_workspace(workspace)

    def _show_chooser(self, workspace: Workspace) -> None:
        found = self._desk.workspaces
        titles = [(title_of(each, found), each.key) for each in found]
        if titles != [(self.chooser.itemText(at), self.chooser.itemData(at)) for at in range(self.chooser.count())]:
            self.chooser.clear()
            for title, key in titles:
                self.chooser.addItem(icon("mdi6.cloud-outline", "muted"), title, key)
        self.chooser.setCurrentIndex(self.chooser.findData(workspace.key))

    def _show_outbox(self) -> None:
        count = len(self._desk.waiting)
        self.tabs.bar.setTabText(
            TABS.index("outbox"), self.tr("Outbox ({})").format(count) if count else self.tr("Outbox")
        )
        self._stack.setCurrentIndex(0 if self._desk.workspaces or count else 1)

    def _look_after(self, _index: int) -> None:
        key = self.chooser.currentData()
        found = next((each for each in self._desk.workspaces if each.key == key), None)
        if found is not None:
            self._desk.look_after(found)

    def _build(self) -> None:
        self.chooser.setAccessibleName(self.tr("Workspace that is shown"))
        self.chooser.setToolTip(self.chooser.accessibleName())
        self.chooser.setIconSize(icon_size(wide=True))
        self.chooser.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.chooser.activated.connect(self._look_after)
        self.models.deploy_asked.connect(self.deploy)
        top = QHBoxLayout()
        top.setSpacing(Space.M)
        top.addWidget(label(self.tr("Cloud"), "title"))
        top.addWidget(self.chooser)
        top.addWidget(self.state)
        top.addWidget(self.sign_in_button)
        top.addWidget(self.age, 1)
        top.addWidget(self.connect_button)
        self.tabs.add(self.compute, self.tr("Compute"), self.compute.tools)
        self.tabs.add(self.jobs, self.tr("Jobs"), self.jobs.tools)
        self.tabs.add(self.outbox, self.tr("Outbox"), self.outbox.tools)
        self.tabs.add(self.models, self.tr("Models"), self.models.tools)
        self.tabs.add(self.data, self.tr("Data"), self.data.tools)
        self.tabs.add(self.environments, self.tr("Environments"), self.environments.tools)
        self.tabs.add(self.endpoints, self.tr("Endpoints"), self.endpoints.tools)
        self.tabs.add(self.workspaces, self.tr("Workspaces"), self.workspaces.tools)
        self._stack.addWidget(self.tabs)
        self._stack.addWidget(self._nothing())
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L + Space.XS, Space.L, Space.L + Space.XS, Space.L)
        column.setSpacing(Space.M)
        column.addLayout(top)
        column.addLayout(self._stack, 1)

    def _assets(self) -> tuple[AssetsTab, AssetsTab]:
        about_models = self.tr("A model is kept by name and version. A run's page registers what the run made.")
        models = ("mdi6.cube-outline", self.tr("No models yet"), about_models)
        about_data = self.tr("A data asset gives files a name and a version, for jobs to take as azureml:NAME:VERSION.")
        data = ("mdi6.database-outline", self.tr("No data yet"), about_data)
        return (
            AssetsTab(self._desk, "model", self.tr("Models"), models),
            AssetsTab(self._desk, "data", self.tr("Data assets"), data),
        )

    def _nothing(self) -> QWidget:
        text = self.tr(
            "An Azure ML workspace runs the same job files on machines in the cloud, with as many GPUs as they have.\n"
            "Its config.json, from the Azure portal, says all that is needed: drop it on this window."
        )
        empty = EmptyState("mdi6.cloud-outline", self.tr("No workspace yet"), text)
        connect = primary_button(self.tr("Connect a workspace…"), "mdi6.cloud-plus-outline")
        connect.clicked.connect(lambda _checked=False: self._connect(None))
        empty.add_action(connect)
        return empty
