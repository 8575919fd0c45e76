"""Reads torchrun's report of a failed job: which rank failed first, and how its process ended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_HEADING = "Root Cause"
_FAR = 10  # rows of one failure in the report
_LONGEST = 200  # lines of a traceback in it
_RANK = re.compile(r"^\W*rank\s*: (?P<rank>\d{1,9})\b")
_RAISED = re.compile(r"^\s+(?:\w+\.)*\w*(?:Error|Exception|Exit|Interrupt)\b(?::|\s*$)")
_END = re.compile(r"^\s*[=*-]{4,}")
_EXIT = re.compile(r"^\W*exitcode\s*: (?P<code>-?\d{1,10})\b(?:.*\((?P<signal>SIG\w+)\))?")


@dataclass(frozen=True, slots=True)
class FirstFailed:
    """The rank that torchrun saw fail first; `row` is the number of the line that tells its exit code.

    `signal` is its name, such as SIGKILL, or empty. `raised` is the number of the line with what the rank raised, where
    its main function is decorated with @record.
    """

    rank: int
    exit_code: int
    signal: str
    row: int
    raised: int | None = None


def first_failed(lines: Sequence[str]) -> Iterator[FirstFailed]:
    """Yield what each report in a log names as the root cause; there is one for each node and attempt."""
    for number, line in enumerate(lines):
        if line.lstrip(" |").startswith(_HEADING):
            found = _read(lines, number + 1)
            if found is not None:
                yield found


def _read(lines: Sequence[str], begin: int) -> FirstFailed | None:
    rank: int | None = None
    for number in range(begin, min(begin + _FAR, len(lines))):
        named = _RANK.match(lines[number])
        rank = int(named["rank"]) if named is not None else rank
        ended = _EXIT.match(lines[number])
        if ended is not None:
            raised = _raised(lines, number + 1)
            return (
                None if rank is None else FirstFailed(rank, int(ended["code"]), ended["signal"] or "", number, raised)
            )
    return None


def _raised(lines: Sequence[str], begin: int) -> int | None:
    """Return the last line in the rest of a report that names an exception: the traceback stands there indented."""
    found = None
    for number in range(begin, min(begin + _LONGEST, len(lines))):
        if _END.match(lines[number]):
            break
        found = number if _RAISED.match(lines[number]) else found
    return found
