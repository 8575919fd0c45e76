"""What sweeps of the emulator try next and stop early, what filters of run history mean, and other pure parts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Distribution
from tests.emulator.job_files import distribution_of, seconds_of
from tests.emulator.job_records import JobRecord, Turn, course
from tests.emulator.mirroring import log_name
from tests.emulator.run_bodies import span
from tests.emulator.run_queries import FilterError, parse
from tests.emulator.state import Workspace
from tests.emulator.sweep_choices import best_trial, choices, to_stop

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


def drawn(space: dict[str, Any], count: int, **algorithm: object) -> list[dict[str, Any]]:
    """The first values of a sweep."""
    asked = {"searchSpace": space, "samplingAlgorithm": {"samplingAlgorithmType": "Random", **algorithm}}
    return [dict(each) for each in islice(choices(asked), count)]


def test_a_grid_is_every_combination_once() -> None:
    found = drawn({"a": ["choice", [[1, 2]]], "b": ["choice", [["x", "y"]]]}, 9, samplingAlgorithmType="Grid")
    assert found == [{"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "x"}, {"a": 2, "b": "y"}]


@pytest.mark.parametrize("kind", ["Grid", "Random"])
def test_a_space_that_can_not_be_sampled_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match="rate"):
        drawn({"rate": ["nonsense", [1]]}, 1, samplingAlgorithmType=kind)


@given(st.integers(), st.floats(-5, 5), st.floats(0.1, 5))
def test_draws_are_within_their_bounds_and_repeat_with_their_seed(seed: int, low: float, width: float) -> None:
    space = {
        "u": ["uniform", [low, low + width]],
        "l": ["loguniform", [low, low + width]],
        "q": ["quniform", [low, low + width, 0.5]],
        "r": ["randint", [7]],
        "c": ["choice", [["a", "b"]]],
        "n": ["normal", [low, width]],
    }
    found = drawn(space, 5, seed=seed)
    assert found == drawn(space, 5, seed=seed)
    for each in found:
        assert low <= each["u"] <= low + width
        assert each["l"] > 0
        assert each["q"] % 0.5 == 0
        assert each["r"] in range(7)
        assert each["c"] in ("a", "b")


def stopped(policy: dict[str, Any], curves: dict[str, list[float]], *, maximize: bool = True, **done: int) -> set[str]:
    """Those that the policy ends, all of them running."""
    return to_stop(policy, curves, curves, maximize=maximize, done=done)


@pytest.mark.parametrize(
    ("policy", "ended"),
    [
        ({"slackFactor": 0.2}, {"worst"}),
        ({"slackAmount": 0.05}, {"worst", "middle"}),
        ({"slackFactor": 9.0}, set()),
    ],
)
def test_a_bandit_ends_what_is_too_far_behind_the_best(policy: dict[str, Any], ended: set[str]) -> None:
    curves = {"best": [0.9], "middle": [0.8], "worst": [0.3]}
    assert stopped({"policyType": "Bandit", "evaluationInterval": 1, **policy}, curves) == ended


def test_a_bandit_of_something_to_minimize_looks_the_other_way() -> None:
    curves = {"best": [0.1], "worst": [0.9]}
    assert stopped({"policyType": "Bandit", "slackFactor": 0.5}, curves, maximize=False) == {"worst"}


def test_policies_wait_for_their_delay_and_look_at_their_intervals_alone() -> None:
    policy = {"policyType": "Bandit", "slackFactor": 0.1, "evaluationInterval": 2, "delayEvaluation": 4}
    for count, ended in ((1, False), (2, False), (3, False), (4, True), (5, True)):
        curves = {"best": [0.9] * count, "worst": [0.1] * count}
        assert (stopped(policy, curves) == {"worst"}) is ended, count
    assert stopped(policy, {"best": [0.9] * 5, "worst": [0.1] * 5}, best=5, worst=4) == set(), "judged before"


def test_median_stopping_ends_what_is_below_the_median_of_the_averages() -> None:
    curves = {"a": [0.9, 0.9], "b": [0.8, 0.8], "c": [0.1, 0.2]}
    assert stopped({"policyType": "MedianStopping", "evaluationInterval": 1}, curves) == {"c"}
    assert stopped({"policyType": "MedianStopping", "evaluationInterval": 1}, {"alone": [0.1]}) == set()


def test_truncation_ends_the_worst_part_at_the_same_interval() -> None:
    curves = {str(number): [number / 10] for number in range(10)}
    policy = {"policyType": "TruncationSelection", "evaluationInterval": 1, "truncationPercentage": 20}
    assert stopped(policy, curves) == {"0", "1"}
    assert stopped(policy, curves, maximize=False) == {"9", "8"}


def test_no_policy_ends_nothing_and_the_best_is_found() -> None:
    curves = {"a": [0.9, 0.1], "b": [0.5], "c": []}
    assert to_stop(None, curves, curves, maximize=True, done={}) == set()
    assert best_trial(curves, maximize=True) == ("a", 0.9)
    assert best_trial(curves, maximize=False) == ("a", 0.1)
    assert best_trial({"c": []}, maximize=True) is None


RUN = {"status": "Running", "name": "it's", "createdutc": "2026-11-21", "tags/kind": "x", "parentrunid": None}


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("Status eq 'Running'", True),
        ("(Status eq 'Failed' or Status eq 'Running') and CreatedUtc ge 2026-11-01", True),
        ("Status eq 'Failed' or Status eq 'Canceled'", False),
        ("not (Status ne 'Running')", True),
        ("Status in ('Queued', 'Running')", True),
        ("name eq 'it''s'", True),
        ("tags/kind eq 'x' && CreatedUtc lt '2026-11-22'", True),
        ("tags.kind ne 'x'", False),
        ("ParentRunId eq null", True),
        ("Nothing gt 3", False),
    ],
)
def test_filters_mean_what_they_say(text: str, fits: bool) -> None:
    assert parse(text)(RUN) is fits


@pytest.mark.parametrize(
    "text", ["Status", "Status eq", "(Status eq 'x'", "Status eq 'x')", "Status in 'x'", "a eq 'b"]
)
def test_filters_that_can_not_be_read_are_refused(text: str) -> None:
    with pytest.raises(FilterError):
        parse(text)


@pytest.mark.parametrize(
    ("given_", "meant"),
    [
        ({"distributionType": "PyTorch", "processCountPerInstance": 2}, Distribution("pytorch", 2)),
        ({"distributionType": "Mpi", "processCountPerInstance": 4}, Distribution("mpi", 4)),
        (
            {"distributionType": "TensorFlow", "workerCount": 2, "parameterServerCount": 1},
            Distribution("tensorflow", None, 2, 1),
        ),
        ({"distributionType": "Ray", "port": 6379, "address": None}, Distribution("ray", extra={"port": 6379})),
        (
            {"distributionType": "Ray", "includeDashboard": True},
            Distribution("ray", extra={"include_dashboard": True}),
        ),
        (None, None),
    ],
)
def test_distributions_are_put_in_the_words_of_a_job_file(given_: dict[str, Any] | None, meant: object) -> None:
    assert distribution_of(given_) == meant


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT2M", 120),
        ("PT1H30M", 5400),
        ("P1DT1S", 86401),
        ("PT0.5S", 0),
        ("PT", None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_durations_are_read(text: str | None, seconds: int | None) -> None:
    assert seconds_of(text) == seconds


def test_spans_are_written_as_dotnet_does() -> None:
    assert span(timedelta(seconds=11, microseconds=400594)) == "00:00:11.4005940"
    assert span(timedelta(days=2, hours=3)) == "2.03:00:00"


def job(*phases: tuple[str, float], planned: bool = True) -> JobRecord:
    """A job that goes through phases from noon on."""
    here = Workspace("s", "g", "w", "7e57ab1e-0000-4000-8000-0000000000ff", "westus", "t", "a", START, START)
    return JobRecord("job", here, {}, START, course(START, phases), planned=planned)


def at(seconds: float) -> datetime:
    """So long after noon."""
    return START + timedelta(seconds=seconds)


def test_a_job_that_pretends_has_the_state_of_the_hour() -> None:
    found = job(("Starting", 1), ("Running", 10), ("Completed", 0))
    assert [found.status(at(second)) for second in (-5, 0, 1, 10.9, 11)] == [
        "Starting", "Starting", "Running", "Running", "Completed",
    ]  # fmt: skip
    assert (found.began(at(5)), found.ended(at(5)), found.ended(at(99))) == (at(1), None, at(11))


def test_what_was_planned_is_dropped_by_a_cancel_and_an_end_is_the_end() -> None:
    found = job(("Running", 10), ("Completed", 0))
    found.turn("CancelRequested", at(3))
    found.turn("Canceled", at(4))
    found.turn("Running", at(5))
    assert [each.status for each in found.turns] == ["Running", "CancelRequested", "Canceled"]
    assert found.status(at(99)) == "Canceled"


def test_what_really_happened_stays_so_when_the_clock_is_put_back() -> None:
    found = job(("Starting", 0), planned=False)
    found.turn("Running", at(100))
    found.turn("Completed", at(50))
    assert found.status(at(-1000)) == "Completed"
    assert found.turns[-1] == Turn("Completed", at(100)), "time does not run backwards within a job"


STEPS = st.tuples(st.sampled_from(["Queued", "Running", "CancelRequested", "Canceled"]), st.floats(-9, 9))


@pytest.mark.parametrize(
    ("name", "ranks", "told"),
    [
        ("user_logs/std_log_process_0.txt", 1, "user_logs/std_log.txt"),
        ("user_logs/std_log_process_3.txt", 4, "user_logs/std_log_process_3.txt"),
        ("user_logs/std_log_process_3.txt", 11, "user_logs/std_log_process_03.txt"),
        ("user_logs/std_log_process_3.txt", 101, "user_logs/std_log_process_003.txt"),
        ("user_logs/mpirun.txt", 4, "user_logs/mpi_log.txt"),
        ("user_logs/other.txt", 4, "user_logs/other.txt"),
        ("logs/std_log_process_0.txt", 4, "logs/std_log_process_0.txt"),
    ],
)
def test_logs_are_called_as_the_service_calls_them(name: str, ranks: int, told: str) -> None:
    assert log_name(name, job(("Running", 1)), ranks, ("user_logs/mpirun.txt",)) == told


@given(st.lists(STEPS, max_size=9), st.booleans())
def test_whatever_happens_time_goes_on_and_an_end_stays(steps: list[tuple[str, float]], planned: bool) -> None:
    found = job(("Starting", 1), ("Running", 3), ("Completed", 0)) if planned else job(("Starting", 0), planned=False)
    now = 0.0
    for status, step in steps:
        now += abs(step) if planned else step  # the clock may be put back under a job that really runs
        was = found.status(at(now))
        found.turn(status, at(now))
        assert found.status(at(now)) == (was if was in ("Completed", "Canceled") else status)
        assert [each.at for each in found.turns] == sorted(each.at for each in found.turns)
