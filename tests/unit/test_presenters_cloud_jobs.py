"""A workspace's jobs in pages: each once, in order, renewed from the top, and found by what is typed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import JobPage, RunStatus, WorkspaceJob
from desktop_app.presenters.clouds import jobs as words

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def job(number: int, name: str = "digits", kind: str = "command") -> WorkspaceJob:
    """Return a job; lower numbers are newer."""
    made = NOW - timedelta(minutes=number)
    return WorkspaceJob(f"h{number}", f"run-{number}", kind, RunStatus.COMPLETED, name, "Default", made, "Ada")


def numbers(jobs: tuple[WorkspaceJob, ...] | None) -> list[int]:
    """Return which these are."""
    return [int(each.handle[1:]) for each in jobs or ()]


def test_a_row_says_what_is_known() -> None:
    made = job(1, kind="automl")
    assert words.cells(made, "Completed", "") == ("digits", "Completed", "AutoML", "Ada", "–", "–", "Default")
    assert words.tip(made, {"h1"}) == "run-1, among your runs"
    assert words.tip(made, ()) == "run-1"


@given(st.lists(st.integers(0, 60), unique=True), st.lists(st.integers(0, 60), unique=True))
def test_grown_has_each_once_and_what_was_there_first(known: list[int], more: list[int]) -> None:
    grown = numbers(words.grown([job(each) for each in known], JobPage(tuple(job(each) for each in more))))
    assert grown[: len(known)] == known
    assert sorted(grown) == sorted({*known, *more})


@given(st.integers(1, 30), st.integers(-10, 40), st.integers(1, 30))
def test_renewed_is_the_list_of_now_or_begins_anew(loaded: int, newest: int, size: int) -> None:
    known = [job(each) for each in range(loaded)]
    page = JobPage(tuple(job(each) for each in range(newest, newest + size)), "more")
    renewed = words.renewed(known, page)
    meets = newest < loaded and newest + size > 0
    assert (renewed is not None) == meets
    if meets:
        assert numbers(renewed) == list(range(newest, max(loaded, newest + size)))


def test_what_was_deleted_is_gone() -> None:
    page = JobPage((job(0), job(2)), "more")
    assert numbers(words.renewed([job(0), job(1), job(2), job(3)], page)) == [0, 2, 3]
    assert words.renewed([job(0), job(1)], JobPage((job(0),))) is None, "the page is all there is"


def test_every_typed_word_is_looked_for() -> None:
    jobs = [job(1, "digits"), job(2, "birds")]
    assert numbers(tuple(words.found(jobs, "ADA birds"))) == [2]
    assert numbers(tuple(words.found(jobs, "run-1 completed"))) == [1]
    assert len(words.found(jobs, "  ")) == 2


def test_the_line_below_says_how_far_was_looked() -> None:
    assert words.summary(100, 100, "", has_more=True) == "The newest 100 jobs; more come as you scroll."
    assert words.summary(1, 1, "", has_more=False) == "1 job."
    assert words.summary(500, 3, "x", has_more=True) == (
        "3 of the newest 500 jobs; older ones were not looked through yet."
    )
