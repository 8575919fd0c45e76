"""Errors that a process wrote of and went on after: who caught and printed one did not end of it."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from desktop_app.api import Explanation
from desktop_app.api.kit.log_lines import LogLines
from desktop_app.core.diagnosis.frames import frames_of
from desktop_app.core.diagnosis.outlived import is_ordinary
from desktop_app.core.diagnosis.parting import PROGRESS
from desktop_app.core.diagnosis.raised import Raised
from desktop_app.core.diagnosis.tracebacks import raised_in

_LOOKED_AT = 4000
"""Lines after an error in which progress is looked for."""
_CAUGHT = 2
"""Lines of progress after an exception by which its process had caught it."""
_SAID = 3
"""Those after an error without a traceback: its consequences may be still to come."""
_OF_A_CHILD = re.compile(r"\s*(?:Exception in thread|Process \S+:|Original Traceback)")
_OUTERMOST = "<module>"
_DIGITS = re.compile(r"\d+")
_LONGEST = 500


def without_survived(
    found: Sequence[Explanation], logs: Mapping[int | None, LogLines], unshared: Collection[int]
) -> list[Explanation]:
    """Return the explanations but those of errors that were survived; `unshared` are ranks whose logs no other writes.

    In these an error is survived where progress follows it, and it is not said once more. In a log that several share
    the progress may be another's: there an exception was survived that was printed where it was caught, if the program
    ended of another one that nobody caught. What one rank survived the others did, where they say the same.
    """
    read = {rank: _Read(log, raised_in(log)) for rank, log in logs.items() if rank in {each.rank for each in found}}
    gone = [each for each in found if each.rank in read and _is_survived(each, found, read[each.rank], unshared)]
    said = {_alike(each.line) for each in gone}
    also = [
        each for each in found if each.rank in read and _alike(each.line) in said and not read[each.rank].ended(each)
    ]
    return [each for each in found if each not in gone and each not in also]


@dataclass(frozen=True, slots=True)
class _Read:
    """A log and the exceptions in it."""

    log: LogLines
    raised: Sequence[Raised]

    def around(self, place: int) -> Raised | None:
        """Return the exception with a traceback that a line is of."""
        own = next((each for each in self.raised if each.begin <= place <= each.end), None)
        return own if own is not None and any(self._begins(own)) else None

    def ended(self, explanation: Explanation) -> bool:
        """Whether a process ended of an exception: nobody caught it."""
        own = self.around(explanation.position) if explanation.position is not None else None
        return own is not None and self.is_uncaught(own)

    def is_uncaught(self, raised: Raised) -> bool:
        """Whether a traceback comes from the very beginning of a program, a thread or a child process."""
        before = self.log.lines[raised.begin - 1] if raised.begin else ""
        return _OF_A_CHILD.match(before) is not None or _OUTERMOST in self._begins(raised)

    def progress(self, begin: int) -> list[int]:
        """Return the numbers of lines that tell of progress, from one on, none of them within a traceback."""
        parts = (part for each in self.raised for part in each.parts)
        inside = {number for each in parts for number in range(each.begin, (each.line or each.end) + 1)}
        numbers = range(begin, min(len(self.log.lines), begin + _LOOKED_AT))
        return [each for each in numbers if each not in inside and _tells_of_progress(self.log.lines[each])]

    def is_said(self, begin: int, line: str) -> bool:
        """Whether a line stands once more from a place on, but for its digits."""
        said = _alike(line)
        return any(_alike(each) == said for each in self.log.lines[begin:])

    def _begins(self, raised: Raised) -> list[str]:
        """Return the functions that the tracebacks of an exception begin with; empty for one without frames."""
        found = []
        for each in raised.parts:
            frames = list(frames_of(self.log, raised, each))
            found.append((frames[-1].function or _OUTERMOST) if frames else "")
        return found


def _is_survived(each: Explanation, found: Sequence[Explanation], read: _Read, unshared: Collection[int]) -> bool:
    if each.position is None or each.is_symptom:
        return False
    own = read.around(each.position)
    if own is not None and read.is_uncaught(own):
        return False
    after = read.progress(each.position + 1)
    if each.rank in unshared:
        is_enough = len(after) >= (_SAID if own is None else _CAUGHT)
        return is_enough and not read.is_said(after[-1], read.log.lines[each.position])
    if own is None or len(after) < _CAUGHT:
        return False
    causes = (other for other in found if other.rank == each.rank and not other.is_echo and not other.is_symptom)
    return any((other.position or 0) > after[0] and read.ended(other) for other in causes)


def _tells_of_progress(line: str) -> bool:
    return PROGRESS.search(line[:_LONGEST]) is not None and is_ordinary(line)


def _alike(line: str) -> str:
    return _DIGITS.sub("", line.strip()[:_LONGEST])
