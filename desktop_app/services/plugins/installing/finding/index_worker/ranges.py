"""Reads a wheel's directory and a few of its files from a server, without the rest of it."""

from __future__ import annotations

import os
import re

from .faults import LARGE, WRONG, Fault, shown
from .web import PLAIN, Web

_BLOCK = 1 << 15
_MOST = 128  # blocks; a wheel whose directory is longer is not looked into
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class RemoteFile:
    """A file on a server that answers with parts; only those blocks come that are read. zipfile can open it."""

    def __init__(self, web: Web, url: str, size: int, last: tuple[int, bytes]) -> None:
        self._web, self._url, self._size = web, url, size
        self._place = 0
        self._last_from, self._last = last
        self._blocks: dict[int, bytes] = {}

    def seekable(self) -> bool:
        """Whether it can be read anywhere."""
        return True

    def tell(self) -> int:
        """Return the place that is read next."""
        return self._place

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size}[whence]
        if base + offset < 0:
            raise OSError("before the beginning")
        self._place = base + offset
        return self._place

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes. Raises Fault where they don't come."""
        end = self._size if size < 0 else min(self._size, self._place + size)
        start, self._place = self._place, max(self._place, end)
        if start >= self._last_from:
            return self._last[start - self._last_from : end - self._last_from]
        blocks = [self._block(each) for each in range(start // _BLOCK, -(-end // _BLOCK))]
        skipped = start - start // _BLOCK * _BLOCK
        return b"".join(blocks)[skipped : skipped + end - start]

    def _block(self, number: int) -> bytes:
        if number not in self._blocks:
            if len(self._blocks) >= _MOST:
                raise Fault(LARGE, f"{shown(self._url)} has too long a directory; that is too much.")
            start = number * _BLOCK
            part = _part(self._web, self._url, f"bytes={start}-{min(start + _BLOCK, self._size) - 1}")
            if part is None or part[0] != start or part[1] != self._size:
                raise Fault(WRONG, f"{shown(self._url)} answers with other parts than it was asked for.")
            self._blocks[number] = part[2]
        return self._blocks[number]


def remote_file(web: Web, url: str) -> RemoteFile | None:
    """Return a file on a server, or None where that gives no parts of it. Raises Fault."""
    part = _part(web, url, f"bytes=-{_BLOCK}")
    if part is None:
        return None
    start, size, content = part
    return RemoteFile(web, url, size, (start, content))


def _part(web: Web, url: str, wanted: str) -> tuple[int, int, bytes] | None:
    """Return where a part begins, the size of the whole, and the part; None from a server that knows no parts."""
    with web.opened(url, {**PLAIN, "Range": wanted}) as response:
        found = _RANGE.fullmatch(response.headers.get("Content-Range", ""))
        if response.status_code != 206 or found is None:
            return None
        start, end, size = map(int, found.groups())
        content = b"".join(web.pieces(response, 2 * _BLOCK))
    return (start, size, content) if len(content) == end - start + 1 <= size else None
