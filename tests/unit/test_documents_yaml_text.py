"""YAML as data with positions, and its faults in a person's words at the right place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Value
from desktop_app.documents.yaml_text import Position, parse

TEXT = """\
# a job
command: >-
  python train.py
  --lr 1
inputs:
  data: {type: uri_folder, path: 'x'}
  "a.b": 3
list:
  - one
  - k: v
"""


@pytest.mark.parametrize(
    ("path", "of_key", "position"),
    [
        ("command", True, (2, 1, 2, 8)),
        ("command", False, (2, 10, 2, 12)),
        ("inputs", True, (5, 1, 5, 7)),
        ("inputs.data.path", True, (6, 28, 6, 32)),
        ("inputs.data.path", False, (6, 34, 6, 37)),
        ('inputs."a.b"', True, (7, 3, 7, 8)),
        ("list[0]", True, (9, 5, 9, 8)),
        ("list[1].k", False, (10, 8, 10, 9)),
        ("inputs.absent.deeper", True, (5, 1, 5, 7)),
    ],
)
def test_positions_of_keys_and_values(path: str, of_key: bool, position: tuple[int, int, int, int]) -> None:
    assert parse(TEXT).position(path, of_key=of_key) == position


def test_what_is_nowhere_has_no_position() -> None:
    parsed = parse(TEXT)
    assert parsed.position("absent") is None
    assert parsed.position("") is None
    assert parsed.extent("absent") is None


def test_the_extent_of_a_value_is_its_source() -> None:
    extent = parse(TEXT).extent("command")
    assert extent is not None
    assert TEXT[extent.start : extent.end].startswith(">-\n  python")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes", "yes"),
        ("a: on", "on"),
        ("a: true", True),
        ("a: True", True),
        ("a: ~", None),
        ("a:", None),
        ("a: null", None),
        ("a: '1'", "1"),
        ("a: 012", 12),
        ("a: 0o17", 15),
        ("a: 0x1F", 31),
        ("a: 1e-3", 0.001),
        ("a: .5", 0.5),
        ("a: -.inf", float("-inf")),
        ("a: 2026-11-21", "2026-11-21"),
        ("a: 1:30", "1:30"),
        ("a: !!str 1", "1"),
        ("a: !!int '1'", 1),
        ("a: !own x", "x"),
        ("a: |\n  x\n  y\n", "x\ny\n"),
        ("a: &n 1\nb: *n", 1),
        ("d: &d {x: 1, y: 2}\na:\n  <<: *d\n  y: 3\n", {"x": 1, "y": 3}),
        ("a: " + "9" * 5000, "9" * 5000),
    ],
)
def test_values_are_those_of_yaml_1_2(text: str, value: Value) -> None:
    data = parse(text).data
    assert isinstance(data, dict)
    assert (data["a"], type(data["a"])) == (value, type(value))


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a:\n\t- b\n", 2, 1, "spaces"),
        ("a:\n  b: 1\n\tc: 2\n", 3, 1, "spaces"),
        ("a: b: c\n", 1, 5, "in quotes"),
        ("a: 'x\nb: 1\n", 1, 4, "Close the quote '"),
        ("a: [1, 2\nb: 1\n", 1, 4, "“]”"),
        ("a: {x: 1\nb: 2\n", 1, 4, "“}”"),
        ("a: [\n", 1, 5, "text ends"),
        ("a: @x\n", 1, 4, "“@”"),
        ("a: %x\n", 1, 4, "“%”"),
        ("a: 1\n b: 2\n", 2, 2, "Indent this line"),
        ("a:\n  b: 1\n c: 2\n", 3, 2, "indentation"),
        ("a: *x\n", 1, 4, "&x"),
        ("a: *important*\n", 1, 4, "Put “*important*” in quotes"),
        ("a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> other\n", 2, 1, "Git left them"),
        ("compute: azureml: gpu-cluster\n", 1, 17, "Remove the space after “azureml:”"),
        ('a: "C:\\data"\n', 1, 7, "\\\\d"),
        ("key value\nb: 2", 1, 1, "key: value"),
        ("a: x\nb\n", 2, 1, "key: value"),
        ("a:b\nc: 1\n", 1, 1, "a:b"),
        ("- a\nb: 1", 2, 1, "list's items"),
        ("a: 1\n- b\n", 2, 1, "list's item"),
        ("a: - b\n", 1, 4, "line of its own"),
        ("a: 'it's'\n", 1, 8, "''"),
        ("a: ]\n", 1, 4, "“]”"),
        ("a: \x01\n", 1, 4, "U+0001"),
        ("a: 1\nb: 2\na: 3\n", 3, 1, "line 1"),
        ("a: 1\r\nb: [\r\n", 2, 5, "text ends"),
        ("%YAML 3.0\n---\na: 1\n", 1, 1, "incompatible"),
        ("%YAML 1.2\na: 1\n", 1, 1, "---"),
        ("# c\n  a: 1\nb: 2\n", 3, 1, "like line 2"),
        ("a: >- b\n", 1, 7, "next line"),
        ("a: |x\n", 1, 5, "next line"),
        ("a: [1]]\n", 1, 7, "Remove this “]”"),
        ("a: 1\n}\n", 2, 1, "Remove this “}”"),
        ("a: * b\n", 1, 4, "“*”"),
        ("a: &\n", 1, 4, "“&”"),
        ("a: !<x y\n", 1, 4, "“!”"),
        ("a: !!}\n", 1, 4, "“!”"),
        ("a: 1\n% b: 2\n", 2, 1, "Take the %"),
        ("a: [- b]\n", 1, 5, "this dash"),
        ("...\na: 1\n", 1, 1, "these dots"),
    ],
)
def test_each_fault_is_one_sentence_at_its_place(text: str, line: int, column: int, words: str) -> None:
    (found,) = parse(text).problems
    assert (found.line, found.column) == (line, column)
    assert words in found.message
    assert "\n" not in found.message


@pytest.mark.parametrize("text", ["[1," * 800, "- " * 3000, "x: &a\n  y: *a\n", "a: &b [*b]"])
def test_what_is_too_deep_or_endless_is_said(text: str) -> None:
    (found,) = parse(text).problems
    assert found.code == "yaml-too-deep"


def test_aliases_that_grow_into_a_bomb_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 40)]
    (found,) = parse("\n".join(lines)).problems
    assert found.code == "yaml-too-large"


def test_anchors_may_be_used_twice() -> None:
    assert parse("a: &x 1\nb: &x 2\nc: *x").data == {"a": 1, "b": 2, "c": 2}


def test_the_byte_order_mark_does_not_move_anything() -> None:
    parsed = parse("\ufeffa: 1\n")
    assert parsed.data == {"a": 1}
    assert parsed.position("a") == Position(1, 1, 1, 2)


@pytest.mark.parametrize("text", ["a: {{NAME}}\n", "{% if x %}\na: 1\n{% endif %}\n", "a: {{ x }}\nb: {{ y }}: 2\n"])
def test_templates_are_told_from_faults(text: str) -> None:
    assert parse(text).is_template


@pytest.mark.parametrize("text", ["a: '{{NAME}}'\n", "a: x ${{inputs.b}}\n", "a: {b: {c: 1}}\n", "a: [${{inputs.b}}\n"])
def test_what_is_no_template(text: str) -> None:
    assert not parse(text).is_template


def test_several_documents_are_counted_and_the_first_is_read() -> None:
    parsed = parse("a: 1\n---\nb: 2\n---\n")
    assert (parsed.data, parsed.documents) == ({"a": 1}, 3)


@given(st.text(alphabet="ab :-#'\"\n\t[]{},&*!|>%@`?~01.\r\\\ufeff$<é", max_size=40))
def test_no_text_makes_it_raise_and_every_fault_has_a_place(text: str) -> None:
    for each in parse(text).problems:
        assert each.message
        assert each.code == "yaml-too-deep" or (each.line and each.column and each.end_column)


@pytest.mark.parametrize(
    "text", [TEXT, "a: &x [1, {b: &y 2}]\nc: *x\nd: [*y, *x, 3]\ne: {f: *y}\n", "k: 1\nk: {l: 2}\n", ""]
)
def test_one_place_is_found_as_all_are(text: str) -> None:
    parsed = parse(text)
    assert {path: parsed.find(path) for path in parsed.places} == dict(parsed.places)
    assert parsed.find(("absent",)) is None
    assert parsed.find(("list", 7)) is None


@pytest.mark.parametrize("text", ["", "word", "'a'\n", "3", "|\n  a\n", "!x y"])
def test_a_text_that_is_one_value_has_no_places(text: str) -> None:
    assert dict(parse(text).places) == {}
