"""Where in the code an exception in a log was raised: the frames of its traceback, and which of them are a person's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from desktop_app.api.kit.log_lines import LogLines
from desktop_app.core.diagnosis.raised import Part, Raised

_FRAME = re.compile(r"[\s|]*File \"([^\"]+)\", line (\d{1,9})(?:, in (\S.*))?")
_OF_OTHERS = re.compile(
    r"^<|(?:site|dist)-packages[\\/]|[\\/]lib(?:64)?[\\/]python\d|[\\/]Lib[\\/][\w\\/]+\.py$|[\\/]s?bin[\\/][\w-]+$"
)
_CODE = re.compile(r"[\s|]+(?!File \")(?=[^\s|^~])(.*\S)")
_BEFORE = 4
"""Lines before an exception that no header begins in which its file stands: a syntax error's."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A line of code in a traceback: its file as Python names it, and its `text`, as far as the traceback shows it."""

    file: str
    line: int
    text: str = ""
    function: str = ""


def is_of_others(file: str) -> bool:
    """Whether a file is of Python itself, of an installed package, or no file: nobody's own script."""
    return _OF_OTHERS.search(file) is not None


def frames_of(log: LogLines, raised: Raised, part: Part) -> Iterator[Frame]:
    """Yield the frames of one traceback of an exception, innermost first."""
    end = part.end if part.line is None else part.line
    begin = max(0, part.begin - _BEFORE) if part.begin == end else part.begin
    for number in range(end, begin - 1, -1):
        frame = _FRAME.match(log.lines[number]) if log.writers[number] == raised.writer else None
        if frame is not None:
            yield Frame(frame[1], int(frame[2]), _text_after(log, number, end), (frame[3] or "").rstrip())


def _text_after(log: LogLines, number: int, end: int) -> str:
    """Return the line of code below a frame; empty where Python could not read it, or another writer came between."""
    after = number + 1
    if after >= end or log.writers[after] != log.writers[number]:
        return ""
    found = _CODE.match(log.lines[after])
    return found[1] if found is not None else ""
