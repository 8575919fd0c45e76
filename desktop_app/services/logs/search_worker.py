"""Finds text in logs, in a process of its own: a search never slows the window, and ends at once when it is killed.

One JSON object comes in on standard input, JSON lines go out: `{"matches": [[time, rank, offset, column, length], …],
"counts": {rank: n}, "bytes": n}` as it goes on, and at the end one with `"done": true`, or `{"error": "…"}` for
an expression that is none, or `{"slow": rank}` for one that takes for ever on some line. `offset` is where the match's
line starts. Whatever only a match needs is imported when there is one: most of a short search is its start.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from collections.abc import Iterator
from io import FileIO
from time import monotonic
from typing import TYPE_CHECKING, Any

from desktop_app.services.logs.encodings import HEAD, UTF_8, encoding_of, newline_of
from desktop_app.services.logs.search_bytes import Literal, places_of

if TYPE_CHECKING:
    from types import FrameType

    from desktop_app.services.logs.search_times import Times

PIECE = 256 << 10
TELL_EVERY = 0.1
PATIENCE = 1.0
"""Seconds of work after which an expression is given up that is not through with a piece: others take a tenth."""


class TooSlow(Exception):  # noqa: N818 - it is no fault of the program
    """An expression does not get through with a line."""


def main() -> None:
    """Answer the one request on standard input."""
    request = json.loads(sys.stdin.readline())
    try:
        with _Patience(on=request["regex"]):
            pattern = compiled(request["query"], regex=request["regex"], case=request["case"])
    except (re.error, OverflowError, RecursionError, TooSlow) as error:
        said = getattr(error, "msg", "") or "it is too large"
        _say({"error": f"{said[:1].upper()}{said[1:]}"})
        return
    search = _Search(request, pattern)
    try:
        search.run()
    except TooSlow:
        _say({"slow": search.rank})


def compiled(query: str, *, regex: bool, case: bool) -> re.Pattern[str]:
    """Return what is searched for. Raises re.error for a regular expression that is none."""
    return re.compile(query if regex else re.escape(query), 0 if case else re.IGNORECASE)


class _Search:
    def __init__(self, request: dict[str, Any], pattern: re.Pattern[str]) -> None:
        self._request = request
        self._pattern = pattern
        self._regex = bool(request["regex"])
        self._places = places_of(request["query"], request["hints"], regex=self._regex, case=request["case"])
        self._each = request["each"]
        self._ends_early = request["first"]
        self._matches: list[tuple[float, int, int, int, int]] = []
        self._counts: dict[int, int] = {}
        self._told, self._bytes = monotonic(), 0
        self._times: Times | None = None
        self.rank = 0

    def run(self) -> None:
        """Search the parts of logs that were asked for."""
        for number, begin, end in self._request["parts"]:
            log = self._request["logs"][number]
            self.rank = log["rank"]
            self._counts[self.rank] = 0
            if isinstance(self._places, Literal):
                self._places.forget()
            before = self._bytes
            self._search(log, begin, end)
            self._bytes = before + end - begin
        self._tell(done=True)

    def _search(self, log: dict[str, Any], begin: int, end: int) -> None:
        encoding = _encoding_of(log["log"])
        for start, data, size in _pieces(log["log"], begin, end, newline_of(encoding)):
            with _Patience(on=self._regex):
                self._search_piece(start, data, size, encoding)
            self._bytes += size
            if monotonic() - self._told > TELL_EVERY:
                self._tell()
            if self._ends_early and self._counts[self.rank]:
                return

    def _search_piece(self, start: int, data: bytearray, size: int, encoding: str) -> None:
        wide = encoding != UTF_8
        enough = self._counts[self.rank] >= self._each and not wide
        if enough and isinstance(self._places, Literal) and _is_shown_as_it_is(data, size):
            count = self._places.count(data, size)
            if count is not None:
                self._counts[self.rank] += count
                return
        places = None if wide else self._places(data, size)
        lines = _all_lines(data, size, newline_of(encoding)) if places is None else _lines_at(places, data, size)
        for place, line in lines:
            self._search_line(start, place, line, data, encoding)

    def _search_line(self, start: int, place: int, line: bytes, data: bytearray, encoding: str) -> None:
        from desktop_app.services.logs.text import shown_text

        for found in self._pattern.finditer(shown_text(line, encoding)):
            if found.end() == found.start():
                continue
            self._counts[self.rank] += 1
            if self._counts[self.rank] <= self._each:
                when = self._time(start, place, line, data)
                self._matches.append((when, self.rank, start + place, found.start(), found.end() - found.start()))

    def _time(self, start: int, place: int, line: bytes, data: bytearray) -> float:
        from desktop_app.services.logs.search_times import Times

        if self._times is None:
            self._times = Times(self._request["logs"])
        return self._times.of(self.rank, start + place, line, data, place)

    def _tell(self, *, done: bool = False) -> None:
        message = {"matches": self._matches, "counts": self._counts, "bytes": self._bytes}
        _say({**message, "done": True} if done else message)
        self._matches = []
        self._told = monotonic()


class _Patience:
    """Raises TooSlow within it when the process has worked for too long. Not on Windows: there the parent looks."""

    def __init__(self, *, on: bool) -> None:
        self._on = on and hasattr(signal, "setitimer")

    def __enter__(self) -> None:
        if self._on:
            signal.signal(signal.SIGVTALRM, _too_slow)
            signal.setitimer(signal.ITIMER_VIRTUAL, PATIENCE)

    def __exit__(self, *_error: object) -> None:
        if self._on:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def _too_slow(_signal: int, _frame: FrameType | None) -> None:
    raise TooSlow


def _pieces(path: str, begin: int, end: int, newline: bytes) -> Iterator[tuple[int, bytearray, int]]:
    """Yield the lines that begin from `begin` on, before `end`, many at once: their offset, a buffer, bytes in it.

    Where a line is longer than the buffer, it is cut.
    """
    try:
        file = open(path, "rb", buffering=0)  # noqa: PTH123, SIM115 - closed below; pathlib takes long to import
    except OSError:
        return
    with file:
        offset = _line_start(file, begin, newline)
        file.seek(offset)
        buffer = bytearray(PIECE)
        view, held = memoryview(buffer), 0
        while offset < end:
            more = file.readinto(view[held:])
            size = held + (more or 0)
            cut = _after(newline, buffer.rfind(newline, 0, size)) if more else size
            if offset + cut > end:  # the line that `end` lies in is the last one
                cut = _after(newline, buffer.find(newline, max(0, end - offset - len(newline)), cut)) or cut
            cut = cut or (size if size == PIECE else 0)
            if cut:
                yield offset, buffer, cut
            elif not more:
                return
            offset, held = offset + cut, size - cut
            buffer[:held] = buffer[cut:size]


def _after(newline: bytes, place: int) -> int:
    """Return where a line begins whose predecessor's end was found at a place; 0 where it was not found."""
    return place + len(newline) if place >= 0 else 0


