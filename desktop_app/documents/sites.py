"""Where the parts of a YAML text stand: keys, dashes and the true ends of values, without the comments behind them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from desktop_app.core.paths import Part
from desktop_app.documents.yaml_nodes import Node, is_block, is_mapping, is_scalar
from desktop_app.documents.yaml_text import Parsed

_ALIAS = re.compile(r"(?:[\s:,?]|#[^\n]*)*(\*[^\s,\[\]{}]+)")
_QUESTION = re.compile(r"^[ -]*(\?[ ]+)\Z", re.MULTILINE)


class NoSiteError(Exception):
    """The text is of a form in which this edit can't be made; it says why where a person should know."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key or item: `head` is where its key or dash begins, `start` and `end` hold its value without comments."""

    key: Node | None
    head: int
    value: Node
    start: int
    end: int
    is_alias: bool


@dataclass(frozen=True, slots=True)
class Site:
    """A mapping or list and what it holds."""

    node: Node
    entries: Sequence[Entry]
    is_flow: bool
    is_mapping: bool
    is_root: bool

    def find(self, part: Part) -> int | None:
        """Return the number of the entry of that name; of equal keys, the last counts."""
        if isinstance(part, int):
            return part if not self.is_mapping and 0 <= part < len(self.entries) else None
        if not self.is_mapping:
            return None
        found = [at for at, each in enumerate(self.entries) if each.key is not None and each.key.value == part]
        return found[-1] if found else None


def line_start(text: str, at: int) -> int:
    """Return where the line of an offset begins."""
    return text.rfind("\n", 0, at) + 1


def line_end(text: str, at: int) -> int:
    """Return where the line of an offset ends, before its newline."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def next_line(text: str, at: int) -> int:
    """Return where the line after that of an offset begins."""
    return min(line_end(text, at) + 1, len(text))


def column(text: str, at: int) -> int:
    """Return how many characters stand before an offset on its line."""
    return at - line_start(text, at)


def begins_line(text: str, at: int) -> bool:
    """Whether nothing but blanks stands before an offset on its line."""
    return not text[line_start(text, at) : at].strip(" ")


def comments_above(text: str, at: int, floor: int = 0) -> int:
    """Return where the comments begin that stand directly above the line of an offset, as far in as the line itself."""
    begin = line_start(text, at)
    indent = len(text[begin:at]) if begins_line(text, at) else -1
    while begin > floor:
        above = line_start(text, begin - 1)
        line = text[above : begin - 1]
        if above < floor or not line.lstrip(" ").startswith("#") or len(line) - len(line.lstrip(" ")) != indent:
            break
        begin = above
    return begin


def site_of(parsed: Parsed, node: Node) -> Site:
    """Return what a mapping or list holds."""
    entries = tuple(_entries(parsed.text, node))
    return Site(node, entries, bool(node.flow_style), is_mapping(node), node is parsed.root)


def _entries(text: str, node: Node) -> Iterator[Entry]:
    if is_mapping(node):
        for key, value in node.value:
            yield _entry(text, key, _head(text, key.start_mark.index), key.end_mark.index, value)
        return
    at, col = node.start_mark.index, column(text, node.start_mark.index)
    for index, value in enumerate(node.value):
        if node.flow_style:
            entry = _entry(text, None, -1, at + (index == 0), value)
            yield Entry(None, entry.start, value, entry.start, entry.end, entry.is_alias)
        else:
            dash = at if index == 0 else _next_dash(text, at, col)
            entry = _entry(text, None, dash, dash + 1, value)
            yield entry
        at = entry.end


def _head(text: str, key: int) -> int:
    """Return where an entry begins: with its key, or with the question mark before that."""
    found = _QUESTION.search(text, line_start(text, key), key)
    return found.start(1) if found else key


def _next_dash(text: str, at: int, col: int) -> int:
    found = re.compile(rf"\n {{{col}}}-(?=\s|\Z)").search(text, at)
    if found is None:
        raise NoSiteError
    return found.end() - 1


def _entry(text: str, key: Node | None, head: int, begin: int, value: Node) -> Entry:
    if value.start_mark.index < begin:
        found = _ALIAS.match(text, begin)
        if found is None:
            raise NoSiteError
        return Entry(key, head, value, found.start(1), found.end(1), True)
    return Entry(key, head, value, value.start_mark.index, content_end(text, value), False)


def content_end(text: str, node: Node) -> int:
    """Return where a value ends, without the blank lines and comments that follow it."""
    end = node.end_mark.index
    if is_scalar(node):
        if is_block(node) and "+" not in text[node.start_mark.index : line_end(text, node.start_mark.index)]:
            body = text[node.start_mark.index : end]
            return node.start_mark.index + len(body.rstrip(" \n"))
        return end - 1 if is_block(node) and text[:end].endswith("\n") else end
    if node.flow_style or not node.value:
        return end
    return _last_end(text, node)


def _last_end(text: str, node: Node) -> int:
    """Return where a block ends: with its last entry, looked for without looking at the others where that goes."""
    if is_mapping(node):
        key, value = node.value[-1]
        return _entry(text, key, key.start_mark.index, key.end_mark.index, value).end
    *before, value = node.value
    if value.start_mark.index >= max(node.start_mark.index + 1, *(each.end_mark.index for each in before), 0):
        return content_end(text, value)
    *_, last = _entries(text, node)
    return last.end


def node_at(parsed: Parsed, path: Sequence[Part]) -> Node | None:
    """Return the node of a path; None for one that is not in the text itself, but brought by an alias or a merge."""
    if not path:
        return parsed.root
    place = parsed.find(tuple(path))
    return None if place is None or place.is_alias else place.value
