"""What is said about a run in a line."""

from __future__ import annotations

import shlex
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from desktop_app.api import Explanation, FirstFailure, Fix, RankState, RunSnapshot, RunStatus, SweepState
from desktop_app.cli.explained import diagnosis_lines, explained_lines
from desktop_app.cli.words import (
    called,
    duration,
    ending,
    first_failure_of,
    no_rank,
    numbered,
    outputs,
    summary,
    workspace_of,
)
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Diagnosis, Fall, Part, Verdict
from desktop_app.presenters.run_failure import failure_of

AT = datetime(2026, 11, 21, 7, tzinfo=UTC)
RUN = RunSnapshot("local://r-1", "r-1", "local", RunStatus.RUNNING, "digits", "samples", AT, started=AT)


def test_duration_of_runs_not_started_going_on_and_over() -> None:
    assert duration(replace(RUN, started=None)) == "–"
    assert duration(RUN, AT + timedelta(seconds=3)) == "3.0 s"
    assert duration(replace(RUN, ended=AT + timedelta(minutes=2))) == "02:00"
    assert duration(replace(RUN, ended=AT - timedelta(minutes=2))) == "0.0 s", "a clock that jumped back"


def test_launchers_are_no_ranks() -> None:
    agents = tuple(RankState(rank, 0, rank, RunStatus.RUNNING, role="agent") for rank in range(2))
    assert no_rank(agents) == "It has launchers, numbered 0, 1; what the ranks of each print stands in its log."
    assert no_rank([replace(each, role="worker") for each in agents]) == "Its ranks: 0, 1."
    assert summary(replace(RUN, ranks=agents, launched=4)) == "r-1: digits, 2 launchers (4 ranks), Running."


def test_what_never_started_made_nothing() -> None:
    never = replace(RUN, backend="azureml", status=RunStatus.NOT_STARTED, started=None)
    assert outputs(never) == outputs(replace(never, status=RunStatus.CANCELED)) == "Outputs: none, it never started."
    assert "runs download r-1" in outputs(replace(RUN, backend="azureml"))


def test_the_workspace_of_a_run() -> None:
    cloud = replace(RUN, backend="azureml", handle="azureml://s-1/research/vision/r-1")
    assert (workspace_of(cloud), workspace_of(RUN)) == ("vision", "")


def test_summary() -> None:
    assert summary(RUN) == "r-1: digits, 1 rank, Running."


def test_ending_names_outputs_of_a_completed_run() -> None:
    over = replace(RUN, status=RunStatus.COMPLETED, ended=AT + timedelta(seconds=8), outputs="/o")
    assert ending(over) == "r-1 Completed in 8.0 s. Outputs: /o"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (3, "with exit code 3: ValueError: no"),
        (-11, "with signal 11 (SIGSEGV): ValueError: no"),
        (137, "with signal 9 (SIGKILL): ValueError: no"),
        (-250, "with exit code -250: ValueError: no"),
    ],
)
def test_ending_names_the_rank_that_fell_first(code: int, said: str) -> None:
    failure = FirstFailure(1, AT, code, "ValueError: no")
    over = replace(RUN, status=RunStatus.FAILED, ended=AT + timedelta(seconds=8), first_failure=failure)
    assert (
        ending(over)
        == f"r-1 Failed after 8.0 s. Rank 1 fell first, {said}. `rankzero runs logs r-1 --rank 1` shows its log."
    )


def test_ending_without_a_first_failure_gives_the_reason() -> None:
    over = replace(RUN, status=RunStatus.FAILED, ended=AT, reason="It took longer than 5 s.")
    assert ending(over) == "r-1 Failed after 0.0 s. It took longer than 5 s."
    assert ending(replace(over, started=None)) == "r-1 Failed before it started. It took longer than 5 s."
    assert ending(replace(over, status=RunStatus.CANCELED)) == "r-1 was Canceled after 0.0 s. It took longer than 5 s."


@pytest.mark.parametrize(
    ("numbers", "text"),
    [([], "none"), ([0], "0"), ([0, 1, 2], "0, 1, 2"), ([0, 1, 2, 3], "0 to 3"), ([0, 2, 4, 6], "0, 2, 4, 6")],
)
def test_numbers_of_ranks(numbers: list[int], text: str) -> None:
    assert numbered(numbers) == text


