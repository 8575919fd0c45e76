"""A text here and another on disk, as changes to settle: what only one side touched is suggested, the rest is asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from enum import StrEnum

MOST_LINES = 20_000
"""Of a text that is compared line by line; a longer one is one change."""


class Side(StrEnum):
    """Whose lines are taken."""

    THEIRS = "theirs"
    MINE = "mine"


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that are the same on both sides, or a change: `theirs` on disk, `mine` here, and which of them is taken.

    `line` is where it begins here, counted from 1. `taken` is None for a change that is still to be decided.
    """

    theirs: tuple[str, ...]
    mine: tuple[str, ...]
    line: int
    taken: Side | None = None

    @property
    def is_change(self) -> bool:
        """Whether the sides differ."""
        return self.theirs != self.mine


@dataclass(frozen=True, slots=True)
class Difference:
    """All parts, in their order."""

    parts: tuple[Part, ...]

    @property
    def changes(self) -> tuple[int, ...]:
        """The numbers of the parts that are changes."""
        return tuple(number for number, each in enumerate(self.parts) if each.is_change)

    @property
    def open(self) -> int:
        """How many changes are still to be decided."""
        return sum(1 for each in self.parts if each.is_change and each.taken is None)

    def decided(self, number: int, side: Side) -> Difference:
        """Return the same with one change decided."""
        parts = list(self.parts)
        parts[number] = replace(parts[number], taken=side)
        return Difference(tuple(parts))

    def all_decided(self, side: Side) -> Difference:
        """Return the same with every change decided for one side."""
        return Difference(tuple(replace(each, taken=side) if each.is_change else each for each in self.parts))

    @property
    def text(self) -> str:
        """The text that is made of what was decided; what is still open stands as it does here."""
        return "".join(line for each in self.parts for line in _lines_of(each))


def _lines_of(part: Part) -> tuple[str, ...]:
    return part.theirs if part.taken is Side.THEIRS else part.mine


def difference(base: str, theirs: str, mine: str) -> Difference:
    """Return how `theirs` and `mine` differ, two texts that were both made of `base`."""
    sides = [_lines(each) for each in (base, theirs, mine)]
    if max(map(len, sides)) > MOST_LINES:
        return Difference((Part((theirs,), (mine,), 1),))
    of_base, of_theirs, of_mine = sides
    touched_there, touched_here = _touched(of_base, of_theirs), _touched(of_base, of_mine)
    parts = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, of_theirs, of_mine, autojunk=False).get_opcodes():
        there, here = tuple(of_theirs[i1:i2]), tuple(of_mine[j1:j2])
        taken = None if tag == "equal" else _suggested(_meets(touched_there, i1, i2), _meets(touched_here, j1, j2))
        parts.append(Part(there, here, j1 + 1, taken))
    return Difference(tuple(parts))


def _suggested(touched_there: bool, touched_here: bool) -> Side | None:
    if touched_there == touched_here:
        return None
    return Side.THEIRS if touched_there else Side.MINE


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True) if "\r" in text or not text else _plain_lines(text)


def _plain_lines(text: str) -> list[str]:
    """Return lines parted by newlines alone: other characters that part lines belong to the text."""
    lines = [f"{each}\n" for each in text.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _touched(base: Sequence[str], now: Sequence[str]) -> list[tuple[int, int]]:
    """Return which lines of `now` are not those of `base`; where lines are missing, an empty span."""
    codes = SequenceMatcher(None, base, now, autojunk=False).get_opcodes()
    return [(j1, j2) for tag, _, _, j1, j2 in codes if tag != "equal"]


def _meets(spans: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    return any(first <= end and last >= start and (first < end or last > start or first == last or start == end)
               for first, last in spans)  # fmt: skip
