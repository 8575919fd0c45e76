"""The fields that name a workspace, each checked in place, and the way to sign in with a word on whom it is for."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QWidget

from desktop_app.api import SignInMethod, Workspace
from desktop_app.presenters.clouds.connect import FIELDS, GIVEN, WAYS, complaint, way_of, workspace_of
from desktop_app.services.catalogues import azure_clouds
from desktop_app.ui.clouds.field_grid import FieldGrid
from desktop_app.ui.widgets import label


class WorkspaceForm(QWidget):
    """`edited` when a person changed something."""

    edited = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.lines: dict[str, QLineEdit] = {}
        self._complaints: dict[str, QLabel] = {}
        self.clouds, self.ways = QComboBox(), QComboBox()
        self.way_says = label(role="muted", wraps=True)
        self.secrets: dict[str, QLineEdit] = {}
        self._captions: list[QLabel] = []
        self._grid = FieldGrid()
        self._shown: Workspace | None = None
        self._build()
        self._say_way()

    @property
    def method(self) -> SignInMethod:
        """The way to sign in that is chosen."""
        return SignInMethod(self.ways.currentData())

    @property
    def given(self) -> dict[str, str] | None:
        """What was typed for an application; None where its variables say all, or another way is chosen."""
        typed = {name: each.text().strip() for name, each in self.secrets.items() if each.text().strip()}
        return typed if typed and self.method is SignInMethod.SERVICE_PRINCIPAL else None

    @property
    def workspace(self) -> Workspace:
        """What is typed now."""
        values = {name: each.text() for name, each in self.lines.items()} | (self.given or {})
        return workspace_of(values, str(self.clouds.currentData()), self._shown, self.method)

    def show_workspace(self, workspace: Workspace) -> None:
        """Fill the fields."""
        for name, line in self.lines.items():
            line.setText(str(getattr(workspace, name)))
            self._check(name)
        self._shown = workspace
        if workspace.client:  # its secret is nowhere in reach of this window
            self.secrets["client_id"].setText(workspace.client)
            self.secrets["tenant_id"].setText(workspace.tenant)
        self.clouds.setCurrentIndex(max(0, self.clouds.findData(workspace.cloud)))
        if workspace.sign_in is not SignInMethod.AUTOMATIC:
            self.ways.setCurrentIndex(self.ways.findData(workspace.sign_in.value))

    def show_way_alone(self) -> None:
        """Show how to sign in, and not to which workspace, which is known."""
        self._grid.hide_until(self.ways)

    def check(self) -> bool:
        """Say at each field what is wrong with it; return whether nothing is. The first wrong one gets the focus."""
        wrong = [name for name in self.lines if not self._check(name)]
        if wrong:
            self.lines[wrong[0]].setFocus()
        return not wrong

    def _check(self, name: str) -> bool:
        line, said = self.lines[name], complaint(name, self.lines[name].text())
        self._complaints[name].setText(said)
        self._complaints[name].setVisible(bool(said))
        line.setAccessibleDescription(said)
        line.setProperty("invalid", bool(said))
        line.style().unpolish(line)
        line.style().polish(line)
        return not said

    def _edited(self, name: str) -> None:
        if not self._complaints[name].isHidden():
            self._check(name)
        self.edited.emit()

    def _build(self) -> None:
        form = self._grid
        self.setLayout(form.grid)
        for name, (title, example) in FIELDS.items():
            form.add(title, self._line(name, title, example), self._complaints[name])
        for cloud, title in azure_clouds():
            self.clouds.addItem(title, cloud)
        self.clouds.setAccessibleName(self.tr("Cloud"))
        form.add(self.tr("Cloud"), self.clouds)
        for way in WAYS:
            self.ways.addItem(way.title, way.method.value)
        self.ways.setAccessibleName(self.tr("Sign in"))
        self.ways.currentIndexChanged.connect(self._say_way)
        form.add(self.tr("Sign in"), self.ways, self.way_says)
        for name, title in GIVEN.items():
            line = self.secrets[name] = QLineEdit()
            line.setAccessibleName(title)
            self._captions.append(form.add(title, line))
        self.secrets["client_secret"].setEchoMode(QLineEdit.EchoMode.Password)

    def _line(self, name: str, title: str, example: str) -> QLineEdit:
        line = self.lines[name] = QLineEdit(placeholderText=example)
        line.setAccessibleName(title)
        line.setMinimumWidth(line.fontMetrics().averageCharWidth() * 30)
        said = self._complaints[name] = label(role="error", wraps=True)
        said.hide()
        line.textEdited.connect(lambda _text: self._edited(name))
        line.editingFinished.connect(lambda: line.text() and self._check(name))
        return line

    def _say_way(self) -> None:
        says = way_of(self.method).says
        self.way_says.setText(says)
        self.ways.setAccessibleDescription(says)
        is_application = self.method is SignInMethod.SERVICE_PRINCIPAL
        for each in (*self._captions, *self.secrets.values()):
            each.setVisible(is_application)
