"""What an installed plugin's files were when they were put there, and which of them were changed since."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.services.files import write_atomically

FILES = "files.json"
LIB = "lib"
_PYC = re.compile(r"(?P<package>(?:[^/]+/)*)__pycache__/(?P<module>[^/.]+)\.[^/]+\.pyc(\.\d+)?")


@dataclass(frozen=True, slots=True)
class FileMark:
    """A file's SHA-256, its size in bytes and when it was written, in nanoseconds."""

    sha256: str
    size: int
    mtime: int


def record_files(generation: Path) -> int:
    """Write `files.json` of all that lies in a generation's `lib`, and return its size in bytes. Raises OSError.

    Also how changed files are accepted as they are now.
    """
    marks = {name: _mark(Path(each.path)) for name, each in _files(generation / LIB)}
    told = {name: [mark.sha256, mark.size, mark.mtime] for name, mark in sorted(marks.items())}
    write_atomically(generation / FILES, json.dumps({"files": told}, ensure_ascii=False, indent=0) + "\n")
    return sum(mark.size for mark in marks.values())


def changed(generation: Path, *, thorough: bool = False) -> tuple[str, ...]:
    """Return the files that were changed, are missing or don't belong there, relative to `lib`, sorted.

    A file of the same size and time counts as the same, unless `thorough`: then every byte is read. What Python
    compiled of a file meanwhile is no change. What lies in a folder that can't be read is missing. Where `files.json`
    itself is gone or damaged, that is what is returned.
    """
    marks = _recorded(generation)
    if marks is None:
        return (FILES,)
    lib = generation / LIB
    there = dict(_files(lib, unread=False))
    wrong = {name for name, mark in marks.items() if name not in there or not _same(there[name], mark, thorough)}
    return tuple(sorted(wrong | {name for name in there.keys() - marks.keys() if not _compiled(name, marks)}))


def _recorded(generation: Path) -> dict[str, FileMark] | None:
    try:
        told = json.loads((generation / FILES).read_bytes())["files"]
        return {str(name): _as_mark(each) for name, each in told.items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None


def _as_mark(told: Any) -> FileMark:
    sums, size, mtime = told
    return FileMark(str(sums), int(size), int(mtime))


def _files(folder: Path | str, before: str = "", *, unread: bool = True) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield every file below, a link to a folder as one: nothing outside is walked into.

    Raises OSError for a folder that can't be read, unless `unread` is off.
    """
    try:
        entries = list(os.scandir(folder))
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError:
        if unread:
            raise
        return
    for each in entries:
        if each.is_dir(follow_symlinks=False):
            yield from _files(each.path, f"{before}{each.name}/", unread=unread)
        else:
            yield f"{before}{each.name}", each


def _mark(path: Path) -> FileMark:
    said = path.stat()
    if not stat.S_ISREG(said.st_mode):  # a link to a folder is where it leads; a pipe would be waited for
        content = os.fsencode(path.readlink()) if path.is_symlink() else b"%o" % stat.S_IFMT(said.st_mode)
        return FileMark(hashlib.sha256(content).hexdigest(), said.st_size, said.st_mtime_ns)
    with path.open("rb") as stream:
        return FileMark(hashlib.file_digest(stream, "sha256").hexdigest(), said.st_size, said.st_mtime_ns)


def _same(entry: os.DirEntry[str], mark: FileMark, thorough: bool) -> bool:
    try:
        said = entry.stat()
        if said.st_size != mark.size:
            return False
        return (not thorough and said.st_mtime_ns == mark.mtime) or _mark(Path(entry.path)).sha256 == mark.sha256
    except OSError:
        return False


def _compiled(name: str, marks: dict[str, FileMark]) -> bool:
    """Whether a file is what Python made of a recorded one: PKG/__pycache__/NAME.cpython-311.pyc of PKG/NAME.py.

    It writes under a longer name first, which stays where it is killed meanwhile.
    """
    found = _PYC.fullmatch(name)
    return found is not None and f"{found['package']}{found['module']}.py" in marks
