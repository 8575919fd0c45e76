"""The logs of several ranks as one, by the time their lines were written: any window of it costs the same.

A line's key is (time, rank, offset). Where a key lies in each rank's log is found by bisecting the rank's timeline,
so nothing before the window is read. A log without stamps and clock stands before all others, rank by rank.
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias, TypeVar

from desktop_app.services.logs.alignment import align
from desktop_app.services.logs.alike import alike
from desktop_app.services.logs.clock_file import ClockFile
from desktop_app.services.logs.log_file import BLOCK, LogFile, RawLine
from desktop_app.services.logs.text import shown_text
from desktop_app.services.logs.timeline import Timeline

Key: TypeAlias = tuple[float, int, int]
T = TypeVar("T")
MANY = 256
"""Logs; of more each is read as little as can be, and nobody waits for what takes long with all of them."""
_TOLD = 512
"""Logs of which it is asked which time a place among all means."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """One rank's log and its clock; or, with a `name`, a launcher's."""

    rank: int
    log: Path
    clock: Path
    name: str = ""


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line as it is shown; `time` is in seconds since the epoch, 0 where it isn't known, `size` in bytes.

    `alike` is the same for lines that differ in whose they are alone; empty where there is one log.
    """

    time: float
    rank: int
    offset: int
    size: int
    text: str
    complete: bool = True
    alike: str = field(default="", compare=False)

    @property
    def key(self) -> Key:
        """Its place among the lines of all ranks."""
        return self.time, self.rank, self.offset


@dataclass(frozen=True, slots=True)
class Window:
    """Neighbouring lines; `start` bytes of all logs lie before them, of `total`."""

    lines: tuple[LogLine, ...] = ()
    start: int = 0
    total: int = 0
    at_start: bool = True
    at_end: bool = True


@dataclass(frozen=True, slots=True)
class Tail:
    """The line at a log's end that may still grow: where it starts, how long it is, and what of it is shown."""

    offset: int
    length: int = 0
    held: bytes = b""

    @property
    def end(self) -> int:
        """The offset of the first byte not seen yet."""
        return self.offset + self.length

    def grown(self, data: bytes) -> Tail:
        """Return the tail with `data` behind it; of a progress bar only the present stroke is held."""
        held = self.held + data
        bar = held.rstrip(b"\r\n").rfind(b"\r")
        return Tail(self.offset, self.length + len(data), held[bar:] if bar > 0 else held)


@dataclass(slots=True)
class _Way:
    """Lines that are being read, backwards or forwards: from the line of `key`, `at` bytes of all logs before it."""

    key: Key
    lines: Iterator[LogLine]
    at: int
    sizes: Mapping[int, int]


class _Log:
    """One rank's log, its times, and the time a byte that nothing tells of is given."""

    def __init__(self, source: LogSource, logs: int, block: int, breathe: Callable[[], object]) -> None:
        self.rank = source.rank
        self.file = LogFile(source.log, block=block, breathe=breathe)
        self.times = Timeline(self.file, ClockFile(source.clock), many=logs > MANY)
        self._single = logs == 1

    def line(self, raw: RawLine) -> LogLine:
        time = self.times.time_of(raw.offset)
        if time is None:
            span = self.times.span()
            time = span[1] if span else 0.0
        return self.made(time, raw.offset, len(raw.data), raw.data, complete=raw.complete)

    def made(self, time: float, offset: int, size: int, data: bytes, *, complete: bool) -> LogLine:
        text, alike = _read(data, self.file.encoding)
        return LogLine(time, self.rank, offset, size, text, complete, "" if self._single else alike)

    def tail(self, last: RawLine | None, size: int) -> Tail:
        """Return what of the last line may still grow; following begins anew there."""
        self.times.forget_tail()
        return Tail(size) if last is None or last.complete else Tail(last.offset).grown(last.data)

    def place(self, key: Key, size: int) -> int:
        """Return the start of the first line whose key is not less than `key`; `size` if there is none."""
        time, rank, offset = key
        if self.rank == rank:
            return min(offset, size)
        span = self.times.span()
        if span is None:
            return 0 if (0.0, self.rank) >= (time, rank) else size
        after = self.rank < rank  # lines of the same time come before the key's
        if time > span[1] or (after and time == span[1]):
            return size
        return self._next_start(self.times.size_at(time, inclusive=after), size)

    def _next_start(self, offset: int, size: int) -> int:
        """Return the start of the first line that begins at `offset` or after it."""
        if offset <= 0 or offset >= size:
            return max(0, min(offset, size))
        start = self.file.line_start(offset)
        if start == offset:
            return offset
        first = next(self.file.lines_from(start), None)
        return min(first.end, size) if first and first.complete else size


