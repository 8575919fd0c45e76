"""The word with which a program ended itself: sys.exit("…") writes it, and ends with exit code 1, without a traceback.

In the log of one rank it is the last line, if it is like none before. In a log that several share, lines of others may
follow it, and nothing tells whose it is: it has to stand near the end, and be no progress, no record and no news.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator

from desktop_app.api.kit.log_lines import LogLines
from desktop_app.core.diagnosis.tracebacks import RECORD

PROGRESS = re.compile(
    r"\b(?:step|epoch|batch|iter\w*|started?|starting|ready|done|saved|saving|loaded|loading|finished|completed?)\b"
    r"|\b(?:loss|acc\w*|lr|time)\s*[:=]?\s*\d|\d/\d|\d%|it/s|s/it", re.IGNORECASE,
)  # fmt: skip
MILD = re.compile(r"warn|deprecat|retry|\bINFO\b|\bDEBUG\b|errors?=0|0 errors|no error", re.IGNORECASE)
_COMPLAINT = re.compile(
    r"\b(?:no(?!\.)|not|\w+n't|cannot|none|never|nothing|without|unable|but|only|must|should|needs?|expect\w*|requires?"
    r"|missing|lacks?|empty|wrong|bad|invalid|illegal|unknown|unsupported|mismatch\w*|differ\w*|fail\w*|errors?|broken"
    r"|damaged|corrupt\w*|denied|refus\w*|reject\w*|gone|lost|giv(?:e|es|en|ing) up|abort\w*|exit\w*|quit\w*|stop\w*"
    r"|too \w+|(?:more|less|fewer) than|out of|instead)\b",
    re.IGNORECASE,
)
_NEWS = re.compile(
    r"\d+/\d|\d%|it/s|s/it|\b(?:no|not|nothing) (?:more|further|else|left|new)\b|\b(?:no|nothing)\b.* (?:left|to do)\b"
    r"|\bbest\b|\bso far\b",
    re.IGNORECASE,
)
"""What tells how far a program came, though it may sound like a complaint."""
_DIGITS = re.compile(r"\d+")
_NEAR = 8
"""Lines of others that may follow it, where a run was at work."""
_FURTHER = 24
"""Those that may follow it where it sounds like a complaint."""
_RULES = (re.compile(r"={8,}\s*$"), re.compile(r"-{8,}\s*$"))
_LONGEST_BLOCK = 100
_LOOKED_AT = 4000
_LONGEST = 500


def parting_word(log: LogLines) -> int | None:
    """Return the number of a log's last line where it is like none before."""
    numbers = [number for number, line in enumerate(log.lines) if line.strip()]
    if not numbers or " " not in log.lines[numbers[-1]].strip():
        return None
    last = _alike(log.lines[numbers[-1]])
    return None if any(_alike(log.lines[each]) == last for each in numbers[:-1]) else numbers[-1]


def is_complaint(line: str) -> bool:
    """Whether a line says what is wrong, or what should be: not how far a program came."""
    said = line[:_LONGEST]
    return bool(_COMPLAINT.search(said)) and not _NEWS.search(said) and not MILD.search(said)


def word_among_others(log: LogLines, end: int, rank: int | None, taken: Collection[int]) -> int | None:
    """Return the number of the line that a rank most likely wrote last, of those before `end` in a log of several.

    `taken` are lines of which it is known what they are.
    """
    end = _begin_of_block(log, end)
    begin = max(0, end - _LOOKED_AT)
    alike = Counter(_alike(log.lines[number]) for number in range(begin, end))
    at_work = any(PROGRESS.search(line[:_LONGEST]) and alike[_alike(line)] > 1 for line in log.lines[begin:end])
    nearest = None
    for between, number in enumerate(_ordinary(log, begin, end, taken)):
        line = log.lines[number]
        if between > _FURTHER:
            break
        if log.writers[number].rank not in (None, rank) or alike[_alike(line)] > 1 or not _is_sentence(line):
            continue
        if is_complaint(line):
            return number
        if nearest is None and at_work and between <= _NEAR and not PROGRESS.search(line[:_LONGEST]):
            nearest = number
    return nearest


def _begin_of_block(log: LogLines, end: int) -> int:
    """Return where what a launcher reports begins: with a rule, of = or of -."""
    above = range(end - 1, max(-1, end - _LONGEST_BLOCK), -1)
    found = (next((number for number in above if rule.match(log.lines[number])), None) for rule in _RULES)
    return next((number for number in found if number is not None), end)


def _ordinary(log: LogLines, begin: int, end: int, taken: Collection[int]) -> Iterator[int]:
    """Yield the lines that programs wrote themselves, the last first."""
    for number in range(end - 1, begin - 1, -1):
        if number not in taken and log.lines[number].strip() and not RECORD.match(log.lines[number]):
            yield number


def _is_sentence(line: str) -> bool:
    said = line[:_LONGEST]
    return said[:1].strip() != "" and " " in said.strip() and not MILD.search(said)


def _alike(line: str) -> str:
    return _DIGITS.sub("", line[:_LONGEST].strip())
