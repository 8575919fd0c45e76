"""A comparison of two runs as tables of words, the same on the command line and in the window."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from desktop_app.core.redact import COVER
from desktop_app.core.words import size_text
from desktop_app.services.code_compare import FileDifference
from desktop_app.services.run_compare import Comparison, Difference, MetricDifference

NONE = "–"


@dataclass(frozen=True, slots=True)
class Row:
    """What differs: its name, both sides, the change where that is a number, and how a text differs, line by line."""

    name: str
    first: str
    second: str
    change: str = ""
    diff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a comparison; only parts with rows are made."""

    title: str
    rows: tuple[Row, ...]
    has_change: bool = False


def sections(found: Comparison) -> tuple[Section, ...]:
    """Return what differs, part by part: how they ended first, then parts and rows that likely matter most."""
    titles = {"result": "Result", "job": "Job", "plan": "Plan", "code": "Code", "packages": "Package",
              "metrics": "Metric", "phases": "Phase", "ranks": "Rank"}  # fmt: skip
    order = {(each.part, each.path): place for place, each in enumerate(found.likely)}
    ranked = dict.fromkeys(each.part for each in found.likely)
    made = {part: section for part, section in _sections(found) if section.rows}
    return tuple(
        replace(
            made[part],
            title=titles[part],
            rows=tuple(sorted(made[part].rows, key=lambda row: order.get((part, row.name), len(order)))),
        )
        for part in ranked
        if part in made
    )


def nothing_differs(found: Comparison) -> str:
    """Return the sentence for two runs that are alike; empty where they are not."""
    limits = "" if len(found.not_compared) <= 1 else ", as far as they could be compared"
    return f"Nothing differs between {found.first.run} and {found.second.run}{limits}." if found.same else ""


def _sections(found: Comparison) -> Iterator[tuple[str, Section]]:
    for part in ("result", "job", "plan", "packages", "ranks"):
        yield part, Section(part, _rows(getattr(found, part)))
    yield "code", Section("code", tuple(map(_file_row, found.code)))
    yield "metrics", Section("metrics", tuple(map(_metric_row, found.metrics)), has_change=True)
    yield "phases", Section("phases", tuple(map(_phase_row, found.phases)))


_ARGUMENT = re.compile(r"\bargv\[(\d+)\]")
_CALLED = {
    "first_failure.rank": "first rank to end",
    "first_failure.exit_code": "its exit code",
    "first_failure.text": "its last line",
}


def _rows(differences: Iterable[Difference]) -> tuple[Row, ...]:
    return tuple(map(_row, differences))


def _row(each: Difference) -> Row:
    unlike = each.kind == "changed" and str(each.first) == str(each.second)
    if unlike and each.first == COVER:
        return Row(each.path, COVER, f"{COVER} (another)")
    first, second = (_text(value, unlike) for value in _values(each))
    called = _ARGUMENT.sub(r"argument \1", each.path)
    return Row(_CALLED.get(called, called), first, second)


def _values(each: Difference) -> tuple[Any, Any]:
    first = NONE if each.kind == "only-second" else each.first
    return first, NONE if each.kind == "only-first" else each.second


def _text(value: Any, exact: bool) -> str:
    """Return a value as it is written; `exact` tells the text "1" from the number."""
    return value if isinstance(value, str) and not exact else json.dumps(value, ensure_ascii=False)


def _file_row(each: FileDifference) -> Row:
    first, second = (NONE if size is None else size_text(size) for size in (each.first, each.second))
    return Row(each.path, first, second, diff=tuple(each.diff))


def _metric_row(each: MetricDifference) -> Row:
    sides = ((each.first, each.first_step), (each.second, each.second_step))
    first, second = (NONE if value is None else f"{value:g} at step {step}" for value, step in sides)
    return Row(each.name, first, second, change=NONE if each.change is None else f"{each.change:+g}")


def _phase_row(each: Difference) -> Row:
    first, second = (_seconds(value) for value in _values(each))
    return Row(each.path, first, second)


def _seconds(value: Any) -> str:
    return f"{value:.1f} s" if isinstance(value, float) else value or "goes on"


def as_text(found: Comparison) -> str:
    """Return a comparison as plain text with tabs between columns, for the clipboard."""
    names = (found.first.run, found.second.run)
    lines = [nothing_differs(found)] if found.same else []
    for section in sections(found):
        lines.append("\t".join((section.title.upper(), *names, *(("CHANGE",) if section.has_change else ()))))
        for row in section.rows:
            lines.append("\t".join(cells(row, section)))
            lines += (f"\t{line}" for line in row.diff)
        lines.append("")
    return "\n".join((*lines, *(f"not compared: {each}" for each in found.not_compared), ""))


def cut(first: str, second: str, longest: int) -> tuple[str, str]:
    """Return two texts that differ, each in one line of about `longest` characters, in which the difference shows."""
    one, other = (" ".join(each.split()) for each in (first, second))
    if one == other and first != second:  # they differ by spaces or line ends alone
        one, other = (json.dumps(each, ensure_ascii=False) for each in (first, second))
    if max(len(one), len(other)) <= longest:
        return one, other
    pairs = enumerate(zip(one, other, strict=False))
    same = next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))
    return _excerpt(one, same, longest), _excerpt(other, same, longest)


def _excerpt(text: str, place: int, longest: int) -> str:
    """Return what stands from a few words before a place on."""
    if len(text) <= longest and place <= longest:
        return text
    start = max(0, place - longest // 4)
    start = text.find(" ", start, place) + 1 or start
    end = start + longest
    return f"{'… ' if start else ''}{text[start:end]}{' …' if end < len(text) else ''}"


def cells(row: Row, section: Section) -> Sequence[str]:
    """Return a row's cells as its section shows them."""
    return (row.name, row.first, row.second, *((row.change,) if section.has_change else ()))
