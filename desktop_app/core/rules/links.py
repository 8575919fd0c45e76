"""Placeholders that name nothing: `${{inputs}}`, `${{data}}`, `$inputs.data`, and ways into a pipeline that are none.

Sources: core YAML syntax (parameterizing the command, binding inputs and outputs between steps).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from desktop_app.api import Fix, Value
from desktop_app.core.findings import nearest_key
from desktop_app.core.paths import join_path
from desktop_app.core.rules.bodies import Body
from desktop_app.core.rules.notes import Notes, Word
from desktop_app.core.rules.values import Path, mapping

_BINDING = re.compile(r"\$\{\{\s*(?P<body>[^{}]*?)\s*\}\}")
_BARE = re.compile(r"(?<![\w$\\{])\$(?P<body>(?:inputs|outputs)\.[A-Za-z_]\w*)")
_QUOTED = re.compile(r"(?P<group>inputs|outputs|search_space)\[[\"']?(?P<name>\w+)[\"']?\]")
_PARENT = re.compile(r"parent\.(?P<body>(?:inputs|outputs)\.[A-Za-z_]\w*)")
_GROUPS = ("inputs", "outputs", "jobs")


def check_command(body: Body, key: str, given: str, notes: Notes) -> None:
    """Check what in a command looks like a placeholder and names no input or output."""
    known = {**dict.fromkeys(body.inputs, "inputs"), **dict.fromkeys(body.outputs, "outputs")}
    for found in (*_BINDING.finditer(given), *_BARE.finditer(given)):
        meant = _meant(found["body"], known, is_bare=not found[0].startswith("${{"))
        if meant:
            _say((*body.path, key), found, f"${{{{{meant}}}}}", notes)


def _meant(written: str, known: Mapping[str, str], *, is_bare: bool) -> str:
    """Return what was meant by a placeholder's body; empty where it is in order, or nothing is known of it."""
    quoted, parent = _QUOTED.fullmatch(written), _PARENT.fullmatch(written)
    if is_bare:
        return written if written.partition(".")[2] in known else ""
    if quoted is not None:
        return f"{quoted['group']}.{quoted['name']}"
    if parent is not None:
        return parent["body"]
    return f"{known[written]}.{written}" if written in known else ""


def _say(path: Path, found: re.Match[str], meant: str, notes: Notes) -> None:
    whole, start, end = found.string, found.start(), found.end()
    fix = Fix(f"Write {meant}", {join_path(path): whole[:start] + meant + whole[end:]})
    message = f"Write {meant}, not {found[0]}, which names no input or output."
    word = Word(found[0], whole.count(found[0], 0, start))
    notes.error("malformed-placeholder", path, message, fix, word)


def check_steps(path: Path, jobs: Mapping[str, Value], ends: Mapping[str, Mapping[str, Value]], notes: Notes) -> None:
    """Check how the steps of a pipeline name what they take: by parent and a group, and not their own outputs."""
    for name, step in jobs.items():
        for here, given in _texts((*path, "jobs", name), mapping(step)):
            for found in _BINDING.finditer(given):
                _link(here, name, found, ends, notes)


def _texts(home: Path, step: Mapping[str, Value]) -> Iterator[tuple[Path, str]]:
    for group in ("inputs", "outputs"):
        for key, given in mapping(step.get(group)).items():
            path, value = (*home, group, key), given
            if isinstance(given, dict):
                path, value = (*path, "path"), given.get("path")
            if isinstance(value, str):
                yield path, value


def _link(path: Path, step: str, found: re.Match[str], ends: Mapping[str, Mapping[str, Value]], notes: Notes) -> None:
    parts = found["body"].split(".")
    meant = _mended(parts, ends)
    if meant and meant != parts:
        _say_link(path, found, f"${{{{{'.'.join(meant)}}}}}", notes)
    elif parts[:4] == ["parent", "jobs", step, "outputs"] and "inputs" in path:
        message = f"Take this from another step: “{step}” can't wait for an output of its own."
        notes.error("own-output", path, message)


def _mended(parts: list[str], ends: Mapping[str, Mapping[str, Value]]) -> list[str]:
    """Return a way into the pipeline with its slips mended; empty where nothing can be said."""
    rest = list(parts)
    if rest[0] != "parent":
        near = rest[0] in _GROUPS or nearest_key(rest[0], ["parent"]) is None
        rest = ["parent", *rest] if near else ["parent", *rest[1:]]
    if len(rest) < 3:
        return []
    if rest[1] in ends["jobs"] and len(rest) >= 4:
        rest.insert(1, "jobs")
    if rest[1] not in _GROUPS:
        group = nearest_key(rest[1], list(_GROUPS))
        rest = [rest[0], group, *rest[2:]] if group else []
    if len(rest) >= 5 and rest[1] == "jobs" and rest[3] not in {"inputs", "outputs"}:
        side = nearest_key(rest[3], ["inputs", "outputs"])
        rest = [*rest[:3], side, *rest[4:]] if side else []
    return rest if len(rest) >= 3 and rest[2] in ends[rest[1]] else []


def _say_link(path: Path, found: re.Match[str], meant: str, notes: Notes) -> None:
    whole, start, end = found.string, found.start(), found.end()
    fix = Fix(f"Write {meant}", {join_path(path): whole[:start] + meant + whole[end:]})
    message = f"Write {meant}: a step reaches its pipeline by parent, and what is there by inputs, outputs or jobs."
    # The previews of 2021 went without parent, and the SDK still loads what they took.
    say = notes.warning if found["body"].partition(".")[0] in _GROUPS else notes.error
    say("malformed-placeholder", path, message, fix, Word(found[0], whole.count(found[0], 0, start)))
