"""What a sweep's controller tells of its run: lines of JSON in told.jsonl, which the supervisor takes over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NAME = "told.jsonl"
_AT_ONCE = 1 << 20


class Telling:
    """The lines so far; each is an object of `event` with its facts, `sweep` (how far it is) and `reason`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / NAME
        self._position = 0
        self.reason = ""

    def news(self) -> Iterator[dict[str, Any]]:
        """Yield what was told since the last call."""
        for line in self._lines():
            try:
                told = json.loads(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(told, dict):
                self.reason = str(told.pop("reason", self.reason))
                yield told

    def _lines(self) -> list[bytes]:
        """Return the whole lines that came; the beginning of another one is left for later."""
        try:
            if self._path.stat().st_size <= self._position:
                return []
            with self._path.open("rb") as stream:
                stream.seek(self._position)
                came = stream.read(_AT_ONCE)
        except OSError:
            return []
        whole = came[: came.rfind(b"\n") + 1]
        self._position += len(whole)
        return whole.splitlines()
