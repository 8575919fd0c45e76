"""What sweeps try next and end early: spreads, sequences, the model that learns, policies, and the job of a trial."""

from __future__ import annotations

import dataclasses
import math
import random
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Diagnostic, Fix, Job, Severity, Sweep, UserError, Value
from desktop_app.core.sweeps.bayes import STARTUP, Tried, propose
from desktop_app.core.sweeps.choices import choices, count
from desktop_app.core.sweeps.policies import best_trial, to_stop
from desktop_app.core.sweeps.sobol import points
from desktop_app.core.sweeps.spreads import KINDS, axes
from desktop_app.core.sweeps.trials import in_trial, trial_job

NUMBERS = st.floats(-5, 5)
SHARES = st.floats(0, 1, exclude_max=True)


def spread(kind: str, low: float = 0.0, width: float = 1.0, step: float = 0.5) -> dict[str, Value]:
    """A spread of any kind; `low` is mu and `width` sigma of a normal."""
    if kind == "choice":
        return {"type": kind, "values": ["a", 2, None, {"b": 1}]}
    if kind == "randint":
        return {"type": kind, "upper": 7}
    keys = ("mu", "sigma") if "normal" in kind else ("min_value", "max_value")
    numbers = (low, width if "normal" in kind else low + width)
    return {"type": kind, **dict(zip(keys, numbers, strict=True)), **({"q": step} if kind.startswith("q") else {})}


def sweep(kind: str = "uniform", **given: object) -> Sweep:
    """A sweep over one value."""
    return dataclasses.replace(Sweep({"x": spread(kind)}, "m"), **given)  # type: ignore[arg-type]


@given(st.sampled_from(KINDS), NUMBERS, st.floats(0.1, 5), st.sampled_from([0.1, 0.5, 1, 3]), SHARES)
def test_every_spread_gives_values_of_its_kind(kind: str, low: float, width: float, step: float, share: float) -> None:
    axis = axes(Sweep({"x": spread(kind, low, width, step)}, "m"))["x"]
    value = axis.at(share)
    if kind in ("choice", "randint"):
        assert value in (range(7) if kind == "randint" else ["a", 2, None, {"b": 1}])
        return
    assert isinstance(value, int | float)
    if kind.startswith("q"):
        assert abs(value / step - round(value / step)) < 1e-6
        assert isinstance(value, int) == (step % 1 == 0)
    elif "log" in kind:
        assert value > 0
    if kind == "uniform":
        assert low <= value <= low + width
    if kind == "loguniform":
        assert math.exp(low) * 0.999 <= value <= math.exp(low + width) * 1.001


@given(st.sampled_from([each for each in KINDS if not each.startswith("q")]), NUMBERS, st.floats(0.1, 5), SHARES)
def test_a_value_leads_back_to_its_share(kind: str, low: float, width: float, share: float) -> None:
    axis = axes(Sweep({"x": spread(kind, low, width)}, "m"))["x"]
    again = axis.share_of(axis.at(share))
    assert 0 <= again <= 1
    assert abs(again - share) < (0.15 if kind in ("choice", "randint") else 1e-3)


def test_the_base_of_logarithms_may_be_given() -> None:
    space = {"x": spread("loguniform", -4, 2)}
    (value,) = next(choices(Sweep(space, "m", seed=1, logbase=10))).values()
    assert isinstance(value, float)
    assert 1e-4 <= value <= 1e-2


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({}, "no search space"),
        ({"x": {"type": "nonsense"}}, "not known"),
        ({"x": {"type": "choice", "values": []}}, "list of values"),
        ({"x": {"type": "uniform", "min_value": 3, "max_value": 1}}, "smaller"),
        ({"x": {"type": "uniform", "min_value": 3}}, "max_value"),
        ({"x": {"type": "normal", "mu": 0, "sigma": 0}}, "sigma"),
        ({"x": {"type": "quniform", "min_value": 0, "max_value": 1, "q": 0}}, "q"),
        ({"x": {"type": "randint", "upper": 0}}, "upper"),
    ],
)
def test_a_space_that_can_not_be_drawn_from_is_said(given_: dict[str, dict[str, Value]], words: str) -> None:
    with pytest.raises(UserError, match=words):
        choices(Sweep(given_, "m"))


def test_a_grid_goes_through_all_combinations_the_last_name_fastest() -> None:
    space: dict[str, dict[str, Value]] = {
        "a": {"type": "choice", "values": [1, 2]},
        "b": {"type": "choice", "values": ["x", "y"]},
    }
    grid = Sweep(space, "m", sampling="grid")
    assert [tuple(each.values()) for each in choices(grid)] == [(1, "x"), (1, "y"), (2, "x"), (2, "y")]
    assert count(grid) == 4
    assert count(sweep()) is None
    with pytest.raises(UserError, match="x is none"):
        choices(sweep(sampling="grid"))


@pytest.mark.parametrize("rule", [None, "random", "sobol"])
def test_a_seed_repeats_and_another_does_not(rule: str | None) -> None:
    first, again, other = (list(islice(choices(sweep(rule=rule, seed=each)), 8)) for each in (3, 3, 4))
    assert first == again != other


@pytest.mark.parametrize("seed", [0, 1])
def test_the_points_of_sobol_fill_each_dimension_evenly(seed: int) -> None:
    found = list(islice(points(21, random.Random(seed)), 64))
    for place in range(21):
        assert sorted(int(each[place] * 64) for each in found) == list(range(64)), place
    assert len(next(points(30, random.Random(seed)))) == 30, "dimensions beyond the table are drawn"


