"""What each rank of a run wrote last before a moment: by the marks of its clock, else by time stamps in its log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from desktop_app.api import RunSnapshot
from desktop_app.api.kit.log_lines import lines_of
from desktop_app.core.diagnosis.clock import last_time, stamp_of
from desktop_app.core.diagnosis.timed_out import LastWord
from desktop_app.services.logs.clock_file import ClockFile

_LINE = 2048
_LATE = 8 << 10  # bytes of a log
_OFTEN = 3
_STEADILY = 10
_MANY = 200  # lines


def last_words(run: RunSnapshot, logs: Mapping[int, str], until: datetime | None) -> dict[int, LastWord]:
    """Return the last words by rank; none of ranks of which nothing tells when they wrote. Reads files."""
    found = {}
    for each in run.ranks:
        path = Path(run.folder, each.log or f"user_logs/std_log_process_{each.rank}.txt")
        word = _by_clock(path, Path(run.folder, "clock", f"{each.rank}.bin"), until or run.ended)
        word = word or _by_stamps(logs.get(each.rank, ""))
        if word is not None:
            found[each.rank] = word
    return found


def _by_clock(log: Path, clock: Path, until: datetime | None) -> LastWord | None:
    marks = ClockFile(clock)
    size = marks.size_at(until.timestamp(), inclusive=True) if until is not None else 0
    at = marks.time_of(size - 1) if size else None
    if at is None:
        return None
    times = [time for _, time in marks.marks(max(0, size - _LATE), size)]
    line = _line_before(log, size)
    return LastWord(datetime.fromtimestamp(at, UTC), line, _usual(times), len(times) >= _STEADILY)


def _usual(times: Sequence[float]) -> float | None:
    """Return the longest time that a rank was silent before, of late; None for one that wrote a few times at most."""
    return max(after - before for before, after in pairwise(times)) if len(times) >= _OFTEN else None


def _line_before(log: Path, size: int) -> str:
    try:
        with log.open("rb") as file:
            file.seek(max(0, size - _LINE))
            lines = file.read(min(size, _LINE)).decode("utf-8", "replace").split("\n")
    except OSError:
        return ""
    return next((each.strip() for each in reversed(lines) if each.strip()), "")


def _by_stamps(text: str) -> LastWord | None:
    log = lines_of(text)
    at = last_time(log)
    stamped = sum(1 for each in log.lines[-_MANY:] if stamp_of(each) is not None)
    line = next((each.strip() for each in reversed(log.raw) if each.strip()), "")
    return LastWord(at, line, 0.0 if stamped >= _OFTEN else None, stamped >= _STEADILY) if at is not None else None
