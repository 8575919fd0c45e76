"""A file's structure to jump in: its keys to the third level, and all steps of a pipeline with what goes in and out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from desktop_app.core.paths import Part
from desktop_app.presenters.text_tree import Node, read_tree

_DEEPEST = 3
_OF_A_STEP = frozenset({"inputs", "outputs", "component", "compute", "environment", "command", "trial"})
_ITEM_NAMES = ("name", "id", "type", "path")
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class OutlineRow:
    """A key or an item: `depth` from 0, where it stands (line and column from 1), and its value in short."""

    title: str
    depth: int
    line: int
    column: int
    value: str
    above: str
    """What it stands in: `jobs › train`."""


def outline(text: str) -> list[OutlineRow]:
    """Return the rows of a text, in its order."""
    tree = read_tree(text)
    rows = list(_rows(tree.root, 0, ()))
    tree.let_go()
    return rows


def _rows(node: Node, depth: int, above: tuple[str, ...]) -> Iterator[OutlineRow]:
    for each in node.children:
        yield _row(each, depth, above)
        inner = (*above, title_of(each))
        if depth + 1 < _DEEPEST or (depth + 1 == _DEEPEST and _is_step(each)):
            yield from _rows(each, depth + 1, inner)


def _is_step(node: Node) -> bool:
    """Whether it holds what goes in or out of a step of a pipeline: worth a level more."""
    path: tuple[Part, ...] = node.path
    return len(path) > 1 and path[0] == "jobs" and path[-1] in _OF_A_STEP


def _row(node: Node, depth: int, above: tuple[str, ...]) -> OutlineRow:
    value = node.value if not node.is_block else ""
    short = value if len(value) <= _LONGEST else f"{value[:_LONGEST]}…"
    return OutlineRow(title_of(node), depth, node.line + 1, node.column + 1, short, " › ".join(above))


def title_of(node: Node) -> str:
    """Return a node's name: its key, or what names a list's item."""
    if node.key is not None:
        return node.key
    named = next((found for key in _ITEM_NAMES if (found := node.child(key)) is not None and found.value), None)
    if named is not None:
        return named.value
    return node.value or (f"- {node.children[0].key}" if node.children and node.children[0].key else "-")
