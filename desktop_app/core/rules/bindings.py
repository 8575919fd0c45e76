"""Placeholders: what a command names must be among the inputs and outputs, and be written as Azure ML reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from desktop_app.api import Fix, Value
from desktop_app.core.findings import nearest_key
from desktop_app.core.paths import join_path
from desktop_app.core.placeholders import slips, undefined
from desktop_app.core.rules import links
from desktop_app.core.rules.bodies import Body
from desktop_app.core.rules.notes import Notes, Word
from desktop_app.core.rules.values import Path, mapping

_BINDING = re.compile(r"\$\{\{\s*(?P<body>[^{}]*?)\s*\}\}")
_NODE = re.compile(r"[a-z_][a-z0-9_]*")
_GROUPS = ("inputs", "outputs", "search_space")
_MISNAMED = {"input": "inputs", "output": "outputs", "searchspace": "search_space", "search-space": "search_space"}


def check(body: Body, notes: Notes) -> None:
    """Check the command of a job, trial, step or component, and what else of it takes placeholders."""
    for key in ("command", "args", "program_arguments"):
        given = body.data.get(key)
        if isinstance(given, str) and ("{" in given or "$" in given):
            _check_text(body, (*body.path, key), given, notes)
            links.check_command(body, key, given, notes)


@dataclass(frozen=True, slots=True)
class _Line:
    """A text with placeholders, and the names that they may use."""

    path: Path
    known: Mapping[str, Mapping[str, Value]]
    notes: Notes

    def error(self, code: str, message: str, place: re.Match[str], meant: str = "") -> None:
        """Say what is wrong with a placeholder, and what to write for it."""
        whole, start, end = place.string, place.start(), place.end()
        fix = Fix(f"Write {meant}", {join_path(self.path): whole[:start] + meant + whole[end:]}) if meant else None
        self.notes.error(code, self.path, message, fix, Word(place[0], whole.count(place[0], 0, start)))


def _check_text(body: Body, path: Path, given: str, notes: Notes) -> None:
    line = _Line(path, _known(body), notes)
    for found in _BINDING.finditer(given):
        _binding(found, line)
    for slip in slips(given):
        written = given[slip.start : slip.end]
        fix = Fix(f"Write {slip.meant}", {join_path(path): given[: slip.start] + slip.meant + given[slip.end :]})
        message = f"Write {slip.meant}, not {written}: with other braces the script gets it as it stands."
        # Azure ML takes $[[ ]] for an optional part, whatever is in it.
        say = notes.warning if written.startswith("$[[") else notes.error
        say("malformed-placeholder", path, message, fix, Word(written, given.count(written, 0, slip.start)))


def _known(body: Body) -> dict[str, Mapping[str, Value]]:
    known: dict[str, Mapping[str, Value]] = {"inputs": body.inputs, "outputs": body.outputs}
    if body.search_space is not None:
        known["search_space"] = body.search_space
    return known


def _binding(found: re.Match[str], line: _Line) -> None:
    group, dot, rest = found["body"].partition(".")
    name = re.split(r"[.\[]", rest, maxsplit=1)[0].strip()
    if {name, rest.strip()} & line.known.get(group, {}).keys():  # a name with dots is one of a group of inputs
        return
    right = _MISNAMED.get(group.strip().lower(), group.strip().lower())
    if right in _GROUPS and right != group:
        written = f"${{{{{right}.{rest}}}}}"
        line.error("malformed-placeholder", f"Write {written}, not {found[0]}.", found, written)
    elif group in _GROUPS and dot:
        _undefined(found, group, name, line)


def _undefined(found: re.Match[str], group: str, name: str, line: _Line) -> None:
    message = undefined(group, name) if group != "search_space" else _unsearched(name)
    meant = _meant(group, name, line.known)
    if meant:
        line.error("undefined-placeholder", f"{message} Did you mean {meant}?", found, meant)
        return
    place = f"{group}:" if line.known.get(group) else f"a section {group}:"
    line.error("undefined-placeholder", f"{message} Add it to {place}.", found)


def _unsearched(name: str) -> str:
    return f"The command uses ${{{{search_space.{name}}}}}, but the search space has no “{name}”."


def _meant(group: str, name: str, known: Mapping[str, Mapping[str, Value]]) -> str:
    """Return the placeholder of the nearest name, or of the same name among the others; empty where none is near."""
    for other, names in known.items():
        if other != group and name in names:
            return f"${{{{{other}.{name}}}}}"
    close = nearest_key(name, list(known.get(group, {})))
    return f"${{{{{group}.{close}}}}}" if close else ""


def check_pipeline(path: Path, pipeline: Mapping[str, Value], notes: Notes) -> None:
    """Check what the steps of a pipeline take from it and from each other."""
    known = {group: mapping(pipeline.get(group)) for group in ("inputs", "outputs", "jobs")}
    links.check_steps(path, known["jobs"], known, notes)
    for name, step in known["jobs"].items():
        home = (*path, "jobs", name)
        if not _NODE.fullmatch(name):
            message = f"Call the step “{name}” with small letters, digits and _ alone, not beginning with a digit."
            notes.error("step-name", home, message)
        if not isinstance(step, dict):
            continue
        for value_path, value in _links(home, step):
            line = _Line(value_path, known, notes)
            for found in _BINDING.finditer(value):
                _link(found, line)
        if isinstance(step.get("jobs"), dict):
            check_pipeline(home, step, notes)


def _links(home: Path, step: Mapping[str, Value]) -> Iterator[tuple[Path, str]]:
    """Yield the texts of a step's inputs and outputs that may name something else."""
    for group in ("inputs", "outputs"):
        for key, given in mapping(step.get(group)).items():
            path, value = (*home, group, key), given
            if isinstance(given, dict):
                path, value = (*path, "path"), given.get("path")
            if isinstance(value, str) and "{" in value:
                yield path, value


def _link(found: re.Match[str], line: _Line) -> None:
    parts = found["body"].split(".")
    if parts[0] != "parent" or len(parts) < 3 or parts[1] not in line.known:
        return
    _, group, name, *rest = parts
    if name not in line.known[group]:
        noun = {"inputs": "input", "outputs": "output", "jobs": "step"}[group]
        close = nearest_key(name, list(line.known[group])) or ""
        asked = f": did you mean “{close}”?" if close else f": add it to {group}:."
        message = f"{found[0]} names the {noun} “{name}”, which this pipeline does not have{asked}"
        meant = found[0].replace(f"{group}.{name}", f"{group}.{close}") if close else ""
        line.error("undefined-placeholder", message, found, meant)
    elif group == "jobs" and len(rest) >= 2 and rest[0] in {"outputs", "inputs"}:
        _step_end(found, name, rest, line)


def _step_end(found: re.Match[str], name: str, rest: Sequence[str], line: _Line) -> None:
    """Say that a step has no such output; of a step made of a component elsewhere that can't be told."""
    step = mapping(line.known["jobs"][name])
    component = step.get("component", mapping(step.get("trial")).get("component"))
    if isinstance(component, str) or not (isinstance(component, dict) or "command" in step):
        return
    if rest[1] in mapping(step.get(rest[0])) or rest[1] in mapping(mapping(component).get(rest[0])):
        return
    noun = rest[0].removesuffix("s")
    message = f"{found[0]} names the {noun} “{rest[1]}”, which the step “{name}” does not have: add it there."
    line.error("undefined-placeholder", message, found)
