"""Finds text in logs, in a process of its own: a search never slows the window, and ends at once when it is killed.

Started as `python -m desktop_app.services.logs.search_worker`. One JSON object comes in on standard input, JSON
lines go out: `{"matches": [[time, rank, offset, column, length], …]}`, `{"count": n, "part": 0.5}`, and at the end
`{"done": true, "count": n}` or `{"error": "…"}`. `offset` is where the match's line starts.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from desktop_app.services.logs.clock_file import ClockFile
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.text import shown_text

PIECE = 1 << 20
TELL_EVERY = 0.1


def main() -> None:
    """Answer the one request on standard input."""
    request = json.loads(sys.stdin.readline())
    try:
        pattern = compiled(request["query"], regex=request["regex"], case=request["case"])
    except re.error as error:
        _say({"error": f"{error.msg[:1].upper()}{error.msg[1:]}", "position": error.pos})
        return
    _Search(request, pattern).run()


def compiled(query: str, *, regex: bool, case: bool) -> re.Pattern[str]:
    """Return what is searched for. Raises re.error for a regular expression that is none."""
    return re.compile(query if regex else re.escape(query), 0 if case else re.IGNORECASE)


class _Search:
    def __init__(self, request: dict[str, Any], pattern: re.Pattern[str]) -> None:
        self._logs = request["logs"]
        self._pattern = pattern
        self._places = _hint(request["query"], request["hints"], regex=request["regex"], case=request["case"])
        self._limit = request["limit"]
        self._count = 0
        self._batch: list[tuple[float, int, int, int, int]] = []
        self._told = time.monotonic()
        self._done, self._total = 0, 1

    def run(self) -> None:
        files = [LogFile(Path(each["log"])) for each in self._logs]
        sizes = [each.size() for each in files]
        self._total = max(1, sum(sizes))
        for each, file, size in zip(self._logs, files, sizes, strict=True):
            self._search(each["rank"], file, ClockFile(Path(each["clock"])), size)
        self._tell()
        _say({"done": True, "count": self._count})

    def _search(self, rank: int, file: LogFile, clock: ClockFile, size: int) -> None:
        for start, data in _pieces(file, size):
            for offset, line in self._candidates(start, data):
                for found in self._pattern.finditer(shown_text(line)):
                    if found.end() > found.start():
                        self._found(rank, clock, offset, found)
            self._done += len(data)
            if time.monotonic() - self._told > TELL_EVERY:
                self._tell()

    def _candidates(self, start: int, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the lines that may match, with where they start."""
        places = self._places(data)
        if places is None:
            place = 0
            for line in data.split(b"\n"):
                yield start + place, line
                place += len(line) + 1
            return
        end = 0
        for place in places:
            if place >= end:
                begin = data.rfind(b"\n", 0, place) + 1
                end = data.find(b"\n", place) + 1 or len(data)
                yield start + begin, data[begin:end]

    def _found(self, rank: int, clock: ClockFile, offset: int, found: re.Match[str]) -> None:
        self._count += 1
        if self._count <= self._limit:
            when = clock.time_of(offset)
            if when is None:
                span = clock.span()
                when = span[1] if span else 0.0
            self._batch.append((when, rank, offset, found.start(), found.end() - found.start()))

    def _tell(self) -> None:
        if self._batch:
            _say({"matches": self._batch})
            self._batch = []
        _say({"count": self._count, "part": self._done / self._total})
        self._told = time.monotonic()


def _pieces(file: LogFile, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield the log in pieces that end where lines end, at the latest where an endless line is cut."""
    offset = 0
    while offset < size:
        data = file.read(offset, min(PIECE * 2, size - offset))
        if not data:
            return
        if offset + len(data) < size:
            cut = data.rfind(b"\n") + 1
            data = data[: cut or PIECE]
        yield offset, data
        offset += len(data)


Places = Callable[[bytes], "Iterable[int] | None"]


def _hint(query: str, hints: Sequence[str], *, regex: bool, case: bool) -> Places:
    """Return what finds, in bytes and quickly, at least one place in every line that may match; None: look at all."""
    if hints:
        wanted = [each.encode() for each in hints]
        return lambda data: sorted(place for each in wanted for place in _finds(data, each))
    if regex:
        return lambda _data: None
    if case:
        return lambda data: _finds(data, query.encode())
    if not query.isascii():
        return _spellings(query)
    slow, lower = _spellings(query), query.lower().encode()
    return lambda data: slow(data) if any(odd in data for odd in _ODD) else _finds(data.lower(), lower)


_KIN = {"k": "\u212a", "s": "\u017f", "i": "\u0130\u0131"}
"""Letters beyond ASCII that equal an ASCII one where capitals don't count: K is also the Kelvin sign."""
_ODD = tuple(each.encode() for each in "".join(_KIN.values()))


def _finds(data: bytes, wanted: bytes) -> Iterator[int]:
    place = data.find(wanted)
    while place >= 0:
        yield place
        place = data.find(wanted, place + 1)


def _spellings(query: str) -> Places:
    """Return a search for a text in capitals and small letters, also those beyond ASCII."""
    parts = []
    for each in query:
        if len(each.lower()) != 1 or len(each.upper()) != 1:
            return lambda _data: None
        spellings = {each, each.lower(), each.upper(), *_KIN.get(each.lower(), "")}
        parts.append(b"(?:" + b"|".join(re.escape(one.encode()) for one in sorted(spellings)) + b")")
    pattern = re.compile(b"".join(parts))
    return lambda data: (found.start() for found in pattern.finditer(data))


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
