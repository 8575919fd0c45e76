"""Where a text within {…} or […] breaks off: in which key or value, however unfinished it is."""

from __future__ import annotations

import re
from dataclasses import dataclass

from desktop_app.core.paths import Part

_PIECES = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)|(?P<mark>[\[\]{},]|:(?=[\s"'\[{]|$))|(?P<plain>[^\s\[\]{},:"']+)"""
)
_WORD = re.compile(r"""["']?[^\s\[\]{},:"']*$""")
_QUOTES = re.compile(r"""(?<![\w.\\])(["'])(?:(?!\1)[^\\]|\\.)*(\1|$)""")


@dataclass(frozen=True, slots=True)
class FlowPlace:
    """`path` leads to the mapping of a key, or to the value (`is_value`); `quote` is the one that is open."""

    path: tuple[Part, ...]
    is_value: bool
    word: str
    quote: str


@dataclass(slots=True)
class _Level:
    """A collection that is open."""

    is_list: bool
    key: str = ""
    index: int = 0
    is_value: bool = False

    @property
    def part(self) -> Part:
        return self.index if self.is_list else self.key


def flow_place(text: str) -> FlowPlace | None:
    """Return where a text that begins with a brace or bracket ends; None outside of it and behind a closed quote."""
    levels: list[_Level] = []
    last = ""
    for found in _PIECES.finditer(text):
        last = _step(levels, found, last)
    if not levels:
        return None
    quote = _open_quote(text)
    tail = _WORD.search(text)
    word = tail[0] if tail else ""
    if word[:1] in ("'", '"') and not quote:
        return None
    top = levels[-1]
    is_value = top.is_list or top.is_value
    path = tuple(each.part for each in (levels if is_value else levels[:-1]))
    return FlowPlace(path, is_value, word.removeprefix(quote) if quote else word, quote)


def _step(levels: list[_Level], found: re.Match[str], last: str) -> str:
    """Take in a piece of the text; returns the last word, which may turn out to be a key."""
    mark = found["mark"]
    if mark is None:
        return found[0].strip("\"'")
    if mark in "{[":
        levels.append(_Level(mark == "["))
    elif mark in "}]":
        del levels[-1:]
    elif levels:
        top = levels[-1]
        if mark == ",":
            top.index, top.is_value = top.index + 1, False
        else:
            top.key, top.is_value = last, True
    return last


def _open_quote(text: str) -> str:
    """Return the quote that is open at the end of a text."""
    found = list(_QUOTES.finditer(text))
    return found[-1][1] if found and found[-1].end() == len(text) and not found[-1][2] else ""
