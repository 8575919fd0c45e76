"""Curves of a run: points gathered by name and rank, grown as they come, thinned for the screen."""

from __future__ import annotations

import csv
import io
import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from desktop_app.api import MetricPoint, ResourcePoint
from desktop_app.core.rank_words import RankName

MANY = 4000
"""Points of one curve from which on it is thinned: more than a screen has columns."""


@dataclass(slots=True)
class Curve:
    """One line of a plot. `x` is the step, or seconds since the start; both only grow at their ends."""

    rank: int | None
    x: array[float] = field(default_factory=lambda: array("d"))
    y: array[float] = field(default_factory=lambda: array("d"))

    def add(self, x: float, y: float) -> None:
        """Append a point; what is no number leaves a gap."""
        self.x.append(x)
        self.y.append(y if math.isfinite(y) else math.nan)

    @property
    def last(self) -> float | None:
        """The last value, None before there is one."""
        return self.y[-1] if self.y else None


@dataclass(slots=True)
class Plot:
    """One picture: the curves of one name, one for each rank that has any."""

    name: str
    curves: dict[int | None, Curve] = field(default_factory=dict)
    changed: bool = True

    def curve(self, rank: int | None) -> Curve:
        """Return the curve of a rank, made where it is not yet."""
        if rank not in self.curves:
            self.curves[rank] = Curve(rank)
        return self.curves[rank]

    @property
    def can_be_log(self) -> bool:
        """Whether all values are above zero."""
        return all(not value <= 0 for curve in self.curves.values() for value in curve.y)


class MetricPlots:
    """The plots of a run's metrics, by name in the order they first came; reads only what is new."""

    def __init__(self) -> None:
        self.plots: dict[str, Plot] = {}
        self._seen = 0
        self._first: MetricPoint | None = None
        self._last: MetricPoint | None = None

    def take(self, points: Sequence[MetricPoint]) -> bool:
        """Take in all points of the run, of which those seen before are passed by; return whether anything is new."""
        if not self._continues(points):
            self.plots.clear()
            self._seen = 0
        new = points[self._seen :]
        for each in new:
            plot = self.plots.setdefault(each.name, Plot(each.name))
            plot.curve(each.rank).add(float(each.step), each.value)
            plot.changed = True
        self._seen = len(points)
        if points:
            self._first, self._last = points[0], points[-1]
        return bool(new)

    def _continues(self, points: Sequence[MetricPoint]) -> bool:
        """Whether what was seen is still the beginning; points from another source may be sorted in between."""
        if self._seen == 0:
            return True
        return len(points) >= self._seen and points[0] == self._first and points[self._seen - 1] == self._last


@dataclass(frozen=True, slots=True)
class Style:
    """How a curve is drawn: the theme role of its colour, and its name where that is not simply its rank.

    With `dots` its points are drawn, and no line between them.
    """

    role: str
    name: str = ""
    in_front: bool = False
    dots: bool = False


HUES = ("accent", "canceled", "completed", "finalizing")
"""Theme roles that ranks take in turn, far apart from each other. Red is kept for the rank that stands out."""
FEW = 4
"""Ranks up to which each has a colour of its own."""


NAMELESS: Mapping[int, RankName] = MappingProxyType({})
"""Where nobody says what ranks are called, they are their numbers."""


def called(rank: int, names: Mapping[int, RankName]) -> str:
    """Return what a rank is called beside a curve: `worker 1` where it has a role, else `rank 1`."""
    found = names.get(rank)
    return found.name if found is not None and found.role else f"rank {rank}"


def styles(plot: Plot, names: Mapping[int, RankName] = NAMELESS) -> dict[int | None, Style]:
    """Return how each curve is drawn: a rank in the same colour in every plot, as far as the colours reach.

    Ranks of several roles differ by what they are: none of them stands out.
    """
    ranks = sorted(plot.curves, key=lambda rank: -1 if rank is None else rank)
    odd = outlier(plot) if len({each.role for each in names.values()}) < 2 else None
    if len(ranks) <= FEW:
        places = [0 if rank is None else rank % len(HUES) for rank in ranks]
        if len(set(places)) < len(places):  # such as ranks 0 and 4
            places = list(range(len(places)))
        made = {rank: Style(HUES[place]) for rank, place in zip(ranks, places, strict=True)}
    else:
        name = f"the other {len(ranks) - 1} ranks" if odd is not None else f"{len(ranks)} ranks"
        made = dict.fromkeys(ranks, Style("muted" if odd is not None else HUES[0], name))
    if odd is not None:
        made[odd] = Style("failed", f"{called(odd, names)} stands out", in_front=True)
    return made


