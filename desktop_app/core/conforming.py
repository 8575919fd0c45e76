"""Whether a value read from somebody else's file is what its type says, all the way down."""

from __future__ import annotations

import collections.abc
import dataclasses
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

MOST_COUNT = 1 << 63
"""No count is greater: what is would be a surprise to whoever stores or draws it."""
LONGEST = 100_000
_PLAIN = (str, int, bool)
_FIRST_YEAR, _LAST_YEAR = 1980, 2200


def misfit(kind: Any, value: Any, path: str = "") -> str:
    """Return the path of the first part of `value` that does not fit the type `kind`; empty where all do."""
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _misfit_in_record(kind, value, path)
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return "" if any(not misfit(each, value) for each in args) else path or "."
    if origin in (tuple, collections.abc.Sequence):
        return _misfit_in_tuple(args, value, path)
    if origin in (dict, Mapping, collections.abc.Mapping):
        if not isinstance(value, Mapping):
            return path or "."
        found = (misfit(args[0], key, path) or misfit(args[1], each, f"{path}.{key}") for key, each in value.items())
        return next(filter(None, found), "")
    return "" if _fits(kind, value) else path or "."


def _misfit_in_record(kind: Any, value: Any, path: str) -> str:
    if not isinstance(value, kind):
        return path or "."
    for name, hint in _hints(kind):
        part = getattr(value, name)
        is_fine = hint in _PLAIN and _fits(hint, part)  # as most of it is
        if not is_fine and (wrong := misfit(hint, part, f"{path}.{name}".lstrip("."))):
            return wrong
    return ""


@cache
def _hints(kind: type[Any]) -> tuple[tuple[str, Any], ...]:
    """Return the fields of a dataclass with their types, which are expressions until they are asked for."""
    hints = typing.get_type_hints(kind)
    return tuple((each.name, hints[each.name]) for each in dataclasses.fields(kind))


def _misfit_in_tuple(args: tuple[Any, ...], value: Any, path: str) -> str:
    if not isinstance(value, tuple):
        return path or "."
    kinds = args[:1] * len(value) if len(args) == 1 or args[1:] == (...,) else args
    if len(kinds) != len(value):
        return path or "."
    found = (
        misfit(kind, each, f"{path}[{place}]") for place, (kind, each) in enumerate(zip(kinds, value, strict=True))
    )
    return next(filter(None, found), "")


def _is_text(value: str) -> bool:
    """Whether a text can be written anywhere; JSON may hold half a character."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _fits(kind: Any, value: Any) -> bool:
    if kind is float:
        return isinstance(value, float) or (type(value) is int and abs(value) < 1 << 1000)  # no float holds more
    if kind is int:
        return type(value) is int and abs(value) < MOST_COUNT
    if kind is str:
        return isinstance(value, str) and len(value) <= LONGEST and _is_text(value)
    if kind is datetime:
        return isinstance(value, datetime) and value.tzinfo is not None and _FIRST_YEAR <= value.year <= _LAST_YEAR
    return kind is Any or isinstance(value, kind)
