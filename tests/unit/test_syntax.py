"""Which part of a line is what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.presenters.syntax import LONGEST_LINE, Token, Tokenizer, python_tokens, tokenizer_for, yaml_tokens


def roles(line: str, tokens: list[Token]) -> list[tuple[str, str]]:
    return [(line[each.start : each.end], each.role) for each in tokens]


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("code: src", [("code", "key")]),
        ("  lr: 0.001      # from the sweep", [("lr", "key"), ("0.001", "number"), ("# from the sweep", "comment")]),
        ("# only", [("# only", "comment")]),
        ("a: 'it''s # no comment'", [("a", "key"), ("'it''s # no comment'", "string")]),
        ("- name: x", [("name", "key")]),
        ("- - a: 1", [("a", "key"), ("1", "number")]),
        ("x: {a: 1, b: true}", [("x", "key"), ("a", "key"), ("1", "number"), ("b", "key"), ("true", "keyword")]),
        ("x: *anchor", [("x", "key"), ("*anchor", "name")]),
        ("url: http://a#b", [("url", "key")]),
        ("cmd: run ${{inputs.lr}} now", [("cmd", "key"), ("${{inputs.lr}}", "placeholder")]),
        ('"quoted key": 1', [('"quoted key"', "key"), ("1", "number")]),
        ("$schema: https://a/b.json", [("$schema", "key")]),
        ("version: 1.2.3", [("version", "key")]),
    ],
)
def test_yaml_lines(line: str, wanted: list[tuple[str, str]]) -> None:
    tokens, state = yaml_tokens(line, 0)
    found = roles(line, tokens)
    assert [each for each in found if each in wanted] == wanted
    assert not [each for each in found if each not in wanted and each[1] in ("number", "comment", "key", "keyword")]
    assert state == 0


def test_a_block_scalar_holds_until_it_is_indented_less() -> None:
    lines = ["command: >-", "  python a.py # no comment", "", "    --lr ${{inputs.lr}}", "inputs:", "  a: 1"]
    state, found = 0, []
    for line in lines:
        tokens, state = yaml_tokens(line, state)
        found.append([role for _text, role in roles(line, tokens)])
    assert found == [["key"], ["string"], [], ["string", "placeholder"], ["key"], ["key", "number"]]


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (['a: "one # no', '  two ${{inputs.x}}"  # yes', "b: 1"],
         [["key", "string"], ["string", "placeholder", "comment"], ["key", "number"]]),
        (["a: 'it''s", "  b: 1", "  end'", "c: true"], [["key", "string"], ["string"], ["string"], ["key", "keyword"]]),
        (['a: ["x", "y', '  z", 1]'], [["key", "string", "string"], ["string", "number"]]),
        (["a: 'one'", "b: it's", "c: 1"], [["key", "string"], ["key"], ["key", "number"]]),
        (['{"a": 1, "b": {"c": "d"}}'], [["key", "number", "key", "key", "string"]]),
    ],
)  # fmt: skip
def test_a_quoted_text_goes_on_until_it_is_closed(lines: list[str], wanted: list[list[str]]) -> None:
    state, found = 0, []
    for line in lines:
        tokens, state = yaml_tokens(line, state)
        found.append([each.role for each in tokens])
    assert found == wanted


def test_a_block_scalar_in_a_list_belongs_to_its_key() -> None:
    _tokens, state = yaml_tokens("  - run: |", 0)
    assert yaml_tokens("      echo: 1", state)[0][0].role == "string"
    assert yaml_tokens("    name: x", state)[0][0].role == "key"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("def train(lr=1e-3):  # go", [("def", "keyword"), ("train", "name"), ("1e-3", "number"), ("# go", "comment")]),
        ("class Net(nn.Module):", [("class", "keyword"), ("Net", "name")]),
        ("@torch.no_grad()", [("@torch.no_grad", "name")]),
        ("x = 'a # b' + f\"{y}\"", [("'a # b'", "string"), ('f"{y}"', "string")]),
        ("model.match(print)", [("print", "builtin")]),
        ("match command:", [("match", "keyword")]),
        ("matching = 3", [("3", "number")]),
        ("self.type = None", [("self", "keyword"), ("None", "keyword")]),
    ],
)
def test_python_lines(line: str, wanted: list[tuple[str, str]]) -> None:
    tokens, state = python_tokens(line, 0)
    assert roles(line, tokens) == wanted
    assert state == 0


def test_triple_quotes_hold_over_lines() -> None:
    first, state = python_tokens('x = """one', 0)
    assert state == 1
    assert first[-1].role == "string"
    middle, state = python_tokens("def no(): '''", state)
    assert [each.role for each in middle] == ["string"]
    last, state = python_tokens('end""" + y(1)', state)
    assert (last[0].end, last[-1].role, state) == (6, "number", 0)
    assert python_tokens("'''", 0)[1] == 2


def test_the_language_goes_by_the_name() -> None:
    assert tokenizer_for("a.YAML") is yaml_tokens
    assert tokenizer_for("a.py") is python_tokens
    assert tokenizer_for("a.txt") is None


@pytest.mark.parametrize("tokenizer", [yaml_tokens, python_tokens])
@given(line=st.text(alphabet=st.characters(blacklist_characters="\n\r"), max_size=60), state=st.integers(0, 4))
def test_any_line_can_be_read(tokenizer: Tokenizer, line: str, state: int) -> None:
    tokens, after = tokenizer(line, min(state, 2) if tokenizer is python_tokens else state)
    assert after >= 0
    assert all(0 <= each.start <= each.end <= len(line) for each in tokens)


@pytest.mark.parametrize("tokenizer", [yaml_tokens, python_tokens])
def test_an_endless_line_costs_no_time(tokenizer: Tokenizer) -> None:
    tokens, _state = tokenizer("a: '" + "x, " * 2_000_000, 0)
    assert max(each.end for each in tokens) <= LONGEST_LINE
