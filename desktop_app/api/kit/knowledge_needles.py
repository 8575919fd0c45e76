"""What a line must hold for a regular expression to match it: plain texts, which are found far faster."""

from __future__ import annotations

import re
from functools import lru_cache

_LEAST = 3
_LITERAL_ESCAPES = {"t": "\t", "n": "\n", "r": "\r"}
_QUANTIFIED = re.compile(r"[*?]|\{0?,|\{0\}")


@lru_cache(maxsize=4096)
def needles(pattern: str) -> tuple[str, ...]:
    """Return texts of which one is in every line that the pattern matches; none where that can't be told.

    Looks at the pattern's top level alone, so that it is quick: groups, classes and what may be absent break a text.
    """
    if "(?i" in pattern or "(?x" in pattern or "(?s" in pattern:
        return ()
    found = []
    for each in _alternatives(pattern):
        longest = max(_runs(each), key=len, default="")
        if len(longest) < _LEAST:
            return ()
        found.append(longest)
    return tuple(dict.fromkeys(found))


def _alternatives(pattern: str) -> list[str]:
    parts, depth, begin, place = [], 0, 0, 0
    while place < len(pattern):
        char = pattern[place]
        if char == "\\":
            place += 1
        elif char == "[":
            place = _end_of_class(pattern, place)
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            parts.append(pattern[begin:place])
            begin = place + 1
        place += 1
    return [*parts, pattern[begin:]]


def _runs(pattern: str) -> list[str]:
    runs, run, place = [], "", 0
    while place < len(pattern):
        text, after = _piece(pattern, place)
        if _QUANTIFIED.match(pattern, after):
            text = ""
        elif text and pattern[after : after + 1] in ("+", "{"):
            runs.append(run + text)
            run, text = "", ""
        if text:
            run += text
        else:
            runs.append(run)
            run = ""
        place = max(after, place + 1)
    return [*runs, run]


def _piece(pattern: str, place: int) -> tuple[str, int]:
    """Return the plain character at a place, empty where it is none, and where what follows begins."""
    char = pattern[place]
    if char == "\\":
        escaped = pattern[place + 1 : place + 2]
        if escaped.isalnum():
            return _LITERAL_ESCAPES.get(escaped, ""), place + 2
        return escaped, place + 2
    if char == "[":
        return "", _end_of_class(pattern, place) + 1
    if char == "(":
        return "", _end_of_group(pattern, place) + 1
    if char == "{":
        return "", max(pattern.find("}", place) + 1, place + 1)
    return ("" if char in ".^$*+?|)" else char), place + 1


def _end_of_class(pattern: str, place: int) -> int:
    place += 2 if pattern[place + 1 : place + 2] == "^" else 1
    if pattern[place : place + 1] == "]":
        place += 1
    while place < len(pattern) and pattern[place] != "]":
        place += 2 if pattern[place] == "\\" else 1
    return place


def _end_of_group(pattern: str, place: int) -> int:
    depth = 0
    while place < len(pattern):
        char = pattern[place]
        if char == "\\":
            place += 1
        elif char == "[":
            place = _end_of_class(pattern, place)
        elif char in "()":
            depth += 1 if char == "(" else -1
            if depth == 0:
                return place
        place += 1
    return place
