"""Checks one value that is no mapping or list against its shape."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from desktop_app.api import Fix, Value
from desktop_app.core.findings import Findings, nearest_key
from desktop_app.core.paths import Part, join_path
from desktop_app.documents.shapes import Shape, is_word, type_names

_WORDS = {
    "string": "text", "integer": "a whole number", "number": "a number", "boolean": "true or false",
    "object": "keys with values", "array": "a list", "null": "nothing",
    "value": "a single value (a number, text, true)",
}  # fmt: skip
_SCALARS = frozenset({"string", "integer", "number", "boolean"})
_TRUE = frozenset({"t", "true", "y", "yes", "on", "1"})
_FALSE = frozenset({"f", "false", "n", "no", "off", "0"})
_YAML_1_1 = frozenset({"yes", "no", "on", "off", "y", "n"})
_LONGEST = 40
_MOST_LISTED = 12


def takes(shape: Shape, *types: str) -> bool:
    """Whether a shape takes one of these types; one without types takes anything."""
    return not shape.types or any(each in shape.types for each in types)


def check_scalar(findings: Findings, shape: Shape, data: Value, path: tuple[Part, ...]) -> None:
    """Say what is wrong with a value: its type, its word, its form or its size."""
    if not takes(shape, *type_names(data)):
        _other_type(findings, shape, data, path)
    elif shape.enum and not is_word(data, shape):
        _other_word(findings, shape, data, path)
    elif shape.pattern and isinstance(data, str) and not _compiled(shape.pattern).search(data):
        findings.error("wrong-format", path, _format_message(shape, data, path))
    elif isinstance(data, int | float) and not isinstance(data, bool):
        _size(findings, shape, data, path)


def _other_type(findings: Findings, shape: Shape, data: Value, path: tuple[Part, ...]) -> None:
    if data is None:
        message = f"Write {wanted_words([shape])} at {said(path)}, or remove the line: nothing stands there."
        findings.error("wrong-type", path, message)
    elif "string" in shape.types and isinstance(data, bool | int | float):
        _text_wanted(findings, shape, data, path)
    elif isinstance(data, str | int | float) and (meant := _meant(shape, data)) is not None:
        _taken_as(findings, data, meant, path)
    else:
        message = f"Write {wanted_words([shape])} at {said(path)}, not {shown(data)}."
        findings.error("wrong-type", path, message, _as_list(shape, data, path))


def _text_wanted(findings: Findings, shape: Shape, data: float, path: tuple[Part, ...]) -> None:
    text = str(data).lower() if isinstance(data, bool) else str(data)
    if shape.enum and not is_word(text, shape):
        _other_word(findings, shape, data, path)
        return
    fix = Fix(f'Write "{text}"', {join_path(path): text})
    say = findings.warning if "number" in shape.types else findings.error  # true for a version becomes "True"
    say("wrong-type", path, f'Write {said(path)} in quotes, as "{text}": it is text.', fix)


def _taken_as(findings: Findings, data: str | float, meant: float, path: tuple[Part, ...]) -> None:
    """What Azure ML turns into the right type by itself, and says nothing."""
    if isinstance(data, str) and data.lower() in _YAML_1_1:
        return  # to Azure ML, which reads YAML 1.1, these are true and false without quotes
    plain = str(meant).lower() if isinstance(meant, bool) else str(meant)
    said_how = f"without quotes, as {plain}" if isinstance(data, str) else f"as {plain}"
    fix = Fix(f"Write {plain}", {join_path(path): meant})
    findings.warning("wrong-type", path, f"Write {said(path)} {said_how}: that is what Azure ML takes it for.", fix)


def _meant(shape: Shape, data: str | float) -> int | float | None:
    """Return what the SDK makes of a value of another type; None where it refuses it."""
    if "boolean" in shape.types and not isinstance(data, float):
        word = str(data).lower()
        return True if word in _TRUE else False if word in _FALSE else None
    if isinstance(data, bool) or shape.is_strict or not {"integer", "number"} & set(shape.types):
        return None
    try:
        return float(data) if "number" in shape.types else int(data)
    except (ValueError, OverflowError):
        return None


def _as_list(shape: Shape, data: Value, path: tuple[Part, ...]) -> Fix | None:
    if shape.types != ("array",) or isinstance(data, dict | list):
        return None
    if shape.items is not None and not takes(shape.items, *type_names(data)):
        return None
    return Fix("Write a list", {join_path(path): [data]})


def _other_word(findings: Findings, shape: Shape, data: Value, path: tuple[Part, ...]) -> None:
    words = [str(each) for each in shape.enum]
    meant = nearest_key(str(data), words)
    fix = None
    if meant is not None:
        fix = Fix(f"Write {meant}", {join_path(path): next(each for each in shape.enum if str(each) == meant)})
        advice = f"write {meant}"
    else:
        more = f" and {len(words) - _MOST_LISTED} more" if len(words) > _MOST_LISTED else ""
        advice = f"use {'one of ' if len(words) > 1 else ''}{', '.join(words[:_MOST_LISTED])}{more}"
    name = path[-1] if path and isinstance(path[-1], str) else "word"
    findings.error("unknown-value", path, f"{shown(data)} is no {name} here: {advice}.", fix)


def _size(findings: Findings, shape: Shape, data: float, path: tuple[Part, ...]) -> None:
    low, high = shape.minimum, shape.maximum
    if (low is None or data >= low) and (high is None or data <= high):
        return
    limits = [f"at least {low:g}" if low is not None else "", f"at most {high:g}" if high is not None else ""]
    message = f"Write {' and '.join(each for each in limits if each)} at {said(path)}, not {data}."
    findings.error("out-of-range", path, message)


def _format_message(shape: Shape, data: str, path: tuple[Part, ...]) -> str:
    return f"Write {_form_words(shape)} at {said(path)}, not {shown(data)}."


def _form_words(shape: Shape) -> str:
    """Return in words what a pattern asks for."""
    forms = []
    if "^azureml:" in shape.pattern and "^azureml://registries/" not in shape.pattern.split("|"):
        forms.append("azureml:NAME:VERSION")
    if "azureml://registries/" in shape.pattern:
        forms.append("azureml://registries/…")
    if "^file:" in shape.pattern:
        forms.append("file:PATH")
    if shape.pattern == r"^[a-z][a-z\d_]*$":
        return "a name of lower-case letters, digits and _ that begins with a letter"
    if "git" in shape.pattern:
        forms.append("git+ADDRESS")
    return " or ".join(forms) or f"something of the form {shape.pattern}"


def wanted_words(shapes: Iterable[Shape]) -> str:
    """Return in words what some shapes take."""
    types = [each for shape in shapes for each in shape.types if each != "null"]
    if set(types) >= _SCALARS:
        types = [*(each for each in types if each not in _SCALARS), "value"]
    words = list(dict.fromkeys(_WORDS[each] for each in types))
    if len(words) > 2:
        return f"{', '.join(words[:-1])} or {words[-1]}"
    return " or ".join(words) or "something"


def kind_words(data: Value) -> str:
    """Return in words what stands there: a value itself, or what kind of collection it is."""
    return _WORDS[type_names(data)[0]] if isinstance(data, dict | list) or data is None else shown(data)


def shown(data: Value) -> str:
    """Return a value as a message quotes it, short."""
    if isinstance(data, dict | list) or data is None:
        return _WORDS[type_names(data)[0]]
    text = " ".join(str(data).split())
    if isinstance(data, bool):
        return text.lower()
    text = text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    return f"“{text}”" if isinstance(data, str) else text


def said(path: tuple[Part, ...]) -> str:
    """Return a path as a message names it."""
    return join_path(path) if path else "the top of the file"


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
