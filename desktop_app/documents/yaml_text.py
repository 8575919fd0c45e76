"""YAML 1.2 as data with positions, and its faults each as one plain sentence with line and column.

A file is read once: nodes are composed (`yaml_nodes`), and the data is made here, so that every value's place is known.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from desktop_app.api import Diagnostic, Severity, UserError, Value
from desktop_app.core.paths import Part, join_path, split_path
from desktop_app.documents.yaml_compose import compose
from desktop_app.documents.yaml_nodes import (
    Fault,
    FaultError,
    Node,
    TooDeepError,
    TooLargeError,
    is_block,
    is_mapping,
    is_scalar,
)
from desktop_app.documents.yaml_scalars import scalar_value

_DEEPEST = 100
_LONGEST = 1_000_000  # characters: a hundred times what a file of Azure ML has
_LARGEST = 100_000  # values, with what aliases repeat
_MERGE = "tag:yaml.org,2002:merge"
_TEMPLATE = re.compile(r"(?<!\$)\{\{[^{}]*\}\}|\{%.*?%\}|<%.*?%>")


class Position(NamedTuple):
    """Where something stands in a text; lines and columns start at 1, the end is the column after the last."""

    line: int
    column: int
    end_line: int
    end_column: int


class Extent(NamedTuple):
    """Where something stands in a text, as offsets: `text[start:end]`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Place:
    """The nodes of a key and its value; `key` is None for a list's item. `is_alias`: the value's node is elsewhere."""

    key: Node | None
    value: Node
    is_alias: bool = False


@dataclass(frozen=True)
class Parsed:
    """A text's first document as data; `problems` are errors of syntax, and then data may be None."""

    text: str
    data: Value
    problems: tuple[Diagnostic, ...] = ()
    documents: int = 1
    is_template: bool = False
    root: Node | None = field(default=None, repr=False, compare=False)

    @cached_property
    def places(self) -> Mapping[tuple[Part, ...], Place]:
        """Where each value stands, by its path; of keys that stand twice, the last. What an alias holds has none."""
        found: dict[tuple[Part, ...], Place] = {}
        if self.root is not None and not is_scalar(self.root):
            _note_places(self.root, (), found, set())
        return found

    def find(self, path: tuple[Part, ...]) -> Place | None:
        """Return where one value stands, without looking at all; what an alias holds has no place."""
        place, node = None, self.root
        for part in path:
            if node is None or is_scalar(node):
                return None
            place = _child(node, part)
            node = None if place is None or place.is_alias else place.value
        return place if path else None

    def position(self, path: str, *, of_key: bool = True) -> Position | None:
        """Return where a path's key stands (its value for `of_key=False`), else the nearest that holds it."""
        place = self._place(path)
        if place is None:
            return None
        return self.position_of(place.key if of_key and place.key is not None else place.value)

    def position_of(self, node: Node) -> Position:
        """Return where a node stands; of what takes several lines by its nature, the first."""
        start, end = node.start_mark.index, node.end_mark.index
        if is_scalar(node) and not is_block(node):
            return self.between(start, end)
        # A block ends where the next thing begins: its first line is enough to point at.
        line, column = self._line_and_column(start)
        rest = self.text[start:].split("\n", 1)[0]
        return Position(line, column, line, column + len(rest.rstrip()))

    def extent(self, path: str) -> Extent | None:
        """Return where exactly this path's value stands in the text."""
        place = self.places.get(_parts(path) or ("",))
        return None if place is None else Extent(place.value.start_mark.index, place.value.end_mark.index)

    def between(self, start: int, end: int) -> Position:
        """Return the position of `text[start:end]`."""
        return Position(*self._line_and_column(start), *self._line_and_column(end))

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(each.end() for each in re.finditer("\n", self.text))]

    def _place(self, path: str) -> Place | None:
        parts = _parts(path)
        if parts is None:
            return None
        while parts and parts not in self.places:
            parts = parts[:-1]
        return self.places.get(parts) if parts else None


def _parts(path: str) -> tuple[Part, ...] | None:
    try:
        return split_path(path)
    except UserError:
        return None


def _note_places(node: Node, path: tuple[Part, ...], places: dict[tuple[Part, ...], Place], seen: set[int]) -> None:
    seen.add(id(node))
    for part, key, value in _children(node):
        here = (*path, part)
        places[here] = Place(key, value, id(value) in seen)
        if id(value) not in seen and not is_scalar(value):
            _note_places(value, here, places, seen)
        seen.add(id(value))


def _child(node: Node, part: Part) -> Place | None:
    if isinstance(part, str):
        found = [(key, value) for name, key, value in _children(node) if name == part] if is_mapping(node) else []
        key, value = found[-1] if found else (None, None)
        return Place(key, value, value.start_mark.index < key.start_mark.index) if key and value else None
    if is_mapping(node) or not 0 <= part < len(node.value):
        return None
    item = node.value[part]
    begin = max([node.start_mark.index, *(each.end_mark.index for each in node.value[:part])])
    return Place(None, item, item.start_mark.index < begin)