CAUSE = Explanation("rank-raised", "Rank 2 raised.", (), 2, "ValueError: no data")
RAISED = Explanation("raised", "The program raised KeyError: 'label'.", (), 0, "[rank3]: KeyError: 'label'", about=3)
ECHO = Explanation("gone", "Another was gone.", (), 0, "Horovod has been shut down", is_echo=True)


@pytest.mark.parametrize(
    ("cause", "said", "rank"),
    [
        (CAUSE, "Rank 2 is the cause: ValueError: no data. Rank 0 fell first, with exit code 1, as an echo.", 2),
        (
            replace(CAUSE, rank=None, line=""),
            "The launcher's log has the cause. Rank 0 fell first, with exit code 1, as an echo.",
            0,
        ),
        (None, "Rank 0 fell first, with exit code 1, as an echo: it is not the cause.", 0),
    ],
)
def test_a_run_has_one_culprit_and_who_ended_first_is_its_echo(cause: Explanation | None, said: str, rank: int) -> None:
    run = replace(RUN, status=RunStatus.FAILED, first_failure=FirstFailure(0, AT, 1, ECHO.line))
    known = judged([ECHO, *([cause] if cause else [])], run, {0: ECHO.line})
    line = ending(replace(run, ended=AT + timedelta(seconds=8)), known)
    assert line == f"r-1 Failed after 8.0 s. {said} `rankzero runs logs r-1 --rank {rank}` shows its log."
    card = failure_of(run, "", known)
    assert card is not None
    assert "Rank 0 failed" not in card.heading
    titles = [title for title, _ in explained_lines(known, run)]
    assert titles.index("Cause") < titles.index("Echo")


@pytest.mark.parametrize(
    ("nodes", "cause", "said"),
    [
        (1, RAISED, "Rank 3 failed: KeyError: 'label'. The launcher ended with exit code 1."),
        (2, RAISED, "Rank 3 failed: KeyError: 'label'. The launcher of node 1 ended with exit code 1."),
        (
            2, replace(RAISED, cause="Rank 3, which torchrun started, was killed by SIGKILL.", line="exitcode : -9"),
            "Rank 3, which torchrun started, was killed by SIGKILL. The launcher of node 1 ended with exit code 1.",
        ),
        (2, None, "The launcher of node 1 fell first, with exit code 1."),
    ],
)  # fmt: skip
def test_a_launcher_is_no_rank_and_the_rank_that_it_started_is_named(
    nodes: int, cause: Explanation | None, said: str
) -> None:
    agents = tuple(RankState(each, 0, each, RunStatus.FAILED, role="agent") for each in range(nodes))
    fallen = FirstFailure(nodes - 1, AT, 1, "ChildFailedError:")
    run = replace(RUN, status=RunStatus.FAILED, ranks=agents, nodes=nodes, first_failure=fallen)
    cause = replace(cause, rank=nodes - 1) if cause is not None else None
    known = Diagnosis(Verdict.CAUSE, cause, (cause,)) if cause is not None else Diagnosis()
    assert first_failure_of(run, known) == said
    if cause is not None and nodes == 2:
        other = replace(cause, rank=0)
        known = Diagnosis(Verdict.CAUSE, other, (other,), falls=(Fall(0, Part.ECHO, 0), Fall(1, Part.ECHO, 0)))
        assert first_failure_of(run, known) == said.replace("ended with", "ended first, with")
        assert ending(run, known).endswith("`rankzero runs logs r-1 --rank 0` shows its log.")
        assert ("Fell", "launchers 0, 1: fell because another was gone") in diagnosis_lines(known, run)
        own = replace(RAISED, rank=1, line="[rank1]: KeyError: 'label'", about=None)
        known = Diagnosis(Verdict.CAUSE, own, (own,))
        assert first_failure_of(run, known).startswith("Rank 1 failed: KeyError: 'label'. The launcher of node 1")
    if cause is not None and nodes == 1:
        assert ("Cause", "The program raised KeyError: 'label'. (rank 3)") in explained_lines(known, run)


