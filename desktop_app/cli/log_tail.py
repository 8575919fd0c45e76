"""Reads a log while it grows, at a cost in proportion to what is new."""

from __future__ import annotations

from pathlib import Path

CHUNK = 1 << 20


class LogTail:
    """The lines of one file since the last look; bytes that are no UTF-8 are shown as replacement characters."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._unfinished = b""

    def lines(self) -> list[str]:
        """Return the complete new lines, of at most CHUNK bytes; empty where there is nothing new."""
        data = self._read()
        *complete, self._unfinished = (self._unfinished + data).split(b"\n")
        if len(self._unfinished) > CHUNK:
            complete, self._unfinished = [*complete, self._unfinished], b""
        return [_text(each) for each in complete]

    def rest(self) -> list[str]:
        """Return the last line if it does not end in a line break; for a log that will not grow any more."""
        line, self._unfinished = self._unfinished, b""
        return [_text(line)] if line else []

    def _read(self) -> bytes:
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                data = file.read(CHUNK)
        except OSError:
            return b""
        self._offset += len(data)
        return data


def _text(line: bytes) -> str:
    return line.rstrip(b"\r").decode("utf-8", "replace")
