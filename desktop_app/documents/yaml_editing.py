"""One edit of a YAML text by `yaml-edit`, which keeps every other byte. The caller proves the result."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import yaml_edit

from desktop_app.api import UserError, Value
from desktop_app.core.paths import Part, join_path, value_at

_FAULTS = (yaml_edit.YamlError, TypeError, KeyError, IndexError, ValueError, AttributeError)


def assign(text: str, data: Value, path: tuple[Part, ...], value: Value) -> str:
    """Return the text, which says `data`, with one value set. Raises UserError where that can't be written."""

    def edit(document: Any) -> None:
        if all(_is_simple(each) for each in path):
            document.set_path(join_path(path), value)
            return
        # yaml-edit's own paths know no quotes: walk down, and make what is missing in one piece.
        depth = 0
        while depth < len(path) - 1 and isinstance(value_at(data, path[: depth + 1]), dict | list):
            depth += 1
        made = value
        for part in reversed(path[depth + 1 :]):
            made = {str(part): made}
        _holder(document, path[:depth])[path[depth]] = made

    return _edited(text, path, "set", edit)


def delete(text: str, path: tuple[Part, ...]) -> str:
    """Return the text without one value and its key. Raises UserError where that can't be done."""

    def edit(document: Any) -> None:
        if isinstance(path[-1], str) and all(_is_simple(each) for each in path):
            document.remove_path(join_path(path))
        else:
            del _holder(document, path[:-1])[path[-1]]

    return _edited(text, path, "removed", edit)


def _edited(text: str, path: tuple[Part, ...], done: str, edit: Callable[[Any], None]) -> str:
    try:
        file = yaml_edit.YamlFile.parse(text)
        edit(file.ensure_document())
    except _FAULTS as error:
        message = f"{join_path(path)} can't be {done} in this text."
        raise UserError(message, hint="Edit the text by hand; it is as it was.", details=str(error)) from error
    result = str(file)
    return result if result.endswith("\n") or not text.endswith("\n") else f"{result}\n"


def _holder(document: Any, path: tuple[Part, ...]) -> Any:
    """Return the mapping or sequence at the end of a path."""
    holder = document
    for part in path:
        node = holder[part]
        holder = node.as_mapping() or node.as_sequence()
    return holder


def _is_simple(part: Part) -> bool:
    return isinstance(part, int) or not set(part) & set(".[]\"'\\ ")
