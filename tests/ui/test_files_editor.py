"""The text editor: every character survives, problems stand at their place, keys do what they do elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.api import Diagnostic, Severity
from desktop_app.presenters.syntax import python_tokens
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.files.find_bar import FindBar
from desktop_app.ui.files.line_bar import LineBar
from desktop_app.ui.theme import theme_manager
from tests.ui.conftest import settle

YAML = "a: 1\nlist:\n  - x\n  - y\nb: ${{inputs.lr}}\n"


@pytest.fixture
def window() -> Iterator[QWidget]:
    made = QWidget()
    made.resize(500, 300)
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.addWidget(CodeEditor("job.yml"))
    made.show()
    made.activateWindow()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def editor(window: QWidget) -> CodeEditor:
    found = window.findChild(CodeEditor)
    assert isinstance(found, CodeEditor)
    return found


def colours(editor: CodeEditor, line: int) -> list[tuple[str, str]]:
    block = editor.document().findBlockByNumber(line)
    text = block.text()
    return [
        (text[each.start : each.start + each.length], each.format.foreground().color().name().upper())
        for each in block.layout().formats()
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "a",
        "a\n\n",
        "a\u00a0b\n",
        "tab\there",
        "emoji \U0001f600 x\n",
        "zero\u200bwidth\ufeff",
        "soft\u2028line\n",
    ],
)
def test_every_character_survives(editor: CodeEditor, text: str) -> None:
    assert editor.load(text)
    assert editor.text() == text
    assert not editor.document().isModified()


@pytest.mark.parametrize("text", ["a\r\nb\n", "a\rb", "a\u2029b"])
def test_what_an_editor_would_change_is_noticed(editor: CodeEditor, text: str) -> None:
    assert not editor.load(text)


def test_a_change_from_outside_is_one_small_step_to_undo(editor: CodeEditor) -> None:
    editor.load("\U0001f600: 1\nb: 2\nc: 3\n")
    editor.go_to(3, 2)
    editor.change_to("\U0001f600: 1\nb: 22\nc: 3\n")
    assert editor.text() == "\U0001f600: 1\nb: 22\nc: 3\n"
    assert editor.place == (3, 2)
    editor.undo()
    assert editor.text() == "\U0001f600: 1\nb: 2\nc: 3\n"
    assert not editor.document().isModified()


def test_colours_follow_the_text_and_the_theme(editor: CodeEditor) -> None:
    editor.load(YAML)
    theme = theme_manager().theme
    assert colours(editor, 0) == [("a", theme.code_key), ("1", theme.code_number)]
    editor.go_to(1, 5)
    editor.insertPlainText("  # one")
    assert colours(editor, 0)[-1] == ("# one", theme.code_comment)
    theme_manager().set_mode("dark")
    assert colours(editor, 0)[0] == ("a", theme_manager().theme.code_key)
    assert theme_manager().theme.code_key != theme.code_key


def test_an_opened_quote_recolours_what_follows() -> None:
    made = CodeEditor("train.py")
    made.load("x = 1\ny = 2\nz = 3\n")
    made.go_to(1, 1)
    made.insertPlainText('"""')
    string = theme_manager().theme.color("running")
    assert [colours(made, line)[0][1] for line in (0, 1, 2)] == [string] * 3
    made.undo()
    assert colours(made, 2)[0][0] == "3"
    made.deleteLater()


def test_colours_after_an_emoji_stand_right(editor: CodeEditor) -> None:
    editor.load("\U0001f600: 12\n")
    formats = editor.document().firstBlock().layout().formats()
    assert [(each.start, each.length) for each in formats] == [(0, 2), (4, 2)]


def test_a_long_text_is_coloured_in_slices(editor: CodeEditor) -> None:
    colouring = editor.colouring
    assert colouring is not None
    editor.load("key: value  # comment\n" * 20_000)
    assert colouring.is_busy
    longest, start = 0.0, time.perf_counter()
    while colouring.is_busy:
        assert time.perf_counter() - start < 60
        begun = time.thread_time()
        colouring.work()
        longest = max(longest, time.thread_time() - begun)
    assert longest < 0.05
    assert colours(editor, 19_999)[0][0] == "key"


def test_states_carry_over_as_if_read_in_one_go() -> None:
    text = 'def f():\n    """one\n    two\n    """\n    return "x"\n'
    made = CodeEditor("f.py")
    made.load(text)
    made.go_to(3, 1)
    made.insertPlainText("more\n")
    state, block = 0, made.document().firstBlock()
    while block.isValid():
        _tokens, state = python_tokens(block.text(), state)
        assert block.userState() == state
        block = block.next()
    made.deleteLater()


