"""Puts findings into a form: each at the row that shows its path, else at the nearest that holds it."""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from desktop_app.api import Diagnostic, Severity, UserError
from desktop_app.core.paths import join_path
from desktop_app.presenters.form.model import FormModel, Row
from desktop_app.presenters.form.paths import parts_of, starts_with


def with_findings(model: FormModel, diagnostics: Sequence[Diagnostic]) -> FormModel:
    """Return the form with the findings at their rows; those that belong to none are the form's own."""
    homes = _homes(model)
    found: dict[str, list[Diagnostic]] = defaultdict(list)
    for each in diagnostics:
        found[next((homes[path] for path in _outwards(each.path) if path in homes), "")].append(each)
    sections = tuple(
        dataclasses.replace(section, rows=tuple(_placed(row, found) for row in section.rows))
        for section in model.sections
    )
    return dataclasses.replace(model, sections=sections, findings=tuple(found.get("", ())))


def row_of(model: FormModel, path: str) -> Row | None:
    """Return the row that shows a path, else the first of what it holds, else the nearest that holds it."""
    homes = _homes(model)
    key = next((homes[each] for each in _outwards(path) if each in homes), None)
    key = homes.get(path) or next((home for each, home in homes.items() if starts_with(each, path)), key)
    return model.row(key) if key is not None else None


def inside(row: Row) -> tuple[Diagnostic, ...]:
    """Return the findings of a row and all below it."""
    below = (each for child in row.children for each in inside(child))
    return (*row.findings, *below)


def count_inside(row: Row) -> str:
    """Return how much is wrong inside a closed group, in words; empty where nothing is."""
    found = [each for child in row.children for each in inside(child)]
    errors = sum(1 for each in found if each.severity is Severity.ERROR)
    others = len(found) - errors
    words = [f"{n} {name}{'' if n == 1 else 's'}" for n, name in ((errors, "error"), (others, "warning")) if n]
    return ", ".join(words)


def _homes(model: FormModel) -> dict[str, str]:
    """Return the row of each path that is shown: a control's own before a group's."""
    homes: dict[str, str] = {}
    for row in model.rows():
        for cell in row.cells:
            homes.setdefault(cell.path, row.key)
        if row.path and row.adder is None:
            homes.setdefault(row.path, row.key)
    return homes


def _outwards(path: str) -> Iterator[str]:
    """Yield the path, then those that hold it."""
    try:
        parts = parts_of(path)
    except UserError:
        return
    for end in range(len(parts), 0, -1):
        yield join_path(parts[:end])


def _placed(row: Row, found: Mapping[str, Iterable[Diagnostic]]) -> Row:
    children = tuple(_placed(each, found) for each in row.children)
    findings = tuple(found.get(row.key, ()))
    if children == row.children and not findings:
        return row
    return dataclasses.replace(row, findings=findings, children=children)
