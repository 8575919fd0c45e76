"""Lines of many ranks as rows: what several ranks write within a moment is one row that can be opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from desktop_app.presenters.run_words import rank_span
from desktop_app.services.logs.merge import LogLine
from desktop_app.services.logs.text import is_error, is_warning

SAME_WITHIN = 3.0
"""Seconds within which the same line of several ranks is shown once."""

RowKey = tuple[float, ...]
"""A row's place: its line's key; of a line in an opened row the row's key and the line's number in it."""


@dataclass(slots=True, eq=False)
class Row:
    """A line as it is shown, for every rank that wrote it at about the same time, or one of these lines alone.

    `number` is its place among the rows that are no parts of others. A part says which of the `written` lines of
    the row it belongs to it is, and takes no room of its own among the bytes: `size` is how many bytes a row has.
    """

    line: LogLine
    written: list[LogLine]
    number: int = 0
    part: int = 0
    key: RowKey = ()
    size: int = 0
    is_open: bool = False
    _span: tuple[int, str] = field(default=(0, ""))
    _tone: str = ""

    @property
    def ranks(self) -> tuple[int, ...]:
        """Who wrote it."""
        return tuple(each.rank for each in self.written)

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

    def holds(self, places: Iterable[tuple[int, int]] | Mapping[tuple[int, int], object]) -> bool:
        """Whether one of its lines is at one of these (rank, offset)."""
        return any((each.rank, each.offset) in places for each in self.written)

    def span(self, names: Mapping[int, str]) -> str:
        """Return who wrote it in few characters, worked out anew only when there are more of them."""
        if self._span[0] != len(self.written):
            self._span = len(self.written), rank_span(self.ranks, names)
        return self._span[1]


def tone_of(text: str) -> str:
    """Return how a line is to be shown."""
    return "error" if is_error(text) else "warning" if is_warning(text) else "plain"


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
            row = self._like(line) if self.same and line.alike else None
            if row is None:
                row = self._begin(line)
            else:
                row.written.append(line)
                row.size += line.size
            self.lines.append(line)
            self._homes[line.rank, line.offset] = row
            self._last[line.rank] = row

    def cut(self, index: int) -> None:
        """Forget the lines from a place on."""
        if index >= len(self.lines):
            return
        while len(self.lines) > index:
            line = self.lines.pop()
            row = self._homes.pop((line.rank, line.offset))
            row.written.pop()
            row.size -= line.size
            if not row.written:
                self.rows.pop()
        self._knows = False

    def prepend(self, lines: Sequence[LogLine]) -> None:
        """Add lines that come before all others."""
        if not lines:
            return
        before = Folding(same=self.same)
        before.add(lines)
        near = 0
        while near < len(self.rows) and self.rows[near].line.time - lines[-1].time <= SAME_WITHIN:
            near += 1
        left = [each for each in self.rows[:near] if not (self.same and before._takes(each))]
        self._knows &= len(left) == near and near < len(self.rows)
        self._homes |= before._homes
        self.rows = [*before.rows, *left, *self.rows[near:]]
        self.lines[:0] = before.lines
        self._number()

    def drop(self, count: int) -> None:
        """Forget the first lines. A row that loses its first ones goes on with the others, in its place."""
        for line in self.lines[:count]:
            row = self._homes.pop((line.rank, line.offset))
            del row.written[0]
            row.size -= line.size
            if row.written:
                row.line, row._tone, row.is_open = row.written[0], "", False
            else:
                row.number = -1
        del self.lines[:count]
        self.rows = [each for each in self.rows if each.written]
        self._number()

    def row_of(self, rank: int, offset: int) -> Row | None:
        """Return the row that stands for the line of `rank` at `offset`."""
        return self._homes.get((rank, offset))

    def _begin(self, line: LogLine) -> Row:
        row = Row(line, [line], len(self.rows), key=line.key, size=line.size)
        self.rows.append(row)
        if line.alike and line.complete:
            self._begun.setdefault(line.alike, []).append(row)
        return row

    def _like(self, line: LogLine) -> Row | None:
        """Return the first row that a line may join."""
        begun = self._begun.get(line.alike)
        if begun is None or not line.complete:
            return None
        while begun and (begun[0].number < 0 or line.time - begun[0].line.time > SAME_WITHIN):
            del begun[0]
        after = self._last_number(line.rank)
        return next((each for each in begun if each.number > after), None)

    def _last_number(self, rank: int) -> int:
        last = self._last.get(rank)
        return -1 if last is None else last.number

    def _takes(self, row: Row) -> bool:
        """Let a row that comes after all these join its like here; return whether there is one it may join."""
        ranks, head = row.ranks, row.line
        after = max(map(self._last_number, ranks))
        begun = self._begun.get(head.alike, ()) if head.alike and head.complete else ()
        soon = row.written[-1].time - SAME_WITHIN
        home = next((each for each in begun if each.number > after and each.line.time >= soon), None)
        if home is None:
            row.number = len(self.rows)
            self._last.update(dict.fromkeys(ranks, row))
            return False
        self._last.update(dict.fromkeys(ranks, home))
        home.written += row.written
        home.size += row.size
        self._homes.update(dict.fromkeys(((each.rank, each.offset) for each in row.written), home))
        return True

    def _number(self) -> None:
        for number, row in enumerate(self.rows):
            row.number = number

    def _remember(self) -> None:
        """Know again, after lines were taken away, which rows may be joined."""
        self._begun, self._last, self._knows = {}, {}, True
        begin = len(self.lines)
        while begin and self.lines[-1].time - self.lines[begin - 1].time <= SAME_WITHIN:
            begin -= 1
        for line in self.lines[begin:]:
            row = self._homes[line.rank, line.offset]
            if row.line is line and line.alike and line.complete:
                self._begun.setdefault(line.alike, []).append(row)
            self._last[line.rank] = row
