"""Lists folders and reads small files again only when they changed: many files of one folder ask for the same."""

from __future__ import annotations

import os
import stat
import time
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

_MOST = 2000
_SETTLED = 2_000_000_000  # ns: what changed later than that may change again within one tick of the file system


class Entry(NamedTuple):
    """A name in a folder."""

    name: str
    is_folder: bool


def listed(folder: Path) -> tuple[Entry, ...]:
    """Return what lies in a folder, by name, 2,000 names at most; nothing for one that can't be read."""
    try:
        changed = folder.stat().st_mtime_ns
        return (_cached if _is_settled(changed) else _list)(str(folder), changed)
    except (OSError, ValueError):  # a NUL in a name, which no disk takes
        return ()


def rests_since(folder: Path) -> int | None:
    """Return when a folder's names last changed, in ns; None for one that changed just now or can't be read."""
    try:
        changed = folder.stat().st_mtime_ns
    except (OSError, ValueError):
        return None
    return changed if _is_settled(changed) else None


def files_in(folder: Path, *endings: str) -> list[str]:
    """Return the names of a folder's files with one of these endings, in small letters."""
    return [each.name for each in listed(folder) if not each.is_folder and each.name.lower().endswith(endings)]


def head_of(path: Path, most: int) -> str:
    """Return a file's text; empty for more than `most` bytes, and for what is no regular file: a pipe would never end.

    Raises OSError or ValueError for what can't be read, or is no UTF-8.
    """
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) or found.st_size > most:
        return ""
    return (_cached_text if _is_settled(found.st_mtime_ns) else _text)(str(path), found.st_mtime_ns, found.st_size)


def _is_settled(changed: int) -> bool:
    return time.time_ns() - changed > _SETTLED


def _list(folder: str, _changed: int) -> tuple[Entry, ...]:
    with os.scandir(folder) as entries:
        return tuple(sorted(Entry(each.name, each.is_dir()) for each in islice(entries, _MOST)))


def _text(path: str, _changed: int, _size: int) -> str:
    return Path(path).read_text("utf-8")


_cached = lru_cache(maxsize=64)(_list)
_cached_text = lru_cache(maxsize=512)(_text)
