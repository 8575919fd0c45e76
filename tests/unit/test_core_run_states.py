"""The run state machine: what may follow what, and how reports join what was known."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import TERMINAL, FirstFailure, Phase, PhaseName, RankState, RunStatus
from desktop_app.core.run_states import TRANSITIONS, is_allowed, merge, unknown
from tests.helpers.snapshots import NOW, snapshot

S = RunStatus
STATUSES = st.sampled_from(list(RunStatus))


def test_every_state_is_in_the_table_and_ended_runs_stay() -> None:
    assert set(TRANSITIONS) == set(RunStatus)
    assert all(TRANSITIONS[each] == frozenset() for each in TERMINAL)


@given(STATUSES, STATUSES)
def test_a_merge_never_takes_a_run_where_it_can_not_go(old: RunStatus, new: RunStatus) -> None:
    merged = merge(snapshot("r", old), snapshot("r", new))
    assert merged.status in (old, new)
    assert is_allowed(old, merged.status)


@given(st.lists(STATUSES, max_size=8))
def test_a_run_that_ended_stays_ended_whatever_is_reported(reports: list[RunStatus]) -> None:
    run = snapshot("r", S.FAILED)
    for status in reports:
        run = merge(run, snapshot("r", status))
    assert run.status is S.FAILED


def test_a_late_report_adds_facts_and_takes_none() -> None:
    ended = dataclasses.replace(snapshot("r", S.COMPLETED), ended=NOW, exit_code=0, metrics={"loss": (0.1, 9)})
    late = dataclasses.replace(snapshot("r", S.RUNNING), metrics={"loss": (0.5, 3), "lr": (1.0, 1)}, outputs="/o")
    merged = merge(ended, late)
    assert (merged.status, merged.ended, merged.exit_code) == (S.COMPLETED, NOW, 0)
    assert merged.metrics == {"loss": (0.1, 9), "lr": (1.0, 1)}
    assert merged.outputs == "/o"


def test_unknown_keeps_every_fact() -> None:
    full = dataclasses.replace(
        snapshot("r"),
        started=NOW,
        ranks=(RankState(0, 0, 0, S.RUNNING, pid=3),),
        phases=(Phase(PhaseName.RUNNING, NOW),),
        metrics={"loss": (1.0, 1)},
        folder="/f",
        first_failure=FirstFailure(0, NOW, 1),
    )
    merged = merge(full, snapshot("r", S.UNKNOWN, reason="no answer"))
    assert dataclasses.replace(merged, status=full.status, reason="") == full
    assert (merged.status, merged.reason) == (S.UNKNOWN, "no answer")


def test_a_run_comes_back_from_unknown() -> None:
    lost = unknown(snapshot("r"), "No network.", NOW)
    assert lost.reason == "No network. Last seen 2026-11-21 07:00:00 UTC."
    back = merge(lost, snapshot("r", S.COMPLETED))
    assert (back.status, back.reason) == (S.COMPLETED, "")


def test_a_run_that_is_over_does_not_become_unknown() -> None:
    over = snapshot("r", S.CANCELED)
    assert unknown(over, "No network.", None) is over


@pytest.mark.parametrize("status", sorted(TERMINAL))
def test_a_rank_that_ended_stays_ended_until_it_is_started_again(status: RunStatus) -> None:
    ended = RankState(0, 0, 0, status, exit_code=0, started=NOW)
    late = RankState(0, 0, 0, S.RUNNING, started=NOW)
    again = dataclasses.replace(late, started=NOW + timedelta(minutes=5))
    old = dataclasses.replace(snapshot("r"), ranks=(ended,))
    assert merge(old, dataclasses.replace(snapshot("r"), ranks=(late,))).ranks == (ended,)
    assert merge(old, dataclasses.replace(snapshot("r"), ranks=(again,))).ranks == (again,)


def test_ranks_and_phases_of_both_are_kept_in_order() -> None:
    preparing, running = Phase(PhaseName.PREPARING, NOW, NOW), Phase(PhaseName.RUNNING, NOW + timedelta(seconds=1))
    old = dataclasses.replace(snapshot("r"), ranks=(RankState(1, 1, 0, S.RUNNING),), phases=(preparing,))
    new = dataclasses.replace(snapshot("r"), ranks=(RankState(0, 0, 0, S.RUNNING),), phases=(running,))
    merged = merge(old, new)
    assert [each.rank for each in merged.ranks] == [0, 1]
    assert merged.phases == (preparing, running)


def test_a_phase_that_ended_stays_ended() -> None:
    begun = Phase(PhaseName.RUNNING, NOW)
    ended = dataclasses.replace(begun, ended=NOW + timedelta(seconds=9))
    old = dataclasses.replace(snapshot("r"), phases=(ended,))
    assert merge(old, dataclasses.replace(snapshot("r"), phases=(begun,))).phases == (ended,)
    assert merge(dataclasses.replace(old, phases=(begun,)), old).phases == (ended,)
