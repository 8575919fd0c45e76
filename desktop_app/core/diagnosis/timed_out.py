"""What can be said of a run that its time limit ended: a cause that its logs hold, else who was silent, and what next.

Most deadlocks end so. Nothing failed by itself, so that what ranks write as they are stopped is no cause.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from desktop_app.api import Explanation, Fix, RunSnapshot, RunStatus
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.model import Diagnosis, Verdict
from desktop_app.core.words import limit_text

CODE = "time-limit"
RECENT = 5
"""Seconds before the limit in which a line speaks of a run that went on."""
ALIKE = 3
"""Seconds by which ranks must differ before one of them is said to have been silent longest."""
_NAMED = 8
_UNLIKE = 2
"""Times its usual silence by which a rank must be silent to be said to be so."""
_LIMIT = re.compile(
    r"\btime ?limit\b.*\breached|\b(?:exceed|reach)\w*\b.*\b(?:time ?out|time ?limit|max\w*[ _]?(?:run[ _]?)?duration)",
    re.IGNORECASE,
)
_SECONDS = re.compile(r"time limit of (\d{1,9}) s\b")
_OF_THE_STOP = frozenset({"stopped", "killed", "signal"})
_STACKS = "While such a run hangs, look where each rank waits: py-spy dump --pid PID (pip install py-spy)."
_HOROVOD = "Run again with HOROVOD_STALL_CHECK_TIME_SECONDS=10: Horovod then says which rank has not sent which tensor."
_RAISE = "Raise limits.timeout, if it only needs longer: see that the last lines speak of progress."
_TORCH = (
    "Run again with a short timeout= in init_process_group(): the ranks then say where they waited. Without"
    " DistributedDataParallel, or on GPUs, TORCH_DISTRIBUTED_DEBUG=DETAIL also says who did not come."
)
_ADVICE = {
    "pytorch": (_TORCH,),
    "horovod": (_HOROVOD,),
    "mpi": (f"{_HOROVOD[:-1]}, where the script uses it.",),
    "tensorflow": ("See that each worker has as many batches: the one that has more waits for ever.",),
    "mpi4py": (),
    "ray": ("Run ray status while it waits: actors that ask for more than the cluster has are never started.",),
}


@dataclass(frozen=True, slots=True)
class LastWord:
    """What a rank wrote last before the limit, and when.

    `usual` are the seconds that it was silent at most before that, None for a rank that hardly ever writes.
    """

    at: datetime
    line: str = ""
    usual: float | None = None


def is_of_limit(run: RunSnapshot) -> bool:
    """Whether its time limit ended a run."""
    return run.status is RunStatus.CANCELED and _LIMIT.search(run.reason) is not None


def stopped_at(run: RunSnapshot) -> datetime | None:
    """Return when the limit was reached: what came later was written because of the stop."""
    seconds = _SECONDS.search(run.reason)
    if seconds is None or run.started is None:
        return run.ended
    at = run.started + timedelta(seconds=int(seconds[1]))
    return min(at, run.ended) if run.ended is not None else at


def of_limit(known: Diagnosis, run: RunSnapshot, last: Mapping[int, LastWord], timeout: int | None = None) -> Diagnosis:
    """Return a diagnosis with what the time limit means; a sure cause in the logs stays the cause.

    `timeout` is the limit in the job's file, in seconds, None where it has none.
    """
    limit = replace(_explanation(run, last), fix=_longer(timeout))
    kept = tuple(each for each in known.all if each.is_echo or each.is_symptom or _is_sure(each))
    if known.cause is not None and _is_sure(known.cause):
        return replace(known, all=(*kept, limit))
    return Diagnosis(Verdict.SYMPTOMS_ONLY, None, (limit, *kept), steps=known.steps, missing=known.missing)


def standstill(last: Mapping[int, LastWord], end: datetime | None) -> str:
    """Return since when no rank wrote a line before the limit; empty where one did shortly before, or seldom does."""
    if not last or end is None or _goes_on(last, end):
        return ""
    rank = max(last, key=lambda each: last[each].at)
    word = last[rank]
    quiet = (end - word.at).total_seconds()
    if word.usual is None or quiet <= word.usual * _UNLIKE:
        return ""
    who = "The rank" if len(last) == 1 else "All ranks"
    after = "" if len(last) == 1 else f" Rank {rank} wrote last."
    since = f"{word.at.astimezone():%H:%M:%S}, for the {quiet:.0f} s until its time limit ended the run"
    return f"{who} stood still since {since}: no line came any more.{after}"


def _longer(timeout: int | None) -> Fix | None:
    if not timeout:
        return None
    return Fix(f"Let it run for up to {limit_text(timeout * 2)}", {"limits.timeout": timeout * 2})


def _is_sure(explanation: Explanation) -> bool:
    return explanation.certainty > WEAK and explanation.category not in _OF_THE_STOP


def _explanation(run: RunSnapshot, last: Mapping[int, LastWord]) -> Explanation:
    said = f"The run did not end by itself: {run.reason.rstrip('.')}."
    over = sorted(_over(run))
    if over and len(over) < len(run.ranks):
        named = ", ".join(map(str, over[:_NAMED])) + (" …" if len(over) > _NAMED else "")
        whose = f"Ranks {named}" if len(over) > 1 else f"Rank {named}"
        said += f" {whose} had ended before; the others went on, or waited for {'them' if len(over) > 1 else 'it'}."
    silent, words = _silence({rank: word for rank, word in last.items() if rank not in over}, stopped_at(run))
    unknown = () if len(run.ranks) == 1 else (_TORCH, _HOROVOD)
    hangs = (*_ADVICE.get(run.framework, unknown), _STACKS)
    advice = (_RAISE, *hangs) if _goes_on(last, stopped_at(run)) else (*hangs, _RAISE)
    line = last[silent].line if silent is not None else ""
    return Explanation(
        CODE, f"{said} {words}".rstrip(), advice, silent, line, category="timeout-symptom-only", is_symptom=True
    )


def _goes_on(last: Mapping[int, LastWord], end: datetime | None) -> bool:
    """Whether a rank still wrote shortly before the end: then nothing may have hung at all."""
    return end is not None and any((end - word.at).total_seconds() < RECENT for word in last.values())


def _over(run: RunSnapshot) -> set[int]:
    """Return the ranks that were not there to the end."""
    return {each.rank for each in run.ranks if each.status in (RunStatus.COMPLETED, RunStatus.FAILED)}


def _silence(last: Mapping[int, LastWord], end: datetime | None) -> tuple[int | None, str]:
    """Return which rank was silent longest, None where all were silent alike or it is so by habit, and say so."""
    if not last or end is None:
        return None, ""
    quiet = {rank: max(0, round((end - word.at).total_seconds())) for rank, word in sorted(last.items())}
    longest, latest = max(quiet, key=lambda rank: quiet[rank]), min(quiet, key=lambda rank: quiet[rank])
    if len(quiet) == 1:
        return longest, f"Rank {longest} wrote nothing for the last {quiet[longest]} s."
    if quiet[longest] - quiet[latest] < ALIKE:
        return None, f"All ranks that were left wrote nothing for the last {quiet[latest]} s."
    usual = last[longest].usual
    if usual is None or quiet[longest] <= usual * _UNLIKE:
        return None, (
            f"The ranks that were left wrote nothing for the last {quiet[latest]} to {quiet[longest]} s;"
            f" rank {longest}, the longest, also writes seldom otherwise."
        )
    said = f"Rank {longest} wrote nothing for the last {quiet[longest]} s, longer than any other"
    return longest, f"{said}; the last to write was rank {latest}, {quiet[latest]} s before the end."
