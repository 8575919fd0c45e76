"""Lines of many ranks as rows: what several ranks write within a moment is one row that can be opened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
    the row it belongs to it is, and takes no room of its own among the bytes.
    """

    line: LogLine
    written: list[LogLine]
    number: int = 0
    part: int = 0
    key: RowKey = ()
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
    def size(self) -> int:
        """How many bytes these have."""
        return 0 if self.part else sum(each.size for each in self.written)

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
    """Lines in their order, and the rows that stand for them. Lines are added and taken away at the end.

    A line joins a row that begins with its like, unless that would turn round the lines of its rank: then it
    begins a row of its own.
    """

    def __init__(self, *, same: bool) -> None:
        self.same = same
        self.rows: list[Row] = []
        self.lines: list[LogLine] = []
        self._homes: dict[tuple[int, int], Row] = {}
        self._begun: dict[str, list[int]] = {}  # the last rows that begin with a line like this
        self._last: dict[int, int] = {}  # the last row of each rank

    def replace(self, lines: Iterable[LogLine]) -> None:
        """Hold these lines and no others."""
        self.rows, self.lines = [], []
        self._homes, self._begun, self._last = {}, {}, {}
        self.add(lines)

    def add(self, lines: Iterable[LogLine]) -> None:
        """Add lines that come after all others."""
        for line in lines:
            row = self._like(line) if self.same and line.alike else None
            if row is None:
                row = self._begin(line)
            else:
                row.written.append(line)
            self.lines.append(line)
            self._homes[line.rank, line.offset] = row
            self._last[line.rank] = row.number

    def cut(self, index: int) -> None:
        """Forget the lines from a place on."""
        if index >= len(self.lines):
            return
        while len(self.lines) > index:
            line = self.lines.pop()
            row = self._homes.pop((line.rank, line.offset))
            row.written.pop()
            if not row.written:
                self.rows.pop()
        self._remember()

    def row_of(self, rank: int, offset: int) -> Row | None:
        """Return the row that stands for the line of `rank` at `offset`."""
        return self._homes.get((rank, offset))

    def _begin(self, line: LogLine) -> Row:
        row = Row(line, [line], len(self.rows), key=line.key)
        self.rows.append(row)
        if line.alike and line.complete:
            self._begun.setdefault(line.alike, []).append(row.number)
        return row

    def _like(self, line: LogLine) -> Row | None:
        """Return the first row that a line may join."""
        begun = self._begun.get(line.alike)
        if begun is None or not line.complete:
            return None
        while begun and line.time - self.rows[begun[0]].line.time > SAME_WITHIN:
            del begun[0]
        after = self._last.get(line.rank, -1)
        number = next((each for each in begun if each > after), None)
        return None if number is None else self.rows[number]

    def _remember(self) -> None:
        """Know again, after lines were taken away, which rows may be joined."""
        self._begun, self._last = {}, {}
        begin = len(self.lines)
        while begin and self.lines[-1].time - self.lines[begin - 1].time <= SAME_WITHIN:
            begin -= 1
        for line in self.lines[begin:]:
            row = self._homes[line.rank, line.offset]
            if row.line is line and line.alike and line.complete:
                self._begun.setdefault(line.alike, []).append(row.number)
            self._last[line.rank] = row.number
