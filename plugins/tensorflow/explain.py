"""Explains the end of a TensorFlow run from the lines in its logs that are known, causes before echoes."""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.api import Explanation, FailureReport

from .known_failures import KNOWN, Known


def explain(report: FailureReport) -> tuple[Explanation, ...]:
    """Return what is known in the logs: of each rank its causes, and its echoes where nothing else is known of it."""
    found = [each for rank, tail in report.tails.items() for each in _of_log(rank, tail, report)]
    return tuple(sorted(found, key=lambda each: (each.is_echo, each.rank != report.first_rank)))


def _of_log(rank: int, tail: str, report: FailureReport) -> Iterator[Explanation]:
    if report.exit_codes.get(rank) == 0:
        return  # the last words of one that ended well mean nothing
    lines = tail.splitlines()
    found: dict[str, Explanation] = {}
    for known in KNOWN:
        line = next((each for each in lines if known.pattern.search(each)), None)
        if line is not None and known.code not in found:
            found[known.code] = _explanation(known, rank, line.strip(), report)
    causes = [each for each in found.values() if not each.is_echo]
    yield from causes or found.values()


def _explanation(known: Known, rank: int, line: str, report: FailureReport) -> Explanation:
    match = known.pattern.search(line)
    cause = known.cause.format(*(match.groups() if match else ()))
    return Explanation(known.code, cause, known.advice, rank, line, known.is_echo, known.fix(report.job))
