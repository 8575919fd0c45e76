"""Which runs there are: the runs' folder is listed only when it may have changed."""

from __future__ import annotations

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from desktop_app.backends.local.run_folder import discover, is_begun

SETTLED = 3.0
"""Seconds after which a folder's time of change tells the next change: drives count in steps of up to two seconds."""
FRESH_FOR = 30.0
"""Seconds after which the folder is listed again whatever its time says (network drives have clocks of their own)."""


@dataclass(frozen=True, slots=True)
class _Seen:
    changed: int
    until: float
    handles: tuple[str, ...]
    waiting: tuple[str, ...]


class Listing:
    """The handles of the runs below a folder, for asking several times a second."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._seen: _Seen | None = None
        self._lock = threading.Lock()

    def handles(self) -> tuple[str, ...]:
        """Return the handles of all runs that have a folder."""
        with self._lock:
            changed = self._changed()
            seen = self._seen
            if seen is not None and seen.changed == changed and self._still(seen):
                return seen.handles
            settled = time.time() - changed / 1e9 > SETTLED
            found, waiting = discover(self._runs)
            self._seen = _Seen(changed, time.monotonic() + FRESH_FOR, found, waiting) if settled else None
            return found

    def forget(self) -> None:
        """List again: something below the folder is not as it was."""
        with self._lock:
            self._seen = None

    def _still(self, seen: _Seen) -> bool:
        """A run's folder is there a moment before its run.json is, which its parent's time does not tell."""
        return time.monotonic() < seen.until and not any(is_begun(self._runs, each) for each in seen.waiting)

    def _changed(self) -> int:
        try:
            return os.stat(self._runs).st_mtime_ns  # noqa: PTH116 - called four times a second
        except OSError:
            return 0
