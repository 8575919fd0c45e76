"""Lines of failed runs that are known, and how a log is searched for them: fast where it holds none of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from desktop_app.api.diagnostics import Fix
from desktop_app.api.failures import Explanation
from desktop_app.api.jobs import Job

_HOLE = re.compile(r"\{(\d)\}")
_EXCEPTION = re.compile(
    r"^(?:\[[Rr]ank(\d+)\]:[ \t]?)?((?:\w+\.)*\w*(?:Error|Exception|Exit|Interrupt)\b(?::.*|$))", re.MULTILINE
)


def _nothing(_job: Job) -> Fix | None:
    return None


def _any_job(_job: Job) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Known:
    """A line that is known: `{0}`, `{1}`, … in cause and advice are what the pattern's groups held.

    Groups that took no part are not counted. `fix` mends the job, where it can; `when` says in which jobs the line
    means this.
    """

    code: str
    pattern: re.Pattern[str]
    cause: str
    advice: tuple[str, ...] = ()
    is_echo: bool = False
    fix: Callable[[Job], Fix | None] = _nothing
    when: Callable[[Job], bool] = _any_job


def explain_line(known: Iterable[Known], line: str, rank: int | None, job: Job) -> Explanation | None:
    """Return the meaning of a line: that of the first in the list that knows it."""
    for each in known:
        match = each.pattern.search(line) if each.when(job) else None
        if match is not None:
            return _explanation(each, match, line, rank, job)
    return None


def explain_lines(known: Iterable[Known], text: str, rank: int | None, job: Job) -> Iterator[Explanation]:
    """Yield what each in the list means by the first line that it knows, in the order of the list."""
    for each, number in _told(known, text, job, last=False):
        yield from _of_line(each, _lines(text)[number], rank, job)


def explain_last(known: Iterable[Known], text: str, rank: int | None, job: Job) -> Explanation | None:
    """Return the meaning of a log: that of the first in the list that knows any line, by the last such line."""
    for each, number in _told(known, text, job, last=True):
        return next(_of_line(each, _lines(text)[number], rank, job))
    return None


def last_exceptions(text: str) -> dict[str, str]:
    """Return the last exception's line of each process that wrote to a log, by the rank before it, or ""."""
    return {match[1] or "": match[2].rstrip() for match in _EXCEPTION.finditer("\n".join(_lines(text)))}


def _told(known: Iterable[Known], text: str, job: Job, *, last: bool) -> Iterator[tuple[Known, int]]:
    """Yield whom of the list a text speaks of, with the number of the first or last line that does.

    Most logs hold none of the lines: the whole text is searched first, which takes a fraction of what each line does.
    """
    lines = _lines(text)
    whole = "\n".join(lines)
    numbers: Sequence[int] = range(len(lines))
    for each in known:
        if each.when(job) and _anywhere(each.pattern).search(whole):
            order = reversed(numbers) if last else numbers
            number = next((number for number in order if each.pattern.search(lines[number])), None)
            if number is not None:
                yield each, number


@lru_cache(maxsize=2)
def _lines(text: str) -> list[str]:
    return text.splitlines()


@lru_cache(maxsize=512)
def _anywhere(pattern: re.Pattern[str]) -> re.Pattern[str]:
    return re.compile(pattern.pattern, pattern.flags | re.MULTILINE)


def _of_line(known: Known, line: str, rank: int | None, job: Job) -> Iterator[Explanation]:
    match = known.pattern.search(line)
    if match is not None:
        yield _explanation(known, match, line, rank, job)


def _explanation(known: Known, match: re.Match[str], line: str, rank: int | None, job: Job) -> Explanation:
    held = [each for each in match.groups() if each is not None]
    advice = tuple(_filled(each, held) for each in known.advice)
    cause = _filled(known.cause, held)
    return Explanation(known.code, cause, advice, rank, line.strip(), known.is_echo, known.fix(job))


def _filled(text: str, held: Sequence[str]) -> str:
    return _HOLE.sub(lambda hole: held[int(hole[1])] if int(hole[1]) < len(held) else "", text)
