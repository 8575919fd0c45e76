"""Whether what a hook returned is what its annotation in `Hooks` promises, down to the fields of its values."""

from __future__ import annotations

import collections.abc
import dataclasses
import enum
import types
import typing
from functools import cache
from pathlib import Path
from typing import Any, ForwardRef

from desktop_app.api.hookspecs import Hooks

NAMES = {"Value": Any}  # it refers to itself: what JSON can hold is checked where it is written
_ACCEPTED: dict[type[Any], tuple[type[Any], ...]] = {float: (int, float)}


class GarbageError(Exception):
    """A hook returned something else than its contract says; the text is one sentence."""


def checked(hook: str, result: Any) -> Any:
    """Return `result` (sequences as tuples) if the contract of `hook` allows it; raises GarbageError otherwise."""
    wanted = promised(hook)
    if typing.get_origin(wanted) is collections.abc.Sequence and _is_sequence(result):
        result = tuple(result)
    complaint = misfit(result, wanted)
    if complaint:
        raise GarbageError(f"{hook} returned something wrong: {complaint}.")
    return result


def misfit(value: Any, hint: Any, where: str = "the result") -> str:
    """Return in words where `value` is not what the annotation says, or nothing where it is."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or isinstance(hint, str | ForwardRef):
        return ""
    if origin in (typing.Union, types.UnionType):
        return _union(value, args, where)
    if origin in (collections.abc.Sequence, tuple, list):
        return _items(value, args[0], where)
    if origin is collections.abc.Mapping or origin is dict:
        return _mapping(value, args[1], where)
    if origin is collections.abc.Callable:
        return "" if callable(value) else _wrong(where, "a function", value)
    return _plain(value, hint, where)


def _plain(value: Any, hint: Any, where: str) -> str:
    if not isinstance(hint, type):
        return ""
    if not isinstance(value, _ACCEPTED.get(hint, (hint,))) or (isinstance(value, bool) and hint in (int, float)):
        return _wrong(where, _name(hint), value)
    if not dataclasses.is_dataclass(hint):
        return ""
    kind: Any = type(value)
    fields = _fields(kind)
    return next(filter(None, (misfit(getattr(value, name), kind, f"{name} of {where}") for name, kind in fields)), "")


def _union(value: Any, options: tuple[Any, ...], where: str) -> str:
    found = [misfit(value, each, where) for each in options]
    if not all(found):
        return ""
    fitting = [each for each in options if each is not type(None)]
    return found[options.index(fitting[0])] if len(fitting) == 1 else _wrong(where, "one of its types", value)


def _items(value: Any, item: Any, where: str) -> str:
    if not _is_sequence(value):
        return _wrong(where, "a list or tuple", value)
    return next(filter(None, (misfit(each, item, f"item {n} of {where}") for n, each in enumerate(value, 1))), "")


def _mapping(value: Any, item: Any, where: str) -> str:
    if not isinstance(value, collections.abc.Mapping):
        return _wrong(where, "a mapping", value)
    if not all(isinstance(key, str) for key in value):
        return f"a key of {where} is no text"
    return next(filter(None, (misfit(each, item, f"“{key}” of {where}") for key, each in value.items())), "")


def _is_sequence(value: Any) -> bool:
    return isinstance(value, list | tuple)


def _wrong(where: str, wanted: str, value: Any) -> str:
    return f"{where} is {type(value).__name__}, not {wanted}"


def _name(hint: type) -> str:
    plain = {str: "a text", int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}
    return plain.get(hint, f"a {hint.__name__}" + (" (an enum)" if issubclass(hint, enum.Enum) else ""))


@cache
def promised(hook: str) -> Any:
    """Return the type of what a hook returns."""
    return typing.get_type_hints(getattr(Hooks, hook), localns=NAMES)["return"]


@cache
def _fields(kind: Any) -> tuple[tuple[str, Any], ...]:
    if not dataclasses.is_dataclass(kind):
        return ()
    hints = typing.get_type_hints(kind, localns=NAMES)
    return tuple((each.name, hints[each.name]) for each in dataclasses.fields(kind))