def _children(node: Node) -> Iterator[tuple[Part, Node | None, Node]]:
    """Yield the name, the key and the value of what a collection holds; of equal names, the last counts."""
    if not is_mapping(node):
        yield from ((index, None, item) for index, item in enumerate(node.value))
        return
    for key, value in node.value:
        if is_scalar(key) and not _is_merge(key):
            yield key.value, key, value


def _is_merge(key: Node) -> bool:
    return key.tag == _MERGE or (key.value == "<<" and not key.style)


def parse(text: str) -> Parsed:
    """Return the text's data, with the places of all values, or what is wrong with it. Never raises."""
    text = text.removeprefix("\ufeff")
    try:
        return _read(text)
    except TooLargeError:
        message = "This text is too large to be checked: a file of Azure ML holds a hundredth of it."
        return Parsed(text, None, (Diagnostic(Severity.WARNING, "yaml-too-large", message, "", 1, 1),))
    except TooDeepError:
        return Parsed(text, None, (_error("yaml-too-deep", "The YAML is nested too deeply, or holds itself."),))
    except FaultError as error:
        return Parsed(text, None, (_fault(error.fault),), is_template=bool(_TEMPLATE.search(text)))


def _read(text: str) -> Parsed:
    if len(text) > _LONGEST:
        raise TooLargeError
    root, documents = compose(text)
    if root is None:
        return Parsed(text, None)
    reading = _Reading(Parsed(text, None))
    data = reading.value(root, 0)
    if reading.has_aliases and _size(data, {}) > _LARGEST:
        return Parsed(text, None, (_error("yaml-too-large", "The aliases in this text repeat more than can be held."),))
    return Parsed(text, data, tuple(reading.problems), documents, reading.is_template, root)


def _size(value: Value, known: dict[int, int]) -> int:
    """Return the number of values in one, counting what is shared each time."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(each, known) for each in parts)
    return known[id(value)]


class _Reading:
    """Makes data of nodes."""

    def __init__(self, source: Parsed) -> None:
        self.problems: list[Diagnostic] = []
        self.is_template = False
        self.has_aliases = False
        self._source = source
        self._path: list[Part] = []
        self._shared: dict[int, Value] = {}
        self._open: set[int] = set()

    def value(self, node: Node, depth: int) -> Value:
        """Return a node's value; one that an alias repeats is made once."""
        if isinstance(node.value, str):
            return scalar_value(node)
        if id(node) in self._shared:
            self.has_aliases = True
            return self._shared[id(node)]
        if depth > _DEEPEST or id(node) in self._open:
            raise TooDeepError
        self._open.add(id(node))
        value: Value = self._mapping(node, depth) if is_mapping(node) else self._items(node, depth)
        self._shared[id(node)] = value
        return value

    def _items(self, node: Node, depth: int) -> list[Value]:
        items: list[Value] = []
        for index, item in enumerate(node.value):
            self._path.append(index)
            items.append(self.value(item, depth + 1))
            self._path.pop()
        return items

    def _mapping(self, node: Node, depth: int) -> dict[str, Value]:
        data: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        keys: dict[str, Node] = {}
        for key_node, value_node in node.value:
            if not is_scalar(key_node):
                self._no_key(key_node)
                continue
            key = key_node.value
            self._path.append(key)
            if _is_merge(key_node):
                merged = {**self._merged(value_node, depth), **merged}
            else:
                if key in keys:
                    self._twice(key_node, keys[key])
                keys.setdefault(key, key_node)
                data[key] = self.value(value_node, depth + 1)
            self._path.pop()
        return {**merged, **data} if merged else data

    def _merged(self, node: Node, depth: int) -> dict[str, Value]:
        """Return what `<<: *x` or `<<: [*x, *y]` brings; the first of several wins."""
        found = self.value(node, depth + 1)
        sources = found if isinstance(found, list) else [found]
        data: dict[str, Value] = {}
        for source in sources:
            data = {**(source if isinstance(source, dict) else {}), **data}
        return data

    def _no_key(self, node: Node) -> None:
        if _TEMPLATE.search(self._source.text):
            self.is_template = True
        message = "A list or mapping can't be a key here: put the text in quotes if braces belong to it."
        self.problems.append(_error("yaml-key", message, self._source.position_of(node)))

    def _twice(self, node: Node, first: Node) -> None:
        line = self._source.position_of(first).line
        message = f"“{node.value}” stands here twice: keep this one or that of line {line}."
        self.problems.append(_error("duplicate-key", message, self._source.position_of(node), join_path(self._path)))


def _error(code: str, message: str, place: Position | None = None, path: str = "") -> Diagnostic:
    line, column, end_line, end_column = place or (None, None, None, None)
    return Diagnostic(Severity.ERROR, code, message, path, line, column, end_line, end_column)


def _fault(fault: Fault) -> Diagnostic:
    return _error("yaml-syntax", fault.message, Position(fault.line, fault.column, fault.line, fault.end_column))
