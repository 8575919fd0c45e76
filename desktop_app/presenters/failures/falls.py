"""Who fell when, in a few rows: ranks that ended alike and together share one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from desktop_app.core.diagnosis.model import Fall, Part
from desktop_app.core.diagnosis.part_words import PART_WORDS
from desktop_app.core.words import spoken_duration
from desktop_app.presenters.run_words import exit_words_only, rank_span

MOST_ROWS = 6
"""A picture, not a table: what is more is counted in its last row."""
_LONGEST = 24
"""Letters of ranks' numbers that are listed; of more, how many they are is said."""
_TOGETHER = 1.0  # seconds: ranks that a launcher stops fall one after the other
_CHANGING = re.compile(r"0x[0-9a-f]+|\d+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class FallRow:
    """Ranks that fell alike: `at` is the first one's time, `after` its seconds since the very first, None where no
    clock tells; `place` is where it stands between first (0) and last (1). `text` is their last word."""

    part: Part
    ranks: tuple[int, ...]
    called: str
    text: str
    at: datetime | None = None
    after: float | None = None
    place: float = 0.0
    more: int = 0

    @property
    def part_words(self) -> str:
        """What part they had, in a word or two."""
        return PART_WORDS[self.part].short

    @property
    def when(self) -> str:
        """How long after the first, `+0.3 s`; empty for the first, and where no clock tells."""
        return f"+{spoken_duration(self.after)}" if self.after else ""

    @property
    def spoken(self) -> str:
        """The row as one sentence, for those who hear it."""
        if self.more:
            return f"{self.more} more"
        words = (self.called, self.part_words, f"{self.when} after the first".lstrip("+") if self.when else "")
        return ", ".join(each for each in words if each) + (f": {self.text}" if self.text else "")


def fall_rows(falls: Sequence[Fall], names: Mapping[int, str] = MappingProxyType({})) -> tuple[FallRow, ...]:
    """Return the rows in the order of the falls; nothing where one rank is all there is.

    `names` are what ranks are called where a number does not say it.
    """
    if len(falls) < 2:
        return ()
    times = [each.at for each in falls if each.at is not None and each.part not in {Part.FINISHED, Part.SILENT}]
    first = min(times, default=None)
    last = max(times, default=None)
    ordered = sorted(falls, key=_order)
    groups = list(_grouped(ordered, _TOGETHER))
    if len(groups) > MOST_ROWS:  # of many ranks who fell alike counts, not each one's second
        groups = list(_grouped(ordered, float("inf")))
    rows = [_row(each, first, last, names) for each in groups]
    if len(rows) <= MOST_ROWS:
        return tuple(rows)
    left = sum(len(each.ranks) for each in rows[MOST_ROWS - 1 :])
    return (*rows[: MOST_ROWS - 1], FallRow(Part.SILENT, (), "", "", more=left))


def _order(fall: Fall) -> tuple[bool, int, bool, float, int]:
    """Return a key: where nothing tells the order, the cause comes first."""
    at = fall.at.timestamp() if fall.at is not None else 0.0
    return fall.part in {Part.FINISHED, Part.SILENT}, fall.order, fall.part is not Part.CAUSE, at, fall.rank


def _grouped(falls: Sequence[Fall], together: float) -> Iterator[list[Fall]]:
    """Yield the falls that share a row: alike, and within so many seconds of each other."""
    open_rows: dict[tuple[Part, int | None, str], list[Fall]] = {}
    found: list[list[Fall]] = []
    for each in falls:
        row = open_rows.get(_likeness(each))
        if row is None or not _near(row[-1], each, together):
            row = open_rows[_likeness(each)] = []
            found.append(row)
        row.append(each)
    yield from found


def _likeness(fall: Fall) -> tuple[Part, int | None, str]:
    return fall.part, fall.exit_code, _CHANGING.sub("0", fall.text)


def _near(one: Fall, other: Fall, together: float) -> bool:
    if one.at is None or other.at is None:
        return True
    return abs((other.at - one.at).total_seconds()) <= together


def _row(group: list[Fall], first: datetime | None, last: datetime | None, names: Mapping[int, str]) -> FallRow:
    one = group[0]
    ranks = tuple(sorted(each.rank for each in group))
    called = ", ".join(names[each] for each in ranks) if all(each in names for each in ranks) else rank_span(ranks)
    is_long = len(called) > _LONGEST
    text = one.text or (exit_words_only(one.exit_code) if one.exit_code else "")
    plain = called if ranks[0] in names else f"rank{'' if len(ranks) == 1 else 's'} {called}"
    plain = f"{len(ranks):,} ranks" if is_long else plain
    if one.at is None or first is None or last is None or one.part in {Part.FINISHED, Part.SILENT}:
        return FallRow(one.part, ranks, plain, text)
    after, whole = max(0.0, (one.at - first).total_seconds()), (last - first).total_seconds()
    return FallRow(one.part, ranks, plain, text, one.at, after, after / whole if whole > 0 else 0.0)
