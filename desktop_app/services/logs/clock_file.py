"""When the bytes of a log came: the supervisor's marks in `clock/N.bin`, searched without reading them all.

A mark is 16 bytes, little-endian: float64 seconds since the epoch and the uint64 size of the log at that moment
(docs/architecture.md). Both only grow. A clock that came from elsewhere may be damaged: a mark that can't be has the
time and the size of the one before it.
"""

from __future__ import annotations

import os
import struct
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from operator import le
from pathlib import Path

_MARK = struct.Struct("<dQ")
_PAGE = 256  # marks read at once
_KEPT = 64  # pages kept: 256 KiB at most for each log
_LAST = 7_258_118_400.0  # the year 2200
_MOST = 1 << 60  # bytes


class ClockFile:
    """Answers when a byte came, and which bytes had come by a time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pages: OrderedDict[int, bytes] = OrderedDict()
        self._last = (0, 0, 0.0)  # bytes from, to, and their time: neighbours are asked for one after the other

    @property
    def is_kept(self) -> bool:
        """Whether there is such a file, or will be."""
        return bool(self._path.name)

    def count(self) -> int:
        """Return the number of marks now."""
        if not self._path.name:
            return 0  # no path at all is the working directory
        try:
            return os.stat(self._path).st_size // _MARK.size  # noqa: PTH116 - asked very often
        except OSError:
            return 0

    def time_of(self, offset: int) -> float | None:
        """Return when the byte at `offset` came; None if it bears no mark (yet)."""
        low, high, time = self._last
        if low <= offset < high:
            return time
        count = self.count()
        index = self._first(count, lambda mark: mark[1] > offset)
        if index == count:
            return None
        time, high = self._mark(index)
        self._last = (self._mark(index - 1)[1] if index else 0, high, time)
        return time

    def size_at(self, time: float, *, inclusive: bool) -> int:
        """Return how many bytes had come before `time`, or with `inclusive` up to and at it."""
        index = self._first(self.count(), lambda mark: mark[0] > time if inclusive else mark[0] >= time)
        return self._mark(index - 1)[1] if index else 0

    def marks(self, low: int, high: int) -> Iterator[tuple[int, float]]:
        """Yield, for the bytes from `low` to `high`, where those begin that came together, and when they came."""
        count = self.count()
        index = self._first(count, lambda mark: mark[1] > low)
        begin = self._mark(index - 1)[1] if index else 0
        while index < count and begin < high:
            time, size = self._mark(index)
            yield begin, time
            begin, index = size, index + 1

    def span(self) -> tuple[float, float] | None:
        """Return the first and the last mark's time."""
        count = self.count()
        return (self._mark(0)[0], self._mark(count - 1)[0]) if count else None

    def _first(self, count: int, holds: Callable[[tuple[float, int]], bool]) -> int:
        """Return the first mark that `holds`, by bisection; `count` if none does."""
        low, high = 0, count
        while low < high:
            middle = (low + high) // 2
            if holds(self._mark(middle)):
                high = middle
            else:
                low = middle + 1
        return low

    def _mark(self, index: int) -> tuple[float, int]:
        page, place = divmod(index, _PAGE)
        data = self._pages.get(page)
        if data is None or len(data) < (place + 1) * _MARK.size:
            data = self._read(page)
        else:
            self._pages.move_to_end(page)
        if len(data) < (place + 1) * _MARK.size:
            return 0.0, 0
        time, size = _MARK.unpack_from(data, place * _MARK.size)
        return time, size

    def _read(self, page: int) -> bytes:
        length = _PAGE * _MARK.size
        try:
            with open(self._path, "rb", buffering=0) as file:  # noqa: PTH123 - asked very often
                file.seek(page * length)
                data = _possible(file.read(length) or b"")
        except OSError:
            data = b""
        self._pages[page] = data
        while len(self._pages) > _KEPT:
            self._pages.popitem(last=False)
        return data


def _possible(data: bytes) -> bytes:
    """Return marks that rise within what can be; where none can, nothing."""
    count = len(data) // _MARK.size
    values = struct.unpack_from("<" + "dQ" * count, data)
    times, sizes = values[::2], values[1::2]
    if not count or (_rise(times, _LAST) and _rise(sizes, _MOST)):
        return data
    time = next((each for each in times if 0 <= each <= _LAST), None)
    if time is None:
        return b""
    found, size = bytearray(), 0
    for each, end in _MARK.iter_unpack(data[: count * _MARK.size]):
        time = max(time, each) if each <= _LAST else time
        size = max(size, end) if end <= _MOST else size
        found += _MARK.pack(time, size)
    return bytes(found)


def _rise(values: Sequence[float], most: float) -> bool:
    return values[0] >= 0 and values[-1] <= most and all(map(le, values, values[1:]))
