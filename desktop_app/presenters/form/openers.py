"""Buttons of a form that open something: the environments to choose from, a conda file with its packages beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping

from desktop_app.api import Value
from desktop_app.core.paths import join_path, split_path, value_at
from desktop_app.core.rules.bodies import bodies
from desktop_app.presenters.form.model import CondaFact, FormFacts, FormModel, Opener, Row

_MOST_PACKAGES = 40


def with_openers(model: FormModel, data: Value, facts: FormFacts) -> FormModel:
    """Return the form with a button at every environment, and what each conda file holds."""
    openers = {path: _environment(path, data) for path in _environments(model.kind, data)}
    files = {each.path: each for each in facts.conda_files}
    if not openers and not files:
        return model
    sections = tuple(
        dataclasses.replace(section, rows=tuple(_opened(row, openers, files) for row in section.rows))
        for section in model.sections
    )
    return dataclasses.replace(model, sections=sections)


def _environments(kind: str, data: Value) -> Iterator[str]:
    """Yield the path of the environment of all that runs in a file, there or not."""
    if kind.lower().endswith("deployment"):
        yield "environment"
    yield from (join_path((*each.path, "environment")) for each in bodies(kind, data))


def _environment(path: str, data: Value) -> Opener:
    where = path.removesuffix("environment").rstrip(".")
    name = "Choose an environment" + (f" for {where}" if where else "")
    return Opener("environment", "Choose…", name, path, value_at(data, split_path(path)))


def _opened(row: Row, openers: Mapping[str, Opener], files: Mapping[str, CondaFact]) -> Row:
    children = tuple(_opened(each, openers, files) for each in row.children)
    own = openers.get(row.key)
    file = files.get(row.key)
    if own is None and file is None and children == row.children:
        return row
    added = ((own,) if own else ()) + ((_file(file),) if file else ())
    notes = (*row.notes, *_holds(file)) if file else row.notes
    return dataclasses.replace(row, openers=added, notes=notes, children=children)


def _file(fact: CondaFact) -> Opener:
    name = fact.file.replace("\\", "/").rpartition("/")[2]
    return Opener("file", f"Open {name}", f"Open {name}", fact.file)


def _holds(fact: CondaFact) -> Iterator[str]:
    for title, packages in (("Packages", fact.packages), ("From pip", fact.from_pip)):
        if packages:
            more = len(packages) - _MOST_PACKAGES
            yield f"{title}: {', '.join(packages[:_MOST_PACKAGES])}{f' and {more} more' if more > 0 else ''}"
    if not fact.packages and not fact.from_pip:
        yield "No packages are in it."
