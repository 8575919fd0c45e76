"""What the set-up tells: a bar on a terminal, a line per step elsewhere; and how it gives up."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

WIDTH = 24


class SetupError(Exception):
    """The set-up can't go on; the message says why and what to do. `details` is what the failed tool said last."""

    def __init__(self, message: str, details: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.details = tuple(details)


class Progress:
    """One task with a known number of parts."""

    def __init__(self, title: str, total: int) -> None:
        self._title = title
        self._total = total
        self._done = 0
        self._terminal = sys.stderr.isatty()
        self._began = time.monotonic()
        line(f"{title} …")

    def step(self, what: str) -> None:
        """Say what is at work now; it counts as done with the next step."""
        self._done = min(self._done + 1, self._total)
        if self._terminal:
            filled = round(WIDTH * (self._done - 1) / max(self._total, 1))
            bar = "█" * filled + "·" * (WIDTH - filled)
            sys.stderr.write(f"\r\x1b[K  {bar} {self._done}/{self._total} {what}")
            sys.stderr.flush()
        else:
            line(f"  {self._done}/{self._total} {what}")

    def skip(self, parts: int) -> None:
        """Count parts that were done before."""
        self._done += parts

    def finish(self) -> None:
        """Say how long it took."""
        if self._terminal:
            sys.stderr.write("\r\x1b[K")
        line(f"  done in {time.monotonic() - self._began:.0f} s")


def line(text: str) -> None:
    """Write one line to standard error."""
    print(text, file=sys.stderr, flush=True)
