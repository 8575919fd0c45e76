"""Writing the finished job file: under the name on the last page, never over a file that is there."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop_app.presenters.files import name_problem
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, label


class FileName(Card):
    """Asks for the file's name in the project folder; says at once why one won't do."""

    changed = Signal()

    def __init__(self, folder: Path, name: str, parent: QWidget) -> None:
        super().__init__(parent, margin=Space.L)
        self.hide()
        self._folder = folder
        self.line = QLineEdit(name)
        self.line.setAccessibleName(self.tr("File name"))
        self.problem_line = label("", "error", wraps=True)
        self.problem_line.hide()
        row = QHBoxLayout()
        row.setSpacing(Space.L)
        row.addWidget(label(self.tr("File name"), "muted"))
        row.addWidget(self.line, 1)
        row.addWidget(label(self.tr("in {}").format(folder.name), "small"))
        column = QVBoxLayout()
        column.setSpacing(Space.XS)
        column.addLayout(row)
        column.addWidget(self.problem_line)
        holder = QWidget()
        holder.setLayout(column)
        column.setContentsMargins(0, 0, 0, 0)
        self.body.addWidget(holder)
        self.line.textChanged.connect(lambda _text: self._check())

    @property
    def path(self) -> Path:
        """The file that it will be."""
        return self._folder / (self._name or "job.yml")

    @property
    def problem(self) -> str:
        """Why the name won't do; empty where it does."""
        return name_problem(self._folder, self._name)

    @property
    def _name(self) -> str:
        typed = self.line.text().strip()
        return typed if not typed or typed.lower().endswith((".yml", ".yaml")) else f"{typed}.yml"

    def _check(self) -> None:
        problem = self.problem
        self.problem_line.setText(problem)
        self.problem_line.setVisible(bool(problem))
        self.line.setProperty("invalid", bool(problem))
        self.line.setAccessibleDescription(problem)
        self.line.style().unpolish(self.line)
        self.line.style().polish(self.line)
        self.changed.emit()
