"""The lines of a log view: a bounded window of them, kept in order while more come before, after and in between."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from desktop_app.services.logs.feed import Change, Update
from desktop_app.services.logs.merge import Key, LogLine, Window
from desktop_app.services.logs.text import is_error, is_warning

KEPT = 3000
"""Lines kept at most; those farthest from what was just asked for are let go."""
_NEAR = 100
"""Lines from the end among which an unfinished one is looked for."""
SAME_WITHIN = 1.0
"""Seconds within which the same line of several ranks is shown once."""


@dataclass(slots=True)
class Row:
    """A line as it is shown, for every rank that wrote it at about the same time; `tone` is error, warning or plain."""

    line: LogLine
    tone: str
    ranks: tuple[int, ...]
    size: int
    lines: int = 1
    members: list[tuple[int, int]] = field(default_factory=list)  # (rank, offset) of every line that it stands for

    @property
    def key(self) -> Key:
        """Its place among all lines."""
        return self.line.key


def tone_of(text: str) -> str:
    """Return how a line is to be shown."""
    return "error" if is_error(text) else "warning" if is_warning(text) else "plain"


def fold(rows: list[Row], lines: Iterable[LogLine], *, same: bool) -> None:
    """Add lines to rows; with `same`, what several ranks wrote within a moment becomes one row."""
    for line in lines:
        last = rows[-1] if rows else None
        if same and last is not None and _is_same(last, line):
            last.ranks = (*last.ranks, line.rank)
            last.size += line.size
            last.lines += 1
            last.members.append((line.rank, line.offset))
        else:
            rows.append(Row(line, tone_of(line.text), (line.rank,), line.size, 1, [(line.rank, line.offset)]))


def _is_same(row: Row, line: LogLine) -> bool:
    first = row.line
    return (
        first.text == line.text
        and line.rank not in row.ranks
        and line.time - first.time <= SAME_WITHIN
        and line.complete
        and first.complete
        and bool(line.text)
    )


class LogPage:
    """What is shown of a log. `start` bytes of all logs lie before the first row, of `total`."""

    def __init__(self, *, merged: bool) -> None:
        self.merged = merged
        self.rows: list[Row] = []
        self._lines: list[LogLine] = []
        self.start = 0
        self.total = 0
        self.at_start = True
        self.at_end = True

    @property
    def first(self) -> Key | None:
        """The key of the first line that is here."""
        return self._lines[0].key if self._lines else None

    @property
    def last(self) -> Key | None:
        """The key of the last line that is here."""
        return self._lines[-1].key if self._lines else None

    def apply(self, update: Update) -> int:
        """Take in an update; return by how many rows those that were shown before moved down (up: negative)."""
        self.total = update.total
        if update.change is Change.REPLACE:
            self._replace(update.window)
        elif update.change is Change.BEFORE:
            return self._before(update.window)
        elif update.change is Change.AFTER:
            return self._after(update.window)
        elif update.change is Change.GROWN:
            return self._grow(update.lines)
        else:
            self.at_end = False
        return 0

    def index_of(self, rank: int, offset: int) -> int | None:
        """Return the row that stands for the line of `rank` at `offset`."""
        for index, row in enumerate(self.rows):
            if (rank, offset) in row.members:
                return index
        return None

    @property
    def is_whole(self) -> bool:
        """Whether every line of the logs is here."""
        return self.at_start and self.at_end

    def row_at(self, place: int) -> int:
        """Return the row that holds the byte `place` of all logs, or the one nearest to it."""
        start = self.start
        for index, row in enumerate(self.rows):
            start += row.size
            if start > place:
                return index
        return max(0, len(self.rows) - 1)

    def holds(self, place: int, rows: int) -> bool:
        """Whether the byte `place` is here, with `rows` rows below it."""
        last = max(0, len(self.rows) - rows)
        return bool(self.rows) and self.start <= place < self.place_of(last)

    def place_of(self, index: int) -> int:
        """Return how many bytes of all logs lie before a row."""
        return self.start + sum(row.size for row in self.rows[:index])

    def _replace(self, window: Window) -> None:
        self._lines = list(window.lines)
        self.start, self.at_start, self.at_end = window.start, window.at_start, window.at_end
        self.rows = []
        fold(self.rows, self._lines, same=self.merged)

    def _before(self, window: Window) -> int:
        first = self.first
        new = [each for each in window.lines if first is None or each.key < first]
        added: list[Row] = []
        fold(added, new, same=self.merged)
        self.rows[:0] = added
        self._lines[:0] = new
        self.start, self.at_start = window.start, window.at_start
        self._drop_last()
        return len(added)

    def _after(self, window: Window) -> int:
        if not window.lines:
            self.at_end = window.at_end
            return 0
        self._cut_from(window.lines[0].key)
        self._lines += window.lines
        fold(self.rows, window.lines, same=self.merged)
        self.at_end = window.at_end
        return -self._drop_first()

    def _grow(self, lines: Sequence[LogLine]) -> int:
        """Take in lines that are new, or unfinished ones that grew."""
        if not lines:
            return 0
        # Mostly they follow what is here; one that grew, or came late, has its place before the last.
        index = bisect.bisect_left(self._lines, lines[0].key, key=lambda line: line.key)
        places = {(each.rank, each.offset) for each in lines}
        for place in range(max(0, index - _NEAR), index):
            if not self._lines[place].complete and (self._lines[place].rank, self._lines[place].offset) in places:
                index = place  # it came a little later than was guessed before its mark was there
                break
        kept = [each for each in self._lines[index:] if (each.rank, each.offset) not in places]
        if index < len(self._lines):
            self._cut_from(self._lines[index].key)
        merged = sorted((*kept, *lines), key=lambda each: each.key) if kept else list(lines)
        self._lines += merged
        fold(self.rows, merged, same=self.merged)
        self.at_end = True
        return -self._drop_first()

    def _cut_from(self, key: Key) -> None:
        """Forget the lines from `key` on."""
        index = bisect.bisect_left(self._lines, key, key=lambda line: line.key)
        again: list[LogLine] = []
        while self._lines and len(self._lines) > index:
            again.append(self._lines.pop())
        left = len(again)
        kept: list[LogLine] = []
        while left > 0 and self.rows:
            row = self.rows.pop()
            if row.lines > left:  # the row also stands for lines that stay
                kept = self._lines[-(row.lines - left) :]
            left -= row.lines
        fold(self.rows, kept, same=self.merged)

    def _drop_first(self) -> int:
        """Let go of the first rows where there are too many; return how many went."""
        gone = 0
        lines = 0
        while len(self._lines) - lines > KEPT:
            lines += self.rows[gone].lines
            self.start += self.rows[gone].size
            gone += 1
        if gone:
            del self.rows[:gone], self._lines[:lines]
            self.at_start = False
        return gone

    def _drop_last(self) -> None:
        while len(self._lines) > KEPT:
            row = self.rows.pop()
            del self._lines[-row.lines :]
            self.at_end = False
