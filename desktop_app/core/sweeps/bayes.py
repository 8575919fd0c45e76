"""Bayesian sampling: where to look next, by what the trials before reached.

A small tree-structured Parzen estimator of our own (Bergstra et al., "Algorithms for Hyper-Parameter Optimization",
2011): the trials are parted into good and other ones, and of some candidates near the good ones that is taken which is
likeliest among them. Azure ML has a model of its own that is not public: the same file tries other values there.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from desktop_app.api import Sweep, Value
from desktop_app.core.sweeps.spreads import Axis, axes

STARTUP = 6
"""Trials that are drawn at random before there is anything to learn from."""
_CANDIDATES = 24
_GOOD = 0.25


@dataclass(frozen=True, slots=True)
class Tried:
    """A trial that was begun: its values, and the best that it reached (None: nothing so far)."""

    values: Mapping[str, Value]
    score: float | None = None


def propose(sweep: Sweep, history: Sequence[Tried]) -> dict[str, Value]:
    """Return the values of the next trial. Raises UserError for a space that can't be drawn from.

    With a seed the same history gives the same values.
    """
    space = axes(sweep)
    dice = random.Random(None if sweep.seed is None else sweep.seed * 1_000_003 + len(history))  # noqa: S311
    good, others = _parted(sweep, history)
    if len(good) + len(others) < STARTUP:
        return {name: axis.at(dice.random()) for name, axis in space.items()}
    return {name: _next(name, axis, good, others, dice) for name, axis in space.items()}


def _parted(sweep: Sweep, history: Sequence[Tried]) -> tuple[list[Tried], list[Tried]]:
    """Return the good ones, and all others; those still without a score count as no good place to try again."""
    scored = [each for each in history if each.score is not None and not math.isnan(each.score)]
    scored.sort(key=lambda each: each.score or 0.0, reverse=sweep.is_maximized)
    enough = max(1, math.ceil(_GOOD * math.sqrt(len(scored)) * 2)) if scored else 0
    waiting = [each for each in history if each.score is None] if len(scored) >= STARTUP else []
    return scored[:enough], [*scored[enough:], *waiting]


def _next(name: str, axis: Axis, good: Sequence[Tried], others: Sequence[Tried], dice: random.Random) -> Value:
    near, far = (
        [axis.share_of(each.values[name]) for each in group if name in each.values] for group in (good, others)
    )
    if axis.kind == "choice":
        return _next_of_list(axis, near, far, dice)
    here, there = _Mixture(near), _Mixture(far)
    candidates = [here.draw(dice) for _ in range(_CANDIDATES)]
    return axis.at(max(candidates, key=lambda share: here.density(share) / there.density(share)))


def _next_of_list(axis: Axis, near: Sequence[float], far: Sequence[float], dice: random.Random) -> Value:
    count = len(axis.values)
    places = range(count)
    good, other = (_weights(group, count) for group in (near, far))
    drawn = dice.choices(places, good, k=_CANDIDATES)
    return axis.values[max(drawn, key=lambda place: good[place] / other[place])]


def _weights(shares: Sequence[float], count: int) -> list[float]:
    weights = [1.0 / count] * count  # each value keeps a chance
    for share in shares:
        weights[min(int(share * count), count - 1)] += 1.0
    total = sum(weights)
    return [each / total for each in weights]


class _Mixture:
    """Bells around shares, and a flat part so that no place is out of the question."""

    def __init__(self, shares: Sequence[float]) -> None:
        self._shares = shares
        self._width = max(0.03, 0.5 / math.sqrt(len(shares) + 1) / 2)

    def draw(self, dice: random.Random) -> float:
        place = dice.randrange(len(self._shares) + 1)
        if place == len(self._shares):
            return dice.random()
        return min(1.0, max(0.0, dice.gauss(self._shares[place], self._width)))

    def density(self, share: float) -> float:
        scale = 1 / (self._width * math.sqrt(2 * math.pi))
        bells = (scale * math.exp(-((share - each) ** 2) / (2 * self._width**2)) for each in self._shares)
        return (1.0 + sum(bells)) / (len(self._shares) + 1)
