"""One editor for each kind of field. All of them: `show_value`, `answer`, `take` (a changed field), and `edited`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.api import Field, FieldKind, Value
from desktop_app.presenters.wizard import integer_of, number_of, number_text
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import button, label, tool_button

_WIDEST = 2**31 - 1
_SPIN_MARGIN = 9  # where a line edit has its text: Fusion draws that of a spin box further left


class FieldEditor(QWidget):
    """`edited` says that the person changed the answer; what the program shows says nothing."""

    edited = Signal()

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(Space.S)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What takes the focus, the main one first."""
        return (self,)

    @property
    def has_own_title(self) -> bool:
        """Whether the field's title is shown by the editor itself."""
        return False

    def answer(self) -> Value:
        """Return what is answered now, None for nothing."""
        return None

    def show_value(self, value: Value) -> None:
        """Show an answer or a default; text that is being typed stays."""

    def take(self, field: Field) -> None:
        """The wizard changed the field: other choices, another default, another help."""
        self.field = field

    def mark(self, *, invalid: bool, description: str) -> None:
        """Mark the answer as wrong, and tell assistive software why."""
        for each in self.controls:
            each.setAccessibleDescription(description)
            if each.property("invalid") != invalid:
                each.setProperty("invalid", invalid)
                each.style().unpolish(each)
                each.style().polish(each)


class TextEditor(FieldEditor):
    """A line of text; numbers without a default are typed here, too, so that nothing can stand in the field."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.line = QLineEdit()
        self.line.setAccessibleName(field.title)
        self.line.textEdited.connect(lambda _text: self.edited.emit())
        self._row.addWidget(self.line, 1)
        if field.suffix:
            self._row.addWidget(label(field.suffix, "muted"))

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """The line."""
        return (self.line,)

    def answer(self) -> Value:
        """Return the text, or the number it says."""
        text = self.line.text()
        if self.field.kind is FieldKind.INTEGER:
            return integer_of(text)
        return number_of(text) if self.field.kind is FieldKind.NUMBER else text

    def show_value(self, value: Value) -> None:
        """Show a text or number."""
        text = number_text(value)
        if not self.line.hasFocus() and self.line.text() != text:
            self.line.setText(text)


class _Spin(QSpinBox):
    """Takes every number that is typed, for the form says which are too many; the arrows keep to the limits."""

    def __init__(self) -> None:
        super().__init__()
        self.limits = (-_WIDEST, _WIDEST)

    def stepBy(self, steps: int) -> None:  # noqa: N802 - Qt's name
        """Called by Qt for arrows, keys and the wheel."""
        low, high = self.limits
        self.setValue(max(low, min(high, self.value() + steps * self.singleStep())))

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:  # noqa: N802 - Qt's name
        """Called by Qt to know which arrows do anything."""
        low, high = self.limits
        up, down = QAbstractSpinBox.StepEnabledFlag.StepUpEnabled, QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        none = QAbstractSpinBox.StepEnabledFlag.StepNone
        return (up if self.value() < high else none) | (down if self.value() > low else none)


class WholeNumberEditor(FieldEditor):
    """A whole number with arrows."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.spin = _Spin()
        self.spin.setAccessibleName(field.title)
        self.spin.setMinimumWidth(self.spin.fontMetrics().averageCharWidth() * 11)
        line = self.spin.lineEdit()
        line.setTextMargins(_SPIN_MARGIN, 0, 0, 0)
        self._row.addWidget(self.spin)
        self._row.addStretch()
        self.take(field)
        self.spin.valueChanged.connect(lambda _value: self.edited.emit())

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """The spin box."""
        return (self.spin,)

    def answer(self) -> Value:
        """Return the number."""
        return self.spin.value()

    def show_value(self, value: Value) -> None:
        """Show a number."""
        if isinstance(value, int) and value != self.spin.value():
            self.spin.blockSignals(True)
            self.spin.setValue(max(-_WIDEST, min(_WIDEST, value)))
            self.spin.blockSignals(False)

    def take(self, field: Field) -> None:
        """Keep to other limits; a number below or above them can be typed, and is said to be so."""
        super().take(field)
        low, high = _whole(field.minimum, -_WIDEST), _whole(field.maximum, _WIDEST)
        self.spin.limits = (low, high)
        self.spin.setRange(min(0, low), _WIDEST)
        self.spin.setSuffix(f" {field.suffix}" if field.suffix else "")