class MergedLog:
    """One log or several, merged. Every answer is a `Window` and costs in proportion to the lines asked for."""

    def __init__(
        self, sources: Sequence[LogSource], *, block: int | None = None, breathe: Callable[[], object] = bool
    ) -> None:
        self._breathe = breathe
        count, size = len(sources), block or _block_of(len(sources))
        self._logs = [_Log(each, count, size, breathe) for each in self._each(sources)]
        self._of = {each.rank: each for each in reversed(self._logs)}
        self._aligned = count == 1
        self._ways: dict[bool, _Way] = {}

    def sizes(self) -> dict[int, int]:
        """Return the present size of each rank's log in bytes."""
        return {each.rank: each.file.size() for each in self._each(self._logs)}

    def let_go(self) -> None:
        """Forget the logs one by one: all at once would be one long step, for which every thread waits."""
        self._ways.clear()
        while self._logs:
            self._of.pop(self._logs.pop().rank, None)

    def align(self) -> None:
        """Learn by how much the logs' clocks disagree; asked for once, before anything is read."""
        if not self._aligned:
            self._aligned = True
            align([each.times for each in self._logs])

    def lines(self) -> Iterator[LogLine]:
        """Yield every line that is there now, by time; holds no more than a block of each log."""
        sizes = self.sizes()
        self.align()
        yield from self._forward(dict.fromkeys(sizes, 0), sizes)

    def end(self, count: int) -> Window:
        """Return the last `count` lines."""
        return self.end_at(self.sizes(), count)

    def end_at(self, sizes: dict[int, int], count: int) -> Window:
        """Return the last `count` lines of logs that are of these sizes."""
        self.align()
        return self._window(dict(sizes), sizes, before=count, after=0)

    def end_after(
        self, last: Window, begins: Mapping[int, int], sizes: Mapping[int, int], count: int
    ) -> tuple[Window, dict[int, Tail]]:
        """Return the last `count` lines, and the last, unfinished line of each log that grew.

        `last` was the end before; since then only those logs grew that `begins` names, from these bytes on. No other
        log is asked for anything.
        """
        stay = [each for each in last.lines if each.offset < begins.get(each.rank, each.offset + 1)]
        tails: dict[int, Tail] = {}
        streams = [self._since(self._of[rank], begin, sizes[rank], tails) for rank, begin in begins.items()]
        merged = heapq.merge(*streams, reversed(stay), key=_key, reverse=True)
        found = list(itertools.islice(self._each(merged), count + 1))
        if not last.at_start:  # what came so late that it belongs before the old end is found when one goes there
            found = [each for each in found if each.key >= last.lines[0].key]
        lines, total = tuple(reversed(found[:count])), sum(sizes.values())
        start = total - sum(each.size for each in lines)
        return Window(lines, start, total, last.at_start and len(found) <= count, at_end=True), tails

    def around(self, key: Key, before: int, after: int) -> Window:
        """Return up to `before` lines before `key`, and `after` lines from it on."""
        sizes = self.sizes()
        self.align()
        places = {each.rank: each.place(key, sizes[each.rank]) for each in self._logs}
        return self._window(places, sizes, before, after)

    def before(self, key: Key, count: int) -> Window:
        """Return up to `count` lines before `key`, and go on where the last ones began if that was there."""
        way, sizes = self._way(key, back=True)
        taken = list(itertools.islice(self._each(way.lines), count + 1))
        lines, end = taken[:count], way.at
        way.at -= sum(each.size for each in lines)
        way.key, way.lines = lines[-1].key if lines else key, itertools.chain(taken[count:], way.lines)
        total = sum(sizes.values())
        return Window(tuple(reversed(lines)), way.at, total, len(taken) <= count, end >= total)

    def after(self, key: Key, count: int) -> Window:
        """Return up to `count` lines from `key` on; if that is the last one that was read, go on there."""
        way, sizes = self._way(key, back=False)
        lines, start = list(itertools.islice(self._each(way.lines), count)), way.at
        end = start + sum(each.size for each in lines)
        way.at = end - (lines[-1].size if lines else 0)
        way.key, way.lines = lines[-1].key if lines else key, itertools.chain(lines[-1:], way.lines)
        total = sum(sizes.values())
        return Window(tuple(lines), start, total, start == 0, end >= total)

    def at(self, place: int, before: int, after: int) -> Window:
        """Return the lines around the byte `place` of all logs' bytes in their merged order."""
        sizes = self.sizes()
        self.align()
        return self._window(self._places_at(place, sizes), sizes, before, after)

    def line_of(self, rank: int, offset: int) -> LogLine | None:
        """Return the line of `rank` that holds the byte at `offset`."""
        self.align()
        log = self._of.get(rank)
        raw = next(log.file.lines_from(log.file.line_start(offset)), None) if log else None
        return log.line(raw) if log and raw else None

    def tails(self, sizes: Mapping[int, int]) -> dict[int, Tail]:
        """Return the last, unfinished line of each rank's log."""
        return {
            each.rank: each.tail(next(each.file.lines_before(sizes[each.rank]), None), sizes[each.rank])
            for each in self._logs
        }

    def appended(self, rank: int, tail: Tail, data: bytes, now: float) -> tuple[list[LogLine], Tail]:
        """Return the lines that `data`, which follows `tail`, ends and begins; a byte without a mark came `now`."""
        log = self._of[rank]
        found = []
        newline = log.file.newline
        for part in _split(data, newline):
            tail = tail.grown(part)
            done = part.endswith(newline)
            time = log.times.appended(tail.held, tail.offset, now)
            found.append(log.made(time, tail.offset, tail.length, tail.held, complete=done))
            tail = Tail(tail.offset + tail.length) if done else tail
        return found, tail

    def read(self, rank: int, offset: int, count: int) -> bytes:
        """Return bytes of one rank's log."""
        return self._of[rank].file.read(offset, count)

    def _window(self, places: dict[int, int], sizes: dict[int, int], before: int, after: int) -> Window:
        back = list(itertools.islice(self._each(self._backward(places)), before + 1)) if before else []
        forth = list(itertools.islice(self._each(self._forward(places, sizes)), after)) if after else []
        at_start = len(back) <= before if before else not any(places.values())
        back = back[:before]
        back.reverse()
        start = sum(places.values()) - sum(each.size for each in back)
        total = sum(sizes.values())
        end = sum(places.values()) + sum(each.size for each in forth)
        return Window((*back, *forth), start, total, at_start, end >= total)

    def _way(self, key: Key, *, back: bool) -> tuple[_Way, dict[int, int]]:
        """Return the lines before `key` or from it on, and the logs' sizes; what is being read already, if it fits."""
        sizes = self.sizes()
        self.align()
        way = self._ways.pop(back, None)
        if way is None or way.key != key or way.sizes != sizes:
            places = {each.rank: each.place(key, sizes[each.rank]) for each in self._logs}
            lines = self._backward(places) if back else self._forward(places, sizes)
            way = _Way(key, lines, sum(places.values()), sizes)
        self._ways[back] = way
        return way, sizes

    def _each(self, values: Iterable[T]) -> Iterator[T]:
        for each in values:
            self._breathe()
            yield each

    def _forward(self, places: Mapping[int, int], sizes: Mapping[int, int]) -> Iterator[LogLine]:
        streams = [self._lines_from(each, places[each.rank], sizes[each.rank]) for each in self._logs]
        return heapq.merge(*streams, key=_key)

    def _backward(self, places: Mapping[int, int]) -> Iterator[LogLine]:
        streams = [map(each.line, each.file.lines_before(places[each.rank])) for each in self._logs]
        return heapq.merge(*streams, key=_key, reverse=True)

    @staticmethod
    def _since(log: _Log, begin: int, size: int, tails: dict[int, Tail]) -> Iterator[LogLine]:
        """Yield the lines from a byte on, last first; put what of the last one may still grow into `tails`."""
        lines = log.file.lines_before(size)
        last = next(lines, None)
        tails[log.rank] = log.tail(last, size)
        if last is not None:
            new = itertools.takewhile(lambda each: each.offset >= begin, itertools.chain([last], lines))
            yield from map(log.line, new)

    @staticmethod
    def _lines_from(log: _Log, place: int, size: int) -> Iterator[LogLine]:
        if place < size:  # asking a log that is over for nothing would still open it
            yield from map(log.line, log.file.lines_from(place))

    def _places_at(self, place: int, sizes: dict[int, int]) -> dict[int, int]:
        if len(self._logs) == 1:
            log = self._logs[0]
            return {log.rank: log.file.line_start(max(0, place))}
        time = self._time_at(place, sizes)
        places = {each.rank: each.place((time, -1, 0), sizes[each.rank]) for each in self._logs}
        left = place - sum(places.values())
        for each in self._each(self._logs):
            # Of the lines that came at this very time, rank by rank, as many as still fit.
            if left <= 0:
                break
            if each.times.span() and each.times.size_at(time, inclusive=True) <= places[each.rank]:
                continue
            until = each.place((time, each.rank + 1, 0), sizes[each.rank])
            step = min(max(0, left), until - places[each.rank])
            if step:
                left -= step
                places[each.rank] = each.file.line_start(places[each.rank] + step)
        return places

    def _time_at(self, place: int, sizes: Mapping[int, int]) -> float:
        """Return the time before which `place` bytes of all logs came, as near as marks and the largest logs tell."""
        spans = {each.rank: span for each in self._logs if (span := each.times.span())}
        unmarked = sum(size for rank, size in sizes.items() if rank not in spans)
        if not spans or place < unmarked:
            return 0.0
        told = heapq.nlargest(_TOLD, spans, key=sizes.__getitem__)
        part = sum(sizes[each] for each in told) / (sum(sizes.values()) - unmarked)
        low, high = min(each[0] for each in spans.values()), max(each[1] for each in spans.values())
        while high - low > 1e-4:
            middle = (low + high) / 2
            came = sum(self._of[each].times.near(middle) for each in self._each(told))
            low, high = (middle, high) if came <= (place - unmarked) * part else (low, middle)
        return low


def _block_of(logs: int) -> int:
    """Return how many bytes to read at once, so that the blocks of all logs together take little memory."""
    return BLOCK if logs <= 16 else BLOCK // 8 if logs <= 1024 else BLOCK // 32


@lru_cache(maxsize=4096)
def _read(data: bytes, encoding: str) -> tuple[str, str]:
    """Return a line's text and what is alike in those of other ranks; what all ranks say is worked out once."""
    text = shown_text(data, encoding)
    return text, alike(text)


def _key(line: LogLine) -> Key:
    return line.key


def _split(data: bytes, newline: bytes) -> list[bytes]:
    """Split at newlines alone: carriage returns belong to progress bars."""
    parts = data.split(newline)
    lines = [each + newline for each in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines
