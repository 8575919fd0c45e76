"""The form of a wizard: every kind of field, its notes, its focus."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QWidget

from desktop_app.api import Choice, Diagnostic, Field, FieldKind, FormSpec, Severity, Value
from desktop_app.ui.wizard.choices import ChoiceEditor, PathEditor
from desktop_app.ui.wizard.fields import PairsEditor, TextEditor, YesNoEditor
from desktop_app.ui.wizard.form import FormView
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.files_bench import dialog_of, press, project, quiet, until, write

EVERY_KIND = (
    Field("text", "Text", FieldKind.TEXT, default="x", help="Why."),
    Field("integer", "Whole", FieldKind.INTEGER, default=2, minimum=1, maximum=9, suffix="nodes"),
    Field("open", "Open number", FieldKind.INTEGER),
    Field("number", "Number", FieldKind.NUMBER, default=0.5),
    Field("boolean", "A & B", FieldKind.BOOLEAN),
    Field("choice", "Choice", FieldKind.CHOICE, default="b", choices=(Choice("a", "A"), Choice("b", "B", "the best"))),
    Field("editable", "Editable", FieldKind.CHOICE, choices=(Choice("a", "Letter A"),), editable=True),
    Field("file", "File", FieldKind.FILE, patterns=("*.py",)),
    Field("folder", "Folder", FieldKind.FOLDER),
    Field("pairs", "Pairs", FieldKind.KEY_VALUES, default={"a": "1"}),
)


class Form:
    """A form with answers, as the wizard has it."""

    def __init__(self, folder: Path, fields: tuple[Field, ...]) -> None:
        self.view = FormView(folder)
        self.view.resize(500, 700)
        self.fields = fields
        self.answers: dict[str, Value] = {}
        self.notes: tuple[Diagnostic, ...] = ()
        self.view.answered.connect(self._take)
        self.update()
        self.view.show()
        self.view.activateWindow()

    def _take(self, name: str, value: Value) -> None:
        self.answers[name] = value
        self.update()

    def update(self) -> None:
        self.view.update_form(
            FormSpec(self.fields),
            lambda field: self.answers.get(field.name, field.default),
            lambda name: tuple(each for each in self.notes if each.path == name),
        )


@pytest.fixture
async def form(tmp_path: Path) -> AsyncIterator[Form]:
    project(tmp_path / "p")
    made = Form(tmp_path / "p", EVERY_KIND)
    await quiet()
    yield made
    await quiet()
    made.view.close()
    made.view.deleteLater()


@pytest.mark.parametrize("limits", [(math.nan, math.inf), (-math.inf, math.nan), (-(10.0**12), 10.0**12)])
async def test_limits_that_no_control_can_keep_do_no_harm(form: Form, limits: tuple[float, float]) -> None:
    form.fields = (Field("n", "N", FieldKind.INTEGER, default=10**12, minimum=limits[0], maximum=limits[1]),)
    form.update()
    assert form.view.editor("n").answer() == 2**31 - 1


async def test_every_kind_of_field_shows_its_default_and_takes_an_answer(form: Form) -> None:
    shown = {each.name: form.view.editor(each.name).answer() for each in EVERY_KIND}
    assert shown == {
        "text": "x", "integer": 2, "open": None, "number": 0.5, "boolean": False, "choice": "b", "editable": "",
        "file": "", "folder": "", "pairs": {"a": "1"},
    }  # fmt: skip
    assert form.answers == {}  # showing is not answering
    for name, text in (("text", "y"), ("integer", "7"), ("open", "12"), ("number", "0,25"), ("editable", "Letter A")):
        control = form.view.editor(name).controls[0]
        control.setFocus()
        select_all(control)
        write(text)
    cast("YesNoEditor", form.view.editor("boolean")).box.click()
    form.view.editor("choice").controls[0].setFocus()
    press(Qt.Key.Key_Up)
    for name in ("file", "folder"):
        form.view.editor(name).controls[0].setFocus()
        press(Qt.Key.Key_Down)
    assert form.answers == {
        "text": "y", "integer": 7, "open": 12, "number": 0.25, "editable": "a", "boolean": True, "choice": "a",
        "file": "src/train.py", "folder": "src",
    }  # fmt: skip


def select_all(control: QWidget) -> None:
    line = control if isinstance(control, QLineEdit) else control.findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    line.selectAll()


async def test_pairs_are_added_and_removed_by_keyboard(form: Form) -> None:
    pairs = cast("PairsEditor", form.view.editor("pairs"))
    pairs.add_button.setFocus()
    press(Qt.Key.Key_Space)
    write("team")
    press(Qt.Key.Key_Tab)
    write("vision")
    assert form.answers["pairs"] == {"a": "1", "team": "vision"}
    press(Qt.Key.Key_Tab)
    press(Qt.Key.Key_Space)
    assert form.answers["pairs"] == {"a": "1"}


async def test_what_one_types_is_not_replaced_by_a_default_that_moves(form: Form) -> None:
    text = cast("TextEditor", form.view.editor("text"))
    text.line.setFocus()
    select_all(text.line)
    press(Qt.Key.Key_Delete)
    form.answers.pop("text")
    form.fields = (Field("text", "Text", FieldKind.TEXT, default="moved"), *EVERY_KIND[1:])
    form.update()
    assert text.line.text() == ""
    form.view.editor("open").controls[0].setFocus()
    form.update()
    assert text.line.text() == "moved"


async def test_fields_come_and_go_and_the_rest_keep_the_focus(form: Form) -> None:
    number = form.view.editor("number").controls[0]
    number.setFocus()
    form.fields = (*EVERY_KIND[:4], Field("new", "New", FieldKind.TEXT), *EVERY_KIND[5:])
    form.update()
    settle()
    assert number.hasFocus()
    assert isinstance(form.view.editor("new"), TextEditor)
    form.fields = EVERY_KIND[:4]
    form.update()
    settle()
    assert number.hasFocus()
    with pytest.raises(KeyError):
        form.view.editor("new")


async def test_choices_change_under_the_hand(form: Form) -> None:
    editor = cast("ChoiceEditor", form.view.editor("choice"))
    assert editor.note() == "the best"
    changed = Field("choice", "Choice", FieldKind.CHOICE, default="c", choices=(Choice("c", "C"), Choice("b", "B")))
    form.fields = (*EVERY_KIND[:5], changed, *EVERY_KIND[6:])
    form.update()
    assert editor.answer() == "c"
    assert [editor.box.itemText(each) for each in range(editor.box.count())] == ["C", "B"]


async def test_a_note_stands_at_its_field_calmly_until_it_was_touched(form: Form) -> None:
    form.notes = (Diagnostic(Severity.ERROR, "x", "Too short.", "text"),)
    form.update()
    line = form.view.editor("text").controls[0]
    assert not line.property("invalid")
    line.setFocus()
    write("z")
    assert line.property("invalid")
    assert line.accessibleDescription() == "Too short.. Why."


async def test_every_kind_of_field_is_sound(form: Form) -> None:
    assert_sound(form.view)


async def test_browsing_gives_a_path_of_the_project(form: Form, tmp_path: Path) -> None:
    editor = cast("PathEditor", form.view.editor("file"))
    editor.browse.click()
    box = await until(lambda: dialog_of(QFileDialog))
    box.fileSelected.emit(str(tmp_path / "p" / "src" / "train.py"))
    assert form.answers["file"] == "src/train.py"
    box.fileSelected.emit("/elsewhere/x.py")
    assert form.answers["file"] == "/elsewhere/x.py"
    box.close()
    await quiet()


async def test_only_numbers_that_follow_each_other_stand_in_a_row(tmp_path: Path) -> None:
    """A number further down, such as a port, keeps its help below itself."""
    fields = (
        Field("nodes", "Nodes", FieldKind.INTEGER, default=2, help="Machines."),
        Field("dashboard", "Dashboard", FieldKind.BOOLEAN),
        Field("port", "Port", FieldKind.INTEGER, default=6379, help="Rarely changed."),
    )
    view = FormView(tmp_path, numbers_in_a_row=True)
    view.resize(500, 400)
    view.update_form(FormSpec(fields), lambda field: field.default, lambda _name: ())
    view.show()
    said = {each.text(): each for each in view.findChildren(QLabel) if each.isVisible()}
    machines, changed, port = (
        each.mapTo(view, each.rect().topLeft()).y()
        for each in (said["Machines."], said["Rarely changed."], view.editor("port"))
    )
    assert machines < port < changed
    view.sum.setText("3 processes")
    settle()
    nodes = view.editor("nodes")
    gap = view.sum.mapTo(view, view.sum.rect().topLeft()).x() - nodes.mapTo(view, nodes.rect().topRight()).x()
    assert gap < 40, "the sum stands beside a number that is alone"
    view.close()
    view.deleteLater()
