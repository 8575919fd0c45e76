"""The word with which a program ended itself: alone in a log, and among the lines of others below a launcher."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Explanation, FirstFailure, RankState, RunSnapshot, RunStatus
from desktop_app.api.kit.log_lines import lines_of
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.foreign import judged_from_elsewhere
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.diagnosis.own import own_explanations
from desktop_app.core.diagnosis.parting import is_complaint, parting_word, word_among_others
from desktop_app.core.diagnosis.reported import MESSAGE
from tests.helpers.snapshots import NOW, snapshot

WORD = "labels.txt has 13 lines, but the model has 12 classes"
STEPS = [f"rank {rank} step {step}" for step in range(4) for rank in range(3)]
GONE = "RuntimeError: Connection closed by peer [127.0.0.1]:4187"
TRACE = [
    "[rank0]: Traceback (most recent call last):", '[rank0]:   File "t.py", line 9, in <module>',
    "[rank0]:     loss.backward()", f"[rank0]: {GONE}",
]  # fmt: skip
BLOCK = [
    "W1122 15:19:17.484000 16211 torch/distributed/elastic/multiprocessing/api.py:1028] Sending process 16233 closing",
    "============================================================", "train.py FAILED",
    "------------------------------------------------------------", "Root Cause (first observed failure):", "[0]:",
    "  rank      : 2 (local_rank: 2)", "  exitcode  : 1 (pid: 16235)",
    "============================================================",
]  # fmt: skip
ROW = BLOCK[-2].strip()


def known_of(lines: list[str], *, row: str = ROW, about: int | None = 2, is_run: bool = True) -> Diagnosis:
    """Return what is known of a log that torchrun shares with three ranks, of a run or from elsewhere."""
    text = "\n".join(lines)
    position = next(number for number, line in enumerate(lines) if line.strip() == row)
    told = Explanation("reported", "It failed.", (), 0, row, about=about, position=position, certainty=0.4)
    gone = [number for number, line in enumerate(lines) if GONE in line]
    echoes = [Explanation("gone", "Gone.", (), 0, lines[each], is_echo=True, position=each) for each in gone]
    found = [told, *echoes]
    if is_run:
        return judged([*found, *own_explanations(found, {0: text})], run_of(), {0: text})
    return judged_from_elsewhere(found, {0: text})


def run_of() -> RunSnapshot:
    """Return a run of one launcher, which ended with exit code 1."""
    agent = RankState(0, 0, 0, status=RunStatus.FAILED, exit_code=1, role="agent")
    fallen = FirstFailure(0, NOW, 1, "ChildFailedError: ")
    return dataclasses.replace(snapshot("r-1", RunStatus.FAILED), ranks=(agent,), first_failure=fallen, launched=3)


@pytest.mark.parametrize("is_run", [True, False])
@pytest.mark.parametrize("after", [[], ["rank 1 step 4"], ["rank 0 step 4", "rank 1 step 4", *TRACE]])
@pytest.mark.parametrize("word", [WORD, "this is where it ends for seed 7"])
def test_below_a_launcher_the_word_is_the_cause(word: str, after: list[str], *, is_run: bool) -> None:
    known = known_of([*STEPS, word, *after, *BLOCK], is_run=is_run)
    assert known.cause is not None
    assert (known.cause.code, known.cause.line, known.rank) == (MESSAGE, word, 2)
    assert known.cause.cause == "Rank 2 ended itself with exit code 1, most likely after it wrote this line."
    assert known.cause.certainty <= WEAK


@pytest.mark.parametrize(
    "lines",
    [
        STEPS,
        [*STEPS, "epoch 0: accuracy 0.1"],
        [*STEPS, "lr is 0.1 at last", "lr is 0.2 at last"],
        [*STEPS, "UserWarning: the scheduler is not called"],
        [*STEPS, "2026-11-22 10:00:00 INFO nothing is cached"],
        [*STEPS, "  not indented like that"],
        [*STEPS, "done"],
        ["using the CPU on this node", "a second line of the start"],
        [WORD, *STEPS, *STEPS, *STEPS],
        [*STEPS, f"[rank1]: {WORD}"],
    ],
    ids=[
        "steps", "progress", "alike", "warning", "record", "indented", "one word", "start", "long ago", "of another",
    ],
)  # fmt: skip
def test_what_is_no_word_of_the_rank_is_not_taken_for_it(lines: list[str]) -> None:
    known = known_of([*lines, *BLOCK])
    assert known.cause is not None
    assert known.cause.code == "reported"


@pytest.mark.parametrize("row", ["exitcode  : 3 (pid: 16235)", "exitcode  : -9 (pid: 16235)", "exitcode  : 0 (pid: 1)"])
def test_a_word_ends_a_program_with_exit_code_1_alone(row: str) -> None:
    known = known_of([*STEPS, WORD, *(each.replace(ROW, row) for each in BLOCK)], row=row)
    assert all(each.code != MESSAGE for each in known.all)


def test_one_whose_exception_stands_in_the_log_ended_by_that() -> None:
    raised = [each.replace("rank0", "rank2").replace(GONE, "ValueError: no labels") for each in TRACE]
    known = known_of([*STEPS, WORD, *raised, *BLOCK])
    assert known.cause is not None
    assert known.cause.line == "[rank2]: ValueError: no labels"


def test_its_own_line_counts_before_those_of_nobody() -> None:
    labelled = [f"[rank2]: {WORD}", *BLOCK]
    known = known_of([*STEPS, *labelled])
    assert known.cause is not None
    assert known.cause.line == f"[rank2]: {WORD}"


def test_rank_0_is_told_of_in_the_launchers_log_too() -> None:
    block = [each.replace(": 2 (local_rank: 2)", ": 0 (local_rank: 0)") for each in BLOCK]
    known = known_of([*STEPS, WORD, *block], about=0)
    assert known.cause is not None
    assert (known.cause.line, known.rank) == (WORD, 0)


def test_the_own_log_of_a_rank_that_a_launcher_names_ends_with_its_word() -> None:
    tails = {0: "\n".join(BLOCK), 2: f"step 1\nstep 2\n{WORD}\n", 1: f"step 1\n{GONE}"}
    told = Explanation("reported", "It failed.", (), 0, ROW, about=2, position=7, certainty=0.4)
    gone = Explanation("gone", "Gone.", (), 1, GONE, is_echo=True, position=1)
    found = own_explanations([told, gone], tails)
    assert [(each.code, each.rank, each.line) for each in found] == [(MESSAGE, 2, WORD)]
    code = dataclasses.replace(told, line="exitcode  : 7 (pid: 3)")
    assert own_explanations([code, gone], tails) == ()


@pytest.mark.parametrize(("last", "is_cause"), [(WORD, True), ("no more batches", False), ("warming the cache", False)])
def test_of_logs_alone_a_silent_rank_that_complained_last_ended_itself(last: str, *, is_cause: bool) -> None:
    tails = {0: f"step 1\n{GONE}", 1: f"step 1\n{last}", 2: f"step 1\n{GONE}"}
    gone = [Explanation("gone", "Gone.", (), rank, GONE, is_echo=True, position=1) for rank in (0, 2)]
    cause = judged_from_elsewhere(gone, tails).cause
    assert (cause is not None and cause.line == last) == is_cause
    assert own_explanations(gone, tails) == (), "of a run the exit code tells more"


@pytest.mark.parametrize(
    "line",
    [
        WORD, "No checkpoint at /data/last.pt", "expected 8 shards, found 7", "Batch size 3 does not divide 8",
        "the licence is gone", "can't go on without labels", "Aborting: too few images", "seed must be a number",
    ],
)  # fmt: skip
def test_complaints(line: str) -> None:
    assert is_complaint(line)


@pytest.mark.parametrize(
    "line",
    [
        "", "rank 1 step 3", "no more batches", "nothing left to do here", "best so far, but only 3/9", "100% of it",
        "warning: not fast", "INFO not cached", "reading shard 7 of the set",
    ],
)  # fmt: skip
def test_news_are_no_complaints(line: str) -> None:
    assert not is_complaint(line)


LINES = st.lists(
    st.sampled_from([*STEPS[:4], WORD, "", "  x", "=" * 12, "-" * 12, *TRACE, "a b", "INFO a"]), max_size=20
)


@given(LINES, st.integers(0, 25), st.sampled_from([None, 0, 2]))
def test_a_word_stands_before_the_report_and_once(lines: list[str], end: int, rank: int | None) -> None:
    log = lines_of("\n".join(lines))
    end = min(end, len(log.lines))
    found = word_among_others(log, end, rank, ())
    if found is not None:
        assert found < end
        assert log.lines[: found + 1].count(log.lines[found]) == 1
        assert " " in log.lines[found]


@given(LINES)
def test_a_parting_word_is_the_last_line(lines: list[str]) -> None:
    log = lines_of("\n".join(lines))
    found = parting_word(log)
    if found is not None:
        assert not any(each.strip() for each in log.lines[found + 1 :])
        assert log.lines.count(log.lines[found]) == 1


def test_a_complaint_counts_only_near_the_end() -> None:
    log = lines_of("\n".join([WORD, *(f"note {'x' * number} of it" for number in range(40))]))
    assert word_among_others(log, 24, 2, ()) == 0
    assert word_among_others(log, 40, 2, ()) is None


def test_one_that_lost_another_rank_did_not_end_itself_with_a_word() -> None:
    lost = [each.replace("rank0", "rank2") for each in TRACE]
    known = known_of([*STEPS, WORD, *lost, *BLOCK])
    assert all(each.code != MESSAGE for each in known.all)
