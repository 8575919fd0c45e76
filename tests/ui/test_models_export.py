"""Exporting in the window: what is filled in, asked and answered stays, whatever an export comes to."""

from __future__ import annotations

import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QCheckBox,
    QLabel,
    QLineEdit,
    QRadioButton,
)

from desktop_app.api import Field, FieldKind, UserError
from desktop_app.places import Places
from desktop_app.presenters.models.export import ExportDraft, Source
from desktop_app.services.exports.allowed import Allowed
from desktop_app.services.exports.orders import Answer, Question
from desktop_app.services.workbench import Workbench
from desktop_app.ui.models.page import ModelsPage
from desktop_app.ui.models.question_card import QuestionCard
from desktop_app.ui.tasks import running
from tests.helpers.fake_shell import FakeShell
from tests.helpers.told_exports import ToldExports, torch_offer
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until

CLASS = Field("class", "Model class", FieldKind.TEXT, help="As module:Class.")
OPSET = Field("opset", "Opset", FieldKind.INTEGER, 20, minimum=13, maximum=23)
UNSAFE = Question(
    "digits.ckpt asks for 2 names.",
    "Allow them only if you trust the file.",
    {"kind": "unsafe-globals", "names": ["argparse.Namespace", "train.Config"], "sha256": "12ab"},
)
CANDIDATES = [
    {"name": "train:Net", "fits": True, "why": "all fit"},
    {"name": "train:Wide", "fits": False, "why": "2 missing"},
]
WHICH = Question("The weights fit 2 networks.", "Say which.", {"kind": "class", "candidates": CANDIDATES})
HIDDEN = {"name": "hidden", "required": True, "annotation": "int", "default": None}
NEEDS = Question("train:Net needs hidden.", "", {"kind": "arguments", "class": "train:Net", "parameters": [HIDDEN]})
TAKES = Question("It takes ids.", "", {"kind": "inputs", "known": [{"name": "ids", "required": True}]})


@pytest.fixture
def exports(bench: Workbench) -> ToldExports:
    made = cast("ToldExports", bench.exports)
    made.offers = [torch_offer(CLASS, OPSET)]
    return made


