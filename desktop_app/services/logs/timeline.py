"""When the lines of a log were written: by the stamps in them where there are any, else by when their bytes came.

Times never fall along a log, so that any time is found by bisection. A log with stamps is cut into cells. Of each
border the first stamp near it is known (read once, a few KiB each); within a cell, which is read when it is needed,
times rise from its border's to the next one's. So one odd stamp can't disturb more than its cell.
A line without a stamp belongs to the stamped one before it, unless its bytes came later: then so much later.
"""

from __future__ import annotations

import bisect
from array import array
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from time import time as now

from desktop_app.services.logs.clock_file import ClockFile
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.stamps import stamp_of

CELL = 128 << 10
_CELLS = 2048  # of the size that the log has when it is first looked at
_SMALL = 4 << 10  # a cell of one log among very many
_BALANCE = 600  # bytes of a cell that are read in the time that a border takes
_LOOK = 8 << 10  # bytes read at a border to find a stamp
_PROBES = 8  # places looked at to learn whether a log has stamps at all
_BACK = 2 << 10  # bytes looked back from it
_LINES = 12  # lines looked at in them
_LONGEST = 256  # bytes within which a line's stamp ends
_KEPT = 4  # cells
_SANE = 26 * 3600  # no stamp is later than now in the most distant zone
LATE = 1800.0
"""Seconds that output may be held back before it comes; beyond them the clocks disagree."""


@dataclass(slots=True)
class _Cell:
    """Where within a cell, up to `high`, the time changes, and to what.

    What comes may yet show the cell's last stamp to be an odd one: it is read again from `resume` on, the stamp before
    that, where `came` and `delay` held, behind a stamp that said `before`.
    """

    high: int
    resume: int
    offsets: array[int] = field(default_factory=lambda: array("q"))
    times: array[float] = field(default_factory=lambda: array("d"))
    came: float = 0.0
    delay: float = 0.0
    before: float | None = None


