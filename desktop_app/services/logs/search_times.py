"""When a line that a search found was written, without reading more of its log than the piece it was found in.

What only stamps need is imported when there is one, for the first match of a short search is waited for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.services.logs.clock_file import ClockFile

_BACK = 40  # lines looked back for a stamp
_HEAD = 512  # bytes of a line in which one is looked for


class Times:
    """Tells times nearly as the merged log does, for putting matches in order; along one log they never fall."""

    def __init__(self, logs: Sequence[dict[str, Any]]) -> None:
        self._logs = logs
        self._clocks = {each["rank"]: ClockFile(Path(each["clock"])) for each in logs}
        self._shifts: dict[int, float] = {}
        self._last: dict[int, float] = {}

    def of(self, rank: int, offset: int, line: bytes, data: bytearray, place: int) -> float:
        """Return when the line was written that stands at `place` of `data`, and at `offset` of its log."""
        came = self._clocks[rank].time_of(offset)
        moment = self._stamp(rank, line, data, place, far=came is None)
        if moment is None:
            moment = came
        if moment is None:
            span = self._clocks[rank].span()
            moment = span[1] if span else 0.0
        moment = max(moment, self._last.get(rank, 0.0))
        self._last[rank] = moment
        return moment

    def _stamp(self, rank: int, line: bytes, data: bytearray, place: int, *, far: bool) -> float | None:
        for _ in range(_BACK if far else 1):
            if line.find(b":", 0, _HEAD) >= 0 or line.find(b".", 0, _HEAD) >= 0:
                moment = self._moment(line[:_HEAD])
                if moment is not None:
                    return moment + self._shift(rank)
            if place <= 0:
                return None
            end, place = place, data.rfind(b"\n", 0, place - 1) + 1
            line = bytes(data[place:end])
        return None

    @staticmethod
    def _moment(head: bytes) -> float | None:
        from time import time

        from desktop_app.services.logs.stamps import stamp_of

        return stamp_of(head.replace(b"\0", b""), time())

    def _shift(self, rank: int) -> float:
        """Return by how much a log's clock is set right; worked out for all logs, as most agree with each other."""
        if not self._shifts:
            from desktop_app.services.logs.alignment import align
            from desktop_app.services.logs.log_file import LogFile
            from desktop_app.services.logs.timeline import Timeline

            lines = {
                each["rank"]: Timeline(LogFile(Path(each["log"])), self._clocks[each["rank"]]) for each in self._logs
            }
            align(list(lines.values()))
            self._shifts = {number: each.shift for number, each in lines.items()}
        return self._shifts[rank]
