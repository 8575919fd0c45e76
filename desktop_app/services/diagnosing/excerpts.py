"""The parts of logs that are looked at: ends first, and what stands further back where the ends do not say enough.

An excerpt is text as a person reads it, one line for each of the log's, so that a line's number can be found again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desktop_app.services.diagnosing.sources import LogBytes, encoding_in
from desktop_app.services.logs.encodings import UTF_8
from desktop_app.services.logs.text import HEAD, shown_text

TAIL = 64 << 10
BACK = 1 << 20
"""Bytes before a log's end in which its first error is looked for at first."""
FURTHEST = 64 << 20
"""Bytes of all logs together that are looked through for it then."""
_CONTEXT = 2 << 10
_LAST = 4 << 10
_LONG_LINE = 16 << 20
_FEW_LINES = 3
_HINTS = (
    b"Traceback (most recent", b"Error", b"ERROR", b"FATAL", b"Fatal", b"error:", b"Exception", b"Killed",
    b"Segmentation fault", b"out of memory",
)  # fmt: skip
_SURE = (b"Traceback (most recent", b"CUDA out of memory", b"Segmentation fault")
_MESSAGES = ("message", "msg", "log", "Message", "Contents", "contents", "text")


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of a log that follow each other, the first of which begins at `start`.

    `rows` says, where one line of the log is shown as several, which of the log's each of them is.
    """

    log: LogBytes
    start: int
    count: int
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Some of a log's lines, or of several files that are one process's."""

    text: str = ""
    pieces: tuple[Piece, ...] = ()

    def piece_of(self, position: int) -> tuple[Piece, int] | None:
        """Return the piece that a line is in, by its number in the text, and its number in that piece."""
        for each in self.pieces:
            if position < each.count:
                return each, each.rows[position] if each.rows else position
            position -= each.count
        return None


