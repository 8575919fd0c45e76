"""Where a log's bytes went in a bundle: its clock says when each came, and covering a secret moves what follows."""

from __future__ import annotations

import struct
from bisect import bisect_left
from pathlib import Path

from desktop_app.services.bundle_text import open_text

_MARK = struct.Struct("<dQ")
MOST = 4 << 20
"""Bytes of a clock that are taken along: a mark for each of 262,144 writes. Beyond, every second or third will do."""


class Moved:
    """Pieces of a text in order, each with its length before and after."""

    def __init__(self) -> None:
        self._old, self._new = [0], [0]  # the ends of pieces
        self._same: list[bool] = [True]

    def add(self, old: bytes, new: bytes) -> None:
        """Take a block as it was and as it is written; where it changed, line by line as far as lines stayed lines."""
        if old == new:
            self.skip(len(old), len(new), same=True)
            return
        before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
        if len(before) != len(after):
            before, after = [old], [new]
        for one, other in zip(before, after, strict=True):
            self.skip(len(one), len(other), same=one == other)

    def skip(self, old: int, new: int, *, same: bool = False) -> None:
        """Take a piece by its lengths."""
        if same and self._same[-1]:
            self._old[-1] += old
            self._new[-1] += new
        else:
            self._old.append(self._old[-1] + old)
            self._new.append(self._new[-1] + new)
            self._same.append(same)

    def place(self, offset: int) -> int:
        """Return where the text before `offset` ends now; what is not all there of a changed piece counts as short."""
        index = min(bisect_left(self._old, offset), len(self._old) - 1)
        start, begin = (self._old[index - 1], self._new[index - 1]) if index else (0, 0)
        return begin + min(max(0, offset - start), self._new[index] - begin)


def moved_marks(clock: Path, moved: Moved) -> bytes:
    """Return the marks of a clock for the text as it is in a bundle; nothing where there is no clock."""
    try:
        opened = open_text(clock)
    except OSError:
        return b""
    with opened.stream:
        data = opened.stream.read(opened.size // _MARK.size * _MARK.size)
    marks = list(_MARK.iter_unpack(data))
    step = -(-len(data) // MOST) or 1
    kept = [*marks[step - 1 :: step], *(marks[-1:] if len(marks) % step else ())]
    return b"".join(_MARK.pack(time, moved.place(size)) for time, size in kept)
