"""Explains the end of a Horovod or MPI run: each rank's last exception, what tells anywhere, mpirun's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from desktop_app.api import Explanation, FailureReport

from .known_failures import OF_MPIRUN, OF_RANKS, Known

_EXCEPTION = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Exit|Interrupt)\b(?::|$)")


def explain(report: FailureReport) -> tuple[Explanation, ...]:
    """Return what the logs of ranks and mpirun mean, causes first, and of mpirun only the first thing it says."""
    found = [each for rank, tail in report.tails.items() for each in _of_rank(rank, tail)]
    if any(each.is_echo for each in found):
        found += _behind_the_echoes(report, {each.rank for each in found})
    found += [*_first(_matches(OF_MPIRUN, report.launcher.splitlines(), None))]
    return tuple(sorted(found, key=lambda each: each.is_echo))


def _of_rank(rank: int, tail: str) -> Iterator[Explanation]:
    lines = tail.splitlines()
    told = [*_matches([each for each in OF_RANKS if each.anywhere], lines, rank)]
    last = _last_exception(lines)
    told += _matches([each for each in OF_RANKS if not each.anywhere], [last], rank)
    codes: dict[str, Explanation] = {}
    for each in told:
        codes.setdefault(each.code, each)
    yield from codes.values()
    yield from _first(_matches(OF_MPIRUN, lines, rank))


def _behind_the_echoes(report: FailureReport, told: set[int | None]) -> Iterator[Explanation]:
    """Name the rank that raised something of its own: Horovod ends the others, at times before that rank has ended."""
    for rank, tail in report.tails.items():
        last = _last_exception(tail.splitlines())
        if last and rank not in told and report.exit_codes.get(rank, 1) >= 0:
            cause = f"Rank {rank} ended with an error of its own, and the others could not go on without it."
            advice = (f"Look into the log of rank {rank}: the traceback stands above this line.",)
            yield Explanation("rank-raised", cause, advice, rank, last)


def _last_exception(lines: list[str]) -> str:
    return next((line for line in reversed(lines) if _EXCEPTION.match(line)), "")


def _matches(known: Iterable[Known], lines: Iterable[str], rank: int | None) -> Iterator[Explanation]:
    known = tuple(known)
    for line in lines:
        for each in known:
            match = each.pattern.search(line)
            if match is not None:
                held = [group or "" for group in match.groups()]
                advice = tuple(text.format(*held) if "{0}" in text else text for text in each.advice)
                yield Explanation(each.code, each.cause.format(*held), advice, rank, line.rstrip(), each.is_echo)


def _first(found: Iterator[Explanation]) -> Iterator[Explanation]:
    first = next(found, None)
    if first is not None:
        yield first
