"""Ranks that ended without a word of why: they are named by their ends, by launchers, and by those that lost them."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from desktop_app.api import Drill, DrillKind, Explanation, FirstFailure, RankState, RunSnapshot, RunStatus
from desktop_app.core.diagnosis.drilled import drill_behind
from desktop_app.core.diagnosis.ends import came_first
from desktop_app.core.diagnosis.exceptions import GENERAL, WEAK
from desktop_app.core.diagnosis.foreign import judged_logs
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Diagnosis, Verdict
from desktop_app.core.diagnosis.own import own_explanations
from desktop_app.core.diagnosis.reported import MESSAGE
from desktop_app.core.diagnosis.silent import DRILLED, ENDED, KILLED, has_left, last_line, of_the_end
from tests.helpers.snapshots import NOW, snapshot

GONE = "RuntimeError: Connection closed by peer [127.0.0.1]:4187"
TRACE = f'Traceback (most recent call last):\n  File "t.py", line 9, in <module>\n    loss.backward()\n{GONE}\n'


def echo(rank: int, position: int = 3, line: str = GONE) -> Explanation:
    return Explanation("peer-gone", "Gone.", (), rank, line, is_echo=True, position=position, certainty=0.85)


def ran(codes: dict[int, int], first: int, later: float = 0.1, role: str = "worker") -> RunSnapshot:
    """Return a failed run: the first rank ended now, the others a moment later."""
    ended = {rank: NOW + timedelta(seconds=0 if rank == first else later) for rank in codes}
    ranks = tuple(
        RankState(rank, rank, 0, status=RunStatus.FAILED, exit_code=code, ended=ended[rank], role=role)
        for rank, code in codes.items()
    )
    fallen = FirstFailure(first, NOW, codes[first], "")
    return dataclasses.replace(snapshot("r-1", RunStatus.FAILED), ranks=ranks, first_failure=fallen)


def known_of(run: RunSnapshot, tails: dict[int, str], found: list[Explanation]) -> Diagnosis:
    own = own_explanations(found, tails)
    return judged([*found, *own, *of_the_end(run, [*found, *own], tails)], run, tails)


@pytest.mark.parametrize(("code", "named"), [(3, ENDED), (-9, KILLED), (-11, KILLED), (-6, ENDED)])
def test_the_rank_that_the_first_one_lost_is_named_though_it_ended_later(code: int, named: str) -> None:
    tails = {0: TRACE, 1: "rank 1 step 3\n", 2: TRACE}
    known = known_of(ran({0: 1, 1: code, 2: 1}, first=0), tails, [echo(0), echo(2)])
    assert known.cause is not None
    assert (known.cause.code, known.rank, known.only_echo, known.last_line) == (named, 1, True, "rank 1 step 3")


@pytest.mark.parametrize("code", [0, -15, 143])
def test_a_rank_that_a_launcher_stopped_is_not_the_one_that_was_lost(code: int) -> None:
    known = known_of(ran({0: 1, 1: code, 2: 1}, first=0), {0: TRACE, 1: "step 3", 2: TRACE}, [echo(0), echo(2)])
    assert (known.verdict, known.cause) == (Verdict.SYMPTOMS_ONLY, None)


def test_a_rank_that_was_killed_long_after_was_killed_by_the_launcher() -> None:
    tails = {0: TRACE, 1: "step 3", 2: TRACE}
    known = known_of(ran({0: 1, 1: -9, 2: 1}, first=0, later=4.0), tails, [echo(0), echo(2)])
    assert known.cause is None


def test_nobody_is_named_where_more_ranks_are_silent_than_say_that_they_lost_one() -> None:
    tails = {0: TRACE, 1: "step 3", 2: "step 3"}
    assert known_of(ran({0: 1, 1: 3, 2: 3}, first=0), tails, [echo(0)]).cause is None


@pytest.mark.parametrize("is_run", [True, False])
def test_the_error_of_a_rank_that_all_others_lost_is_the_cause(is_run: bool) -> None:
    tails = {0: TRACE, 1: "step 3\nerror: 14 images are damaged\n", 2: TRACE}
    found = [echo(0), echo(2)]
    known = known_of(ran({0: 1, 1: 1, 2: 1}, first=0), tails, found) if is_run else judged_logs(found, tails)
    assert known.cause is not None
    assert (known.cause.line, known.rank, known.last_line) == ("error: 14 images are damaged", 1, "")


def test_an_error_that_the_lost_rank_outlived_is_not_the_cause() -> None:
    worked = "\n".join(f"step {each}" for each in range(60))
    tails = {0: TRACE, 1: f"error: no cache, made anew\n{worked}\n", 2: TRACE}
    assert judged_logs([echo(0), echo(2)], tails).cause is None


REPORT = Explanation(
    "who", "Rank 1 failed first.", (), 0, "  exitcode  : 3 (pid: 17)", about=1, position=9, certainty=0.4
)
SHARED = f"rank 1 step 2\n[rank1]: step 3\n{'[rank0]: '.join(['', *TRACE.splitlines(keepends=True)])}" + "table\n" * 5


def test_a_launchers_report_of_a_rank_that_lost_nobody_is_the_cause_with_its_last_line() -> None:
    run = ran({0: 1}, first=0, role="agent")
    known = judged([REPORT, echo(0, position=5)], run, {0: SHARED})
    assert (known.cause, known.rank, known.last_line) == (REPORT, 1, "[rank1]: step 3")
    of_one_that_lost = dataclasses.replace(REPORT, about=0)
    assert judged([of_one_that_lost, echo(0, position=5)], run, {0: SHARED}).cause is None


def test_a_report_is_no_cause_where_it_is_not_known_who_lost_somebody() -> None:
    run = ran({0: 1}, first=0, role="agent")
    assert judged([REPORT, echo(0, position=0)], run, {0: SHARED}).cause is None
    own_word = "E1122 torch/distributed/elastic/multiprocessing/api.py:1002] Sending process 7 closing signal"
    ends = echo(0, position=8, line=own_word)
    assert judged([REPORT, echo(0, position=5), ends], run, {0: SHARED}).cause == REPORT


@pytest.mark.parametrize(
    ("line", "of_run", "of_logs"),
    [("exitcode : 3", True, True), ("exitcode : 1", True, False), ("exitcode : -6 (SIGABRT)", True, False),
     ("exitcode : -15 (SIGTERM)", False, False), ("exitcode : -9 (SIGKILL)", True, True)],
)  # fmt: skip
def test_logs_from_elsewhere_prove_less_than_those_of_a_run(line: str, of_run: bool, of_logs: bool) -> None:
    report = dataclasses.replace(REPORT, line=line)
    ordered = [report, echo(2)]
    assert came_first(report, ordered, {}, ran({0: 1}, first=0)) is of_run
    assert came_first(report, ordered, {}, None) is of_logs
    waits = dataclasses.replace(echo(2), is_echo=False, is_symptom=True)
    assert came_first(report, [report, waits], {}, ran({0: 1}, first=0)) is ("SIGKILL" in line)


def stopped(second: int) -> tuple[Explanation, str]:
    told = Explanation("stopped", "Told.", (), 1, "got signal: 15", position=1, certainty=WEAK, category="stopped")
    return told, f"W1122 10:59:{second:02d}.000001 17 agent.py:9] Received 15 death signal\ngot signal: 15\n"


@pytest.mark.parametrize(("second", "first"), [(3, True), (9, False)])
def test_who_was_told_to_stop_before_any_other_was_in_trouble_is_the_cause(second: int, first: bool) -> None:
    told, tail = stopped(second)
    tails = {0: f"W1122 10:59:06.000001 18 x.py:1] step\n{GONE}\n", 1: tail}
    known = judged([told, echo(0, position=1)], None, tails)
    assert (known.cause == told) is first
    without_clock = judged([told, echo(0, position=1)], None, tails | {0: f"step\n{GONE}\n"})
    assert without_clock.cause is None


def test_of_a_process_alone_a_lost_connection_is_the_cause() -> None:
    tails = {0: TRACE.replace(GONE, "ConnectionError: no such server")}
    (symptom,) = own_explanations((), tails)
    (cause,) = own_explanations((), tails, is_alone=True)
    assert (symptom.is_symptom, cause.is_symptom, cause.certainty) == (True, False, GENERAL)
    assert "other ranks" not in " ".join(cause.advice)


def test_one_that_left_early_is_said_to_have_left() -> None:
    (found,) = of_the_end(ran({0: 1, 1: 0}, first=1), (), {})
    assert (found.category, found.is_symptom) == ("uneven-data", True)
    assert "exit code 0 while others still needed it" in found.cause
    assert has_left(found)
    assert "sys.exit(0)" in " ".join(found.advice)


def test_a_cause_that_says_why_needs_no_last_line() -> None:
    sure = Explanation("raised", "It raised.", (), 0, "ValueError: no", certainty=0.7)
    assert last_line(sure, {0: "step 1\nValueError: no"}) == ""
    assert last_line(None, {0: "step 1"}) == ""
    assert last_line(Explanation(KILLED, "Killed.", (), 0, certainty=WEAK), {0: ""}) == ""


def test_a_rank_that_left_before_the_one_that_lost_it_is_named() -> None:
    run = ran({0: 1, 1: 0}, first=0)
    left = dataclasses.replace(run.ranks[1], status=RunStatus.COMPLETED, ended=NOW - timedelta(seconds=1))
    run = dataclasses.replace(run, ranks=(run.ranks[0], left))
    known = known_of(run, {0: TRACE, 1: "step 3"}, [echo(0)])
    assert [(each.rank, each.category) for each in known.symptoms] == [(1, "uneven-data")]
    more = dataclasses.replace(run, ranks=(*run.ranks, dataclasses.replace(left, rank=2, local_rank=2)))
    assert known_of(more, {0: TRACE, 1: "step 3", 2: "step 3"}, [echo(0)]).symptoms == (), "two, and one lost one"


@pytest.mark.parametrize(("certainty", "named"), [(0.8, [1]), (0.9, [])])
def test_a_line_that_is_an_echo_as_surely_as_a_symptom_is_an_echo_alone(certainty: float, named: list[int]) -> None:
    run = ran({0: 1, 1: 0}, first=0)
    left = dataclasses.replace(run.ranks[1], status=RunStatus.COMPLETED, ended=NOW - timedelta(seconds=1))
    run = dataclasses.replace(run, ranks=(run.ranks[0], left))
    waits = dataclasses.replace(echo(0), code="timed-out", is_echo=False, is_symptom=True, certainty=certainty)
    known = known_of(run, {0: TRACE, 1: "step 3"}, [waits, echo(0)])
    assert [each.rank for each in known.symptoms if has_left(each)] == named


@pytest.mark.parametrize(("kind", "code"), [(DrillKind.KILL, -9), (DrillKind.EVICT, -15)])
def test_what_a_drill_did_is_no_riddle(kind: DrillKind, code: int) -> None:
    drill = Drill(kind, NOW - timedelta(seconds=1), "rank 1 was hit", 1, ranks=(1,))
    run = dataclasses.replace(ran({0: 1, 1: code}, first=1), drills=(drill,))
    first = FirstFailure(1, NOW, code, drill="rank 1 was hit at 10:00:00")
    (found,) = of_the_end(dataclasses.replace(run, first_failure=first), (), {})
    assert (found.code, found.cause, found.rank) == (DRILLED, "A drill did it: rank 1 was hit.", 1)
    (other,) = of_the_end(dataclasses.replace(run, first_failure=dataclasses.replace(first, rank=0)), (), {})
    assert other.code in (KILLED, ENDED)


def test_a_drill_whose_time_was_rounded_up_did_it_all_the_same_and_nothing_resumes_what_was_killed() -> None:
    drill = Drill(DrillKind.KILL, NOW + timedelta(seconds=0.5), "rank 1 was killed", 1, ranks=(1,))
    first = FirstFailure(1, NOW, -9, drill="rank 1 was killed at 10:00:00")
    run = dataclasses.replace(ran({0: 1, 1: -9}, first=1), drills=(drill,), first_failure=first)
    assert [each.code for each in of_the_end(run, (), {})] == [DRILLED]
    later = dataclasses.replace(run, drills=(dataclasses.replace(drill, at=NOW + timedelta(seconds=5)),))
    assert [each.code for each in of_the_end(later, (), {})] == [KILLED]
    resumed = dataclasses.replace(drill, kind=DrillKind.RESUME, at=NOW + timedelta(seconds=0.8))
    assert [each.code for each in of_the_end(dataclasses.replace(run, drills=(drill, resumed)), (), {})] == [DRILLED]


def test_a_drill_that_made_ranks_stand_still_is_behind_a_failure_until_they_are_resumed() -> None:
    stop = Drill(DrillKind.STOP, NOW - timedelta(seconds=9), "rank 1 was stopped", 1, ranks=(1,))
    resumed = dataclasses.replace(stop, kind=DrillKind.RESUME, at=NOW - timedelta(seconds=4))
    first = FirstFailure(1, NOW, 1, drill="rank 1 was stopped at 09:59:51")
    run = dataclasses.replace(ran({0: 1, 1: 1}, first=1), drills=(stop,), first_failure=first)
    assert drill_behind(run) == stop
    assert drill_behind(dataclasses.replace(run, drills=(stop, resumed))) is None


def test_where_a_launcher_tells_how_a_rank_ended_the_last_word_of_the_rank_says_more() -> None:
    aborted = Explanation(
        "mpi-abort", "It called MPI_Abort.", (), None, "MPI_ABORT was invoked on rank 1", about=1, certainty=WEAK
    )
    tails = {0: "step 3", 1: "step 3\nvalidation failed: loss above 3\n"}
    known = known_of(ran({0: -15, 1: 7}, first=1), tails, [aborted])
    assert known.cause is not None
    assert (known.cause.code, known.cause.line, known.rank) == (MESSAGE, "validation failed: loss above 3", 1)
    progress = known_of(ran({0: -15, 1: 7}, first=1), {**tails, 1: "step 3\n"}, [aborted])
    assert (progress.cause, progress.rank, progress.last_line) == (aborted, 1, "step 3")


def test_of_a_run_whose_launcher_alone_has_a_log_the_last_line_is_that_of_the_rank() -> None:
    run = ran({0: 1}, first=0, role="agent")
    known = judged([dataclasses.replace(REPORT, about=2)], run, {0: "[rank1]: one\n[rank2]: two\n[rank1]: three"})
    assert known.last_line == "[rank2]: two"


def test_what_the_ranks_wrote_too_that_only_lost_it_is_not_why_one_ended() -> None:
    """A greeting, or an error that everyone skips: but for its digits the same."""
    for said in ("rank %d of 2 on cpu", "ERROR:root:line %d of the labels is bad, skipped"):
        tails = {0: f"{said % 0}\n{TRACE}", 1: f"{said % 1}\n"}
        known = known_of(ran({0: 1, 1: 3}, first=1), tails, [echo(0, 4)])
        assert known.cause is not None
        assert (known.cause.code, known.rank, known.cause.line, known.last_line) == (ENDED, 1, "", said % 1)
    tails = {0: f"rank 0 of 2\n{TRACE}", 1: "rank 1 of 2\nnorm exploded, giving up\n"}
    known = known_of(ran({0: 1, 1: 17}, first=1), tails, [echo(0, 4)])
    assert known.cause is not None
    assert (known.cause.code, known.cause.line) == (MESSAGE, "norm exploded, giving up")
    assert "MPI_Abort" in known.cause.advice[0]


@pytest.mark.parametrize("later", [-2.0, 0.5])
def test_a_rank_that_is_done_while_another_loses_it_has_left_whenever_its_process_ends(later: float) -> None:
    run = ran({0: 1, 1: 0}, first=0, later=later)
    ranks = (run.ranks[0], dataclasses.replace(run.ranks[1], status=RunStatus.COMPLETED))
    known = known_of(dataclasses.replace(run, ranks=ranks), {0: TRACE, 1: "converged\n"}, [echo(0)])
    assert [each.rank for each in known.symptoms if has_left(each)] == [1]


@pytest.mark.parametrize(
    ("code", "text", "said", "advice"),
    [
        (-14, "", "SIGALRM (signal 14): a timer that ran out, most likely its own", "signal.alarm"),
        (-27, "", "SIGPROF (signal 27): a timer", "signal.setitimer"),
        (-12, "", "SIGUSR2 (signal 12), and its log does not say why", "See who sends this signal"),
        (1, "Error: 'fold'", "exit code 1. This line is all that it says of why", "print the traceback there"),
        (3, "", "exit code 3, and its log does not say why", "Look for os._exit"),
    ],
)
def test_how_a_rank_ended_without_an_error_tells_where_to_look(code: int, text: str, said: str, advice: str) -> None:
    run = ran({0: code}, first=0)
    assert run.first_failure is not None
    run = dataclasses.replace(run, first_failure=dataclasses.replace(run.first_failure, text=text))
    (found,) = of_the_end(run, [], {0: "up\nup\n"})
    assert said in found.cause
    assert advice in found.advice[0]
    assert found.line == text
