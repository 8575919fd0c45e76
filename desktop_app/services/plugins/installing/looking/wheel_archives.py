"""Whether a wheel's archive is a plain one: every file once, inside, of the size it claims, and nothing hidden.

Installers differ in how they read archives that are not plain. What would be unpacked otherwise than it was looked at
is refused.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

MOST_FILES = 20_000
LARGEST = 500_000_000  # what needs more is a framework, and belongs into a toolchain
MOST_DEEP = 64  # folders in one another; what is deeper can't be written everywhere
MOST_PACKED = 200  # a file of 10 MB and more that is packed tighter than 1 : 200 is there to fill a disk
_WORTH_A_LOOK = 10_000_000
_LARGEST_LIST = 16_000_000
_END, _ENTRY, _WIDE = b"PK\x05\x06", b"PK\x03\x04", b"PK\x06\x07"
_ENCRYPTED, _DESCRIBED_BEHIND, _UTF8 = 0x1 | 0x40 | 0x2000, 0x8, 0x800
_DESCRIPTORS = (12, 16, 20, 24)
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_CHUNK = 1 << 20


class RefusedError(Exception):
    """Why something can't be installed: the second half of a sentence, without its full stop."""


@contextlib.contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose shape was checked. Raises RefusedError; OSError where the file can't be read."""
    _check_end(path)
    with _refusing(), zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        _check_names(entries)
        _check_kinds(entries)
        _check_sizes(path, entries)
        _check_places(path, archive)
        yield archive


def read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return a file of the archive; one of more than `most` bytes is refused."""
    info = archive.getinfo(name)
    if info.file_size > most:
        raise RefusedError(f"its {name} is larger than {most // 1000} kB")
    return archive.read(info)


def digest(archive: zipfile.ZipFile, name: str, algorithm: str) -> bytes:
    """Return the hash of a file's content; reads all of it, so that its size and checksum are proven as well."""
    sums = hashlib.new(algorithm)
    with archive.open(name) as stream:
        while chunk := stream.read(_CHUNK):
            sums.update(chunk)
    return sums.digest()


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Turn what zipfile raises over damaged archives into a sentence."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error) as error:
        raise RefusedError("it is damaged; fetch or build it again") from error
    except (NotImplementedError, RuntimeError, ValueError, OverflowError, LookupError) as error:
        raise RefusedError("its archive is none that can be read; build it again") from error


def _check_end(path: Path) -> None:
    """Look at both ends before the list of files is read: a false one could take all memory."""
    said = path.stat()
    size = said.st_size
    if not stat.S_ISREG(said.st_mode):
        raise RefusedError("it is no ordinary file")
    if size == 0:
        raise RefusedError("it is empty")
    if size > LARGEST:
        raise RefusedError(f"it is larger than {LARGEST // 1_000_000} MB")
    with path.open("rb") as stream:
        start = stream.read(512)
        stream.seek(max(0, size - 42))
        end = stream.read()
    if start[:2] == b"\x1f\x8b" or start[257:262] == b"ustar":
        raise RefusedError(
            "it is a source package, no wheel; build a wheel of it (python -m build), or give its folder"
        )
    if start[:4] != _ENTRY:
        raise RefusedError("it is no zip archive, as wheels are")
    if end[-22:-18] != _END or end[-2:] != b"\0\0":
        raise RefusedError("it is cut off, or something stands behind its end; fetch or build it again")
    _, _, _, _, count, listed, offset = struct.unpack("<4sHHHHII", end[-22:-2])
    if end[:4] == _WIDE or count > MOST_FILES or listed > _LARGEST_LIST:
        raise RefusedError(f"it holds more than {MOST_FILES:,} files")
    if offset + listed != size - 22:
        raise RefusedError("the list of its files is not where it says; fetch or build it again")


def _check_names(entries: list[zipfile.ZipInfo]) -> None:
    """Check that no name leads outside, and that no two are one file or folder on any system."""
    files: dict[str, str] = {}
    folders: dict[str, str] = {}
    for each in entries:
        name = each.orig_filename
        _check_name(name)
        if not each.is_dir() and files.setdefault(_key(name), name) is not name:
            raise RefusedError(_double(name, files[_key(name)]))
        above = name if each.is_dir() else name.rpartition("/")[0]
        while above:
            above = above.rstrip("/")
            if folders.setdefault(_key(above), above) != above:
                raise RefusedError(_double(above, folders[_key(above)]))
            above = above.rpartition("/")[0]
    both = sorted(files.keys() & folders.keys())
    if both:
        raise RefusedError(f"“{files[both[0]]}” in it is a file and a folder at once")


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _double(name: str, other: str) -> str:
    if name == other:
        return f"it holds “{name}” twice"
    return f"“{other}” and “{name}” in it are one where case makes no difference"


