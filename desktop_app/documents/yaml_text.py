"""YAML 1.2 as data with positions, and its faults each as one plain sentence with line and column.

A file is read once: ruamel.yaml composes nodes, and the data is made here, so that every value's place is known.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.docinfo import DocInfo
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from desktop_app.api import Diagnostic, Severity, UserError, Value
from desktop_app.core.paths import Part, join_path, split_path
from desktop_app.documents.yaml_faults import fault_of
from desktop_app.documents.yaml_scalars import scalar_value

_DEEPEST = 100
_LARGEST = 1_000_000  # values, with what aliases repeat
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


@dataclass(slots=True)
class Place:
    """The nodes of a key and its value; `key` is None for a list's item and the root."""

    key: Node | None
    value: Node


@dataclass(frozen=True, slots=True)
class Parsed:
    """A text's first document as data; `problems` are errors of syntax, and then data may be None."""

    text: str
    data: Value
    problems: tuple[Diagnostic, ...] = ()
    documents: int = 1
    is_template: bool = False
    places: Mapping[tuple[Part, ...], Place] = field(default_factory=dict)

    def position(self, path: str, *, of_key: bool = True) -> Position | None:
        """Return where a path's key stands (its value for `of_key=False`), else the nearest that holds it."""
        place = self._place(path)
        if place is None:
            return None
        node = place.key if of_key and place.key is not None else place.value
        return _position(node)

    def extent(self, path: str) -> Extent | None:
        """Return where exactly this path's value stands in the text."""
        place = self.places.get(_parts(path) or ("",))
        return None if place is None else Extent(place.value.start_mark.index, place.value.end_mark.index)

    def between(self, start: int, end: int) -> Position:
        """Return the position of `text[start:end]`."""
        return Position(*_line_and_column(self.text, start), *_line_and_column(self.text, end))

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


def _position(node: Node) -> Position:
    start, end = node.start_mark, node.end_mark
    if isinstance(node, ScalarNode) and node.style not in ("|", ">"):
        return Position(start.line + 1, start.column + 1, end.line + 1, end.column + 1)
    # A block ends where the next thing begins: its first line is enough to point at.
    text = start.buffer.split("\n", start.line + 1)[start.line] if start.buffer else ""
    return Position(start.line + 1, start.column + 1, start.line + 1, max(len(text.rstrip()), start.column) + 1)


def _line_and_column(text: str, offset: int) -> tuple[int, int]:
    return text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1


def parse(text: str) -> Parsed:
    """Return the text's data, with the places of all values, or what is wrong with it. Never raises."""
    text = text.removeprefix("\ufeff")
    try:
        root, documents = _compose(text)
    except RecursionError:
        return Parsed(text, None, (_error("yaml-too-deep", "The YAML is nested too deeply to be read."),))
    except YAMLError as error:
        template = bool(_TEMPLATE.search(text))
        return Parsed(text, None, (_fault(error, text),), is_template=template)
    if root is None:
        return Parsed(text, None)
    reading = _Reading(text)
    try:
        data = reading.value(root, (), 0)
    except _TooDeepError:
        return Parsed(text, None, (_error("yaml-too-deep", "The YAML is nested too deeply, or holds itself."),))
    if _size(data, {}) > _LARGEST:
        return Parsed(text, None, (_error("yaml-too-large", "The aliases in this text repeat more than can be held."),))
    return Parsed(text, data, tuple(reading.problems), documents, reading.is_template, reading.places)


def _compose(text: str) -> tuple[Node | None, int]:
    """Return the first document's root and the number of documents; the others are read for their syntax only."""
    yaml = YAML(typ="safe", pure=True)
    composer = yaml.get_constructor_parser(text)[0].composer
    composer.warn_double_anchors = False
    root, documents = None, 0
    yaml.doc_infos.append(DocInfo())  # where ruamel notes a %YAML directive
    while composer.check_node():
        node = composer.get_node()
        root = node if documents == 0 else root
        documents += 1
    return root, documents