def tail(log: LogBytes, size: int = TAIL) -> Excerpt:
    """Return the end of a log, whole lines only; where it is longer than `size`, its first error and its end."""
    whole = log.size()
    encoding = encoding_in(log)
    start = _start(log, whole, max(size, TAIL))
    data = log.read(start, whole - start)
    if encoding == UTF_8 and len(data) > size and whole - start <= max(size, TAIL):
        hint = _first_hint(data)
        begin = data.rfind(b"\n", 0, max(0, hint - _CONTEXT)) + 1 if hint is not None else len(data)
        if begin + size < len(data):
            last = data.find(b"\n", len(data) - min(_LAST, size // 4)) + 1
            first = data[begin : max(data.rfind(b"\n", begin, begin + size - (len(data) - last)) + 1, begin)]
            return joined(
                [_piece(log, start + begin, first, encoding), _piece(log, start + last, data[last:], encoding)]
            )
        cut = data.find(b"\n", len(data) - size) + 1
        data, start = data[cut:], start + cut
    return _piece(log, start, data, encoding)


def further_back(log: LogBytes, budget: int) -> tuple[Excerpt | None, int]:
    """Return the first error before a log's end, with what follows it; and how many bytes were looked through."""
    whole = log.size()
    end = max(0, whole - TAIL)
    if not end or encoding_in(log) != UTF_8:
        return None, 0
    near = max(0, end - BACK)
    data = log.read(near, end - near)
    found = _first_hint(data)
    if found is not None:
        return _around(log, near, data, found), len(data)
    return _far_back(log, near, budget, len(data))


def begun_further_back(excerpts: Mapping[int, Excerpt]) -> dict[int, Excerpt]:
    """Return those of the excerpts whose logs hold an error before them, begun there."""
    budget = FURTHEST
    found: dict[int, Excerpt] = {}
    for number, each in excerpts.items():
        logs = {id(piece.log): piece.log for piece in each.pieces}  # an end may be two pieces
        before = []
        for log in logs.values():
            if budget <= 0:
                return found
            more, looked = further_back(log, budget)
            budget -= looked
            before += [more] if more is not None else []
        if before:
            found[number] = joined([*before, each])
    return found


def _first_hint(data: bytes) -> int | None:
    """Return where the first word of an error stands; far quicker word by word than by one expression."""
    end = len(data)
    for each in _HINTS:
        place = data.find(each, 0, end)
        if place >= 0:
            end = place
    return end if end < len(data) else None


def _far_back(log: LogBytes, end: int, budget: int, looked: int) -> tuple[Excerpt | None, int]:
    """Look through all that is left, from the end on, for what is found fastest."""
    while end > 0 and looked < budget:
        start = max(0, end - 4 * BACK)
        data = log.read(start, end - start)
        looked += len(data)
        places = [place for place in (data.find(each) for each in _SURE) if place >= 0]
        if places:
            return _around(log, start, data, min(places)), looked
        if not data:
            break
        end = start
    return None, looked


def joined(excerpts: Iterable[Excerpt]) -> Excerpt:
    """Return excerpts as one."""
    kept = [each for each in excerpts if each.pieces]
    return Excerpt("\n".join(each.text for each in kept), tuple(piece for each in kept for piece in each.pieces))


def is_binary(log: LogBytes) -> bool:
    """Whether a file is no text: much of its end is no character that a log would have."""
    size = log.size()
    if encoding_in(log) != UTF_8:
        return False
    end = _ZEROS.sub(b"", log.read(max(0, size - 4096), 4096))
    odd = len(end) - len(end.translate(None, _ODD))
    return odd > len(end) * 0.05


_ZEROS = re.compile(rb"\0{8,}")
"""What a crash, or a log that was emptied while a program went on writing, leaves in the midst of a text."""
_ODD = bytes(each for each in range(32) if each not in (7, 8, 9, 10, 12, 13, 27))


def _around(log: LogBytes, start: int, data: bytes, place: int) -> Excerpt:
    begin = data.rfind(b"\n", 0, max(0, place - _CONTEXT)) + 1
    text = log.read(start + begin, TAIL // 2)
    text = text[: text.rfind(b"\n") + 1] or text
    return _piece(log, start + begin, text, UTF_8)


def _start(log: LogBytes, whole: int, size: int) -> int:
    """Return where the last whole lines begin that are about `size` bytes; further back where lines are endless."""
    start = max(0, whole - size)
    while start:
        data = log.read(start, min(whole - start, _LONG_LINE))
        cut = data.find(b"\n") + 1
        if (cut and data.count(b"\n") > _FEW_LINES) or whole - start >= _LONG_LINE:
            return (start + cut + (start + cut) % 2) if cut else start
        start = max(0, start - max(BACK, whole - start))
    return 0


def _piece(log: LogBytes, start: int, data: bytes, encoding: str) -> Excerpt:
    if not data:
        return Excerpt()
    if encoding != UTF_8:
        data = data.decode(encoding, "replace").removeprefix("\ufeff").encode()
    else:
        data = data.replace(b"\0", b"")
        data = data.removeprefix(b"\xef\xbb\xbf") if start == 0 else data
    lines = [_shown(each) for each in data.removesuffix(b"\n").split(b"\n")]
    if not lines[-1].startswith("{") or not lines[-1].endswith("}"):
        return Excerpt("\n".join(lines), (Piece(log, start, len(lines)),))
    said = [_message(each).split("\n") for each in lines]
    rows = tuple(row for row, each in enumerate(said) for _ in each)
    return Excerpt("\n".join(line for each in said for line in each), (Piece(log, start, len(rows), rows),))


def _message(line: str) -> str:
    """Return what a line says that is a JSON object: one record of a log that programs read."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        return line
    told = [record[key] for key in _MESSAGES if isinstance(record.get(key), str)] if isinstance(record, dict) else []
    return str(told[0]).rstrip("\n") if told else line


def _shown(line: bytes) -> str:
    """Return a line as a person reads it; one that is no UTF-8 as the older alphabet that fits all bytes."""
    if not line.isascii():
        try:
            line[:HEAD].decode("utf-8")
        except UnicodeDecodeError as error:
            if len(line) <= HEAD or error.start < HEAD - 4:
                line = line.decode("latin-1").encode()
    return shown_text(line)
