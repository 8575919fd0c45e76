"""The api's frozen dataclasses as JSON and back, so that plans and snapshots can be written to files.

Unknown keys are ignored and absent ones take their defaults: a newer program's files stay readable.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Any, TypeVar

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


def _scalar(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def from_json(kind: type[T], data: Any) -> T:
    """Return the dataclass `kind` that `to_json` made `data` from. Raises TypeError or ValueError where it can't."""
    return typing.cast("T", _restore(kind, data))


def _restore(kind: Any, data: Any) -> Any:
    if data is None or kind is Any or kind is str or kind is int or kind is float or kind is bool:
        if kind is float and isinstance(data, str):
            return float(data)
        return data  # first, since most values are plain and an archive has thousands of them
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _restore_record(kind, data)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(data)
    if kind is datetime:
        return datetime.fromisoformat(data)
    return _restore_generic(kind, data)


def _restore_record(kind: Any, data: Any) -> Any:
    if not isinstance(data, Mapping):
        raise TypeError(f"{kind.__name__} wants an object, not {type(data).__name__}")
    hints = _hints(kind)
    return kind(**{key: _restore(hints[key], each) for key, each in data.items() if key in hints})


def _restore_generic(kind: Any, data: Any) -> Any:
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        fitting = [each for each in args if each is not type(None)]
        return _restore(fitting[0], data) if len(fitting) == 1 else data
    if origin is tuple and isinstance(data, list):
        if len(args) == 2 and args[1] is Ellipsis:
            return tuple(_restore(args[0], each) for each in data)
        return tuple(_restore(each, item) for each, item in zip(args, data, strict=True))
    if isinstance(data, Mapping) and len(args) == 2:
        return {key: _restore(args[1], each) for key, each in data.items()}
    return data


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """Return the type of every field of a dataclass."""
    hints = typing.get_type_hints(kind)
    return {each.name: hints[each.name] for each in dataclasses.fields(kind)}
