"""Who is to blame for a failed run: never a rank that only tells of another's end."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Explanation, FirstFailure, Fix, RunSnapshot, RunStatus
from desktop_app.api.failures import UNKNOWN_RANKS
from desktop_app.core.diagnosis.ends import tells_own_death
from desktop_app.core.diagnosis.exceptions import GENERAL, UNKNOWN
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Diagnosis, Verdict
from desktop_app.core.diagnosis.outlived import LAST_LINES
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
        own = [each for each in known.all if each.rank == first and not each.is_echo]
        assert known.only_echo or first is None or known.cause.rank == first or not own
        lines = {(each.rank, each.line) for each in known.echoes if each.line}
        assert (known.cause.rank, known.cause.line) not in lines
    assert not (known.only_echo and known.cause is not None and known.cause.rank == first)


SYMPTOM = Explanation("timed-out", "It waited in vain.", (), 0, "Watchdog caught timeout", is_symptom=True, position=0)
REPORT = Explanation("who", "Rank 1 was killed.", (), 0, "rank 1: exitcode: -9 (SIGKILL)", about=1, certainty=0.5)


def at(position: int, rank: int = 0, code: str = "c", certainty: float = 0.8, line: str = "") -> Explanation:
    line = line or f"Error: {code} of {rank}"
    return Explanation(code, "It is so.", (), rank, line, position=position, certainty=certainty)


def test_symptoms_alone_are_no_cause_and_say_what_to_run_next() -> None:
    rerun = Fix("Run again with NCCL_DEBUG=INFO", {"environment_variables.NCCL_DEBUG": "INFO"})
    symptoms = [dataclasses.replace(SYMPTOM, rank=rank, rerun=rerun) for rank in (0, 1)]
    known = judged([*symptoms, ECHO], None, {})
    assert (known.verdict, known.cause, known.steps) == (Verdict.SYMPTOMS_ONLY, None, (rerun,))
    assert (len(known.symptoms), known.echoes) == (2, (ECHO,))
    assert judged([], None, {}).verdict is Verdict.NOTHING


def test_causes_stand_before_symptoms_and_these_before_echoes() -> None:
    cause = at(5)
    known = judged([ECHO, SYMPTOM, cause], None, {})
    assert known.all == (cause, SYMPTOM, ECHO)
    assert (known.verdict, known.cause, known.rank) == (Verdict.CAUSE, cause, 0)


def test_a_first_rank_that_only_waited_in_vain_leaves_the_cause_to_another() -> None:
    late = at(3, rank=1)
    assert judged([SYMPTOM, late], failed(0), {}).cause == late


def test_a_report_points_to_the_rank_whose_own_cause_counts() -> None:
    mine, other = at(0, rank=1, code="mine"), at(0, rank=0, code="other")
    assert judged([other, mine], None, {}).cause == other
    known = judged([REPORT, other, mine], None, {})
    assert (known.cause, known.rank) == (mine, 1)


def test_a_report_is_the_cause_where_nothing_better_is_known() -> None:
    known = judged([REPORT], None, {})
    assert (known.cause, known.rank) == (REPORT, 1)
    assert judged([REPORT, SYMPTOM], None, {}).cause == REPORT


@pytest.mark.parametrize(
    "line",
    ["exitcode : -6 (SIGABRT)", "exitcode  : 1 (pid: 17)", "Aborted (core dumped)", "  Process name: [[411,1],1]"],
)
def test_a_report_of_an_end_that_others_bring_is_no_cause_where_ranks_wait(line: str) -> None:
    report = dataclasses.replace(REPORT, line=line)
    assert judged([report, SYMPTOM], None, {}).verdict is Verdict.SYMPTOMS_ONLY
    assert judged([report], None, {}).cause == report


@pytest.mark.parametrize(
    ("line", "own"),
    [("exitcode: -9", True), ("exited on signal 11 (x)", True), ("SIGBUS", True), ("exit code 137", True),
     ("exitcode: -6", False), ("SIGTERM", False), ("exit code 1", False), ("exit code 9", False), ("", False),
     (f"exitcode: {'9' * 5000}", False), (f"exited on signal {'9' * 5000}", False)],
)  # fmt: skip
def test_which_deaths_are_a_process_s_own(line: str, own: bool) -> None:
    assert tells_own_death(line) is own


def test_of_reports_the_one_that_tells_of_a_death_and_a_rank_is_shown() -> None:
    vague = Explanation("ended", "One ended.", (), 0, "one process returned a non-zero code", position=1, certainty=0.5)
    named = dataclasses.replace(REPORT, position=9)
    assert judged([vague, named], None, {}).cause == named


def test_in_one_log_the_first_of_those_that_are_about_as_certain_is_the_cause() -> None:
    first, second = at(3, code="first", certainty=0.7), at(9, code="second", certainty=0.9)
    assert judged([second, first], None, {}).cause == first
    doubtful = at(3, code="first", certainty=0.55)
    assert judged([second, doubtful], None, {}).cause == second


def test_what_a_process_outlived_is_not_what_ended_it() -> None:
    early = at(0, code="early", certainty=0.95, line="Error: early")
    late = at(LAST_LINES + 5, code="late", line="Error: late")
    log = "\n".join(["Error: early", *(f"step {each} went well" for each in range(LAST_LINES + 4)), "Error: late"])
    assert judged([early, late], None, {0: log}).cause == late
    assert judged([early], None, {0: log}).cause == early
    short = "\n".join(["Error: early", *["step went well"] * 3, *[""] * (LAST_LINES + 1), "Error: late"])
    assert judged([early, late], None, {0: short}).cause == early
    bar = " ".join(f" {each}%| | {each}/50 [{each}:00<50:00, 60.0s/it]" for each in range(9))
    glued = dataclasses.replace(late, position=2)
    assert judged([early, glued], None, {0: f"Error: early\n\n{bar}Error: late"}).cause == glued


def test_what_is_tried_again_is_not_what_ended_the_run() -> None:
    again = at(0, code="again", certainty=0.95, line="attempt 1 of 3 failed: HTTP Error 429")
    late = at(2, code="late", certainty=0.6, line="Error: late")
    log = "attempt 1 of 3 failed: HTTP Error 429\nstep 4\nError: late"
    assert judged([again, late], None, {0: log}).cause == late
    assert judged([again], None, {0: log}).cause == again


def test_a_line_that_announces_a_traceback_is_not_the_cause_but_what_was_raised() -> None:
    log = 'Error: import failed\nTraceback (most recent call last):\n  File "t.py"\nImportError: libx.so'
    heading, raised = (
        at(0, code="heading", line="Error: import failed"),
        at(3, code="raised", line="ImportError: libx.so"),
    )
    assert judged([heading, raised], None, {0: log}).cause == raised
    weak = dataclasses.replace(raised, certainty=0.3)
    assert judged([heading, weak], None, {0: log}).cause == heading


def stamped(rank: int, second: int, code: str) -> tuple[Explanation, str]:
    line = f"2026-11-22 10:00:{second:02d},123 ERROR: {code}"
    return at(1, rank=rank, code=code, line=line), f"2026-11-22 10:00:00,000 INFO begun\n{line}"


def test_the_earlier_time_stamp_is_that_of_the_first_to_fall() -> None:
    late, late_log = stamped(0, 30, "late")
    early, early_log = stamped(1, 12, "early")
    assert judged([late, early], None, {0: late_log, 1: early_log}).cause == early


def test_clocks_that_disagree_by_hours_are_not_compared() -> None:
    one, one_log = stamped(0, 30, "one")
    other, other_log = stamped(1, 12, "other")
    wrong = other_log.replace(" 10:", " 03:")
    assert judged([one, dataclasses.replace(other, line=other.line.replace(" 10:", " 03:"))], None,
                  {0: one_log, 1: wrong}).cause == one  # fmt: skip


def test_what_few_ranks_say_is_likelier_the_cause_than_what_all_others_say() -> None:
    many = [at(0, rank=rank, code="same", line=f"RuntimeError: rank {rank} lost") for rank in range(8) if rank != 5]
    odd = at(0, rank=5, code="odd")
    assert judged([*many, odd], None, {}).cause == odd


def test_a_cause_that_is_surer_than_an_echo_of_the_same_line_is_kept() -> None:
    sure = dataclasses.replace(CAUSE, rank=0, line=ECHO.line, certainty=0.9)
    assert judged([sure, ECHO], None, {}).cause == sure
    assert judged([dataclasses.replace(sure, certainty=0.8), ECHO], None, {}).cause is None


def test_a_line_with_a_prefix_is_about_the_rank_that_it_names() -> None:
    about = dataclasses.replace(at(0, rank=UNKNOWN_RANKS), about=3)
    assert judged([about], None, {}).rank == 3
    assert judged([at(0, rank=UNKNOWN_RANKS)], None, {}).rank is None


def test_a_first_rank_whose_last_words_belong_to_a_chain_that_begins_with_an_echo_is_not_blamed() -> None:
    log = (
        "Traceback (most recent call last):\n  File a\nRuntimeError: shut down\n"
        "\nDuring handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\n  File b\nHorovodInternalError: wrapped\n"
    )
    echo = Explanation("gone", "Gone.", (), 0, "RuntimeError: shut down", is_echo=True, position=2)
    known = judged([echo, CAUSE], failed(0, "HorovodInternalError: wrapped"), {0: log})
    assert (known.cause, known.only_echo) == (CAUSE, True)


def test_an_exception_that_nobody_knows_counts_for_less_than_a_known_cause_elsewhere() -> None:
    general = dataclasses.replace(at(0, rank=0, code=UNKNOWN, certainty=GENERAL), line="TuneError: trials failed")
    known = at(9, rank=1, code="memory-full", certainty=0.7)
    assert judged([general, known], None, {}).cause == known
    assert judged([general, known], failed(0), {}).cause == general


@pytest.mark.parametrize(
    ("prefix", "is_raised"),
    [
        ("W0000 00:00:1795360593.572552   13042 op_kernel.cc:1858] OP_REQUIRES failed : ", True),
        ("2026-03-02 10:00:07.104000: W tensorflow/core/framework/op_kernel.cc:1745] ", True),
        ("trainer: ", False),
    ],
)
def test_of_a_cause_that_native_code_logs_before_it_is_raised_the_exception_is_shown(
    prefix: str, is_raised: bool
) -> None:
    said = "Received a label value of 10 which is out of range. "
    logged = Explanation("label", "A label is 10.", ("Look.",), 1, prefix + said, position=0, certainty=0.9)
    raised = Explanation("raised", "It raised.", (), 1, said.strip(), position=4, certainty=0.6)
    other = dataclasses.replace(raised, rank=0)
    log = f"{prefix}{said}\nTraceback (most recent call last):\n  File 't.py', line 1, in f\nValueError: no\n{said}\n"
    known = judged([logged, other, raised], None, {0: "step 1", 1: log})
    assert known.cause is not None
    assert (known.cause.code, known.cause.cause, known.rank) == ("label", "A label is 10.", 1)
    assert (known.cause.line, known.cause.position) == ((said.strip(), 4) if is_raised else (logged.line, 0))
    assert [each.code for each in known.all if each.rank == 1] == ["label", "raised"]
