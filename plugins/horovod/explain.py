"""Explains the end of a Horovod or MPI run: what the logs of ranks and mpirun say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from desktop_app.api import Explanation, FailureReport
from desktop_app.api.kit import explain_by, last_exceptions, load_knowledge

_KNOWLEDGE = Path(__file__).parent / "knowledge"
_OTHERS = frozenset({"pytorch", "tensorflow", "ray"})
_LAST_WORDS = frozenset({"no-such-module", "no-rank-variables"})
"""Exceptions that scripts often catch: they tell only where they are the last of a log."""


def explain(report: FailureReport) -> tuple[Explanation, ...]:
    """Return what the logs of ranks and mpirun mean, causes first."""
    if not report.is_foreign and report.job.distribution and report.job.distribution.type.lower() in _OTHERS:
        return ()
    last = {rank: last_exceptions(tail) for rank, tail in report.tails.items()}
    found = list(_without_caught(explain_by(load_knowledge(_KNOWLEDGE), report), last))
    found = [each for each in found if not _is_said_better(each, found)]
    return tuple(sorted(found, key=lambda each: (each.is_echo, each.is_symptom, -each.certainty)))


def _without_caught(found: Iterable[Explanation], last: dict[int, dict[str, str]]) -> Iterator[Explanation]:
    for each in found:
        words = last.get(-1 if each.rank is None else each.rank, {}).values()
        if each.code not in _LAST_WORDS or not words or any(word in each.line for word in words):
            yield each


def _is_said_better(each: Explanation, found: Iterable[Explanation]) -> bool:
    """Whether a log that warns of a stall names the missing rank too, or the stall that ended the run."""
    better = {"stall-warned": {"stalled"}, "stall-seen": {"stalled", "stall-warned"}}.get(each.code, set())
    return any(other.code in better and other.rank == each.rank for other in found)
