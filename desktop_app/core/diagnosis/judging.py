"""Which explanation of failed ranks is the cause: an echo is never one, a symptom neither, and a report only points.

What counts, in this order: what was not outlived; the rank that fell first, by its end, by a launcher's report or by
time stamps; what is certain; what came first in its log; what few ranks say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from desktop_app.api import Explanation, RunSnapshot
from desktop_app.api.kit.log_lines import LogLines, lines_of
from desktop_app.core.diagnosis.chain_words import with_the_other, without_aftermath
from desktop_app.core.diagnosis.clock import agree, time_at
from desktop_app.core.diagnosis.echoed import place_of, without_echoed
from desktop_app.core.diagnosis.ends import came_first, died_of, tells_of_end, tells_own_death
from desktop_app.core.diagnosis.exceptions import GENERAL, UNKNOWN, WEAK
from desktop_app.core.diagnosis.model import Diagnosis, Verdict
from desktop_app.core.diagnosis.outlived import LAST_LINES, is_outlived, is_tried_again
from desktop_app.core.diagnosis.own import CUT
from desktop_app.core.diagnosis.raised import Raised
from desktop_app.core.diagnosis.silent import last_line
from desktop_app.core.diagnosis.steps import steps_of
from desktop_app.core.diagnosis.tracebacks import raised_in
from desktop_app.core.diagnosis.whose import guilty_of
from desktop_app.core.rank_words import launches

ABOUT_AS_CERTAIN = 0.3
"""Of two causes in one log that differ by no more than that, the first is the one."""
HEADING = 6
"""Lines before a traceback in which it is announced."""
_OF_A_CHILD = re.compile(r"Exception in thread |Process \S+:$")
"""What stands before an exception that ended a part of the program alone: the rest may fall over it."""
_OF_NATIVE_CODE = re.compile(r"[IWEF]\d{4} [\d:.]+ +\d+ \S+:\d+\] |\d{4}-\d\d-\d\d [\d:.]+: [IWEF] ")
"""What TensorFlow's C++ puts before its lines."""
_A_SENTENCE = 20
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A possible cause: whose it is, when it was said where that can be compared, and how many say the same."""

    explanation: Explanation
    guilty: int | None
    at: datetime | None
    same: int
    is_outlived: bool


def judged(
    found: Sequence[Explanation], run: RunSnapshot | None, tails: Mapping[int, str], launcher: str = ""
) -> Diagnosis:
    """Return the explanations in order, and the cause among them; `tails` are the ends of the logs, by rank.

    A line that anybody calls an echo is no cause. The cause of the first rank to fall is the run's; that of another
    rank, or of the launcher, only where the first rank itself has no cause to tell, or no rank is known to have fallen.
    """
    logs = _logs(found, tails, launcher)
    ordered = _ordered(found, run)
    only_echo = _is_only_echo(ordered, run, tails)
    causes = _of_first(_causes(ordered, logs, run), ordered, run, only_echo=only_echo)
    best = _mending(_best(causes, ordered, logs, run), causes)
    cause = _as_raised(best, causes)
    cause = with_the_other(cause, logs) if cause is not None else None
    ordered = _once(tuple(each for each in ordered if each is not best), cause)
    verdict = Verdict.CAUSE if cause is not None else Verdict.SYMPTOMS_ONLY if ordered else Verdict.NOTHING
    guilty = guilty_of(cause) if cause is not None else None
    missing = tuple(dict.fromkeys(_rest_of(each) for each in ordered if each.code == CUT)) if cause is None else ()
    steps = steps_of(cause, ordered)
    last = last_line(cause, tails, run)
    return Diagnosis(
        verdict, cause, ordered, rank=guilty, only_echo=only_echo, steps=steps, missing=missing, last_line=last
    )


def _rest_of(cut: Explanation) -> str:
    rank = guilty_of(cut)
    whose = f"The log of rank {rank}" if rank is not None else "A log"
    return f"{whose} ends in the middle of a traceback: get the rest of it."


def _as_raised(best: Explanation | None, causes: Sequence[Explanation]) -> Explanation | None:
    """Return a cause that native code logged with the line of the exception that followed and says the very same."""
    if best is None or not _OF_NATIVE_CODE.match(best.line.strip()):
        return best
    for each in causes:
        said, is_later = each.line.strip(), (each.position or 0) > (best.position or 0)
        if each.rank == best.rank and is_later and len(said) >= _A_SENTENCE and said in best.line:
            return replace(best, line=each.line, position=each.position)
    return best


def _mending(best: Explanation | None, causes: Sequence[Explanation]) -> Explanation | None:
    """Return, of those who explain the very line that is the cause, one who can mend it."""
    if best is None or best.fix is not None or best.remedy is not None or not best.line:
        return best
    able = (each for each in causes if place_of(each) == place_of(best) and (each.fix or each.remedy) is not None)
    return next((each for each in able if _is_as_good(each, best)), best)


def _is_as_good(explanation: Explanation, best: Explanation) -> bool:
    alike = explanation.category in {best.category, ""}
    return alike and explanation.certainty > WEAK and best.certainty - explanation.certainty <= ABOUT_AS_CERTAIN


def _logs(found: Sequence[Explanation], tails: Mapping[int, str], launcher: str) -> dict[int | None, LogLines]:
    ranks = {each.rank for each in found}
    logs: dict[int | None, LogLines] = {rank: lines_of(tail) for rank, tail in tails.items() if rank in ranks}
    return logs | ({None: lines_of(launcher)} if launcher else {})


def _ordered(found: Sequence[Explanation], run: RunSnapshot | None) -> tuple[Explanation, ...]:
    """Return causes, symptoms, echoes; the same of one line once, and of it only what is surer than an echo."""
    kept: dict[tuple[object, ...], Explanation] = {}
    # of two that say the same, the one that can mend it
    for each in sorted(without_echoed(found), key=lambda one: one.fix is None):
        kept.setdefault((each.code, each.about, *place_of(each)), each)
    first = run.first_failure.rank if run is not None and run.first_failure is not None else None
    return tuple(
        sorted(kept.values(), key=lambda each: (each.is_echo, each.is_symptom, each.rank != first, each.fix is None))
    )


def _causes(
    ordered: Sequence[Explanation], logs: Mapping[int | None, LogLines], run: RunSnapshot | None
) -> list[Explanation]:
    """Return what may be the cause. A report of a death that others bring says nothing where ranks wait in vain."""
    ordered = without_aftermath(ordered, logs)
    in_vain = [each for each in ordered if (each.is_echo or each.is_symptom) and not _is_of_build(each)]
    sure = {place_of(each) for each in ordered if each.is_symptom and each.line}
    causes = [each for each in ordered if not each.is_echo and not each.is_symptom]
    causes = [each for each in causes if place_of(each) not in sure or each.certainty > WEAK]
    if not in_vain:
        return causes
    return [
        each
        for each in causes
        if each.certainty > WEAK or not tells_of_end(each.line) or came_first(each, ordered, logs, run)
    ]


def _is_of_build(explanation: Explanation) -> bool:
    """Whether it is about the building of an image, before any rank could wait for another."""
    return explanation.category.startswith("image-build")


def _of_first(
    causes: list[Explanation], ordered: Sequence[Explanation], run: RunSnapshot | None, *, only_echo: bool
) -> list[Explanation]:
    first = run.first_failure if run is not None else None
    if first is None or run is None or only_echo or launches(run.ranks):  # which launcher ends first is by chance
        return causes
    mine = [each for each in causes if first.rank in (each.rank, guilty_of(each))]
    waits = [each for each in ordered if each.rank == first.rank and (each.is_symptom or not first.text.strip())]
    return causes if not mine and waits else mine


def _best(
    causes: Sequence[Explanation],
    ordered: Sequence[Explanation],
    logs: Mapping[int | None, LogLines],
    run: RunSnapshot | None,
) -> Explanation | None:
    candidates = _candidates(causes, logs)
    if not candidates:
        return None
    pointed = _pointed(ordered, run)
    sure = _without_general([each for each in candidates if each.explanation.certainty > WEAK], pointed) or candidates
    alive = [each for each in sure if not each.is_outlived] or sure
    firsts = _first_of_each_log(alive)
    most = max(each.explanation.certainty for each in firsts)
    firsts = [each for each in firsts if each.explanation.certainty >= most - ABOUT_AS_CERTAIN]
    return min(firsts, key=lambda each: _order(each, pointed)).explanation


def _without_general(candidates: list[_Candidate], pointed: int | None) -> list[_Candidate]:
    """Leave out exceptions that nobody knows, but those of the rank that fell first, where there is a known cause."""
    known = [each for each in candidates if each.explanation.code != UNKNOWN and not each.is_outlived]
    if not known:
        return candidates
    return [
        each
        for each in candidates
        if each.explanation.code != UNKNOWN
        or each.explanation.certainty > GENERAL
        or (pointed is not None and each.guilty == pointed)
    ]


def _candidates(causes: Sequence[Explanation], logs: Mapping[int | None, LogLines]) -> list[_Candidate]:
    are_compared = agree([log for rank, log in logs.items() if rank in {each.rank for each in causes}])
    said = Counter(_without_digits(each) for each in causes)
    raised = {rank: raised_in(log) for rank, log in logs.items() if rank in {each.rank for each in causes}}
    inside = {rank: _lines_of(each) for rank, each in raised.items()}
    shared = {each.rank for each in causes if each.about is not None}
    found = []
    for each in _without_headings(causes, raised, logs):
        log = logs.get(each.rank)
        at, outlived = None, is_tried_again(each.line)
        if log is not None and each.position is not None and each.position < len(log.lines):
            at = time_at(log, each.position) if are_compared else None
            outlived = (
                outlived
                or is_outlived(log, each.position, inside[each.rank])
                or (each.rank not in shared and _was_caught(each, raised[each.rank], log, causes))
            )
        found.append(_Candidate(each, guilty_of(each), at, said[_without_digits(each)], outlived))
    return found


def _was_caught(
    explanation: Explanation, raised: Sequence[Raised], log: LogLines, causes: Iterable[Explanation]
) -> bool:
    """Whether a log went on after an exception and ended with another one that nobody caught, and that says why."""
    own = _raised_at(explanation, raised)
    last = raised[-1] if raised else None
    if own is None or last is None or own.end >= last.begin or own.writer != last.writer:
        return False
    if not any(log.lines[number].strip() for number in range(own.end + 1, last.begin)):
        return False
    if _is_of_a_child(explanation, raised, log) or any(each.strip() for each in log.lines[last.end + 1 :]):
        return False
    return any(
        each.rank == explanation.rank and each.certainty >= GENERAL and last.begin <= (each.position or 0) <= last.end
        for each in causes
    )


def _lines_of(raised: Iterable[Raised]) -> Collection[int]:
    parts = [part for each in raised for part in each.parts]
    return {number for part in parts for number in range(part.begin, part.end + 1)}


def _without_headings(
    causes: Sequence[Explanation],
    raised: Mapping[int | None, Sequence[Raised]],
    logs: Mapping[int | None, LogLines],
) -> list[Explanation]:
    """Leave out lines that only announce a traceback which says why."""
    return [
        each
        for each in causes
        if _is_of_a_child(each, raised.get(each.rank, ()), logs.get(each.rank))
        or not any(_announces(each, one, causes, raised) for one in raised.get(each.rank, ()))
    ]


def _is_of_a_child(explanation: Explanation, raised: Sequence[Raised], log: LogLines | None) -> bool:
    """Whether a thread or a child process ended of it: the rest may fall over it, and has not caught it."""
    own = _raised_at(explanation, raised)
    return own is not None and log is not None and own.begin > 0 and bool(_OF_A_CHILD.match(log.lines[own.begin - 1]))


def _raised_at(explanation: Explanation, raised: Sequence[Raised]) -> Raised | None:
    place = explanation.position
    return next((each for each in raised if place is not None and each.begin <= place <= each.end), None)


def _announces(
    heading: Explanation,
    raised: Raised,
    causes: Iterable[Explanation],
    others: Mapping[int | None, Sequence[Raised]],
) -> bool:
    """Whether a line is followed by a traceback that says as surely why; an exception before was caught, it seems.

    An exception of one rank announces none of another's, however close they stand.
    """
    if heading.position is None or not 0 < raised.begin - heading.position <= HEADING:
        return False
    own = (each for each in others.get(heading.rank, ()) if any(heading.position == part.line for part in each.parts))
    if any(each.writer != raised.writer for each in own):
        return False
    caught = any(each.begin <= heading.position <= each.end for each in others.get(heading.rank, ()))
    least = heading.certainty - (ABOUT_AS_CERTAIN if caught else 0)
    return any(
        each.rank == heading.rank
        and each.position is not None
        and raised.begin <= each.position <= raised.end
        and each.certainty >= least
        for each in causes
    )


def _without_digits(explanation: Explanation) -> str:
    return f"{explanation.code} {_DIGITS.sub('', explanation.line)}"


def _pointed(ordered: Sequence[Explanation], run: RunSnapshot | None) -> int | None:
    """Return the rank that fell first by its end, or by what a launcher says: always, where launchers ended."""
    first = run.first_failure.rank if run is not None and run.first_failure is not None else None
    if first is not None and run is not None and not launches(run.ranks):
        return first
    reports = [each for each in ordered if each.about is not None and each.certainty <= WEAK and not each.is_echo]
    mine = [each for each in reports if each.rank == first] or reports
    return min(mine, key=lambda each: each.position or 0).about if mine else first


def _first_of_each_log(candidates: Sequence[_Candidate]) -> list[_Candidate]:
    """Return of each log the first candidate that is about as certain as the most certain one there."""
    by_log: dict[int | None, list[_Candidate]] = {}
    for each in candidates:
        by_log.setdefault(each.explanation.rank, []).append(each)
    found = []
    for mine in by_log.values():
        most = max(each.explanation.certainty for each in mine)
        enough = [each for each in mine if each.explanation.certainty >= most - ABOUT_AS_CERTAIN]
        found.append(min(enough, key=_in_log))
    return found


def _in_log(candidate: _Candidate) -> tuple[object, ...]:
    """Order what one log says: by place; of reports those first that tell how a process died, and which."""
    explanation = candidate.explanation
    place = float("inf") if explanation.position is None else explanation.position
    if explanation.certainty <= WEAK:
        return not tells_own_death(explanation.line), explanation.about is None, place, -explanation.certainty
    return False, False, place, -explanation.certainty


def _order(candidate: _Candidate, pointed: int | None) -> tuple[object, ...]:
    explanation, guilty = candidate.explanation, candidate.guilty
    return (
        guilty != pointed,
        candidate.at.timestamp() if candidate.at is not None else float("inf"),
        explanation.rank is None,
        -explanation.certainty,
        candidate.same,
        explanation.fix is None,
        guilty if guilty is not None else 1 << 30,
        explanation.rank if explanation.rank is not None else 1 << 30,
    )


def _once(ordered: tuple[Explanation, ...], cause: Explanation | None) -> tuple[Explanation, ...]:
    """Return the explanations with the cause first."""
    if cause is None:
        return ordered
    return (cause, *(each for each in ordered if each is not cause))


def _is_in_chain(echo: Explanation, words: str, tails: Mapping[int, str]) -> bool:
    """Whether the last words of a rank are of the same chain of exceptions as an echo."""
    tail = tails.get(echo.rank, "") if echo.rank is not None else ""
    for raised in raised_in(lines_of(tail)) if tail else ():
        texts = [part.text for part in raised.parts if part.text]
        said = any(words.strip() and words.strip() in text for text in texts)
        if said and echo.position is not None and raised.begin <= echo.position <= raised.end:
            return True
    return False


def _is_only_echo(ordered: Sequence[Explanation], run: RunSnapshot | None, tails: Mapping[int, str]) -> bool:
    """Whether the first rank's last words are an echo; words that nobody knows are its own fault, as long as any.

    One without last words may have been killed long after a line that only sounds like an echo.
    """
    first = run.first_failure if run is not None else None
    if first is None or died_of(first.exit_code):
        return False
    mine = [each for each in ordered if each.rank == first.rank]
    if any(not each.is_echo for each in mine):
        return False
    words = first.text.strip() if not any(_is_in_chain(each, first.text, tails) for each in mine) else ""
    if first.text.strip() and not words:
        return True  # its last words belong to the chain that begins with the echo
    last = words or "\n".join([each for each in tails.get(first.rank, "").splitlines() if each.strip()][-LAST_LINES:])
    return any(each.line.strip() in last or (words and words in each.line) for each in mine if each.line)
