"""Ties the cloud to the window's frame: the menu of places, the status bar's word, dialogs, dropped files, actions."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QWidget

from desktop_app.api import Workspace
from desktop_app.presenters.clouds.outbox import status_text
from desktop_app.presenters.clouds.places import CLOUD, backend_of
from desktop_app.ui.clouds import place_menu
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.dropping import ConfigDrop
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets.buttons import primary_button

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench
    from desktop_app.ui.clouds.connect_dialog import ConnectDialog
    from desktop_app.ui.clouds.page import CloudPage
    from desktop_app.ui.files.editor_pane import EditorPane
    from desktop_app.ui.files.page import FilesPage
    from desktop_app.ui.main_window import MainWindow


class CloudHooks(QObject):
    """One window's part of the cloud."""

    def __init__(self, window: MainWindow, workbench: Workbench) -> None:
        super().__init__(window)
        self._window = window
        self.desk = CloudDesk(workbench, window.state, self)
        self._drop = ConfigDrop(window, self.ask_to_connect)
        window.title_row.place.filling.connect(self._fill)
        window.status_row.outbox_asked.connect(self._show_outbox_tab)
        self.desk.changed.connect(self._show_place)
        self.desk.outbox_changed.connect(self._show_outbox)
        self._add_actions()
        self.desk.start()

    def page(self) -> QWidget:
        """Make the Cloud page."""
        from desktop_app.ui.clouds.environments_tab import OpenProject
        from desktop_app.ui.clouds.page import CloudPage

        return CloudPage(self.desk, self._window, self.connect_workspace, OpenProject(self._folder, self._job))

    def connect_workspace(self, workspace: Workspace | None = None) -> None:
        """Show the dialog that connects a workspace, with its fields filled where one is given."""
        from desktop_app.ui.clouds.connect_dialog import ConnectDialog

        dialog = ConnectDialog(self.desk, self._window, workspace)
        dialog.finished.connect(lambda _result: dialog.deleteLater())
        dialog.kept.connect(lambda kept: self._say_connected(kept, dialog))
        dialog.open()

    def ask_to_connect(self, path: Path) -> None:
        """Ask, at the top of the page, whether to connect the workspace of a config.json."""
        spawn(self._ask_to_connect(path), "read config.json", self._window.say)

    def show_tab(self, name: str) -> None:
        """Show a part of the Cloud page, one of its `TABS`."""
        self._window.show_page("cloud")
        page = self._window.pages.page("cloud")
        if hasattr(page, "show_tab"):
            cast("CloudPage", page).show_tab(name)

    def tell_files(self, page: QWidget) -> None:
        """Say to the Files page, which was just made, where jobs run; to its action, too."""
        name = self._workspace_name
        files = cast("FilesPage", page)
        files.editors.set_place(name)
        files.tree.set_place(name)
        action = self._window.actions_by_name["run.here"]
        action.setText(self.tr("&Submit to {}…").format(name) if name else self.tr("&Run here…"))

    def _folder(self) -> Path | None:
        project = self._window.state.get("project")
        return Path(project) if isinstance(project, str) and project else None

    def _job(self) -> EditorPane | None:
        """Return the job that is shown on the Files page."""
        from desktop_app.ui.environments.actions import may_take

        page = self._window.pages.made("files")
        pane = cast("FilesPage", page).pane if page is not None and hasattr(page, "pane") else None
        return pane if pane is not None and may_take(pane) else None

    def close(self) -> None:
        """Follow no more."""
        self.desk.close()
        self._drop.stop()
        self._window.title_row.place.filling.disconnect(self._fill)
        self._window.status_row.outbox_asked.disconnect(self._show_outbox_tab)

    def _fill(self, menu: QMenu) -> None:
        place_menu.fill(menu, self.desk, self.connect_workspace, lambda: self.show_tab("workspaces"))

    def _show_place(self) -> None:
        chosen = self.desk.chosen
        self._window.title_row.show_place(chosen.key, chosen.title, chosen.icon, chosen.role, chosen.note)
        page = self._window.pages.made("files")
        if page is not None and hasattr(page, "editors"):
            self.tell_files(page)

    @property
    def _workspace_name(self) -> str:
        chosen = self.desk.chosen
        return chosen.title if backend_of(chosen.key) == CLOUD else ""

    def _show_outbox(self) -> None:
        self._window.status_row.set_outbox(status_text(self.desk.waiting))

    def _show_outbox_tab(self) -> None:
        self.show_tab("outbox")

    def _say_connected(self, workspace: Workspace, dialog: ConnectDialog) -> None:
        """Say what is so from now on; that a sign-in does not last stays until it is read."""
        words = self.tr("You are signed in to {}.") if dialog.signs_in else self.tr("Jobs run in {} from now on.")
        said, message = words.format(workspace.name), self._window.message
        if dialog.lasting:
            message.clear_buttons()
            message.show_text("info", said, dialog.lasting)
        else:
            message.show_passing(said)

    async def _ask_to_connect(self, path: Path) -> None:
        workspace = await asyncio.to_thread(self.desk.cloud.read_config, path)
        message = self._window.message
        if workspace.key in {each.key for each in self.desk.workspaces}:
            message.show_passing(self.tr("{} is connected already.").format(workspace.name))
            return
        where = self.tr("Resource group {}, subscription {}.").format(workspace.group, workspace.subscription)
        message.clear_buttons()
        message.show_text("info", self.tr("Connect the workspace {}?").format(workspace.name), where)

        def connect() -> None:
            message.dismiss()
            self.connect_workspace(workspace)

        message.add_button(made := primary_button(self.tr("Connect…"), "mdi6.cloud-plus-outline", connect))
        message.dismissed.connect(message.clear_buttons)
        made.setFocus()

    def _add_actions(self) -> None:
        add, tr = self._window.add_action, self.tr
        add("cloud.connect", tr("&Connect a workspace…"), "", self.connect_workspace, menu="cloud",
            icon="mdi6.cloud-plus-outline")  # fmt: skip
        add("cloud.compute", tr("Com&pute and quota"), "", lambda: self.show_tab("compute"), menu="cloud",
            icon="mdi6.server-network")  # fmt: skip
        add("cloud.jobs", tr("&Jobs of the workspace"), "", lambda: self.show_tab("jobs"), menu="cloud",
            icon="mdi6.playlist-play")  # fmt: skip
        add("cloud.outbox", tr("&Outbox"), "", lambda: self.show_tab("outbox"), menu="cloud",
            icon="mdi6.cloud-upload-outline")  # fmt: skip
        add("cloud.environments", tr("E&nvironments of the workspace"), "", lambda: self.show_tab("environments"),
            menu="cloud", icon="mdi6.package-variant-closed")  # fmt: skip
        add("cloud.endpoints", tr("&Endpoints"), "", lambda: self.show_tab("endpoints"), menu="cloud",
            icon="mdi6.web")  # fmt: skip
        add("cloud.manage", tr("&Manage workspaces"), "", lambda: self.show_tab("workspaces"), menu="cloud",
            icon="mdi6.cloud-cog-outline")  # fmt: skip
