"""When ranks of a run wrote: their last words before a moment, and a line, by their clocks or stamps in their logs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from desktop_app.api import Explanation, RunSnapshot
from desktop_app.api.kit.log_lines import lines_of
from desktop_app.core.diagnosis.clock import NO_ZONE, last_time, stamp_of, time_at
from desktop_app.core.diagnosis.timed_out import LastWord
from desktop_app.services.diagnosing.excerpts import Excerpt
from desktop_app.services.diagnosing.sources import offset_of_row
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


def writing_times(run: RunSnapshot, excerpts: Mapping[int, Excerpt]) -> Callable[[Explanation], datetime | None]:
    """Return what says when the line of an explanation was written, None where nothing tells. Reads files."""

    def written(explanation: Explanation) -> datetime | None:
        rank, position = explanation.rank, explanation.position
        excerpt = excerpts.get(rank) if rank is not None else None
        if excerpt is None or position is None:
            return None
        at = _marked(excerpt, position, Path(run.folder, "clock", f"{rank}.bin")) or _stamped(excerpt, position)
        return at if at is not None and _is_within(at, run) else None

    return written


def _marked(excerpt: Excerpt, position: int, clock: Path) -> datetime | None:
    found = excerpt.piece_of(position)
    if found is None:
        return None
    piece, row = found
    at = ClockFile(clock).time_of(offset_of_row(piece.log, piece.start, row))
    return datetime.fromtimestamp(at, UTC) if at is not None else None


def _stamped(excerpt: Excerpt, position: int) -> datetime | None:
    """Return the stamp of a line, or the last before it, where it names its zone: others may be of anywhere."""
    at = time_at(lines_of(excerpt.text), position)
    return None if at is None or at.tzinfo is NO_ZONE else at


def _is_within(at: datetime, run: RunSnapshot) -> bool:
    return run.started is not None and run.started <= at and (run.ended is None or at <= run.ended)


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
