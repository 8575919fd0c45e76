"""Form and text are two views of one document: each shows what is done in the other, with one history to undo."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit

from desktop_app.places import Places
from desktop_app.ui.files.editor_pane import EditorPane
from desktop_app.ui.files.form.cell import CellEditor
from desktop_app.ui.files.form.panel import FormPanel
from tests.helpers.fake_shell import FakeShell
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.files_bench import JOB, FilesWindow, opened, pane_of, press, project, quiet, until


@pytest.fixture
async def files(places: Places, shell: FakeShell, tmp_path: Path) -> AsyncIterator[FilesWindow]:
    made = FilesWindow(places, shell, project(tmp_path / "digits"))
    made.page.resize(1400, 800)
    await made.open()
    yield made
    await made.close()


async def form_of(pane: EditorPane, view: str = "both") -> FormPanel:
    """Return the form of an open file, filled."""
    await until(lambda: pane.views.is_offered, what="a form")
    pane.views.choose(view)
    panel = await until(lambda: pane.views.panel, what="the panel")
    await until(lambda: panel.rows.is_filled and panel.rows.row_widgets, what="rows")
    return panel


def field(panel: FormPanel, path: str, *, name: bool = False) -> CellEditor:
    found = [each for row in panel.rows.row_widgets for each in row.editors if each.cell.key == (path, name)]
    assert found, f"no field {path} among {[each.cell.path for row in panel.rows.row_widgets for each in row.editors]}"
    return found[0]


def line(panel: FormPanel, path: str, *, name: bool = False) -> QLineEdit:
    control = field(panel, path, name=name).control
    assert isinstance(control, QLineEdit)
    return control


async def says(pane: EditorPane, text: str) -> None:
    await until(lambda: pane.editor.text() == text, what=f"{text!r}, not {pane.editor.text()!r}")
    await quiet()


async def test_a_command_job_shows_its_form_beside_the_text(files: FilesWindow) -> None:
    panel = await form_of(pane_of(files.page))
    assert panel.heading.text() == "Command job"
    assert field(panel, "command").text() == "python train.py --lr ${{inputs.lr}}"
    assert field(panel, "distribution.process_count_per_instance").text() == "2"
    assert pane_of(files.page).editor.isVisible()
    assert_sound(panel)


async def test_typing_in_the_form_changes_its_line_alone_and_is_one_step_to_undo(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    found = line(panel, "inputs.lr")
    found.setFocus()
    found.selectAll()
    QTest.keyClicks(found, "0.1")
    await says(pane, JOB.replace("0.001", "0.1"))
    QTest.keyClicks(found, "5")
    await says(pane, JOB.replace("0.001", "0.15"))
    assert found.hasFocus()
    assert found.cursorPosition() == 4
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    await says(pane, JOB)
    await until(lambda: found.text() == "0.001")
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier)
    await says(pane, JOB.replace("0.001", "0.15"))


async def test_a_field_left_at_once_is_taken_at_once(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    found = line(panel, "code")
    found.setFocus()
    found.selectAll()
    QTest.keyClicks(found, "lib")
    QTest.keyClick(found, Qt.Key.Key_Return)
    await says(pane, JOB.replace("code: src", "code: lib"))


async def test_saving_takes_what_is_being_typed_along(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    found = line(panel, "code")
    found.setFocus()
    found.selectAll()
    QTest.keyClicks(found, "lib")
    assert await pane.save()
    assert "code: lib\n" in (files.folder / "job.yml").read_text()


async def test_typing_in_the_text_fills_the_form_and_keeps_its_focus(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    found = field(panel, "command").control
    assert isinstance(found, QPlainTextEdit)
    found.setFocus()
    cursor = found.textCursor()
    cursor.setPosition(5)
    found.setTextCursor(cursor)
    pane.editor.change_to(JOB.replace("0.001", "7").replace("type: pytorch", "type: mpi"))
    await until(lambda: field(panel, "inputs.lr").text() == "7")
    assert field(panel, "distribution.type").text() == "mpi"
    assert found.hasFocus()
    assert found.textCursor().position() == 5


async def test_a_choice_brings_its_own_fields(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    box = field(panel, "distribution.type").control
    assert isinstance(box, QComboBox)
    box.setFocus()
    box.setCurrentIndex(box.findData("tensorflow"))
    box.activated.emit(box.currentIndex())
    await until(lambda: "type: tensorflow" in pane.editor.text())
    await until(lambda: any(each.cell.path == "distribution.worker_count" for row in panel.rows.row_widgets
                            for each in row.editors))  # fmt: skip
    assert box.hasFocus()
    box.setCurrentIndex(0)
    box.activated.emit(0)
    await until(lambda: "distribution" not in pane.editor.text())


async def test_a_number_that_can_not_be_is_said_and_goes_back(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    found = line(panel, "distribution.process_count_per_instance")
    found.setFocus()
    found.selectAll()
    QTest.keyClicks(found, "0")
    QTest.keyClick(found, Qt.Key.Key_Return)
    row = next(each for each in panel.rows.row_widgets if each.row.key == "distribution.type")
    await until(lambda: "too small" in found.accessibleDescription())
    assert found.text() == "2"
    assert pane.editor.text() == JOB
    found.selectAll()
    QTest.keyClicks(found, "3")
    QTest.keyClick(found, Qt.Key.Key_Return)
    await until(lambda: "too small" not in found.accessibleDescription())
    assert row.isVisible()


async def test_an_entry_is_added_renamed_and_removed(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    row = next(each for each in panel.rows.row_widgets if each.row.key == "inputs+")
    assert row.adder is not None
    row.adder.buttons[0].click()
    row.adder.name.insert("grösse")  # QTest types ASCII alone
    QTest.keyClick(row.adder.name, Qt.Key.Key_Return)
    await says(pane, JOB.replace("lr: 0.001\n", 'lr: 0.001\n  grösse: ""\n').replace('""', "''"))
    await until(lambda: QApplication.focusWidget() is line(panel, "inputs.grösse"))
    name = line(panel, "inputs.grösse", name=True)
    name.setFocus()
    name.selectAll()
    QTest.keyClicks(name, "size")
    press(Qt.Key.Key_Tab)
    await until(lambda: "  size: " in pane.editor.text())
    await quiet()
    assert QApplication.focusWidget() is line(panel, "inputs.size")
    entry = panel.rows.row_widget("inputs.size")
    assert entry is not None
    entry.acted.emit(entry.row.actions[0].changes)
    await says(pane, JOB)


async def test_what_is_wrong_stands_at_its_field_with_the_fix(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    pane.editor.change_to(JOB.replace("code: src", "code: scr"))
    control = field(panel, "code").control
    await until(lambda: control.property("invalid"))
    assert "did you mean" in control.accessibleDescription()
    row = next(each for each in panel.rows.row_widgets if each.row.key == "code")
    fix = next(each for each in row.controls if each.accessibleDescription() and each is not control and
               type(each).__name__ == "QPushButton")  # fmt: skip
    QTest.mouseClick(fix, Qt.MouseButton.LeftButton)
    await says(pane, JOB)
    await until(lambda: not control.property("invalid"))


async def test_a_problem_is_gone_to_in_the_form(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane, "form")
    pane.editor.change_to(JOB.replace("code: src", "code: scr"))
    await until(lambda: pane.editor.problems)
    pane.step_problem(1)
    assert field(panel, "code").control.hasFocus()


async def test_text_that_can_not_be_read_disables_the_form_until_it_can(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    pane.editor.change_to(JOB.replace("lr: 0.001", "lr: [0.001"))
    await until(lambda: not panel.message.isHidden())
    assert not line(panel, "code").isEnabled()
    assert panel.link is not None
    panel.link.click()
    assert pane.editor.hasFocus()
    pane.editor.change_to(JOB)
    await until(panel.message.isHidden)
    assert line(panel, "code").isEnabled()
    await quiet()


async def test_field_and_text_show_each_others_place(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    pane.editor.go_to(8)
    marked = [each.row.key for each in panel.rows.row_widgets if each.is_marked]
    assert marked == ["distribution.type"]
    line(panel, "code").setFocus()
    assert pane.editor.touched_lines == (3, 3)


async def test_the_keyboard_goes_from_text_to_form_and_back(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    pane.editor.setFocus()
    pane.editor.go_to(4)
    files.shell.actions["files.form_or_text"].trigger()
    assert field(panel, "command").control.hasFocus()
    seen = []
    for _ in range(6):
        press(Qt.Key.Key_Tab)
        at = QApplication.focusWidget()
        seen.append(at.accessibleName() if at else "")
    assert seen[:5] == ["Code", "Browse for Code", "Distribution", "Nodes", "Processes on each node"]
    files.shell.actions["files.form_or_text"].trigger()
    assert pane.editor.hasFocus()


async def test_the_chosen_view_is_remembered(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    await form_of(pane, "text")
    assert not pane.views.panel or not pane.views.panel.isVisible()
    assert files.shell.state.get("files.view") == "text"
    page = await files.reopen()
    await until(lambda: pane_of(page).views.is_offered)
    assert pane_of(page).views.view == "text"


@pytest.mark.parametrize(("name", "text"), [("notes.md", "# a\n"), ("t.yml", "name: {{NAME}}\n"), ("w.yml", "word\n")])
async def test_what_has_no_form_offers_none(files: FilesWindow, name: str, text: str) -> None:
    (files.folder / name).write_text(text)
    pane = await opened(files, name)
    await until(lambda: pane.views.link.reading is not None)
    assert not pane.views.is_offered
    assert pane.views.view == "text"


async def test_yaml_of_no_known_kind_has_a_tree_where_it_is_asked_for(files: FilesWindow) -> None:
    (files.folder / "values.yml").write_text("a: 1   # one\nb:\n  - x: ü\n")
    pane = await opened(files, "values.yml")
    await until(lambda: pane.views.is_offered)
    assert pane.views.view == "text"
    panel = await form_of(pane)
    assert panel.heading.text() == "YAML"
    panel.rows.toggle("b")
    assert panel.go_to("b[0].x")
    found = line(panel, "b[0].x")
    assert found.hasFocus()
    found.selectAll()
    QTest.keyClicks(found, "y")
    await says(pane, "a: 1   # one\nb:\n  - x: y\n")


async def test_narrow_windows_put_the_form_over_the_text(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    files.page.resize(760, 700)
    settle()
    await until(lambda: panel.mapTo(pane, panel.rect().topLeft()).y() < pane.editor.mapTo(
        pane, pane.editor.rect().topLeft()).y())  # fmt: skip
    files.page.resize(1400, 800)
    settle()


async def test_the_counts_of_tensorflow_have_room_for_their_words(files: FilesWindow) -> None:
    (files.folder / "ps.yml").write_text(
        "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\ncommand: python t.py\n"
        "distribution:\n  type: tensorflow\n  worker_count: 3\n  parameter_server_count: 1\n"
        "resources:\n  instance_count: 4\n"
    )
    files.page.resize(1130, 740)  # beside the navigation of a window of 1280
    panel = await form_of(await opened(files, "ps.yml"))
    paths = ("resources.instance_count", "distribution.worker_count", "distribution.parameter_server_count")
    settle()
    lines = [line(panel, each) for each in paths]
    assert [each.textMargins().right() > 0 for each in lines] == [True, True, True], "else it is 3 of what?"
    box = field(panel, "distribution.type").control
    assert box.width() > box.fontMetrics().horizontalAdvance("TensorFlow") + 40


async def test_a_long_file_never_holds_the_window_up(files: FilesWindow) -> None:
    jobs = "".join(
        f"  job{n}:\n    type: command\n    command: echo {n}\n    inputs:\n      a: {n}\n" for n in range(400)
    )
    (files.folder / "pipe.yml").write_text(
        f"$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json\ntype: pipeline\njobs:\n{jobs}"
    )
    pane = await opened(files, "pipe.yml")
    panel = await form_of(pane)
    panel.rows.toggle("jobs")
    await until(lambda: panel.rows.is_filled)
    assert len(panel.rows.row_widgets) < 120
    began = time.perf_counter()
    panel.rows.verticalScrollBar().setValue(panel.rows.verticalScrollBar().maximum() // 2)
    settle()
    assert time.perf_counter() - began < 30
    await until(lambda: panel.rows.is_filled)
