"""Explains the end of a PyTorch run: reads the last words of each process in each log, and torchrun's report."""

from __future__ import annotations

import re
from collections.abc import Iterator

from desktop_app.api import Explanation, FailureReport, Job
from desktop_app.api.kit import explain_last, explain_line, last_exceptions

from .deepspeed_failures import DEEPSPEED
from .known_failures import ABORTS, KNOWN

_ROOT_CAUSE = re.compile(
    r"Root Cause.*?rank\s*:\s*(\d+).*?exitcode\s*:\s*(-?\d+)[^\n]*?(?:\((SIG\w+)\))?\s*(?:\n|$)", re.DOTALL
)
_CHILD_FAILED = "errors.ChildFailedError"
_KNOWN = (*DEEPSPEED, *KNOWN)


def explain(report: FailureReport) -> tuple[Explanation, ...]:
    """Return what the last words of each rank mean, causes first."""
    found = [each for rank, tail in report.tails.items() for each in _of_log(rank, tail, report.job)]
    return tuple(sorted(found, key=lambda each: each.is_echo))


def _of_log(rank: int, tail: str, job: Job) -> Iterator[Explanation]:
    words = last_exceptions(tail)
    for line in words.values():
        known = explain_line(_KNOWN, line, rank, job)
        if known is not None:
            yield known
    aborted = None if words else explain_last(ABORTS, tail, rank, job)
    if aborted is not None:
        yield aborted
    if any(_CHILD_FAILED in each for each in words.values()):
        yield from _under_torchrun(rank, tail, words, job)


def _under_torchrun(rank: int, tail: str, words: dict[str, str], job: Job) -> Iterator[Explanation]:
    """Say what torchrun's report names as the first failure, unless its own line is known anyway."""
    match = _ROOT_CAUSE.search(tail)
    if match is None:
        return
    line = words.get(match[1], "")
    if line and explain_line(_KNOWN, line, rank, job) is None:
        advice = ("Its traceback stands above torchrun's report, in the same log.",)
        yield Explanation(
            "rank-of-torchrun-failed", f"Rank {match[1]}, which torchrun started, failed.", advice, rank, line
        )
    elif not line and match[3]:
        cause = f"Rank {match[1]}, which torchrun started, was killed by {match[3]}."
        killed = ("SIGKILL most often means that the memory ran out: take smaller batches or fewer workers.",)
        row = next(each for each in tail[match.start() :].splitlines() if "exitcode" in each)
        yield Explanation("rank-of-torchrun-killed", cause, killed if match[3] == "SIGKILL" else (), rank, row.strip())
