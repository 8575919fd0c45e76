"""Where in the code a rank failed: the places its last traceback names. Reads the log's end only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from desktop_app.services.logs.log_file import LogFile

TAIL = 256 << 10
_FRAME = re.compile(r"^(?:\[[\w ]*?rank\s?\d+\]:\s?)?\s*File \"([^\"]+)\", line (\d+)", re.MULTILINE | re.IGNORECASE)
_TRACEBACK = "Traceback (most recent call last):"


@dataclass(frozen=True, slots=True)
class CodePlace:
    """A line of a file, as a traceback names it."""

    file: str
    line: int


def last_places(log: Path, line: str = "") -> tuple[CodePlace, ...]:
    """Return the frames of the last traceback in a log, innermost first; of a syntax error the line it is in.

    With a `line`, of the traceback that ends on it: a launcher's own may follow.
    """
    file = LogFile(log)
    size = file.size()
    data = file.read(max(0, size - TAIL), TAIL)
    if line:
        data = data[: max(0, data.rfind(line.encode()))]
    text = data.decode("utf-8", "replace")
    begin = text.rfind(_TRACEBACK)
    if begin >= 0:
        text = text[begin:]
    elif "SyntaxError" not in text:
        return ()
    return tuple(CodePlace(name, int(line)) for name, line in reversed(_FRAME.findall(text)))


def offset_of(log: Path, line: str) -> int | None:
    """Return where a line of a log begins that holds this text, the last of them; None where none does."""
    file = LogFile(log)
    start = max(0, file.size() - TAIL)
    data = file.read(start, TAIL)
    found = data.rfind(line.encode()) if line else -1
    return None if found < 0 else start + data.rfind(b"\n", 0, found) + 1
