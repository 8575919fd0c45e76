"""Who fell when: the part that each rank had in a failure, by ends of processes, or by what logs say and when."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from desktop_app.api import Explanation, RunSnapshot, RunStatus
from desktop_app.api.failures import UNKNOWN_RANKS
from desktop_app.api.kit.log_lines import cleaned, lines_of
from desktop_app.core.diagnosis.clock import NO_ZONE, agree, time_at
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.model import Diagnosis, Fall, Part
from desktop_app.core.diagnosis.timed_out import CODE, is_of_limit, over_before
from desktop_app.core.diagnosis.whose import guilty_of

_SHOWN = 300
_WROTE = frozenset({Part.CAUSE, Part.OWN, Part.SYMPTOM, Part.ECHO})
"""The parts that are known by a line of a log."""
_CHANGING = re.compile(r"0x[0-9a-f]+|\d+", re.IGNORECASE)


def falls_of_run(
    known: Diagnosis, run: RunSnapshot, written: Callable[[Explanation], datetime | None] | None = None
) -> Diagnosis:
    """Return a diagnosis with how each rank of a run ended, in the order of their ends.

    A rank that its time limit stopped fell when it wrote its error, as `written` tells, and not when it was stopped.
    """
    told = _told(known)
    over = over_before(run) if is_of_limit(run) else None
    found: list[tuple[datetime | None, Fall]] = []
    for each in run.ranks:
        mine, at = told.get(each.rank), each.ended
        was_stopped = over is not None and each.rank not in over
        status = RunStatus.CANCELED if was_stopped and each.status is RunStatus.COMPLETED else each.status
        part = _part_of_run(status, each.exit_code, mine, known)
        if was_stopped and written is not None and part in _WROTE:
            # what others write of it is no time of its own
            at = written(mine) if mine is not None and mine.rank == each.rank else None
        fall = Fall(each.rank, part, 0, at, each.exit_code, mine.line[:_SHOWN] if mine else "")
        found.append((at or each.ended, fall))
    orders = {at: order for order, at in enumerate(sorted({at for at, _ in found if at is not None}))}
    falls = [replace(each, order=len(orders) if at is None else orders[at]) for at, each in found]
    return replace(known, falls=_in_order(falls))


def falls_of_logs(known: Diagnosis, tails: Mapping[int, str]) -> Diagnosis:
    """Return a diagnosis with how each rank ended whose log there is, or of which another log speaks."""
    told = _told(known)
    logs = {rank: lines_of(tail) for rank, tail in tails.items()}
    compared = agree(list(logs.values()))
    ranks = sorted({each for each in (*tails, *told) if each < UNKNOWN_RANKS})
    found = []
    for rank in ranks:
        mine, at = told.get(rank), None
        if mine is not None and compared and mine.rank in logs and mine.position is not None:
            at = time_at(logs[mine.rank], mine.position)
        found.append(Fall(rank, _part(mine, known), 0, at, None, mine.line[:_SHOWN] if mine else ""))
    return replace(known, falls=_in_order(_as_written(_by_time(found))))


def gone_in_silence(falls: Sequence[Fall]) -> list[int]:
    """Return the few ranks without a word or an exit code, where all others only say that somebody was gone."""
    silent = [each.rank for each in falls if each.part is Part.SILENT and each.exit_code is None]
    echoing = [each for each in falls if each.part is Part.ECHO]
    if not echoing or len(silent) > len(echoing) or len(silent) + len(echoing) < len(falls):
        return []
    return sorted(silent)


def suspects_of(falls: Sequence[Fall], others: Collection[int] = ()) -> tuple[int, ...]:
    """Return the few ranks of which nothing is known, where all others wait or lost somebody; `others` have no fall."""
    lost = [each.rank for each in falls if each.part in {Part.SYMPTOM, Part.ECHO}]
    quiet = [each.rank for each in falls if each.part in {Part.SILENT, Part.STOPPED}]
    quiet = sorted({*quiet, *others}.difference(lost))
    is_all = all(each.part in {Part.SYMPTOM, Part.ECHO, Part.SILENT, Part.STOPPED} for each in falls)
    return tuple(quiet) if is_all and 0 < len(quiet) <= len(lost) else ()


def _told(known: Diagnosis) -> dict[int, Explanation]:
    """Return the first explanation of each rank: causes stand before symptoms, and these before echoes.

    The very error that is the cause comes first. Where the cause is known, a rank that lost another one did not wait
    in vain. What only reports a death or is guessed comes after all others, and is of no rank in the log of a launcher.
    That a rank was silent before a time limit tells nothing of its part.
    """
    told: dict[int, Explanation] = {}
    launchers = {each.rank for each in known.all if each.about not in (None, each.rank)}
    for each in sorted(known.all, key=lambda each: _order(each, known.cause)):
        rank = guilty_of(each)
        is_launchers = each.about is None and each.rank in launchers and _is_weak(each) and each is not known.cause
        if rank is not None and not is_launchers and each.code != CODE:
            told.setdefault(rank, each)
    return told


def _order(each: Explanation, cause: Explanation | None) -> tuple[bool, ...]:
    is_cause = each is cause or _is_the_same(each, cause)
    return not is_cause, not is_cause and _is_weak(each), cause is not None and each.is_symptom


def _is_weak(each: Explanation) -> bool:
    return each.certainty <= WEAK and not each.is_echo and not each.is_symptom


def _part(mine: Explanation | None, known: Diagnosis) -> Part:
    if mine is None:
        return Part.SILENT
    if mine is known.cause or _is_the_same(mine, known.cause):
        return Part.CAUSE
    return Part.ECHO if mine.is_echo else Part.SYMPTOM if mine.is_symptom else Part.OWN


def _is_the_same(mine: Explanation, cause: Explanation | None) -> bool:
    """Whether a rank fell with the very error that is the cause, as all do where the script itself is wrong."""
    if cause is None or mine.code != cause.code or mine.is_echo or mine.is_symptom:
        return False
    return _words(mine.line) == _words(cause.line)


def _words(line: str) -> str:
    return _CHANGING.sub("0", cleaned(line)[0].strip())


def _part_of_run(status: RunStatus, code: int | None, mine: Explanation | None, known: Diagnosis) -> Part:
    if status is RunStatus.COMPLETED:
        return Part.FINISHED
    part = _part(mine, known)
    if part is Part.SILENT and (status is RunStatus.CANCELED or code in (-15, 143)):
        return Part.STOPPED
    return part


def _by_time(falls: list[Fall]) -> list[Fall]:
    times: list[datetime] = sorted({each.at for each in falls if each.at is not None})
    if not times:
        return [replace(each, order=0 if each.part is Part.CAUSE else 1) for each in falls]
    orders = {at: order for order, at in enumerate(times)}
    return [replace(each, order=orders[each.at] if each.at is not None else len(times)) for each in falls]


def _as_written(falls: list[Fall]) -> list[Fall]:
    """Return falls at times that are shown here as their lines have them: without a zone they mean this machine's.

    Where other lines name one, and agree with them as UTC, that is what they mean.
    """
    times = [each.at for each in falls if each.at is not None]
    if not all(each.tzinfo is NO_ZONE for each in times):
        return falls
    return [
        replace(each, at=each.at.replace(tzinfo=None).astimezone()) if each.at is not None else each for each in falls
    ]


def _in_order(falls: list[Fall]) -> tuple[Fall, ...]:
    return tuple(sorted(falls, key=lambda each: (each.order, each.part is not Part.CAUSE, each.rank)))
