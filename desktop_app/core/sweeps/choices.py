"""The values of trials, one after another: at random, by Sobol's sequence, or every combination of a grid.

Bayesian sampling looks at what the trials before reached, and has a module of its own (`bayes`).
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator, Mapping

from desktop_app.api import Sweep, UserError, Value
from desktop_app.core.sweeps.sobol import points
from desktop_app.core.sweeps.spreads import Axis, axes

Choice = Mapping[str, Value]
"""The values of one trial by their names in the search space."""


def choices(sweep: Sweep) -> Iterator[dict[str, Value]]:
    """Return the values of the trials, without an end unless it is a grid. Raises UserError for an impossible space.

    With a seed they are the same each time. A bayesian sweep is drawn at random here.
    """
    space = axes(sweep)
    if sweep.sampling.lower() == "grid":
        return _grid(space)
    dice = random.Random(sweep.seed)  # noqa: S311 - no secret is drawn
    if (sweep.rule or "").lower() == "sobol":
        return _at(space, points(len(space), dice))
    return _at(space, (tuple(dice.random() for _ in space) for _ in itertools.count()))


def count(sweep: Sweep) -> int | None:
    """Return how many combinations a grid has; None for other ways of sampling, which have no end."""
    if sweep.sampling.lower() != "grid":
        return None
    total = 1
    for axis in axes(sweep).values():
        total *= len(axis.values)
    return total


def _grid(space: Mapping[str, Axis]) -> Iterator[dict[str, Value]]:
    odd = [name for name, axis in space.items() if axis.kind != "choice"]
    if odd:
        raise UserError(f"Grid sampling goes through lists alone; {', '.join(odd)} is none.")
    combinations = itertools.product(*(axis.values for axis in space.values()))
    return (dict(zip(space, values, strict=True)) for values in combinations)


def _at(space: Mapping[str, Axis], shares: Iterator[tuple[float, ...]]) -> Iterator[dict[str, Value]]:
    for each in shares:
        yield {name: axis.at(share) for (name, axis), share in zip(space.items(), each, strict=True)}
