"""Who may write a run's state: whoever holds the lock in its folder. The kernel opens it when its last holder ends.

The launcher takes it and leaves it to guardian and supervisor, its children; the ranks do not get it. Whoever finds
a run without them has to take it before closing the run. Where there are no locks (Windows, some network drives) the
writers' pids are all that is known.
"""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

NAME = ".lock"
_LOOK_EVERY = 0.005


@contextlib.contextmanager
def held(folder: Path, patience: float = 0.0) -> Iterator[bool]:
    """Hold the run for a while; False, after `patience` seconds, if somebody else does."""
    file = _open(folder / NAME)
    try:
        yield file is None or _lock(file, time.monotonic() + patience)
    finally:
        if file is not None:
            os.close(file)  # a child's copy of it keeps the lock


def _open(path: Path) -> int | None:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None


def _lock(file: int, deadline: float) -> bool:
    if sys.platform == "win32":
        return True
    import fcntl

    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(_LOOK_EVERY)
        except OSError:
            return True  # no locks on this drive
        else:
            return True
