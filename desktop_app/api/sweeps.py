"""Sweeps: one job tried with many values, and how far that is. Provisional, as `backends` and `runs` are.

Source of names and defaults: Azure ML CLI (v2) sweep job YAML reference, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop_app.api.forms import Value


@dataclass(frozen=True, slots=True)
class Sweep:
    """How a job's values are searched. It stands in `Job.sweep`; the rest of that job is what each trial runs.

    `search_space` maps a name, which the trial's command holds as `${{search_space.NAME}}`, to its spread as the file
    has it: `{"type": "uniform", "min_value": 0.01, "max_value": 0.1}`. `sampling` is random, grid or bayesian; `rule`
    (random or sobol), `seed` and `logbase` belong to random. `early_termination` is the policy as the file has it, None
    where there is none. `timeout` is that of the whole sweep in seconds; `Job.timeout` is that of one trial.
    """

    search_space: Mapping[str, Mapping[str, Value]]
    primary_metric: str
    goal: str = "maximize"
    sampling: str = "random"
    rule: str | None = None
    seed: int | None = None
    logbase: Value = None
    early_termination: Mapping[str, Value] | None = None
    max_total_trials: int | None = None
    max_concurrent_trials: int | None = None
    timeout: int | None = None

    @property
    def is_maximized(self) -> bool:
        """Whether more is better."""
        return self.goal.strip().lower() != "minimize"


@dataclass(frozen=True, slots=True)
class SweepState:
    """How far a sweep is. `best` is the short name of the best trial so far, `best_value` its primary metric.

    `started` counts the trials that were begun, `total` those that there will be at most (None: not known);
    `stopped_early` those that the policy ended.
    """

    primary_metric: str
    goal: str = "maximize"
    sampling: str = "random"
    started: int = 0
    total: int | None = None
    best: str = ""
    best_value: float | None = None
    stopped_early: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """What makes a run a trial: the short name of its sweep, its number there (from 0), and its values.

    `stopped_early` says that the early termination policy ended it.
    """

    sweep: str
    number: int
    values: Mapping[str, Value] = field(default_factory=dict)
    stopped_early: bool = False
