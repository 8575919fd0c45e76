"""A field with rows to pick from: a check box for each, and its questions beside each other once it is picked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.api import Field, FieldKind, Row, Value
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, label
from desktop_app.ui.widgets.layouts import drop_contents
from desktop_app.ui.wizard.choices import ChoiceEditor
from desktop_app.ui.wizard.fields import FieldEditor, TextEditor, editor_for

_NUMBER = 9
"""Letters that a number's field is wide."""


class RowEditor(QWidget):
    """One row: its choice stands at the right of its title, its other questions below.

    `edited` says that it was picked, left, or answered otherwise.
    """

    edited = Signal()

    def __init__(self, row: Row, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._shape: tuple[tuple[str, str, object], ...] = ()
        self.box = QCheckBox(row.title.replace("&", "&&"))
        self.box.setAccessibleName(row.title)
        self.note = ElidedLabel("", "muted")
        self.help = label("", "small", wraps=True)
        self.editors: dict[str, FieldEditor] = {}
        self._fields = QWidget()
        self._line = QHBoxLayout(self._fields)
        self._head = QHBoxLayout()
        self._build()
        self.box.clicked.connect(lambda _on: self._picked())

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What Tab comes to in the row."""
        inner = (each for editor in self.editors.values() for each in editor.controls)
        return (self.box, *(inner if self.box.isChecked() else ()))

    def answer(self, row: Row) -> dict[str, Value]:
        """Return what was answered in the row, without what is but its default."""
        defaults = {each.name: each.default for each in row.fields}
        given = {name: each.answer() for name, each in self.editors.items()}
        return {name: each for name, each in given.items() if each is not None and each != defaults.get(name)}

    def show_row(self, row: Row, given: Mapping[str, Value] | None) -> None:
        """Show the row as the wizard sees it now; `given` is None where it is not picked."""
        self.box.setChecked(given is not None)
        self.note.setText(row.note)
        self.help.setText(row.help)
        shape = tuple((each.name, each.kind.value, each.choices) for each in row.fields)
        if shape != self._shape:
            self._rebuild(row, shape)
        self._show_fields(shown=given is not None)
        for field in row.fields:
            editor = self.editors[field.name]
            editor.take(field)
            editor.show_value((given or {}).get(field.name, field.default))
            for each in editor.controls:
                each.setAccessibleName(f"{row.title}: {field.title}")

    def focus_first(self) -> None:
        """Give the keyboard to the first question."""
        for editor in list(self.editors.values())[:1]:
            editor.controls[0].setFocus(Qt.FocusReason.TabFocusReason)

    def _picked(self) -> None:
        self._show_fields(shown=self.box.isChecked())
        self.edited.emit()

    def _show_fields(self, *, shown: bool) -> None:
        choices = [each for each in self.editors.values() if isinstance(each, ChoiceEditor)]
        for each in (self._fields, self.help, *choices):
            each.setVisible(shown)

    def _rebuild(self, row: Row, shape: tuple[tuple[str, str, object], ...]) -> None:
        """Make the questions anew; one that stays keeps its control, and with it the keyboard."""
        self._shape = shape
        kept = {name: each for name, each in self.editors.items() if name in {field.name for field in row.fields}}
        kept = {name: each for name, each in kept.items() if any(
            field.name == name and field.kind is each.field.kind for field in row.fields)}  # fmt: skip
        for each in self.editors.values():
            self._line.removeWidget(each)
            if each not in kept.values():
                each.hide()
                each.deleteLater()
        drop_contents(self._line)
        self.editors = {}
        for field in row.fields:
            editor = kept.get(field.name) or self._made(field)
            self.editors[field.name] = editor
            if isinstance(editor, ChoiceEditor):
                self._head.addWidget(editor)
                continue
            is_text = field.kind is FieldKind.TEXT
            self._line.addWidget(label(field.title, "muted"))
            self._line.addWidget(editor, int(is_text))
            editor.show()
        self._line.addStretch(0 if any(each.kind is FieldKind.TEXT for each in row.fields) else 1)

    def _made(self, field: Field) -> FieldEditor:
        editor = editor_for(field, self._folder)
        if isinstance(editor, TextEditor) and field.default is not None and not isinstance(field.default, str):
            editor.line.setFixedWidth(editor.line.fontMetrics().averageCharWidth() * _NUMBER + 2 * Space.L)
        if isinstance(editor, ChoiceEditor):
            editor.box.setMinimumContentsLength(max((len(each.title) for each in field.choices), default=8))
            editor.box.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        editor.edited.connect(self.edited)
        return editor

    def _build(self) -> None:
        self._line.setContentsMargins(Space.XL, 0, 0, 0)
        self._line.setSpacing(Space.S)
        self._head.setSpacing(Space.M)
        self._head.addWidget(self.box)
        self._head.addWidget(self.note, 1)
        below = QHBoxLayout()
        below.setContentsMargins(Space.XL, 0, 0, 0)
        below.addWidget(self.help)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addLayout(self._head)
        column.addWidget(self._fields)
        column.addLayout(below)
        self._fields.hide()
        self.help.hide()


class TableEditor(FieldEditor):
    """The rows; the answer holds those that are picked."""

    def __init__(self, field: Field, folder: Path) -> None:
        super().__init__(field)
        self._folder = folder
        self.rows: dict[str, RowEditor] = {}
        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(Space.M)
        self._row.addLayout(self._column, 1)
        self._show_rows(field)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """Every box, and the questions of the rows that are picked."""
        return tuple(each for row in self.rows.values() for each in row.controls)

    @property
    def has_own_title(self) -> bool:
        """Each row says what it is."""
        return True

    def answer(self) -> Value:
        """Return the picked rows, each with what was answered in it."""
        rows = {each.name: each for each in self.field.rows}
        picked = {name: each for name, each in self.rows.items() if each.box.isChecked() and name in rows}
        return {name: each.answer(rows[name]) for name, each in picked.items()}

    def show_value(self, value: Value) -> None:
        """Show which rows are picked, and what was answered in them."""
        picked = value if isinstance(value, Mapping) else {}
        for row in self.field.rows:
            given = picked.get(row.name)
            answers = given if isinstance(given, Mapping) else {} if row.name in picked else None
            self.rows[row.name].show_row(row, answers)

    def take(self, field: Field) -> None:
        """Offer other rows, or rows with other questions."""
        if [each.name for each in field.rows] != list(self.rows):
            self._show_rows(field)
        super().take(field)

    def _show_rows(self, field: Field) -> None:
        drop_contents(self._column)
        self.rows = {}
        for row in field.rows:
            made = RowEditor(row, self._folder)
            made.edited.connect(self.edited)
            self.rows[row.name] = made
            self._column.addWidget(made)
            made.show()
