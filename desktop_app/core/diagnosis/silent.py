"""Ranks that ended without a word of why: what their exit codes say, and what they wrote last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from desktop_app.api import DrillKind, Explanation, FirstFailure, RankState, RunSnapshot, RunStatus
from desktop_app.api.kit.knowledge_match import rerun_with
from desktop_app.api.kit.log_lines import LogLines, lines_of
from desktop_app.core.diagnosis.drilled import drill_behind
from desktop_app.core.diagnosis.echoed import without_echoed
from desktop_app.core.diagnosis.ends import OF_A_SHELL, death_name, died_of, tells_of_end
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.parting import PROGRESS, parting_word
from desktop_app.core.diagnosis.reported import MESSAGE, WHO_WRITES, guess, is_said_in
from desktop_app.core.diagnosis.whose import guilty_of
from desktop_app.core.rank_words import launches

KILLED = "killed"
MOSTLY_MEMORY = ", most often because the memory ran out"
ENDED = "ended-by-itself"
DRILLED = "drilled"
LEARN = "See what the drill shows: did the other ranks notice in time, and is there a checkpoint to go on from?"
_OF_DRILLS = {
    DrillKind.KILL: (LEARN,),
    DrillKind.EVICT: (LEARN, "A script that handles SIGTERM can save a checkpoint within the notice."),
}
_TOGETHER = timedelta(seconds=1)
"""Time after the first end in which no launcher has killed the others yet: it asks them to end before it does."""
_STOPPED = frozenset({0, -15, 143})
_LONGEST = 300
_BEHIND_A_REPORT = 0.1
"""How sure an exit code is where a launcher tells more of the same end: that MPI_Abort was called."""
_FAULT = (
    "Run again with PYTHONFAULTHANDLER=1 and look for “Fatal Python error” in its log:"
    " the first line below it that begins with File says where it was."
)
_FAULT_AGAIN = rerun_with({"PYTHONFAULTHANDLER": "1"})
_LIMITS = {
    24: ("it has used all its CPU time.", "stopped", "See who limits the time: `ulimit -t`, or a scheduler."),
    25: (
        "it wrote a file larger than it may.", "storage-quota",
        "See who limits it: `ulimit -f`, or a quota; write less often, or to another place.",
    ),
}  # fmt: skip
"""Of signals that tell of a limit: what happened, its category, what to do."""
_SENT = {1: "SIGHUP", 2: "SIGINT", 3: "SIGQUIT", 10: "SIGUSR1", 12: "SIGUSR2", 13: "SIGPIPE", 14: "SIGALRM",
         26: "SIGVTALRM", 27: "SIGPROF"}  # fmt: skip
"""Signals that others send, by their numbers on Linux."""
_WHO_EXITS = "Look for what writes this line, and for the exit behind it: sys.exit, os._exit or MPI_Abort."
_TIMERS = frozenset({14, 26, 27})
_WHOSE_TIMER = (
    "Look in the script and its libraries for signal.alarm and signal.setitimer (helpers for time-outs use them):"
    " the time was up, and nothing caught the signal."
)
_PRINT_IT = (
    "If an except: in the script prints it, print the traceback there as well (traceback.print_exc(),"
    " logging.exception), or raise it again."
)
_NEVER = datetime.max.replace(tzinfo=UTC)


def of_the_end(run: RunSnapshot, found: Sequence[Explanation], tails: Mapping[int, str]) -> tuple[Explanation, ...]:
    """Return what the exit code of the first rank to fall says, where nothing in its log says more.

    Where its log only says that it lost another, that is the code of the other one, if that wrote nothing of why.
    """
    first, found = run.first_failure, without_echoed(found)
    mine = [each for each in found if first is not None and each.rank == first.rank]
    if first is None or (any(each.certainty > WEAK for each in mine) and not all(each.is_echo for each in mine)):
        return ()
    if mine and all(each.is_echo for each in mine):
        return tuple(_behind_the_echo(run, first, found, tails))
    drilled = _of_drill(run, first)
    if drilled is not None:
        return (drilled,)
    return tuple(_of_first(first, found, tails, is_told=bool(mine)))


def _of_first(
    first: FirstFailure, found: Sequence[Explanation], tails: Mapping[int, str], *, is_told: bool
) -> Iterator[Explanation]:
    if died_of(first.exit_code):
        yield _killed(first.rank, first.exit_code)
    elif not is_told:
        ended = _of_code(first.rank, first.exit_code, _own(first.rank, found, tails), first.text)
        is_reported = any(each.about == first.rank and not each.is_echo and not each.is_symptom for each in found)
        yield replace(ended, certainty=_BEHIND_A_REPORT) if is_reported and not ended.line else ended


def _of_drill(run: RunSnapshot, first: FirstFailure) -> Explanation | None:
    """Return what a drill did to the first rank to fall: that is no riddle."""
    drill = drill_behind(run)
    if drill is None or drill.kind not in _OF_DRILLS or first.rank not in drill.ranks:
        return None
    if first.exit_code not in (-15, 143) and not died_of(first.exit_code):
        return None
    return Explanation(
        DRILLED, f"A drill did it: {drill.text}.", _OF_DRILLS[DrillKind(drill.kind)], first.rank,
        category="stopped", certainty=WEAK,
    )  # fmt: skip


def _behind_the_echo(
    run: RunSnapshot, first: FirstFailure, found: Sequence[Explanation], tails: Mapping[int, str]
) -> Iterator[Explanation]:
    """Yield the end of the rank that the first one lost: it may have ended a moment later by the clock."""
    told = {guilty_of(each) for each in found}
    silent = [each for each in run.ranks if each.rank not in told and (_ended_itself(each, first) or _left(each))]
    echoing = {each.rank for each in found if each.is_echo}
    if launches(run.ranks) or not all(each.is_echo for each in found) or not 0 < len(silent) <= len(echoing):
        return
    other = min(silent, key=lambda each: (each.ended or _NEVER, each.rank))
    code = other.exit_code or 0
    yield _killed(other.rank, code) if died_of(code) else _of_code(other.rank, code, _own(other.rank, found, tails))


def _ended_itself(rank: RankState, first: FirstFailure) -> bool:
    """Whether a rank fell, and not because a launcher stopped it after another one had fallen."""
    if rank.status is not RunStatus.FAILED or rank.exit_code is None or rank.exit_code in _STOPPED:
        return False
    return died_of(rank.exit_code) != 9 or rank.ended is None or rank.ended - first.at <= _TOGETHER


def _left(rank: RankState) -> bool:
    """Whether a rank was done, by itself, though another one lost it: its process may outlive that one by a moment."""
    return rank.status is RunStatus.COMPLETED and rank.exit_code in (0, None) and rank.ended is not None


@dataclass(frozen=True, slots=True)
class _Own:
    """The log of a rank that ended by itself, and those of the ranks that only lost it."""

    log: LogLines
    losers: tuple[str, ...]

    def its_own(self, line: str) -> str:
        """Return a line, or nothing where those that only lost the rank wrote it, too."""
        return "" if is_said_in(line, self.losers) else line


def _own(rank: int, found: Sequence[Explanation], tails: Mapping[int, str]) -> _Own:
    losers = {each.rank for each in found if each.is_echo and each.rank not in (rank, None)}
    return _Own(lines_of(tails.get(rank, "")), tuple(tail for other, tail in tails.items() if other in losers))


def _of_code(rank: int, code: int, own: _Own, text: str = "") -> Explanation:
    log = own.log
    guessed = next(guess(rank, log), None)
    text = own.its_own(text)
    if guessed is not None and own.its_own(guessed.line):
        return replace(guessed, certainty=WEAK)
    return (_with_message(rank, own, code) if 0 < code < OF_A_SHELL and not text else None) or _silent(rank, code, text)


def _with_message(rank: int, own: _Own, code: int) -> Explanation | None:
    """Return the last line as the cause where it is like none before: sys.exit("…") writes it, and ends with code 1.

    With another code a program that gives up may as well, so a line that speaks of its progress does not count.
    """
    log = own.log
    last = parting_word(log)
    if last is None or not own.its_own(log.lines[last]) or (code != 1 and PROGRESS.search(log.lines[last][:500])):
        return None
    return Explanation(
        MESSAGE, f"Rank {rank} ended itself with exit code {code}, after what it wrote last.",
        (WHO_WRITES if code == 1 else _WHO_EXITS,),
        rank, log.raw[last].strip(), category="user-exception", position=last, certainty=WEAK,
    )  # fmt: skip


def _killed(rank: int, code: int) -> Explanation:
    signal = died_of(code)
    said, category, advice = _LIMITS.get(signal, ("native code did something that is not allowed.", "signal", _FAULT))
    told: tuple[str, ...] = (advice,)
    if signal == 9:
        said, category = f"by the system{MOSTLY_MEMORY}, or by somebody.", "oom-host"
        told = (
            "Ask the system on that machine: dmesg | grep -i oom (or journalctl -k) names what it killed for memory.",
            "If it was memory: take smaller batches, fewer data loader workers, or a larger machine.",
            "If it was not: a scheduler, a preemption, or a person with kill -9 ended it.",
        )
    return Explanation(
        KILLED, f"Rank {rank} was killed by {death_name(code)}: {said}", told, rank,
        category=category, certainty=WEAK, rerun=_FAULT_AGAIN if advice == _FAULT and signal != 9 else None,
    )  # fmt: skip


def _signal_name(number: int) -> str:
    return f"{_SENT[number]} (signal {number})" if number in _SENT else f"signal {number}"


def has_left(explanation: Explanation) -> bool:
    """Whether it says of a rank that it was done before the others."""
    return explanation.code == ENDED and explanation.is_symptom


def _silent(rank: int, code: int, text: str) -> Explanation:
    more: tuple[str, ...] = ()
    category, said, advice = (
        "user-exception",
        f"ended itself with exit code {code}, and its log does not say why.",
        "Look for os._exit and sys.exit, and for programs that the script calls.",
    )
    if code in (-15, 143):
        category, said = "stopped", "was asked to end from outside (SIGTERM), before any other rank fell."
        advice = "See who ended it: a scheduler, a preemption, or a person with kill."
    elif code in (-6, 134):
        category, said = "signal", "was ended by SIGABRT: native code gave up, and its log does not say why."
        advice = _FAULT
    elif -code in _TIMERS:
        category, said = "signal", f"was ended by {_signal_name(-code)}: a timer that ran out, most likely its own."
        advice = _WHOSE_TIMER
        more = ("If there is none, see who sends it: a person with kill, or what started the process.",)
    elif code < 0:
        category, said = "signal", f"was ended by {_signal_name(-code)}, and its log does not say why."
        advice = (
            "See who sends this signal: a person with kill, or a scheduler before its time limit (Slurm's --signal)."
        )
    elif code == 0:
        category, said = "uneven-data", "left early: it ended with exit code 0 while others still needed it."
        advice = "See that all ranks have as many batches, and that none leaves the loop before the others."
        more = ("Look for sys.exit(0), os._exit(0), a return or a break that this rank alone meets.",)
    elif text:
        said = f"ended itself with exit code {code}. This line is all that it says of why."
        advice, more = _PRINT_IT, (f"Else look{advice.removeprefix('Look')}",)
    return Explanation(
        ENDED, f"Rank {rank} {said}", (advice, *more), rank, text, category=category, certainty=WEAK,
        is_symptom=code == 0, rerun=_FAULT_AGAIN if advice == _FAULT else None,
    )  # fmt: skip


def last_line(cause: Explanation | None, tails: Mapping[int, str], run: RunSnapshot | None = None) -> str:
    """Return the last line of the rank that is the cause, where no line says why it ended; "" where one does."""
    rank = guilty_of(cause) if cause is not None else None
    if cause is None or rank is None or cause.certainty > WEAK:
        return ""
    if cause.code in (KILLED, ENDED, DRILLED) and not cause.line:
        return last_of(tails.get(rank, ""))
    if cause.about is None or not tells_of_end(cause.line):
        return ""
    if cause.rank == rank or (run is not None and launches(run.ranks)):  # the log is of several
        return _last(lines_of(tails.get(cause.rank if cause.rank is not None else rank, "")), rank)
    return last_of(tails.get(rank, "")) or _last(lines_of(tails.get(cause.rank or 0, "")), rank)


def last_of(tail: str) -> str:
    """Return the last line of a log."""
    return _last(lines_of(tail))


def _last(log: LogLines, writer: int | None = None) -> str:
    for number in range(len(log.lines) - 1, -1, -1):
        if log.lines[number].strip() and writer in (None, log.writers[number].rank):
            return log.raw[number].strip()[:_LONGEST]
    return ""
