"""The logs of all ranks as one, in the order in which their lines came, read in pieces of bounded size."""

from __future__ import annotations

import heapq
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

RECORD = struct.Struct("<dQ")
PIECE = 1 << 16


@dataclass(frozen=True, slots=True, order=True)
class LogLine:
    """One line: when its last byte came (seconds since the epoch), of which rank, without its line end."""

    time: float
    rank: int
    text: str


def merged(logs: Mapping[int, tuple[Path, Path]]) -> Iterator[LogLine]:
    """Yield the lines of all ranks by time; `logs` maps a rank to its log and its clock file.

    Lines of one rank stay in their order; those of a log without a clock come first.
    """
    streams = [timed_lines(rank, log, clock) for rank, (log, clock) in sorted(logs.items())]
    yield from heapq.merge(*streams, key=lambda line: (line.time, line.rank))


def timed_lines(rank: int, log: Path, clock: Path) -> Iterator[LogLine]:
    """Yield the lines of one rank with the time at which each was complete."""
    time, unfinished = 0.0, b""
    for moment, data in _pieces(log, clock):
        time = max(time, moment)
        *complete, unfinished = (unfinished + data).split(b"\n")
        for line in complete:
            yield LogLine(time, rank, _text(line))
    if unfinished:
        yield LogLine(time, rank, _text(unfinished))


def _pieces(log: Path, clock: Path) -> Iterator[tuple[float, bytes]]:
    time, at = 0.0, 0
    with log.open("rb") as file:
        for moment, size in _records(clock):
            time = moment
            while at < size and (data := file.read(min(PIECE, size - at))):
                at += len(data)
                yield time, data
        while data := file.read(PIECE):
            yield time, data


def _records(clock: Path) -> Iterator[tuple[float, int]]:
    try:
        file = clock.open("rb")
    except OSError:
        return
    with file:
        while len(record := file.read(RECORD.size)) == RECORD.size:
            yield RECORD.unpack(record)


def _text(line: bytes) -> str:
    return line.rstrip(b"\r").decode("utf-8", "replace")
