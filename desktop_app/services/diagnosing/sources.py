"""Logs as bytes: files, compressed ones, and those in a zip; read at any place, and their lines counted."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol, cast

from desktop_app.services.logs.log_file import LogFile

KEPT = 64 << 20
"""Bytes that are kept of one packed log: its end, as a failure stands there."""
ALL_KEPT = 512 << 20
"""Bytes that are kept of all logs in one zip together."""
MOST_UNPACKED = 4 << 30
"""Bytes that are unpacked at most, to come to the ends: what is longer was made to be endless."""
MOST_MEMBERS = 2000
_BLOCK = 4 << 20


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
        """Return the file's size as it is now."""
        return LogFile(self.path).size()

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


def newlines_before(log: LogBytes, offset: int) -> int:
    """Return how many lines end before a place of a log."""
    count = log.dropped if isinstance(log, MemoryBytes) else 0
    place = 0
    while place < offset and (block := log.read(place, min(_BLOCK, offset - place))):
        count += block.count(b"\n")
        place += len(block)
    return count


@dataclass(slots=True)
class Unpacking:
    """Unpacks logs within a budget of memory and time; `missing` says what was left out, a sentence each."""

    missing: list[str]
    kept: int = 0
    unpacked: int = 0

    def gzipped(self, path: Path, name: str) -> Iterator[MemoryBytes]:
        """Yield the log that gzip packed. Raises OSError for one that is damaged."""
        try:
            with gzip.open(path) as file:
                yield from self._ends(cast("IO[bytes]", file), name)
        except (EOFError, zlib.error) as error:
            raise OSError(f"it is damaged: {error}") from error

    def zipped(self, path: Path, name: str, wanted: Callable[[str], bool]) -> Iterator[MemoryBytes]:
        """Yield the logs in a zip whose names are wanted. Raises OSError for one that is damaged."""
        try:
            with zipfile.ZipFile(path) as archive:
                members = [each for each in archive.infolist() if not each.is_dir() and wanted(each.filename)]
                if len(members) > MOST_MEMBERS:
                    self.missing.append(f"{name} holds {len(members):,} logs; {MOST_MEMBERS:,} were looked at.")
                for each in members[:MOST_MEMBERS]:
                    with archive.open(each) as file:
                        yield from self._ends(file, f"{name}/{each.filename}")
        except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
            raise OSError(f"it is no zip that can be read: {error}") from error

    def _ends(self, file: IO[bytes], name: str) -> Iterator[MemoryBytes]:
        """Yield the end of what is unpacked, as much of it as is kept."""
        if self.kept >= ALL_KEPT:
            self.missing.append(f"{name} was not looked at: it holds more than is unpacked at once.")
            return
        blocks: deque[bytes] = deque()
        held = dropped = 0
        while block := file.read(_BLOCK):
            self.unpacked += len(block)
            if self.unpacked > MOST_UNPACKED:
                self.missing.append(f"{name} was not looked at: it unpacks to more than {MOST_UNPACKED >> 30} GB.")
                return
            blocks.append(block)
            held += len(block)
            while held - len(blocks[0]) >= KEPT:
                first = blocks.popleft()
                held -= len(first)
                dropped += first.count(b"\n")
        if dropped:
            self.missing.append(f"Of {name} only the last {held >> 20} MB were read.")
        self.kept += held
        yield MemoryBytes(name, b"".join(blocks), dropped)
