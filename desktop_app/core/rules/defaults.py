"""Inputs of components: defaults of their type, within their bounds and words, and optional ones in brackets.

Sources: command component YAML reference; azure-ai-ml's Input, which refuses a default of another type.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from desktop_app.api import Value
from desktop_app.core.rules.bodies import Body
from desktop_app.core.rules.notes import Notes, Word
from desktop_app.core.rules.values import Path, is_bound, text

_OPTIONAL = re.compile(r"\$\[\[.*?\]\]", re.DOTALL)
_TRUTH = frozenset({"true", "false"})


def check(body: Body, notes: Notes) -> None:
    """Check the inputs of a component; jobs have values for theirs."""
    if body.kind not in {"component", "task"}:
        return
    home = body.path[:-1] if body.kind == "task" else body.path
    for name, given in body.inputs.items():
        if isinstance(given, dict):
            _bounds((*home, "inputs", name), given, notes)
            if given.get("optional") is True and "default" not in given:
                _bracketed(body, name, notes)


def _bounds(path: Path, given: Mapping[str, Value], notes: Notes) -> None:
    kind, default = text(given.get("type")).lower(), given.get("default")
    least, most = _number(given.get("min")), _number(given.get("max"))
    if least is not None and most is not None and least > most:
        notes.error("default", (*path, "min"), f"Write at most max ({given['max']}) at min, not {given['min']}.")
        return
    if default is None or is_bound(default):
        return
    words = given.get("enum")
    number = _number(default)
    here = (*path, "default")
    if kind in {"number", "integer"} and number is None:
        notes.error("default", here, f"Write a number as the default of this {kind}, not “{default}”.")
    elif kind == "integer" and number is not None and number != int(number):
        notes.error("default", here, f"Write a whole number as the default of this integer, not {default}.")
    elif kind == "boolean" and str(default).lower() not in _TRUTH:
        notes.error("default", here, f"Write true or false as the default, not “{default}”.")
    elif isinstance(words, list) and words and str(default) not in {str(each) for each in words}:
        listed = ", ".join(str(each) for each in words[:8])
        notes.error("default", here, f"Write one of the words of enum as the default ({listed}), not “{default}”.")
    elif number is not None and ((least is not None and number < least) or (most is not None and number > most)):
        side = f"at least {given['min']}" if least is not None and number < least else f"at most {given['max']}"
        notes.error("default", here, f"Write {side} as the default, as min and max say, not {default}.")


def _number(value: Value) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def _bracketed(body: Body, name: str, notes: Notes) -> None:
    """Say that a command needs what may not be given: Azure ML refuses the component then."""
    key = "program_arguments" if body.kind == "task" else "command"
    command = text(body.data.get(key))
    written = re.search(rf"\$\{{\{{\s*inputs\.{re.escape(name)}\s*\}}\}}", _OPTIONAL.sub("", command))
    if written:
        message = f"Put {written[0]} and its option in $[[ ]]: {name} is optional, and is left out with them."
        notes.warning("optional-input", (*body.path, key), message, at=Word(written[0]))
