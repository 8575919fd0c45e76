"""What the program reads itself in the logs of a failed run: exceptions that no plugin knows, and signals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from desktop_app.api import Explanation, RunSnapshot
from desktop_app.api.failures import UNKNOWN_RANKS
from desktop_app.api.kit.log_lines import LogLines, lines_of
from desktop_app.core.diagnosis.exceptions import GUESS, OF_THE_SCRIPT, WEAK, meaning
from desktop_app.core.diagnosis.tracebacks import Raised, raised_in

ERROR_LINE = "error-line"
CUT = "traceback-cut"
_ERROR = re.compile(
    r"^(?:[\w./-]+: )*(?:fatal(?: error)?|(?:[\w.]+ )?error)\b\s?[:!\]]|\b(?:ERROR|FATAL|CRITICAL)\b"
    r"|(?i:segmentation fault|core dumped|command not found|permission denied|no such file or directory|cannot open"
    r"|unable to|failed to|could not|not found$|denied$)"
)
_LAST_WORD = re.compile(r"^(?:[\w./-]+: )?(?:fatal(?: error)?|error): \S", re.IGNORECASE)
"""What a program writes that ends itself by sys.exit("error: …"), or as compilers and tools do."""
_OF_CODE = re.compile(r"\s*(?:File \"|\^|~)|\s{4}")
_MILD = re.compile(r"warn|deprecat|retry|\bINFO\b|\bDEBUG\b|errors?=0|0 errors|no error", re.IGNORECASE)
_SIGNALS = {4: "SIGILL", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV"}
OWN_DEATHS = frozenset(_SIGNALS)
"""No peer's end brings these signals, as it does SIGABRT and SIGTERM."""
_OF_A_SHELL = 128


def died_of(code: int) -> int:
    """Return the signal that a process was killed by for what it did itself, 0 for none."""
    signal = -code if code < 0 else code - _OF_A_SHELL
    return signal if signal in OWN_DEATHS else 0


def own_explanations(found: Sequence[Explanation], tails: Mapping[int, str]) -> tuple[Explanation, ...]:
    """Return what logs say beyond what plugins found: exceptions that they do not know; a guess where there is nothing.

    What a plugin says about any line of an exception, or about one that it was raised from, stands for the whole.
    """
    own = [each for rank, tail in tails.items() if tail for each in _of_log(found, rank, lines_of(tail))]
    if not found and all(each.code == CUT for each in own):
        own += [each for rank, tail in tails.items() if tail for each in _guess(rank, lines_of(tail))]
    else:
        own += _of_reported([*found, *own], tails)
    return tuple(own)


def _of_reported(found: Sequence[Explanation], tails: Mapping[int, str]) -> Iterator[Explanation]:
    """Yield the first error of a rank of which launchers tell that it fell, and of which nobody knows anything else."""
    told = {each.rank for each in found}
    if any(each.certainty > WEAK and not each.is_echo and not each.is_symptom for each in found):
        return
    for rank in dict.fromkeys(each.about for each in found if each.about in tails and each.about not in told):
        if rank is not None:
            yield from (replace(each, certainty=WEAK) for each in _guess(rank, lines_of(tails[rank])))
    yield from _before_reports(found, tails)


def _before_reports(found: Sequence[Explanation], tails: Mapping[int, str]) -> Iterator[Explanation]:
    """Yield, of a log that holds a launcher's report of a rank without one, the program's own word before it."""
    for each in found:
        if each.about is None or each.about in tails or each.rank is None or each.position is None:
            continue
        log = lines_of(tails.get(each.rank, ""))
        for number, line in enumerate(log.lines[: each.position]):
            if _LAST_WORD.match(line) and log.writers[number].rank in (None, each.about):
                yield Explanation(
                    ERROR_LINE, "The program ended itself with an error that no plugin knows.",
                    _advice(log), each.rank, log.raw[number].strip(),
                    category="user-exception", about=each.about, position=number, certainty=WEAK,
                )  # fmt: skip
                return


def of_the_end(run: RunSnapshot, found: Sequence[Explanation], tails: Mapping[int, str]) -> tuple[Explanation, ...]:
    """Return what the exit code of the first rank to fall says, where nothing in its log says more."""
    first = run.first_failure
    if first is None or any(each.rank == first.rank and each.certainty > WEAK for each in found):
        return ()
    if died_of(first.exit_code):
        return (_killed(first.rank, died_of(first.exit_code)),)
    if any(each.rank == first.rank for each in found):
        return ()
    guess = next(_guess(first.rank, lines_of(tails.get(first.rank, ""))), None)
    return (replace(guess, certainty=WEAK) if guess is not None else _silent(first.rank, first.exit_code, first.text),)