def test_sobol_is_the_one_that_is_published() -> None:
    class Zero(random.Random):
        def getrandbits(self, _count: int) -> int:
            return 0

    third = [each[2] for each in islice(points(3, Zero()), 8)]
    assert third == [0.0, 0.5, 0.25, 0.75, 0.625, 0.125, 0.875, 0.375]


@pytest.mark.parametrize("goal", ["maximize", "minimize"])
def test_the_model_comes_nearer_than_dice(goal: str) -> None:
    sign = 1 if goal == "maximize" else -1
    space = {"x": spread("uniform", 0, 10), "c": spread("choice")}
    asked = Sweep(space, "m", goal=goal, sampling="bayesian", seed=5)

    def reached(values: dict[str, Value]) -> float:
        assert isinstance(values["x"], float)
        return sign * (-abs(values["x"] - 7.3) - (0 if values["c"] == 2 else 3))

    history: list[Tried] = []
    for _ in range(40):
        values = propose(asked, history)
        history.append(Tried(values, reached(values)))
    late = [sign * (each.score or 0.0) for each in history[25:]]
    early = [sign * (each.score or 0.0) for each in history[:STARTUP]]
    assert sum(late) / len(late) > sum(early) / len(early) + 1
    assert max(late) > -0.5


@given(st.lists(st.none() | st.floats(), max_size=12), st.sampled_from(KINDS))
def test_no_history_makes_the_model_fail(scores: list[float | None], kind: str) -> None:
    asked = sweep(kind, sampling="bayesian", seed=1)
    history: list[Tried] = []
    for score in scores:
        history.append(Tried(propose(asked, history), score))
    assert propose(asked, history) == propose(asked, history)


def ended(policy: dict[str, Value], curves: dict[str, list[float]], *, maximize: bool = True, **done: int) -> set[str]:
    """Those that the policy ends, all of them running."""
    return set(to_stop(policy, curves, curves, maximize=maximize, done=done))


def test_a_bandit_compares_at_the_same_interval() -> None:
    curves = {"early": [0.5, 0.6], "late": [0.5, 0.6, 0.7, 0.9], "behind": [0.3, 0.4]}
    policy: dict[str, Value] = {"type": "bandit", "slack_factor": 0.2}
    assert ended(policy, curves) == {"behind"}
    (why,) = to_stop(policy, curves, curves, maximize=True, done={}).values()
    assert why == "0.4 is worse than 0.5, what the best (0.6) allows, at interval 2"


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=5), st.floats(0, 2), st.booleans())
def test_a_bandit_never_ends_the_best(scores: list[float], slack: float, maximize: bool) -> None:
    curves = {str(place): [score] for place, score in enumerate(scores)}
    leader = best_trial(curves, maximize=maximize)
    assert leader is not None
    for key in ("slack_factor", "slack_amount"):
        assert leader[0] not in ended({"type": "bandit", key: slack}, curves, maximize=maximize)


@given(
    st.sampled_from(["bandit", "median_stopping", "truncation_selection"]),
    st.dictionaries(st.text(max_size=2), st.lists(st.floats(), max_size=4), max_size=5),
    st.integers(0, 3),
    st.integers(0, 3),
    st.booleans(),
)
def test_no_curve_makes_a_policy_fail(
    kind: str, curves: dict[str, list[float]], every: int, delay: int, maximize: bool
) -> None:
    policy: dict[str, Value] = {"type": kind, "evaluation_interval": every, "delay_evaluation": delay}
    policy |= {"truncation_percentage": 50}
    stopped = to_stop(policy, curves, curves, maximize=maximize, done={})
    assert all(len(curves[name]) >= max(1, delay) and why for name, why in stopped.items())


def test_a_trial_that_logs_no_number_is_worst_and_never_best() -> None:
    curves = {"a": [1.0], "nan": [math.nan], "b": [0.9]}
    assert ended({"type": "median_stopping"}, curves) == {"nan"}
    assert ended({"type": "truncation_selection", "truncation_percentage": 40}, curves) == {"nan"}
    assert best_trial({"nan": [math.nan]}, maximize=True) is None
    assert best_trial(curves, maximize=False) == ("b", 0.9)


def test_the_job_of_a_trial_has_its_values() -> None:
    command = "python t.py --lr ${{search_space.lr}} --b ${{ search_space.b }} ${{inputs.x}} ${{search_space.no}}"
    job = Job(command, display_name="tune", name="fixed", environment_variables={"A": "b"}, sweep=sweep(), timeout=9)
    trial = trial_job(job, 4, {"lr": 0.1, "b": True, "w": "a b"})
    assert trial.command == "python t.py --lr 0.1 --b true ${{inputs.x}} ${{search_space.no}}"
    assert (trial.sweep, trial.name, trial.display_name, trial.timeout) == (None, None, "tune trial 4", 9)
    told = {"A": "b", "AZUREML_SWEEP_lr": "0.1", "AZUREML_SWEEP_b": "true", "AZUREML_SWEEP_w": "a b"}
    assert trial.environment_variables == told


def test_findings_about_the_trial_point_into_the_sweeps_file() -> None:
    fix = Fix("Move", {"distribution.type": "mpi", "compute": "c"}, ("command",))
    given_ = [
        Diagnostic(Severity.ERROR, "a", "m", "command", fix=fix),
        Diagnostic(Severity.ERROR, "b", "m", "limits.timeout"),
        Diagnostic(Severity.ERROR, "c", "m", "inputs.x"),
        Diagnostic(Severity.ERROR, "d", "m"),
    ]
    found = list(in_trial(given_))
    assert [each.path for each in found] == ["trial.command", "limits.trial_timeout", "inputs.x", ""]
    moved = found[0].fix
    assert moved == Fix("Move", {"trial.distribution.type": "mpi", "compute": "c"}, ("trial.command",))
