"""Which drills a run is offered, and what is said of those that were done."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop_app.api import Drill, DrillKind, RankState, RunSnapshot, RunStatus
from desktop_app.presenters.run_drills import drills_of, drills_said
from desktop_app.presenters.run_failure import failure_of
from desktop_app.services.drills import aimed
from tests.helpers.run_folders import fail, make_run

AT = datetime(2026, 11, 21, 7, tzinfo=UTC)
RANKS = tuple(RankState(rank, rank % 2, rank // 2, RunStatus.RUNNING) for rank in range(4))
RUN = RunSnapshot("local://r-1", "r-1", "local", RunStatus.RUNNING, "digits", "", AT, ranks=RANKS)
STOPPED = Drill("stop", AT, "rank 1 was stopped", 1, None, (1,))


def test_drills_are_for_the_rank_that_was_picked_or_the_last_that_lives() -> None:
    assert [each.title for each in drills_of(RUN, 1)][::4] == ["Kill rank 1", "Evict node 0"]
    assert drills_of(RUN, -1)[0].question == "Kill rank 3?"
    ended = replace(RANKS[3], ended=AT)
    assert drills_of(replace(RUN, ranks=(*RANKS[:3], ended)), 3)[0].order.rank == 2


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
    assert view.explanation.endswith("A drill came before: rank 1 was killed at 07:00:00 UTC.")
