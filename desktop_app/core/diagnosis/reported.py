"""What the logs of ranks say of whom others, or launchers, tell that they fell: the first error, or the last word."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from desktop_app.api import Explanation
from desktop_app.api.kit.log_lines import LogLines, lines_of
from desktop_app.core.diagnosis.ends import codes_in
from desktop_app.core.diagnosis.exceptions import GUESS, WEAK
from desktop_app.core.diagnosis.outlived import is_outlived
from desktop_app.core.diagnosis.parting import MILD, PROGRESS, is_complaint, parting_word, word_among_others
from desktop_app.core.diagnosis.tracebacks import RECORD, raised_in
from desktop_app.core.diagnosis.whose import is_of_nobody

ERROR_LINE = "error-line"
_DIGITS = re.compile(r"\d+")
MESSAGE = "ended-with-message"
WHO_WRITES = 'Look for what writes this line: sys.exit("…") writes it and ends the program.'
_ERROR = re.compile(
    r"^(?:[\w./-]+: )*(?:fatal(?: error)?|(?:[\w.]+ )?error)\b\s?[:!\]]|\b(?:ERROR|FATAL|CRITICAL)\b"
    r"|(?i:segmentation fault|core dumped|command not found|permission denied|no such file or directory|cannot open"
    r"|unable to|failed to|could not|not found$|denied$|not in \w+ format|unexpected (?:end|eof)\b|does not look like)"
)
_LAST_WORD = re.compile(
    r"^(?:\d{4}-\d\d\S+ |#\d+ [\d.]+ )?(?:(?!srun|slurm)[\w./-]+: )*"
    r"(?:(?i:fatal(?: error)?|error): \S|E: \S|Error [a-z]\S+ )"
)
"""What a program writes that ends itself by sys.exit("error: …"), or as compilers and tools do."""
_OF_CODE = re.compile(r"\s*(?:File \"|\^|~)|\s{4}")


def of_silent(
    found: Sequence[Explanation], tails: Mapping[int, str], *, is_foreign: bool = False
) -> Iterator[Explanation]:
    """Yield the first error of the few ranks of which nothing is known, where all others say that they lost them.

    One that ends with a complaint, and speaks of no error, ended itself with it, as far as logs alone tell.
    """
    told = {rank for each in found for rank in (each.rank, each.about)}
    echoing = {each.rank for each in found if each.is_echo}
    silent = [rank for rank in tails if rank not in told and not is_of_nobody(rank)]
    if not all(each.is_echo for each in found) or len(silent) > len(echoing):
        return
    for rank in silent:
        log = lines_of(tails[rank])
        of_losers = [tail for other, tail in tails.items() if other in echoing]
        guessed = [each for each in guess(rank, log) if not is_said_in(each.line, of_losers)]
        last = parting_word(log)
        if guessed:
            yield from (replace(each, certainty=WEAK) for each in guessed if not is_outlived(log, each.position or 0))
        elif is_foreign and last is not None and is_complaint(log.lines[last]):
            yield _said_last(rank, log, last, f"Rank {rank} most likely ended itself, after what it wrote last.")


def is_said_in(line: str, tails: Iterable[str]) -> bool:
    """Whether logs hold a line, but for its digits: of ranks that only lost another one it has ended none."""
    said = _DIGITS.sub("", line)
    return bool(said) and any(said in _DIGITS.sub("", each) for each in tails)


def of_reported(found: Sequence[Explanation], tails: Mapping[int, str]) -> Iterator[Explanation]:
    """Yield the first error of a rank of which launchers tell that it fell, and of which nobody knows anything else."""
    told = {each.rank for each in found}
    if any(each.certainty > WEAK and not each.is_echo and not each.is_symptom for each in found):
        return
    own = {each.about: each for each in reversed(found) if each.about in tails and each.about not in told}
    for rank, report in reversed(own.items()):
        if rank is not None:
            log = lines_of(tails[rank])
            guessed = [replace(each, certainty=WEAK) for each in guess(rank, log)]
            yield from guessed or _last_of(rank, log, report)
    yield from _before_reports(found, tails)


def _last_of(rank: int, log: LogLines, report: Explanation) -> Iterator[Explanation]:
    last = parting_word(log)
    if last is not None and _tells_of_exit(report) and _says_what(log.lines[last]):
        yield _said_last(rank, log, last, f"Rank {rank} ended itself with exit code 1, after what it wrote last.")


def _says_what(line: str) -> bool:
    return not PROGRESS.search(line[:500]) and not RECORD.match(line)


def _before_reports(found: Sequence[Explanation], tails: Mapping[int, str]) -> Iterator[Explanation]:
    """Yield, of a log that only holds a launcher's or a builder's report, the program's own word before it."""
    known = {(each.rank, each.position) for each in found}
    # what names a rank, first; below a launcher the log of that number is the launcher's own
    reports = [each for each in found if each.rank == each.about or each.about not in tails]
    for each in sorted(reports, key=lambda each: each.about is None):
        if each.rank is None or each.position is None:
            continue
        log = lines_of(tails.get(each.rank, ""))
        for number, line in enumerate(log.lines[: each.position]):
            if (each.rank, number) in known or not _LAST_WORD.match(line) or MILD.search(line[:500]):
                continue
            if each.about is None or log.writers[number].rank in (None, each.about):
                yield Explanation(
                    ERROR_LINE, "The program ended itself with an error that no plugin knows.",
                    _advice(log), each.rank, log.raw[number].strip(),
                    category="user-exception", about=each.about, position=number, certainty=WEAK,
                )  # fmt: skip
                return
    for each in reports:
        if each.rank is not None and _tells_of_exit(each):
            yield from _among_others(each, each.rank, lines_of(tails.get(each.rank, "")), known)


def _tells_of_exit(report: Explanation) -> bool:
    """Whether a launcher tells that a rank ended with exit code 1, as sys.exit("…") does."""
    is_report = report.about is not None and not report.is_echo and not report.is_symptom
    return is_report and 1 in codes_in(report.line)


def _among_others(
    report: Explanation, whose: int, log: LogLines, known: Collection[tuple[int | None, int | None]]
) -> Iterator[Explanation]:
    """Yield the word that a rank most likely ended with, in a log that holds those of others too.

    One whose exception stands there ended by that.
    """
    raised = raised_in(log)
    if report.position is None or any(each.writer.rank == report.about for each in raised):
        return
    taken = {number for each in raised for number in range(each.begin, each.end + 1)}
    taken |= {number for rank, number in known if rank == whose and number is not None}
    number = word_among_others(log, report.position, report.about, taken)
    if number is not None:
        said = f"Rank {report.about} ended itself with exit code 1, most likely after it wrote this line."
        yield _said_last(whose, log, number, said, about=report.about)


def _said_last(rank: int, log: LogLines, number: int, said: str, about: int | None = None) -> Explanation:
    return Explanation(
        MESSAGE, said, (WHO_WRITES,), rank, log.raw[number].strip(),
        category="user-exception", about=about, position=number, certainty=WEAK,
    )  # fmt: skip


def guess(rank: int, log: LogLines) -> Iterator[Explanation]:
    """Yield the first line that speaks of an error, of a log in which nobody knows anything."""
    inside = {number for each in raised_in(log) for number in range(each.begin, each.end + 1)}
    for number, line in enumerate(log.lines):
        if number in inside or _OF_CODE.match(line):
            continue
        if _ERROR.search(line[:500]) and not MILD.search(line[:500]):
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