def _size(value: Value, known: dict[int, int]) -> int:
    """Return the number of values in one, counting what is shared each time."""
    if not isinstance(value, dict | list):
        return 1
    if id(value) not in known:
        parts = value.values() if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(each, known) for each in parts)
    return known[id(value)]


class _TooDeepError(Exception):
    """The data is deeper than any honest file, or holds itself."""


class _Reading:
    """Makes data of nodes, and notes where each value lies."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.problems: list[Diagnostic] = []
        self.places: dict[tuple[Part, ...], Place] = {}
        self.is_template = False
        self._shared: dict[int, Value] = {}

    def value(self, node: Node, path: tuple[Part, ...], depth: int) -> Value:
        """Return a node's value; one that an alias repeats is made once."""
        if depth > _DEEPEST:
            raise _TooDeepError
        if id(node) in self._shared:
            return self._shared[id(node)]
        value = self._made(node, path, depth)
        self._shared[id(node)] = value
        return value

    def _made(self, node: Node, path: tuple[Part, ...], depth: int) -> Value:
        if isinstance(node, MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, SequenceNode):
            items: list[Value] = []
            for index, item in enumerate(node.value):
                self.places[*path, index] = Place(None, item)
                items.append(self.value(item, (*path, index), depth + 1))
            return items
        return scalar_value(node)

    def _mapping(self, node: MappingNode, path: tuple[Part, ...], depth: int) -> dict[str, Value]:
        data: dict[str, Value] = {}
        merged: dict[str, Value] = {}
        lines: dict[str, int] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                self._no_key(key_node)
                continue
            value_path = (*path, key_node.value)
            if key_node.tag == _MERGE or (key_node.value == "<<" and key_node.style is None):
                merged = {**self._merged(value_node, path, depth), **merged}
                continue
            key = key_node.value
            if key in lines:
                self._twice(key_node, value_path, lines[key])
                continue
            lines[key] = key_node.start_mark.line + 1
            self.places[value_path] = Place(key_node, value_node)
            data[key] = self.value(value_node, value_path, depth + 1)
        return {**merged, **data} if merged else data

    def _merged(self, node: Node, path: tuple[Part, ...], depth: int) -> dict[str, Value]:
        """Return what `<<: *x` or `<<: [*x, *y]` brings; the first of several wins."""
        found = self.value(node, path, depth + 1)
        sources = found if isinstance(found, list) else [found]
        data: dict[str, Value] = {}
        for source in sources:
            data = {**(source if isinstance(source, dict) else {}), **data}
        return data

    def _no_key(self, node: Node) -> None:
        place = _position(node)
        if _TEMPLATE.search(self.text):
            self.is_template = True
        message = "A list or mapping can't be a key here: put the text in quotes if braces belong to it."
        self.problems.append(_error("yaml-key", message, place))

    def _twice(self, node: Node, path: tuple[Part, ...], line: int) -> None:
        message = f"“{node.value}” stands here twice: keep this one or that of line {line}."
        self.problems.append(_error("duplicate-key", message, _position(node), join_path(path)))


def _error(code: str, message: str, place: Position | None = None, path: str = "") -> Diagnostic:
    line, column, end_line, end_column = place or (None, None, None, None)
    return Diagnostic(Severity.ERROR, code, message, path, line, column, end_line, end_column)


def _fault(error: YAMLError, text: str) -> Diagnostic:
    """Return a fault of syntax as one sentence at the place a person would look at."""
    if isinstance(error, MarkedYAMLError):
        fault = fault_of(error, text)
        return _error("yaml-syntax", fault.message, Position(fault.line, fault.column, fault.line, fault.end_column))
    if isinstance(error, ReaderError):
        line, column = _line_and_column(text, error.position)
        message = f"Remove the character U+{error.character:04X} here: YAML does not allow it."
        return _error("yaml-syntax", message, Position(line, column, line, column + 1))
    return _error("yaml-syntax", f"This is no YAML: {str(error).splitlines()[0] if str(error) else 'it is damaged'}.")
