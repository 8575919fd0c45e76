"""Logarithmic spreads whose limits are likely the values themselves: said before the run, with what to write."""

from __future__ import annotations

from typing import Any

import pytest

from desktop_app.api import Diagnostic, Fix, Severity, Sweep
from desktop_app.core.rules import NO_FACTS, check_meaning
from desktop_app.core.sweeps.plan_facts import search_facts


def found(low: Any, high: Any, kind: str = "loguniform", **sampling: Any) -> list[Diagnostic]:
    """Return what is said of a spread."""
    space: dict[str, Any] = {"lr": {"type": kind, "min_value": low, "max_value": high}}
    data: dict[str, Any] = {"search_space": space, "sampling_algorithm": {"type": "random", **sampling}}
    return [each for each in check_meaning("sweepJob", data, NO_FACTS) if each.code == "search-space"]


def test_values_in_place_of_exponents_are_said_with_the_exponents() -> None:
    (said,) = found(0.0001, 0.03)
    assert (said.severity, said.path) == (Severity.WARNING, "search_space.lr.min_value")
    assert said.message == (
        "lr is drawn from exp(0.0001) = 1 to exp(0.03) = 1.03: min_value and max_value are logarithms."
        " For 0.0001 to 0.03 write -9.21 and -3.51."
    )
    changed = {"search_space.lr.min_value": -9.21, "search_space.lr.max_value": -3.51}
    assert said.fix == Fix("Write -9.21 and -3.51", changed)


def test_the_base_is_that_of_the_sampling() -> None:
    (said,) = found(0.001, 0.1, "qloguniform", logbase=10)
    assert "10^0.001 = 1.002 to 10^0.1 = 1.259" in said.message
    assert said.message.endswith("For 0.001 to 0.1 write -3 and -1.")
    (said,) = found(0.001, 0.1, logbase="e")
    assert "exp(0.001)" in said.message


def test_nothing_has_a_logarithm_of_zero() -> None:
    (said,) = found(0, 0.1)
    assert said.fix is None
    assert said.message.endswith("are logarithms.")


@pytest.mark.parametrize(
    ("low", "high"), [(-9, -3.5), (-6, 0), (0, 3), (1, 4), (0.5, 2), (0.001, 0.0001), ("${{a}}", 1), (True, 1)]
)
def test_exponents_are_left_alone(low: Any, high: Any) -> None:
    assert [each for each in found(low, high) if each.severity is Severity.WARNING] == []


def test_even_spreads_are_left_alone() -> None:
    assert found(0.0001, 0.03, "uniform") == []


def test_a_plan_says_what_the_exponents_stand_for() -> None:
    space: dict[str, Any] = {"lr": {"type": "loguniform", "min_value": -9, "max_value": -3.5}}
    said = dict(search_facts(Sweep(space, "loss")))["Search space"]
    assert said == "lr: loguniform from -9 to -3.5, which is 0.000123 to 0.0302"
    said = dict(search_facts(Sweep(space, "loss", logbase=10)))["Search space"]
    assert said.endswith("which is 1e-09 to 0.000316")
    space["lr"]["max_value"] = 5000
    assert dict(search_facts(Sweep(space, "loss")))["Search space"] == "lr: loguniform from -9 to 5000"
