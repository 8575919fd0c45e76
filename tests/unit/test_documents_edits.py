"""Edits of a text: what was asked for changes, every other byte stays, and what can't be done is said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import unified_diff

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import UserError, Value
from desktop_app.core.paths import split_path, value_at
from desktop_app.documents.edits import diff, insert, move, parse_assignment, rename_key, set_values
from desktop_app.documents.yaml_text import parse
from tests.helpers.jobs import SCALARS

TEXT = """\
# A job.
command: >-
  python train.py
  --lr ${{inputs.lr}}   # no comment: it is text
  --epochs 3

inputs:
  lr: 0.1   # learning rate
  "odd.key": {a: 1, b: [x, y]}
tags: {team: 'vision', "it's": "so"}
list:
- one
- k: v  # kept
-   three
text: |
  first
  second
anchored: &base {x: 1}
merged:
  <<: *base
  y: 2
last: end"""


def changed(values: Mapping[str, Value], unset: tuple[str, ...] = (), text: str = TEXT) -> list[str]:
    """Return the lines that an edit removes and adds."""
    after = set_values(text, values, unset)
    lines = unified_diff(text.splitlines(), after.splitlines(), n=0, lineterm="")
    return [each for each in lines if not each.startswith(("---", "+++", "@@"))]


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        ({"inputs.lr": 0.2}, ["-  lr: 0.1   # learning rate", "+  lr: 0.2   # learning rate"]),
        ({"list[1].k": "w"}, ["-- k: v  # kept", "+- k: w  # kept"]),
        ({"list[2]": "drei"}, ["--   three", "+-   drei"]),
        ({"list[3]": 4}, ["+- 4"]),
        (
            {"tags.team": "speech"},
            ['-tags: {team: \'vision\', "it\'s": "so"}', '+tags: {team: \'speech\', "it\'s": "so"}'],
        ),
        ({"inputs.n": 3}, ["+  n: 3"]),
        ({"last": True}, ["-last: end", "+last: true"]),
        ({"last": "true"}, ["-last: end", "+last: 'true'"]),
        ({"last": None}, ["-last: end", "+last: null"]),
        ({"text": "first\nzweite\n"}, ["-  second", "+  zweite"]),
        (
            {"command": "python train.py --lr ${{inputs.rate}}   # no comment: it is text --epochs 3"},
            [
                "-  --lr ${{inputs.lr}}   # no comment: it is text",
                "+  --lr ${{inputs.rate}}   # no comment: it is text",
            ],
        ),
    ],
)
def test_one_value_changes_and_nothing_else(values: dict[str, Value], lines: list[str]) -> None:
    assert changed(values) == lines


def test_what_is_missing_on_the_way_is_made() -> None:
    after = parse(set_values(TEXT, {"resources.properties.a.b": [1, {"c": None}]})).data
    assert isinstance(after, dict)
    assert after["resources"] == {"properties": {"a": {"b": [1, {"c": None}]}}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ('inputs."odd.key".a', 2),
        ('tags."x.y"', "z"),
        ('new."a.b".c', 1),
        ('tags."it\'s"', "gone"),
        ('"top.level"', {"a": 1}),
        ('inputs."odd.key".b[0]', "z"),
    ],
)
def test_keys_with_dots_and_quotes(path: str, value: Value) -> None:
    after = parse(set_values(TEXT, {path: value}))
    assert after.problems == ()
    assert value_at(after.data, split_path(path)) == value


def test_setting_what_is_set_changes_nothing() -> None:
    assert set_values(TEXT, {"inputs.lr": 0.1, "list[0]": "one"}) == TEXT


@pytest.mark.parametrize(
    ("unset", "removed"),
    [
        (("inputs.lr",), ["-  lr: 0.1   # learning rate"]),
        (("list[0]",), ["-- one"]),
        (("merged.y",), ["-  y: 2"]),
        (("last",), ["-last: end"]),
        (("text",), ["-text: |", "-  first", "-  second"]),
    ],
)
def test_removing(unset: tuple[str, ...], removed: list[str]) -> None:
    assert changed({}, unset) == removed


def test_removing_a_key_with_a_dot() -> None:
    assert changed({}, ('inputs."odd.key"',)) == ['-  "odd.key": {a: 1, b: [x, y]}']


def test_a_renamed_key_keeps_its_place_and_comment() -> None:
    assert changed({"inputs.learning_rate": 0.1}, ("inputs.lr",)) == [
        "-  lr: 0.1   # learning rate",
        "+  learning_rate: 0.1   # learning rate",
    ]
    assert changed({"inputs.learning_rate": 0.3}, ("inputs.lr",)) == [
        "-  lr: 0.1   # learning rate",
        "+  learning_rate: 0.3",
    ]


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("bom", ["", "\ufeff"])
def test_line_ends_and_mark_stay(newline: str, bom: str) -> None:
    text = bom + TEXT.replace("\n", newline)
    after = set_values(text, {"inputs.lr": 0.2, "inputs.new": "x"})
    wanted = bom + set_values(TEXT, {"inputs.lr": 0.2, "inputs.new": "x"}).replace("\n", newline)
    assert after == wanted


def test_an_empty_text_can_be_filled() -> None:
    assert parse(set_values("", {"command": "x"})).data == {"command": "x"}
    assert parse(set_values("# comment\n", {"command": "x"})).data == {"command": "x"}


@pytest.mark.parametrize(
    ("values", "unset", "words"),
    [
        ({"last.deeper": 1}, (), "no last.deeper"),
        ({"list[9]": 1}, (), "no list"),
        ({"list.x": 1}, (), "no list.x"),
        ({"a..b": 1}, (), "not a path"),
        ({}, ("absent",), "no absent"),
        ({}, ("list[7]",), "no list"),
    ],
)
def test_what_can_not_be_done_is_said(values: dict[str, Value], unset: tuple[str, ...], words: str) -> None:
    with pytest.raises(UserError) as error:
        set_values(TEXT, values, unset)
    assert words in str(error.value)


def test_a_text_that_is_no_yaml_is_not_edited() -> None:
    with pytest.raises(UserError, match="Line 1"):
        set_values("a: [\n", {"b": 1})


def test_what_an_alias_brings_is_not_changed_through_it() -> None:
    with pytest.raises(UserError):
        set_values("a: &x {k: 1}\nb: *x\n", {"b.k": 2})


@given(SCALARS, st.sampled_from(["inputs.lr", "list[0]", "last", "tags.team", "new.key", "list[1].k", "text"]))
def test_any_scalar_can_be_set_anywhere(value: Value, path: str) -> None:
    after = set_values(TEXT, {path: value})
    assert repr(value_at(parse(after).data, split_path(path))) == repr(value)


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("inputs.epochs=3", "inputs.epochs", 3),
        ("a=", "a", None),
        ("a=b=c", "a", "b=c"),
        ("a='3'", "a", "3"),
        ("a=[1, {b: c}]", "a", [1, {"b": "c"}]),
        ('tags."a=b"=x', 'tags."a=b"', "x"),
        ("command=python x.py --lr ${{inputs.lr}}", "command", "python x.py --lr ${{inputs.lr}}"),
    ],
)
def test_assignments_of_the_command_line(text: str, key: str, value: Value) -> None:
    assert parse_assignment(text) == (key, value)


@pytest.mark.parametrize("text", ["", "x", "=x", "a.=1", "a=[1", "a=b: c: d"])
def test_what_is_no_assignment(text: str) -> None:
    with pytest.raises(UserError):
        parse_assignment(text)


def lines(before: str, after: str) -> list[str]:
    """Return the lines that differ."""
    found = unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [each for each in found if not each.startswith(("---", "+++", "@@"))]


COMMENTED = """\
inputs:
    # how fast
    lr: 0.1  # rate
    data: {type: uri_folder}
    # momentum: 0.9

