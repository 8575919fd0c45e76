"""Who names an input or output: where it gets another name, `${{inputs.lr}}` in the same file follows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from desktop_app.api import Value
from desktop_app.core.paths import Part, join_path, value_at

_NAMED = ("inputs", "outputs", "search_space")
_Path = tuple[Part, ...]


def following(data: Value, path: _Path, new: str) -> dict[str, Value]:
    """Return the texts that name the entry at a path, as they are once it is called `new`."""
    found: dict[str, Value] = {}
    for where, text in _texts(data, ()):
        for pattern in _patterns(data, path, where):
            text = pattern.sub(lambda match: f"{match[1]}{new}", text)  # noqa: PLW2901
        if text != value_at(data, where):
            found[join_path(where)] = text
    return found


def count_of(data: Value, path: _Path) -> int:
    """Return how often the entry at a path is named."""
    texts = list(_texts(data, ()))
    return sum(len(each.findall(text)) for where, text in texts for each in _patterns(data, path, where))


def _patterns(data: Value, path: _Path, where: _Path) -> Iterator[re.Pattern[str]]:
    """Yield how a text at `where` names the entry at `path`: as its own, or as one of the pipeline around it."""
    if len(path) < 2 or path[-2] not in _NAMED:
        return
    holder, section, name = path[:-2], str(path[-2]), str(path[-1])
    is_step = not holder and where[:1] == ("jobs",) and isinstance(value_at(data, ("jobs",)), dict)
    if where[: len(holder)] == holder and not is_step:
        yield _named(f"{section}.", name)
    if not holder:
        yield _named(f"parent.{section}.", name)
    elif len(holder) == 2 and holder[0] == "jobs":
        yield _named(f"parent.jobs.{holder[1]}.{section}.", name)


def _named(before: str, name: str) -> re.Pattern[str]:
    return re.compile(rf"(\$\{{\{{\s*{re.escape(before)}){re.escape(name)}(?![\w-])")


def _texts(data: Value, path: _Path) -> Iterator[tuple[_Path, str]]:
    if isinstance(data, str) and "${{" in data:
        yield path, data
    pairs = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for part, value in pairs:
        yield from _texts(value, (*path, part))
