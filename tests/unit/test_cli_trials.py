"""Trials in the words of the command line: the table, the JSON, and the lines of who follows a sweep."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_app.api import RunSnapshot, RunStatus, SweepState, Trial, UserError
from desktop_app.cli import trials
from desktop_app.cli.words import ending
from desktop_app.core.rank_words import ranks
from tests.helpers.snapshots import NOW, snapshot

SWEEP = replace(
    snapshot("s"), ranks=(), sweep=SweepState("score", started=2, total=4, best="s_1", best_value=0.5, stopped_early=1)
)


def trial(
    number: int, status: RunStatus = RunStatus.COMPLETED, *, early: bool = False, **values: object
) -> RunSnapshot:
    """A trial of the sweep that logged a score."""
    own = Trial("s", number, values or {"lr": 0.123456789, "kind": "a b"}, early)  # type: ignore[arg-type]
    run = replace(snapshot(f"s_{number}", status), trial=own, started=NOW, ended=NOW)
    return replace(run, metrics={"score": (number / 2, 1)}, handle=f"{SWEEP.handle}_{number}")


def test_the_table_marks_the_best_and_has_a_column_for_each_value() -> None:
    late = replace(trial(2, RunStatus.CANCELED, early=True, lr=3, depth=None), metrics={})
    heading, rows = trials.table(SWEEP, [trial(1), late])
    assert heading == ("", "TRIAL", "STATUS", "lr", "kind", "depth", "score", "TOOK", "RUN")
    assert rows == [
        ("*", "1", "Completed", "0.123457", "a b", "–", "0.5", "0.0 s", "s_1"),
        ("", "2", "Canceled (ended early)", "3", "–", "null", "–", "0.0 s", "s_2"),
    ]


def test_only_a_sweeps_own_trials_are_its_trials() -> None:
    stranger = replace(trial(3), handle="azureml://elsewhere/s_3")
    assert trials.trials_of(SWEEP, [trial(10), stranger, snapshot("x"), trial(2)]) == [trial(2), trial(10)]


def test_a_run_that_is_no_sweep_is_refused() -> None:
    with pytest.raises(UserError, match="s_1 is no sweep"):
        trials.refuse_others(trial(1))


def test_what_is_said_of_sweeps_and_trials() -> None:
    assert trials.facts(SWEEP) == {"Trials": "2 of 4, 1 ended early", "Best": "score 0.5 (s_1)"}
    assert trials.facts(trial(1)) == {"Trial": "1 of s", "Values": "lr=0.123457, kind=a b"}
    assert trials.facts(snapshot("x")) == {}
    assert ranks(SWEEP) == "2 of 4 trials"
    assert "Best: score 0.5 (s_1). " in ending(replace(SWEEP, status=RunStatus.COMPLETED))
    nothing = replace(SWEEP, status=RunStatus.COMPLETED, sweep=SweepState("score"), reason="No trial logged it.")
    assert "No trial logged it. Outputs" in ending(nothing)


def test_the_json_of_sweeps_and_trials() -> None:
    assert trials.shape(snapshot("x")) == {"sweep": None, "trial": None, "parent": None}
    assert trials.shape(trial(1))["parent"] == "s"
    assert trials.shape(trial(1))["trial"]["values"] == {"lr": 0.123456789, "kind": "a b"}


def test_a_trial_is_told_in_a_line_as_it_begins_and_ends() -> None:
    assert trials.begin_line(trial(1)) == "Trial 1 starts: lr=0.123457, kind=a b (s_1)"
    assert trials.end_line(trial(1), "score") == "Trial 1 Completed in 0.0 s: score 0.5"
    assert (
        trials.end_line(trial(1, RunStatus.CANCELED, early=True), "loss") == "Trial 1 Canceled (ended early) in 0.0 s"
    )
