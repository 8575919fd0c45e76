"""Explanations, fixes and the outline in a real editor, and problems marked at their words alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextFormat
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu, QPushButton

from desktop_app.api import Diagnostic, Severity
from desktop_app.places import Places
from desktop_app.presenters.syntax import python_phrase, yaml_phrase
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.files.editor_pane import EditorPane
from tests.helpers.fake_shell import FakeShell
from tests.ui.conftest import settle
from tests.ui.files_bench import JOB, FilesWindow, pane_of, project, quiet, until

WRONG = JOB.replace("process_count", "proces_count") + "tagz: {a: b}  # mine\n"


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


async def checked(pane: EditorPane, text: str, count: int) -> None:
    """Put a text into the editor and wait for so many problems with a fix."""
    pane.editor.change_to(text)
    await until(lambda: sum(1 for each in pane.editor.problems if each.fix) == count)
    await quiet()


def words(pane: EditorPane) -> list[str]:
    return [each.text() for each in pane.assist.explainer.card.findChildren(QLabel) if each.isVisible() and each.text()]


def waves(editor: CodeEditor) -> list[str]:
    return [
        each.cursor.selectedText()
        for each in editor.extraSelections()
        if each.format.hasProperty(QTextFormat.Property.TextUnderlineStyle)
    ]


async def test_the_word_at_the_cursor_is_explained_by_keyboard(pane: EditorPane) -> None:
    pane.editor.go_to(9, 5)
    pane.assist.explainer.explain_here()
    card = pane.assist.explainer.card
    await until(card.isVisible)
    assert words(pane)[:2] == ["type", "word · needed"]
    assert card.height() > 3 * pane.fontMetrics().height()
    QTest.keyClick(pane.editor, Qt.Key.Key_Escape)
    assert not card.isVisible()
    pane.editor.go_to(3, 2)
    pane.assist.explainer.explain_here()
    await until(card.isVisible)
    assert words(pane)[0] == "code"
    QTest.keyClicks(pane.editor, "x")
    assert not card.isVisible()
    await quiet()


async def test_the_word_under_the_mouse_is_explained_with_what_is_wrong_and_its_fix(pane: EditorPane) -> None:
    await checked(pane, WRONG, 2)
    place = pane.assist.explainer.card.rect_at(9, 6).center()
    pane.assist.explainer.explain_at(place)
    await until(pane.assist.explainer.card.isVisible)
    assert any("proces_count_per_instance" in each for each in words(pane))
    (fix,) = [each for each in pane.assist.explainer.card.findChildren(QPushButton) if each.isVisible()]
    assert fix.text() == "Rename to process_count_per_instance"
    fix.click()
    await until(lambda: "proces_count" not in pane.editor.text())
    await quiet()
    assert not pane.assist.explainer.card.isVisible()


async def test_nothing_is_told_beside_the_words(pane: EditorPane) -> None:
    pane.assist.explainer.explain_at(QPoint(pane.editor.viewport().width() - 3, 5))
    pane.editor.go_to(2, 5)
    pane.assist.explainer.explain_here()
    await quiet()
    assert not pane.assist.explainer.card.isVisible()


async def test_the_card_goes_when_the_mouse_has_gone(pane: EditorPane) -> None:
    pane.assist.explainer.explain_at(pane.assist.explainer.card.rect_at(2, 1).center())
    await until(pane.assist.explainer.card.isVisible)
    pane.assist.explainer._zone.translate(5000, 5000)
    pane.assist.explainer.card.move(4000, 4000)
    await until(lambda: not pane.assist.explainer.card.isVisible())


async def test_fixes_at_the_cursor_and_all_of_a_kind(pane: EditorPane) -> None:
    await checked(pane, WRONG, 2)
    pane.editor.go_to(1, 1)
    pane.editor.insertPlainText("# a line more\n")
    pane.editor.go_to(11, 5)
    menu = pane.assist.open_fixes()
    assert menu is not None
    titles = [each.text() for each in menu.actions()]
    assert titles == ["Rename to process_count_per_instance", "Fix all 2 of this kind in this file"]
    menu.actions()[1].trigger()
    menu.close()
    await until(lambda: "tags:" in pane.editor.text())
    await quiet()
    assert "process_count_per_instance" in pane.editor.text()
    pane.editor.undo()
    assert "tagz" in pane.editor.text()
    assert "proces_count" in pane.editor.text()
    await quiet()


async def test_where_nothing_is_wrong_the_menu_says_so(pane: EditorPane) -> None:
    pane.editor.go_to(1, 1)
    QTest.keyClick(pane.editor, Qt.Key.Key_Period, Qt.KeyboardModifier.ControlModifier)
    (menu,) = [each for each in pane.editor.findChildren(QMenu) if each.isVisible()]
    assert [each.isEnabled() for each in menu.actions()] == [False]
    menu.close()


async def test_a_click_on_the_bulb_offers_the_fix(pane: EditorPane) -> None:
    await checked(pane, WRONG, 2)
    pane.editor.go_to(1, 1)
    asked: list[int] = []
    pane.editor.fix_asked.disconnect()
    pane.editor.fix_asked.connect(asked.append)
    side = pane.editor.gutter.fontMetrics().height()
    top = pane.assist.explainer.card.rect_at(9, 0).center().y()
    QTest.mouseClick(pane.editor.gutter, Qt.MouseButton.LeftButton, pos=QPoint(4 + side + side // 2, top))
    assert asked == [10]


async def test_the_outline_jumps_by_typing(pane: EditorPane) -> None:
    palette = await pane.assist.open_outline()
    assert palette is not None
    assert palette.model.rowCount() == 9
    QTest.keyClicks(palette.field, "distr")
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert pane.editor.place == (8, 1)
    settle()


async def test_the_outline_reads_a_long_text_beside_the_window(pane: EditorPane) -> None:
    pane.editor.change_to("".join(f"k{number}:\n  a: [1, 2]\n" for number in range(3000)))
    opening = asyncio.create_task(pane.assist.open_outline())
    await asyncio.sleep(0)
    assert not opening.done()
    pane.editor.change_to("name: typed meanwhile\n")
    palette = await opening
    assert palette is not None
    assert palette.model.rowCount() == 1
    palette.close()
    settle()


async def test_marks_move_along_with_their_words(pane: EditorPane) -> None:
    await checked(pane, WRONG, 2)
    assert waves(pane.editor) == ["proces_count_per_instance", "tagz"]
    pane.editor.go_to(1, 1)
    pane.editor.insertPlainText("# more\n# lines\n")
    assert [len(pane.editor.problems_at(line)) for line in (10, 12, 13)] == [0, 1, 1]
    await quiet()


def test_a_note_on_a_line_marks_its_words_only() -> None:
    editor = CodeEditor("train.py")
    editor.load("def f():\n    torch.init('a', (1, 2))  # start\n")
    editor.set_problems([Diagnostic(Severity.INFO, "x", "Look.", line=2)])
    assert waves(editor) == ["torch.init('a', (1, 2))"]
    editor.deleteLater()


@pytest.mark.parametrize(
    ("line", "start", "words"),
    [
        ("  a: b  # c", -1, "a: b"),
        ("  a: 'x # y'  ", -1, "a: 'x # y'"),
        ("# only", -1, "# only"),
        ("  a: b", 5, "b"),
        ("", -1, ""),
    ],
)
def test_what_is_said_of_a_line_of_yaml(line: str, start: int, words: str) -> None:
    first, last = yaml_phrase(line, start)
    assert line[first:last] == words


@pytest.mark.parametrize(
    ("line", "start", "words"),
    [
        ("    x = dist.init(a, b(c))  # go", -1, "dist.init(a, b(c))"),
        ("    if run(1):", -1, "run(1)"),
        ("import torch  # t", -1, "import torch"),
        ("def f(x):", -1, "def f(x):"),
        ("y = call(1,", -1, "call(1,"),
        ("z = 1", 4, "1"),
        ("    x = a.b(1) + c(2)", 17, "c(2)"),
    ],
)
def test_what_is_said_of_a_line_of_python(line: str, start: int, words: str) -> None:
    first, last = python_phrase(line, start)
    assert line[first:last] == words
