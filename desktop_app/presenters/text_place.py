"""Where the cursor stands in a YAML or JSON text: at a key, at a value, in running text; told by the indents."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from desktop_app.core.paths import Part
from desktop_app.presenters.syntax import comment_start
from desktop_app.presenters.text_flow import flow_place
from desktop_app.presenters.text_tree import Node, TextTree

_PLACEHOLDER = re.compile(r"\$(?:\{(?:\{[^{}]*)?)?$")
_WORD_ENDS = re.compile(r"[\s=\"']")
_FLOWS = ("{", "[")
_KEY_END = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s:#]+)\s*:(?=\s|$)""")


class Slot(StrEnum):
    """What may stand at a place."""

    KEY = "key"
    VALUE = "value"
    EITHER = "either"  # a list's item, or the first word below a key: the shape tells
    TEXT = "text"  # within a block scalar or a value of several lines
    PLACEHOLDER = "placeholder"


@dataclass(frozen=True, slots=True)
class TextPlace:
    """`path` leads to the mapping that a key stands in, and to the value itself for all else.

    `start` to `end` are the columns (from 0) of what a suggestion takes the place of; `word` is what of it stands
    before the cursor. `column` is where the key begins. `has_colon` says that the key is complete already.
    """

    slot: Slot
    path: tuple[Part, ...]
    line: int
    start: int
    end: int
    word: str
    column: int = 0
    has_colon: bool = False
    is_flow: bool = False
    quote: str = ""
    before: str = ""
    """Of a value: all of it that stands before the cursor."""


@dataclass(frozen=True, slots=True)
class _Cursor:
    """The line's text, and where in the text it and the cursor are."""

    text: str
    line: int
    column: int


def place_at(tree: TextTree, line: int, column: int) -> TextPlace | None:
    """Return where a cursor stands, line and column from 0; None in a comment and where nothing is suggested."""
    text = tree.lines[line] if line < len(tree.lines) else ""
    at = _Cursor(text, line, min(column, len(text)))
    if tree.text.lstrip()[:1] == "{":
        return _flow(tree, (), (0, 0), at)
    owner = _owner(tree, at)
    if owner is not None:
        if owner.value[:1] in _FLOWS:
            return _flow(tree, owner.path, (owner.line, owner.value_column), at)
        return _running(owner.path, at, len(text) - len(text.lstrip()))
    return None if comment_start(text) < at.column else _in_line(tree, at)


def _in_line(tree: TextTree, at: _Cursor) -> TextPlace | None:
    nodes = tree.nodes_in(at.line)
    last = nodes[-1] if nodes else None
    if last is None:
        return _new_key(tree, at)
    if last.key is None or at.column > _colon(at.text, last):
        return _value(tree, last, at)
    return _known_key(last, at)


def _owner(tree: TextTree, at: _Cursor) -> Node | None:
    """Return whose value goes on in this line; in an empty one below a block scalar the cursor's column tells."""
    found = tree.owners.get(at.line)
    if found is not None or at.text.strip():
        return found
    above = tree.last_above(at.line)
    is_in_flow = above.value[:1] in _FLOWS and not _is_closed(tree, above, at.line)
    return above if (above.is_block or is_in_flow) and at.column > above.column else None


def _is_closed(tree: TextTree, node: Node, line: int) -> bool:
    text = "\n".join((tree.lines[node.line][node.value_column :], *tree.lines[node.line + 1 : line]))
    return text.count("{") + text.count("[") <= text.count("}") + text.count("]")


def _running(path: tuple[Part, ...], at: _Cursor, least: int) -> TextPlace:
    """Return the place in a text that goes on: a placeholder, or a word between spaces."""
    before, after = at.text[least : at.column], at.text[at.column :]
    found = _PLACEHOLDER.search(before)
    if found:
        close = re.match(r"(?:[^{}\s]*\s*\}{1,2})?", after)
        end = at.column + (close.end() if close else 0)
        return TextPlace(Slot.PLACEHOLDER, path, at.line, least + found.start(), end, found[0], before=before)
    word = _WORD_ENDS.split(before)[-1]
    end = at.column + len(_WORD_ENDS.split(after)[0])
    return TextPlace(Slot.TEXT, path, at.line, at.column - len(word), end, word, before=before)


