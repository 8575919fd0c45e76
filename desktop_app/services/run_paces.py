"""Gathers how fast each rank of a run is: from its metrics, its log's lines and their clock, and its samples."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from desktop_app.api import JobBackend, MetricPoint, OutsideError, ResourcePoint, RunSnapshot, UserError
from desktop_app.core.diagnosis.timed_out import is_of_limit, standstill, stopped_at
from desktop_app.core.paces import Kind, measure_of, step_in, times_in
from desktop_app.core.rank_words import names_of
from desktop_app.core.stragglers import LEAST_SAMPLES, LEAST_STEPS, Finding, Pace, advice, find, median_of_others
from desktop_app.services.diagnosing.last_words import last_words
from desktop_app.services.logs.clock_file import ClockFile
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogSource
from desktop_app.services.logs.sources import log_sources

TAIL = 256 << 10
"""Bytes at the end of each log that are looked through for steps."""
ALL_TAILS = 16 << 20
RECENT = 200
"""Steps that count: how a rank was an hour ago is not how it is."""
WARM_UP = 2
"""Steps, and samples, at the beginning that do not count where there are others: things are loaded and compiled."""


@dataclass(frozen=True, slots=True)
class Paces:
    """How fast the ranks are, in their order, what follows from it, and a word to add."""

    ranks: tuple[Pace, ...]
    finding: Finding
    advice: str = ""


async def read_paces(backend: JobBackend, run: RunSnapshot) -> Paces:
    """Return how fast the ranks of a run are; what can't be asked for is left out."""
    points: Sequence[MetricPoint] = ()
    samples: Sequence[ResourcePoint] = ()
    with contextlib.suppress(UserError, OutsideError, OSError):
        points, samples = await backend.metrics(run.handle), await backend.resources(run.handle)
    return await asyncio.to_thread(paces_of, run, points, samples)


def paces_of(run: RunSnapshot, points: Sequence[MetricPoint], samples: Sequence[ResourcePoint]) -> Paces:
    """Return how fast the ranks of a run are. Reads the ends of its logs."""
    ranks = alike(run)
    told = {rank: _Told() for rank in ranks}
    for each in points:
        if each.rank in told:
            told[each.rank].take(each)
    if run.folder:
        _read_logs([each for each in log_sources(run) if each.rank in told], told)
    loads = _loads(samples, {rank: each.span for rank, each in told.items()})
    late = _lateness({rank: each.arrivals for rank, each in told.items()})
    found = tuple(_pace(rank, told[rank], late.get(rank), loads.get(rank, ())) for rank in ranks)
    names = {rank: each.name for rank, each in names_of(run.ranks, run.framework).items() if each.role}
    finding = find(found, names)
    return Paces(found, finding, _standstill(run) or advice(found, finding))


def _standstill(run: RunSnapshot) -> str:
    """Return since when a run hung that its time limit ended: then nobody was slow."""
    if not is_of_limit(run) or not run.folder:
        return ""
    end = stopped_at(run)
    return standstill(last_words(run, {}, end), end)


def alike(run: RunSnapshot) -> list[int]:
    """Return the ranks that do the same work: those of the role that most have."""
    roles = Counter(each.role for each in run.ranks)
    most = roles.most_common(1)[0][0] if roles else ""
    return sorted(each.rank for each in run.ranks if each.role == most)


class _Told:
    """What one rank's metrics and log tell: times by kind, and when it came to which step."""

    def __init__(self) -> None:
        self.times: dict[Kind, list[float]] = defaultdict(list)
        self.guessed: dict[Kind, list[float]] = defaultdict(list)  # of names without a unit
        self.logged: dict[int, float] = {}
        self.lines: list[tuple[int, float]] = []

    @property
    def arrivals(self) -> dict[int, float]:
        """When it came to which step; nothing where it counts anew in each epoch."""
        seen = self.seen
        return dict(seen) if all(one[0] < other[0] for one, other in itertools.pairwise(seen)) else {}

    @property
    def seen(self) -> Sequence[tuple[int, float]]:
        """Steps and when it came to them, from its metrics or its log: what has more of them."""
        return self.lines if len(self.lines) > len(self.logged) else [*self.logged.items()]

    @property
    def span(self) -> tuple[float, float] | None:
        """From which time to which it made steps."""
        times = [time for _step, time in self.seen]
        return (min(times), max(times)) if len(times) > 1 else None

    def take(self, point: MetricPoint) -> None:
        """Take a metric of this rank."""
        self.logged.setdefault(point.step, point.time)
        measure = measure_of(point.name)
        seconds = measure.seconds(point.value) if measure is not None else None
        if measure is not None and seconds is not None and math.isfinite(seconds):
            (self.times if measure.scale or measure.rate else self.guessed)[measure.kind].append(seconds)

    def settle(self) -> tuple[int, dict[Kind, float]]:
        """Return how many steps were seen, and the median of each kind of time over the last of them."""
        between = _intervals(self.seen)
        wall = median(between) if len(between) >= LEAST_STEPS else None
        found = {kind: median(_counting(values)) for kind, values in self.times.items() if values}
        for kind, values in self.guessed.items():
            middle = median(_counting(values))
            # `step_time` is in seconds by custom; a number that is longer than the step was on the clock is not.
            found.setdefault(kind, middle / 1000 if wall is not None and middle > 5 * wall else middle)
        if wall is not None:
            found.setdefault(Kind.STEP, wall)
        return max([len(between), *map(len, self.times.values()), *map(len, self.guessed.values())]), found