def _check_name(name: str) -> None:
    shown = (name.encode("unicode_escape").decode("ascii") if _UNSEEN.search(name) else name)[:200]
    parts = name.removesuffix("/").split("/")
    if name.startswith(("/", "\\")) or ":" in name:
        raise RefusedError(f"its file “{shown}” would be written to a fixed place outside the plugin's folder")
    if ".." in parts:
        raise RefusedError(f"its file “{shown}” would be written outside the plugin's folder")
    if "\\" in name:
        raise RefusedError(f"its file “{shown}” has a backslash in its name")
    if _UNSEEN.search(name) or "\ufffd" in name or any(0xD800 <= ord(each) < 0xE000 for each in name):
        raise RefusedError(f"its file “{shown}” has a character in its name that can't be seen")
    if len(parts) > MOST_DEEP:
        raise RefusedError(f"its file “{shown}” lies more than {MOST_DEEP} folders deep")
    if any(part in ("", ".") or part != part.rstrip(". ") or len(part.encode()) > 255 for part in parts):
        raise RefusedError(f"its file “{shown}” has a name that not every system can have")


def _check_kinds(entries: list[zipfile.ZipInfo]) -> None:
    for each in entries:
        kind = stat.S_IFMT(each.external_attr >> 16)
        if kind == stat.S_IFLNK:
            raise RefusedError(f"“{each.filename}” in it is a link")
        if kind not in (0, stat.S_IFDIR if each.is_dir() else stat.S_IFREG):
            raise RefusedError(f"“{each.filename}” in it is no ordinary file")
        if each.flag_bits & _ENCRYPTED:
            raise RefusedError("it is encrypted")
        if each.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise RefusedError(f"“{each.filename}” in it is packed in a way that wheels are not; build it again")


def _check_sizes(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    unpacked = sum(each.file_size for each in entries)
    if len(entries) > MOST_FILES:
        raise RefusedError(f"it holds more than {MOST_FILES:,} files")
    if unpacked > LARGEST:
        raise RefusedError(f"it would take {_bytes(unpacked)} when unpacked; more than {_bytes(LARGEST)} is refused")
    for each in entries:
        stored = each.compress_type == zipfile.ZIP_STORED
        if each.file_size if each.is_dir() else stored and each.file_size != each.compress_size:
            raise RefusedError(f"“{each.filename}” in it has another size than it claims")
        if each.file_size > _WORTH_A_LOOK and each.file_size > MOST_PACKED * each.compress_size:
            raise RefusedError(
                f"“{each.filename}” in it would grow to {_bytes(each.file_size)}, as files do that fill disks"
            )
    if unpacked > _WORTH_A_LOOK and unpacked > MOST_PACKED * path.stat().st_size:
        raise RefusedError(f"it would grow to {_bytes(unpacked)}, as archives do that are made to fill disks")


def _check_places(path: Path, archive: zipfile.ZipFile) -> None:
    """Each file begins where the one before ends: none overlaps another, and none lies between that is not listed."""
    allowed = {0}
    with path.open("rb") as stream:
        for each in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
            if each.header_offset not in allowed:
                raise RefusedError("its files overlap, or something is hidden between them")
            stream.seek(each.header_offset)
            allowed = _ends(each, stream)
    if archive.start_dir not in allowed:
        raise RefusedError("its files overlap, or something is hidden between them")


def _ends(entry: zipfile.ZipInfo, stream: IO[bytes]) -> set[int]:
    """Return where the next entry may begin; an entry that its two headers describe differently is refused."""
    magic, _, flags, method, _, _, _, _, _, name, extra = struct.unpack("<4sHHHHHIIIHH", stream.read(30))
    same = magic == _ENTRY and method == entry.compress_type and (flags ^ entry.flag_bits) & _DESCRIBED_BEHIND == 0
    encoding = "utf-8" if flags & _UTF8 else "cp437"
    if not same or stream.read(name) != entry.orig_filename.encode(encoding, "replace"):
        raise RefusedError(f"“{entry.filename}” in it is described in two ways")
    end = entry.header_offset + 30 + name + extra + entry.compress_size
    return {end + each for each in (_DESCRIPTORS if flags & _DESCRIBED_BEHIND else (0,))}


def _bytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
