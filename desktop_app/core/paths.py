"""Dotted paths into a document: `inputs.data.path`, `tags."a.b"`, `services[0].port`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from desktop_app.api import UserError, Value

Part = str | int
_PLAIN = re.compile(r"""[^.\[\]"'\s][^.\[\]"']*""")
_PART = re.compile(
    r"""(?P<dot>\.)?(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^']|'')*)'|\[(?P<index>-?\d+)\]|(?P<plain>[^.\[\]"']+))"""
)


def join_path(parts: Iterable[Part]) -> str:
    """Return the dotted path of keys and list positions; a key that needs it stands in double quotes."""
    path = ""
    for part in parts:
        if isinstance(part, int):
            path += f"[{part}]"
        else:
            path += f"{'.' if path else ''}{_quoted(part)}"
    return path


def _quoted(key: str) -> str:
    if _PLAIN.fullmatch(key) and key == key.strip():
        return key
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def split_path(path: str) -> tuple[Part, ...]:
    """Return the keys and list positions that a dotted path names. Raises UserError for one that is no path."""
    parts: list[Part] = []
    position = 0
    while position < len(path):
        found = _PART.match(path, position)
        if found is None or _misses_dot(found, position):
            raise UserError(f"“{path}” is not a path.", hint='Write it like inputs.data.path or tags."a.b" or list[0].')
        parts.append(_part(found))
        position = found.end()
    if not parts:
        raise UserError("The path is empty.", hint="Name a key, such as inputs.data.path.")
    return tuple(parts)


def _misses_dot(found: re.Match[str], position: int) -> bool:
    if found["index"] is not None:
        return found["dot"] is not None
    return (found["dot"] is None) == (position > 0)


def _part(found: re.Match[str]) -> Part:
    if found["index"] is not None:
        return int(found["index"])
    if found["double"] is not None:
        return re.sub(r"\\(.)", r"\1", found["double"])
    if found["single"] is not None:
        return found["single"].replace("''", "'")
    return found["plain"]


def value_at(data: Value, parts: Sequence[Part], default: Value = None) -> Value:
    """Return what lies at the end of a path, or `default` where there is nothing."""
    here = data
    for part in parts:
        if isinstance(here, dict) and part in here:
            here = here[str(part)]
        elif isinstance(here, list) and isinstance(part, int) and -len(here) <= part < len(here):
            here = here[part]
        else:
            return default
    return here