def _colon(text: str, node: Node) -> int:
    found = _KEY_END.match(text, node.column)
    return found.end() - 1 if found else node.value_column - 1


def _value(tree: TextTree, node: Node, at: _Cursor) -> TextPlace | None:
    """Return the place in a value that stands in its key's line or behind a dash; between its words, the word."""
    if node.key is None and at.column < node.value_column:
        return None
    if node.value[:1] in _FLOWS and at.column > node.value_column:
        return _flow(tree, node.path, (at.line, node.value_column), at)
    lead = re.match(r"\s*", at.text[node.value_column : at.column])
    start = node.value_column + (lead.end() if lead else 0)
    before = at.text[start : at.column]
    if _PLACEHOLDER.search(before) or re.search(r"\s", before):
        return _running(node.path, at, start)
    if before[:1] in ("|", ">"):
        return None
    slot = Slot.EITHER if node.key is None else Slot.VALUE
    return _scalar(slot, node.path, start, at)


def _scalar(slot: Slot, path: tuple[Part, ...], start: int, at: _Cursor) -> TextPlace:
    """Return the place of a whole value that begins at a column, without its quotes."""
    before = at.text[start : at.column]
    end = len(at.text[: comment_start(at.text)].rstrip())
    quote = before[:1] if before[:1] in ("'", '"') else ""
    is_closed = bool(quote) and end - 1 >= at.column and at.text[:end].endswith(quote)
    start += len(quote)
    stop = max(at.column, end - is_closed)
    return TextPlace(slot, path, at.line, start, stop, before[len(quote) :], start, quote=quote, before=before)


def _known_key(node: Node, at: _Cursor) -> TextPlace | None:
    """Return the place in a key that has its colon already."""
    if at.column < node.column or node.parent is None:
        return None
    end = node.column + len(at.text[node.column : _colon(at.text, node)].rstrip())
    word = at.text[node.column : at.column]
    return TextPlace(Slot.KEY, node.parent.path, at.line, node.column, max(end, at.column), word, node.column, True)


def _new_key(tree: TextTree, at: _Cursor) -> TextPlace | None:
    """Return the place of a word in a line of its own: a key to be, or the first thing below a key."""
    start = min(at.column, len(at.text) - len(at.text.lstrip()))
    parent = tree.last_above(at.line)
    while parent.parent is not None and parent.column >= start:
        parent = parent.parent
    if at.column < start or not (parent.is_open or parent.parent is None):
        return None
    end = max(at.column, len(at.text[: comment_start(at.text)].rstrip()))
    slot = Slot.EITHER if parent.key is not None and not parent.children else Slot.KEY
    return TextPlace(slot, parent.path, at.line, start, end, at.text[start : at.column], start)


def _flow(tree: TextTree, path: tuple[Part, ...], opening: tuple[int, int], at: _Cursor) -> TextPlace | None:
    """Return the place within {…} or […], which may go over several lines; it begins at a line and column."""
    first, column = opening
    head = at.text[: at.column]
    lines = [*tree.lines[first : at.line], head]
    lines[0] = lines[0][column:]
    found = flow_place("\n".join(lines))
    if found is None:
        return None
    word = re.match(r"[^\s\[\]{},:\"']*", at.text[at.column :])
    end = at.column + (word.end() if word else 0)
    start = at.column - len(found.word)
    slot = Slot.VALUE if found.is_value else Slot.KEY
    has_colon = bool(re.match(r"""["']?\s*:""", at.text[end:])) and not found.is_value
    return TextPlace(
        slot, (*path, *found.path), at.line, start, end, found.word, start, has_colon, True, found.quote, found.word
    )
