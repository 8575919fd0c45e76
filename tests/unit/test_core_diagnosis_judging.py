"""Who is to blame for a failed run: never a rank that only tells of another's end."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Explanation, FirstFailure, Fix, RunSnapshot, RunStatus
from desktop_app.core.diagnosis.judging import LAST_LINES, judged
from desktop_app.core.diagnosis.model import Diagnosis
from tests.helpers.snapshots import NOW, snapshot

CAUSE = Explanation("out-of-memory", "The GPU's memory is full.", ("Take a smaller batch.",), 1, "CUDA out of memory")
ECHO = Explanation("peer-gone", "Another process was gone.", (), 0, "Connection closed by peer", is_echo=True)


def failed(rank: int | None, text: str = "", code: int = 1) -> RunSnapshot:
    first = None if rank is None else FirstFailure(rank, NOW, code, text)
    return dataclasses.replace(snapshot("r-1", RunStatus.FAILED), first_failure=first)


def explained(found: list[Explanation], run: RunSnapshot) -> Diagnosis:
    """Blame, where every line that was found is the last of its log."""
    return judged(found, run, {each.rank: each.line for each in found if each.rank is not None})


def test_the_cause_comes_first_and_echoes_after() -> None:
    known = explained([ECHO, CAUSE], failed(1))
    assert known.all == (CAUSE, ECHO)
    assert (known.cause, known.only_echo, known.echoes) == (CAUSE, False, (ECHO,))


def test_a_first_rank_with_nothing_but_an_echo_is_not_judged() -> None:
    known = explained([ECHO, CAUSE], failed(0, "RuntimeError: Connection closed by peer [127.0.0.1]:4187"))
    assert (known.cause, known.only_echo) == (CAUSE, True)
    alone = explained([ECHO], failed(0))
    assert (alone.cause, alone.only_echo) == (None, True)


@pytest.mark.parametrize(
    ("code", "excused"), [(1, True), (-6, True), (-15, True), (-9, False), (-11, False), (137, False)]
)
def test_a_rank_that_died_of_a_signal_of_its_own_is_not_excused_by_an_echo(code: int, excused: bool) -> None:
    known = explained([ECHO], failed(0, code=code))
    assert (known.cause, known.only_echo) == (None, excused)
    assert explained([ECHO], failed(0, ECHO.line, code)).only_echo is excused


@pytest.mark.parametrize(("lines", "excused"), [(0, True), (LAST_LINES - 1, True), (LAST_LINES, False), (500, False)])
def test_without_last_words_an_echo_excuses_only_where_the_log_ends_on_it(lines: int, excused: bool) -> None:
    log = "\n".join([ECHO.line, *(f"step {each}\n" for each in range(lines))])
    assert judged([ECHO], failed(0), {0: log}).only_echo is excused


def test_a_first_rank_with_an_error_of_its_own_is_not_excused_by_an_echo_or_by_another_ranks_error() -> None:
    known = explained([ECHO, CAUSE], failed(0, "ValueError: bad sample 17"))
    assert (known.cause, known.only_echo) == (None, False)
    assert explained([CAUSE], failed(0)).cause is None


def test_a_launcher_is_the_cause_only_where_no_rank_is() -> None:
    refused = Explanation("no-slots", "There are too few slots.", line="There are not enough slots")
    assert explained([refused], failed(None)).cause == refused
    assert explained([refused], failed(0, "ValueError: bad")).cause is None
    assert explained([refused, CAUSE], failed(1)).cause == CAUSE


def test_a_line_that_anybody_calls_an_echo_is_no_cause_and_the_same_thing_is_said_once() -> None:
    wrong = Explanation("anything", "It is all its fault.", (), 0, " Connection closed by peer")
    assert explained([wrong, ECHO, ECHO], failed(0)).all == (ECHO,)


def test_of_two_plugins_that_say_the_same_the_one_with_a_fix_is_heard() -> None:
    fixes = dataclasses.replace(CAUSE, cause="It is full.", fix=Fix("Take less", {"inputs.batch": 8}))
    assert explained([CAUSE, fixes], failed(1)).all == (fixes,)
    other = dataclasses.replace(CAUSE, code="another")
    assert explained([other, fixes], failed(1)).all == (fixes, other)


RANKS = st.none() | st.integers(0, 3)
EXPLANATIONS = st.lists(
    st.builds(
        Explanation, st.sampled_from("abc"), st.just("Said."), st.just(()), RANKS,
        st.sampled_from(["", "one", "two"]), st.booleans(),
    ),
    max_size=8,
)  # fmt: skip


@given(EXPLANATIONS, RANKS, st.sampled_from(["", "one", "three"]))
def test_no_echo_is_ever_the_cause(found: list[Explanation], first: int | None, text: str) -> None:
    known = explained(found, failed(first, text))
    order = [each.is_echo for each in known.all]
    assert order == sorted(order)
    if known.cause is not None:
        assert not known.cause.is_echo
        assert known.only_echo or first is None or known.cause.rank == first
        lines = {(each.rank, each.line) for each in known.echoes if each.line}
        assert (known.cause.rank, known.cause.line) not in lines
    assert not (known.only_echo and known.cause is not None and known.cause.rank == first)
