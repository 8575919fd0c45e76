"""Files that only grow, a JSON object a line, written so that a full disk costs nothing but time."""

from __future__ import annotations

import contextlib
import json
import math
import os
import threading
from pathlib import Path
from typing import Any

LIMIT = 4 << 20
"""Bytes held back while the disk takes nothing; what comes beyond, or is left at the end, is dropped and counted."""


class Journal:
    """Appends JSON lines; what can't be written now is kept and tried again with the next line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._pending = bytearray()
        self._lock = threading.Lock()
        self.dropped = 0
        self.failed: OSError | None = None

    def append(self, record: dict[str, Any]) -> None:
        """Add a line. Never raises for the disk's sake: see `failed` and `dropped`."""
        line = to_bytes(record) + b"\n"
        with self._lock:
            if len(self._pending) + len(line) > LIMIT:
                self.dropped += 1
            else:
                self._pending += line
            self._flush()

    def flush(self) -> None:
        """Try again to write what is held back."""
        with self._lock:
            self._flush()

    def close(self) -> None:
        """Write what can be written and let go of the file."""
        with self._lock:
            self._flush()
            self.dropped += self._pending.count(b"\n")
            self._pending.clear()
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _flush(self) -> None:
        try:
            if self._pending and self._file is None:
                self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            while self._pending and self._file is not None:
                # The disk may take a part of a line: only that part is forgotten, so lines stay whole.
                del self._pending[: os.write(self._file, self._pending)]
        except OSError as error:
            self.failed = error


def to_bytes(data: dict[str, Any]) -> bytes:
    """Return valid JSON, which knows no NaN and no Infinity: numbers that are none become texts (`"NaN"`)."""
    try:
        text = json.dumps(data, ensure_ascii=False, allow_nan=False)
    except ValueError:
        text = json.dumps(_said(data), ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace")


def _said(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _said(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_said(each) for each in value]
    return number(value) if isinstance(value, float) else value


def number(value: float) -> float | str:
    """Return a number as JSON can hold it, in the words that protobuf and MLflow use too."""
    if math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file, empty if there is none to read."""
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_bytes())
        if isinstance(found, dict):
            return found
    return {}
