"""A YAML text's structure by its indents alone, so that it is known also while a line of it is being typed.

What a text means is told by `documents.yaml_text`; this reads any text, quickly, and never finds fault.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from desktop_app.api import Value
from desktop_app.core.paths import Part
from desktop_app.documents.yaml_text import parse
from desktop_app.presenters.syntax import LONGEST_LINE, comment_start

_KEY = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s#'"\[\]{},&*!|>%@`-][^#:]*?|-(?=\S)[^#:]*?)\s*:(?=\s|$)""")
_DASH = re.compile(r"-(?:\s+|$)")
_BLOCK = re.compile(r"[|>][-+0-9]*$")
_NO_VALUE = re.compile(r"(?:[&!]\S*\s*)*$")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d*)?(?:[eE][-+]?\d+)?$")
_WORDS: dict[str, Value] = {"true": True, "false": False, "null": None, "~": None}


@dataclass(slots=True, eq=False)
class Node:
    """A key or a list's item, and what is indented below it. Lines and columns start at 0.

    `key` is None for an item. `value` is what stands in the line behind the colon or the dash, without a comment.
    """

    key: str | None
    line: int
    column: int
    value: str = ""
    value_column: int = 0
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)
    end: int = 0

    @property
    def is_item(self) -> bool:
        """Whether it is a list's item."""
        return self.key is None and self.parent is not None

    @property
    def is_block(self) -> bool:
        """Whether its value is a block scalar, in the lines below."""
        return bool(_BLOCK.search(self.value))

    @property
    def is_open(self) -> bool:
        """Whether keys or items may stand below it: there is no value in its line, but for an anchor or a tag."""
        return bool(_NO_VALUE.match(self.value))

    @property
    def path(self) -> tuple[Part, ...]:
        """Where it stands in the file."""
        if self.parent is None:
            return ()
        part: Part = self.key if self.key is not None else self.parent.items.index(self)
        return (*self.parent.path, part)

    @property
    def items(self) -> list[Node]:
        """The items below it."""
        return [each for each in self.children if each.key is None]

    def child(self, key: str) -> Node | None:
        """Return the node of a key below it."""
        return next((each for each in self.children if each.key == key), None)

    def walk(self) -> Iterator[Node]:
        """Yield all nodes below it, in their order."""
        for each in self.children:
            yield each
            yield from each.walk()


@dataclass(slots=True, eq=False)
class TextTree:
    """The nodes of a text, and which lines belong to a value that goes on over several."""

    text: str
    lines: list[str]
    root: Node
    nodes: list[Node]
    """All nodes in the order of their lines."""
    owners: dict[int, Node]
    """Lines within a block scalar or another value that goes on, and whose value that is."""

    @property
    def data(self) -> Value:
        """The text as data, as far as its indents tell."""
        return data_of(self.root)

    def let_go(self) -> None:
        """Forget what stands in what, once nothing more is asked: or thousands of nodes in rings wait to be collected.

        The collector runs on the window's thread, which would stand still for so long.
        """
        for each in self.nodes:
            each.parent = None

    def last_above(self, line: int) -> Node:
        """Return the last node that begins above a line; the root where there is none."""
        low, high = 0, len(self.nodes)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.nodes[middle].line < line else (low, middle)
        return self.nodes[low - 1] if low else self.root

    def nodes_in(self, line: int) -> list[Node]:
        """Return the nodes that begin in a line, the outermost first."""
        found = self.last_above(line + 1)
        made: list[Node] = []
        while found.parent is not None and found.line == line:
            made.insert(0, found)
            found = found.parent
        return made

    def node_at(self, line: int) -> Node:
        """Return the innermost node that a line belongs to."""
        return self.owners.get(line) or self.last_above(line + 1)


def read_tree(text: str) -> TextTree:
    """Return the structure of a text; takes some two milliseconds for a thousand lines."""
    lines = text.split("\n")
    return _Reader(text, lines).read()


class _Reader:
    def __init__(self, text: str, lines: list[str]) -> None:
        self._tree = TextTree(text, lines, Node(None, 0, -1), [], {})
        self._top = self._tree.root

    def read(self) -> TextTree:
        for number, line in enumerate(self._tree.lines):
            self._line(number, line[:LONGEST_LINE])
        self._close(-1, len(self._tree.lines), is_item=False)
        self._tree.root.end = len(self._tree.lines) - 1
        return self._tree

    def _line(self, number: int, line: str) -> None:
        text = line.lstrip()
        indent = len(line) - len(text)
        if not text:
            return
        top = self._top
        if not top.is_open and indent > top.column and top.parent is not None and (top.is_block or text[0] != "#"):
            self._tree.owners[number] = top
            return
        if text[0] != "#" and not (indent == 0 and text.startswith(("---", "...", "%"))):
            self._content(number, line, indent)

    def _content(self, number: int, line: str, at: int) -> None:
        end = comment_start(line) if "#" in line else len(line)
        while dash := _DASH.match(line, at):
            self._add(Node(None, number, at, line[dash.end() : end].rstrip(), dash.end()))
            at = dash.end()
        key = _KEY.match(line, at, end)
        if key is None:
            return
        if self._top.is_item and self._top.line == number:
            self._top.value = ""
        rest = line[key.end() : end]
        value = rest.strip()
        column = key.end() + len(rest) - len(rest.lstrip()) if value else key.end()
        self._add(Node(_unquoted(key[1]), number, at, value, column))

    def _add(self, node: Node) -> None:
        self._close(node.column, node.line, is_item=node.key is None)
        node.parent = self._top
        self._top.children.append(node)
        self._tree.nodes.append(node)
        self._top = node

    def _close(self, column: int, line: int, *, is_item: bool) -> None:
        """End what stands at this column or further in; a list may stand at the column of its key."""
        top = self._top
        while top.parent is not None and (
            top.column > column or (top.column == column and (top.key is None or not is_item))
        ):
            top.end = line - 1
            top = top.parent
        self._top = top


def data_of(node: Node) -> Value:
    """Return what stands below a node as data, as far as its indents tell."""
    if node.children:
        if node.children[0].key is None:
            return [data_of(each) for each in node.children if each.key is None]
        return {each.key: data_of(each) for each in node.children if each.key is not None}
    return "" if node.is_block else _scalar(node.value)


def _scalar(value: str) -> Value:
    if not value:
        return None
    if value[0] in "[{":
        return parse(value).data
    if value[0] in "'\"":
        return _unquoted(value)
    if value.lower() in _WORDS:
        return _WORDS[value.lower()]
    if _NUMBER.match(value):
        return float(value) if set(value) & set(".eE") else int(value)
    return value


def _unquoted(text: str) -> str:
    is_quoted = len(text) > 1 and text[0] in "'\"" and text[-1] == text[0]
    return text[1:-1] if is_quoted else text