def _killed(rank: int, signal: int) -> Explanation:
    cause, category = f"Rank {rank} was killed by {_SIGNALS[signal]}", "signal"
    if signal == 9:
        said, category = f"{cause}: most often because the memory ran out.", "oom-host"
        advice = "See how much memory it took: take smaller batches, fewer data loader workers, or a larger machine."
    else:
        said = f"{cause}: native code did something that is not allowed."
        advice = "Run again with PYTHONFAULTHANDLER=1: Python then says where it was."
    return Explanation("killed", said, (advice,), rank, category=category, certainty=WEAK)


def _silent(rank: int, code: int, text: str) -> Explanation:
    if code == -15:
        said, category = f"Rank {rank} was asked to end from outside (SIGTERM), before any other rank fell.", "stopped"
        advice = "See who ended it: a scheduler, a preemption, or a person with kill."
    elif code == -6:
        said, category = (
            f"Rank {rank} was ended by SIGABRT: native code gave up, and its log does not say why.",
            "signal",
        )
        advice = "Run again with PYTHONFAULTHANDLER=1: Python then says where it was."
    else:
        said, category = (
            f"Rank {rank} ended itself with exit code {code}, and its log does not say why.",
            "user-exception",
        )
        advice = "Look for os._exit and sys.exit, and for programs that the script calls."
    return Explanation("ended-by-itself", said, (advice,), rank, text, category=category, certainty=WEAK)


def _of_log(found: Sequence[Explanation], rank: int, log: LogLines) -> Iterator[Explanation]:
    mine = [each for each in found if each.rank == rank]
    for each in raised_in(log):
        if not any(_tells(one, each, log) for one in mine):
            yield _explanation(each, log, rank)


def _tells(found: Explanation, raised: Raised, log: LogLines) -> bool:
    """Whether an explanation is of an exception: of any of its lines, but of an echo only up to where it is named."""
    lines = [part.line for part in raised.parts if part.line is not None]
    if found.position is None:
        return any(found.line.strip() in (log.raw[line].strip(), log.lines[line].strip()) for line in lines)
    if log.writers[found.position] != raised.writer:
        return False
    is_cause = not found.is_echo and not found.is_symptom
    end = raised.end if is_cause or raised.part.type not in OF_THE_SCRIPT else max(lines, default=raised.end)
    return raised.begin <= found.position <= end


def _explanation(raised: Raised, log: LogLines, rank: int) -> Explanation:
    part, about = raised.part, raised.about
    if about is None and raised.writer.rank != rank:
        about = raised.writer.rank
    if part.line is None:
        return Explanation(
            CUT, "The log ends in the middle of a traceback, before it says what was raised.",
            ("Fetch the log again: the rest may have come later.",), rank, log.raw[part.end].strip(),
            category="user-exception", about=about, position=part.end, certainty=GUESS, is_symptom=True,
        )  # fmt: skip
    known = meaning(part.type, part.text, "\n".join(log.lines[part.begin : part.line]))
    return Explanation(
        known.code, known.cause, known.advice, rank, log.raw[part.line].strip(), known.is_echo,
        category=known.category, is_symptom=known.is_symptom, about=about, position=part.line,
        certainty=known.certainty, remedy=known.remedy,
    )  # fmt: skip


def _guess(rank: int, log: LogLines) -> Iterator[Explanation]:
    """Yield the first line that speaks of an error, of a log in which nobody knows anything."""
    inside = {number for each in raised_in(log) for number in range(each.begin, each.end + 1)}
    for number, line in enumerate(log.lines):
        if number in inside or _OF_CODE.match(line):
            continue
        if _ERROR.search(line[:500]) and not _MILD.search(line[:500]):
            yield Explanation(
                ERROR_LINE, "No plugin knows this error; this is the first line that speaks of one.",
                _advice(log), rank, log.raw[number].strip(),
                category="user-exception", about=log.writers[number].rank, position=number, certainty=GUESS,
            )  # fmt: skip
            return


def _advice(log: LogLines) -> tuple[str, ...]:
    if sum(1 for each in log.lines if each.strip()) > 1:
        return ("Read the lines around it.",)
    return ("Look for what it names. The log holds no other line: if there is more of it, give all of it.",)


def is_of_nobody(rank: int | None) -> bool:
    """Whether it is not known whose a log is."""
    return rank is None or rank >= UNKNOWN_RANKS
