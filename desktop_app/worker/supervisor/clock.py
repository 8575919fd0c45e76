"""A run's clock: wall time that does not jump.

It takes the wall's time once and then counts seconds that really passed (also those the machine slept, on Linux), so
that durations stay true when somebody sets the clock.
"""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime

JUMP = 5.0
"""Seconds between the wall's clock and ours from which on a jump is worth saying."""


def elapsed() -> float:
    """Return seconds since some moment, never set back."""
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Clock:
    """Tells the run's time."""

    def __init__(self) -> None:
        self._wall = time.time()
        self._elapsed = elapsed()
        self._said = 0.0

    def now(self) -> float:
        """Return seconds since the epoch, as the clock stood when the run began plus what passed since."""
        return self._wall + (elapsed() - self._elapsed)

    def text(self) -> str:
        """Return now in ISO 8601, UTC."""
        return iso(self.now())

    def jump(self) -> float | None:
        """Return by how many seconds the wall's clock was set since this was last asked, None if it was not."""
        off = time.time() - self.now()
        if abs(off - self._said) < JUMP:
            return None
        change, self._said = off - self._said, off
        return change


def iso(seconds: float) -> str:
    """Return a time in seconds since the epoch as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")
