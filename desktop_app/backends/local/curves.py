"""What was read of a run's metrics and resources so far, in the order of its arrival, and of which runs."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from desktop_app.api import MetricPoint, ResourcePoint
from desktop_app.backends.local import series

V = TypeVar("V")
MOST_RUNS = 4
"""Runs whose points are kept at the same time; one that is looked at again later is read again."""


class Curves:
    """The points of one run. Asked from several threads; what is returned does not change any more."""

    def __init__(self, folder: Path) -> None:
        self._metrics = series.Series(folder / "metrics.jsonl", series.metric_point)
        self._resources = Grown(series.Series(folder / "resources.jsonl", series.resource_point))
        self._lock = threading.Lock()
        self._taken = 0
        self._first: MetricPoint | None = None
        self._events: dict[str, tuple[int, MetricPoint]] = {}
        self._points: list[MetricPoint] = []
        self._answer: tuple[MetricPoint, ...] = ()
        self.events_size = 0
        self.turn = asyncio.Lock()
        """For whoever reads event files: an older reading must not follow a newer one."""

    def resources(self) -> Sequence[ResourcePoint]:
        """Return the samples so far."""
        return self._resources.read()

    def metrics(self, events: Sequence[MetricPoint] | None) -> Sequence[MetricPoint]:
        """Return all points so far, new ones after those returned before; `events` are TensorBoard's, if it was read.

        Only what did not grow but changed (a file that was replaced) is put together anew, by time.
        """
        with self._lock:
            logged = self._metrics.read()
            if self._begins_anew(logged):
                self._start_over()
            self._points += logged[self._taken :]
            self._taken, self._first = len(logged), logged[0] if logged else None
            if events is not None:
                self._take(events) if self._events else self._merge(events)
            if len(self._points) != len(self._answer):
                self._answer = tuple(self._points)
            return self._answer

    def _begins_anew(self, logged: Sequence[MetricPoint]) -> bool:
        return len(logged) < self._taken or (self._taken > 0 and logged[0] is not self._first)

    def _start_over(self) -> None:
        self._taken, self._points, self._answer, self._events, self.events_size = 0, [], (), {}, 0

    def _take(self, events: Sequence[MetricPoint]) -> None:
        """Add the events that are new: of each name the ones after those that were seen."""
        seen: dict[str, tuple[int, MetricPoint]] = {}
        new: list[MetricPoint] = []
        for each in events:
            count = seen[each.name][0] + 1 if each.name in seen else 1
            seen[each.name] = (count, each)
            known, last = self._events.get(each.name, (0, None))
            if count > known:
                new.append(each)
            elif count == known and not _is_same(each, last):
                break
        else:
            if all(name in seen and seen[name][0] >= known for name, (known, _) in self._events.items()):
                self._points += new
                self._events = seen
                return
        self._merge(events)

    def _merge(self, events: Sequence[MetricPoint]) -> None:
        self._points = sorted((*self._metrics.values[: self._taken], *events), key=lambda each: each.time)
        self._answer = ()
        self._events = {}
        for each in events:
            self._events[each.name] = (self._events.get(each.name, (0, each))[0] + 1, each)


def _is_same(one: MetricPoint, other: MetricPoint | None) -> bool:
    return other is not None and (one.step, one.time) == (other.step, other.time)  # a value may be NaN


class Grown(Generic[V]):
    """A series as a tuple, which is made again only when there is something new."""

    def __init__(self, values: series.Series[V]) -> None:
        self._series = values
        self._answer: tuple[V, ...] = ()

    def read(self) -> tuple[V, ...]:
        """Return the values so far."""
        values = self._series.read()
        if len(values) != len(self._answer) or (values and values[0] is not self._answer[0]):
            self._answer = tuple(values)
        return self._answer


class Shelf(Generic[V]):
    """What is known of the few runs that were asked for last; for one thread."""

    def __init__(self, make: Callable[[str], V], most: int = MOST_RUNS) -> None:
        self._make = make
        self._most = most
        self._kept: OrderedDict[str, V] = OrderedDict()

    def of(self, handle: str) -> V:
        """Return what is known of a run, nothing yet if it is new here."""
        if handle not in self._kept:
            self._kept[handle] = self._make(handle)
        self._kept.move_to_end(handle)
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return self._kept[handle]

    def forget(self, handle: str) -> None:
        """Drop a run."""
        self._kept.pop(handle, None)

    def __len__(self) -> int:
        return len(self._kept)
