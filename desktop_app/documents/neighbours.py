"""What the other files of a folder declare: computes and endpoints by their names, read only where a file asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from desktop_app.api import Value
from desktop_app.core.rules.bodies import Body, bodies
from desktop_app.core.rules.counts import check_gpus
from desktop_app.core.rules.facts import Facts
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import is_bound, mapping, text, whole
from desktop_app.documents.declared import Declared, declared


def check(kind: str, data: Value, path: Path, facts: Facts, notes: Notes) -> None:
    """Compare what a document names with what the files beside it declare."""
    if kind.lower().endswith("deployment"):
        _endpoint(mapping(data), path, notes)
        return
    for body in bodies(kind, data):
        name = body.compute.removeprefix("azureml:")
        if not body.compute.startswith("azureml:") or is_bound(name) or "/" in name:
            continue
        count = whole(mapping(body.data.get("distribution")).get("process_count_per_instance"))
        found = _named("compute", name, path, body.compute_path, notes)
        size = facts.size(found.size) if found else None
        if size is not None and count is not None and not _is_said(body, count, facts):
            place = (*body.path, "distribution", "process_count_per_instance")
            check_gpus(place, count, f"{size.name} of {name}", size.gpus, notes)


def _is_said(body: Body, count: int, facts: Facts) -> bool:
    """Whether the size that the job itself names has too few GPUs already, which the rules say."""
    own = facts.size(text(body.resources.get("instance_type")))
    return own is not None and 1 <= own.gpus < count


def _endpoint(root: Mapping[str, Value], path: Path, notes: Notes) -> None:
    name = text(root.get("endpoint_name"))
    if name and not is_bound(name):
        _named("endpoint", name, path, ("endpoint_name",), notes)


def _named(family: str, name: str, path: Path, place: tuple[str | int, ...], notes: Notes) -> Declared | None:
    """Return what has this name; where something nearby is nearly called so, say that it was meant."""
    there = [each for each in declared(path.parent) if each.family == family and each.name and each.file != path]
    found = next((each for each in there if each.name == name), None)
    close = [each.name for each in there if _is_slip(name, each.name)] if found is None else []
    if close:
        prefix = "azureml:" if family == "compute" else ""
        file = next(each.file.name for each in there if each.name == close[0])
        message = f"No {family} in this folder is called “{name}”: did you mean “{close[0]}” of {file}?"
        fix = change(f"Write {close[0]}", place, f"{prefix}{close[0]}")
        notes.warning(f"unknown-{family}", place, message, fix)
    return found


def _is_slip(given: str, name: str) -> bool:
    """Whether two names differ by a slip of the finger: a letter left out, twice or swapped; cpu is no slip of gpu."""
    one, other = sorted((_plain(given), _plain(name)), key=len)
    if one == other:
        return True
    if len(one) == len(other):
        return sorted(one) == sorted(other)
    extra = [other[at] for at in range(len(other)) if other[:at] + other[at + 1 :] == one]
    return any(each.isalpha() for each in extra)


def _plain(name: str) -> str:
    return re.sub(r"[-_]", "", name.lower())
