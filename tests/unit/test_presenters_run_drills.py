"""Which drills a run is offered, and what is said of those that were done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop_app.api import Drill, DrillKind, Explanation, RankState, RunSnapshot, RunStatus
from desktop_app.core.diagnosis.judging import judged
from desktop_app.presenters.run_drills import drills_of, drills_said
from desktop_app.presenters.run_failure import failure_of
from desktop_app.presenters.run_page import log_sources
from desktop_app.services.drills import aimed
from tests.helpers.run_folders import fail, make_run

AT = datetime(2026, 11, 21, 7, tzinfo=UTC)
RANKS = tuple(RankState(rank, rank % 2, rank // 2, RunStatus.RUNNING) for rank in range(4))
RUN = RunSnapshot("local://r-1", "r-1", "local", RunStatus.RUNNING, "digits", "", AT, ranks=RANKS)
ROLES = replace(RUN, ranks=tuple(replace(each, role="worker" if each.rank else "ps") for each in RANKS))
STOPPED = Drill("stop", AT, "rank 1 was stopped", 1, None, (1,))


def test_drills_are_for_the_rank_that_was_picked_or_leave_the_choice() -> None:
    assert [each.title for each in drills_of(RUN, 1)][::4] == ["Kill rank 1", "Evict node 0"]
    assert {each.group for each in drills_of(RUN, 1)} == {""}
    ended = replace(RUN, ranks=(*RANKS[:3], replace(RANKS[3], ended=AT)))
    for run, picked, ranks in ((RUN, -1, [0, 1, 2, 3]), (ended, 3, [0, 1, 2])):
        assert [each.order.rank for each in drills_of(run, picked) if each.group == "Kill a rank"] == ranks
    assert [each.order.node for each in drills_of(RUN, -1) if each.group == "Evict a node"] == [0, 1]


def test_who_has_a_role_is_named_by_it_and_by_number() -> None:
    assert drills_of(ROLES, 2)[0].question == "Kill w1 (rank 2)?"
    assert [each.name for each in log_sources(replace(ROLES, folder="/f"))] == ["ps0 (0)", "w0 (1)", "w1 (2)", "w2 (3)"]
    assert {each.name for each in log_sources(replace(RUN, folder="/f"))} == {""}


@pytest.mark.parametrize(("kind", "hit", "said"), [
    ("kill", 1, "You killed it (drill) at "), ("stop", 2, "You stopped rank 2 (drill) at "),
    ("memory", 1, "You starved it of memory (drill) at "),
])  # fmt: skip
def test_a_drill_is_the_cause_and_nothing_else_is_guessed(tmp_path: Path, kind: str, hit: int, said: str) -> None:
    run = fail(make_run(tmp_path, "r-1", RunStatus.FAILED, processes=3), 1, exit_code=-9).snapshot
    assert run.first_failure is not None
    at = run.first_failure.at
    fallen = replace(run.first_failure, drill="something was done at 07:00:00 UTC")
    run = replace(run, first_failure=fallen, drills=(Drill(kind, at, "x", hit, None, (hit,)),))
    guess = Explanation("memory", "The memory ran out.", ("Take smaller batches.",), 1, fallen.text)
    view = failure_of(run, "", judged((guess,), run, {}))
    assert view is not None
    assert view.cause == f"{said}{at.astimezone():%H:%M:%S}."
    assert view.advice == ()
    assert view.explanation.startswith("It ended with signal 9 (SIGKILL). Ranks 0, 2 were stopped")
    assert "memory ran out" not in view.spoken
    assert "UTC" not in view.spoken


def test_what_was_resumed_since_is_not_the_cause(tmp_path: Path) -> None:
    run = fail(make_run(tmp_path, "r-1", RunStatus.FAILED), 1).snapshot
    assert run.first_failure is not None
    at = run.first_failure.at - timedelta(minutes=1)
    drills = (Drill("stop", at, "rank 1 was stopped", 1, None, (1,)), Drill("resume", at + timedelta(seconds=9), "r"))
    view = failure_of(replace(run, first_failure=replace(run.first_failure, drill="d"), drills=drills))
    assert view is not None
    assert view.cause == ""
    assert view.explanation.endswith(f"A drill came before: rank 1 was stopped at {at.astimezone():%H:%M:%S}.")


@pytest.mark.parametrize("picked", [-1, 0, 3])
def test_all_that_is_offered_can_be_done(picked: int) -> None:
    for each in drills_of(RUN, picked):
        assert aimed(RUN, each.order) == each.order


@pytest.mark.parametrize("status", [each for each in RunStatus if each is not RunStatus.RUNNING])
def test_a_run_that_does_not_run_is_offered_none(status: RunStatus) -> None:
    assert drills_of(replace(RUN, status=status), 0) == ()


def test_what_stands_still_can_be_resumed() -> None:
    assert DrillKind.RESUME not in [each.order.kind for each in drills_of(RUN, 0)]
    assert drills_of(replace(RUN, drills=(STOPPED,)), 0)[-1].order.kind is DrillKind.RESUME


def test_what_was_done_is_said(tmp_path: Path) -> None:
    assert drills_said(RUN) == ""
    assert drills_said(replace(RUN, drills=(STOPPED,))).startswith("A drill: rank 1 was stopped at ")
    assert drills_said(replace(RUN, drills=(STOPPED, STOPPED))).endswith(" It was the last of 2 drills.")
    run = fail(make_run(tmp_path, "r-1", RunStatus.FAILED), 1).snapshot
    assert run.first_failure is not None
    fallen = replace(run.first_failure, drill="rank 1 was killed at 07:00:00 UTC")
    view = failure_of(replace(run, first_failure=fallen))
    assert view is not None
    assert view.explanation.endswith("A drill came before: rank 1 was killed.")
