"""Runs that their time limit ended: the drill behind it, who was over before, who still worked, and what to do."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from importlib.resources import files
from pathlib import Path

import pytest

from desktop_app.api import Drill, DrillKind, Explanation, FailureReport, Job, RankState, RunSnapshot, RunStatus
from desktop_app.api.kit import explain_by, load_knowledge
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.falls import falls_of_run, suspects_of
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Diagnosis, Part, Verdict
from desktop_app.core.diagnosis.silent import DRILLED
from desktop_app.core.diagnosis.timed_out import AT_WORK, CODE, LastWord, is_at_work, kind_of, of_limit
from tests.helpers.snapshots import NOW, snapshot

END = NOW + timedelta(seconds=60)


def stopped(*ranks: RankState, framework: str = "pytorch", drills: tuple[Drill, ...] = ()) -> RunSnapshot:
    """Return a run that was stopped after 60 s."""
    return dataclasses.replace(
        snapshot("r-1", RunStatus.CANCELED), started=NOW, ended=END + timedelta(seconds=3), ranks=ranks,
        framework=framework, drills=drills, metrics={}, reason="The time limit of 60 s (limits.timeout) was reached.",
    )  # fmt: skip


def rank(number: int, after: float = 2, code: int = -15, role: str = "worker") -> RankState:
    """Return a rank that ended some seconds after the limit."""
    status = RunStatus.COMPLETED if code == 0 else RunStatus.CANCELED
    ended = END + timedelta(seconds=after)
    return RankState(number, number, 0, status=status, exit_code=code, ended=ended, role=role)


def word(before: float, usual: float | None = 1.0, *, steadily: bool = True) -> LastWord:
    return LastWord(END - timedelta(seconds=before), "epoch 3", usual, steadily)


def drill(kind: DrillKind, *ranks: int, after: float = 10) -> Drill:
    return Drill(kind, NOW + timedelta(seconds=after), f"{kind} of {ranks}", ranks=ranks)


def limit_of(known: Diagnosis) -> Explanation:
    (found,) = (each for each in known.symptoms if each.code in (CODE, AT_WORK))
    return found


@pytest.mark.parametrize(("kind", "ranks"), [(DrillKind.STOP, (1,)), (DrillKind.NODE, (1, 2))])
def test_a_drill_that_lasted_to_the_limit_is_the_cause_and_nobody_else_is_suspected(
    kind: DrillKind, ranks: tuple[int, ...]
) -> None:
    run = stopped(rank(0), rank(1), rank(2), drills=(drill(kind, *ranks),))
    waits = Explanation("waits", "Rank 2 hangs.", (), 0, "waits", is_symptom=True, certainty=0.8)
    known = falls_of_run(of_limit(Diagnosis(all=(waits,)), run, {0: word(50), 1: word(20)}), run)
    assert known.cause is not None
    assert (known.verdict, known.cause.code, known.rank) == (Verdict.CAUSE, DRILLED, 1)
    assert known.cause.cause.startswith(f"A drill did it: {kind} of {ranks} at ")
    assert known.cause.cause.endswith("before its limit. The time limit of 60 s (limits.timeout) was reached.")
    assert [each.rank for each in known.falls if each.part is Part.CAUSE] == [1]


@pytest.mark.parametrize(
    "drills",
    [
        (drill(DrillKind.STOP, 1), drill(DrillKind.RESUME, 1, after=20)),
        (drill(DrillKind.STOP, 1), drill(DrillKind.RESUME, after=20)),
        (drill(DrillKind.MEMORY, 1),),
    ],
)
def test_a_drill_that_was_over_before_the_limit_is_not_the_cause(drills: tuple[Drill, ...]) -> None:
    assert of_limit(Diagnosis(), stopped(rank(0), rank(1), drills=drills), {0: word(20), 1: word(20)}).cause is None


def test_of_two_ranks_that_stand_still_the_one_that_was_not_resumed_is_told() -> None:
    drills = (drill(DrillKind.STOP, 0), drill(DrillKind.STOP, 1, after=12), drill(DrillKind.RESUME, 1, after=15))
    assert of_limit(Diagnosis(), stopped(rank(0), rank(1), drills=drills), {}).rank == 0


def test_a_rank_that_answers_the_stop_with_exit_code_0_had_not_ended_before() -> None:
    run = stopped(rank(0), rank(1, code=0), rank(2, code=0))
    known = falls_of_run(of_limit(Diagnosis(), run, {0: word(20)}), run)
    assert "had ended before" not in limit_of(known).cause
    assert {each.part for each in known.falls} == {Part.STOPPED}
    early = stopped(rank(0), rank(1, after=-30, code=0), rank(2, after=-20, code=0))
    known = falls_of_run(of_limit(Diagnosis(), early, {0: word(20)}), early)
    assert "Ranks 1, 2 had ended before" in limit_of(known).cause
    assert [each.part for each in known.falls] == [Part.FINISHED, Part.FINISHED, Part.STOPPED]


def test_where_it_is_not_known_when_a_run_was_stopped_a_rank_that_ended_with_it_had_not_ended_before() -> None:
    run = dataclasses.replace(stopped(rank(0), rank(1, code=0)), reason="The job exceeded its timeout.")
    assert "had ended before" not in limit_of(of_limit(Diagnosis(), run, {})).cause


def test_silence_alone_makes_nobody_wait_and_no_other_a_suspect() -> None:
    run = stopped(rank(0), rank(1))
    known = falls_of_run(of_limit(Diagnosis(), run, {0: word(20), 1: word(40)}), run)
    assert limit_of(known).rank == 1
    assert {each.part for each in known.falls} == {Part.STOPPED}
    assert suspects_of(known.falls) == ()


def test_a_cluster_of_ray_is_advised_as_one_whatever_its_tasks_use() -> None:
    run = stopped(rank(0, role="driver"), rank(1, code=0, role="head"), rank(2, code=0))
    limit = limit_of(of_limit(Diagnosis(), run, {0: word(20)}))
    assert kind_of(run) == "ray"
    assert limit.rank is None, "that the driver alone writes with times says nothing of the others"
    assert "ray stack" in " ".join(limit.advice)
    assert "init_process_group" not in " ".join(limit.advice)


@pytest.mark.parametrize("ranks", [1, 2])
def test_a_run_that_still_worked_is_told_so_without_advice_for_hangs(ranks: int) -> None:
    run = stopped(*(rank(each) for each in range(ranks)), framework="tensorflow")
    known = of_limit(Diagnosis(), run, {each: word(0.4) for each in range(ranks)}, Job("train", timeout=60))
    limit = limit_of(known)
    assert (limit.code, limit.rank, is_at_work(known)) == (AT_WORK, None, True)
    assert "It was still at work when its time was up: rank 0 wrote its last line 0 s before." in limit.cause
    assert "py-spy" not in " ".join(limit.advice)
    assert limit.fix is not None
    assert limit.fix.set == {"limits.timeout": 120}


def test_a_run_that_had_hardly_begun_may_have_hung() -> None:
    known = of_limit(Diagnosis(), stopped(rank(0), rank(1)), {0: word(3, steadily=False)})
    assert (limit_of(known).code, is_at_work(known)) == (CODE, False)
    assert "It may still have been at work: rank 0 wrote its last line 3 s before." in limit_of(known).cause
    assert "py-spy" in " ".join(limit_of(known).advice)


def test_one_that_fell_silent_while_another_went_on_is_told_all_the_same() -> None:
    limit = limit_of(of_limit(Diagnosis(), stopped(rank(0), rank(1)), {0: word(1), 1: word(40)}))
    assert (limit.code, limit.rank) == (CODE, 1)


def test_a_variable_that_is_set_already_is_not_advised_again() -> None:
    run = stopped(rank(0), rank(1), framework="horovod")
    stalls = "HOROVOD_STALL_CHECK_TIME_SECONDS"
    without = limit_of(of_limit(Diagnosis(), run, {}, Job("train"))).advice
    with_it = limit_of(of_limit(Diagnosis(), run, {}, Job("train", environment_variables={stalls: "10"}))).advice
    assert stalls in " ".join(without)
    assert stalls not in " ".join(with_it)
    assert set(with_it) == {each for each in without if stalls not in each}


def test_a_process_alone_waits_for_no_other_rank_but_those_below_a_launcher_may() -> None:
    alone, launcher = (limit_of(of_limit(Diagnosis(), stopped(rank(0, role=each)), {})) for each in ("worker", "agent"))
    assert "init_process_group" not in " ".join(alone.advice)
    assert "init_process_group" in " ".join(launcher.advice)


STALLED = "0: [allreduce.loss]"
MISSING = Explanation(
    "stalled", "Rank 0 did not come.", (), 0, STALLED, about=0, category="collective-mismatch", certainty=WEAK
)


@pytest.mark.parametrize(
    ("report", "last_of_1", "is_cause"),
    [
        (MISSING, 36, True),
        (MISSING, 1, False),
        (dataclasses.replace(MISSING, category="signal"), 36, False),
        (dataclasses.replace(MISSING, about=None), 36, False),
    ],
)
def test_a_rank_that_is_said_to_be_missing_to_the_end_is_the_cause(
    report: Explanation, last_of_1: float, is_cause: bool
) -> None:
    run = stopped(rank(0), rank(1), framework="horovod")
    last = {0: dataclasses.replace(word(1), line=f"{STALLED} "), 1: word(last_of_1)}
    known = of_limit(Diagnosis(Verdict.CAUSE, report, (report,), rank=0), run, last)
    assert (known.cause is report, known.rank == 0) == (is_cause, is_cause)
    if is_cause:
        assert [(each.rank, each.line) for each in known.symptoms] == [(None, "")], "silence blames nobody beside it"
        assert limit_of(known).cause == f"The run did not end by itself: {run.reason}", "nor does it speak of work"


def test_what_others_write_of_a_rank_is_no_time_of_its_own() -> None:
    run = stopped(rank(0), rank(1), framework="horovod")
    own = Explanation("missing", "A file is not there.", (), 1, "no file", certainty=0.9)
    known = falls_of_run(Diagnosis(Verdict.CAUSE, own, (own,), rank=1), run, lambda _: NOW)
    assert [(each.rank, each.at) for each in known.falls] == [(1, NOW), (0, run.ranks[0].ended)]
    about = dataclasses.replace(own, rank=0, about=1)
    known = falls_of_run(Diagnosis(Verdict.CAUSE, about, (about,), rank=1), run, lambda _: NOW)
    assert [(each.rank, each.at) for each in known.falls] == [(1, None), (0, run.ranks[0].ended)]


def test_a_rank_that_ended_before_the_limit_fell_when_it_ended() -> None:
    early = dataclasses.replace(rank(1, after=-30), status=RunStatus.FAILED, exit_code=1)
    own = Explanation("missing", "A file is not there.", (), 1, "no file", certainty=0.9)
    known = falls_of_run(Diagnosis(Verdict.CAUSE, own, (own,), rank=1), stopped(rank(0), early), lambda _: NOW)
    assert (known.falls[0].rank, known.falls[0].at) == (1, early.ended)


def test_horovods_warning_of_a_stall_names_the_rank_that_did_not_come() -> None:
    log = (
        "rank 0 of 2\n[2026-03-02 10:00:20.174895: W /src/horovod/common/stall_inspector.cc:107] One or more tensors"
        " were submitted to be reduced, gathered or broadcasted by subset of ranks and are waiting for remainder of"
        " ranks for more than 10 seconds.\nMissing ranks:\n0: [HorovodAllreduce]\n"
    )
    report = FailureReport(Job("train"), {}, None, {0: log})
    found = explain_by(load_knowledge(Path(str(files("plugins.horovod"))) / "knowledge"), report)
    known = judged(found, None, {0: log})
    run = stopped(rank(0), rank(1), framework="horovod")
    assert of_limit(known, run, {0: word(6), 1: word(36)}).rank == 0
