"""Whether a process went on after a line: then the line, however bad it sounds, is not what ended it."""

from __future__ import annotations

import re
from collections.abc import Collection

from desktop_app.api.kit.log_lines import LogLines

LAST_LINES = 20
"""Lines of ordinary work after a line by which it was outlived."""
_LOOKED_AT = 4000
_STEP = re.compile(r"\d+/\d+ \[\d+:\d\d")
"""What a progress bar writes for every step: many of them are one line, where a copy made blanks of its returns."""
_LINES_OF_A_STEP = 4
_LONGEST_BAR = 20_000
_OF_AN_END = re.compile(
    r"^\s*$|^\s|^[-=*#~+|]{3}|error|exception|fail|warn|terminat|abort|kill|signal|sig[a-z]{3,4}\b|shut|exit|traceback|peer"
    r"|time[d ]*out|clos(?:ed|ing)|clean|dump|stack|frame #|nccl|destroy|root cause|retry|lost|disconnect|cannot|can't"
    r"|could not|unable|not found|missing|invalid|fatal",
    re.IGNORECASE,
)


_TRIED_AGAIN = re.compile(
    r"\b(?:attempt|try|retry) ?#?\d+ ?(?:of|/) ?\d+\b|\bretrying\b|\bwill (?:be )?retr(?:y|ied)\b|\bretry in\b",
    re.IGNORECASE,
)


def is_ordinary(line: str) -> bool:
    """Whether a line tells of work: of no error and no end."""
    return _OF_AN_END.search(line[:500]) is None


def is_tried_again(line: str) -> bool:
    """Whether a line says that what failed is tried once more."""
    return _TRIED_AGAIN.search(line[:500]) is not None


def is_outlived(log: LogLines, end: int, inside: Collection[int] = ()) -> bool:
    """Whether the writer of a line did ordinary work after it; `inside` are lines of tracebacks, which are none."""
    writer, ordinary = log.writers[end], 0
    for number in range(end + 1, min(len(log.lines), end + _LOOKED_AT)):
        if log.writers[number] != writer or number in inside:
            continue
        ordinary += is_ordinary(log.lines[number])
        ordinary += _LINES_OF_A_STEP * len(_STEP.findall(log.raw[number][:_LONGEST_BAR]))
        if ordinary > LAST_LINES:
            return True
    return False