class YesNoEditor(FieldEditor):
    """A check box; it shows the field's title itself."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self.box = QCheckBox(field.title.replace("&", "&&"))
        self.box.setAccessibleName(field.title)
        self.box.clicked.connect(lambda _on: self.edited.emit())
        self._row.addWidget(self.box)
        self._row.addStretch()

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """The box."""
        return (self.box,)

    @property
    def has_own_title(self) -> bool:
        """The box says its title."""
        return True

    def answer(self) -> Value:
        """Return whether it is checked."""
        return self.box.isChecked()

    def show_value(self, value: Value) -> None:
        """Show a yes or no."""
        self.box.setChecked(bool(value))


class PairsEditor(FieldEditor):
    """Names and values, a row each; Enter in the last one begins another."""

    def __init__(self, field: Field) -> None:
        super().__init__(field)
        self._rows: list[tuple[QWidget, QLineEdit, QLineEdit, QToolButton]] = []
        self._column = QVBoxLayout()
        self._column.setSpacing(Space.XS + 2)
        self.add_button = button(self.tr("Add"), "mdi6.plus", lambda: self._add("", "", focus=True))
        self.add_button.setAccessibleName(self.tr("Add to {}").format(field.title))
        bottom = QHBoxLayout()
        bottom.addWidget(self.add_button)
        bottom.addStretch()
        whole = QVBoxLayout()
        whole.setSpacing(Space.XS + 2)
        whole.addLayout(self._column)
        whole.addLayout(bottom)
        self._row.addLayout(whole, 1)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """Every line, and the button that adds one."""
        return (*(each for row in self._rows for each in row[1:]), self.add_button)

    def answer(self) -> Value:
        """Return the pairs whose name is filled in."""
        pairs: dict[str, Value] = {}
        for _row, name, value, _remove in self._rows:
            if name.text().strip():
                pairs[name.text().strip()] = value.text()
        return pairs

    def show_value(self, value: Value) -> None:
        """Show pairs."""
        wanted = {str(name): str(each) for name, each in value.items()} if isinstance(value, Mapping) else {}
        if wanted == self.answer():
            return
        for row, *_controls in self._rows:
            row.deleteLater()
        self._rows.clear()
        for name, each in wanted.items():
            self._add(name, each)

    def _add(self, name: str, value: str, *, focus: bool = False) -> None:
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(Space.XS + 2)
        left, right = QLineEdit(name), QLineEdit(value)
        for each, words in ((left, self.tr("Name")), (right, self.tr("Value"))):
            each.setPlaceholderText(words)
            each.setAccessibleName(f"{self.field.title}: {words}")
            each.textEdited.connect(lambda _text: self.edited.emit())
            line.addWidget(each, 1 if each is left else 2)
        remove = tool_button("mdi6.close", self.tr("Remove this row"), lambda: self._remove(row))
        line.addWidget(remove)
        self._rows.append((row, left, right, remove))
        self._column.addWidget(row)
        row.show()
        for one, other in pairwise(self.controls):
            QWidget.setTabOrder(one, other)
        if focus:
            left.setFocus(Qt.FocusReason.OtherFocusReason)

    def _remove(self, row: QWidget) -> None:
        self._rows = [each for each in self._rows if each[0] is not row]
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()
        self.add_button.setFocus()
        self.edited.emit()


def _whole(limit: float | None, otherwise: int) -> int:
    """Return a limit that a spin box can keep; forms of before the checks may have any number."""
    if limit is None or math.isnan(limit):
        return otherwise
    return int(max(-_WIDEST, min(_WIDEST, limit)))


def editor_for(field: Field, folder: Path) -> FieldEditor:
    """Return the editor for a field; paths are relative to `folder`."""
    from desktop_app.ui.wizard.choices import ChoiceEditor, PathEditor
    from desktop_app.ui.wizard.table_field import TableEditor

    if field.kind in (FieldKind.FILE, FieldKind.FOLDER):
        return PathEditor(field, folder)
    if field.kind is FieldKind.TABLE:
        return TableEditor(field, folder)
    if field.kind is FieldKind.INTEGER and field.default is not None:
        return WholeNumberEditor(field)
    kinds: dict[FieldKind, type[FieldEditor]] = {
        FieldKind.CHOICE: ChoiceEditor, FieldKind.BOOLEAN: YesNoEditor, FieldKind.KEY_VALUES: PairsEditor,
    }  # fmt: skip
    return kinds.get(field.kind, TextEditor)(field)
