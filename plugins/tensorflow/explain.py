"""Explains the end of a TensorFlow run from the lines in its logs that are known, causes before echoes."""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.api import Explanation, FailureReport

from .known_failures import KNOWN, Known


def explain(report: FailureReport) -> tuple[Explanation, ...]:
    """Return what is known in the logs: of each rank its causes, and one echo where nothing else is known of it."""
    found = [each for rank, tail in report.tails.items() for each in _of_log(rank, tail, report)]
    return tuple(sorted(found, key=lambda each: (each.is_echo, each.rank != report.first_rank)))


def _of_log(rank: int, tail: str, report: FailureReport) -> Iterator[Explanation]:
    if report.exit_codes.get(rank) == 0:
        return  # the last words of one that ended well mean nothing
    found: dict[str, Explanation] = {}
    for line in tail.splitlines():
        for each in KNOWN:
            if each.code not in found and (match := each.pattern.search(line)):
                found[each.code] = _explanation(each, match.groups(), rank, line.strip(), report)
    causes = [each for each in found.values() if not each.is_echo]
    yield from causes or [*found.values()][:1]


def _explanation(
    known: Known, held: tuple[str | None, ...], rank: int, line: str, report: FailureReport
) -> Explanation:
    cause = known.cause.format(*(each or "" for each in held))
    return Explanation(known.code, cause, known.advice, rank, line, known.is_echo, known.fix(report.job))
