"""What a sweep tries next, and which trials it stops early: what the body of a request asks for, by core/sweeps.

Bayesian sampling is by a model of the service's own, which is not public: here a small one of ours takes its place,
and the job's properties say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from desktop_app.api import Sweep, UserError, Value
from desktop_app.core.sweeps import choices as core_choices
from desktop_app.core.sweeps import policies
from desktop_app.core.sweeps.bayes import Tried, propose
from desktop_app.core.sweeps.policies import Curves, best_of, best_trial
from tests.emulator.state import Json

__all__ = ["Curves", "best_of", "best_trial", "choices", "sweep_of", "to_stop"]

_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "choice": ("values",),
    "randint": ("upper",),
    "uniform": ("min_value", "max_value"),
    "quniform": ("min_value", "max_value", "q"),
    "loguniform": ("min_value", "max_value"),
    "qloguniform": ("min_value", "max_value", "q"),
    "normal": ("mu", "sigma"),
    "qnormal": ("mu", "sigma", "q"),
    "lognormal": ("mu", "sigma"),
    "qlognormal": ("mu", "sigma", "q"),
}
"""What the numbers of each spread mean, in the order in which the service takes them."""


def choices(asked: Json, tried: Callable[[], Sequence[Tried]] = lambda: ()) -> Iterator[dict[str, Value]]:
    """Yield the values of the trials; `tried` tells those that were begun.

    Raises ValueError for a space that the algorithm can't sample.
    """
    sweep = sweep_of(asked)
    try:
        drawn = core_choices.choices(sweep)
        return iter(lambda: propose(sweep, tried()), None) if sweep.sampling == "bayesian" else drawn
    except UserError as problem:
        raise ValueError(problem.message) from problem


def sweep_of(asked: Json) -> Sweep:
    """Return a sweep as the body of a request asks for it."""
    space, objective = asked.get("searchSpace") or {}, asked.get("objective") or {}
    algorithm = asked.get("samplingAlgorithm") or {}
    kind = str(algorithm.get("samplingAlgorithmType") or "Random").lower()
    return Sweep(
        search_space={name: _spread(*given) for name, given in space.items()},
        primary_metric=str(objective.get("primaryMetric") or ""),
        goal=str(objective.get("goal") or "maximize").lower(),
        sampling=kind,
        rule=algorithm.get("rule"),
        seed=algorithm.get("seed"),
        logbase=algorithm.get("logbase"),
        early_termination=_policy(asked.get("earlyTermination")),
    )


def _spread(kind: str, arguments: list[Any]) -> dict[str, Value]:
    return {"type": kind, **dict(zip(_ARGUMENTS.get(kind, ()), arguments, strict=False))}


def _policy(given: Json | None) -> dict[str, Value] | None:
    if not given:
        return None
    snake = {re.sub("[A-Z]", lambda found: f"_{found[0].lower()}", key): value for key, value in given.items()}
    return {**snake, "type": snake.pop("policy_type", "")}


def to_stop(
    policy: Json | None, running: Curves, everything: Curves, *, maximize: bool, done: Mapping[str, int]
) -> set[str]:
    """Return the running trials that the policy ends now. `done` says how often each had logged when judged before."""
    return set(policies.to_stop(_policy(policy), running, everything, maximize=maximize, done=done))
