"""Whether a run is quieter than it is by its own habit: no log, no step, and what its CPU and GPU do meanwhile.

Pure: times are handed in, in seconds since the epoch.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from desktop_app.core.words import spoken_duration

LEAST = 60.0
"""Seconds of silence that are nothing to speak of, whatever the habit."""
TIMES = 5.0
"""So many times its longest usual gap a run may be silent: an evaluation, a checkpoint now and then take longer."""
TIMES_IF_BUSY = 10.0
"""The same while its CPU or GPU work as ever: it may compute, or wait in a collective, which looks the same."""
WITHOUT_HABIT = 300.0
"""Seconds after which a run that has no habit yet is quiet, if it does nothing at all."""
LEAST_GAPS = 8
"""Gaps from which on there is a habit."""
RARE = 0.05
"""This part of gaps, the longest ones, is unusual."""
TOGETHER = 0.05
"""Seconds within which writing is one: ranks write the same line at the same moment."""
MINUTES = 300.0
"""Seconds for which steps alone, or the GPU alone, must be missing: an evaluation has logs, and none of these."""
_USE = {True: "Its CPU or GPU is still at work: it may wait in a collective.", False: "Its CPU and GPU are idle."}
IDLE = 5.0
"""Per cent of one core, or of a GPU, below which a rank does nothing; some programs look around now and then."""


class Lack(StrEnum):
    """What is missing of a run that is quiet, as a sentence begins that says so."""

    ALL = "No log and no metric"
    LOG = "No log"
    STEPS = "No metric"
    GPU = "No use of the GPU"


_LACKS = {Lack.ALL: "quiet", Lack.LOG: "quiet", Lack.STEPS: "without a metric", Lack.GPU: "without use of its GPU"}


@dataclass(frozen=True, slots=True)
class Quiet:
    """A run that is quiet `since` a moment; `usual` is its longest usual gap, None where it has no habit yet.

    `busy` says whether its CPU or GPU work, None where nobody knows; `lacks` is what is missing.
    """

    since: float
    usual: float | None
    busy: bool | None
    lacks: Lack = Lack.ALL

    def text(self, now: float) -> str:
        """Return `quiet for 4 min`, `without a step for 20 min`."""
        return f"{_LACKS[self.lacks]} for {rough(now - self.since)}"

    def sentence(self, now: float) -> str:
        """Return what is known of it."""
        habit = "" if self.usual is None else f"; until then something came every {rough(self.usual)} at least"
        said = f"{self.lacks} for {rough(now - self.since)}{habit}."
        if self.lacks in (Lack.STEPS, Lack.GPU):
            return f"{said} Its log goes on."
        return said if self.busy is None else f"{said} {_USE[self.busy]}"


def quiet(beats: Iterable[float], now: float, *, busy: bool | None, awake_since: float = 0.0) -> Quiet | None:
    """Return how quiet a run is whose signs of life were at `beats`; None while that is as usual.

    `awake_since` is when this machine woke up last: what it slept through is nobody's silence.
    """
    times = sorted(beats)
    if not times:
        return None
    usual = usual_gap(gaps_of(times))
    last = max(times[-1], awake_since)
    if now - last <= _patience(usual, busy=busy) or (usual is None and busy is not False):
        return None
    return Quiet(last, usual, busy)


def lacking(beats: Iterable[float], now: float, lack: Lack, *, awake_since: float = 0.0) -> Quiet | None:
    """Return how long one sign alone has been missing of a run whose log goes on; None while that is as usual.

    It counts where it was regular alone, and only after far longer than it was ever missing before by habit.
    """
    times = sorted(beats)
    usual = usual_gap(gaps_of(times))
    if usual is None:
        return None
    longest = max(gaps_of(times))
    last = max(times[-1], awake_since)
    if now - last <= max(MINUTES, TIMES_IF_BUSY * usual, 2 * longest):
        return None
    return Quiet(last, usual, None, lack)


def _patience(usual: float | None, *, busy: bool | None) -> float:
    if usual is None:
        return WITHOUT_HABIT
    return max(LEAST, (TIMES_IF_BUSY if busy else TIMES) * usual)


def gaps_of(times: Sequence[float]) -> list[float]:
    """Return the seconds between signs of life, which are in order."""
    return [after - before for before, after in itertools.pairwise(times) if after - before > TOGETHER]


def usual_gap(gaps: Sequence[float]) -> float | None:
    """Return the longest gap that is usual, None where there are too few."""
    if len(gaps) < LEAST_GAPS:
        return None
    ordered = sorted(gaps)
    return ordered[min(len(ordered) - 1, int(len(ordered) * (1 - RARE)))]


def is_busy(recent: Sequence[float], before: Sequence[float]) -> bool | None:
    """Return whether use in per cent goes on as before; None where there are no samples of it."""
    if not recent:
        return None
    usual = median(before) if before else 0.0
    return median(recent) >= max(IDLE, usual / 4)


def rough(seconds: float) -> str:
    """Return a time as one says it in passing: 3 s, 4 min, 2 h 5 min."""
    if seconds < 120:
        return spoken_duration(seconds)
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
