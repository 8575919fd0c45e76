"""When bytes reached a log: marks in `clock/N.bin`, so that logs of several ranks can be merged by time."""

from __future__ import annotations

import os
import struct
from pathlib import Path

MARK = struct.Struct("<dQ")
"""Seconds since the epoch (float64) and the log's size at that moment (uint64), little-endian."""


class Arrivals:
    """Watches one log's size. The rank itself writes the log, so nothing here can hold it up or lose a byte."""

    def __init__(self, log: Path, marks: Path) -> None:
        self._log = log
        self._marks = marks
        self._size = 0

    def look(self, now: float) -> bool:
        """Append a mark if the log's size changed; return whether it did. A full disk costs marks, nothing else."""
        try:
            size = self._log.stat().st_size
            if size == self._size:
                return False
            file = os.open(self._marks, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        except OSError:
            return False
        try:
            self._write(file, MARK.pack(now, size))
        except OSError:
            return False
        finally:
            os.close(file)
        self._size = size
        return True

    @staticmethod
    def _write(file: int, mark: bytes) -> None:
        if os.write(file, mark) < len(mark):  # a full disk took a part: records stay 16 bytes
            os.ftruncate(file, os.fstat(file).st_size // MARK.size * MARK.size)
