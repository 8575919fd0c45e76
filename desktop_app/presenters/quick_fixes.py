"""The fixes that are offered at a place of a text: each by itself, and all of its kind in the file at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from desktop_app.api import Diagnostic


@dataclass(frozen=True, slots=True)
class QuickFix:
    """A way to mend, as a menu says it, and the problems that it mends."""

    title: str
    problems: tuple[Diagnostic, ...]


def fixes_at(problems: Sequence[Diagnostic], line: int, column: int | None = None) -> list[QuickFix]:
    """Return what mends the problems of a line (from 1); those at the column come first."""
    here = [each for each in problems if each.fix is not None and _holds(each, line)]
    here.sort(key=lambda each: not _is_at(each, column))
    return [*_each(here), *_all_of_a_kind(problems, here)]


def _holds(problem: Diagnostic, line: int) -> bool:
    first = problem.line or 1
    return first <= line <= max(first, problem.end_line or first)


def _is_at(problem: Diagnostic, column: int | None) -> bool:
    if column is None or problem.column is None:
        return False
    return problem.column <= column <= (problem.end_column or problem.column)


def _each(here: Sequence[Diagnostic]) -> Iterator[QuickFix]:
    seen: set[tuple[str, str]] = set()
    for each in here:
        if each.fix is not None and (each.fix.title, each.path) not in seen:
            seen.add((each.fix.title, each.path))
            yield QuickFix(each.fix.title, (each,))


def _all_of_a_kind(problems: Sequence[Diagnostic], here: Sequence[Diagnostic]) -> Iterator[QuickFix]:
    """Yield for each kind that stands more than once in the file the way to mend all of it."""
    for code in dict.fromkeys(each.code for each in here):
        alike = tuple(each for each in problems if each.code == code and each.fix is not None)
        if len(alike) > 1:
            yield QuickFix(f"Fix all {len(alike)} of this kind in this file", alike)
    fixable = tuple(each for each in problems if each.fix is not None)
    if here and len({each.code for each in fixable}) > 1:
        yield QuickFix(f"Fix all {len(fixable)} that can be fixed in this file", fixable)
