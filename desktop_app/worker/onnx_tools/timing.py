"""Two runs of something timed in turns, so that whatever else the machine does befalls both alike."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

Run = Callable[[], object]
WARM_UP = 3
ROUNDS = 100
SHORTEST = 0.01
"""Seconds that one measurement takes at least: what is shorter is repeated, for the clock's sake."""


@dataclass(frozen=True)
class Plan:
    """How long to measure: rounds, fewer where `seconds` are over before, but never under `least`."""

    rounds: int = ROUNDS
    seconds: float = 10.0
    least: int = 5
    warm_up: int = WARM_UP


def in_turns(first: Run, second: Run, plan: Plan) -> tuple[list[float], list[float]]:
    """Return the seconds of each run of both; who begins changes from round to round."""
    repeats = [_warmed(each, plan.warm_up) for each in (first, second)]
    taken: tuple[list[float], list[float]] = ([], [])
    end = time.perf_counter() + plan.seconds
    for number in range(plan.rounds):
        for which in ((0, 1), (1, 0))[number % 2]:
            taken[which].append(_timed((first, second)[which], repeats[which]))
        if number + 1 >= plan.least and time.perf_counter() > end:
            break
    return taken


def alone(run: Run, plan: Plan) -> list[float]:
    """Return the seconds of each run."""
    repeats = _warmed(run, plan.warm_up)
    taken: list[float] = []
    end = time.perf_counter() + plan.seconds
    while len(taken) < plan.rounds and (len(taken) < plan.least or time.perf_counter() <= end):
        taken.append(_timed(run, repeats))
    return taken


def _warmed(run: Run, rounds: int) -> int:
    """Run a few times and return how many runs make one measurement."""
    took = 0.0
    for _ in range(max(rounds, 1)):
        took = _timed(run, 1)
    return max(1, math.ceil(SHORTEST / max(took, 1e-6)))


def _timed(run: Run, repeats: int) -> float:
    began = time.perf_counter()
    for _ in range(repeats):
        run()
    return (time.perf_counter() - began) / repeats