def _line_start(file: FileIO, begin: int, newline: bytes) -> int:
    """Return where the first line starts that does so at `begin` or after it."""
    if not begin:
        return 0
    place, kept = max(0, begin - len(newline)), b""
    file.seek(place)
    while more := file.read(PIECE):
        data = kept + more
        found = data.find(newline)
        if found >= 0:
            return place + found + len(newline)
        kept = data[len(data) - len(newline) + 1 :]
        place += len(data) - len(kept)
    return place + len(kept)


def _encoding_of(path: str) -> str:
    try:
        with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - as above
            return encoding_of(file.read(HEAD) or b"")
    except OSError:
        return UTF_8


def _is_shown_as_it_is(data: bytearray, size: int) -> bool:
    """Whether what is shown of these bytes are these bytes: no colours, no progress bars."""
    return data.find(b"\x1b", 0, size) < 0 and data.find(b"\r", 0, size) < 0


def _all_lines(data: bytearray, size: int, newline: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    for line in bytes(data[:size]).split(newline):
        yield place, line
        place += len(line) + len(newline)


def _lines_at(places: Any, data: bytearray, size: int) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that hold the places."""
    end = 0
    for place in places:
        if place >= end:
            begin = data.rfind(b"\n", 0, place) + 1
            end = data.find(b"\n", place, size) + 1 or size
            yield begin, bytes(data[begin:end])


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
