"""The lines of a log view: a bounded window of them, kept in order while more come before, after and in between."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Sequence
from operator import attrgetter

from desktop_app.presenters.logs.folding import Folding, Row
from desktop_app.services.logs.feed import Change, Update
from desktop_app.services.logs.merge import Key, LogLine, Window

KEPT = 3000
"""Lines of one log kept at most; those farthest from what was just asked for are let go."""
_SIZE, _KEY = attrgetter("size"), attrgetter("key")
_NEAR_EDGE = 1000
_NEAR = 100
"""Lines from the end among which an unfinished one is looked for."""
_ASKED, _ASKED_EACH, _KEPT_EACH, _RANKS = 400, 60, 160, 200


def asked_for(ranks: int) -> int:
    """Return how many lines to ask for at once, so that they fill a screen where all ranks say the same."""
    return _ASKED + (_ASKED_EACH * min(ranks, _RANKS) if ranks > 1 else 0)


class LogPage:
    """What is shown of a log. `start` bytes of all logs lie before the first row, of `total`."""

    def __init__(self, *, merged: bool, ranks: int = 1) -> None:
        self.merged = merged
        self.kept = KEPT + (_KEPT_EACH * min(ranks, _RANKS) if merged else 0)
        self._folding = Folding(same=merged)
        self._opened: set[tuple[int, int]] = set()
        self._shown: list[Row] | None = None
        self._sums: list[int] | None = None
        self.start = 0
        self.total = 0
        self.at_start = True
        self.at_end = True

    @property
    def rows(self) -> list[Row]:
        """What is shown, one below the other."""
        if not self._opened:
            return self._folding.rows
        if self._shown is None:
            self._shown = list(itertools.chain.from_iterable(map(self._with_parts, self._folding.rows)))
        return self._shown

    @property
    def first(self) -> Key | None:
        """The key of the first line that is here."""
        return self._lines[0].key if self._lines else None

    @property
    def last(self) -> Key | None:
        """The key of the last line that is here."""
        return self._lines[-1].key if self._lines else None

    @property
    def is_folded(self) -> bool:
        """Whether what several ranks say is shown once."""
        return self._folding.same

    def fold(self, *, same: bool, anchor: int = 0) -> int:
        """Show what several ranks say once, or every line by itself; return by how many rows `anchor` moved down."""
        at = self.rows[anchor].line if anchor < len(self.rows) else None
        self._folding.same = same and self.merged
        self._folding.replace(self._lines)
        self._opened.clear()
        self._changed()
        return 0 if at is None else (self.index_of(at.rank, at.offset) or 0) - anchor

    def toggle(self, index: int, *, opened: bool | None = None) -> bool:
        """Show the lines that a row stands for below it, or no longer; return whether that changed anything."""
        row = self.rows[index]
        head = row if not row.part else self._folding.rows[row.number]
        if head.lines < 2 or head.is_open == opened:
            return False
        head.is_open = not head.is_open
        (self._opened.add if head.is_open else self._opened.discard)((head.line.rank, head.line.offset))
        self._changed()
        return True

    def apply(self, update: Update, anchor: int = 0) -> int:
        """Take in an update; return by how many rows the row `anchor` moved down (up: negative)."""
        self.total = update.total
        at = self.rows[anchor].line if anchor < len(self.rows) else None
        if update.change is Change.REPLACE:
            self._replace(update.window)
            at = None
        elif update.change is Change.BEFORE:
            self._before(update.window)
        elif update.change is Change.AFTER:
            self._after(update.window)
        elif update.change is Change.GROWN:
            self._grow(update.lines)
        else:
            self.at_end = False
            return 0
        self._changed()
        if at is None:
            return 0
        found = self.index_of(at.rank, at.offset)
        return -anchor if found is None else found - anchor

    def index_of(self, rank: int, offset: int) -> int | None:
        """Return the row that stands for the line of `rank` at `offset`."""
        row = self._folding.row_of(rank, offset)
        if row is None:
            return None
        if not self._opened:
            return row.number
        index = self.rows.index(row)
        if row.is_open:
            index += next(at for at, each in enumerate(row.written) if (each.rank, each.offset) == (rank, offset))
        return index

    @property
    def is_whole(self) -> bool:
        """Whether every line of the logs is here."""
        return self.at_start and self.at_end

    def near(self, seen: int) -> int:
        """Return how many rows before an edge more are asked for, if so many are `seen`.

        More than a third of what can be held unseen would let go at the other edge what is asked for there next.
        """
        room = self.kept * len(self.rows) // max(1, len(self._lines)) - seen
        return max(1, min(_NEAR_EDGE, room // 3))

    def is_tight(self, more: int) -> bool:
        """Whether so many lines are here that for `more` on one side some of the other side are let go."""
        return len(self._lines) + more > self.kept * 7 // 8

    def seen(self, top: int, rows: int) -> list[tuple[Row, int]]:
        """Return what there is to see of the rows from `top` on: what comes beyond them mostly changes none of it."""
        return [(each, each.lines) for each in self.rows[top : top + rows + 2]]

    def row_at(self, place: int) -> int:
        """Return the row that holds the byte `place` of all logs, or the one nearest to it."""
        index = bisect.bisect_right(self._ends(), place - self.start)
        return max(0, min(index, len(self.rows) - 1))

    def holds(self, place: int, rows: int) -> bool:
        """Whether the byte `place` is here, with `rows` rows below it."""
        last = max(0, len(self.rows) - rows)
        return bool(self.rows) and self.start <= place < self.place_of(last)

    def place_of(self, index: int) -> int:
        """Return how many bytes of all logs lie before a row."""
        return self.start + (self._ends()[index - 1] if index else 0)

    @property
    def _lines(self) -> list[LogLine]:
        return self._folding.lines

    def _changed(self) -> None:
        self._shown = self._sums = None

    def _with_parts(self, row: Row) -> list[Row]:
        """Return a row, and below it, if it is opened, the other lines that it stands for."""
        row.is_open = (row.line.rank, row.line.offset) in self._opened and row.lines > 1
        if not row.is_open:
            return [row]
        parts = enumerate(row.written[1:], 1)
        return [row, *(Row(line, [line], row.number, part, (*row.line.key, part)) for part, line in parts)]

    def _ends(self) -> list[int]:
        """Return how many bytes there are up to the end of each row."""
        if self._sums is None:
            self._sums = list(itertools.accumulate(map(_SIZE, self.rows)))
        return self._sums

    def _replace(self, window: Window) -> None:
        self.start, self.at_start, self.at_end = window.start, window.at_start, window.at_end
        self._folding.replace(window.lines)
        self._opened.clear()

    def _before(self, window: Window) -> None:
        first = self.first
        lines = window.lines
        new = lines if first is None else lines[: bisect.bisect_left(lines, first, key=_KEY)]
        self.start, self.at_start = window.start, window.at_start
        self._folding.prepend(new)
        if len(self._lines) > self.kept:
            self.at_end = False
            self._folding.cut(self.kept)

    def _after(self, window: Window) -> None:
        lines = window.lines
        if lines and self._lines and lines[0] == self._lines[-1]:
            self._folding.add(lines[1:])  # they follow
        elif lines:
            self._cut_from(lines[0].key)
            self._folding.add(lines)
        self.at_end = window.at_end
        self._drop_first()

    def _grow(self, lines: Sequence[LogLine]) -> None:
        """Take in lines that are new, or unfinished ones that grew."""
        if not lines:
            return
        held = self._lines
        # Mostly they follow what is here; one that grew, or came late, has its place before the last.
        index = bisect.bisect_left(held, lines[0].key, key=_KEY)
        places = {(each.rank, each.offset) for each in lines}
        for place in range(max(0, index - _NEAR), index):
            if not held[place].complete and (held[place].rank, held[place].offset) in places:
                index = place  # it came a little later than was guessed before its mark was there
                break
        kept = [each for each in held[index:] if (each.rank, each.offset) not in places]
        self._folding.cut(index)
        self._folding.add(sorted((*kept, *lines), key=_KEY) if kept else lines)
        self.at_end = True
        self._drop_first()

    def _cut_from(self, key: Key) -> None:
        """Forget the lines from `key` on."""
        self._folding.cut(bisect.bisect_left(self._lines, key, key=_KEY))

    def _drop_first(self) -> None:
        """Let go of the first lines where there are too many, and of some more: every time costs all rows that stay."""
        if len(self._lines) > self.kept:
            gone = len(self._lines) - self.kept * 7 // 8
            self.start += sum(each.size for each in self._lines[:gone])
            self._folding.drop(gone)
            self.at_start = False
