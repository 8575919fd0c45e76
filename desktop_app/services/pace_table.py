"""How fast each rank is, as a table: the slow ones first, each figure with its share of the greatest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from desktop_app.core.paces import Kind
from desktop_app.core.stragglers import Pace, time_text
from desktop_app.core.words import size_text
from desktop_app.services.run_paces import Paces

MOST_ROWS = 16
"""Ranks that are listed before the rest is only counted: the slow ones are among them."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One figure: its text, and its part of the greatest of all ranks' (0 to 1); empty where it is not known."""

    text: str = ""
    part: float = 0.0


@dataclass(frozen=True, slots=True)
class RankRow:
    """One rank: what it is called, whether it is slow, a bar for each column."""

    rank: int
    name: str
    is_slow: bool
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True)
class PaceTable:
    """What there is to show: only columns that at least one rank has a figure for. `more` ranks are not listed."""

    columns: tuple[str, ...] = ()
    rows: tuple[RankRow, ...] = ()
    more: int = 0


def _time(kind: Kind) -> Callable[[Pace], float | None]:
    return lambda pace: pace.times.get(kind)


def _memory(pace: Pace) -> float | None:
    return None if pace.memory is None else float(pace.memory)


def _gpu_memory(pace: Pace) -> float | None:
    return None if pace.gpu_memory is None else float(pace.gpu_memory)


def _per_cent(value: float) -> str:
    return f"{value:.0f} %"


def _size(value: float) -> str:
    return size_text(int(value))


_COLUMNS: tuple[tuple[str, Callable[[Pace], float | None], Callable[[float], str]], ...] = (
    ("Step", _time(Kind.STEP), time_text),
    ("Data", _time(Kind.DATA), time_text),
    ("Compute", _time(Kind.COMPUTE), time_text),
    ("Wait", _time(Kind.WAIT), time_text),
    ("CPU", lambda pace: pace.cpu, _per_cent),
    ("GPU", lambda pace: pace.gpu, _per_cent),
    ("Memory", _memory, _size),
    ("GPU memory", _gpu_memory, _size),
)


def table_of(paces: Paces, most: int | None = None) -> PaceTable:
    """Return the table: slow ranks first, then by the time of a step, then by number; `most` rows at most."""
    slow = paces.finding.ranks
    shown = [each for each in _COLUMNS if any(each[1](pace) is not None for pace in paces.ranks)]
    greatest = [max((value(pace) or 0.0 for pace in paces.ranks), default=0.0) for _title, value, _words in shown]
    rows = []
    for pace in sorted(paces.ranks, key=lambda each: (each.rank not in slow, -(each.step or 0.0), each.rank)):
        figures = zip(shown, greatest, strict=True)
        bars = tuple(_bar(value(pace), top, words) for (_title, value, words), top in figures)
        rows.append(RankRow(pace.rank, str(pace.rank), pace.rank in slow, bars))
    kept: Sequence[RankRow] = rows if most is None else rows[:most]
    return PaceTable(tuple(title for title, _value, _words in shown), tuple(kept), len(rows) - len(kept))


def _bar(value: float | None, greatest: float, words: Callable[[float], str]) -> Bar:
    if value is None:
        return Bar()
    return Bar(words(value), value / greatest if greatest > 0 else 0.0)
