"""What a sweep tries next, and which trials it stops early; pure functions over what was asked and logged.

Rules: Azure ML, "Hyperparameter tuning a model (v2)", read 2026-11. Bayesian sampling needs a model of the
service's own: here it draws at random, and says so in the job's properties.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from statistics import mean, median
from typing import Any

from tests.emulator.state import Json

Choice = Mapping[str, Any]
Curves = Mapping[str, Sequence[float]]
"""What each trial logged of the primary metric, in order."""


def choices(asked: Json) -> Iterator[Choice]:
    """Yield the values of the trials. Raises ValueError for a space that the algorithm can't sample."""
    space: Json = asked.get("searchSpace") or {}
    algorithm = asked.get("samplingAlgorithm") or {}
    if str(algorithm.get("samplingAlgorithmType") or "Random").lower() == "grid":
        return _grid(space)
    return _random(space, random.Random(algorithm.get("seed")))


def _grid(space: Json) -> Iterator[Choice]:
    odd = [name for name, (kind, _) in space.items() if kind != "choice"]
    if odd:
        raise ValueError(f"Grid sampling takes choice alone; {', '.join(odd)} is none.")
    names = tuple(space)
    for values in itertools.product(*(arguments[0] for _, arguments in space.values())):
        yield dict(zip(names, values, strict=True))


def _random(space: Json, dice: random.Random) -> Iterator[Choice]:
    for name, (kind, _) in space.items():
        if kind not in _DRAWS:
            raise ValueError(f"{name} is sampled by {kind}, which is not known.")
    while True:
        yield {name: _DRAWS[kind](dice, *arguments) for name, (kind, arguments) in space.items()}


def _stepped(value: float, step: float) -> float:
    return round(value / step) * step


_DRAWS: Mapping[str, Any] = {
    "choice": lambda dice, values: dice.choice(values),
    "randint": lambda dice, upper: dice.randrange(int(upper)),
    "uniform": lambda dice, low, high: dice.uniform(low, high),
    "quniform": lambda dice, low, high, step: _stepped(dice.uniform(low, high), step),
    "loguniform": lambda dice, low, high: math.exp(dice.uniform(low, high)),
    "qloguniform": lambda dice, low, high, step: _stepped(math.exp(dice.uniform(low, high)), step),
    "normal": lambda dice, mu, sigma: dice.gauss(mu, sigma),
    "qnormal": lambda dice, mu, sigma, step: _stepped(dice.gauss(mu, sigma), step),
    "lognormal": lambda dice, mu, sigma: math.exp(dice.gauss(mu, sigma)),
    "qlognormal": lambda dice, mu, sigma, step: _stepped(math.exp(dice.gauss(mu, sigma)), step),
}


def best_trial(curves: Curves, *, maximize: bool) -> tuple[str, float] | None:
    """Return the trial with the best value so far, and the value."""
    scored = {name: _best(curve, maximize=maximize) for name, curve in curves.items() if curve}
    if not scored:
        return None
    name = (max if maximize else min)(scored, key=lambda each: scored[each])
    return name, scored[name]


def to_stop(
    policy: Json | None, running: Curves, everything: Curves, *, maximize: bool, done: Mapping[str, int]
) -> set[str]:
    """Return the running trials that the policy ends now. `done` says up to which interval each was judged before."""
    if not policy:
        return set()
    due = {name: len(curve) for name, curve in running.items() if _is_due(policy, len(curve), done.get(name, 0))}
    kind = str(policy.get("policyType") or "").lower()
    if kind == "bandit":
        return {name for name in due if _is_behind(policy, running[name], everything, maximize=maximize)}
    if kind == "medianstopping":
        return {name for name in due if _is_below_median(name, running[name], everything, maximize=maximize)}
    if kind == "truncationselection":
        return _truncated(int(policy.get("truncationPercentage") or 0), due, everything, maximize=maximize)
    return set()


def _is_due(policy: Json, count: int, judged: int) -> bool:
    """Whether the policy looks at a trial that logged so often: at each interval, after the delay."""
    interval = int(policy.get("evaluationInterval") or 1)
    last = count - count % interval
    return last > judged and last >= max(1, int(policy.get("delayEvaluation") or 0))


def _best(curve: Sequence[float], *, maximize: bool) -> float:
    return max(curve) if maximize else min(curve)


def _is_behind(policy: Json, curve: Sequence[float], everything: Curves, *, maximize: bool) -> bool:
    leader = best_trial(everything, maximize=maximize)
    if leader is None:
        return False
    best, own = leader[1], _best(curve, maximize=maximize)
    amount = float(policy.get("slackAmount") or 0)
    if amount:
        return own < best - amount if maximize else own > best + amount
    factor = 1 + float(policy.get("slackFactor") or 0)
    return own < best / factor if maximize else own > best * factor


def _is_below_median(name: str, curve: Sequence[float], everything: Curves, *, maximize: bool) -> bool:
    count = len(curve)
    others = [mean(each[:count]) for key, each in everything.items() if key != name and each]
    if not others:
        return False
    own, middle = _best(curve, maximize=maximize), median(others)
    return own < middle if maximize else own > middle


def _truncated(percentage: int, due: Mapping[str, int], everything: Curves, *, maximize: bool) -> set[str]:
    """Return those of the due that are among the worst so-many per cent at the same interval."""
    stopped = set()
    for name, count in due.items():
        scores = {key: _best(each[:count], maximize=maximize) for key, each in everything.items() if len(each) >= count}
        worst = sorted(scores, key=lambda each: scores[each], reverse=not maximize)
        if name in worst[: len(worst) * percentage // 100]:
            stopped.add(name)
    return stopped
