"""Registering what a run made as a model of its workspace: what, under which name, of which kind."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QLineEdit, QWidget

from desktop_app.api import RunSnapshot
from desktop_app.presenters.clouds.run_files import (
    MODEL_TYPES,
    FileNode,
    name_complaint,
    new_model,
    suggested_name,
    type_for,
)
from desktop_app.ui.clouds.dialog_frame import frame
from desktop_app.ui.clouds.field_grid import FieldGrid
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.widgets import Card, label, primary_button


class ModelDialog(QDialog):
    """`asked` carries the `NewAsset`."""

    asked = Signal(object)

    def __init__(self, run: RunSnapshot, nodes: Sequence[FileNode], chosen: FileNode | None, parent: QWidget) -> None:
        super().__init__(parent)
        self._run = run
        self._nodes = {each.path: each for each in nodes}
        self.name, self.path, self.kind = QLineEdit(suggested_name(run)), QComboBox(), QComboBox()
        self.complaint, self.says = label(role="error", wraps=True), label(role="muted", wraps=True)
        self.go = primary_button(self.tr("Register"), "mdi6.cube-outline", self.accept)
        self._build()
        if chosen is not None and chosen.path in self._nodes:
            self.path.setCurrentIndex(self.path.findData(chosen.path))
        self._path_chosen()
        self._check()
        fit_to_screen(self, QSize(520, 360), parent)

    def accept(self) -> None:
        """Called by Qt for Enter and the button."""
        if self._check():
            path, kind = str(self.path.currentData()), str(self.kind.currentData())
            self.asked.emit(new_model(self._run, self.name.text().strip(), path, kind))
            super().accept()

    def _check(self) -> bool:
        said = name_complaint(self.name.text().strip())
        self.complaint.setText(said)
        self.complaint.setVisible(bool(said))
        self.go.setEnabled(not said)
        return not said

    def _path_chosen(self) -> None:
        node = self._nodes.get(str(self.path.currentData()))
        if node is not None:
            self.kind.setCurrentIndex(self.kind.findData(type_for(node)))

    def _kind_chosen(self) -> None:
        self.says.setText(MODEL_TYPES[max(0, self.kind.currentIndex())][2])

    def _build(self) -> None:
        title = self.tr("Register a model of {}").format(self._run.display_name or self._run.run)
        for node in self._nodes.values():
            self.path.addItem(f"{node.path}/" if node.is_folder else node.path, node.path)
        for kind, said, _says in MODEL_TYPES:
            self.kind.addItem(said, kind)
        self.name.textEdited.connect(self._check)
        self.path.currentIndexChanged.connect(self._path_chosen)
        self.kind.currentIndexChanged.connect(self._kind_chosen)
        self._kind_chosen()
        form = FieldGrid()
        form.add(self.tr("Name"), self.name, self.complaint)
        form.add(self.tr("Files"), self.path)
        form.add(self.tr("Kind"), self.kind, self.says)
        for control, name in (
            (self.name, self.tr("Name")),
            (self.path, self.tr("Files")),
            (self.kind, self.tr("Kind")),
        ):
            control.setAccessibleName(name)
        card = Card()
        card.body.addLayout(form.grid)
        frame(self, title, card, self.go)
