"""What is said about a run in a line."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from desktop_app.api import FirstFailure, RankState, RunSnapshot, RunStatus
from desktop_app.cli.words import duration, ending, no_rank, numbered, summary

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


def test_summary() -> None:
    assert summary(RUN) == "r-1: digits, 1 rank, Running."


def test_ending_names_outputs_of_a_completed_run() -> None:
    over = replace(RUN, status=RunStatus.COMPLETED, ended=AT + timedelta(seconds=8), outputs="/o")
    assert ending(over) == "r-1 Completed in 8.0 s. Outputs: /o"


@pytest.mark.parametrize(
    ("code", "said"), [(3, "with exit code 3: ValueError: no"), (-11, "with signal 11: ValueError: no")]
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
