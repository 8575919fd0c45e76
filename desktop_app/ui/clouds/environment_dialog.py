"""Registering an environment in the workspace from its file: one of the open folder, or any other."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLineEdit, QWidget
from shiboken6 import isValid

from desktop_app.api import NewAsset, Workspace
from desktop_app.presenters.clouds.run_files import name_complaint
from desktop_app.services.environments.finding import name_in, own_environments
from desktop_app.ui.clouds.choosing import ask_path
from desktop_app.ui.clouds.dialog_frame import frame
from desktop_app.ui.clouds.field_grid import FieldGrid
from desktop_app.ui.clouds.size_choice import fit_wide
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, label, primary_button, tool_button


class EnvironmentDialog(QDialog):
    """`asked` carries the `NewAsset`."""

    asked = Signal(object)

    def __init__(self, workspace: Workspace, folder: Path | None, parent: QWidget) -> None:
        super().__init__(parent)
        self._folder, self._typed = folder, False
        self.files, self.name, self.description = QComboBox(), QLineEdit(), QLineEdit()
        self.says, self.complaint = label(role="muted", wraps=True), label(role="error", wraps=True)
        self.go = primary_button(self.tr("Register"), "mdi6.plus", self.accept)
        self._build(workspace)
        self._check()
        fit_to_screen(self, QSize(560, 380), parent)
        if folder is not None:
            spawn(self._look(folder), "look for environment files")

    def show_files(self, found: list[Path]) -> None:
        """Offer these files."""
        for each in found:
            self.files.addItem(self._shown(each), str(each))
        none = self.tr("The open folder has no environment file; choose one.")
        self.says.setText("" if found else none)
        self.says.setVisible(not found)

    def take(self, path: Path) -> None:
        """Choose a file."""
        if self.files.findData(str(path)) < 0:
            self.files.addItem(self._shown(path), str(path))
        self.files.setCurrentIndex(self.files.findData(str(path)))
        self.says.hide()

    def accept(self) -> None:
        """Called by Qt for Enter and the button."""
        if self._check():
            path, text = str(self.files.currentData()), self.description.text().strip()
            self.asked.emit(NewAsset("environment", self.name.text().strip(), path, description=text))
            super().accept()

    async def _look(self, folder: Path) -> None:
        found = await asyncio.to_thread(own_environments, folder)
        if isValid(self):
            self.show_files([each.path for each in found if each.kind == "environment"])

    def _file_chosen(self) -> None:
        path = self.files.currentData()
        if path is not None and not self._typed:
            spawn(self._take_name(Path(path)), "read an environment's name")
        self._check()

    async def _take_name(self, path: Path) -> None:
        name = await asyncio.to_thread(name_in, path)
        if isValid(self) and not self._typed and self.files.currentData() == str(path):
            self.name.setText(name or path.stem)
            self._check()

    def _name_typed(self) -> None:
        self._typed = True
        self._check()

    def _check(self) -> bool:
        said = name_complaint(self.name.text().strip())
        self.complaint.setText(said)
        self.complaint.setVisible(bool(said) and self._typed)
        able = not said and self.files.currentData() is not None
        self.go.setEnabled(able)
        return able

    def _shown(self, path: Path) -> str:
        if self._folder is not None and path.is_relative_to(self._folder):
            return str(path.relative_to(self._folder))
        return str(path)

    def _browse(self) -> None:
        ask_path(self, self.tr("An environment's file"), self.take, folder=False)

    def _build(self, workspace: Workspace) -> None:
        fit_wide(self.files)
        self.files.currentIndexChanged.connect(self._file_chosen)
        self.name.textEdited.connect(self._name_typed)
        form = FieldGrid()
        form.add(self.tr("File"), self._file_part(), self.says)
        form.add(self.tr("Name"), self.name, self.complaint)
        form.add(self.tr("Description"), self.description)
        for control, name in (
            (self.files, self.tr("File")), (self.name, self.tr("Name")), (self.description, self.tr("Description")),
        ):  # fmt: skip
            control.setAccessibleName(name)
        for each in (self.says, self.complaint):
            each.hide()
        card = Card()
        card.body.addLayout(form.grid)
        said = self.tr("The next version is taken; one that is there already is never replaced.")
        card.body.addWidget(label(said, "muted", wraps=True))
        frame(self, self.tr("Register an environment in {}").format(workspace.name), card, self.go)

    def _file_part(self) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        row.addWidget(self.files, 1)
        row.addWidget(tool_button("mdi6.file-outline", self.tr("Choose a file"), self._browse))
        return made
