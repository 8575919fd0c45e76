"""Failures that a drill led to by way of something else: memory or room for files that is gone, ranks that stand."""

from __future__ import annotations

import re
from dataclasses import replace

from desktop_app.api import Drill, DrillKind, Explanation, RunSnapshot
from desktop_app.core.diagnosis.drilled import drill_behind
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.model import Diagnosis, Verdict
from desktop_app.core.diagnosis.silent import DRILLED, LEARN
from desktop_app.core.diagnosis.whose import guilty_of

_TAKEN = {
    DrillKind.MEMORY: re.compile(
        r"memory|alloc|MemoryError|\bENOMEM\b|\bmmap\b|start new thread|thread creation|failed to map segment"
        r"|Resource temporarily unavailable|can't fork",
        re.IGNORECASE,
    ),
    DrillKind.DISK: re.compile(
        r"Errno 2[78]\b|file too large|\bEFBIG\b|SIGXFSZ|iostream error|unexpected pos|file write failed|no space left"
        r"|PytorchStreamWriter|short write|write error",
        re.IGNORECASE,
    ),
}
"""What a rank says where a drill took something from it."""
_OF_THE_MISSING = frozenset({"collective-mismatch", "uneven-data", "timeout-symptom-only"})
"""Categories of reports of ranks that do not come."""


def of_drill(known: Diagnosis, run: RunSnapshot) -> Diagnosis:
    """Return a diagnosis that names the drill which led to the failure; a sure cause that no drill brings stays."""
    drill = drill_behind(run)
    if drill is None or (known.cause is not None and known.cause.code == DRILLED):
        return known
    if drill.kind in _TAKEN:
        return _of_what_was_taken(known, run, drill)
    if drill.kind in (DrillKind.STOP, DrillKind.NODE) and _waits_for(known.cause, drill):
        said = f"{_told(drill)} at {drill.at.astimezone():%H:%M:%S}, and the run failed while it stood still."
        return _with(known, Explanation(DRILLED, said, (LEARN,), min(drill.ranks, default=drill.rank), certainty=WEAK))
    return known


def _of_what_was_taken(known: Diagnosis, run: RunSnapshot, drill: Drill) -> Diagnosis:
    """Return the drill as the cause where a rank that it hit says that this very thing was missing, or says nothing."""
    cause, fallen = known.cause, run.first_failure
    whose = guilty_of(cause) if cause is not None else fallen.rank if fallen is not None else None
    if whose not in drill.ranks:
        return known
    if cause is None:
        return _with(known, Explanation(DRILLED, f"{_told(drill)}.", (LEARN,), whose, certainty=WEAK))
    says_so = _TAKEN[DrillKind(drill.kind)].search(f"{cause.line} {cause.cause}") is not None
    if not says_so and (cause.certainty > WEAK or cause.line):
        return known
    drilled = replace(
        cause, code=DRILLED, cause=f"{_told(drill)}.", advice=(LEARN,), links=(), fix=None, rerun=None, remedy=None
    )
    return _with(known, drilled)


def _waits_for(cause: Explanation | None, drill: Drill) -> bool:
    """Whether a failure may come of ranks that stand still: nobody knows another cause than that they do not come."""
    if cause is None or cause.certainty <= WEAK:
        return True
    return guilty_of(cause) in drill.ranks or cause.category in _OF_THE_MISSING


def _told(drill: Drill) -> str:
    return f"A drill did it: {drill.text}"


def _with(known: Diagnosis, drilled: Explanation) -> Diagnosis:
    drilled = replace(drilled, category=drilled.category or "stopped")
    others = tuple(each for each in known.all if drilled.line == "" or each is not known.cause)
    return replace(
        known, verdict=Verdict.CAUSE, cause=drilled, all=(drilled, *others), rank=guilty_of(drilled), only_echo=False,
        steps=(), suspects=(),
    )  # fmt: skip
