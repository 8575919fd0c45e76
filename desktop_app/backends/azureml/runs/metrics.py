"""A run's metrics as its workspace keeps them, for whoever looks: names first, then each one's whole series.

Source: the metric service's interface v2.0, as in azure-ai-ml's generated run-history client.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from desktop_app.api import MetricPoint, RunSnapshot, Workspace
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.client.asking import Asking, items_of
from desktop_app.backends.azureml.client.wire import CloudFault
from desktop_app.backends.azureml.runs.snapshots import time_of

_MOST_PAGES = 50
_MOST_NAMES = 200
_EVERY = 4.0
_SHARE = 8.0  # of the time that asking takes


async def points(asking: Asking, workspace: Workspace, run: str) -> Sequence[MetricPoint]:
    """Return all points of a run, those of one metric by step; none where it logged nothing. Raises CloudFault."""
    names = await _names(asking, workspace, run)
    slots = asyncio.Semaphore(6)

    async def series(name: str) -> list[MetricPoint]:
        async with slots:
            return await _series(asking, workspace, run, name)

    found = await asyncio.gather(*(series(each) for each in names[:_MOST_NAMES]))
    return [point for each in found for point in each]


@dataclass(slots=True)
class _Curve:
    points: Sequence[MetricPoint] = ()
    due: float = float("-inf")
    is_last: bool = False
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Curves:
    """The points of runs that somebody looks at, asked for now and then."""

    def __init__(self, asking: Asking, clock: Callable[[], float] = time.monotonic) -> None:
        self._asking = asking
        self._clock = clock
        self._curves: dict[str, _Curve] = {}

    async def points(self, workspace: Workspace, run: RunSnapshot) -> tuple[Sequence[MetricPoint], bool]:
        """Return a run's points, and whether they were just asked for. Raises CloudFault."""
        curve = self._curves.setdefault(run.handle, _Curve())
        async with curve.turn:
            began = self._clock()
            if curve.is_last or began < curve.due:
                return curve.points, False
            curve.points = await points(self._asking, workspace, run.run)
            curve.is_last = run.is_over
            curve.due = self._clock() + max(_EVERY, _SHARE * (self._clock() - began))
            return curve.points, True

    def forget(self, handle: str) -> None:
        """Forget a run."""
        self._curves.pop(handle, None)


async def last(asking: Asking, workspace: Workspace, run: str, name: str) -> tuple[float, int] | None:
    """Return the last value of one metric and its step; None where it was not logged. Raises CloudFault."""
    return last_of(await _series(asking, workspace, run, name)).get(name)


def last_of(found: Sequence[MetricPoint]) -> Mapping[str, tuple[float, int]]:
    """Return each metric's last value and its step."""
    return {each.name: (each.value, each.step) for each in found}


async def _names(asking: Asking, workspace: Workspace, run: str) -> list[str]:
    found: dict[str, None] = {}
    async for each in _pages(asking, workspace, run, "list", {}):
        key: Any = each.get("metricKey")
        name = key.get("name") if isinstance(key, dict) else each.get("name")
        if isinstance(name, str):
            found[name] = None
    return list(found)


async def _series(asking: Asking, workspace: Workspace, run: str, name: str) -> list[MetricPoint]:
    found = [
        point
        async for each in _pages(asking, workspace, run, "full", {"metricName": name})
        for point in points_of(name, each)
    ]
    return sorted(found, key=lambda each: (each.step, each.time))


async def _pages(asking: Asking, workspace: Workspace, run: str, what: str, body: Mapping[str, Any]) -> Any:
    token: Any = None
    for _page in range(_MOST_PAGES):
        more: dict[str, Any] = {"continuationToken": token} if token else {}
        try:
            reply = await asking.api(workspace, "POST", routes.metric(workspace, run, what), json={**body, **more})
        except CloudFault as fault:
            if fault.kind != "not-found":
                raise
            return
        for each in items_of(reply.json):
            yield each
        token = reply.json.get("continuationToken") if isinstance(reply.json, dict) else None
        if not token:
            return


def points_of(name: str, item: Mapping[str, Any]) -> Iterator[MetricPoint]:
    """Yield the numbers of one logged item: `data` holds a column for each, the metric's own named as it is."""
    data: Any = item.get("data")
    at = time_of(item.get("createdUtc"))
    step = item.get("step")
    for column, value in (data if isinstance(data, dict) else {}).items():
        number = _number(value)
        if number is not None:
            called = name if column == name or len(data) == 1 else f"{name}.{column}"
            yield MetricPoint(called, number, step if isinstance(step, int) else 0, at.timestamp() if at else 0.0)


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):  # a word, or an integer of hundreds of digits
        return None