def outlier(plot: Plot) -> int | None:
    """Return the one rank of at least three whose last values lie far from all others', None if there is none."""
    recent = sorted((_recent(each), rank) for rank, each in plot.curves.items() if rank is not None and each.y)
    if len(recent) < 3:
        return None
    values = [value for value, _ in recent]
    least = abs(values[len(values) // 2]) * 0.1
    above, below = values[-1] - values[-2], values[1] - values[0]
    if above > max(2 * (values[-2] - values[0]), least) and above > below:
        return recent[-1][1]
    if below > max(2 * (values[-1] - values[1]), least):
        return recent[0][1]
    return None


def _recent(curve: Curve) -> float:
    values = [each for each in curve.y[-20:] if math.isfinite(each)]
    return sum(values) / len(values) if values else 0.0


RESOURCES = ("CPU", "Memory", "GPU", "GPU memory")
"""The plots of the Resources tab; those of GPUs only where there is one."""


class ResourcePlots:
    """The plots of a run's resources, a curve for each rank, by seconds since its first sample."""

    def __init__(self) -> None:
        self.plots: dict[str, Plot] = {}
        self._seen = 0
        self._start = 0.0

    def take(self, points: Sequence[ResourcePoint]) -> bool:
        """Take in all samples of the run, of which those seen before are passed by; return whether anything is new."""
        if len(points) < self._seen:
            self.plots.clear()
            self._seen = 0
        if points and not self._seen:
            self._start = points[0].time
        new = points[self._seen :]
        for each in new:
            self._add(each)
        self._seen = len(points)
        return bool(new)

    def _add(self, point: ResourcePoint) -> None:
        values = (
            ("CPU", point.cpu),
            ("Memory", float(point.memory)),
            ("GPU", point.gpu),
            ("GPU memory", None if point.gpu_memory is None else float(point.gpu_memory)),
        )
        for name, value in values:
            if value is not None:
                plot = self.plots.setdefault(name, Plot(name))
                plot.curve(point.rank).add(point.time - self._start, value)
                plot.changed = True


def as_csv(plot: Plot, x_name: str, names: Mapping[int, RankName] = NAMELESS) -> str:
    """Return all values of a plot for a spreadsheet: a row for each `x`, a column for each rank."""
    ranks = sorted(plot.curves, key=lambda rank: -1 if rank is None else rank)
    rows: dict[float, dict[int | None, float]] = {}
    for rank in ranks:
        curve = plot.curves[rank]
        for x, y in zip(curve.x, curve.y, strict=True):
            rows.setdefault(x, {})[rank] = y
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([x_name, *(plot.name if rank is None else f"{plot.name} {called(rank, names)}" for rank in ranks)])
    for x in sorted(rows):
        table.writerow([f"{x:.10g}", *(repr(rows[x][rank]) if rank in rows[x] else "" for rank in ranks)])
    return text.getvalue()


def thinned(x: Sequence[float], y: Sequence[float], most: int = MANY) -> tuple[Sequence[float], Sequence[float]]:
    """Return at most about `most` points that look the same: of each slice its lowest and its highest."""
    if len(x) <= most:
        return x, y
    step = math.ceil(len(x) * 2 / most)
    xs, ys = array("d"), array("d")
    for start in range(0, len(x), step):
        part = y[start : start + step]
        numbers = [(value, index) for index, value in enumerate(part) if value == value]  # noqa: PLR0124 - not NaN
        picked = {min(numbers)[1], max(numbers)[1]} if numbers else {0}
        for index in sorted(picked):
            xs.append(x[start + index])
            ys.append(y[start + index])
    return xs, ys


def smoothed(values: Iterable[float], weight: float) -> array[float]:
    """Return the exponential moving average that TensorBoard draws, corrected for its start; `weight` from 0 to 1."""
    made, mean, count = array("d"), 0.0, 0
    for each in values:
        if not math.isfinite(each):
            made.append(math.nan)
            continue
        count += 1
        mean = mean * weight + each * (1 - weight)
        made.append(mean / (1 - weight**count))
    return made


def short_number(value: float) -> str:
    """Return a number in as few digits as tell it: 0.0312, 1234, 1.2e-06."""
    if not math.isfinite(value):
        return str(value)
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:.4g}"


def last_values(plot: Plot) -> str:
    """Return the last value, or the span of the ranks' last values."""
    values = [each.last for each in plot.curves.values() if each.last is not None]
    if not values:
        return ""
    low, high = min(values), max(values)
    return short_number(low) if low == high else f"{short_number(low)} to {short_number(high)}"
