"""Explains the end of a Horovod or MPI run: each rank's last exception, what tells anywhere, mpirun's words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from desktop_app.api import Explanation, FailureReport, Job
from desktop_app.api.kit import Known, explain_line, explain_lines, last_exceptions

from .known_failures import ANYWHERE, LAST_WORDS, OF_MPIRUN

_OTHERS = frozenset({"pytorch", "tensorflow", "ray"})


def explain(report: FailureReport) -> tuple[Explanation, ...]:
    """Return what the logs of ranks and mpirun mean, causes first, and of mpirun only the first thing it says."""
    if report.job.distribution is not None and report.job.distribution.type.lower() in _OTHERS:
        return ()
    last = {rank: last_exceptions(tail).get("", "") for rank, tail in report.tails.items()}
    found = [each for rank, tail in report.tails.items() for each in _of_rank(rank, tail, last[rank], report.job)]
    if any(each.is_echo for each in found):
        found += _behind_the_echoes(report, last, {each.rank for each in found})
    found += _of_mpirun(report.launcher, None, report.job)
    return tuple(sorted(found, key=lambda each: each.is_echo))


def _of_rank(rank: int, tail: str, last: str, job: Job) -> Iterator[Explanation]:
    told = _in_order(ANYWHERE, tail, rank, job)
    known = explain_line(LAST_WORDS, last, rank, job) if last else None
    codes = {each.code: each for each in reversed([*told, *([known] if known else [])])}
    yield from reversed(codes.values())
    yield from _of_mpirun(tail, rank, job)


def _of_mpirun(text: str, rank: int | None, job: Job) -> list[Explanation]:
    return _in_order(OF_MPIRUN, text, rank, job)[:1]


def _in_order(known: Iterable[Known], text: str, rank: int | None, job: Job) -> list[Explanation]:
    return sorted(explain_lines(known, text, rank, job), key=lambda each: text.find(each.line))


def _behind_the_echoes(report: FailureReport, last: dict[int, str], told: set[int | None]) -> Iterator[Explanation]:
    """Name the rank that raised something of its own: Horovod ends the others, at times before that rank has ended."""
    for rank, line in last.items():
        if line and rank not in told and report.exit_codes.get(rank, 1) >= 0:
            cause = f"Rank {rank} ended with an error of its own, and the others could not go on without it."
            advice = (f"Look into the log of rank {rank}: the traceback stands above this line.",)
            yield Explanation("rank-raised", cause, advice, rank, line)
