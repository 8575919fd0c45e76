"""What a plan says of a sweep."""

from __future__ import annotations

from typing import Any

import pytest

from desktop_app.api import Job, Sweep
from desktop_app.core.sweeps.plan_facts import at_once, most_trials, plan_facts, policy_text, spread_text

GRID: dict[str, dict[str, Any]] = {
    "lr": {"type": "choice", "values": [0.1, 0.2]},
    "layers": {"type": "choice", "values": [1, 2, 3]},
}


@pytest.mark.parametrize(
    ("sweep", "most", "once"),
    [
        (Sweep(GRID, "a", sampling="grid"), 6, 6),
        (Sweep(GRID, "a", sampling="grid", max_total_trials=4, max_concurrent_trials=9), 4, 4),
        (Sweep(GRID, "a", max_concurrent_trials=9), 1000, 9),
        (Sweep(GRID, "a", max_total_trials=20), 20, 20),
        (Sweep({"lr": {"type": "uniform"}}, "a", sampling="grid", max_total_trials=3), 3, 3),
    ],
)
def test_how_many_trials_there_are(sweep: Sweep, most: int, once: int) -> None:
    assert (most_trials(sweep), at_once(sweep)) == (most, once)


@pytest.mark.parametrize(
    ("spread", "text"),
    [
        ({"type": "uniform", "min_value": 0.1, "max_value": 1}, "uniform from 0.1 to 1"),
        ({"type": "quniform", "min_value": 1, "max_value": 9, "q": 2}, "quniform from 1 to 9, q 2"),
        ({"type": "normal", "mu": 0, "sigma": 2}, "normal, mu 0, sigma 2"),
        ({"type": "randint", "upper": 7}, "randint below 7"),
        ({"type": "choice", "values": list(range(9))}, "choice of 0, 1, 2, 3, 4, 5, …"),
        ({}, ""),
    ],
)
def test_a_spread_is_said_in_words(spread: dict[str, Any], text: str) -> None:
    assert spread_text(spread) == text


def test_a_sweep_without_limits_and_policy_says_so() -> None:
    facts = dict(plan_facts(Job("python a.py", sweep=Sweep(GRID, "loss", "Minimize", "grid"))))
    assert facts["Sampling"] == "grid, 6 combinations"
    assert (facts["Primary metric"], facts["Time limit"]) == ("loss, to minimize", "none")
    assert facts["Early termination"] == "none: every trial runs to its end"
    assert policy_text({"type": "median_stopping", "delay_evaluation": 5}) == "median stopping, delay evaluation 5"
    assert list(plan_facts(Job("python a.py"))) == []
