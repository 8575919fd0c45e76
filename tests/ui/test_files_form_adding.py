"""Adding and renaming in the form: what is typed is taken, and the keyboard is where one goes on."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QStyle, QStyleOptionComboBox

from desktop_app.places import Places
from desktop_app.ui.files.form.adder_row import AdderRow
from desktop_app.ui.files.form.link import REFILL_MS
from desktop_app.ui.files.form.panel import FormPanel
from desktop_app.ui.theme import theme_manager
from tests.helpers.fake_shell import FakeShell
from tests.ui.files_bench import JOB, FilesWindow, pane_of, press, project, quiet, until, write
from tests.ui.test_files_form import field, form_of, line, says


@pytest.fixture
async def files(places: Places, shell: FakeShell, tmp_path: Path) -> AsyncIterator[FilesWindow]:
    made = FilesWindow(places, shell, project(tmp_path / "digits"))
    made.page.resize(1400, 800)
    await made.open()
    yield made
    await made.close()


def adder(panel: FormPanel, key: str) -> AdderRow:
    row = next(each for each in panel.rows.row_widgets if each.row.key == key)
    assert row.adder is not None
    return row.adder


@pytest.mark.parametrize("key", [Qt.Key.Key_Tab, Qt.Key.Key_Return])
async def test_a_name_is_taken_and_its_value_is_typed_next(files: FilesWindow, key: Qt.Key) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    made = adder(panel, "inputs+")
    made.begin()
    write("epochs")
    press(key)
    await until(lambda: "  epochs:" in pane.editor.text())
    await until(lambda: panel.rows.row_widget("inputs.epochs"))
    await until(lambda: QApplication.focusWidget() is line(panel, "inputs.epochs"))
    write("3")
    press(Qt.Key.Key_Return)
    await says(pane, JOB.replace("lr: 0.001\n", "lr: 0.001\n  epochs: 3\n"))


async def test_escape_adds_nothing(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    made = adder(await form_of(pane), "inputs+")
    made.begin()
    write("epochs")
    await until(lambda: made.name.height() >= made.name.sizeHint().height(), what="room for the line")
    press(Qt.Key.Key_Escape)
    await quiet()
    assert made.name.isHidden()
    assert pane.editor.text() == JOB


async def test_a_new_item_is_typed_over(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    text = f"{JOB}sweeps:\n  - 12\n"
    pane.editor.change_to(text)
    panel = await form_of(pane)
    await until(lambda: panel.go_to("sweeps[0]") and panel.rows.is_filled and panel.rows.row_widget("sweeps+"))
    QTest.mouseClick(adder(panel, "sweeps+").buttons[0], Qt.MouseButton.LeftButton)
    await until(lambda: panel.rows.row_widget("sweeps[1]"))
    await until(lambda: QApplication.focusWidget() is line(panel, "sweeps[1]"))
    write("14")
    press(Qt.Key.Key_Return)
    await says(pane, f"{text}  - 14\n")


async def test_the_lines_of_a_field_follow_the_theme(files: FilesWindow, request: pytest.FixtureRequest) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    line(panel, "inputs.lr").setFocus()
    await until(lambda: pane.editor.touched_lines[0])
    before = [each.format.background().color().name() for each in pane.editor.extraSelections()]
    request.addfinalizer(lambda: theme_manager().set_mode("light"))
    theme_manager().set_mode("dark")
    after = [each.format.background().color().name() for each in pane.editor.extraSelections()]
    assert len(after) == len(before)
    assert not set(before) & set(after), (before, after)
    await quiet()


async def test_who_names_an_input_follows_it_in_the_same_step(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    name = line(panel, "inputs.lr", name=True)
    name.setFocus()
    name.selectAll()
    write("rate")
    press(Qt.Key.Key_Return)
    await says(pane, JOB.replace("inputs.lr", "inputs.rate").replace("  lr: ", "  rate: "))
    await until(lambda: "1 reference is renamed to “rate”" in panel.help.text(), what=panel.help.text())
    pane.editor.undo()
    await says(pane, JOB)


DATA = JOB.replace("lr: 0.001\n", "lr: 0.001\n  iris_csv:\n    type: uri_file\n    path: src/train.py\n")


async def test_names_are_as_wide_as_each_other_and_the_mode_is_read_whole(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    pane.editor.change_to(DATA)
    panel = await form_of(pane)
    await until(lambda: panel.rows.row_widget("inputs.iris_csv"))
    await quiet()
    names = [line(panel, f"inputs.{each}", name=True) for each in ("lr", "iris_csv")]
    await until(lambda: names[0].width() == names[1].width() > 40, what="names as wide")
    mode = field(panel, "inputs.iris_csv.mode").control
    assert isinstance(mode, QComboBox)
    assert mode.currentText() == "Mount (default)"
    option = QStyleOptionComboBox()
    mode.initStyleOption(option)
    part = QStyle.SubControl.SC_ComboBoxEditField
    room = mode.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, part, mode)
    assert room.width() >= mode.fontMetrics().horizontalAdvance(mode.currentText())


async def test_a_row_is_as_high_as_it_needs_after_the_window_is_wider(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    pane.editor.change_to(f"{JOB}resources: {{instance_count: 6}}\n")
    panel = await form_of(pane)
    row = panel.rows.row_widget("distribution.type")
    assert row is not None
    await quiet()
    before = row.height()
    for width in (700, 1400):
        files.page.resize(width, 800)
        await until(lambda: panel.rows.is_filled)
    await until(lambda: row.height() == before, what=f"{before}, not {row.height()}")


async def test_a_hidden_form_is_filled_once_when_it_is_shown_again(files: FilesWindow) -> None:
    pane = pane_of(files.page)
    panel = await form_of(pane)
    pane.views.choose("text")
    read: list[object] = []
    pane.views.link.read.connect(read.append)
    pane.editor.change_to(JOB.replace("0.001", "0.5"))
    end = time.monotonic() + 3 * REFILL_MS / 1000
    await until(lambda: time.monotonic() > end)
    await quiet()
    assert read == []
    pane.views.choose("both")
    await until(lambda: line(panel, "inputs.lr").text() == "0.5")
    await quiet()
    assert len(read) == 1
