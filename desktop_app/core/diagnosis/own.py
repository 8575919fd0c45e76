"""What the program reads itself in the logs of a failed run: exceptions that no plugin knows, and signals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

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
    return tuple(own)


def killed(run: RunSnapshot) -> tuple[Explanation, ...]:
    """Return what the exit code of the first rank to fall says, where it was killed for what it did itself."""
    first = run.first_failure
    signal = died_of(first.exit_code) if first is not None else 0
    if first is None or not signal:
        return ()
    name = _SIGNALS[signal]
    cause = f"Rank {first.rank} was killed by {name}"
    if signal == 9:
        advice = ("See how much memory it took: take smaller batches, fewer data loader workers, or a larger machine.",)
        return (
            Explanation(
                "killed", f"{cause}: most often because the memory ran out.", advice, first.rank,
                category="oom-host", certainty=WEAK,
            ),
        )  # fmt: skip
    advice = ("Run again with PYTHONFAULTHANDLER=1: Python then says where it was.",)
    said = f"{cause}: native code did something that is not allowed."
    return (Explanation("killed", said, advice, first.rank, category="signal", certainty=WEAK),)


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
            category="user-exception", about=about, position=part.end, certainty=GUESS,
        )  # fmt: skip
    known = meaning(part.type, part.text)
    return Explanation(
        known.code, known.cause, known.advice, rank, log.raw[part.line].strip(), known.is_echo,
        category=known.category, is_symptom=known.is_symptom, about=about, position=part.line,
        certainty=known.certainty, remedy=known.remedy,
    )  # fmt: skip


def _guess(rank: int, log: LogLines) -> Iterator[Explanation]:
    """Yield the first line that speaks of an error, of a log in which nobody knows anything."""
    for number, line in enumerate(log.lines):
        if _ERROR.search(line[:500]) and not _MILD.search(line[:500]):
            yield Explanation(
                ERROR_LINE, "Nobody knows this line; it is the first that speaks of an error.",
                ("Read the lines around it.",), rank, log.raw[number].strip(),
                category="user-exception", about=log.writers[number].rank, position=number, certainty=GUESS,
            )  # fmt: skip
            return


def is_of_nobody(rank: int | None) -> bool:
    """Whether it is not known whose a log is."""
    return rank is None or rank >= UNKNOWN_RANKS
