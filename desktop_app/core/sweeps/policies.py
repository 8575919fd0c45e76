"""Early termination: which of the running trials a policy ends, and why; and which trial is the best.

Source: Azure ML, "Hyperparameter tuning a model (v2)", "Early termination", read 2026-11. Each time that a trial logs
the primary metric counts as one interval. A policy looks at a trial at every multiple of evaluation_interval that is
not below delay_evaluation, and holds it against what all trials had reached by the same interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

from desktop_app.api import Value

Curves = Mapping[str, Sequence[float]]
"""What each trial logged of the primary metric, in order."""
_Policy = Mapping[str, Value]


def best_trial(curves: Curves, *, maximize: bool) -> tuple[str, float] | None:
    """Return the trial with the best value so far, and the value; the first of those that are equal."""
    scored = {name: best for name, curve in curves.items() if (best := best_of(curve, maximize=maximize)) is not None}
    if not scored:
        return None
    name = (max if maximize else min)(scored, key=lambda each: scored[each])
    return name, scored[name]


def best_of(curve: Sequence[float], *, maximize: bool) -> float | None:
    """Return the best value of a trial; None if it logged none, or nothing that is a number."""
    numbers = [each for each in curve if not math.isnan(each)]
    return (max if maximize else min)(numbers, default=None)


def to_stop(
    policy: _Policy | None, running: Curves, everything: Curves, *, maximize: bool, done: Mapping[str, int]
) -> dict[str, str]:
    """Return the running trials that the policy ends now, each with the reason in a few words.

    `done` says how often each had logged when it was judged before.
    """
    stopped: dict[str, str] = {}
    if not policy:
        return stopped
    for name, curve in running.items():
        interval = _due(policy, len(curve), done.get(name, 0))
        if interval:
            at = {key: each[:interval] for key, each in everything.items()}
            at[name] = curve[:interval]
            why = _why(policy, name, at, interval, maximize=maximize)
            if why:
                stopped[name] = f"{why} at interval {interval}"
    return stopped


def _due(policy: _Policy, count: int, judged: int) -> int:
    """Return the interval at which the policy looks at a trial that logged so often; 0 if it has looked already."""
    every = max(1, _whole(policy, "evaluation_interval"))
    last = count - count % every
    return last if last > judged and last >= max(1, _whole(policy, "delay_evaluation")) else 0


def _why(policy: _Policy, name: str, at: Curves, interval: int, *, maximize: bool) -> str:
    kind = str(policy.get("type") or "").lower().replace("_", "")
    own = _score(at[name], maximize=maximize)
    if kind == "bandit":
        return _bandit(policy, own, at, maximize=maximize)
    arrived = {key: each for key, each in at.items() if len(each) >= interval}
    if kind == "medianstopping":
        middle = median(_mean(each, maximize=maximize) for each in arrived.values())
        worse = own < middle if maximize else own > middle
        return f"{own:g} is worse than the median {middle:g}" if worse else ""
    if kind == "truncationselection":
        return _truncation(_whole(policy, "truncation_percentage"), name, arrived, maximize=maximize)
    return ""


def _bandit(policy: _Policy, own: float, at: Curves, *, maximize: bool) -> str:
    leader = best_trial(at, maximize=maximize)
    if leader is None:
        return ""
    best = leader[1]
    amount, factor = _number(policy, "slack_amount"), 1 + _number(policy, "slack_factor")
    slack = amount or abs(best - (best / factor if (best >= 0) == maximize else best * factor))
    allowed = best - slack if maximize else best + slack
    worse = own < allowed if maximize else own > allowed
    return f"{own:g} is worse than {allowed:g}, what the best ({best:g}) allows," if worse else ""


def _truncation(percentage: int, name: str, arrived: Curves, *, maximize: bool) -> str:
    scores = {key: _score(each, maximize=maximize) for key, each in arrived.items()}
    worst = sorted(scores, key=lambda each: scores[each], reverse=not maximize)
    cut = worst[: len(worst) * percentage // 100]
    return f"{scores[name]:g} is among the worst {percentage} % of {len(worst)} trials" if name in cut else ""


def _score(curve: Sequence[float], *, maximize: bool) -> float:
    """Return the best value; the worst there is for a trial that logged no number."""
    best = best_of(curve, maximize=maximize)
    return (-math.inf if maximize else math.inf) if best is None else best


def _mean(curve: Sequence[float], *, maximize: bool) -> float:
    numbers = [each for each in curve if not math.isnan(each)]
    return sum(numbers) / len(numbers) if numbers else _score(curve, maximize=maximize)


def _whole(policy: _Policy, key: str) -> int:
    return int(_number(policy, key))


def _number(policy: _Policy, key: str) -> float:
    given = policy.get(key)
    return float(given) if isinstance(given, int | float) and math.isfinite(given) else 0.0
