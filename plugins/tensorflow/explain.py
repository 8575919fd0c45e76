"""Explains the end of a TensorFlow run from the lines in its logs that are known, causes before echoes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator

from desktop_app.api import Explanation, FailureReport
from desktop_app.api.kit import explain_lines

from .known_failures import KNOWN

_OVERWRITES = re.compile(r"^(.+): The script overwrites TF_CONFIG\b")


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
        found.setdefault(each.code, _of_its_own_making(each, report) if each.code == "port-in-use" else each)
    causes = [each for each in found.values() if not each.is_echo]
    yield from causes or found.values()


def _of_its_own_making(taken: Explanation, report: FailureReport) -> Explanation:
    """Return what a taken port means: where the plan saw the script overwrite TF_CONFIG, that is the likelier cause."""
    seen = next(filter(None, (_OVERWRITES.match(each.message) for each in report.findings)), None)
    if seen is None:
        return taken
    return dataclasses.replace(
        taken,
        code="tf-config-overwritten",
        cause=f"The script overwrites TF_CONFIG ({seen[1]}), so this task wanted a port that is not its own.",
        advice=("Leave TF_CONFIG as it is set for each task, or use os.environ.setdefault.", taken.cause),
    )
