"""What data should be after an edit. Only what lies on the way is copied; the rest is shared with what it was."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches

from desktop_app.api import UserError, Value
from desktop_app.core.paths import Part, join_path, value_at


class _Missing:
    """Stands where there is nothing."""


MISSING: Value = _Missing()  # type: ignore[assignment]


def no_such(data: Value, path: Sequence[Part]) -> UserError:
    """Return the error for a path that leads nowhere, with what may be meant in its place."""
    known = next(at for at in range(len(path), -1, -1) if value_at(data, path[:at], MISSING) is not MISSING)
    holder, name = value_at(data, path[:known]), join_path(path)
    here = join_path(path[:known]) or "The file"
    message = f"There is no {name} in the file."
    if isinstance(holder, list):
        return UserError(message, hint=f"{here} is a list of {len(holder)}: its items are [0] to [{len(holder) - 1}].")
    if not isinstance(holder, dict):
        return UserError(message, hint=f"{here} holds {_kind(holder)}, and so no keys.")
    return UserError(message, hint=_meant(holder, path, known))


def _kind(value: Value) -> str:
    if value is None:
        return "nothing"
    return "a text" if isinstance(value, str) else "a yes or no" if isinstance(value, bool) else "a number"


def _meant(holder: Mapping[str, Value], path: Sequence[Part], known: int) -> str:
    close = get_close_matches(str(path[known]), list(holder), 1) if known < len(path) else []
    if close:
        return f"Did you mean {join_path((*path[:known], close[0], *path[known + 1 :]))}?"
    return "Check the path."


def with_value(data: Value, path: Sequence[Part], value: Value) -> Value:
    """Return the data with one value set; missing mappings on the way are made. Raises UserError."""
    try:
        return _with(data, path, 0, value)
    except LookupError:
        raise no_such(data, path) from None


def _with(data: Value, path: Sequence[Part], depth: int, value: Value) -> Value:
    if depth == len(path):
        return value
    part = path[depth]
    if (data is None or data is MISSING) and isinstance(part, str):
        return {part: _with(None, path, depth + 1, value)}
    if data is None and part == 0:
        return [_with(None, path, depth + 1, value)]
    if isinstance(data, dict) and isinstance(part, str):
        return {**data, part: _with(data.get(part), path, depth + 1, value)}
    if isinstance(data, list) and isinstance(part, int) and 0 <= part <= len(data):
        old = data[part] if part < len(data) else None
        return [*data[:part], _with(old, path, depth + 1, value), *data[part + 1 :]]
    raise LookupError


def without(data: Value, path: Sequence[Part]) -> Value:
    """Return the data without one value and its key. Raises UserError."""
    holder, last = value_at(data, path[:-1]), path[-1]
    if isinstance(holder, dict) and last in holder:
        kept: Value = {key: each for key, each in holder.items() if key != last}
    elif isinstance(holder, list) and isinstance(last, int) and 0 <= last < len(holder):
        kept = [*holder[:last], *holder[last + 1 :]]
    else:
        raise no_such(data, path)
    return with_value(data, path[:-1], kept)


def with_list(data: Value, path: Sequence[Part], change: Callable[[list[Value], int], object], extra: int = 0) -> Value:
    """Return the data with the list changed that holds the item at `path`; `extra` 1 lets it name the next one."""
    holder, at = value_at(data, path[:-1]), path[-1]
    if holder is None and extra and at == 0:
        holder = []
    if not isinstance(holder, list) or not isinstance(at, int) or not 0 <= at < len(holder) + extra:
        raise no_such(data, path)
    items = list(holder)
    change(items, at)
    return with_value(data, path[:-1], items)


def renamed(data: Value, path: Sequence[Part], new: str) -> Value:
    """Return the data with one key called otherwise, in its place. Raises UserError."""
    holder = value_at(data, path[:-1])
    if not isinstance(holder, dict) or path[-1] not in holder:
        raise no_such(data, path)
    if new in holder and new != path[-1]:
        raise UserError(f"There is a key {new} already beside {join_path(path)}.", hint="Choose another name.")
    return with_value(data, path[:-1], {new if key == path[-1] else key: each for key, each in holder.items()})


def same(one: Value, other: Value) -> bool:
    """Whether two values are the same in YAML: 1, 1.0 and true are three things."""
    if one is other:
        return True
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and one.keys() == other.keys()
            and all(same(each, other[key]) for key, each in one.items())
        )
    if isinstance(one, list):
        return isinstance(other, list) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other):
        return True
    return type(one) is type(other) and one == other
