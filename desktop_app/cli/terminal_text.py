"""Text from outside on its way to a terminal: colours may pass, nothing else that a terminal would obey."""

from __future__ import annotations

import re
import unicodedata
from typing import TextIO

_SEQUENCE = re.compile(
    r"(?P<colour>\x1b\[[0-9;:]*m)"
    r"|\x1b\[[0-?]*[ -/]*[@-~]?"  # moves the cursor, clears the screen
    r"|(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # titles, links, the clipboard
    r"|(?:\x1b[PX^_]|[\x90\x98\x9e\x9f])[^\x1b\x9c]*(?:\x1b\\|\x9c)?"
    r"|\x9b[0-?]*[ -/]*[@-~]?"
    r"|\x1b[ -/]*[0-~]?"
)
_ODD = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_RESET = "\x1b[0m"


def shown(line: str) -> str:
    """Return a line of a log as a terminal may get it: without what a carriage return overwrote."""
    line = line.rstrip("\r")
    line = line[line.rfind("\r") + 1 :]
    if line.isprintable():
        return line
    kept, colours, end = [], 0, 0
    for found in _SEQUENCE.finditer(line):
        kept += [_ODD.sub("", line[end : found.start()]), found["colour"] or ""]
        colours += found["colour"] is not None
        end = found.end()
    return "".join((*kept, _ODD.sub("", line[end:]), _RESET if colours else ""))


def plain(text: str) -> str:
    """Return text without anything that a terminal would obey."""
    return text if text.isprintable() else _ODD.sub("", _SEQUENCE.sub("", text))


def for_stream(line: str, stream: TextIO) -> str:
    """Return a line of a log as the stream may get it: a file or a pipe gets it as it is."""
    return shown(line) if stream.isatty() else line


def width(text: str) -> int:
    """Return how many columns a terminal takes for a text."""
    if text.isascii():
        return len(text)
    return sum(0 if unicodedata.combining(each) else 1 + (unicodedata.east_asian_width(each) in "WF") for each in text)


def fitted(text: str, columns: int) -> str:
    """Return the text, cut with … where it takes more columns than that."""
    if width(text) <= columns:
        return text
    while text and width(text) >= columns:
        text = text[:-1]
    return f"{text}…"
