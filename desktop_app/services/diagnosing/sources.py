"""Logs as bytes, read at any place: where their text ends, how it is encoded, and their lines counted."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from desktop_app.services.logs.encodings import HEAD, UTF_8, encoding_of
from desktop_app.services.logs.log_file import LogFile

_BLOCK = 4 << 20
_STEP = 64 << 10


class LogBytes(Protocol):
    """A log that can be read at any place; `name` is what a person calls it."""

    @property
    def name(self) -> str:
        """Return what it is called."""
        ...

    def size(self) -> int:
        """Return its size in bytes."""
        ...

    def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes."""
        ...


@dataclass(frozen=True, slots=True)
class FileBytes:
    """A file on disk."""

    name: str
    path: Path

    def size(self) -> int:
        """Return how long the text is that is there now: the empty bytes that a crash leaves at an end are none."""
        return text_end(self.path)

    def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes."""
        return LogFile(self.path).read(offset, count)


@dataclass(frozen=True, slots=True)
class MemoryBytes:
    """A log that was unpacked, or the end of one: `dropped` is how many lines stand before it."""

    name: str
    data: bytes = field(repr=False)
    dropped: int = 0

    def size(self) -> int:
        """Return how many bytes there are."""
        return len(self.data)

    def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes."""
        return self.data[offset : offset + max(0, count)]


def encoding_in(log: LogBytes) -> str:
    """Return how a log is written."""
    return encoding_of(log.read(0, HEAD))


def newlines_before(log: LogBytes, offset: int) -> int:
    """Return how many lines end before a place of a log."""
    count = log.dropped if isinstance(log, MemoryBytes) else 0
    place = 0
    while place < offset and (block := log.read(place, min(_BLOCK, offset - place))):
        count += block.count(b"\n")
        place += len(block)
    return count


def offset_of_row(log: LogBytes, start: int, row: int) -> int:
    """Return where a line begins, `row` lines after the one that begins at `start`."""
    place, wide = start, encoding_in(log) != UTF_8
    while row > 0 and (block := log.read(place, _STEP)):
        rows = block.count(b"\n")
        if rows >= row:
            end = -1
            for _ in range(row):
                end = block.index(b"\n", end + 1)
            place += end + 1
            return place + (place % 2 if wide else 0)
        row -= rows
        place += len(block)
    return place


def text_end(path: Path) -> int:
    """Return where the empty bytes begin that a file ends in, else its size; 0 where it can't be read.

    A machine that went down leaves what was not written yet as zeros, or as a hole in the file, which is passed fast.
    """
    try:
        with path.open("rb", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - 1))
            return size if file.read(1) != b"\0" else _end_before_zeros(file.fileno(), size)
    except OSError:
        return 0


def without_zeros(data: bytes) -> bytes:
    """Return bytes without the empty ones at their end; the half of the last letter of UTF-16 is none."""
    kept = data.rstrip(b"\0")
    return data[: len(kept) + 1] if len(kept) % 2 and encoding_of(data[:HEAD]) == "utf-16-le" else kept


def _end_before_zeros(file: int, size: int) -> int:
    end, step = size, _STEP
    while end > 0:
        start = max(0, end - step)
        if _is_hole(file, start):
            step *= 2
        else:
            start = max(0, end - _BLOCK)
            os.lseek(file, start, os.SEEK_SET)
            data = os.read(file, end - start)
            if kept := data.rstrip(b"\0"):
                found = start + len(kept)
                return found + (found % 2 and _begins_wide(file))
        end = start
    return 0


def _begins_wide(file: int) -> bool:
    os.lseek(file, 0, os.SEEK_SET)
    return encoding_of(os.read(file, HEAD)) == "utf-16-le"


def _is_hole(file: int, start: int) -> bool:
    """Whether nothing was ever written from a place on, as far as the file system tells."""
    if not hasattr(os, "SEEK_DATA"):
        return False
    try:
        os.lseek(file, start, os.SEEK_DATA)
    except OSError as error:
        return error.errno == errno.ENXIO
    return False
