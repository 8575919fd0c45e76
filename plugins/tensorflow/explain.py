"""Explains the end of a TensorFlow run from the lines in its logs that are known, causes before echoes."""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.api import Explanation, FailureReport
from desktop_app.api.kit import explain_lines

from .known_failures import KNOWN


def explain(report: FailureReport) -> tuple[Explanation, ...]:
    """Return what is known in the logs: of each rank its causes, and its echoes where nothing else is known of it."""
    distribution = report.job.distribution
    if distribution is not None and distribution.type.lower() == "pytorch":
        return ()
    found = [each for rank, tail in report.tails.items() for each in _of_log(rank, tail, report)]
    return tuple(sorted(found, key=lambda each: (each.is_echo, each.rank != report.first_rank)))


def _of_log(rank: int, tail: str, report: FailureReport) -> Iterator[Explanation]:
    if report.exit_codes.get(rank) == 0:
        return  # the last words of one that ended well mean nothing
    found: dict[str, Explanation] = {}
    for each in explain_lines(KNOWN, tail, rank, report.job):
        found.setdefault(each.code, each)
    causes = [each for each in found.values() if not each.is_echo]
    yield from causes or found.values()
