"""What a terminal may get of a log: colours, and nothing else that it would obey."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.cli.terminal_text import fitted, plain, shown, width


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("plain", "plain"),
        ("a\tb", "a\tb"),
        ("Übung 数 🙂", "Übung 数 🙂"),
        ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m\x1b[0m"),
        ("\x1b]0;OWNED\x07\x1b[2Jleft", "left"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b]52;c;cm0=\x07", ""),
        ("\x1b]0;never ends", ""),
        ("a\x00b\x07c\x08d\x0be\x7ff\x9b2Jg", "abcdefg"),
        ("\x1bc\x1b(0\x1b7x", "x"),
        ("\x1bP1$r0m\x1b\\y", "y"),
        ("\x9d0;title\x9cz", "z"),
        ("safe\u202eexe", "safeexe"),
        (" 10%\r 50%\r100%\r", "100%"),
        ("\x1b[5", ""),
        ("\x1b", ""),
    ],
)
def test_shown(line: str, text: str) -> None:
    assert shown(line) == text


def test_plain_has_no_colours_either() -> None:
    assert plain("\x1b[1mname\x1b[0m\n\x1b]0;x\x07") == "name"


@given(st.text(st.characters(max_codepoint=127)))
def test_of_plain_letters_each_takes_a_column(text: str) -> None:
    assert width(text) == width(f"{text}é") - 1 == len(text)


def test_widths_count_columns() -> None:
    assert [width(each) for each in ("abc", "数字", "e\u0301", "")] == [3, 4, 1, 0]


@pytest.mark.parametrize(
    ("text", "columns", "cut"),
    [("abcdef", 6, "abcdef"), ("abcdefg", 6, "abcde…"), ("数数数数", 6, "数数…"), ("abc", 1, "…")],
)
def test_fitted(text: str, columns: int, cut: str) -> None:
    assert fitted(text, columns) == cut
