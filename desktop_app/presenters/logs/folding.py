"""Lines of many ranks as rows: what several ranks write within a moment is one row that can be opened."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter

from desktop_app.presenters.run_words import rank_span
from desktop_app.services.logs.merge import LogLine
from desktop_app.services.logs.text import is_error, is_warning

SAME_WITHIN = 3.0
"""Seconds within which the same line of several ranks is shown once."""

_NUMBER, _KEY = attrgetter("number"), attrgetter("key")

RowKey = tuple[float, ...]
"""A row's place: its line's key; of a line in an opened row the row's key and the line's number in it."""


@dataclass(slots=True, eq=False)
class Row:
    """A line as it is shown, for every rank that wrote it at about the same time, or one of these lines alone.

    `number` is its place among the rows that are no parts of others. A part says which of the `written` lines of
    the row it belongs to it is, and takes no room of its own among the bytes: `size` is how many bytes a row has.
    `who` says whose the `written` lines are, each by its place.
    """

    line: LogLine
    written: list[LogLine]
    number: int = 0
    part: int = 0
    key: RowKey = ()
    size: int = 0
    is_open: bool = False
    who: list[int] = field(init=False)
    into: Row | None = None  # the row that its lines went into; then it stands for none itself
    _span: tuple[int, str] = field(default=(0, ""))
    _tone: str = ""

    def __post_init__(self) -> None:
        self.who = [each.rank for each in self.written]

    @property
    def ranks(self) -> tuple[int, ...]:
        """Who wrote it, in the order of the lines."""
        return tuple(self.who)

    @property
    def lines(self) -> int:
        """How many lines it stands for."""
        return len(self.written)

    @property
    def tone(self) -> str:
        """How it is to be shown: error, warning or plain."""
        if not self._tone:
            self._tone = tone_of(self.line.text)
        return self._tone

    def append(self, line: LogLine) -> None:
        """Stand for one more line, which comes after its others."""
        self.written.append(line)
        self.who.append(line.rank)
        self.size += line.size

    def pop(self, index: int) -> None:
        """Stand for its first or last line no longer; what is left may be none."""
        self.size -= self.written.pop(index).size
        del self.who[index]
        self._span = (0, "")

    def join(self, row: Row) -> None:
        """Stand for the lines of another row, too, which begins after it."""
        if self.written[-1].key < row.written[0].key:
            self.written += row.written
            self.who += row.who
        else:
            self.written = sorted((*self.written, *row.written), key=_KEY)
            self.who = [each.rank for each in self.written]
        self.size += row.size
        row._go_into(self)

    def begin_with(self, row: Row) -> None:
        """Take the place of another row, whose lines come before its own. Costs what that one has."""
        self.written[:0], self.who[:0] = row.written, row.who
        self.size += row.size
        self._tone = self._tone if self.line.text == row.line.text else ""
        self.line, self.key, self.number, self.is_open = row.line, row.key, row.number, False
        row._go_into(self)

    def now(self) -> Row:
        """Return the row that stands for its lines now."""
        row = self
        while row.into is not None:
            row = row.into
        return row

    def holds(self, places: Iterable[tuple[int, int]] | Mapping[tuple[int, int], object]) -> bool:
        """Whether one of its lines is at one of these (rank, offset)."""
        return any((each.rank, each.offset) in places for each in self.written)

    def _go_into(self, row: Row) -> None:
        """Stand for nothing any more: whoever looks for a line of it finds `row`."""
        self.into, self.written, self.who = row, [], []

    def span(self, names: Mapping[int, str]) -> str:
        """Return who wrote it in few characters, worked out anew only when there are more of them."""
        if self._span[0] != len(self.written):
            self._span = len(self.written), rank_span(self.who, names)
        return self._span[1]


def tone_of(text: str) -> str:
    """Return how a line is to be shown."""
    return "error" if is_error(text) else "warning" if is_warning(text) else "plain"


class _Last:
    """The last row of each rank while rows meet. Most are of the same ranks as the one before: that costs little."""

    def __init__(self, rows: dict[int, int]) -> None:
        self._rows = rows
        self._ranks: list[int] = []
        self._number = -1  # what holds of these ranks and is not noted yet

    def of(self, ranks: list[int]) -> int:
        """Return the number of the last row that holds one of these ranks; -1 if there is none."""
        if ranks == self._ranks:
            return self._number
        self._rows.update(dict.fromkeys(self._ranks, self._number))
        return max(map(self._rows.get, ranks, itertools.repeat(-1)))

    def put(self, ranks: list[int], number: int) -> None:
        """Note the last row of these ranks, right after it was asked `of` them."""
        if ranks != self._ranks:
            self._ranks = ranks.copy()
        self._number = number


class Folding:
    """Lines in their order, and the rows that stand for them. They come and go at both ends, at their own cost alone.

    A line joins a row that begins with its like, unless that would turn round the lines of its rank: then it
    begins a row of its own. Where lines come before all others, whole rows join those of their like.
    """

    def __init__(self, *, same: bool) -> None:
        self.same = same
        self.rows: list[Row] = []
        self.lines: list[LogLine] = []
        self._homes: dict[tuple[int, int], Row] = {}
        self._begun: dict[str, list[Row]] = {}  # the last rows that begin with a line like this
        self._last: dict[int, Row] = {}  # the last row of each rank
        self._knows = True  # whether these two are true

    def replace(self, lines: Iterable[LogLine]) -> None:
        """Hold these lines and no others."""
        self.rows, self.lines = [], []
        self._homes, self._begun, self._last, self._knows = {}, {}, {}, True
        self.add(lines)

    def add(self, lines: Iterable[LogLine]) -> None:
        """Add lines that come after all others."""
        if not self._knows:
            self._remember()
        for line in lines:
            row = self._like(line) if self.same and line.alike and line.complete else None
            if row is None:
                row = self._begin(line)
            else:
                row.append(line)
            self.lines.append(line)
            self._homes[line.rank, line.offset] = self._last[line.rank] = row

    def cut(self, index: int) -> None:
        """Forget the lines from a place on."""
        if index >= len(self.lines):
            return
        self._knows = False
        for line in reversed(self.lines[index:]):
            row = self._homes.pop((line.rank, line.offset)).now()
            row.pop(-1)
            if not row.written and self.rows[-1] is row:
                self.rows.pop()
            elif not row.written:  # its first lines were let go, so that it stands above earlier ones
                self.rows.remove(row)
                self._number()
        del self.lines[index:]

    def prepend(self, lines: Sequence[LogLine]) -> None:
        """Add lines that come before all others."""
        if not lines:
            return
        before = Folding(same=self.same)
        before.add(lines)
        near = self._near(lines[-1].time) if self.same else 0
        left = before._meet(self.rows[:near])
        self._knows &= len(left) == near and near < len(self.rows)
        self._homes |= before._homes
        self.rows = [*before.rows, *left, *self.rows[near:]]
        self.lines[:0] = before.lines
        self._number()

    def drop(self, count: int) -> None:
        """Forget the first lines. A row that loses its first ones goes on with the others, in its place."""
        for line in self.lines[:count]:
            row = self._homes.pop((line.rank, line.offset)).now()
            row.pop(0)
            if row.written:
                row.line, row._tone, row.is_open = row.written[0], "", False
        del self.lines[:count]
        self._tidy()

    def row_of(self, rank: int, offset: int) -> Row | None:
        """Return the row that stands for the line of `rank` at `offset`."""
        row = self._homes.get((rank, offset))
        return None if row is None else row.now()

    def _begin(self, line: LogLine) -> Row:
        row = Row(line, [line], len(self.rows), key=line.key, size=line.size)
        self.rows.append(row)
        if line.alike and line.complete:
            self._begun.setdefault(line.alike, []).append(row)
        return row

    def _like(self, line: LogLine) -> Row | None:
        """Return the first row that a line may join."""
        begun = self._begun.get(line.alike)
        if begun is None:
            return None
        while begun and line.time - begun[0].line.time > SAME_WITHIN:
            del begun[0]
        last = self._last.get(line.rank)
        index = 0 if last is None else bisect.bisect_right(begun, last.number, key=_NUMBER)
        return begun[index] if index < len(begun) else None

    def _near(self, time: float) -> int:
        """Return how many of the first rows begin so soon after a time that a row of that time may be theirs."""
        for index, row in enumerate(self.rows):
            if row.line.time - time > SAME_WITHIN:
                return index
        return len(self.rows)

    def _meet(self, rows: Sequence[Row]) -> list[Row]:
        """Let rows that come after all these join their like here; return those that have none they may join.

        It is the new rows that move into those that were here: these stand for many more lines.
        """
        last, left = _Last({rank: row.number for rank, row in self._last.items()}), []
        for row in rows:
            home = self._home(row, last.of(row.who))
            last.put(row.who, len(self.rows) if home is None else home.number)
            if home is None:
                left.append(row)
            else:
                self._unite(home, row)
        return left

    def _home(self, row: Row, after: int) -> Row | None:
        """Return the first row behind the one of number `after` that a whole row may join."""
        head, soon = row.line, row.written[-1].time - SAME_WITHIN
        begun = self._begun.get(head.alike) if head.alike and head.complete else None
        if begun is None:
            return None
        for each in begun:
            if each.number > after and each.line.time >= soon:
                return each
        return None

    def _unite(self, home: Row, row: Row) -> None:
        present = self.rows[home.number]
        if present is home:
            row.begin_with(home)
            self.rows[row.number] = row
        else:  # another one has its place already
            present.join(row)

    def _number(self) -> None:
        for number, row in enumerate(self.rows):
            row.number = number

    def _tidy(self) -> None:
        """Let go of rows that stand for nothing any more."""
        self.rows = [each for each in self.rows if each.written]
        self._number()
        self._knows = False

    def _remember(self) -> None:
        """Know again, after lines were taken away, which rows may be joined: none that begins long before the end."""
        self._begun, self._last, self._knows = {}, {}, True
        if not self.lines or not self.same:
            return
        soon = self.lines[-1].time - SAME_WITHIN
        late = itertools.takewhile(lambda row: row.line.time >= soon - SAME_WITHIN, reversed(self.rows))
        for row in reversed(list(late)):
            if row.line.time >= soon and row.line.alike and row.line.complete:
                self._begun.setdefault(row.line.alike, []).append(row)
            self._last.update(dict.fromkeys(row.who, row))
