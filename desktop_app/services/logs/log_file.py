"""A huge, growing log as lines, read in windows: any place of the file costs the same, and nothing of it is kept.

A line ends with a newline. So that a file without any can't ask for unbounded memory, a line also ends at a
multiple of `grid` if the whole cell of the grid before that multiple holds no newline: this can be decided
anywhere in the file by looking back two cells at most, and no line is longer than that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from desktop_app.services.logs.encodings import HEAD, UTF_8, encoding_of, is_settled, newline_of, without_mark
from desktop_app.services.logs.stamps import stamps_in

BLOCK = 64 << 10
GRID = 1 << 20
_SANE = 946_684_800.0  # the year 2000: what is older comes from a file system or an archive without times


@dataclass(frozen=True, slots=True)
class RawLine:
    """A line's place and its bytes, line end included; `complete` is False for the last one while it may grow."""

    offset: int
    data: bytes
    complete: bool = True

    @property
    def end(self) -> int:
        """The offset of what follows."""
        return self.offset + len(self.data)


class LogFile:
    """Reads lines forwards and backwards from any line's start. Opens the file for each block, so it holds no handle.

    It calls `breathe` for every block and stamp: who reads for a window lets that go first there.
    A file that is missing, or was deleted meanwhile, reads as an empty one.
    """

    def __init__(
        self, path: Path, *, block: int = BLOCK, grid: int = GRID, breathe: Callable[[], object] = bool
    ) -> None:
        self.path = path
        self._breathe = breathe
        self._block = block
        self._grid = grid
        self._encoding: str | None = None

    def size(self) -> int:
        """Return the file's size in bytes as it is now."""
        try:
            return os.stat(self.path).st_size  # noqa: PTH116 - asked 25 times a second for each log
        except OSError:
            return 0

    def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes."""
        self._breathe()
        try:
            with open(self.path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
                file.seek(offset)
                return file.read(max(0, count)) or b""
        except OSError:
            return b""

    def changed(self) -> float:
        """Return when the file was written last, in seconds since the epoch; now where that can't be."""
        now = time.time()
        try:
            moment = os.stat(self.path).st_mtime  # noqa: PTH116 - as above
        except OSError:
            return now
        return moment if _SANE < moment < now else now

    @property
    def encoding(self) -> str:
        """How its characters are written, as its beginning tells: `utf-16-le`, `utf-16-be`, else `utf-8`."""
        if self._encoding is None:
            head = self.read(0, HEAD)
            found = encoding_of(head)
            if not is_settled(head):
                return found
            self._encoding = found
        return self._encoding

    def narrow(self, data: bytes) -> bytes:
        """Return the beginning of a line with a byte for each character of ASCII."""
        return data if self.encoding == UTF_8 else without_mark(data).replace(b"\0", b"")

    def stamped(self, data: bytes, begin: int, latest: float) -> Iterator[tuple[int, float]]:
        """Yield where in the file lines of `data`, which lies at `begin`, bear a stamp, and its moment."""
        if self.encoding == UTF_8:
            for place, moment in stamps_in(data, latest):
                self._breathe()
                yield begin + place, moment
            return
        skipped = len(data) - len(without_mark(data)) if begin == 0 else 0
        low = 1 if self.encoding == "utf-16-be" else 0  # of each two bytes the one that letters of ASCII need
        for place, moment in stamps_in(data[skipped + low :: 2], latest):
            yield (begin + skipped + 2 * place if begin or place else 0), moment

    @property
    def newline(self) -> bytes:
        """The bytes that end a line."""
        return newline_of(self.encoding)

    def lines_from(self, offset: int) -> Iterator[RawLine]:
        """Yield the lines that start at `offset` (a line's start) and after it, up to the file's present end."""
        buffer, low, seen = b"", offset, 0
        while block := self.read(low + len(buffer), self._block):
            buffer += block
            done = 0
            while (cut := self._cut(buffer, low, done, seen)) is not None:
                yield RawLine(low + done, buffer[done:cut])
                done = seen = cut
            buffer, low = buffer[done:], low + done
            seen = len(buffer)
        if buffer:
            yield RawLine(low, buffer, complete=False)

    def lines_before(self, offset: int) -> Iterator[RawLine]:
        """Yield the lines that end at `offset` (a line's start, or the end of the file) and before it, last first."""
        buffer, low, end = b"", offset, offset
        while end > 0:
            start = self._start(buffer, low, end)
            if start is not None:
                data = buffer[start - low : end - low]
                yield RawLine(start, data, complete=end < offset or self._ends(start, data))
                end = start
                continue
            more = self.read(max(0, low - self._block), min(low, self._block))
            if not more:  # the file was truncated meanwhile
                return
            buffer = more + buffer[: end - low]
            low -= len(more)

    def line_start(self, offset: int) -> int:
        """Return the start of the line that holds the byte at `offset`."""
        offset = min(offset, self.size())
        last = next(self.lines_before(offset), None)
        if last is None:
            return 0
        return offset if last.complete else last.offset

    def offset_of_line(self, number: int) -> int:
        """Return where line `number` (counted from 1 by newlines, as editors do) starts; reads all before it."""
        left, offset, newline = number - 1, 0, self.newline
        while left > 0 and (block := self.read(offset, 1 << 20)):
            found = block.count(newline)
            if found >= left:
                return offset + _after_newline(block, left, newline)
            left -= found
            offset += len(block)
        return offset

    def _cut(self, buffer: bytes, low: int, start: int, seen: int) -> int | None:
        """Return where the line that starts at `start` of the buffer ends; None if that is not known yet."""
        newline = self.newline
        found = buffer.find(newline, max(start, seen - 1))
        limit = self._first_break(low + start) - low
        if found >= 0 and found < limit:
            return found + len(newline)
        return limit if limit <= len(buffer) else None

    def _start(self, buffer: bytes, low: int, end: int) -> int | None:
        """Return the start of the line that ends at `end`; None if more has to be read before `low`."""
        last = end - 1
        newline = self.newline
        found = buffer.rfind(newline, 0, max(0, last - low))
        if found >= 0 or low == 0:
            return self._last_break(low + found + len(newline) if found >= 0 else 0, last)
        if last - low >= 2 * self._grid:
            return last - last % self._grid
        return None

    def _first_break(self, start: int) -> int:
        """Return where a line that starts at `start` ends at the latest."""
        cell, into = divmod(start, self._grid)
        return (cell + (2 if into else 1)) * self._grid

    def _last_break(self, start: int, last: int) -> int:
        """Return the start of the line that holds the byte `last`, where no newline lies between `start` and it."""
        limit = self._first_break(start)
        return start if limit > last else last - last % self._grid

    def _ends(self, start: int, data: bytes) -> bool:
        return data.endswith(self.newline) or start + len(data) >= self._first_break(start)


def _after_newline(block: bytes, count: int, newline: bytes) -> int:
    place = 0
    for _ in range(count):
        place = block.index(newline, place) + len(newline)
    return place