@pytest.fixture
async def page(bench: Workbench, shell: FakeShell, exports: ToldExports) -> AsyncIterator[ModelsPage]:
    made = ModelsPage(bench, shell)
    made.resize(1000, 900)
    made.show()
    yield made
    made.exporting.cancel()
    made.hide()
    await until(lambda: not running())
    made.deleteLater()
    settle()


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A file that builds a model: nothing of it is run by looking at it."""
    file = tmp_path / "net.py"
    file.write_text("raise SystemExit\ndef build(): ...\ndef other(): ...\n")
    return file


async def fill(page: ModelsPage, path: Path) -> None:
    """Show the settings of an export, the model looked at."""
    page.export(ExportDraft(source=Source(path)))
    await until(lambda: page.export_page.draft.model is not None)


def card(page: ModelsPage) -> QuestionCard:
    found = page.export_page.working.card
    assert found is not None
    return found


async def asked(page: ModelsPage, text: str) -> QuestionCard:
    def is_asked() -> bool:
        found = page.export_page.working.card
        return found is not None and found.heading.text() == text

    await until(is_asked)
    return card(page)


async def test_a_model_is_looked_at_without_being_run_and_its_export_ends_in_the_report(
    page: ModelsPage, exports: ToldExports, code: Path
) -> None:
    await fill(page, code)
    form = page.export_page
    assert form.model.builder.currentText() == "build"
    assert form.output.text == str(code.with_name("net.onnx"))
    assert "Python code that builds the model" in said(form)
    assert "not a sandbox" in form.notice.text()
    assert_sound(page)
    exports.gate.clear()
    QTest.mouseClick(form.export_button, Qt.MouseButton.LeftButton)
    await until(lambda: form.exporting.message == "Exporting by torch.export")
    assert form.working.isVisible()
    assert_sound(page)
    exports.gate.set()
    await until(lambda: page.currentWidget() is page.report_page)
    order = exports.orders[0]
    assert (order.model.callable, order.exporter, order.options) == ("build", "torch", {"opset": 20})
    assert page.report_page.title.text() == "digits.pt"


def said(widget: object) -> str:
    labels = widget.findChildren(QLabel) if hasattr(widget, "findChildren") else []
    return "\n".join(each.text() for each in labels if each.isVisible())


async def test_what_is_no_model_is_said_in_place(page: ModelsPage, tmp_path: Path) -> None:
    file = tmp_path / "notes.md"
    file.write_text("Hello")
    page.export(ExportDraft(source=Source(file)))
    await until(page.export_page.model.message.isVisible)
    assert page.export_page.model.message.heading.text() == "notes.md is a text, not a model."
    assert not page.export_page.export_button.isEnabled()
    assert page.export_page.reason.text() == "Choose a model first."


async def test_cancel_ends_an_export_and_the_settings_stay(page: ModelsPage, exports: ToldExports, code: Path) -> None:
    await fill(page, code)
    exports.gate.clear()
    form = page.export_page
    form.inputs.add_row()
    QTest.keyClicks(form.inputs.findChildren(QLineEdit)[1], "batch, 64")
    assert form.inputs.rows[0].shape == "batch, 64"
    form.export()
    await until(lambda: exports.orders and form.working.isVisible())
    page.show_list()
    assert page.strip.isVisible()
    page.strip.show_button.click()
    assert page.currentWidget() is form
    form.working.cancel_button.click()
    await until(form.message.isVisible)
    assert "given up" in form.message.heading.text()
    assert form.draft.rows[0].shape == "batch, 64"
    assert form.export_button.isVisible()


async def test_an_error_is_said_in_place_and_the_export_can_be_tried_again(
    page: ModelsPage, exports: ToldExports, code: Path
) -> None:
    await fill(page, code)
    exports.ends_with = UserError("Memory ran out.", hint="Close something.", details="RSS 12 GB")
    page.export_page.export()
    await until(page.export_page.message.isVisible)
    assert page.export_page.message.heading.text() == "Memory ran out."
    assert page.export_page.message.fold.isVisible()
    assert page.export_page.export_button.isEnabled()


async def test_a_file_that_is_there_is_replaced_on_purpose_alone(
    page: ModelsPage, exports: ToldExports, code: Path
) -> None:
    await fill(page, code)
    form, target = page.export_page, code.with_name("mine.onnx")
    target.touch()
    form.output.line.setText(str(target))
    form.output.edited.emit(str(target))
    assert "is there already" in form.reason.text()
    assert not form.export_button.isEnabled()
    form.overwrite.click()
    form.export()
    await until(lambda: bool(exports.orders))
    assert (exports.orders[0].output, exports.orders[0].overwrite) == (target, True)
    await until(lambda: page.currentWidget() is page.report_page)


async def test_another_export_begins_with_an_empty_form_and_replaces_nothing(
    page: ModelsPage, exports: ToldExports, code: Path
) -> None:
    await fill(page, code)
    form = page.export_page
    form.draft.output, form.draft.overwrite = str(code.with_name("first.onnx")), True
    form.export()
    await until(lambda: page.currentWidget() is page.report_page)
    page.export()
    draft = form.draft
    assert (draft.source, draft.model, draft.output, draft.overwrite) == (None, None, "", False)
    assert not form.export_button.isEnabled()
    assert page.focusWidget() is form.model.path.line


async def test_what_was_filled_in_and_never_exported_is_there_again_from_its_top(
    page: ModelsPage, exports: ToldExports, code: Path
) -> None:
    await fill(page, code)
    form = page.export_page
    form.inputs.add_row()
    page.show_list()
    page.export()
    assert form.draft.model is not None
    assert [each.name for each in form.draft.rows] == ["x"]
    assert page.focusWidget() is form.model.path.line


async def test_another_model_takes_over_nothing_of_the_one_before(
    page: ModelsPage, exports: ToldExports, code: Path
) -> None:
    await fill(page, code)
    form, other = page.export_page, code.with_name("other.py")
    other.write_text("def build(): ...\n")
    form.inputs.add_row()
    QTest.keyClicks(form.inputs.findChildren(QLineEdit)[1], "batch, 64")
    form.draft.answer("opset", 18)
    mine = code.with_name("mine.onnx")
    mine.touch()
    form.output.line.setText(str(mine))
    form.output.edited.emit(str(mine))
    form.overwrite.click()
    exports.ends_with = UserError("Memory ran out.")
    form.export()
    await until(form.message.isVisible)
    assert not form.export_button.hasFocus()
    form.model.path.line.setText(str(other))
    form.model.path.settled.emit(str(other))
    assert not form.export_button.isEnabled()  # until it was looked at
    await until(lambda: form.draft.model is not None)
    draft = form.draft
    assert (draft.output, draft.overwrite) == (str(other.with_suffix(".onnx")), False)
    assert (draft.rows, draft.answers) == ([], {})
    assert not form.overwrite.isChecked()
    assert not form.message.isVisible()


async def test_what_went_wrong_is_said_no_more_once_something_else_is_filled_in(
    page: ModelsPage, exports: ToldExports, code: Path
) -> None:
    await fill(page, code)
    form = page.export_page
    exports.ends_with = UserError("Memory ran out.")
    form.export()
    await until(form.message.isVisible)
    form.inputs.add_row()
    assert not form.message.isVisible()


async def test_names_are_allowed_one_by_one_and_remembered_for_the_very_file(
    page: ModelsPage, exports: ToldExports, code: Path, places: Places
) -> None:
    await fill(page, code)
    exports.questions = [UNSAFE]
    page.export_page.export()
    found = await asked(page, "digits.ckpt asks for 2 names.")
    boxes = found.findChildren(QCheckBox)
    assert [each.isChecked() for each in boxes] == [False, False]
    assert not found.go_on.isEnabled()
    assert_sound(page)
    boxes[0].click()
    assert not found.go_on.isEnabled()
    boxes[1].click()
    found.go_on.click()
    await until(lambda: page.currentWidget() is page.report_page)
    assert exports.answers == [Answer(allowed=("argparse.Namespace", "train.Config"))]
    assert Allowed(places.exports).read() == {"12ab": ["argparse.Namespace", "train.Config"]}
    await fill(page, code)
    page.export_page.draft.output = str(code.with_name("second.onnx"))
    page.export_page.export()
    await until(lambda: len(exports.answers) == 2)
    assert exports.answers[1] == exports.answers[0]
    await until(lambda: not page.exporting.is_busy)


async def test_going_back_from_a_question_loses_nothing(page: ModelsPage, exports: ToldExports, code: Path) -> None:
    await fill(page, code)
    exports.questions = [UNSAFE]
    page.export_page.draft.answer("class", "net:build")
    page.export_page.export()
    (await asked(page, UNSAFE.message)).stop.click()
    await until(page.export_page.message.isVisible)
    assert exports.answers == [None]
    assert page.export_page.draft.answers == {"class": "net:build"}
    assert page.export_page.export_button.isVisible()


async def test_class_arguments_and_inputs_are_answered_in_place_and_become_settings(
    page: ModelsPage, exports: ToldExports, code: Path
) -> None:
    await fill(page, code)
    exports.questions = [WHICH, NEEDS, TAKES]
    page.export_page.export()
    which = await asked(page, WHICH.message)
    assert not which.go_on.isEnabled()
    assert_sound(page)
    first, second, _other = which.findChildren(QRadioButton)
    first.click()
    second.click()
    assert not first.isChecked()
    which.go_on.click()
    needs = await asked(page, NEEDS.message)
    assert needs.reason.text() == "Still missing: hidden."
    QTest.keyClicks(needs.findChildren(QLineEdit)[0], "32")
    assert_sound(page)
    needs.go_on.click()
    takes = await asked(page, TAKES.message)
    assert takes.reason.text() == "Write the shape of ids, such as batch, 128; or [] for a single number."
    QTest.keyClicks(takes.findChildren(QLineEdit)[1], "batch, 7")
    assert_sound(page)
    takes.go_on.click()
    await until(lambda: page.currentWidget() is page.report_page)
    assert exports.answers == [
        Answer(options={"class": "train:Wide"}), Answer(options={"arguments": {"hidden": 32}}),
        Answer(inputs=("ids=int64[batch,7]",)),
    ]  # fmt: skip
    draft = page.export_page.draft
    assert draft.answers == {"class": "train:Wide", "arguments": {"hidden": 32}}
    assert draft.rows[0].spec == "ids=int64[batch,7]"


async def test_the_older_format_of_keras_and_a_signature_are_asked_about(
    page: ModelsPage, exports: ToldExports, code: Path, places: Places
) -> None:
    await fill(page, code)
    old = Question("It is HDF5.", "", {"kind": "hdf5", "names": ["hdf5"], "sha256": "34cd"})
    many = Question("It has 2 signatures.", "", {"kind": "signature", "names": ["serve", "train"]})
    exports.questions = [old, many]
    page.export_page.export()
    first = await asked(page, old.message)
    assert not first.go_on.isEnabled()
    first.findChildren(QCheckBox)[0].click()
    first.go_on.click()
    second = await asked(page, many.message)
    second.findChildren(QRadioButton)[0].click()
    second.go_on.click()
    await until(lambda: page.currentWidget() is page.report_page)
    assert exports.answers == [Answer(allowed=("hdf5",)), Answer(options={"signature": "serve"})]
    assert Allowed(places.exports).read() == {"34cd": ["hdf5"]}


async def test_another_class_can_be_typed(page: ModelsPage, exports: ToldExports, code: Path) -> None:
    await fill(page, code)
    exports.questions = [WHICH]
    page.export_page.export()
    which = await asked(page, WHICH.message)
    QTest.keyClicks(which.findChildren(QLineEdit)[0], "mine:Net")
    which.go_on.click()
    await until(lambda: exports.answers == [Answer(options={"class": "mine:Net"})])
    await until(lambda: page.currentWidget() is page.report_page)


async def test_weights_are_told_by_what_is_in_them_and_their_code_can_be_named(
    page: ModelsPage, tmp_path: Path
) -> None:
    file = tmp_path / "weights.bin"
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}q\x00.")
        archive.writestr("archive/version", "3\n")
    file.write_bytes(whole.getvalue())
    await fill(page, file)
    assert page.export_page.model.code.isVisible()
    assert page.export_page.model.code.text == str(tmp_path)
    assert page.export_page.form.editor("class").isVisible()


async def test_an_export_can_be_repeated_from_its_report(page: ModelsPage, exports: ToldExports, code: Path) -> None:
    await fill(page, code)
    page.export_page.export()
    await until(lambda: page.currentWidget() is page.report_page)
    again = page.report_page.report
    assert again is not None
    page.report_page.again.emit(again)
    assert page.currentWidget() is page.export_page
    assert page.export_page.model.path.text == "/home/ada/digits/outputs/digits.pt"
    await until(page.export_page.model.message.isVisible)  # it is not on this machine
