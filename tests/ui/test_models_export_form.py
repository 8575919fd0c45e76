"""The form of an export: keys, the wheel, marks, and what it says of a file before anything of it is run."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QStyle,
    QStyleOptionFrame,
    QWidget,
)

from desktop_app.api import Choice, Field, FieldKind
from desktop_app.presenters.models.export import ExportDraft, Source
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
ROUTE = Field("route", "Route", FieldKind.CHOICE, "", choices=(Choice("", "Best"), Choice("a", "A")))
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


async def asked(page: ModelsPage, text: str) -> QuestionCard:
    working = page.export_page.working
    await until(lambda: working.card is not None and working.card.heading.text() == text)
    assert working.card is not None
    return working.card


def said(widget: object) -> str:
    labels = widget.findChildren(QLabel) if hasattr(widget, "findChildren") else []
    return "\n".join(each.text() for each in labels if each.isVisible())


async def test_enter_goes_on_and_what_was_typed_before_is_still_there_after_an_error(
    page: ModelsPage, exports: ToldExports, code: Path
) -> None:
    await fill(page, code)
    both = [{"name": "ids", "required": True}, {"name": "x", "required": True}]
    exports.questions = [
        replace(TAKES, message=f"Question {at}.", hint="Give name=float32[batch,3] for each.",
                ask={"kind": "inputs", "known": both})
        for at in (1, 2)
    ]  # fmt: skip
    page.export_page.export()
    first = await asked(page, "Question 1.")
    assert "float32[" not in said(first)
    line = first.focusWidget()
    assert isinstance(line, QLineEdit)
    assert line.accessibleName() == "Shape ids"
    QTest.keyClicks(line, "batch, 7")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert exports.answers == []  # x has no shape yet
    QTest.keyClicks(first.findChildren(QLineEdit)[5], "3")
    QTest.keyClick(first.findChildren(QLineEdit)[5], Qt.Key.Key_Return)
    second = await asked(page, "Question 2.")
    assert [each.text() for each in second.findChildren(QLineEdit)][:2] == ["ids", "batch, 7"]
    second.go_on.setFocus()
    QTest.keyClick(second.go_on, Qt.Key.Key_Enter, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: page.currentWidget() is page.report_page)
    assert exports.answers == [Answer(inputs=("ids=int64[batch,7]", "x=float32[3]"))] * 2


async def test_enter_on_the_way_back_goes_back(page: ModelsPage, exports: ToldExports, code: Path) -> None:
    await fill(page, code)
    exports.questions = [replace(TAKES, ask={"kind": "data", "why": "It may be."})]
    page.export_page.export()
    found = await asked(page, TAKES.message)
    found.stop.setFocus()
    QTest.keyClick(found.stop, Qt.Key.Key_Return)
    await until(page.export_page.message.isVisible)
    assert exports.answers == [None]


async def test_a_file_and_its_function_can_be_typed_as_the_verb_takes_them(page: ModelsPage, code: Path) -> None:
    page.export()
    model = page.export_page.model
    QTest.keyClicks(model.path.line, f"{code}:other")
    QTest.keyClick(model.path.line, Qt.Key.Key_Return)
    await until(lambda: page.export_page.draft.model is not None)
    assert page.export_page.draft.source == Source(code, "other", code.parent)
    assert (model.path.text, model.builder.currentText()) == (str(code), "other")


async def test_a_file_that_asks_for_what_is_never_let_in_is_refused_in_red(page: ModelsPage, tmp_path: Path) -> None:
    file = tmp_path / "evil.pt"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/data.pkl", b"\x80\x02}X\x01\x00\x00\x00wcposix\nsystem\nX\x02\x00\x00\x00id\x85Rs.")
        archive.writestr("archive/version", "3\n")
    await fill(page, file)
    form = page.export_page
    assert "posix.system" in form.model.message.heading.text()
    assert "unless you know who made it" in said(form.model)
    assert "Beside weights" not in said(form.model)
    assert not form.export_button.isEnabled()
    assert "posix.system" in form.reason.text()


async def test_a_plain_pickle_is_told_to_be_left_alone(page: ModelsPage, tmp_path: Path) -> None:
    file = tmp_path / "list.pkl"
    file.write_bytes(pickle.dumps([1, 2]))
    page.export(ExportDraft(source=Source(file)))
    await until(page.export_page.model.message.isVisible)
    assert "opening a pickle can run any program" in said(page.export_page.model.message)


async def test_the_field_that_keeps_export_from_being_pressed_is_marked_and_the_reason_stands_beside(
    page: ModelsPage, code: Path
) -> None:
    await fill(page, code)
    form = page.export_page
    form.inputs.add_row()
    name, shape, low, high = form.inputs.findChildren(QLineEdit)

    def marked() -> list[QLineEdit]:
        return [each for each in (name, shape, low, high, form.output.line) if each.property("invalid")]

    assert marked() == [shape]
    assert form.reason.text() == "Write the shape of x, such as batch, 128; or [] for a single number."
    QTest.keyClicks(shape, "3")
    assert marked() == []
    QTest.keyClicks(low, "3")
    assert marked() == [low, high]
    low.selectAll()
    QTest.keyClick(low, Qt.Key.Key_Backspace)
    QTest.keyClicks(form.output.line, "/x/y.onnx")
    assert marked() == [form.output.line]
    assert form.reason.text().startswith("There is no folder")
    assert form.reason.property("role") == "warning"
    assert_sound(page)


async def test_fields_of_both_cards_begin_below_each_other(page: ModelsPage, code: Path) -> None:
    await fill(page, code)
    form = page.export_page
    fields = (form.model.path.line, form.model.typed.parentWidget(), form.form.editor("class").controls[0])

    def begins() -> set[int]:
        return {each.mapTo(form, each.rect().topLeft()).x() for each in fields if each is not None}

    await until(lambda: len(begins()) == 1)


def turn_wheel(over: QWidget) -> None:
    """Turn the wheel over a widget, as the desktop does."""
    window = over.window()
    QTest.wheelEvent(window.windowHandle(), QPointF(over.mapTo(window, over.rect().center())), QPoint(0, -120))


async def test_the_wheel_scrolls_the_form_and_changes_nothing_in_it(
    page: ModelsPage, exports: ToldExports, code: Path
) -> None:
    exports.offers = [torch_offer(OPSET, ROUTE)] * 2
    page.resize(1000, 420)
    await fill(page, code)
    form = page.export_page
    for _each in range(12):
        form.inputs.add_row()
    bar, spins = form._area.verticalScrollBar(), form.findChildren(QAbstractSpinBox)

    def seen() -> list[QComboBox]:
        return [each for each in form.findChildren(QComboBox) if each.isVisibleTo(form)]

    await until(lambda: bar.maximum() > 0 and len(seen()) == 15)  # builder, exporter, route, a type for each input
    boxes = seen()
    before = [each.currentText() for each in boxes], spins[0].text()
    for each in (*boxes, *spins):
        bar.setValue(0)
        form._area.ensureWidgetVisible(each)
        before_it = bar.value()
        turn_wheel(each)
        assert bar.value() > before_it or before_it == bar.maximum(), each.accessibleName()
    assert ([each.currentText() for each in boxes], spins[0].text()) == before
    page.activateWindow()
    spins[0].setFocus()
    await until(spins[0].hasFocus)
    form._area.ensureWidgetVisible(spins[0])
    turn_wheel(spins[0])
    assert spins[0].text() == "19"


async def test_a_function_is_the_one_that_was_typed_to_the_letter(page: ModelsPage, code: Path) -> None:
    code.write_text("class Slow(Base): ...\ndef slow(): ...\n")
    await fill(page, code)
    form = page.export_page
    assert form.model.builder.currentText() == "Slow"
    form.model.typed.selectAll()
    QTest.keyClicks(form.model.typed, "slow")
    QTest.keyClick(form.model.typed, Qt.Key.Key_Return)
    await until(lambda: form.draft.model is not None and form.draft.model.callable == "slow")
    assert form.model.builder.currentText() == "slow"


async def test_the_text_of_a_box_that_can_be_typed_in_is_whole_while_it_has_the_focus(
    page: ModelsPage, code: Path
) -> None:
    await fill(page, code)
    typed = page.export_page.model.typed
    page.activateWindow()
    typed.setFocus()
    await until(typed.hasFocus)
    option = QStyleOptionFrame()
    typed.initStyleOption(option)
    inner = typed.style().subElementRect(QStyle.SubElement.SE_LineEditContents, option, typed)
    assert inner.height() >= typed.fontMetrics().height()
