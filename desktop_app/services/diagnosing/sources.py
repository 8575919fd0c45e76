"""Logs as bytes: files, compressed ones, and those in a zip; read at any place, and their lines counted."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from desktop_app.services.logs.log_file import LogFile

LARGEST = 256 << 20
"""Bytes that are unpacked of one compressed log."""
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
    """A log that was unpacked."""

    name: str
    data: bytes = field(repr=False)

    def size(self) -> int:
        """Return how many bytes there are."""
        return len(self.data)

    def read(self, offset: int, count: int) -> bytes:
        """Return up to `count` bytes."""
        return self.data[offset : offset + max(0, count)]


def newlines_before(log: LogBytes, offset: int) -> int:
    """Return how many lines end before a place of a log."""
    count = place = 0
    while place < offset and (block := log.read(place, min(_BLOCK, offset - place))):
        count += block.count(b"\n")
        place += len(block)
    return count


def unpacked(path: Path, name: str) -> MemoryBytes:
    """Return a log that gzip packed. Raises OSError for one that is damaged."""
    try:
        with gzip.open(path) as file:
            return MemoryBytes(name, file.read(LARGEST))
    except (EOFError, zlib.error) as error:
        raise OSError(f"it is damaged: {error}") from error


def in_zip(path: Path, name: str) -> Iterator[MemoryBytes]:
    """Yield the files in a zip. Raises OSError for one that is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            for each in archive.infolist()[:MOST_MEMBERS]:
                if not each.is_dir() and each.file_size <= LARGEST:
                    yield MemoryBytes(f"{name}/{each.filename}", archive.read(each))
    except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError) as error:
        raise OSError(f"it is no zip that can be read: {error}") from error
