"""A thread that reads lets the window's thread go first.

Only one thread at a time runs Python. Qt's calls give that right away for a moment, and whoever computes meanwhile
keeps it for some milliseconds: drawing a screen of lines would wait a hundred times. So reading draws breath often: it
stops while the window is at work on the log, and pauses now and then for everything else there is to do.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, sleep

_TURN, _PAUSE = 1e-3, 1e-4  # seconds of work between two pauses, and of a pause
_LONGEST = 0.2  # seconds: a window that does not come back stops nobody for good


class Over(Exception):  # noqa: N818 - it is no fault
    """Nobody waits any more."""


class Breath:
    """`breath()` is called by who reads, every few lines; with `ahead()` the window goes first."""

    def __init__(self) -> None:
        self._free = threading.Event()
        self._free.set()
        self._over = False
        self._last = perf_counter()

    def __call__(self) -> None:
        """Draw breath, where it is time to; raises Over where nobody waits for what is read any more."""
        if self._over:
            raise Over
        if not self._free.is_set():
            self._free.wait(_LONGEST)
        elif perf_counter() - self._last < _TURN:
            return
        else:
            sleep(_PAUSE)
        self._last = perf_counter()

    def end(self) -> None:
        """Read no more: what is being read breaks off."""
        self._over = True

    @contextmanager
    def ahead(self) -> Iterator[None]:
        """Go first as long as this lasts."""
        self._free.clear()
        try:
            yield
        finally:
            self._free.set()
