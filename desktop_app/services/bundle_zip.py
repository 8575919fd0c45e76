"""Looks into a bundle that anybody may have made, and unpacks it: nothing outside, no links, no more than it says."""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from desktop_app.api import OutsideError, UserError
from desktop_app.core.words import size_text
from desktop_app.services.run_staging import Taking, refuse_without_room

MOST_FILES = 250_000
"""Files that a bundle may hold: a log and a clock for each of 100,000 ranks, and code."""
MOST_BYTES = 512 << 30
"""What all of them may hold: 5 MB of each log. Whether there is room is asked beside."""
DENSEST, HARMLESS = 200, 512 << 20
"""How many times its own size a bundle may unpack to, from so many bytes on: logs of many ranks are much alike."""
MOST_OF_A_PAPER = 128 << 20
_LONGEST_PATH, _LONGEST_NAME = 1000, 255
_BLOCK = 1 << 18
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, UnicodeError)
"""What damage leads to."""


def refused(file: Path, why: str, hint: str = "") -> UserError:
    """Return the refusal of a bundle."""
    return UserError(f"{file.name} can't be opened: {why}.", hint=hint or "Nothing of it was unpacked.")


def opened_zip(file: Path) -> zipfile.ZipFile:
    """Open a bundle for reading. Raises UserError for what is none."""
    try:
        if not file.is_file():
            raise UserError(f"{file} is not there." if not file.exists() else f"{file} is no file.")
        return zipfile.ZipFile(file)
    except BROKEN as error:
        hint = "Ask for it again, or for a file that `rankzero runs bundle` wrote."
        raise refused(file, "it is no zip file, or its end was cut off on the way", hint) from error
    except OSError as error:
        raise OutsideError(f"{file} can't be read: {error.strerror or error}.") from error


def safe_entries(file: Path, archive: zipfile.ZipFile) -> Sequence[zipfile.ZipInfo]:
    """Return the files in a bundle. Raises UserError where one of them, or all together, can't be trusted."""
    entries = [each for each in archive.infolist() if not each.is_dir()]
    if len(entries) > MOST_FILES:
        raise refused(file, f"it holds {len(entries):,} files, which no run has")
    for each in archive.infolist():
        if why := _fault(each):
            raise refused(file, f"it is not safe, for {why}")
    _refuse_twins(file, entries)
    _refuse_bombs(file, sum(each.file_size for each in entries))
    return entries


def _fault(entry: zipfile.ZipInfo) -> str:
    name = entry.orig_filename
    shown = repr(name[:80])[1:-1]
    parts = name.removesuffix("/").split("/")
    if "\\" in name or ":" in parts[0] or any(each in ("", ".", "..") for each in parts):
        return f"“{shown}” would lie outside the run's folder"
    if not name.isprintable() or len(name) > _LONGEST_PATH or max(len(os.fsencode(p)) for p in parts) > _LONGEST_NAME:
        return f"“{shown}” is no name of a file"
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return f"“{shown}” is a {'link' if kind == stat.S_IFLNK else 'device'}, not a file"
    if entry.flag_bits & 0x1 or entry.compress_type not in _METHODS:
        return f"“{shown}” is encrypted or packed in a way that bundles are not"
    return ""


def _refuse_twins(file: Path, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Refuse a name that is there twice, also in other letters, and one that is both a file and a folder."""
    files: set[str] = set()
    for each in entries:
        if (name := each.orig_filename.casefold()) in files:
            raise refused(file, f"it is not safe, for “{each.orig_filename}” is in it twice")
        files.add(name)
    for each in entries:
        if any(str(above) in files for above in PurePosixPath(each.orig_filename.casefold()).parents):
            raise refused(file, f"it is not safe, for a folder of “{each.orig_filename}” is a file as well")


def _refuse_bombs(file: Path, total: int) -> None:
    packed = file.stat().st_size
    if total > MOST_BYTES or (total > HARMLESS and total > DENSEST * packed):
        why = f"its {size_text(packed)} would become {size_text(total)}, which no honest bundle does"
        raise refused(file, why)


def read_paper(file: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    """Return a small file of a bundle. Raises UserError where it is missing, too long or damaged."""
    try:
        entry = archive.getinfo(name)
        refuse_long(file, entry)
        return archive.read(entry)
    except KeyError as error:
        hint = "Give the file as `rankzero runs bundle` wrote it."
        raise refused(file, f"it holds no {name}, so it is no bundle of a run", hint) from error
    except BROKEN as error:
        raise _damaged(file, name) from error


def refuse_long(file: Path, entry: zipfile.ZipInfo) -> None:
    """Raise UserError for a file that is read whole, here or each time that the run is looked at, and is endless."""
    if entry.file_size > MOST_OF_A_PAPER:
        raise refused(file, f"{entry.filename} in it is {size_text(entry.file_size)} long")


def unpack(
    file: Path, archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo], folder: Path, taking: Taking
) -> None:
    """Write entries below a folder that is there and empty. Raises UserError for damage, OutsideError for the disk."""
    total = sum(each.file_size for each in entries)
    refuse_without_room(file.name, total, folder)
    taking.begin(f"Unpacking {file.name}", total)
    made: set[Path] = set()
    for each in entries:
        target = folder.joinpath(*each.orig_filename.split("/"))
        if target.parent not in made:
            target.parent.mkdir(0o700, parents=True, exist_ok=True)
            made.add(target.parent)
        try:
            with target.open("xb") as sink:
                for block in _blocks(archive, each):
                    sink.write(block)
                    taking.went(len(block))
        except BROKEN as error:
            raise _damaged(file, each.orig_filename) from error
        target.chmod(0o600)


def _blocks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what is in an entry; more than it says of itself is damage."""
    left = entry.file_size
    with archive.open(entry) as stream:
        while block := stream.read(_BLOCK):
            left -= len(block)
            if left < 0:
                raise zipfile.BadZipFile("longer than it says")
            yield block
    if left:
        raise zipfile.BadZipFile("shorter than it says")


def _damaged(file: Path, name: str) -> UserError:
    return refused(file, f"{name} in it is damaged, or was cut off on the way", "Ask for the bundle again.")
