"""What an export asks on its way, answered in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QCheckBox,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QRadioButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.api import Field, Value
from desktop_app.presenters.models import questions as told
from desktop_app.presenters.models.export import ExportDraft
from desktop_app.presenters.models.inputs import problem_of, rows_of_known, specs_of, with_earlier
from desktop_app.services.exports.orders import Answer, Question
from desktop_app.ui.models.inputs_editor import InputsEditor
from desktop_app.ui.models.parts import Section
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import button, label, primary_button
from desktop_app.ui.wizard.form import FormView


class QuestionCard(Section):
    """`answered` carries an `Answer`, or None where the person would rather stop."""

    answered = Signal(object)

    def __init__(self, question: Question, folder: Path, draft: ExportDraft | None = None) -> None:
        """Ask with what a `draft` says already."""
        super().__init__(question.message)
        self._draft = draft or ExportDraft()
        self.heading.setWordWrap(True)
        self.question = question
        self._answer: Callable[[], Answer | None] = Answer
        self._problem: Callable[[], str] = lambda: ""
        self._mark: Callable[[], object] = lambda: None
        self._first: QWidget | None = None
        self.go_on = primary_button(self.tr("&Go on"), "mdi6.arrow-right", self.accept)
        self.stop = button(self.tr("&Back to the settings"), "mdi6.arrow-left", lambda: self.answered.emit(None))
        self.reason = label("", "muted", wraps=True)
        hint = told.hint_for(question.kind, question.hint)
        if hint:
            self.body.addWidget(label(hint, "muted", wraps=True, selectable=True))
        builders: dict[str, Callable[[Path], None]] = {
            "unsafe-globals": self._ask_names, "class": self._ask_class, "arguments": self._ask_arguments,
            "inputs": self._ask_inputs, "hdf5": self._ask_names, "signature": self._ask_signature,
        }  # fmt: skip
        builders.get(question.kind, self._ask_nothing)(folder)
        self._foot()
        self._update()

    def accept(self) -> None:
        """Go on with what is answered, where it is enough."""
        answer = self._answer()
        if not self._problem() and answer is not None:
            self.answered.emit(answer)

    def focus_first(self) -> None:
        """Give the keyboard to the first control."""
        (self._first or self.go_on).setFocus(Qt.FocusReason.TabFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Enter goes on, with Ctrl and without; on a button it presses that one."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        inside = self.focusWidget()
        pressed = isinstance(inside, QPushButton | QToolButton)
        if pressed and not event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            cast("QAbstractButton", inside).click()
        else:
            self.accept()

    def _ask_names(self, _folder: Path) -> None:
        """List what the file would import: nothing is allowed before the person allows it."""
        boxes: list[QCheckBox] = []
        self.go_on.setText(self.tr("&Allow what is checked, and go on"))
        for each in told.names_in(self.question):
            box = QCheckBox(each.name.replace("&", "&&"))
            box.setAccessibleName(f"{each.name}: {each.meaning}")
            box.toggled.connect(self._update)
            boxes.append(box)
            self.body.addWidget(self._with_word(box, each.meaning, warns=each.dangerous))
        self.body.addWidget(
            label(self.tr("What you allow is remembered for this very file, and for no other."), "small")
        )
        count = len(boxes)
        self._first = boxes[0] if boxes else None
        self._answer = lambda: Answer(
            allowed=tuple(each.text().replace("&&", "&") for each in boxes if each.isChecked())
        )
        self._problem = lambda: (
            "" if all(each.isChecked() for each in boxes)
            else self.tr("The model can only be loaded if all {} are allowed.").format(count) if count > 1
            else self.tr("The model can only be loaded if this is allowed.")
        )  # fmt: skip

    def _ask_class(self, _folder: Path) -> None:
        self._ask_choice("class", told.candidates_in(self.question), self.tr("module:Class"))

    def _ask_signature(self, _folder: Path) -> None:
        self._ask_choice("signature", told.signatures_in(self.question), self.tr("A signature"))

    def _ask_choice(self, key: str, candidates: Sequence[told.Candidate], hint: str) -> None:
        radios: list[tuple[QRadioButton, str]] = []
        group = QButtonGroup(self)  # each stands in a row of its own, and they are one choice all the same
        other = QLineEdit(placeholderText=hint)
        other.setAccessibleName(self.tr("Another, as {}").format(hint))
        for each in candidates:
            radio = QRadioButton(each.name.replace("&", "&&"))
            radio.setAccessibleName(f"{each.name}: {each.why}")
            radio.toggled.connect(self._update)
            radios.append((radio, each.name))
            group.addButton(radio)
            self.body.addWidget(self._with_word(radio, each.why, warns=False))
        own = QRadioButton(self.tr("Another:"))
        own.toggled.connect(self._update)
        own.setVisible(bool(radios))
        group.addButton(own)
        row = QHBoxLayout()
        row.addWidget(own)
        row.addWidget(other, 1)
        self.body.addLayout(row)

        def chosen() -> str:
            picked = next((name for radio, name in radios if radio.isChecked()), "")
            return picked or (other.text().strip() if own.isChecked() or not radios else "")

        def typed() -> None:
            own.setChecked(True)
            self._update()

        other.textEdited.connect(lambda _text: typed())
        self._first = radios[0][0] if radios else other
        self._answer = lambda: Answer(options={key: chosen()})
        self._problem = lambda: "" if chosen() else self.tr("Say which it is.")

    def _ask_arguments(self, folder: Path) -> None:
        form, known = told.form_in(self.question), self._draft.answers.get("arguments")
        answers: dict[str, Value] = (
            {each.name: known[each.name] for each in form.fields if each.name in known}
            if isinstance(known, Mapping) else {}
        )  # fmt: skip
        view = FormView(folder)

        def value(asked: Field) -> Value:
            return answers.get(asked.name, asked.default)

        def show() -> None:
            view.update_form(form, value, lambda _name: ())
            self._update()

        def take(name: str, answer: Value) -> None:
            answers[name] = answer
            show()

        def problem() -> str:
            missing = told.missing_arguments(form, answers)
            return self.tr("Still missing: {}.").format(", ".join(missing)) if missing else ""

        view.answered.connect(take)
        self.body.addWidget(view)
        self._first = view.controls[0] if view.controls else None
        self._answer = lambda: told.arguments_answer(form, answers)
        self._problem = problem
        show()
        self._first = view.controls[0] if view.controls else None

    def _ask_inputs(self, _folder: Path) -> None:
        editor = InputsEditor()
        asked = rows_of_known(self.question.ask.get("known") or ())
        editor.show_inputs(with_earlier(asked, self._draft.rows), self._draft.files)
        if not editor.rows:
            editor.add_row()
        self._first, self._mark = editor.first_empty, editor.mark
        self.body.addWidget(editor)
        editor.changed.connect(self._update)
        self._answer = lambda: Answer(inputs=specs_of(editor.rows, editor.files))

        def problem() -> str:
            rows = [each for each in editor.rows if each.required or not each.is_empty]
            return "" if editor.files and not rows else problem_of(rows)

        self._problem = problem

    def _ask_nothing(self, _folder: Path) -> None:
        why = str(self.question.ask.get("why") or "")
        if why:
            self.body.addWidget(label(why, wraps=True, selectable=True))
        key = str(self.question.ask.get("option") or self.question.kind)
        self.go_on.setText(self.tr("&Go on all the same"))
        self._answer = lambda: Answer(options={key: True})

    def _with_word(self, control: QWidget, word: str, *, warns: bool) -> QWidget:
        whole = QWidget()
        row = QHBoxLayout(whole)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(control)
        row.addWidget(label(word, "warning" if warns else "muted", wraps=True), 1)
        return whole

    def _foot(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self.reason, 1)
        for each in (self.stop, self.go_on):
            row.addWidget(each)
        foot = QVBoxLayout()
        foot.addSpacing(Space.XS)
        foot.addLayout(row)
        self.body.addLayout(foot)

    def _update(self) -> None:
        problem = self._problem()
        self._mark()
        self.reason.setText(problem)
        self.go_on.setEnabled(not problem)
        self.go_on.setToolTip(problem)
