"""The fast reader against the strict one: the same data at the same places, or the strict one is asked."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desktop_app.documents import yaml_compose, yaml_pure
from desktop_app.documents.yaml_nodes import FaultError, Node, TooDeepError, is_mapping, is_scalar
from desktop_app.documents.yaml_scalars import scalar_value
from desktop_app.documents.yaml_text import parse

_PIECES = st.sampled_from([
    "a", "b: ", "- ", "\n", "\n  ", "\n    ", ": ", ":", "[", "]", "{", "}", ", ", '"x"', "'y'", "#c", " # c", "&x ",
    "*x", "*x ", "!!str ", "!!int ", "!t ", "? ", "|\n", ">-\n", "|2\n", "  ", "é", "𝒳", "\n\n", "---\n", "-",
    "<<: ", "1", "yes", "null", "0o17", ".5e3", "%", "@", "\t", "\\n", "=", "~", "a:b", "http://x", "\r\n", "\x85",
    "\u2028", "\ufeff", "\x0c", "\xa0", "'", '"', "key: v\n", "- k: v\n", "  sub: 1\n", "2001-01-01",
])  # fmt: skip
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")
_TEXTS = st.lists(_PIECES, min_size=1, max_size=16).map("".join)


def _shape(text: str, node: Node, seen: dict[int, int]) -> Any:
    """Return what a node says and where; an alias as the number of what it repeats."""
    if id(node) in seen:
        return seen[id(node)]
    seen[id(node)] = len(seen)
    # One of them begins a thing at its tag, the other at the anchor that may follow that.
    begin = _PROPERTIES.match(text, node.start_mark.index)
    extent = (begin.end() if begin else 0, node.end_mark.index)
    if is_scalar(node):
        # The place of a value that is not there: behind its colon, or for ruamel.yaml behind the comments after that.
        return (repr(scalar_value(node)), node.style or "", extent if node.value or node.style else None)
    parts = [part for each in node.value for part in (each if isinstance(each, tuple) else (each,))]
    return (is_mapping(node), bool(node.flow_style), extent, [_shape(text, each, seen) for each in parts])


@given(_TEXTS)
@example("a:\n  # c\nb: 1\n")
@example("a: &x {b: *x}")
@example("- é\t\n")
@example("a: 'b\tc' # d\te\n")
@example("a: !!timestamp 2001-01-01\nb: !!str 3\nc: ! 3\nd: !!int '3'\n")
def test_both_readers_agree(text: str) -> None:
    try:
        root, documents = yaml_compose.compose(text)
    except (FaultError, TooDeepError):
        return
    try:
        wanted, number = yaml_pure.compose(text)
    except FaultError:
        assert "..." in text, "two ends of a document are one too many for ruamel.yaml alone"
        return
    assert documents == number
    assert (root is None) == (wanted is None)
    if root is not None and wanted is not None:
        assert _shape(text, root, {}) == _shape(text, wanted, {})


@pytest.mark.parametrize(
    ("text", "is_slow"),
    [
        ("a: 1 # x\ty\n", False),
        ("a: 'x\ty'\nb: |\n  x\ty\n", False),
        ("a:\t1\n", True),
        ("a: 1\t\n", True),
        ("%YAML 1.2\n---\na: 1\n", True),
        ("a: x\x85y\n", True),
        ("|\n...\n", True),
        ("a: [1\n", True),
    ],
)
def test_the_strict_reader_is_asked_where_the_two_differ(
    text: str, is_slow: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def compose(text: str) -> tuple[None, int]:
        asked.append(text)
        return None, 0

    monkeypatch.setattr(yaml_pure, "compose", compose)
    yaml_compose.compose(text)
    assert bool(asked) is is_slow


@pytest.mark.parametrize("unit", ["[", "- ", "? ", "{a: ", "[{a: ", "a: [", "- - "])
@pytest.mark.parametrize("depth", [200, 10_000, 100_000])
def test_depth_is_refused_at_once(unit: str, depth: int) -> None:
    begun = time.perf_counter()
    parsed = parse(unit * depth)
    assert parsed.problems[0].code in {"yaml-too-deep", "yaml-syntax", "yaml-key"}
    assert time.perf_counter() - begun < 30, "a second, and what a busy machine takes"


def test_depth_by_indentation_is_refused() -> None:
    text = "".join(f"{' ' * each}a:\n" for each in range(900))
    assert [each.code for each in parse(text).problems] == ["yaml-too-deep"]


def test_ninety_levels_are_read() -> None:
    assert parse("[" * 90 + "]" * 90).problems == ()


@pytest.mark.parametrize(
    "text",
    [
        "".join(["a0: &a0 [x]\n", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))]),
        "a: &a [*a]\n",
        "a: &a {b: *a}\n",
    ],
)
def test_aliases_that_explode_or_circle_are_refused(text: str) -> None:
    assert parse(text).problems[0].code in {"yaml-too-large", "yaml-too-deep", "yaml-syntax"}


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"k{each}: value\n" for each in range(300_000)),
        "a: [" + "[1]," * 240_000 + "]",
        "x: [1\n" + "".join(f"k{each}: value\n" for each in range(60_000)),
        "".join(f"k{each}: value\n" for each in range(60_000)) + "x: [1\ny: 2\n",
        'x: "1\n' + "".join(f"k{each}: value\n" for each in range(60_000)),
    ],
)
def test_large_texts_take_no_time(text: str) -> None:
    begun = time.perf_counter()
    assert [each.code for each in parse(text).problems] in [["yaml-too-large"], ["yaml-syntax"]]
    assert time.perf_counter() - begun < 60, "a second, and what a busy machine takes"


def test_a_fault_in_a_long_text_is_told_as_in_a_short_one() -> None:
    fault = "list:\n  - [a\nlast: 1\n"
    before = "".join(f"key{each}:\n  a: 1\n" for each in range(2000))
    (short,), (long,) = parse(fault).problems, parse(before + fault).problems
    assert (long.message, long.column) == (short.message, short.column)
    assert (long.line, short.line) == (4002, 2)
