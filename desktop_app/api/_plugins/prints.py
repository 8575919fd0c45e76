"""What a plugin prints in its own process goes to the program, which says it on its standard error."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable

_MOST = 256_000  # bytes between two answers; what is beyond that is left out
_LEFT_OUT = "\n… (the rest of what it printed is left out)\n"


class _Said(io.RawIOBase):
    """A file that nobody reads but the program; in a fork of the process it is standard error."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell, self._owner, self.room = tell, os.getpid(), _MOST

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        """Return standard error: what is started with `stdout=sys.stdout` writes there."""
        return 2

    def write(self, data: object) -> int:
        count = len(memoryview(data))  # type: ignore[arg-type]
        if os.getpid() != self._owner:
            return os.write(2, data)  # type: ignore[arg-type]
        text = bytes(data).decode("utf-8", "backslashreplace")  # type: ignore[call-overload]
        if self.room > 0:
            self._tell(text if count <= self.room else text[: self.room] + _LEFT_OUT)
            self.room -= count
        return count


class Prints:
    """The process's standard output and standard error."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._raw = _Said(tell)
        sys.stdout, sys.stderr = self._stream(), self._stream()

    def finish(self) -> None:
        """Tell what was printed without the end of its line; a new call may print as much again."""
        for each in (sys.stdout, sys.stderr):
            try:
                each.flush()
            except (AttributeError, ValueError, OSError):
                continue  # the plugin has closed it, or put something else in its place
        self._raw.room = _MOST

    def _stream(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(
            io.BufferedWriter(self._raw), encoding="utf-8", errors="backslashreplace", line_buffering=True
        )
