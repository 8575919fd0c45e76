"""Suggestions in a real editor: they open while one types, narrow, are taken by key, and never disturb."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester, QTest

from desktop_app.places import Places
from desktop_app.ui.files.completion import Completer, spoken
from desktop_app.ui.files.editor_pane import EditorPane
from tests.helpers.fake_shell import FakeShell
from tests.ui.files_bench import FilesWindow, pane_of, project, quiet, until

HEAD = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"


@pytest.fixture
async def files(places: Places, shell: FakeShell, tmp_path: Path) -> AsyncIterator[FilesWindow]:
    made = FilesWindow(places, shell, project(tmp_path / "digits"))
    await made.open()
    yield made
    await made.close()


@pytest.fixture
def pane(files: FilesWindow) -> EditorPane:
    found = pane_of(files.page)
    found.views.choose("text")
    found.editor.setFocus()
    return found


def start(pane: EditorPane, text: str) -> Completer:
    """Put a text into the editor, and the cursor at its bar."""
    at = text.index("¦")
    pane.editor.change_to(text[:at] + text[at + 1 :])
    pane.editor.go_to(text[:at].count("\n") + 1, at - text[:at].rfind("\n"))
    return pane.assist.completer


def shown(completer: Completer) -> list[str]:
    return [each.text for each in completer.popup.model.items]


def press(pane: EditorPane, *keys: Qt.Key) -> None:
    for each in keys:
        QTest.keyClick(pane.editor, each)


async def test_a_key_is_suggested_while_it_is_typed_and_enter_writes_it(pane: EditorPane) -> None:
    completer = start(pane, HEAD + "¦")
    tester = QAbstractItemModelTester(completer.popup.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    QTest.keyClicks(pane.editor, "distr")
    await until(lambda: completer.is_open)
    assert shown(completer) == ["distribution"]
    press(pane, Qt.Key.Key_Return)
    assert pane.editor.text() == HEAD + "distribution:\n  "
    await until(lambda: completer.is_open)
    assert "type" in shown(completer)
    assert completer.popup.current is None
    QTest.keyClicks(pane.editor, "ty")
    assert shown(completer)[0] == "type"
    press(pane, Qt.Key.Key_Tab)
    await until(lambda: completer.is_open and "pytorch" in shown(completer))
    press(pane, Qt.Key.Key_Down)
    assert completer.popup.current is not None
    word = completer.popup.current.text
    press(pane, Qt.Key.Key_Return)
    assert pane.editor.text() == f"{HEAD}distribution:\n  type: {word}"
    pane.editor.undo()
    assert pane.editor.text() == f"{HEAD}distribution:\n  type: "
    await quiet()
    del tester


async def test_enter_begins_a_line_where_nothing_was_chosen(pane: EditorPane) -> None:
    completer = start(pane, HEAD + "distribution:\n  type:¦")
    QTest.keyClicks(pane.editor, " ")
    await until(lambda: completer.is_open)
    press(pane, Qt.Key.Key_Return)
    assert not completer.is_open
    assert pane.editor.text().count("\n") == 3
    await quiet()


async def test_escape_closes_and_control_space_opens(pane: EditorPane) -> None:
    completer = start(pane, HEAD + "¦")
    QTest.keyClick(pane.editor, Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: completer.is_open)
    assert completer.popup.current is not None
    assert completer.popup.current.text == "command"
    press(pane, Qt.Key.Key_Up)
    assert completer.popup.list.currentIndex().row() == len(shown(completer)) - 1
    press(pane, Qt.Key.Key_Down)
    press(pane, Qt.Key.Key_PageDown)
    assert completer.popup.list.currentIndex().row() == 9
    assert completer.popup.help.text()
    press(pane, Qt.Key.Key_Escape)
    assert not completer.is_open
    assert pane.editor.text() == HEAD
    await quiet()


@pytest.mark.parametrize("text", ["# comp¦", "command: |\n  co¦", "description: some ¦", "code: src\nabc: ¦"])
async def test_nothing_opens_where_there_is_nothing_to_say(pane: EditorPane, text: str) -> None:
    completer = start(pane, HEAD + text)
    QTest.keyClicks(pane.editor, "m")
    await quiet()
    assert not completer.is_open


async def test_what_is_typed_to_the_end_closes_the_list(pane: EditorPane) -> None:
    completer = start(pane, HEAD + "distribution:\n  type: ¦")
    QTest.keyClicks(pane.editor, "py")
    await until(lambda: completer.is_open)
    QTest.keyClicks(pane.editor, "torch")
    await quiet()
    assert not completer.is_open
    press(pane, Qt.Key.Key_Return)
    assert pane.editor.text() == HEAD + "distribution:\n  type: pytorch\n  "
    await quiet()


async def test_a_click_or_a_step_elsewhere_closes_the_list(pane: EditorPane) -> None:
    completer = start(pane, HEAD + "¦\n\n")
    QTest.keyClicks(pane.editor, "com")
    await until(lambda: completer.is_open)
    pane.editor.go_to(1, 1)
    assert not completer.is_open
    await quiet()


async def test_a_placeholder_is_written_in_place_of_what_is_there(pane: EditorPane) -> None:
    completer = start(pane, HEAD + 'inputs:\n  lr: 0.1\ncommand: "\U0001f600 t.py --lr ¦ --b"\n')
    QTest.keyClicks(pane.editor, "$")
    await until(lambda: completer.is_open)
    press(pane, Qt.Key.Key_Return)
    assert pane.editor.text().endswith('command: "\U0001f600 t.py --lr ${{inputs.lr}} --b"\n')
    await quiet()


async def test_a_click_takes_a_suggestion_and_each_is_read_out(pane: EditorPane) -> None:
    completer = start(pane, HEAD + "¦")
    QTest.keyClicks(pane.editor, "comp")
    await until(lambda: completer.is_open)
    item = completer.popup.model.items[0]
    assert spoken(item).startswith("compute. ")
    pane.window().grab()
    place = completer.popup.list.visualRect(completer.popup.model.index(0)).center()
    QTest.mouseClick(completer.popup.list.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert pane.editor.text() == HEAD + "compute: "
    await quiet()


async def test_a_read_only_text_has_no_suggestions(pane: EditorPane) -> None:
    completer = start(pane, HEAD + "¦")
    pane.editor.setReadOnly(True)
    completer.open()
    await quiet()
    assert not completer.is_open


async def test_the_list_stays_beside_its_word_and_nothing_is_checked_in_the_middle_of_it(pane: EditorPane) -> None:
    completer = start(pane, HEAD + "tags:\n" + "".join(f"  key_{n}: 1\n" for n in range(100)) + "¦")
    await quiet()
    QTest.keyClicks(pane.editor, "com")
    await until(lambda: completer.is_open)
    top = completer.popup.y()
    bar = pane.editor.verticalScrollBar()
    bar.setValue(bar.value() - 2)
    assert completer.is_open
    assert completer.popup.y() > top
    pane._check_timer.stop()
    pane._check_timer.timeout.emit()
    assert pane._check_timer.isActive()
    assert not any(each.code == "yaml-syntax" for each in pane.editor.problems)
    bar.setValue(0)
    assert not completer.is_open
    await until(lambda: any(each.code == "yaml-syntax" for each in pane.editor.problems))
    await quiet()
