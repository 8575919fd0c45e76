"""The workspaces that were connected: use one, sign in or out, ask it how it stands, forget it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import UserError, Workspace
from desktop_app.presenters.clouds.places import place_key
from desktop_app.presenters.clouds.workspaces import HEADERS, WorkspaceRow, rows
from desktop_app.services.catalogues import azure_clouds
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.docs import not_proven
from desktop_app.ui.clouds.table_pane import TablePane, tool_row
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import button, hairline, label

Connect = Callable[[Workspace | None], object]


class WorkspacesTab(QWidget):
    """Follows the desk."""

    def __init__(self, desk: CloudDesk, connect: Connect) -> None:
        super().__init__()
        self._desk, self._connect = desk, connect
        self._rows: tuple[WorkspaceRow, ...] = ()
        self.pane = TablePane(self.tr("Workspaces"), HEADERS, 4)
        self.why = label(role="muted", wraps=True, selectable=True)
        self.use_button = button(self.tr("&Run jobs here"), "mdi6.check", self.use)
        self.check_button = button(self.tr("Chec&k connection"), "mdi6.cloud-sync-outline", self.check)
        self.sign_in_button = button(self.tr("Si&gn in…"), "mdi6.login", self.sign_in)
        self.forget_button = button(self.tr("&Forget…"), "mdi6.delete-outline", self.ask_forget)
        self.tools = tool_row(self.use_button, self.check_button, self.sign_in_button, self.forget_button)
        self._build()
        desk.changed.connect(self._show)
        self._show()

    def use(self) -> None:
        """Let jobs run in the chosen workspace."""
        chosen = self._chosen()
        if chosen is not None:
            self._desk.choose(place_key(chosen))

    def check(self) -> None:
        """Ask the chosen workspace how it stands."""
        chosen = self._chosen()
        if chosen is not None:
            self._desk.check(chosen)

    def sign_in(self) -> None:
        """Sign in to the chosen workspace, perhaps in another way."""
        chosen = self._chosen()
        if chosen is not None:
            self._connect(chosen)

    def ask_forget(self) -> None:
        """Ask whether to forget the chosen workspace."""
        chosen = self._chosen()
        if chosen is not None:
            self.pane.confirm.ask(
                self.tr("Forget {}?").format(chosen.name),
                self.tr("It goes from this list and its sign-in is forgotten. In Azure nothing is deleted."),
                self.tr("Forget"),
                lambda: spawn(self._desk.forget(chosen), f"forget {chosen.name}", self._failed),
            )

    def _failed(self, fault: UserError) -> None:
        if isValid(self):
            self.pane.message.show_error(fault)

    def _show(self) -> None:
        self._rows = shown = rows(self._desk.workspaces, self._desk.known, dict(azure_clouds()))
        self.pane.model.look = lambda row: (shown[row].icon, shown[row].role)
        self.pane.model.tip = lambda row: shown[row].tip
        self.pane.show_rows(len(shown), lambda row, column: shown[row].cells[column])
        self._choose()

    def _choose(self) -> None:
        chosen, row = self._chosen(), self.pane.row
        for each in (self.use_button, self.check_button, self.sign_in_button, self.forget_button):
            each.setEnabled(chosen is not None)
        if chosen is not None:
            self.use_button.setEnabled(place_key(chosen) != self._desk.place)
            self.why.setText(self._rows[row].tip)
        self.why.setVisible(chosen is not None and bool(self._rows[row].tip))

    def _chosen(self) -> Workspace | None:
        row = self.pane.row
        return self._rows[row].workspace if 0 <= row < len(self._rows) else None

    def _build(self) -> None:
        self.pane.chosen.connect(self._choose)
        self.pane.activated.connect(self.use)
        self.why.setContentsMargins(Space.M, Space.S, Space.M, 0)
        note = not_proven()
        note.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        self.pane.below.addWidget(self.why)
        self.pane.below.addWidget(hairline())
        self.pane.below.addLayout(note)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pane, 1)
