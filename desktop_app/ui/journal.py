"""The window's log: when it started, why it was asked to close, how it ended; also what a crash of Qt leaves."""

from __future__ import annotations

import contextlib
import faulthandler
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

_MOST = 200_000
"""Bytes from which on the older half is forgotten."""


class Journal:
    """Lines with their time in one file. A disk that refuses them costs the lines, and nothing else."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def start(self, version: str) -> None:
        """Begin a session's lines; a hard crash (a signal such as SIGSEGV) leaves its stacks here from now on."""
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._shorten()
            self._file = self._path.open("a", encoding="utf-8")
            if not faulthandler.is_enabled():
                faulthandler.enable(self._file)
        self.write(f"started {version}, process {os.getpid()}")

    def write(self, text: str) -> None:
        """Write a line now: the next moment may be the last."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f} {text}\n")
                self._file.flush()

    def stop(self, text: str) -> None:
        """Write the last line of the session."""
        self.write(text)
        if self._file is not None:
            faulthandler.disable()
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def _shorten(self) -> None:
        if self._path.is_file() and self._path.stat().st_size > _MOST:
            kept = self._path.read_bytes()[-_MOST // 2 :].partition(b"\n")[2]
            self._path.write_bytes(kept)
