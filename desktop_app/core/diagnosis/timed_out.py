"""What can be said of a run that its time limit ended: a cause that its logs hold, else who was silent, and what next.

Most deadlocks end so. Nothing failed by itself, so that what ranks write as they are stopped is no cause.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from desktop_app.api import Drill, Explanation, Fix, Job, RunSnapshot, RunStatus
from desktop_app.core.diagnosis.drilled import drill_at_the_end
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.model import Diagnosis, Verdict
from desktop_app.core.diagnosis.silent import DRILLED
from desktop_app.core.diagnosis.went_on import WentOn
from desktop_app.core.rank_words import launches
from desktop_app.core.words import limit_text

NOT_BY_ITSELF = "The run did not end by itself: "
CODE = "time-limit"
AT_WORK = "time-limit-at-work"
RAY = "ray"
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
_UNSURE = timedelta(minutes=1)
"""Before its end in which a run was stopped, where it is not known when."""
_SECONDS = re.compile(r"time limit of (\d{1,9}) s\b")
_OF_THE_STOP = frozenset({"stopped", "killed", "signal"})
_OF_THE_MISSING = frozenset({"collective-mismatch", "uneven-data"})
_STACKS = "While such a run hangs, look where each rank waits: py-spy dump --pid PID (pip install py-spy)."
_STALLS = "HOROVOD_STALL_CHECK_TIME_SECONDS"
_HOROVOD = f"Run again with {_STALLS}=10: Horovod then says which rank has not sent which tensor."
_RAISE = "Raise limits.timeout, if it only needs longer: see that the last lines speak of progress."
_LONGER = "Raise limits.timeout, or let it do less: fewer epochs or steps."
_SAVE = "Save checkpoints on the way, so that the next run goes on where this one was cut off."
_TORCH = (
    "Run again with a short timeout= in init_process_group(): the ranks then say where they waited. Without"
    " DistributedDataParallel, or on GPUs, TORCH_DISTRIBUTED_DEBUG=DETAIL also says who did not come."
)
_SAME_ORDER = (
    "Every rank must call the same operations in the same order: one under `if rank == 0:`, or a return of one rank"
    " before the others, leaves them waiting."
)
_ADVICE = {
    "pytorch": (_TORCH, _SAME_ORDER),
    "horovod": (
        _HOROVOD,
        "See that each rank has as many batches and steps: one that has fewer leaves the others waiting.",
    ),
    "mpi": (_SAME_ORDER, f"{_HOROVOD[:-1]}, where the script uses it."),
    "tensorflow": ("See that each worker has as many batches: the one that has more waits for ever.",),
    "mpi4py": (_SAME_ORDER,),
    RAY: (
        "Look what the driver waits for, most often in ray.get: `ray stack` on each machine says where every actor is.",
        "Run ray status while it waits: actors that ask for more than the cluster has are never started.",
    ),
}
_NOTICE = {
    "pytorch": "See what the drill shows: give init_process_group() a timeout= that is shorter than the limit.",
    "horovod": "See what the drill shows: set HOROVOD_STALL_SHUTDOWN_TIME_SECONDS below the limit.",
}
_NOTICED = "See what the drill shows: nothing ended the run of which a part stood still, but the limit."
_AGAIN = "Drill again then, and see that the run ends by itself and says who was gone."


@dataclass(frozen=True, slots=True)
class LastWord:
    """What a rank wrote last before the limit, and when.

    `usual` are the seconds that it was silent at most before that, None for a rank that hardly ever writes; one that
    writes `steadily` wrote often of late.
    """

    at: datetime
    line: str = ""
    usual: float | None = None
    steadily: bool = False


def is_of_limit(run: RunSnapshot) -> bool:
    """Whether its time limit ended a run."""
    return run.status is RunStatus.CANCELED and _LIMIT.search(run.reason) is not None


def kind_of(run: RunSnapshot) -> str:
    """Return what its ranks are coupled by: a cluster of Ray is that, whatever its tasks use."""
    return RAY if any(each.role in ("driver", "head") for each in run.ranks) else run.framework


def stopped_at(run: RunSnapshot) -> datetime | None:
    """Return when the limit was reached: what came later was written because of the stop."""
    seconds = _SECONDS.search(run.reason)
    if seconds is None or run.started is None:
        return run.ended
    at = run.started + timedelta(seconds=int(seconds[1]))
    return min(at, run.ended) if run.ended is not None else at


def of_limit(
    known: Diagnosis,
    run: RunSnapshot,
    last: Mapping[int, LastWord],
    job: Job | None = None,
    went_on: WentOn | None = None,
) -> Diagnosis:
    """Return a diagnosis with what the time limit means; a sure cause in the logs stays the cause.

    A drill that made ranks stand still to the end is the cause, whatever the logs say. `job` is None where unknown;
    `went_on` says what is known of the time between the cause and the limit.
    """
    drill = drill_at_the_end(run)
    limit = replace(_explanation(run, last, job), fix=_longer(job.timeout if job is not None else None))
    kept = tuple(each for each in known.all if each.is_echo or each.is_symptom or _is_sure(each))
    if drill is not None:
        cause = _drilled(drill, run)
        return Diagnosis(Verdict.CAUSE, cause, (cause, *kept), rank=cause.rank, missing=known.missing)
    if known.cause is not None and _is_sure(known.cause):
        return replace(known, all=(*kept, _after_cause(run, went_on or WentOn())))
    if known.cause is not None and _tells_who_is_missing(known.cause, last, stopped_at(run)):
        return replace(known, all=(known.cause, *kept, _after_cause(run, WentOn())))
    return Diagnosis(Verdict.SYMPTOMS_ONLY, None, (limit, *kept), steps=known.steps, missing=known.missing)


def limit_beside(known: Diagnosis) -> Explanation | None:
    """Return what the time limit has to do with a run that has a cause; None for a run that it did not end."""
    if known.cause is None:
        return None
    return next((each for each in known.symptoms if each.code in (CODE, AT_WORK)), None)


def is_at_work(known: Diagnosis) -> bool:
    """Whether the time limit cut off a run that did not hang."""
    return known.cause is None and any(each.code == AT_WORK for each in known.symptoms)


def _drilled(drill: Drill, run: RunSnapshot) -> Explanation:
    said = (
        f"A drill did it: {drill.text} at {drill.at.astimezone():%H:%M:%S}, and nothing ended the run before its limit"
    )
    advice = (_NOTICE.get(kind_of(run), _NOTICED), _AGAIN)
    return Explanation(DRILLED, f"{said}. {run.reason}", advice, min(drill.ranks), category="stopped", certainty=WEAK)


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


def _tells_who_is_missing(report: Explanation, last: Mapping[int, LastWord], end: datetime | None) -> bool:
    """Whether somebody reports to the end of a rank that does not come: that report is no sign of work."""
    if report.about is None or report.category not in _OF_THE_MISSING:
        return False
    return not _goes_on({rank: word for rank, word in last.items() if word.line.strip() != report.line.strip()}, end)


def _after_cause(run: RunSnapshot, went_on: WentOn) -> Explanation:
    """Say how long after the cause the limit ended the run, and why it had not ended before, as far as that shows."""
    end, later = stopped_at(run), ""
    if went_on.at is not None and end is not None and went_on.at <= end:
        later = f", {(end - went_on.at).total_seconds():.0f} s after the cause was written"
    said = f"{NOT_BY_ITSELF}{run.reason.rstrip('.')}{later}.{_over(run)} {went_on.why}"
    return _symptom(CODE, said.rstrip(), went_on.advice)


def _over(run: RunSnapshot) -> str:
    """Say which ranks had ended before the limit; nothing where none or all had."""
    over = sorted(over_before(run))
    if not over or len(over) == len(run.ranks):
        return ""
    named = ", ".join(map(str, over[:_NAMED])) + (" …" if len(over) > _NAMED else "")
    whose = f"Ranks {named}" if len(over) > 1 else f"Rank {named}"
    return f" {whose} had ended before; the others went on, or waited for {'them' if len(over) > 1 else 'it'}."


def _explanation(run: RunSnapshot, last: Mapping[int, LastWord], job: Job | None) -> Explanation:
    said = f"{NOT_BY_ITSELF}{run.reason.rstrip('.')}.{_over(run)}"
    over, end = over_before(run), stopped_at(run)
    left = {rank: word for rank, word in last.items() if rank not in over}
    silent, words = _silence(left, end, len(run.ranks) - len(over))
    if silent is None and _goes_on(left, end):
        return _at_work(run, said, left, _hangs(run, job))
    advice = (_RAISE, *_hangs(run, job)) if _goes_on(last, end) else (*_hangs(run, job), _RAISE)
    line = last[silent].line if silent is not None else ""
    return _symptom(CODE, f"{said} {words}".rstrip(), advice, silent, line)


def _at_work(run: RunSnapshot, said: str, last: Mapping[int, LastWord], hangs: Sequence[str]) -> Explanation:
    """Say of a run that still wrote that its time was too short; one that never did much may have hung since."""
    rank, word = max(last.items(), key=lambda each: each[1].at)
    end = stopped_at(run) or word.at
    quiet = max(0.0, (end - word.at).total_seconds())
    wrote = f"rank {rank} wrote its last line {quiet:.0f} s before"
    has_begun = word.usual is not None and (word.steadily or bool(run.metrics))
    if has_begun and quiet <= max(word.usual or 0, ALIKE) * _UNLIKE:
        return _symptom(AT_WORK, f"{said} It was still at work when its time was up: {wrote}.", (_LONGER, _SAVE))
    return _symptom(CODE, f"{said} It may still have been at work: {wrote}.", (_RAISE, *hangs))


def _symptom(code: str, said: str, advice: Sequence[str], rank: int | None = None, line: str = "") -> Explanation:
    return Explanation(code, said, tuple(advice), rank, line, category="timeout-symptom-only", is_symptom=True)


def _hangs(run: RunSnapshot, job: Job | None) -> tuple[str, ...]:
    """Return what to look at in a run that may have hung; nothing that the job has set already, or cannot need."""
    if len(run.ranks) == 1 and not launches(run.ranks):
        return (_STACKS,)
    is_set = job is not None and _STALLS in job.environment_variables
    told = (*_ADVICE.get(kind_of(run), (_TORCH, _HOROVOD)), _STACKS)
    return tuple(each for each in told if not is_set or _STALLS not in each)


def _goes_on(last: Mapping[int, LastWord], end: datetime | None) -> bool:
    """Whether a rank still wrote shortly before the end: then nothing may have hung at all."""
    return end is not None and any((end - word.at).total_seconds() < RECENT for word in last.values())


def over_before(run: RunSnapshot) -> Collection[int]:
    """Return the ranks that had ended before the limit; one that answers the stop with exit code 0 had not."""
    end = stopped_at(run)
    if end is not None and _SECONDS.search(run.reason) is None:
        end -= _UNSURE
    return {
        each.rank
        for each in run.ranks
        if each.status in (RunStatus.COMPLETED, RunStatus.FAILED)
        and (each.ended is None or end is None or each.ended < end)
    }


def _silence(last: Mapping[int, LastWord], end: datetime | None, ranks: int) -> tuple[int | None, str]:
    """Return which rank was silent longest, None where all were silent alike or it is so by habit, and say so."""
    if not last or end is None:
        return None, ""
    quiet = {rank: max(0, round((end - word.at).total_seconds())) for rank, word in sorted(last.items())}
    longest, latest = max(quiet, key=lambda rank: quiet[rank]), min(quiet, key=lambda rank: quiet[rank])
    if len(quiet) == 1:
        said = f"Rank {longest} wrote nothing for the last {quiet[longest]} s"
        if ranks > 1:
            return None, f"{said}; when the others wrote last is not known."
        return (None if quiet[longest] < RECENT else longest), f"{said}."
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
