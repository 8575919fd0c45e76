"""Sweeps and trials that never were, and what they logged."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import timedelta

from desktop_app.api import MetricPoint, RunSnapshot, RunStatus, SweepState, Trial
from tests.helpers.snapshots import NOW, snapshot


def sweep_run(name: str = "s-1", status: RunStatus = RunStatus.RUNNING, **state: object) -> RunSnapshot:
    """Return a sweep; `state` are fields of its `SweepState`."""
    told = SweepState("accuracy", **{"started": 12, "total": 20, "sampling": "random", **state})  # type: ignore[arg-type]
    return dataclasses.replace(snapshot(name, status), sweep=told, started=NOW, display_name="digits-sweep")


def trial_run(
    number: int,
    values: Mapping[str, object] | None = None,
    *,
    sweep: str = "s-1",
    status: RunStatus = RunStatus.COMPLETED,
    metric: float | None = None,
    early: bool = False,
) -> RunSnapshot:
    """Return a trial that ran for as many seconds as ten and its number; `metric` is its last accuracy."""
    told = Trial(sweep, number, dict(values or {"lr": 0.1 / (number + 1), "batch_size": 16}), stopped_early=early)  # type: ignore[arg-type]
    run = snapshot(f"{sweep}_{number}", status, minute=1)
    return dataclasses.replace(
        run, trial=told, started=NOW, ended=NOW + timedelta(seconds=10 + number) if run.is_over else None,
        metrics={} if metric is None else {"accuracy": (metric, 3)}, display_name=f"digits-sweep trial {number}",
    )  # fmt: skip


def logged(*values: float, rank: int | None = None, name: str = "accuracy") -> list[MetricPoint]:
    """Return what a trial logged, a value a step."""
    return [MetricPoint(name, value, step, 1000.0 + step, rank) for step, value in enumerate(values)]
