"""The wizard dialog: every kind of field, by mouse and by keyboard alone; nothing is ever lost."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton, QWidget

from desktop_app.api import Field, FieldKind, Topology
from desktop_app.places import Places
from desktop_app.presenters.wizard import StepState
from desktop_app.ui.wizard.choices import PathEditor
from desktop_app.ui.wizard.dialog import WizardDialog
from desktop_app.ui.wizard.fields import TextEditor, WholeNumberEditor, YesNoEditor
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.files_bench import PlanningBackend, bench_with, click, dialog_of, press, project, quiet, until, write

DDP, TORCHRUN = "rankzero-pytorch/ddp", "rankzero-pytorch/torchrun"


class Opener:
    """Opens wizards over one project, and closes what is left open."""

    def __init__(self, places: Places, folder: Path) -> None:
        self.bench = bench_with(places, PlanningBackend())
        self.folder = folder
        self.written: list[tuple[Path, bool]] = []
        self.dialogs: list[WizardDialog] = []

    async def open(self, template: str | None = DDP) -> WizardDialog:
        made = WizardDialog(self.bench, self.folder, template)
        made.job_written.connect(lambda path, runs: self.written.append((path, runs)))
        made.open()
        made.activateWindow()
        self.dialogs.append(made)
        await quiet()
        await until(made.isActiveWindow)
        settle()
        return made

    async def close(self) -> None:
        for each in self.dialogs:
            each.reject()
        await quiet()
        for each in self.dialogs:
            each.deleteLater()


@pytest.fixture
async def wizard(places: Places, tmp_path: Path) -> AsyncIterator[Opener]:
    made = Opener(places, project(tmp_path / "digits"))
    yield made
    await made.close()


def step_name(dialog: WizardDialog) -> str:
    assert dialog.session is not None
    return dialog.session.step.name


def yaml(dialog: WizardDialog) -> str:
    return dialog.preview.editor.text()


# ----- the whole way


async def test_by_keyboard_alone_from_the_choice_to_the_job_file(wizard: Opener) -> None:
    dialog = await wizard.open(None)
    assert dialog.chooser is not None
    assert dialog.chooser.buttons[0].hasFocus()
    press(Qt.Key.Key_Down)
    press(Qt.Key.Key_Up)
    press(Qt.Key.Key_Return)
    await quiet()
    assert step_name(dialog) == "script"
    assert dialog.session is not None
    assert dialog.session.answers == {"script": "src/train.py"}  # there is but one
    press(Qt.Key.Key_Return)
    assert step_name(dialog) == "ranks"
    write("2")
    press(Qt.Key.Key_Tab)
    write("4")
    await until(lambda: "process_count_per_instance: 4" in yaml(dialog))
    assert "instance_count: 2" in yaml(dialog)
    press(Qt.Key.Key_Return)
    for name in ("environment", "data", "review"):
        assert step_name(dialog) == name
        if name != "review":
            press(Qt.Key.Key_Return)
    press(Qt.Key.Key_Return)
    await until(lambda: wizard.written)
    assert wizard.written == [(wizard.folder / "job-2.yml", True)]
    assert "instance_count: 2" in (wizard.folder / "job-2.yml").read_text()


async def test_tab_comes_to_every_question_in_order(wizard: Opener) -> None:
    dialog = await wizard.open()
    assert dialog.page is not None
    wanted = [dialog.page.form.editor(name).controls[0] for name in ("script", "code", "arg.lr", "arg.amp")]
    seen: list[QWidget] = []
    for _ in range(12):
        focus = QApplication.focusWidget()
        assert focus is not None
        seen.append(focus)
        press(Qt.Key.Key_Tab)
    places = [seen.index(each) for each in wanted]
    assert places == sorted(places)


async def test_keys_go_back_and_on(wizard: Opener) -> None:
    dialog = await wizard.open()
    QTest.keyClick(dialog, Qt.Key.Key_PageDown, Qt.KeyboardModifier.ControlModifier)
    assert step_name(dialog) == "ranks"
    QTest.keyClick(dialog, Qt.Key.Key_PageUp, Qt.KeyboardModifier.ControlModifier)
    assert step_name(dialog) == "script"


async def test_by_mouse(wizard: Opener) -> None:
    dialog = await wizard.open(None)
    assert dialog.chooser is not None
    QTest.mouseClick(dialog.chooser.buttons[1], Qt.MouseButton.LeftButton)
    await quiet()
    assert dialog.session is not None
    assert dialog.session.key == TORCHRUN
    for _ in range(4):
        QTest.mouseClick(dialog.next_button, Qt.MouseButton.LeftButton)
    assert dialog.session.is_last
    assert "torchrun" in yaml(dialog)
    assert dialog.preview.heading.text() == "job-2.yml (live)"


# ----- pages


async def test_a_page_with_an_error_is_not_left_and_says_why(wizard: Opener) -> None:
    (wizard.folder / "src" / "other.py").write_text("")
    dialog = await wizard.open()
    assert dialog.reason.text() == "Pick the training script."
    assert not dialog.next_button.isEnabled()
    assert dialog.page is not None
    script = dialog.page.form.editor("script")
    assert not script.controls[0].property("invalid")  # nobody has answered yet
    dialog.go_to(1)
    assert step_name(dialog) == "script"
    assert script.controls[0].property("invalid")
    assert "Pick the training script." in script.controls[0].accessibleDescription()
    cast("PathEditor", script).box.setEditText("src/train.py")
    script.edited.emit()
    await quiet()
    assert dialog.next_button.isEnabled()
    assert not script.controls[0].property("invalid")


async def test_a_scripts_arguments_become_questions(wizard: Opener) -> None:
    dialog = await wizard.open()
    assert dialog.page is not None
    lr = dialog.page.form.editor("arg.lr")
    assert isinstance(lr, TextEditor)
    assert lr.line.text() == "0.01"
    assert isinstance(dialog.page.form.editor("arg.amp"), YesNoEditor)
    lr.line.setFocus()
    lr.line.selectAll()
    write("1e-3")
    await until(lambda: "lr: 0.001" in yaml(dialog))
    marked = [each for each in dialog.preview.editor.extraSelections() if each.cursor.block().text() == "  lr: 0.001"]
    assert marked


async def test_what_is_no_number_is_said_at_its_field(wizard: Opener) -> None:
    dialog = await wizard.open()
    assert dialog.page is not None
    lr = cast("TextEditor", dialog.page.form.editor("arg.lr"))
    lr.line.setFocus()
    lr.line.selectAll()
    write("fast")
    assert lr.line.property("invalid")
    assert not dialog.next_button.isEnabled()
    assert "number" in dialog.reason.text()


async def test_the_ranks_are_pictured_and_listed_live(wizard: Opener) -> None:
    dialog = await wizard.open()
    dialog.next()
    page = dialog.page
    assert page is not None
    tester = QAbstractItemModelTester(page.processes.rows, QAbstractItemModelTester.FailureReportingMode.Fatal)
    nodes = cast("WholeNumberEditor", page.form.editor("nodes"))
    nodes.spin.setValue(3)
    await until(lambda: page.picture.topology == Topology(3, 2))
    assert page.form.sum.text() == "6 ranks"
    assert page.picture.accessibleDescription() == "3 nodes with 2 processes each: 6 ranks"
    assert row(page.processes.rows, 5) == ["5", "2", "1", "node-0", "6105", "2", "6", "5", "1"]
    page.picture.setFocus()
    press(Qt.Key.Key_Right)
    assert page.processes.table.currentIndex().row() == 1
    assert "rank 1: node 0, local rank 1" in page.picture.accessibleDescription()
    page.processes.table.selectRow(4)
    assert page.picture.picked == 4
    nodes.spin.setValue(1000)
    await until(lambda: page.processes.rows.rowCount() == 2000)
    page.grab()
    del tester


async def test_tab_goes_from_the_picture_over_the_rows_to_what_can_be_copied(wizard: Opener) -> None:
    dialog = await wizard.open()
    dialog.next()
    page = dialog.page
    assert page is not None
    await until(lambda: page.processes.pane.buttons)
    page.picture.setFocus()
    for there in (page.processes.table, page.processes.pane.buttons[0], page.processes.pane.text):
        press(Qt.Key.Key_Tab)
        assert QApplication.focusWidget() is there
    QTest.keyClick(page.processes.pane.buttons[0], Qt.Key.Key_Space)
    assert QApplication.clipboard().text().splitlines()[0] == "MASTER_ADDR=node-0"


def row(model: QAbstractItemModel, at: int) -> list[str]:
    return [str(model.index(at, column).data()) for column in range(model.columnCount())]


async def test_a_launchers_ranks_are_its_own(wizard: Opener) -> None:
    dialog = await wizard.open(TORCHRUN)
    dialog.next()
    page = dialog.page
    assert page is not None
    cast("WholeNumberEditor", page.form.editor("processes_per_node")).spin.setValue(4)
    await until(lambda: page.picture.topology == Topology(1, 4))


async def test_back_and_the_list_of_pages_lose_nothing(wizard: Opener) -> None:
    dialog = await wizard.open()
    session = dialog.session
    assert session is not None
    dialog.next()
    assert dialog.page is not None
    cast("WholeNumberEditor", dialog.page.form.editor("nodes")).spin.setValue(3)
    dialog.next()
    dialog.back()
    dialog.back()
    assert step_name(dialog) == "script"
    names = {each.accessibleName(): each for each in dialog.rail.findChildren(QPushButton)}
    tops = [each.y() for each in names.values()]
    assert tops == sorted(tops)
    assert tops[0] < dialog.rail.height() / 3
    names["Environment, done"].click()
    assert step_name(dialog) == "environment"
    assert session.answers["nodes"] == 3
    assert session.state(1) is StepState.DONE


async def test_the_preview_can_be_put_away(wizard: Opener) -> None:
    dialog = await wizard.open()
    before = dialog.preview.isVisible()  # on a small screen it begins put away
    for wanted in (not before, before):
        click(dialog, "Preview YAML")
        assert dialog.preview.isVisible() is wanted
        dialog.next()
        assert dialog.preview.isVisible() is wanted


# ----- drafts


async def test_escape_keeps_the_answers_for_the_next_time(wizard: Opener) -> None:
    dialog = await wizard.open()
    dialog.next()
    assert dialog.page is not None
    cast("WholeNumberEditor", dialog.page.form.editor("nodes")).spin.setValue(7)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert dialog.kept_draft
    again = await wizard.open(None)
    assert again.chooser is not None
    assert "Begun before" in again.chooser.buttons[0].accessibleDescription()
    again.choose(DDP)
    await quiet()
    assert step_name(again) == "ranks"
    assert again.session is not None
    assert again.session.answers["nodes"] == 7
    assert again.message.heading.text() == "Your earlier answers are here again."
    click(again, "Start over")
    await quiet()
    assert step_name(again) == "script"
    assert "nodes" not in again.session.answers


async def test_start_over_forgets_also_what_was_just_typed(wizard: Opener) -> None:
    (wizard.folder / "src" / "other.py").write_text("")
    dialog = await wizard.open()
    assert dialog.page is not None
    script = cast("PathEditor", dialog.page.form.editor("script"))
    await until(lambda: "src/train.py" in script.paths)
    script.box.setFocus()
    write("src/train.py")
    await quiet()
    assert dialog.session is not None
    assert dialog.session.answers["script"] == "src/train.py"
    dialog.start_over()
    await quiet()
    assert dialog.session.answers == {}
    dialog.reject()
    assert not (await wizard.open(DDP)).message.isVisible()


async def test_cancel_says_what_becomes_of_the_answers(wizard: Opener) -> None:
    (wizard.folder / "src" / "other.py").write_text("")
    dialog = await wizard.open(None)
    assert dialog.cancel_button.isVisible()
    assert dialog.cancel_button.toolTip() == "Close  Esc"
    dialog.choose(DDP)
    await quiet()
    assert dialog.session is not None
    dialog.session.answer("script", "src/train.py")
    dialog.next()
    assert dialog.page is not None
    cast("WholeNumberEditor", dialog.page.form.editor("nodes")).spin.setValue(6)
    assert dialog.cancel_button.toolTip() == "Close; your answers are kept for the next time  Esc"
    QTest.mouseClick(dialog.cancel_button, Qt.MouseButton.LeftButton)
    assert not dialog.isVisible()
    assert dialog.kept_draft


async def test_a_draft_is_written_while_one_answers(wizard: Opener) -> None:
    dialog = await wizard.open()
    dialog.next()
    assert dialog.page is not None
    cast("WholeNumberEditor", dialog.page.form.editor("nodes")).spin.setValue(5)
    await until(lambda: dialog.kept_draft)
    again = await wizard.open()
    assert again.session is not None
    assert again.session.answers["nodes"] == 5


async def test_nothing_answered_leaves_no_draft(wizard: Opener) -> None:
    (wizard.folder / "src" / "other.py").write_text("")
    dialog = await wizard.open()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.kept_draft


# ----- the end


async def last_page(wizard: Opener) -> WizardDialog:
    dialog = await wizard.open()
    for _ in range(4):
        dialog.next()
    assert step_name(dialog) == "review"
    return dialog


async def test_a_file_that_is_there_is_not_overwritten(wizard: Opener) -> None:
    dialog = await last_page(wizard)
    assert dialog.file_name is not None
    dialog.file_name.line.setText("job.yml")
    assert dialog.reason.text() == "“job.yml” is there already."
    assert not dialog.run_button.isEnabled()
    dialog.finish_job(runs=True)
    dialog.file_name.line.setText("mine")
    dialog.finish_job(runs=False)
    await until(lambda: wizard.written)
    assert wizard.written == [(wizard.folder / "mine.yml", False)]
    await quiet()
    again = await wizard.open()
    assert again.session is not None
    assert step_name(again) == "script"  # the draft went with the file


async def test_save_as_asks_where(wizard: Opener, tmp_path: Path) -> None:
    dialog = await last_page(wizard)
    dialog.save_as()
    box = await until(lambda: dialog_of(QFileDialog))
    assert box.acceptMode() == QFileDialog.AcceptMode.AcceptSave
    box.fileSelected.emit(str(tmp_path / "elsewhere.yml"))
    box.close()
    await until(lambda: wizard.written)
    assert (tmp_path / "elsewhere.yml").read_text().startswith("$schema:")


async def test_a_disk_that_refuses_is_told_and_nothing_is_lost(wizard: Opener, tmp_path: Path) -> None:
    dialog = await last_page(wizard)
    dialog.save_as()
    box = await until(lambda: dialog_of(QFileDialog))
    box.fileSelected.emit(str(tmp_path / "gone" / "x.yml"))
    box.close()
    await until(dialog.message.isVisible)
    assert dialog.isVisible()
    assert dialog.session is not None
    assert dialog.session.answers


async def test_an_error_on_an_earlier_page_keeps_the_last_from_saving(wizard: Opener) -> None:
    dialog = await last_page(wizard)
    (wizard.folder / "src" / "train.py").unlink()
    assert dialog.session is not None
    dialog.session.answer("display_name", "x")
    dialog._update()
    assert dialog.reason.text().startswith("Script: There is no file")
    assert not dialog.save_button.isEnabled()


@pytest.mark.parametrize("page", range(5))
async def test_every_page_is_sound(wizard: Opener, page: int) -> None:
    dialog = await wizard.open()
    for _ in range(page):
        dialog.next()
    await quiet()
    settle()
    assert_sound(dialog)


async def test_the_choice_is_sound(wizard: Opener) -> None:
    assert_sound(await wizard.open(None))


async def test_closing_while_a_script_is_read_does_no_harm(wizard: Opener) -> None:
    dialog = await wizard.open()
    dialog._on_answer("script", "src/train.py")
    PathEditor(Field("file", "File", FieldKind.FILE), wizard.folder).deleteLater()
    wizard.dialogs.remove(dialog)
    dialog.reject()
    dialog.deleteLater()
    settle()
    await quiet()
