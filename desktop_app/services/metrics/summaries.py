"""Many points in short."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from desktop_app.api import MetricPoint


def summary(points: Iterable[MetricPoint]) -> Mapping[str, tuple[float, int]]:
    """Return the last value of each metric with its step, in the order of arrival; the metrics sorted by name."""
    last = {each.name: (each.value, each.step) for each in points}
    return {name: last[name] for name in sorted(last)}
