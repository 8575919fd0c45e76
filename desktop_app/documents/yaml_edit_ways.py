"""The last way to edit a YAML text: yaml-edit, which also carries a mark (`&x`) along when what bears it is removed.

It comes last because it rewrites a neighbouring line now and then. The caller proves what the result says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from desktop_app.api import Value
from desktop_app.core.paths import Part, join_path, value_at
from desktop_app.documents.yaml_text import Parsed

Path = tuple[Part, ...]


def way_to_set(parsed: Parsed, path: Path, value: Value) -> Iterator[str]:
    """Yield the text with one value set, unless yaml-edit can't."""

    def edit(document: Any) -> None:
        if all(_is_simple(each) for each in path):
            document.set_path(join_path(path), value)
            return
        # yaml-edit's own paths know no quotes: walk down, and make what is missing in one piece.
        depth = 0
        while depth < len(path) - 1 and isinstance(value_at(parsed.data, path[: depth + 1]), dict | list):
            depth += 1
        made = value
        for part in reversed(path[depth + 1 :]):
            made = {str(part): made}
        _holder(document, path[:depth])[path[depth]] = made

    return _edited(parsed.text, edit)


def way_to_remove(parsed: Parsed, path: Path) -> Iterator[str]:
    """Yield the text without one value and its key, unless yaml-edit can't."""

    def edit(document: Any) -> None:
        if isinstance(path[-1], str) and all(_is_simple(each) for each in path):
            document.remove_path(join_path(path))
        else:
            del _holder(document, path[:-1])[path[-1]]

    return _edited(parsed.text, edit)


def _edited(text: str, edit: Callable[[Any], None]) -> Iterator[str]:
    import yaml_edit  # loaded for the few edits that come this far

    try:
        file = yaml_edit.YamlFile.parse(text)
        edit(file.ensure_document())
    except (yaml_edit.YamlError, TypeError, KeyError, IndexError, ValueError, AttributeError):
        return
    result = str(file)
    yield result if result.endswith("\n") or not text.endswith("\n") else f"{result}\n"


def _holder(document: Any, path: Path) -> Any:
    """Return the mapping or sequence at the end of a path."""
    holder = document
    for part in path:
        node = holder[part]
        holder = node.as_mapping() or node.as_sequence()
    return holder


def _is_simple(part: Part) -> bool:
    return isinstance(part, int) or not set(part) & set(".[]\"'\\ ")