def test_the_command_of_a_fix_is_quoted_for_the_shell() -> None:
    fix = Fix("Mend it", {"distribution.type": "pytorch"}, ("environment_variables.A B",))
    run = replace(
        RUN, status=RunStatus.FAILED, source="/my proj/j.yml", first_failure=FirstFailure(2, AT, 1, CAUSE.line)
    )
    (said,) = [
        text for title, text in explained_lines(judged([replace(CAUSE, fix=fix)], run, {}), run) if title == "Fix"
    ]
    words = shlex.split(said.removeprefix("Mend it: "))
    assert words == [
        "rankzero", "set", "/my proj/j.yml", "distribution.type=pytorch", "--unset", "environment_variables.A B",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rank", "certainty", "said"),
    [
        (1, 0.9, "RuntimeError: shapes cannot be multiplied"),
        (1, 0.4, "RuntimeError: shapes cannot be multiplied"),
        (0, 0.9, ""),
    ],
)
def test_the_headline_ends_with_the_cause_where_the_first_ranks_own_log_holds_it(
    rank: int, certainty: float, said: str
) -> None:
    run = replace(RUN, status=RunStatus.FAILED, first_failure=FirstFailure(1, AT, 1, "ChildFailedError:"))
    line = "[rank3]: RuntimeError: shapes cannot be multiplied"
    cause = Explanation("shapes", "They differ.", (), rank, line, certainty=certainty)
    text = first_failure_of(run, Diagnosis(Verdict.CAUSE, cause, (cause,)))
    assert text == f"Rank 1 fell first, with exit code 1{f': {said}' if said else ''}."


def test_a_sweep_sends_one_to_its_trials() -> None:
    run = replace(RUN, status=RunStatus.FAILED, sweep=SweepState("loss"), reason="All 2 trials failed.")
    said = dict(diagnosis_lines(Diagnosis(), run))
    assert said["Cause"].endswith("All 2 trials failed.")
    assert f"runs diagnose {run.run}_0" in said["Try"]
    assert dict(diagnosis_lines(Diagnosis(), replace(run, sweep=None)))["Cause"].startswith("Nothing in the logs")


def test_suspects_are_named_with_what_they_wrote_last() -> None:
    late = Explanation("late", "It waited.", ("Look at the others.",), 0, "Timed out", is_symptom=True)
    known = Diagnosis(Verdict.SYMPTOMS_ONLY, None, (late,), suspects=(1,), last_line="step 9", last_rank=1)
    said = dict(diagnosis_lines(known, replace(RUN, status=RunStatus.FAILED)))
    assert said["Suspect"].startswith("rank 1: all others wait")
    assert said["Last"].startswith("step 9")
    several = dict(diagnosis_lines(replace(known, suspects=(1, 2), last_line="")))
    assert several["Suspect"].startswith("ranks 1, 2:")
    assert "Last" not in several


def test_tasks_are_named_beside_their_ranks_as_in_the_window() -> None:
    roles = ("chief", "ps", "worker", "worker")
    tasks = tuple(RankState(rank, 0, rank, RunStatus.FAILED, role=role) for rank, role in enumerate(roles))
    fallen = FirstFailure(1, AT, 1, "ValueError: no")
    run = replace(RUN, status=RunStatus.FAILED, framework="tensorflow", ranks=tasks, first_failure=fallen)
    cause = Explanation("raised", "It raised.", (), 1, "ValueError: no")
    falls = (Fall(1, Part.CAUSE, 0), Fall(2, Part.ECHO, 1), Fall(3, Part.ECHO, 1))
    known = Diagnosis(Verdict.CAUSE, cause, (cause,), rank=1, falls=falls)
    lines = list(diagnosis_lines(known, run))
    assert ("Cause", "It raised. (ps0: rank 1)") in lines
    told = [text for title, text in lines if title == "Fell"]
    assert [each.partition(":")[0] for each in told] == ["ps0 (rank 1)", "w0 (rank 2), w1 (rank 3)"]
    assert first_failure_of(run, known).startswith("ps0 (rank 1) fell first")
    many = replace(run, ranks=tuple(replace(tasks[2], rank=rank) for rank in range(20)))
    assert called(range(20), many) == "ranks 0 to 19"
    assert called([3], None) == "rank 3"