def test_problems_are_marked_at_their_place_and_told(editor: CodeEditor) -> None:
    editor.load("\U0001f600: 1\nabc: wrong\n")
    editor.set_problems([Diagnostic(Severity.ERROR, "x", "Wrong.", "abc", 2, 6, 2, 11)])
    waves = [each for each in editor.extraSelections() if each.format.underlineColor().name().upper() == _error()]
    assert [each.cursor.selectedText() for each in waves] == ["wrong"]
    assert [each.message for each in editor.problems_at(2)] == ["Wrong."]
    assert editor.problems_at(1) == ()


@pytest.mark.parametrize(
    "where",
    [(None, None, None, None), (99, 1, 99, 2), (2, 999, 2, 1), (2, 1, 1, 1), (1, 2, 9, 9), (0, 0, 0, 0)],
)
def test_problems_with_odd_places_do_no_harm(editor: CodeEditor, where: tuple[int | None, ...]) -> None:
    editor.load("a: 1\nb: 2\n")
    line, column, end_line, end_column = where
    editor.set_problems([Diagnostic(Severity.WARNING, "x", "Odd.", "", line, column, end_line, end_column)])
    editor.grab()
    settle()


def test_a_click_on_a_mark_asks_for_its_problem(editor: CodeEditor) -> None:
    editor.load("a: 1\nb: 2\n")
    editor.set_problems([Diagnostic(Severity.ERROR, "x", "Wrong.", "b", 2, 4, 2, 5)])
    asked: list[int] = []
    editor.problem_asked.connect(asked.append)
    line = editor.fontMetrics().height()
    QTest.mouseClick(editor.gutter, Qt.MouseButton.LeftButton, pos=QPoint(8, int(line * 1.5) + 8))
    assert asked == [0]
    assert editor.place == (2, 4)


def _error() -> str:
    return theme_manager().theme.error.upper()


def test_enter_and_tab_indent_as_the_file_does(editor: CodeEditor) -> None:
    editor.load("a:\n  b: 1\n")
    editor.go_to(1, 3)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.keyClicks(editor, "x: 1")
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.keyClicks(editor, "y: 2")
    assert editor.text() == "a:\n  x: 1\n  y: 2\n  b: 1\n"
    QTest.keyClick(editor, Qt.Key.Key_Backtab)
    assert editor.text() == "a:\n  x: 1\ny: 2\n  b: 1\n"


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("steps:\n  - name: x", "steps:\n  - name: x\n    ."),
        ("steps:\n  - name:", "steps:\n  - name:\n      ."),
        ("- - a: 1", "- - a: 1\n    ."),
        ("- http://x", "- http://x\n."),
        ("- one", "- one\n."),
        ("a: >-", "a: >-\n  ."),
    ],
)
def test_enter_goes_on_where_the_next_key_stands(editor: CodeEditor, text: str, after: str) -> None:
    editor.load(text)
    editor.moveCursor(QTextCursor.MoveOperation.End)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QTest.keyClicks(editor, ".")
    assert editor.text() == after


@pytest.mark.parametrize(
    ("text", "column", "after"),
    [
        ("a:\n      b", 7, "a:\n    b"), ("a:\n     b", 6, "a:\n    b"), ("a:\n  b", 3, "a:\nb"),
        ("a:\n  bc", 4, "a:\n  c"), ("a:\n  b", 1, "a:  b"),
    ],
)  # fmt: skip
def test_backspace_before_the_first_word_takes_back_a_level(
    editor: CodeEditor, text: str, column: int, after: str
) -> None:
    editor.load(text)
    editor.indent = "  "
    editor.go_to(2, column)
    QTest.keyClick(editor, Qt.Key.Key_Backspace)
    assert editor.text() == after


def test_tab_indents_all_selected_lines_and_back(editor: CodeEditor) -> None:
    editor.load("a\n\nb\nc\n")
    cursor = editor.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.Down, QTextCursor.MoveMode.KeepAnchor, 3)
    editor.setTextCursor(cursor)
    QTest.keyClick(editor, Qt.Key.Key_Tab)
    assert editor.text() == "  a\n\n  b\nc\n"
    QTest.keyClick(editor, Qt.Key.Key_Backtab)
    assert editor.text() == "a\n\nb\nc\n"