def _counting(values: Sequence[float]) -> Sequence[float]:
    recent = values[WARM_UP:] if len(values) >= WARM_UP + LEAST_STEPS else values
    return recent[-RECENT:]


def _intervals(seen: Sequence[tuple[int, float]]) -> Sequence[float]:
    """Return the seconds of each step between two that were seen; nothing where lines came in bursts."""
    pairs = itertools.pairwise(seen)
    found = _counting([(after - before) / (step - last) for (last, before), (step, after) in pairs if step > last])
    return found if sum(each > 1e-4 for each in found) * 2 > len(found) else []


def _read_logs(sources: Sequence[LogSource], told: Mapping[int, _Told]) -> None:
    size = min(TAIL, ALL_TAILS // max(1, len(sources)))
    for each in sources:
        _read_log(each, told[each.rank], size)


def _read_log(source: LogSource, told: _Told, size: int) -> None:
    file, clock = LogFile(source.log), ClockFile(source.clock)
    offset = max(0, file.size() - size)
    logged = set(told.times) | set(told.guessed)
    for number, line in enumerate(file.read(offset, size).split(b"\n")):
        if number or not offset:
            text = line[:4000].decode("utf-8", "replace")
            step, time = step_in(text), None
            if step is not None and (time := clock.time_of(offset)) is not None:
                told.lines.append((step, time))
            for kind, seconds in times_in(text).items():
                if kind not in logged:
                    told.times[kind].append(seconds)
        offset += len(line) + 1


def _lateness(seen: Mapping[int, Mapping[int, float]]) -> dict[int, float]:
    """Return by how much each rank comes to a step after the others, as a median over the steps that all came to."""
    common = set.intersection(*(set(each) for each in seen.values())) if len(seen) > 1 else set()
    if len(common) < 2 * LEAST_STEPS:
        return {}
    steps = sorted(common)[-RECENT:]
    ordered = {step: sorted(each[step] for each in seen.values()) for step in steps}
    return {
        rank: median(times[step] - median_of_others(ordered[step], times[step]) for step in steps)
        for rank, times in seen.items()
    }


def _loads(
    samples: Iterable[ResourcePoint], spans: Mapping[int, tuple[float, float] | None]
) -> dict[int, Sequence[ResourcePoint]]:
    """Return the samples of each rank while it made steps; where that is not known, without the beginning."""
    found: dict[int, list[ResourcePoint]] = defaultdict(list)
    for each in samples:
        if each.rank in spans:
            found[each.rank].append(each)
    counted: dict[int, Sequence[ResourcePoint]] = {}
    for rank, own in found.items():
        span = spans[rank]
        inside = [each for each in own if span is not None and span[0] <= each.time <= span[1] + 1]
        counted[rank] = inside if len(inside) >= LEAST_SAMPLES else _without_ends(own)
    return counted


def _without_ends(own: Sequence[ResourcePoint]) -> Sequence[ResourcePoint]:
    return own[WARM_UP:] if len(own) >= WARM_UP + LEAST_SAMPLES else own


def _pace(rank: int, told: _Told, late: float | None, samples: Sequence[ResourcePoint]) -> Pace:
    steps, times = told.settle()
    enough = len(samples) >= LEAST_SAMPLES
    gpus = [each.gpu for each in samples if each.gpu is not None]
    held = [each.gpu_memory for each in samples if each.gpu_memory is not None]
    return Pace(
        rank,
        steps,
        times,
        late,
        cpu=median(each.cpu for each in samples) if enough else None,
        gpu=median(gpus) if enough and gpus else None,
        memory=max((each.memory for each in samples), default=None),
        gpu_memory=max(held, default=None),
    )
