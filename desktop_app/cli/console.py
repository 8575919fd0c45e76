"""Printing: results on standard output, progress and errors on standard error."""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from desktop_app.api.errors import OutsideError
from desktop_app.cli.terminal_text import fitted, for_stream, plain, width

NARROWEST = 12
"""No column of a table is made narrower than that."""
UNBOUNDED = 1 << 30
_CLOCK = re.compile(r" \(\d[\d:]*:\d\d\)")
_FIGURES = re.compile(r"\d[\d.,]*(?: (?:[kMGT]?B|bytes?|files?)\b)?")


def use_utf8() -> None:
    """Write UTF-8 whatever the locale says, and never fail over a character."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def error(message: str, hint: str = "") -> None:
    """Say on standard error what is at fault, in one line."""
    note(f"error: {message} {hint}".rstrip())


def warning(message: str) -> None:
    """Say on standard error what is worth knowing and stops nothing."""
    note(f"warning: {message}")


def note(text: str) -> None:
    """Write a line on standard error, over a progress bar if one stands there."""
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(clear + plain(" ".join(text.splitlines())), file=sys.stderr, flush=True)


def log_line(line: str, stream: TextIO) -> None:
    """Write a line of a log; a terminal gets its colours and nothing else that it would obey."""
    print(for_stream(line, stream), file=stream, flush=True)


def document(data: Any) -> None:
    """Print the one JSON document of a verb."""
    print(json.dumps(data, indent=1, ensure_ascii=False))


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows below their headings, each column as wide as its widest cell, all within the width of a terminal."""
    lines = [[*map(plain, each)] for each in (headings, *rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(headings))]
    _narrow(widths, _columns(sys.stdout) - 2 * (len(widths) - 1))
    for line in lines:
        cells = (_padded(cell, room) for cell, room in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip())


def _narrow(widths: list[int], room: int) -> None:
    """Take from the widest columns what is more than the room, as long as they stay legible."""
    while sum(widths) > room and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1


def _padded(cell: str, room: int) -> str:
    text = fitted(cell, room)
    return text + " " * (room - width(text))


def _columns(stream: TextIO) -> int:
    """Return the columns of the terminal that a stream is; no end of them where it is none."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or UNBOUNDED if stream.isatty() else UNBOUNDED
    except (OSError, ValueError):
        return UNBOUNDED


class ProgressLines:
    """Progress on standard error: a bar on a terminal, a line per step elsewhere."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = ""
        self._said = ("", 0.0)

    def __call__(self, message: str, part: float | None) -> None:
        """Show what is being done and, where it is known, the part (0 to 1) that is done."""
        if self._terminal:
            sys.stderr.write(f"\r\x1b[K{_bar(part)}{plain(message)[: _room()]}")
            sys.stderr.flush()
        elif _step(message) != _step(self._last) and not self._barely_further(message, part):
            note(_step(message))
        self._last = message

    def _barely_further(self, message: str, part: float | None) -> bool:
        """Whether only the figures changed, by less than a twentieth: thousands of files would fill a log."""
        what, before = self._said
        now = _FIGURES.sub("", message)
        if part is not None and now == what and before <= part < min(before + 0.05, 1.0):
            return True
        self._said = (now, part or 0.0)
        return False

    @property
    def last(self) -> str:
        """What was said last."""
        return self._last

    def close(self) -> None:
        """Take the bar away."""
        if self._terminal and self._last:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _step(message: str) -> str:
    """Return what is being done without the time that it takes already: a line per step, not one per second."""
    return _CLOCK.sub("", message)


def flush() -> None:
    """Write out what standard output still holds, so that a reader that has gone is noticed here and not at exit."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        stop_output()  # or Python tries once more at its exit, and says so
        raise OutsideError(f"Standard output can't be written: {error.strerror or error}.") from error


def stop_output() -> None:
    """Send standard output nowhere: who read it has gone (`rankzero … | head`)."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)


def _bar(part: float | None, width: int = 20) -> str:
    if part is None:
        return "… "
    done = round(width * min(max(part, 0.0), 1.0))
    return f"{'█' * done}{'·' * (width - done)} {part:4.0%} "


def _room() -> int:
    try:
        return max(os.get_terminal_size(sys.stderr.fileno()).columns - 28, 20)
    except OSError:
        return 72
