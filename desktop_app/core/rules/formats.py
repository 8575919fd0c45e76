"""Values with a form of their own: shared memory, times, and the ways in which data is brought and taken away."""

from __future__ import annotations

import re
from collections.abc import Mapping

from desktop_app.api import Value
from desktop_app.core.rules.bodies import Body
from desktop_app.core.rules.facts import Facts, NameRule
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.references import reference_in
from desktop_app.core.rules.values import Path, is_bound, mapping, text, whole

_SHM = re.compile(r"0*[1-9]\d*[bBkKmMgG]")
_SPOKEN = re.compile(r"(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>[A-Za-z]+)")
_SHM_UNITS = {"gb": "g", "gib": "g", "gi": "g", "mb": "m", "mib": "m", "mi": "m", "kb": "k", "kib": "k"}
_SECONDS = {"s": 1, "sec": 1, "secs": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "mins": 60, "minute": 60,
            "minutes": 60, "h": 3600, "hr": 3600, "hour": 3600, "hours": 3600, "d": 86400, "day": 86400,
            "days": 86400}  # fmt: skip
_ISO = re.compile(r"P(?:(?P<d>\d+)D)?(?:T(?:(?P<h>\d+)H)?(?:(?P<m>\d+)M)?(?:(?P<s>\d+)S)?)?")
_FOR_OUTPUTS = {"ro_mount": "rw_mount", "download": "upload", "eval_mount": "rw_mount", "eval_download": "upload"}
_FOR_INPUTS = {"rw_mount": "ro_mount", "upload": "download", "mount": "ro_mount"}


def check(body: Body, facts: Facts, notes: Notes) -> None:
    """Check a body's shared memory and time, and its inputs and outputs."""
    _shm((*body.resources_path, "shm_size"), body.resources.get("shm_size"), notes)
    home = body.path[:-1] if body.kind in {"trial", "task"} else body.path
    owner = mapping(body.data.get("limits")) if body.kind != "trial" else {}
    check_times((*home, "limits"), owner, ("timeout",), notes)
    of_job = body.kind in {"job", "trial", "step"}  # components are accepted with any mode
    for name, given in body.inputs.items():
        if isinstance(given, dict):
            _input((*home, "inputs", name), given, notes, of_job=of_job)
    rule = facts.name_rule("named output")
    for name, given in body.outputs.items():
        if isinstance(given, dict):
            if of_job:
                _output_mode((*home, "outputs", name, "mode"), text(given.get("mode")), notes)
            _output((*home, "outputs", name), given, rule, notes)


def _input(path: Path, given: Mapping[str, Value], notes: Notes, *, of_job: bool) -> None:
    mode = text(given.get("mode"))
    if mode in _FOR_INPUTS and of_job:
        _mode((*path, "mode"), mode, "input", _FOR_INPUTS[mode], notes)
    check_version((*path, "path"), given.get("path"), notes)


def _output_mode(path: Path, mode: str, notes: Notes) -> None:
    if mode in _FOR_OUTPUTS:
        _mode(path, mode, "output", _FOR_OUTPUTS[mode], notes)


def _output(path: Path, given: Mapping[str, Value], rule: NameRule | None, notes: Notes) -> None:
    called = given.get("name")
    if given.get("version") is not None and called is None:
        message = "Add name: a version belongs to a name that the output is registered by."
        notes.error("missing-name", (*path, "version"), message)
    if rule and isinstance(called, str) and not is_bound(called) and not re.fullmatch(rule.regex, called):
        message = f"“{called}” is no name to register an output by: use {rule.says}."
        notes.error("name", (*path, "name"), message)


def _mode(path: Path, mode: str, noun: str, meant: str, notes: Notes) -> None:
    message = f"Write {meant}: the mode {mode} is not for an {noun}."
    notes.error("mode", path, message, change(f"Write {meant}", path, meant))


def check_times(path: Path, group: Mapping[str, Value], keys: tuple[str, ...], notes: Notes) -> None:
    """Check whole numbers of seconds."""
    for key in keys:
        given = group.get(key)
        number = whole(given)
        if number is not None and number < 1:
            notes.error("timeout", (*path, key), f"Write a number of seconds at {key}, not {number}.")
        elif number is None and isinstance(given, str) and not is_bound(given):
            seconds = _seconds(given)
            fix = change(f"Write {seconds}", (*path, key), seconds) if seconds else None
            advice = f": {seconds}" if seconds else ""
            message = f"Write seconds at {key} as a number{advice}, not “{given[:40]}”."
            notes.error("timeout", (*path, key), message, fix)


def _seconds(given: str) -> int | None:
    found = _SPOKEN.fullmatch(given.strip())
    unit = _SECONDS.get(found["unit"].lower()) if found else None
    if found and unit:
        return int(float(found["number"]) * unit)
    iso = _ISO.fullmatch(given.strip().upper())
    parts = {key: int(value) for key, value in iso.groupdict().items() if value} if iso else {}
    return sum(value * _SECONDS[key] for key, value in parts.items()) or None


def _shm(path: Path, given: Value, notes: Notes) -> None:
    if given is None or is_bound(given):
        return
    written = str(given).strip()
    if _SHM.fullmatch(written):
        return
    found = _SPOKEN.fullmatch(written)
    unit = (
        _SHM_UNITS.get(found["unit"].lower())
        if found
        else "g"
        if written.isdigit() and 0 < int(written) < 1024
        else None
    )
    number = found["number"] if found else written
    meant = f"{number}{unit}" if unit and _SHM.fullmatch(f"{number}{unit}") else ""
    fix = change(f"Write {meant}", path, meant) if meant else None
    message = f"Write {meant or '8g or 512m'} at shm_size, not “{written[:40]}”: a number and one of b, k, m, g."
    notes.error("shm-size", path, message, fix)


def check_version(path: Path, given: Value, notes: Notes) -> None:
    """Say that data or a model is named without its version."""
    found = reference_in(given.strip()) if isinstance(given, str) and not is_bound(given) else None
    if found is None or found.is_whole or not isinstance(given, str):
        return
    latest = f"{given.strip().rstrip('/:@')}{'/labels/latest' if found.registry else '@latest'}"
    message = f"Say which version of “{found.name}” is meant: write {latest}, or a version."
    notes.error("missing-version", path, message, change(f"Write {latest}", path, latest))
