"""One set-up at a time: a lock on a file, which the system gives back however its holder ends."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from installer.say import line


@contextlib.contextmanager
def held(path: Path) -> Iterator[int]:
    """Hold the lock and yield its descriptor; wait, and say so, while another set-up holds it.

    A child that inherits the descriptor keeps the lock too: a pip that outlives a killed set-up is waited for.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if not _lock(descriptor, wait=False):
            line("Another set-up is at work; waiting for it …")
            _lock(descriptor, wait=True)
        yield descriptor
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt
    import time

    def _lock(descriptor: int, *, wait: bool) -> bool:
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            except OSError:
                if not wait:
                    return False
                time.sleep(0.5)
            else:
                return True
else:
    import fcntl

    def _lock(descriptor: int, *, wait: bool) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            return False
        return True
