"""Lines of several logs, each that is like others once: what a failure says stands among them, and they are few.

Ranks mostly say the same, and most of what they say is the same but for its numbers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from desktop_app.api.kit.log_lines import LogLines, Writer, lines_of

Place: TypeAlias = tuple[int, int]
"""The number of a log, and that of a line in it."""
OFTEN = 24
"""Lines of one log that differ in numbers alone: of more, this many first and last ones are kept."""
_LOOKED_AT = 400
_NUMBERS = str.maketrans("", "", "0123456789")


@dataclass(frozen=True, slots=True)
class UnlikeLines:
    """Cleaned lines with all places of each."""

    logs: Sequence[LogLines]
    lines: Sequence[str]
    places: Sequence[Sequence[Place]]
    text: str
    starts: Sequence[int]

    def line_at(self, place: Place) -> str:
        """Return a line of a log."""
        return self.logs[place[0]].lines[place[1]]

    def is_code(self, place: Place) -> bool:
        """Whether a line is one of a program, as tracebacks quote them: it may well say what it would raise."""
        lines, number = self.logs[place[0]].lines, place[1]
        return number > 0 and lines[number][:1] == " " and _is_frame(lines[number - 1])

    def writer_of(self, place: Place) -> tuple[int, Writer]:
        """Return who wrote a line: the number of the log, and whom its prefix names."""
        return place[0], self.logs[place[0]].writers[place[1]]

    def with_any(self, needles: Iterable[str]) -> list[int]:
        """Return the numbers of the lines that hold one of some texts."""
        found: set[int] = set()
        for needle in needles:
            place = self.text.find(needle)
            while place >= 0:
                number = bisect_right(self.starts, place) - 1
                found.add(number)
                place = self.text.find(needle, self.starts[number] + len(self.lines[number]))
        return sorted(found)


@lru_cache(maxsize=4)
def unlike_lines(texts: tuple[str, ...]) -> UnlikeLines:
    """Return the lines of logs; the same logs are read once for all who ask."""
    logs = [lines_of(text) for text in texts]
    places: dict[str, list[Place]] = {}
    for number, log in enumerate(logs):
        for line in _kept(log.lines):
            text = log.lines[line]
            places.setdefault(text, []).append((number, line))
    starts, place = [], 0
    for each in places:
        starts.append(place)
        place += len(each) + 1
    return UnlikeLines(logs, list(places), list(places.values()), "\n".join(places), starts)


def _is_frame(line: str) -> bool:
    return line.lstrip(" |").startswith('File "') and ", line " in line


def _kept(lines: Sequence[str]) -> list[int]:
    """Return the numbers of the lines that are not among many like them."""
    if len(lines) <= 2 * OFTEN:
        return [number for number, line in enumerate(lines) if line]
    alike: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        if line:
            alike.setdefault(line[:_LOOKED_AT].translate(_NUMBERS), []).append(number)
    few = [each if len(each) <= 2 * OFTEN else [*each[:OFTEN], *each[-OFTEN:]] for each in alike.values()]
    return sorted(number for each in few for number in each)