@pytest.mark.parametrize(("text", "unit"), [("a:\n\tb: 1\n", "\t"), ("a:\n    b: 1\n", "    "), ("a: 1\n", "  ")])
def test_a_level_of_indenting_is_what_the_file_has(editor: CodeEditor, text: str, unit: str) -> None:
    editor.load(text)
    assert editor.indent == unit


def test_comments_go_out_and_in(editor: CodeEditor) -> None:
    editor.load("  a: 1\n    b: 2\n\n# c\n")
    editor.selectAll()
    editor.toggle_comment()
    assert editor.text() == "# " + "  a: 1\n" + "# " + "    b: 2\n\n# # c\n"
    editor.toggle_comment()
    assert editor.text() == "  a: 1\n    b: 2\n\n# c\n"
    editor.undo()
    editor.undo()
    assert editor.text() == "  a: 1\n    b: 2\n\n# c\n"


def test_a_read_only_text_takes_no_keys(editor: CodeEditor) -> None:
    editor.load("a: 1\n")
    editor.setReadOnly(True)
    for key in (Qt.Key.Key_Tab, Qt.Key.Key_Return, Qt.Key.Key_A):
        QTest.keyClick(editor, key)
    assert editor.text() == "a: 1\n"


def test_finding_goes_round_and_counts(editor: CodeEditor) -> None:
    editor.load("Lr: lr\nlr_x: \U0001f600 lr\n")
    bar = _bar(editor)
    bar.open_bar()
    QTest.keyClicks(bar.wanted, "lr")
    bar.search()
    assert bar.count.text() == "4 found"
    places = []
    for _ in range(5):
        QTest.keyClick(bar.wanted, Qt.Key.Key_Return)
        places.append(editor.textCursor().selectionStart())
    assert places == [0, 4, 7, 16, 0]
    QTest.keyClick(bar.wanted, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert bar.count.text() == "4 of 4"
    bar.case.setChecked(True)
    assert bar.count.text() == "3 of 3"
    bar.word.setChecked(True)
    bar.step(1)
    assert bar.count.text() == "1 of 2"
    QTest.keyClick(bar, Qt.Key.Key_Escape)
    assert not bar.isVisible()


def test_replacing_one_and_all(editor: CodeEditor) -> None:
    editor.load("a: 1\na: 2\na: 3\n")
    bar = _bar(editor)
    bar.open_bar(replace=True)
    bar.wanted.setText("a")
    bar.replacement.setText("bb")
    bar.step(1)
    bar.replace()
    assert editor.text() == "bb: 1\na: 2\na: 3\n"
    bar.replace_all()
    assert editor.text() == "bb: 1\nbb: 2\nbb: 3\n"
    editor.undo()
    assert editor.text() == "bb: 1\na: 2\na: 3\n"


def test_regular_expressions_and_broken_ones(editor: CodeEditor) -> None:
    editor.load("lr: 0.1\nmu: 0.2\n")
    bar = _bar(editor)
    bar.open_bar(replace=True)
    bar.pattern.setChecked(True)
    bar.wanted.setText(r"(\w+): 0\.(\d)")
    bar.replacement.setText(r"\1: \2")
    bar.replace_all()
    assert editor.text() == "lr: 1\nmu: 2\n"
    bar.wanted.setText("(")
    bar.search()
    assert "no regular expression" in bar.count.text()
    assert bar.wanted.property("invalid")
    bar.wanted.setText("^")
    bar.search()
    assert bar.count.text() == "No match"


def _bar(editor: CodeEditor) -> FindBar:
    bar = FindBar(editor)
    window = editor.parentWidget()
    layout = window.layout() if window else None
    assert layout is not None
    layout.addWidget(bar)
    return bar


def test_going_to_a_line_and_back(editor: CodeEditor) -> None:
    editor.load("x\n" * 100)
    bar = LineBar(editor)
    bar.setParent(editor.parentWidget())
    editor.go_to(5)
    bar.open_bar()
    QTest.keyClicks(bar.line, "80:2")
    assert editor.place == (80, 2)
    QTest.keyClick(bar.line, Qt.Key.Key_Escape)
    assert editor.place == (5, 1)
    bar.open_bar()
    QTest.keyClicks(bar.line, "999999")
    QTest.keyClick(bar.line, Qt.Key.Key_Return)
    assert editor.place[0] == 101


def test_text_can_be_larger(editor: CodeEditor) -> None:
    before = editor.font().pointSizeF()
    editor.set_zoom(4)
    assert editor.font().pointSizeF() == before + 4
    assert editor.gutter.font().pointSizeF() == before + 4
    editor.set_zoom(0)
    assert editor.font().pointSizeF() == before