class Timeline:
    """Tells the time of a byte (a line's start), and how many bytes were written by a time.

    Of one log among `many` little is asked: its cells are of the size with which the first answer comes soonest.
    """

    def __init__(self, file: LogFile, clock: ClockFile, shift: float | None = None, *, many: bool = False) -> None:
        self._file = file
        self._clock = clock
        self._shift = shift
        self._stamped = False
        self._probed = -1  # the log's size when no stamp was found in it
        self._many, self._cell = many, _SMALL if many else CELL
        self._borders: list[float] = []  # the time before which no line of the cell was written
        self._cells: OrderedDict[int, _Cell] = OrderedDict()
        self._tail: tuple[float, float] | None = None  # the last line's time while following, and its delay

    def time_of(self, offset: int) -> float | None:
        """Return when the line at `offset` was written; None where nothing tells (yet)."""
        if not self.has_stamps():
            return self._clock.time_of(offset)
        index = offset // self._cell
        offsets, times = self._steps(index)
        place = bisect.bisect_right(offsets, offset) - 1
        return times[place] if place >= 0 else self._border(index)

    def size_at(self, time: float, *, inclusive: bool) -> int:
        """Return how many bytes were written before `time`, or with `inclusive` up to and at it."""
        if not self.has_stamps():
            return self._clock.size_at(time, inclusive=inclusive)
        size = self._file.size()
        self._border((size - 1) // self._cell)
        find = bisect.bisect_right if inclusive else bisect.bisect_left
        index = find(self._borders, time) - 1
        if index < 0:
            return 0
        offsets, times = self._steps(index)
        place = find(times, time)
        if place < len(offsets):
            return max(offsets[place], index * self._cell)
        return min((index + 1) * self._cell, size)

    def near(self, time: float) -> float:
        """Return about how many bytes were written before `time`, as the borders of cells and the last one tell."""
        if not self.has_stamps():
            return self._clock.size_at(time, inclusive=False)
        size = self._file.size()
        last = (size - 1) // self._cell
        self._border(last)
        index = bisect.bisect_left(self._borders, time) - 1
        if index < 0 or index >= last:
            return 0 if index < 0 else self.size_at(time, inclusive=False)
        low, high = self._borders[index], self._borders[index + 1]
        return (index + (time - low) / (high - low)) * self._cell

    def span(self) -> tuple[float, float] | None:
        """Return the first and the last time."""
        if not self.has_stamps():
            return self._clock.span()
        last = (self._file.size() - 1) // self._cell
        _, times = self._steps(last)
        return self._border(0), times[-1] if times else self._border(last)

    @property
    def shift(self) -> float:
        """Seconds that are added to the stamps, because this log's clock disagrees with when its bytes came."""
        if self._shift is None:
            self._shift = self._told_by_arrival()
        return self._shift

    def set_shift(self, shift: float) -> None:
        """Add so many seconds to the stamps."""
        self._shift = shift

    def has_stamps(self) -> bool:
        """Whether lines of this log bear stamps, as far as a few looks into it tell."""
        if not self._stamped and self._probed < _LOOK * _PROBES and (size := self._file.size()) != self._probed:
            seen = max(0, self._probed - _LONGEST) // 2 * 2 if self._probed <= size else 0  # UTF-16 has pairs of bytes
            self._stamped = any(True for _ in self._probe(size, seen))
            self._probed = size
            if not self._borders:  # else they lie where they lie
                self._cell = self._fitting(size)
        return self._stamped

    def _fitting(self, size: int) -> int:
        """Return how large the cells of a log are that has this size."""
        cell = self._cell
        while cell * _CELLS < size or (self._many and cell * cell < _BALANCE * size):
            cell *= 2
        return cell

    @property
    def is_told_by_arrival(self) -> bool:
        """Whether it is known when the log's bytes came."""
        return self._clock.count() > 0

    @property
    def first_stamp(self) -> float | None:
        """The first moment that stands in the log, set right where arrival tells; None where none does."""
        return next((moment for _, moment in self._stamps(0, _LOOK)), None) if self.has_stamps() else None

    @property
    def encoding(self) -> str:
        """How the log's characters are written."""
        return self._file.encoding

    def stamped_lines(self) -> Iterator[tuple[bytes, float]]:
        """Yield lines of the log's beginning and end that bear a stamp, and their moments as they stand there."""
        latest = self._latest()
        for begin, data in self._sample():
            for offset, moment in self._file.stamped(data, begin, latest):
                end = data.find(b"\n", offset - begin)
                if end >= 0 and (offset > begin or begin == 0):
                    yield data[offset - begin : end], moment

    def _sample(self) -> Iterator[tuple[int, bytes]]:
        """Yield the log's beginning and its end, with where they start; the first and the last line may be cut."""
        size = self._file.size()
        yield 0, self._file.read(0, _LOOK)
        if size > _LOOK:
            begin = max(_LOOK, size - _LOOK)
            yield begin, self._file.read(begin, _LOOK)

    def appended(self, line: bytes, offset: int, present: float) -> float:
        """Return when a line was written that has just come; it follows the last one that was asked about here."""
        came = self._clock.time_of(offset)
        if came is None:
            came = present if self._clock.is_kept else 0.0
        stamp = stamp_of(self._file.narrow(line[: 2 * _LONGEST]), present)
        if self._tail is None:
            before = self.time_of(offset - 1) if offset and self._stamped else None
            self._tail = (before or 0.0, 0.0)
        last, delay = self._tail
        if stamp is not None:
            self._stamped = True
            stamp += self.shift
            delay = min(0.0, stamp - came) if came else 0.0
        else:
            stamp = came + delay if came else last
        self._tail = (max(last, stamp), delay)
        return self._tail[0]

    def forget_tail(self) -> None:
        """What was said last is no longer the log's last line: following begins anew."""
        self._tail = None

    def _probe(self, size: int, low: int = 0) -> Iterator[float]:
        step = max(_LOOK, (size - low) // _PROBES)
        for begin in (max(low, size - _LOOK), *range(low, size, step)):
            yield from (time for _, time in self._stamps(begin, min(size, begin + _LOOK)))

    def _border(self, index: int) -> float:
        """Return the time before which no line of a cell was written."""
        while len(self._borders) <= index:
            number = len(self._borders)
            first = self._first_near(number * self._cell)
            before = self._borders[-1] if number else None
            if first is None and before is None:
                first = min(self._probe(self._file.size()), default=0.0)  # lines before the first stamp bear its time
            self._borders.append(max(each for each in (first, before) if each is not None))
        return self._borders[index]

    def _first_near(self, border: int) -> float | None:
        """Return the time at a border: of the line that goes on there, of the next one or of arrival."""
        came = arrived = self._clock.time_of(border)
        before, after = self._around(border)
        if arrived is not None and before is not None:
            came = arrived + min(0.0, before[1] - (self._clock.time_of(before[0]) or before[1]))
        last = before[1] if before else None
        if last is None and after is None and came is None and border:
            last = max((each for _, each in self._stamps(max(0, border - self._cell), border)), default=None)
        told = [each for each in (last if came is None else came, after) if each is not None]
        return min(told, default=None)

    def _around(self, border: int) -> tuple[tuple[int, float] | None, float | None]:
        """Return the last stamped line that begins before a border (or at it), with its moment, and the next moment."""
        begin = max(0, border - _BACK)
        data = self._file.read(begin, border - begin + _LOOK)
        return self._before(data, begin, border), next(
            (
                moment + self.shift
                for at, moment in self._file.stamped(data[border - begin :], border, self._latest())
                if at > border
            ),
            None,
        )

    def _before(self, data: bytes, begin: int, border: int) -> tuple[int, float] | None:
        newline, end = self._file.newline, border - begin + 1
        for _ in range(_LINES):
            found = data.rfind(newline, 0, end - 1)
            start = found + len(newline) if found >= 0 else 0
            if found < 0 and begin:
                return None
            moment = stamp_of(self._file.narrow(data[start : start + _LONGEST]), self._latest())
            if moment is not None:
                return begin + start, moment + self.shift
            if found < 0:
                return None
            end = found + 1
        return None

    def _steps(self, index: int) -> tuple[array[int], array[float]]:
        """Return where within a cell the time changes, and to what."""
        low, size = index * self._cell, self._file.size()
        high = min(low + self._cell, size)
        cell = self._cells.get(index)
        if cell is None or cell.high != high:
            full = high - low == self._cell and high < size
            if cell is None or cell.high > high or full:
                cell = self._cells[index] = _Cell(low, low)
            time = self._border(index)
            # what follows a full cell is known, and nothing in it may be later than that
            self._read(cell, high, time, max(time, self._border(index + 1)) if full else float("inf"))
            while len(self._cells) > _KEPT:
                self._cells.popitem(last=False)
        return cell.offsets, cell.times

    def _read(self, cell: _Cell, high: int, time: float, limit: float) -> None:
        """Take in what stands in a cell up to `high`, between two times; what was before its last stamps stays."""
        kept = bisect.bisect_left(cell.offsets, cell.resume)
        del cell.offsets[kept:], cell.times[kept:]
        time = cell.times[-1] if kept else time
        for offset, moment in self._moments(cell, high):
            if moment > time:
                time = min(moment, limit)
                cell.offsets.append(offset)
                cell.times.append(time)
        cell.high = high

    def _moments(self, cell: _Cell, high: int) -> Iterator[tuple[int, float]]:
        """Yield what stamps and marks say of the lines up to `high`, in the order of their bytes."""
        low, last = cell.resume, cell.before
        stamps = list(self._stamps(low, high))
        marks = self._clock.marks(low, high)
        mark = next(marks, None)
        came, delay = cell.came, cell.delay
        kept = _without_spikes(stamps, last)
        for number, (offset, moment) in enumerate(kept):
            if number == len(kept) - 2:
                cell.resume, cell.came, cell.delay = offset, came, delay
                before = bisect.bisect_left(stamps, (offset,)) - 1
                cell.before = stamps[before][1] if before >= 0 else last
            while mark is not None and mark[0] <= offset:
                came = mark[1]
                yield mark[0], min(came + delay, moment)
                mark = next(marks, None)
            delay = min(0.0, moment - came) if came else 0.0
            yield offset, moment
        while mark is not None:
            yield mark[0], mark[1] + delay
            mark = next(marks, None)

    def _stamps(self, low: int, high: int) -> Iterator[tuple[int, float]]:
        """Yield the lines that begin from `low` on, before `high`, and bear a stamp."""
        begin = max(0, low - len(self._file.newline) * 2)  # what is before `low` tells whether a line begins there
        data = self._file.read(begin, high - begin + _LONGEST)
        latest = self._latest()
        beyond = now() + _SANE
        for offset, moment in self._file.stamped(data, begin, latest):
            if offset >= high:
                return
            if offset >= low and (offset > begin or begin == 0) and 0 < moment < beyond:
                yield offset, moment + self.shift

    def _latest(self) -> float:
        span = self._clock.span()
        return span[1] if span else self._file.changed()

    def _told_by_arrival(self) -> float:
        """Return what makes up for a clock that disagrees with when the log's bytes came."""
        if not self.is_told_by_arrival:
            return 0.0
        latest, ahead = self._latest(), []
        for begin, data in self._sample():
            for offset, moment in self._file.stamped(data, begin, latest):
                came = self._clock.time_of(offset)
                if came is not None:
                    ahead.append(moment - came)
        if not ahead:
            return 0.0
        return -rounded(max(ahead)) if max(ahead) > 2.0 or max(ahead) < -LATE else 0.0


def rounded(seconds: float) -> float:
    """Return the difference of two clocks; one of time zones without what the output was late by."""
    quarters = round(seconds / 900) * 900.0
    return quarters if quarters and abs(seconds - quarters) < 120 else seconds


def _without_spikes(stamps: list[tuple[int, float]], before: float | None = None) -> list[tuple[int, float]]:
    """Leave out a stamp that is more than a minute later than the ones on both its sides."""
    kept = []
    for index, (offset, moment) in enumerate(stamps):
        after = stamps[index + 1][1] if index + 1 < len(stamps) else None
        if after is None or moment - after < 60 or (before is not None and moment - before < 60):
            kept.append((offset, moment))
        before = moment
    return kept
