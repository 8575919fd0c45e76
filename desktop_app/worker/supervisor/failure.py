"""What a rank's log says last about why it failed. Bounded: of a log of any size only the end is read for it."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path

TAIL = 256 << 10
COUNT_LIMIT = 2 << 30
"""Bytes up to which the lines before the tail are counted, to say the line's number."""
TEXT_LIMIT = 3000  # as long as Azure ML keeps an error message

_PREFIX = re.compile(r"^\[[\w ]*?rank\s?\d+\]:\s?", re.IGNORECASE)
_ERROR = re.compile(r"\berror\b", re.IGNORECASE)
_GIVES_UP = re.compile(r"\bdaemons?\b|\bterminate the job\b|\btime limit\b|\bunable to (?:launch|start)\b|^MPI_ABORT\b")
"""What a launcher says that ends a job for its own reasons. It says more: warnings, and that ranks miss a peer."""
AT_ONCE = 2.0
"""Seconds within which ranks ended from outside count as ended at once: each takes its own time to go."""
_FROM_OUTSIDE = (signal.SIGTERM.value, 9)  # SIGKILL, which Windows does not name
_OF_A_SHELL = 128
MIN_RULE = 20
_TRACEBACK = "Traceback (most recent call last):"
_PLAIN_ERROR = re.compile(
    r"^\w*Error\b|\b[Ee]rror: |command not found|No such file or directory|can't open file|Permission denied"
    r"|Segmentation fault|No module named|core dumped"
)


def how_ended(code: int) -> str:
    """Return what a process did that ended with this code, negative for a signal, as a sentence goes on."""
    if code >= 0:
        return f"failed with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"


def signal_from_outside(code: int) -> int:
    """Return the signal with which somebody else ended a process, 0 where nobody did; a shell says 128 and more."""
    number = -code if code < 0 else code - _OF_A_SHELL
    return number if number in _FROM_OUTSIDE else 0


def last_words(log: Path) -> tuple[str, int | None]:
    """Return the last line of the last traceback (else of the last plain error) and its number in the log."""
    try:
        with log.open("rb") as file:
            size = file.seek(0, 2)
            start = max(0, size - TAIL)
            file.seek(start)
            lines = file.read(TAIL).decode("utf-8", "replace").split("\n")
    except OSError:
        return "", None
    index = _of_traceback(lines)
    if index is None:
        index = _of_plain_error(lines)
    if index is None:
        return "", None
    before = _count_lines(log, start)
    number = None if before is None else before + index + 1
    return _bare(lines[index]).strip()[:TEXT_LIMIT], number


def refusal(log: Path) -> str:
    """Return the first telling words of a launcher's log: what stands between its rules, else a line with an error."""
    lines = _lines(log)
    return _sentence(next(_messages(lines), "") or _plainest(lines))


def why_given_up(log: Path) -> str:
    """Return what a launcher's log names as its own reason to give up the job; empty where it names none."""
    return _sentence(next((words for words in _messages(_lines(log)) if _GIVES_UP.search(words)), ""))


def _lines(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            return [line.strip() for line in file.read(TAIL).decode("utf-8", "replace").splitlines()]
    except OSError:
        return []


def _sentence(words: str) -> str:
    return words[:TEXT_LIMIT].rstrip(" :.") + "." if words else ""


def _messages(lines: list[str]) -> Iterator[str]:
    """Yield the first paragraph below each rule (`-----`), as Open MPI's own messages are set."""
    words: list[str] = []
    below = False
    for line in lines:
        rule = len(line) > MIN_RULE and not line.strip("-")
        if words and (rule or not line):
            yield " ".join(words)
            words, below = [], False
        below = below or rule
        words += [line] if below and line and not rule else []
    if words:
        yield " ".join(words)


def _plainest(lines: list[str]) -> str:
    said = [line for line in lines if line.strip("-")]
    return next((line for line in said if _ERROR.search(line)), said[-1] if said else "")


def _of_traceback(lines: list[str]) -> int | None:
    """Return the index of the exception's line: the first below the last traceback that is not indented."""
    begins = [index for index, line in enumerate(lines) if _bare(line).startswith(_TRACEBACK)]
    if not begins:
        return None
    for index in range(begins[-1] + 1, len(lines)):
        line = _bare(lines[index])
        if line.strip() and not line[0].isspace():
            return index
    return None


def _of_plain_error(lines: list[str]) -> int | None:
    for index in range(len(lines) - 1, max(-1, len(lines) - 21), -1):
        if _PLAIN_ERROR.search(_bare(lines[index])):
            return index
    return None


def _bare(line: str) -> str:
    """Return the line without the `[rank1]: ` that PyTorch puts before the lines of a traceback."""
    return _PREFIX.sub("", line).rstrip("\r")


def _count_lines(log: Path, end: int) -> int | None:
    if end > COUNT_LIMIT:
        return None
    count = 0
    with log.open("rb") as file:
        while end > 0 and (chunk := file.read(min(1 << 20, end))):
            count += chunk.count(b"\n")
            end -= len(chunk)
    return count
