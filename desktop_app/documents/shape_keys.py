"""Checks the keys of one mapping against its shape: those that are not known, and those that are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desktop_app.api import Fix, Value
from desktop_app.core.findings import MISPLACED, Findings, nearest_key, rename
from desktop_app.core.paths import Part, join_path
from desktop_app.documents.shapes import Shape, branch

Owner = tuple[tuple[Part, ...], Shape, Mapping[str, Value]]
"""A mapping on the way from the top: where it stands, its shape, and itself."""


def check_keys(findings: Findings, owners: Sequence[Owner], union: Shape | None) -> None:
    """Check the keys of the last of `owners`; `union` is the choice that its shape was picked from."""
    path, shape, data = owners[-1]
    for key in shape.required:
        if key not in data:
            missing(findings, key, path, _about(shape.properties[key]))
    if shape.values is not None or (not shape.properties and (shape.is_open or not shape.types)):
        return
    for key in data:
        if key not in shape.properties:
            _unknown(findings, key, owners, union)


def missing(findings: Findings, key: str, path: tuple[Part, ...], about: str) -> None:
    """Say that a key is missing, and what it is for."""
    where = f" to {join_path(path)}" if path else ""
    findings.error("missing-key", (*path, key), f"Add {key}{where}{f': {about}' if about else ''}.")


def _about(shape: Shape) -> str:
    text = shape.description.rstrip(".")
    if text and len(text) < 120:
        return text[0].lower() + text[1:] if text[1:2].islower() else text
    if shape.enum:
        return f"one of {', '.join(str(each) for each in shape.enum)}" if len(shape.enum) > 1 else str(shape.enum[0])
    return "Azure ML needs it"


def _unknown(findings: Findings, key: str, owners: Sequence[Owner], union: Shape | None) -> None:
    path, shape, data = owners[-1]
    known = [each for each in shape.properties if each not in data and not shape.properties[each].is_read_only]
    meant = nearest_key(str(key), known)
    if shape.is_open:
        if meant is not None:
            _misspelt(findings, key, meant, owners, refused=False)
        return
    at = (*path, key)
    if home := _home(key, owners):
        fix = Fix(f"Move to {home}", {home: data[key]}, (join_path(at),))
        findings.error("unknown-key", at, f"“{key}” is not known here: write it as {home}.", fix)
    elif (twin := nearest_key(str(key), [*shape.properties])) in data:
        findings.error("unknown-key", at, f"Remove “{key}”, or merge it into {twin}: {twin} is there already.")
    elif meant is not None:
        _misspelt(findings, key, meant, owners, refused=True)
    else:
        fix = Fix(f"Remove {key}", unset=(join_path(at),))
        findings.error("unknown-key", at, f"Remove “{key}”: {_why(key, shape, data, union)}.", fix)


def _misspelt(findings: Findings, key: str, meant: str, owners: Sequence[Owner], *, refused: bool) -> None:
    path, _, data = owners[-1]
    fix = rename(path, key, meant, data[key])
    say = findings.error if refused else findings.warning
    known = "known here" if refused else "read by Azure ML"
    say("unknown-key", (*path, key), f"“{key}” is not {known}: write “{meant}”.", fix)


def _home(key: str, owners: Sequence[Owner]) -> str:
    """Return where a key belongs that stands in the wrong mapping; "" where that is not known."""
    home = MISPLACED.get(key, "")
    group, _, name = home.partition(".")
    if not home:
        return ""
    for path, shape, data in reversed(owners):
        below = shape.properties.get(group)
        if below is not None and name in branch(below, data.get(group)).properties:
            return join_path((*path, group, name)) if name != key or path != owners[-1][0][:-1] else ""
    return ""


def _why(key: str, shape: Shape, data: Mapping[str, Value], union: Shape | None) -> str:
    """Return why a key is not known: it may belong to another alternative."""
    tag = union.tag if union is not None else ""
    if union is None or not tag:
        return "Azure ML does not know it here and refuses the file"
    others = [each for each in union.any_of if key in each.properties and tag in each.properties]
    words = dict.fromkeys(str(word) for each in others for word in each.properties[tag].enum)
    own = data.get(tag, next(iter(shape.properties[tag].enum), "")) if tag in shape.properties else ""
    if not words or not own:
        return "Azure ML does not know it here and refuses the file"
    return f"it goes with {tag} {' or '.join(words)}, not {own}"
