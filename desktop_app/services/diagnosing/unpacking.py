"""Unpacks logs: files that gzip, bzip2 or xz packed, and those in a zip or a tar, within bounds of memory and time."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from desktop_app.services.diagnosing.sources import MemoryBytes, without_zeros

KEPT = 64 << 20
"""Bytes that are kept of one packed log: its end, as a failure stands there."""
ALL_KEPT = 512 << 20
"""Bytes that are kept of all packed logs together."""
MOST_UNPACKED = 4 << 30
"""Bytes that are unpacked at most, to come to the ends: what is longer was made to be endless."""
MOST_MEMBERS = 2000
_SMALL = 64 << 10
"""Bytes that are unpacked at once: of a damaged block nothing is had."""
_ARCHIVES = (".tar", ".tgz", ".tar.gz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz")
_MAGIC: dict[bytes, Callable[[Path], object]] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
_UNKNOWN = {b"\x28\xb5\x2f\xfd": ("zstd", "zstd -d"), b"\x04\x22\x4d\x18": ("LZ4", "lz4 -d")}
_SUFFIXES = (".gz", ".bz2", ".xz", ".zst", ".lz4")
_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, ValueError)

Wanted = Callable[[str], bool]


def names_in(path: Path) -> list[str]:
    """Return the names in a zip; none where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (OSError, zipfile.BadZipFile, RuntimeError, NotImplementedError, *_DAMAGED):
        return []


@dataclass(slots=True)
class Unpacking:
    """Unpacks logs within a budget; `missing` says what was left out, a sentence each."""

    missing: list[str]
    went: Callable[[], object] = lambda: None
    kept: int = 0
    unpacked: int = 0

    def logs_in(self, path: Path, name: str, wanted: Wanted) -> Iterator[MemoryBytes] | None:
        """Return the logs that are packed in a file; None where it is a log as it is. Raises OSError for damage."""
        with path.open("rb") as file:
            head = file.read(6)
        if head[:4] == b"PK\x03\x04" or path.suffix == ".zip":
            return self._zipped(path, name, wanted)
        if path.name.endswith(_ARCHIVES):
            return self._tarred(path, name, wanted)
        for magic, (kind, command) in _UNKNOWN.items():
            if head.startswith(magic):
                raise OSError(0, f"it is packed with {kind}; unpack it first ({command} {path.name})")
        opener = next((each for magic, each in _MAGIC.items() if head.startswith(magic)), None)
        if opener is not None:
            return self._packed(path, name, opener)
        if path.suffix in _SUFFIXES:
            raise OSError(0, f"it is damaged: it does not begin as a {path.suffix} file does")
        return None

    def _packed(self, path: Path, name: str, opener: Callable[[Path], object]) -> Iterator[MemoryBytes]:
        with cast("IO[bytes]", opener(path)) as file:
            yield from self._ends(file, name)

    def _zipped(self, path: Path, name: str, wanted: Wanted) -> Iterator[MemoryBytes]:
        try:
            with zipfile.ZipFile(path) as archive:
                members = [each for each in archive.infolist() if not each.is_dir() and wanted(each.filename)]
                if len(members) > MOST_MEMBERS:
                    self.missing.append(f"{name} holds {len(members):,} logs; {MOST_MEMBERS:,} were looked at.")
                for each in members[:MOST_MEMBERS]:
                    if self._is_used(name):
                        return
                    with archive.open(each) as file:
                        yield from self._ends(file, f"{name}/{each.filename}")
        except (zipfile.BadZipFile, RuntimeError, NotImplementedError, *_DAMAGED) as error:
            raise OSError(0, f"it is no zip that can be read: {error}") from error

    def _tarred(self, path: Path, name: str, wanted: Wanted) -> Iterator[MemoryBytes]:
        """Yield the logs in a tar, packed or not, which is read from its beginning to its end once."""
        count = 0
        try:
            with tarfile.open(path, "r|*") as archive:
                for each in archive:
                    if self._is_used(name):
                        return
                    if count >= MOST_MEMBERS:
                        self.missing.append(f"Of {name} {MOST_MEMBERS:,} logs were looked at: it holds more.")
                        return
                    if each.isreg() and wanted(each.name):
                        count += 1
                        yield from self._ends(cast("IO[bytes]", archive.extractfile(each)), f"{name}/{each.name}")
                    else:
                        self.unpacked += each.size
        except (tarfile.TarError, *_DAMAGED) as error:
            raise OSError(0, f"it is no tar that can be read: {error}") from error

    def _is_used(self, name: str) -> bool:
        """Whether nothing more of an archive is unpacked, which is said once."""
        if self.unpacked <= MOST_UNPACKED and self.kept < ALL_KEPT:
            return False
        self.missing.append(f"Of {name} not all was looked at: {self._why()}.")
        return True

    def _why(self) -> str:
        """Return why nothing more is unpacked."""
        if self.unpacked > MOST_UNPACKED:
            return f"what came before took the {_size(MOST_UNPACKED)} that are unpacked at once"
        return f"the logs before took the {_size(ALL_KEPT)} that are kept at once"

    def _ends(self, file: IO[bytes], name: str) -> Iterator[MemoryBytes]:
        """Yield the end of what is unpacked, as much of it as is kept; of a damaged one what stands before."""
        if self.kept >= ALL_KEPT or self.unpacked > MOST_UNPACKED:
            self.missing.append(f"{name} was not looked at: {self._why()}.")
            return
        blocks: deque[bytes] = deque()
        held = dropped = 0
        before = self.unpacked
        for block in self._blocks(file, name):
            self.went()
            self.unpacked += len(block)
            if self.unpacked > MOST_UNPACKED:
                what = "it unpacks" if self.unpacked - before > MOST_UNPACKED else "it and what came before unpack"
                self.missing.append(f"{name} was not looked at: {what} to more than {_size(MOST_UNPACKED)}.")
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
        yield MemoryBytes(name, without_zeros(b"".join(blocks)), dropped)

    def _blocks(self, file: IO[bytes], name: str) -> Iterator[bytes]:
        """Yield what can be unpacked: a file that was cut off, as one that is being written, holds all but its end."""
        some = False
        try:
            while block := file.read(_SMALL):
                some = True
                yield block
        except (OSError, zipfile.BadZipFile, *_DAMAGED) as error:
            if not some:
                raise OSError(0, f"it is damaged: {error}") from error
            self.missing.append(f"{name} is damaged or cut off; what stands before that was read.")


def _size(count: int) -> str:
    return f"{count >> 30} GB" if count >= 1 << 30 else f"{count >> 20} MB" if count >= 1 << 20 else f"{count:,} bytes"
