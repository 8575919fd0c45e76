"""When a line that a search found was written, without reading more of its log than the piece it was found in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.services.logs.alignment import align
from desktop_app.services.logs.clock_file import ClockFile
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.stamps import stamp_of
from desktop_app.services.logs.timeline import Timeline

_BACK = 40  # lines looked back for a stamp


class Times:
    """Tells times nearly as the merged log does, for putting matches in order; along one log they never fall."""

    def __init__(self, logs: Sequence[dict[str, Any]]) -> None:
        self._clocks = {each["rank"]: ClockFile(Path(each["clock"])) for each in logs}
        self._files = {each["rank"]: LogFile(Path(each["log"])) for each in logs}
        self._lines = {rank: Timeline(self._files[rank], clock) for rank, clock in self._clocks.items()}
        align(list(self._lines.values()))
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
        times = self._lines[rank]
        if not times.has_stamps():
            return None
        latest = self._files[rank].changed()
        for _ in range(_BACK if far else 1):
            moment = stamp_of(self._files[rank].narrow(line[:512]), latest)
            if moment is not None:
                return moment + times.shift
            if place <= 0:
                return None
            end, place = place, data.rfind(b"\n", 0, place - 1) + 1
            line = bytes(data[place:end])
        return None
