"""What is made of a file, kept until the file changes: a page that is looked at again reads nothing again."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")
_Stamp: TypeAlias = tuple[int, int, int]  # when it changed, its size, its place on the disk

MOST = 4
"""Files of which it is kept, the last ones that were asked for."""
LONGEST = 4 << 20
"""Bytes of such a file: the variables of thousands of processes take many times what the plan's file does."""


class ReadOnce(Generic[T]):
    """Calls `read` for a file that is new or has changed since, in whichever thread; others get the very same value.

    A file counts as changed by time, size or place on the disk, as where it is replaced in one step.
    """

    def __init__(self, read: Callable[[Path], T]) -> None:
        self._read = read
        self._kept: OrderedDict[Path, tuple[_Stamp, T]] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, path: Path) -> T:
        """Return what `read` makes of the file as it is now. Raises what it raises."""
        stamp = _stamp(path)
        with self._lock:
            kept = self._kept.get(path)
            if kept is not None and kept[0] == stamp:
                self._kept.move_to_end(path)
                return kept[1]
        value = self._read(path)
        if stamp is not None and stamp[1] <= LONGEST:
            self._keep(path, stamp, value)
        return value

    def _keep(self, path: Path, stamp: _Stamp, value: T) -> None:
        with self._lock:
            self._kept[path] = stamp, value
            self._kept.move_to_end(path)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)


def _stamp(path: Path) -> _Stamp | None:
    try:
        facts = os.stat(path)  # noqa: PTH116 - asked at every look at a run
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size, facts.st_ino
