"""Why a run went on after an error until its time limit ended it, where its log shows that: what the error did not end.

An exception ends the thread or process that raised it, and no other; whoever waits for that one waits for ever.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from desktop_app.api import Diagnostic, Explanation
from desktop_app.api.kit.log_lines import LogLines
from desktop_app.core.diagnosis.tracebacks import raised_in
from desktop_app.core.diagnosis.whose import guilty_of

MPI_WAITS = "mpi-exception-waits"
"""The finding of a plan whose ranks of MPI do not learn that one of them raised an exception."""
_AT_ONCE = timedelta(seconds=2)
"""The time after an error in which its own last lines come."""
_IN_A_THREAD = re.compile(r"Exception in thread (\S.{0,120}?):?\s*$")
_IN_A_CHILD = re.compile(r"Process (\S{1,120}):\s*$")
_OF_A_THREAD = (
    "Let the main thread learn of an error in a thread, so that the run ends at once: take concurrent.futures and ask"
    " result(), or put the exception into the queue and raise it where it is taken out."
)
_OF_A_CHILD = (
    "Let the parent learn that a child process is gone, so that the run ends at once: wait with get(timeout=…) and look"
    " at is_alive(), or take concurrent.futures.ProcessPoolExecutor, whose result() raises the error."
)
_OF_MPI = "Start the script with python -m mpi4py: an exception on one rank then ends them all at once."


@dataclass(frozen=True, slots=True)
class WentOn:
    """`at` is when the cause was written, None where nothing tells; `why` the run went on, and `advice` against it."""

    at: datetime | None = None
    why: str = ""
    advice: tuple[str, ...] = ()


def went_on(
    cause: Explanation,
    log: LogLines,
    times: tuple[datetime | None, datetime | None],
    findings: Collection[Diagnostic] = (),
    *,
    alone: bool = False,
) -> WentOn:
    """Return what is known of a run that went on after its cause, which stands in `log`.

    `times` are when the cause was written, and when that log was last written to. `alone`: the run has one rank.
    """
    at, last = times
    raised = next((each for each in raised_in(log) if _holds(each.begin, each.end, cause.position)), None)
    if raised is None:
        return WentOn(at)
    whose = "the program" if alone else f"rank {guilty_of(cause)}"
    before = log.lines[raised.begin - 1] if raised.begin else ""
    for form, what, advice in ((_IN_A_THREAD, "thread", _OF_A_THREAD), (_IN_A_CHILD, "child process", _OF_A_CHILD)):
        found = form.match(before)
        if found is not None:
            return WentOn(
                at,
                _ended_only(what, found[1], whose, waits=last is None or at is None or last - at <= _AT_ONCE),
                (advice,),
            )
    if not alone and any(each.code == MPI_WAITS for each in findings):
        return WentOn(
            at, f"Without -m mpi4py an exception ends no other rank: the others waited for {whose}.", (_OF_MPI,)
        )
    return WentOn(at)


def _holds(begin: int, end: int, position: int | None) -> bool:
    return position is not None and begin <= position <= end


def _ended_only(what: str, name: str, whose: str, *, waits: bool) -> str:
    itself = "the program itself" if whose == "the program" else "the rank itself"
    rest = f", most likely waiting for that {what}" if waits else ""
    return f"The error ended only the {what} {name} of {whose}: {itself} went on{rest}."
