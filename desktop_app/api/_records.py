"""The api's frozen dataclasses as JSON and back: for files (plans, snapshots) and for the way to a plugin's process.

Unknown keys are ignored and absent ones take their defaults: a newer program's files stay readable.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from pathlib import Path, PurePath
from typing import Any, TypeAlias, TypeVar

T = TypeVar("T")


def to_json(value: Any) -> Any:
    """Return `value` (a dataclass, or what one holds) as what `json.dumps` takes; times as ISO 8601 in UTC.

    JSON knows no NaN and no Infinity: such a number becomes a text, and a number again where a field says so.
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {each.name: to_json(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_json(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(each) for each in value]
    return _scalar(value)


def to_lean_json(record: Any) -> Any:
    """Return `to_json` of a dataclass without the fields that are as they are by default: half as long, read faster."""
    kind: Any = type(record)
    usual = _usual(kind)
    told = {each.name: getattr(record, each.name) for each in dataclasses.fields(kind)}
    return {name: to_json(each) for name, each in told.items() if name not in usual or usual[name] != each}


@cache
def _usual(kind: Any) -> dict[str, Any]:
    """Return the fields that have a value by default, with it."""
    found: dict[str, Any] = {}
    for each in dataclasses.fields(kind):
        if each.default is not dataclasses.MISSING:
            found[each.name] = each.default
        elif each.default_factory is not dataclasses.MISSING:
            found[each.name] = each.default_factory()
    return found


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def from_json(kind: type[T], data: Any) -> T:
    """Return the dataclass `kind` that `to_json` made `data` from. Raises TypeError or ValueError where it can't."""
    wanted: Any = kind
    read = _reader(wanted)
    return typing.cast("T", data if data is None or read is None else read(data))


_Read: TypeAlias = Callable[[Any], Any]


@cache
def _reader(kind: Any) -> _Read | None:
    """Return what restores a value of a type that is not null, None where it is as it stands in JSON.

    Worked out once for each type: an archive has ten thousand records.
    """
    if kind is float:
        return lambda data: float(data) if isinstance(data, str) else data
    if kind in (Any, str, int, bool):
        return None
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _record_reader(kind)
    if isinstance(kind, type) and (issubclass(kind, Enum) or kind is Path):
        return kind
    return datetime.fromisoformat if kind is datetime else _generic_reader(kind)


def _record_reader(kind: type[Any]) -> _Read:
    readers: dict[str, _Read | None] = {}  # filled at the first use: a dataclass may hold others of its kind

    def read(data: Any) -> Any:
        if not isinstance(data, Mapping):
            raise TypeError(f"{kind.__name__} wants an object, not {type(data).__name__}")
        if not readers:
            hints = typing.get_type_hints(kind)
            readers.update({each.name: _reader(hints[each.name]) for each in dataclasses.fields(kind)})
        found = {key: each for key, each in data.items() if key in readers}
        for key, each in found.items():
            if each is not None and (restore := readers[key]) is not None:
                found[key] = restore(each)
        return kind(**found)

    return read


def _generic_reader(kind: Any) -> _Read | None:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        fitting = [each for each in args if each is not type(None)]
        return _reader(fitting[0]) if len(fitting) == 1 else None
    if origin is collections.abc.Sequence:
        return _tuple_reader((*args, ...))
    if origin is tuple:
        return _tuple_reader(args)
    return _mapping_reader(*args) if len(args) == 2 and origin is not collections.abc.Callable else None


def _mapping_reader(of_key: Any, of_value: Any) -> _Read:
    read, is_number = _optional(_reader(of_value)), of_key is int

    def restore(data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        return {int(key) if is_number else key: read(each) for key, each in data.items()}

    return restore


def _tuple_reader(args: tuple[Any, ...]) -> _Read:
    if len(args) == 2 and args[1] is Ellipsis:
        same = _optional(_reader(args[0]))
        return lambda data: tuple(map(same, data)) if isinstance(data, list) else data
    several = [_optional(_reader(each)) for each in args]

    def read(data: Any) -> Any:
        if not isinstance(data, list):
            return data
        return tuple(restore(item) for restore, item in zip(several, data, strict=True))

    return read


def _optional(restore: _Read | None) -> _Read:
    return lambda data: data if data is None or restore is None else restore(data)
