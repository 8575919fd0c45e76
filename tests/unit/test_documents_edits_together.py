"""Many edits at once: quick, and the same text as one by one."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.api import Diagnostic, Fix, Severity, UserError, Value
from desktop_app.core.paths import Part, join_path, value_at
from desktop_app.documents import edits, edits_together
from desktop_app.documents.data_edits import same
from desktop_app.documents.edits import set_values
from desktop_app.documents.yaml_text import Parsed, parse
from desktop_app.presenters.mending import mended

SAMPLES = sorted((Path(__file__).parents[1] / "corpora" / "samples").rglob("*.y*ml"))
STEPS = 40
PIPELINE = "type: pipeline\njobs:\n" + "".join(
    f"  step{n}:\n    command: run {n}  # {n}\n    compute: azureml:c{n}\n    environment: {{image: a}}\n"
    for n in range(STEPS)
)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count how often a text is read."""
    count = [0]

    def counted(text: str) -> Parsed:
        count[0] += 1
        return parse(text)

    monkeypatch.setattr(edits, "_read", counted)
    monkeypatch.setattr(edits_together, "parse", counted)
    return count


def one_by_one(text: str, values: Mapping[str, Value], unset: Sequence[str] = ()) -> str:
    """Return the text with the edits made each by itself."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(edits, "make", edits_together._one_by_one)
        return set_values(text, values, unset)


BULK: dict[str, tuple[Callable[[int], dict[str, Value]], Callable[[int], list[str]]]] = {
    "set": (lambda n: {f"jobs.step{n}.compute": f"azureml:x{n}"}, lambda _n: []),
    "set in brackets": (lambda n: {f"jobs.step{n}.environment.image": f"b: {n}"}, lambda _n: []),
    "add": (lambda n: {f"jobs.step{n}.code": "src"}, lambda _n: []),
    "remove": (lambda _n: {}, lambda n: [f"jobs.step{n}.compute"]),
    "rename": (lambda n: {f"jobs.step{n}.target": f"azureml:c{n}"}, lambda n: [f"jobs.step{n}.compute"]),
}


@pytest.mark.parametrize("kind", BULK)
def test_what_goes_together_is_read_a_few_times(kind: str, reads: list[int]) -> None:
    values = {path: value for n in range(STEPS) for path, value in BULK[kind][0](n).items()}
    unset = [each for n in range(STEPS) for each in BULK[kind][1](n)]
    made = set_values(PIPELINE, values, unset)
    assert reads[0] <= 4
    assert made == one_by_one(PIPELINE, values, unset)
    assert reads[0] > STEPS


@pytest.mark.parametrize(
    ("text", "values", "unset"),
    [
        ("a: {}\n", {f"a.k{n}": n for n in range(9)}, []),
        ("a: 1\nb: 2\nc: 3\n", {}, ["a", "b", "c"]),
        ("a: [1, 2, 3, 4]\n", {}, ["a[0]", "a[1]", "a[3]"]),
        ("a: [1, 2, 3, 4]\n", {"a[0]": 9, "a[4]": 5, "a[5]": 6, "a[-1]": 7}, []),
        ("a: 1\nb: &x {c: 1}\nd: *x\ne: 2\n", {"a": 2, "e": 3, "f": 4}, []),
        ("a: 1\na: 2\nb: 3\nc: 4\nd: 5\n", {}, ["a", "b", "c"]),
        ("a: 1\nb: {c: 1}\n", {"b": 1, "a": {"x": 1}, "d": [1], "e": None}, []),
    ],
)
def test_what_touches_is_made_one_by_one(text: str, values: Mapping[str, Value], unset: Sequence[str]) -> None:
    assert set_values(text, values, unset) == one_by_one(text, values, unset)


def test_one_that_can_not_be_is_told_and_the_rest_is_not_made() -> None:
    values = {f"jobs.step{n}.compute": "x" for n in range(STEPS)} | {"jobs.step3.command.deeper": 1}
    with pytest.raises(UserError, match=r"jobs\.step3\.command\.deeper"):
        set_values(PIPELINE, values)


def scalars(data: Value, path: tuple[Part, ...] = ()) -> Iterator[tuple[Part, ...]]:
    """Yield the paths of all that is neither mapping nor list."""
    parts = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for part, each in parts:
        yield from scalars(each, (*path, part))
    if not isinstance(data, dict | list) and path:
        yield path


NEW: tuple[Value, ...] = ("word", "a: b # c", 3, True, None, "", "two\nlines", [1], {"a": 1})


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SAMPLES), st.integers())
def test_all_ways_come_to_the_same(sample: Path, seed: int) -> None:
    text, rng = sample.read_text("utf-8"), random.Random(seed)
    parsed = parse(text)
    if parsed.data is None or parsed.problems or parsed.is_template:
        return
    found = [each for each in scalars(parsed.data) if all(part != "" for part in each)]
    chosen = rng.sample(found, min(len(found), 8))
    values = {join_path(each): rng.choice(NEW) for each in chosen[:4]}
    new = {join_path((*each[:-1], "new_key")): rng.choice(NEW) for each in chosen[:3] if isinstance(each[-1], str)}
    unset = [join_path(each) for each in chosen[4:] if isinstance(value_at(parsed.data, each[:-1]), dict)]
    try:
        expected = one_by_one(text, values | new, unset)
    except UserError:
        with pytest.raises(UserError):
            set_values(text, values | new, unset)
        return
    made = set_values(text, values | new, unset)
    assert same(parse(made).data, parse(expected).data)
    assert re.sub("['\"]", "", made) == re.sub("['\"]", "", expected), "the quotes are as those around them were before"


def problem(line: int, **fix: Value) -> Diagnostic:
    """Return a problem with a fix that sets something."""
    return Diagnostic(Severity.ERROR, "x", "m", line=line, fix=Fix("f", fix))


def test_all_of_a_kind_are_mended_at_once(reads: list[int]) -> None:
    found = [
        Diagnostic(Severity.ERROR, "x", "m", line=n, fix=Fix("f", {f"jobs.step{n}.target": f"azureml:c{n}"},
                                                            (f"jobs.step{n}.compute",)))
        for n in range(STEPS)
    ]  # fmt: skip
    text, fixes, left = mended(PIPELINE, found)
    assert (fixes, left, text) == (STEPS, [], PIPELINE.replace("compute:", "target:"))
    assert reads[0] <= 4


def test_fixes_of_one_place_are_made_in_turn_and_refused_ones_told() -> None:
    assert mended("a: 1\nb: 2\n", [problem(1, a=2), problem(2, a=3)])[:2] == ("a: 2\nb: 2\n", 2)
    text, fixes, left = mended("a: 1\nb: 2\n", [problem(1, **{"a.c": 2}), problem(2, b=3)])
    assert (text, fixes, len(left)) == ("a: 1\nb: 3\n", 1, 1)
