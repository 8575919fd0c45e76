"""Findings at the very word: in long commands, folded and literal, the second of two, in lists and in quotes."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import Diagnostic
from desktop_app.documents.checks import check_text

HEAD = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\nenvironment: azureml:e:1\n"


def found(text: str, code: str) -> list[Diagnostic]:
    """Return the findings of one kind."""
    return [each for each in check_text(None, HEAD + text, lambda _job: ()).diagnostics if each.code == code]


def words(text: str, code: str) -> list[tuple[int, str]]:
    """Return the line of each finding and the words that it points at."""
    lines = (HEAD + text).splitlines()
    places = []
    for each in found(text, code):
        assert each.line
        assert each.column
        assert each.end_column
        places.append((each.line, lines[each.line - 1][each.column - 1 : each.end_column - 1]))
    return places


@pytest.mark.parametrize("style", ["|", ">", ">-", "|-"])
def test_each_of_two_has_its_own_place(style: str) -> None:
    text = f"command: {style}\n  a ${{{{inputs.x}}}}\n  b ${{{{inputs.y}}}} ${{{{inputs.x}}}}\ninputs: {{z: 1}}\n"
    assert words(text, "undefined-placeholder") == [
        (4, "${{inputs.x}}"), (5, "${{inputs.y}}"), (5, "${{inputs.x}}"),
    ]  # fmt: skip
    columns = [each.column for each in found(text, "undefined-placeholder")]
    assert columns == [5, 5, 19]


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_word_within_quotes(quote: str) -> None:
    assert words(f"command: {quote}a {{inputs.x}}{quote}\n", "malformed-placeholder") == [(3, "{inputs.x}")]


def test_a_plain_command_over_several_lines() -> None:
    text = "command: python t.py\n  --a ${{inputs.a}}\n  --b ${{inputs.b}}\ninputs: {a: 1}\n"
    assert words(text, "undefined-placeholder") == [(5, "${{inputs.b}}")]


def test_the_same_word_before_the_command_is_not_meant() -> None:
    text = "description: about {inputs.x}\ncommand: a {inputs.x}\ninputs: {x: 1}\n"
    assert words(text, "malformed-placeholder") == [(4, "{inputs.x}")]


def test_a_word_that_is_escaped_in_the_text_is_pointed_at_as_a_whole() -> None:
    text = 'command: "a \\u007binputs.x}"\n'
    assert words(text, "malformed-placeholder") == [(3, '"a \\u007binputs.x}"')]


def test_items_of_lists() -> None:
    report = check_text(
        Path("conda.yml"),
        "dependencies:\n  - python=3.11\n  - pip:\n      - numpy==1\n      - torch=2\n",
        lambda _job: (),
    )
    (item,) = [each for each in report.diagnostics if each.code == "package-spelling"]
    assert (item.line, item.column, item.end_column) == (5, 9, 16)


def test_windows_line_ends_count_as_one() -> None:
    text = (HEAD + "command: |\n  a ${{inputs.x}}\n").replace("\n", "\r\n")
    (one,) = [each for each in check_text(None, text, lambda _job: ()).diagnostics if each.code.startswith("undefined")]
    assert (one.line, one.column, one.end_line, one.end_column) == (4, 5, 4, 18)
