"""A page's questions as controls, each with its help and what there is to say about its answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop_app.api import Diagnostic, Field, FieldKind, FormSpec, Severity, Value
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import ICON, Space, theme_manager
from desktop_app.ui.widgets import label
from desktop_app.ui.widgets.calm_wheel import calm_wheel
from desktop_app.ui.widgets.layouts import drop_contents, empty
from desktop_app.ui.widgets.tips import tip
from desktop_app.ui.wizard.choices import ChoiceEditor
from desktop_app.ui.wizard.fields import FieldEditor, WholeNumberEditor, editor_for

_ROLES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "muted"}
_ICONS = {
    Severity.ERROR: ("mdi6.alert-circle-outline", "error"),
    Severity.WARNING: ("mdi6.alert-outline", "warning"),
    Severity.INFO: ("mdi6.information-outline", "info"),
}


class NoteLine(QWidget):
    """One thing to say about an answer: an icon and a sentence."""

    def __init__(self, note: Diagnostic, *, calm: bool = False) -> None:
        super().__init__()
        severity = Severity.INFO if calm else note.severity
        self._icon = icon(*_ICONS[severity])
        self._picture = QLabel()
        self.text = label(note.message, _ROLES[severity], wraps=True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S - 2)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self.text, 1)
        theme_manager().changed.connect(self._redraw)
        self._redraw()

    def _redraw(self) -> None:
        self._picture.setPixmap(self._icon.pixmap(QSize(ICON, ICON), self.devicePixelRatioF()))


class _Question(QWidget):
    """An editor with help and notes below it."""

    def __init__(self, field: Field, folder: Path) -> None:
        super().__init__()
        self.title = label(field.title, "muted")
        self.title.setParent(self)
        self.title.hide()
        self.editor: FieldEditor = editor_for(field, folder)
        self.help = label("", "small", wraps=True)
        self._notes = QVBoxLayout()
        self._notes.setSpacing(2)
        self._shown: tuple[tuple[Diagnostic, ...], bool] | None = None
        self._help_shown = True
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addWidget(self.editor)
        column.addWidget(self.help)
        column.addLayout(self._notes)

    def say_below(self, column: QVBoxLayout) -> None:
        """Show what there is to say in `column`; title and editor stand elsewhere, the help in the tool tip."""
        self._help_shown = False
        self.help.hide()
        column.addWidget(self)

    def update_question(self, field: Field, value: Value, notes: tuple[Diagnostic, ...], *, touched: bool) -> None:
        """Show the field as the wizard sees it now."""
        self.editor.take(field)
        self.editor.show_value(value)
        chosen = self.editor.note() if isinstance(self.editor, ChoiceEditor) else ""
        said = field.disabled or "\n".join(each for each in (chosen, field.help) if each)
        self.editor.setEnabled(not field.disabled)
        self.help.setText(said)
        self.help.setVisible(bool(said) and self._help_shown)
        if not self._help_shown:
            self.editor.setToolTip(tip(said))
        wrong = touched and any(each.severity is Severity.ERROR for each in notes)
        spoken = ". ".join(each for each in (*(each.message for each in notes), said) if each)
        self.editor.mark(invalid=wrong, description=spoken)
        if self._shown != (notes, touched):
            self._shown = (notes, touched)
            self._show_notes(notes, touched=touched)

    def _show_notes(self, notes: tuple[Diagnostic, ...], *, touched: bool) -> None:
        drop_contents(self._notes)
        for each in notes:
            calm = not touched and each.severity is Severity.ERROR
            made = NoteLine(each, calm=calm)
            self._notes.addWidget(made)
            made.show()


class FormView(QWidget):
    """`answered` carries a field's name and its new answer. Fields that stay keep their control and the focus."""

    answered = Signal(str, object)

    def __init__(self, folder: Path, *, numbers_in_a_row: bool = False) -> None:
        super().__init__()
        self._folder = folder
        self._in_a_row = numbers_in_a_row
        self.sum = label("", "strong")
        self._why = label("", "small", wraps=True)
        for each in (self.sum, self._why):
            each.setParent(self)  # where no numbers stand in a row, neither is shown
            each.hide()
        self._questions: dict[str, _Question] = {}
        self._shape: tuple[tuple[str, FieldKind, bool, bool], ...] = ()
        self._touched: set[str] = set()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(Space.L)
        self._grid.setVerticalSpacing(Space.M)
        self._grid.setColumnStretch(1, 1)

    def update_form(
        self, form: FormSpec, value: Callable[[Field], Value], notes: Callable[[str], tuple[Diagnostic, ...]]
    ) -> None:
        """Show the form as the wizard sees it now."""
        shape = tuple((each.name, each.kind, each.editable, each.default is None) for each in form.fields)
        if shape != self._shape:
            self._rebuild(form.fields, shape)
        for field in form.fields:
            question = self._questions[field.name]
            touched = field.name in self._touched
            shown = field.default if field.disabled else value(field)
            question.update_question(field, shown, notes(field.name), touched=touched)
        beside = [each for each in form.fields if self._is_beside(each)]
        because = bool(beside) and value(beside[-1]) == beside[-1].default  # another count has another reason
        self._why.setText(beside[-1].help if because else "")
        self._why.setVisible(because)

    def editor(self, name: str) -> FieldEditor:
        """Return a field's editor."""
        return self._questions[name].editor

    @property
    def title_width(self) -> int:
        """How wide the widest title beside an editor is."""
        asked = (each for each in self._questions.values() if not each.editor.has_own_title)
        return max((each.title.sizeHint().width() for each in asked), default=0)

    def keep_title_width(self, width: int) -> None:
        """Let the editors begin as far right as those of another card."""
        self._grid.setColumnMinimumWidth(0, width)

    def forget(self) -> None:
        """Ask nothing: other questions follow, and nobody has touched them."""
        self._touched.clear()
        self.update_form(FormSpec(), lambda _field: None, lambda _name: ())

    def touch_all(self) -> None:
        """Show every error as one: somebody asked to go on."""
        self._touched.update(self._questions)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What Tab comes to, in the order of the questions."""
        names = [name for name, *_facts in self._shape]
        return tuple(each for name in names for each in self._questions[name].editor.controls)

    def focus_field(self, name: str = "") -> None:
        """Give the keyboard to a field, by default the first."""
        question = self._questions.get(name) or next(iter(self._questions.values()), None)
        if question is not None:
            question.editor.controls[0].setFocus(Qt.FocusReason.TabFocusReason)

    def _rebuild(self, fields: Sequence[Field], shape: tuple[tuple[str, FieldKind, bool, bool], ...]) -> None:
        before = {name: facts for name, *facts in self._shape}
        after = {name: facts for name, *facts in shape}
        for name in [each for each in self._questions if before.get(each) != after.get(each)]:
            gone = self._questions.pop(name)
            for each in (gone.title, gone):
                each.hide()
                each.deleteLater()
        empty(self._grid)
        self._shape = shape
        for field in fields:
            if field.name not in self._questions:
                self._questions[field.name] = self._ask(field)
        self._place(fields)

    def _ask(self, field: Field) -> _Question:
        question = _Question(field, self._folder)
        question.editor.edited.connect(lambda: self._on_edit(field.name))
        calm_wheel(*(each for each in question.editor.controls if isinstance(each, QComboBox | QAbstractSpinBox)))
        return question

    def _place(self, fields: Sequence[Field]) -> None:
        row = self._place_beside([self._questions[each.name] for each in fields if self._is_beside(each)])
        for field in fields:
            question = self._questions[field.name]
            if self._is_beside(field):
                continue
            if not question.editor.has_own_title:
                top = question.editor.controls[0].sizeHint().height() if question.editor.controls else 0
                question.title.setMinimumHeight(top)
                alignment = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop
                question.title.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                self._grid.addWidget(question.title, row, 0, alignment)
                question.title.show()
            self._grid.addWidget(question, row, 1)
            question.show()  # now, and not with the next event: keys that follow at once must find it
            row += 1

    def _is_beside(self, field: Field) -> bool:
        """Whether a field is one of the first numbers that follow each other; others keep their help below them."""
        names = [name for name, *_facts in self._shape]
        numbers = [isinstance(self._questions[each].editor, WholeNumberEditor) for each in names]
        start = numbers.index(True) if True in numbers else 0
        end = numbers.index(False, start) if False in numbers[start:] else len(names)
        return self._in_a_row and field.name in names[start:end]

    def _place_beside(self, questions: list[_Question]) -> int:
        """Place numbers beside each other with their sum and the reason for them, and what there is to say below."""
        if not questions:
            return 0
        line = QHBoxLayout()
        line.setSpacing(Space.S + 2)
        for each in questions:
            line.addWidget(each.title)
            line.addWidget(each.editor)
            line.addSpacing(Space.M)
        line.addWidget(self.sum)
        line.addStretch(1)  # all that is left: a number alone has its sum beside it, too
        below = QVBoxLayout()
        below.setSpacing(2)
        below.addWidget(self._why)
        for each in questions:
            each.say_below(below)
        self._grid.addLayout(line, 0, 0, 1, 2)
        self._grid.addLayout(below, 1, 0, 1, 2)
        for each in questions:
            for made in (each.title, each.editor, each):
                made.show()
        self.sum.show()
        return 2

    def _on_edit(self, name: str) -> None:
        self._touched.add(name)
        self.answered.emit(name, self._questions[name].editor.answer())
