"""Registering a model or a data asset from a file, a folder or a web address."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QHBoxLayout, QLineEdit, QWidget

from desktop_app.api import Workspace
from desktop_app.presenters.clouds import assets as words
from desktop_app.presenters.clouds.run_files import name_complaint
from desktop_app.ui.clouds.choosing import ask_path
from desktop_app.ui.clouds.dialog_frame import frame
from desktop_app.ui.clouds.field_grid import FieldGrid
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, label, primary_button, tool_button


class AssetDialog(QDialog):
    """`asked` carries the `NewAsset`."""

    asked = Signal(object)

    def __init__(self, kind: str, workspace: Workspace, parent: QWidget) -> None:
        super().__init__(parent)
        self._asset = kind
        self.path, self.name, self.description = QLineEdit(), QLineEdit(), QLineEdit()
        self.kind = QComboBox()
        self.says = label(role="muted", wraps=True)
        self.path_complaint, self.name_complaint = label(role="error", wraps=True), label(role="error", wraps=True)
        self.go = primary_button(self.tr("Register"), on_click=self.accept)
        noun = words.NOUNS[kind]
        self._build(self.tr("Register a {} in {}").format(noun, workspace.name))
        fit_to_screen(self, QSize(560, 420), parent)

    def show_path(self, path: str, *, is_folder: bool) -> None:
        """Take what lies there; a name and a type are suggested."""
        self.path.setText(path)
        if not self.name.text():
            self.name.setText(words.name_for(path))
        self.kind.setCurrentIndex(self.kind.findData(words.type_for(self._asset, path, is_folder=is_folder)))
        self._check()

    def accept(self) -> None:
        """Called by Qt for Enter and the button."""
        if self._check():
            self.asked.emit(
                words.new_asset(
                    self._asset, self.name.text(), self.path.text(), str(self.kind.currentData()),
                    self.description.text(),
                )
            )  # fmt: skip
            super().accept()

    def _check(self) -> bool:
        path, name = words.path_complaint(self.path.text()), name_complaint(self.name.text().strip())
        for shown, said in ((self.path_complaint, path), (self.name_complaint, name)):
            shown.setText(said)
            shown.setVisible(bool(said))
        return not (path or name)

    def _choose(self, *, folder: bool) -> None:
        ask_path(
            self, self.tr("What to register"), lambda path: self.show_path(str(path), is_folder=folder), folder=folder
        )  # fmt: skip

    def _say_kind(self) -> None:
        self.says.setText(words.TYPES[self._asset][max(0, self.kind.currentIndex())][2])

    def _build(self, title: str) -> None:
        for name, said, _says in words.TYPES[self._asset]:
            self.kind.addItem(said, name)
        self.kind.currentIndexChanged.connect(self._say_kind)
        self._say_kind()
        form = FieldGrid()
        form.add(self.tr("From"), self._path_part(), self.path_complaint)
        form.add(self.tr("Name"), self.name, self.name_complaint)
        form.add(self.tr("Type"), self.kind, self.says)
        form.add(self.tr("Description"), self.description)
        for control, name in (
            (self.path, self.tr("From")), (self.name, self.tr("Name")), (self.kind, self.tr("Type")),
            (self.description, self.tr("Description")),
        ):  # fmt: skip
            control.setAccessibleName(name)
        for each in (self.path_complaint, self.name_complaint):
            each.hide()
        card = Card()
        card.body.addLayout(form.grid)
        frame(self, title, card, self.go)

    def _path_part(self) -> QWidget:
        self.path.setPlaceholderText(self.tr("A file, a folder, or https://…"))
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        row.addWidget(self.path, 1)
        row.addWidget(tool_button("mdi6.file-outline", self.tr("Choose a file"), lambda: self._choose(folder=False)))
        row.addWidget(
            tool_button("mdi6.folder-open-outline", self.tr("Choose a folder"), lambda: self._choose(folder=True))
        )
        return made
