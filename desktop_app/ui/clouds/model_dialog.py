"""Registering what a run made as a model of its workspace: what, under which name, of which kind."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QComboBox, QDialog, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop_app.api import RunSnapshot
from desktop_app.presenters.clouds.run_files import (
    MODEL_TYPES,
    FileNode,
    name_complaint,
    new_model,
    suggested_name,
    type_for,
)
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, button, label, primary_button


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
        self.setWindowTitle(title)
        for node in self._nodes.values():
            self.path.addItem(f"{node.path}/" if node.is_folder else node.path, node.path)
        for kind, said, _says in MODEL_TYPES:
            self.kind.addItem(said, kind)
        self.name.textEdited.connect(self._check)
        self.path.currentIndexChanged.connect(self._path_chosen)
        self.kind.currentIndexChanged.connect(self._kind_chosen)
        self._kind_chosen()
        card, grid = Card(), QGridLayout()
        grid.setHorizontalSpacing(Space.L)
        grid.setVerticalSpacing(Space.S)
        grid.setColumnStretch(1, 1)
        rows = ((self.tr("Name"), self.name), (self.tr("Files"), self.path), (self.tr("Kind"), self.kind))
        for at, (name, control) in enumerate(rows):
            control.setAccessibleName(name)
            grid.addWidget(label(name, "muted"), 2 * at, 0)
            grid.addWidget(control, 2 * at, 1)
        grid.addWidget(self.complaint, 1, 1)
        grid.addWidget(self.says, 5, 1)
        card.body.addLayout(grid)
        footer = QHBoxLayout()
        footer.setSpacing(Space.S)
        footer.addStretch()
        footer.addWidget(button(self.tr("Cancel"), on_click=self.reject))
        footer.addWidget(self.go)
        self.go.setDefault(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(label(title, "title", wraps=True))
        column.addWidget(card)
        column.addStretch()
        column.addLayout(footer)
