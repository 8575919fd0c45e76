"""The inputs of a model as a small table to fill in, and files with sets of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop_app.presenters.models.inputs import DTYPES, InputRow
from desktop_app.ui.models.path_line import mark_wrong
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import button, label, tool_button
from desktop_app.ui.widgets.calm_wheel import calm_wheel
from desktop_app.ui.widgets.layouts import drop_contents


class _Row:
    """The controls of one input."""

    def __init__(self, row: InputRow, words: Sequence[str], changed: Callable[[], object]) -> None:
        self.required = row.required
        self.name, self.shape = QLineEdit(row.name), QLineEdit(row.shape)
        self.low, self.high = QLineEdit(row.low), QLineEdit(row.high)
        self.dtype = QComboBox()
        self.dtype.addItems(list(DTYPES))
        self.dtype.setCurrentText(row.dtype)
        calm_wheel(self.dtype)
        self.shape.setPlaceholderText("batch, 3, 224, 224")
        lines = (self.name, self.dtype, self.shape, self.low, self.high)
        for each, word in zip(lines, words, strict=True):
            each.setAccessibleName(f"{word} {row.name}".strip())
        for line in (self.name, self.shape, self.low, self.high):
            line.textEdited.connect(lambda _text: changed())
        for line in (self.low, self.high):
            line.setMaximumWidth(line.fontMetrics().averageCharWidth() * 12)
        self.dtype.activated.connect(lambda _index: changed())

    def mark(self) -> None:
        """Mark what is wrong with it."""
        wrong = self.row.wrong_part
        for part, lines in (("name", (self.name,)), ("shape", (self.shape,)), ("range", (self.low, self.high))):
            for each in lines:
                mark_wrong(each, self.row.problem if part == wrong else "")

    @property
    def row(self) -> InputRow:
        """What is written."""
        return InputRow(
            self.name.text(), self.dtype.currentText(), self.shape.text(), self.low.text(), self.high.text(),
            self.required,
        )  # fmt: skip


class InputsEditor(QWidget):
    """`changed` when something else is written."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[_Row] = []
        self.files: list[str] = []
        self._table = QWidget()
        self._grid = QGridLayout(self._table)
        self._below = QVBoxLayout()
        self.add_button = button(self.tr("Add an &input"), "mdi6.plus", self.add_row)
        self.file_button = button(self.tr("Add &sets from a file…"), "mdi6.file-table-outline", self._ask_file)
        self._build()

    @property
    def rows(self) -> list[InputRow]:
        """What is written now."""
        return [each.row for each in self._rows]

    @property
    def first_empty(self) -> QWidget:
        """Where the next thing is to be written: the first shape or name that is missing."""
        asked = (each for each in self._rows if each.required)
        fields = (line for each in asked for line in (each.name, each.shape) if not line.text().strip())
        return next(fields, self._rows[0].shape if self._rows else self.add_button)

    def mark(self) -> None:
        """Mark what is wrong in the table."""
        for each in self._rows:
            each.mark()

    def show_inputs(self, rows: Sequence[InputRow], files: Sequence[str] = ()) -> None:
        """Show inputs and files with sets of them."""
        if list(rows) != self.rows or list(files) != self.files:
            self.files = list(files)
            self._fill(rows)

    def add_row(self) -> None:
        """Add an input."""
        self._fill([*self.rows, InputRow("" if self._rows else "x")])
        self._rows[-1].name.setFocus()
        self._rows[-1].name.selectAll()
        self.changed.emit()

    def add_file(self, path: str) -> None:
        """Add a file with sets of inputs."""
        if path and path not in self.files:
            self.files.append(path)
            self._show_files()
            self.changed.emit()

    def _fill(self, rows: Sequence[InputRow]) -> None:
        drop_contents(self._grid)
        words = (self.tr("Name"), self.tr("Type"), self.tr("Shape"), self.tr("Lowest"), self.tr("Highest"))
        self._rows = [_Row(each, words, self.changed.emit) for each in rows]
        for column, text in enumerate(words):
            head = label(text.upper(), "section")
            head.setAccessibleName(text)
            self._grid.addWidget(head, 0, column)
        for at, each in enumerate(self._rows, start=1):
            for column, made in enumerate((each.name, each.dtype, each.shape, each.low, each.high)):
                self._grid.addWidget(made, at, column)
            self._grid.addWidget(self._remover(each), at, 5)
        self._table.setVisible(bool(self._rows))
        self._show_files()

    def _remover(self, row: _Row) -> QWidget:
        return tool_button("mdi6.close", self.tr("Remove this input"), lambda: self._remove(row))

    def _remove(self, row: _Row) -> None:
        self._fill([each.row for each in self._rows if each is not row])
        self.add_button.setFocus()
        self.changed.emit()

    def _show_files(self) -> None:
        drop_contents(self._below)
        for each in self.files:
            line = QWidget()
            row = QHBoxLayout(line)
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(label(self.tr("Sets from {}").format(each), selectable=True))
            row.addWidget(self._dropper(each))
            row.addStretch()
            self._below.addWidget(line)
            line.show()

    def _dropper(self, path: str) -> QWidget:
        return tool_button("mdi6.close", self.tr("Take {} out").format(path), lambda: self._drop(path))

    def _drop(self, path: str) -> None:
        self.files = [each for each in self.files if each != path]
        self._show_files()
        self.changed.emit()

    def _ask_file(self) -> None:
        dialog = QFileDialog(self.window(), self.tr("A file with sets of inputs"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters([self.tr("Arrays by name (*.npz)"), self.tr("All files (*)")])
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self.add_file)
        dialog.open()

    def _build(self) -> None:
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(Space.S)
        self._grid.setVerticalSpacing(Space.XS)
        self._grid.setColumnStretch(0, 2)
        self._grid.setColumnStretch(2, 3)
        self._below.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self.add_button)
        row.addWidget(self.file_button)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addWidget(self._table)
        column.addLayout(self._below)
        column.addLayout(row)
        self._table.hide()