list:
# first
- one
# second
- k: v   # kept
  l:
  - [1, 2]
- three
# end
json: {
  "a": 1,
  "b": [x]
}
script: |
  python a.py \\
    --lr 1 \\
    --epochs 2
folded: >-
  python a.py
  --lr 1
  --epochs 2
empty:
"""


@pytest.mark.parametrize(
    ("edit", "wanted"),
    [
        (lambda text: insert(text, "list[1]", "new"), ["+- new"]),
        (lambda text: insert(text, "list[0]", {"a": [1]}), ["+- a:", "+  - 1"]),
        (lambda text: insert(text, "list[3]", None), ["+- null"]),
        (lambda text: insert(text, "list[1].l[0][1]", "x, y"), ["-  - [1, 2]", "+  - [1, 'x, y', 2]"]),
        (lambda text: insert(text, "list[1].l[0]", 3), ["+  - 3"]),
        (lambda text: insert(text, "empty[0]", "x"), ["+- x"]),
        (lambda text: move(text, "list[2]", 0), ["+- three", "-- three"]),
        (
            lambda text: move(text, "list[1]", 0),
            ["+# first", "+- one", "-# first", "-- one"],
        ),
        (lambda text: move(text, "list[-1]", 2), []),
        (lambda text: rename_key(text, "inputs.lr", "a b"), ["-    lr: 0.1  # rate", "+    a b: 0.1  # rate"]),
        (lambda text: rename_key(text, "json.a", "c"), ['-  "a": 1,', '+  "c": 1,']),
        (lambda text: set_values(text, {"inputs.momentum": 0.9}), ["+    momentum: 0.9"]),
        (lambda text: set_values(text, {"inputs.m.n": [1]}), ["+    m:", "+        n:", "+        - 1"]),
        (lambda text: set_values(text, {"json.c": "z"}), ['-  "b": [x]', '+  "b": [x],', '+  "c": z']),
        (lambda text: set_values(text, {}, ["json.b"]), ['-  "a": 1,', '-  "b": [x]', '+  "a": 1']),
        (
            lambda text: set_values(text, {"inputs.lr": {"a": 1}}),
            ["-    lr: 0.1  # rate", "+    lr:  # rate", "+        a: 1"],
        ),
        (
            lambda text: set_values(text, {"inputs.data.type": "x: y"}),
            ["-    data: {type: uri_folder}", "+    data: {type: 'x: y'}"],
        ),
        (lambda text: set_values(text, {}, ["list[1].k"]), ["-- k: v   # kept", "-  l:", "+- l:"]),
        (lambda text: set_values(text, {}, ["inputs.data.type"]), ["-    data: {type: uri_folder}", "+    data: {}"]),
        (
            lambda text: set_values(text, {"script": "python a.py \\\n  --lr 3 \\\n  --new \\\n  --epochs 2\n"}),
            ["-    --lr 1 \\", "+    --lr 3 \\", "+    --new \\"],
        ),
        (lambda text: set_values(text, {"folded": "python a.py --epochs 2"}), ["-  --lr 1"]),
        (
            lambda text: set_values(text, {"folded": "python a.py --lr 1 --epochs 20"}),
            ["-  --epochs 2", "+  --epochs 20"],
        ),
        (
            lambda text: set_values(text, {"list": ["one", {"k": "w", "l": [[1, 2]]}, "three"]}),
            ["-- k: v   # kept", "+- k: w   # kept"],
        ),
    ],
)
def test_only_the_lines_of_the_edit_change(edit: Callable[[str], str], wanted: list[str]) -> None:
    for newline in ("\n", "\r\n"):
        text = COMMENTED.replace("\n", newline)
        assert sorted(lines(text, edit(text))) == sorted(wanted)


@pytest.mark.parametrize(
    ("text", "values", "unset", "after"),
    [
        ("a: &x {k: 1}\nb: *x\nc: {<<: *x}\n", {"c.k": 2}, (), "a: &x {k: 1}\nb: *x\nc: {<<: *x, k: 2}\n"),
        ("a: &x {k: 1}\nb: *x\n", {"b": 2}, (), "a: &x {k: 1}\nb: 2\n"),
        ("a: &x 1\n", {"a": 2}, (), "a: &x 2\n"),
        ("a: !!str 3\n", {"a": "4"}, (), "a: !!str '4'\n"),
        ("a: !!str 3\n", {"a": 4}, (), "a: 4\n"),
        ("a: 1\n---\na: 2\n", {"a": 3, "b": 4}, (), "a: 3\nb: 4\n---\na: 2\n"),
        ("a: 1\na: 2\n", {"a": 3}, (), "a: 1\na: 3\n"),
        ("a: 1\nb: 0\na: 2\n", {}, ("a",), "b: 0\n"),
        ("---\n# c\n", {"a": 1}, (), "---\n# c\na: 1\n"),
        ("{}\n", {"a": 1}, (), '{"a": 1}\n'),
        ("a: 1 # c", {"b": "x\ny\n"}, (), "a: 1 # c\nb: |\n  x\n  y\n"),
        ("? k\n: v\n", {"k": "w", "l": 1}, (), "? k\n: w\nl: 1\n"),
        ('a:\n- "x"\n- "y"\n', {"a[2]": "z"}, (), 'a:\n- "x"\n- "y"\n- "z"\n'),
        ("list:\n  -   a\n", {"list[1]": {"k": 1, "l": 2}}, (), "list:\n  -   a\n  -   k: 1\n      l: 2\n"),
    ],
)
def test_what_a_text_looks_like_then(text: str, values: dict[str, Value], unset: tuple[str, ...], after: str) -> None:
    assert set_values(text, values, unset) == after


@pytest.mark.parametrize(
    "edit",
    [
        lambda: set_values("a: &x {k: 1}\nb: *x\n", {"a.k": 2}),
        lambda: set_values("a: {<<: *x}\nb: &x {k: 1}\n", {"a.k": 2}),
        lambda: set_values("b: &x {k: 1}\na: {<<: *x}\n", {}, ["a.k"]),
        lambda: rename_key("a: 1\nb: 2\n", "a", "b"),
        lambda: move("a: [1]\n", "a[1]", 0),
        lambda: insert("a: [1]\n", "a[3]", 0),
        lambda: insert("a: b\n", "a[0]", 0),
        lambda: set_values("a: {{x}}\n", {"b": 1}),
    ],
)
def test_what_would_change_more_or_leads_nowhere_is_refused(edit: Callable[[], str]) -> None:
    with pytest.raises(UserError):
        edit()


def test_a_difference_ends_as_the_lines_do() -> None:
    assert diff("a\n", "a\n", "x") == ""
    no_end = "\\ No newline at end of file\n"
    head = "--- a/d/x.yml\n+++ b/d/x.yml\n@@ -1,2 +1,2 @@\n"
    assert diff("a\r\nb", "a\r\nc", "d/x.yml") == f"{head} a\r\n-b\n{no_end}+c\n{no_end}"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a: &s text\nb: *s\n", "b: &s text\n"),
        ("a: &x {k: 1}\nb:\n  <<: *x\n  z: 2\n", "b:\n  <<: &x {k: 1}\n  z: 2\n"),
        ("a: &b\n  lr: 1  # keep\nx: *b\ny: *b\n", "x: &b\n  lr: 1  # keep\ny: *b\n"),
    ],
)
def test_what_an_alias_repeats_goes_on_there_when_its_first_place_is_removed(text: str, left: str) -> None:
    assert set_values(text, {}, ["a"]) == left


@pytest.mark.parametrize("text", ["a:", "a: ", "x: 1\na:", "x: 1\na: # c"])
@pytest.mark.parametrize("value", [["b", {"c": 1}], {"b": 1}, "one\ntwo\n", "b", None, [], {}])
def test_a_key_without_a_value_may_end_a_text_without_a_line_end(text: str, value: Value) -> None:
    after = parse(set_values(text, {"a": value})).data
    assert isinstance(after, dict)
    assert after["a"] == value


@pytest.mark.parametrize(
    ("text", "path", "value", "after"),
    [
        ("a: ''\nb: x\n", "a", "INFO", "a: INFO\nb: x\n"),
        ("l:\n  - a\n  - ''\n", "l[1]", "idna==3.7", "l:\n  - a\n  - idna==3.7\n"),
        ("a: ''\nb: x\n", "a", "5", "a: '5'\nb: x\n"),
        ("a: ''\nb: 'x'\nc: 'y'\n", "a", "INFO", "a: 'INFO'\nb: 'x'\nc: 'y'\n"),
        ('a: ""\n', "a", "z", 'a: "z"\n'),
    ],
)
def test_a_blank_that_is_filled_in_is_written_as_its_neighbours_are(
    text: str, path: str, value: str, after: str
) -> None:
    assert set_values(text, {path: value}) == after
