"""Settings of an export as a person gave them: what is none of them, or can't be one's value, is refused at once."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from rankzero_kit.errors import TaskError

OF_THE_HOST = ("timeout", "precision")
"""Settings that the program itself looks at: an exporter is told of them and has nothing to do with them."""
Options = Mapping[str, Any]


def refuse_unknown(options: Options, known: Sequence[str]) -> None:
    """Refuse a setting that nothing would look at. Raises TaskError."""
    strange = next((each for each in options if each not in known and each not in OF_THE_HOST), None)
    if strange is None:
        return
    close = difflib.get_close_matches(strange, known, 1)
    asked = f"; did you mean {close[0]}?" if close else "."
    raise TaskError(f"There is no setting “{strange}”{asked}", f"There are {', '.join(known)}.", final=True)


def arguments(options: Options) -> dict[str, Any]:
    """Return the arguments of what builds the model. Raises TaskError for what has no names."""
    given = options.get("arguments") or {}
    if not isinstance(given, Mapping):
        raise TaskError(f"“{given}” names no argument.", "Give each by its name: arguments.hidden=64.", final=True)
    return dict(given)


def whole(options: Options, name: str, low: int, high: int) -> int | None:
    """Return a setting that is a whole number; None where it is not given. Raises TaskError."""
    given = options.get(name)
    if given in (None, ""):
        return None
    text = str(given)
    if not text.isdecimal() or not low <= int(text) <= high:
        told = f"“{given}” is no {name} that can be written."
        raise TaskError(told, f"Give one from {low} to {high}, or none: the usual one is right.", final=True)
    return int(text)


def flag(options: Options, name: str, *, usually: bool) -> bool:
    """Return a setting that is true or false. Raises TaskError."""
    given = options.get(name)
    if given in (None, ""):
        return usually
    found = {"true": True, "false": False}.get(str(given).lower())
    if found is None:
        raise TaskError(f"“{given}” is neither true nor false.", f"Give {name}=true or {name}=false.", final=True)
    return found


def several(options: Options, name: str, known: Collection[str]) -> list[str]:
    """Return a setting that is some of the known words, with commas between them or as a list. Raises TaskError."""
    given = options.get(name) or ()
    words = given.split(",") if isinstance(given, str) else given if isinstance(given, (list, tuple)) else [given]
    found = [str(each).strip() for each in words]
    strange = next((each for each in found if each not in known), None)
    if strange is not None:
        close = difflib.get_close_matches(strange, known, 1)
        hint = f"Did you mean {close[0]}? " if close else ""
        raise TaskError(f"“{strange}” is none of the {name}.", f"{hint}There are {', '.join(known)}.", final=True)
    return found
