"""What a metric's name, or a line of a log, says of how long a step takes: its kind and its unit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Kind(StrEnum):
    """The times of a step that tell ranks apart."""

    STEP = "step"
    DATA = "data"
    COMPUTE = "compute"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Measure:
    """A time of a step: `scale` makes it seconds, None where the name has no unit; a `rate` is steps in a second."""

    kind: Kind
    scale: float | None = None
    rate: bool = False

    def seconds(self, value: float) -> float | None:
        """Return the time, None for what is none."""
        if self.rate:
            return 1 / value if value > 0 else None
        return value * (1.0 if self.scale is None else self.scale) if value >= 0 else None


_UNITS: Mapping[str, float] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1.0),
    **dict.fromkeys(("ms", "msec", "millis", "milliseconds"), 1e-3),
    **dict.fromkeys(("us", "usec", "microseconds"), 1e-6),
}
_TIMES = frozenset({"time", "duration", "latency", "took", "elapsed", "wait", "loading"}) | _UNITS.keys()
_STEPS = frozenset({"step", "iter", "iteration", "batch"})
_MANY_STEPS = frozenset({"steps", "iters", "its", "it", "iterations", "batches"}) | _STEPS
# The first that fits: waiting for data is data's.
_KINDS = (
    (Kind.DATA, frozenset({"data", "dataloader", "dataloading", "loader", "fetch"})),
    (Kind.WAIT, frozenset({"wait", "waiting", "allreduce", "comm", "communication", "sync", "barrier", "collective"})),
    (Kind.COMPUTE, frozenset({"compute", "computing", "forward", "backward", "fwd", "bwd"})),
    (Kind.STEP, _STEPS),
)
# Times of something else: of all that is left, of an epoch, of trying the model out.
_OTHERS = frozenset(
    {"epoch", "eta", "remaining", "total", "eval", "val", "valid", "validation", "test", "start", "end"}
)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


@lru_cache(maxsize=4096)
def measure_of(name: str) -> Measure | None:
    """Return which time of a step a metric of this name is, None for any other: `step_ms`, `train/dataTime`."""
    listed = [each.lower() for each in _WORD.findall(name[:200])]
    words = set(listed)
    if words & _OTHERS:
        return None
    if "per" in listed:
        what, unit = set(listed[: listed.index("per")]), set(listed[listed.index("per") + 1 :])
        if what & _MANY_STEPS and unit & {"s", "sec", "second"}:
            return Measure(Kind.STEP, rate=True)
        if not (what & _TIMES and unit & _STEPS):
            return None
    if not words & _TIMES:
        return None
    unit_words = [each for each in listed if each in _UNITS]
    scale = _UNITS[unit_words[-1]] if unit_words else None
    return next((Measure(kind, scale) for kind, names in _KINDS if words & names), None)


_STEP_IN_LINE = re.compile(
    r"(?i)(?<![\w/])(?:(?:global[_ ]?)?step|iter(?:ation)?|batch)[\s:=#\[(]{1,4}(\d{1,12})(?![\d.])"
)
_KEY = "step|iter|iteration|batch|data|dataloader|compute|forward|backward|wait|allreduce|comm|sync"
_TIME_IN_LINE = re.compile(
    rf"(?i)(?<![\w/.-])((?:[a-z]{{1,20}}[_/ ]){{0,2}}(?:{_KEY})(?:[_ ](?:load(?:ing)?|time|wait|ms|sec|s))*)"
    r"\s{0,2}[:=]?\s{0,2}(\d{1,9}(?:\.\d{1,9})?)\s?(ms|s\b)?"
)
LONGEST_LINE = 2000


def step_in(line: str) -> int | None:
    """Return the step that a line of a log tells of: `step 40`, `iter: 40/300`, `batch [40/300]`."""
    found = _STEP_IN_LINE.search(line[:LONGEST_LINE])
    return int(found[1]) if found else None


def times_in(line: str) -> dict[Kind, float]:
    """Return the times of a step that a line of a log tells, in seconds: `step_ms 41.2 data_time: 0.003`."""
    found: dict[Kind, float] = {}
    for name, number, unit in _TIME_IN_LINE.findall(line[:LONGEST_LINE]):
        measure = measure_of(f"{name} time {unit}" if unit else name)
        seconds = measure.seconds(float(number)) if measure is not None else None
        if measure is not None and seconds is not None:
            found.setdefault(measure.kind, seconds)
    return found
