"""Failures that a drill led to by way of something else: the drill is named, unless something else was surely wrong."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest

from desktop_app.api import Drill, DrillKind, Explanation, FirstFailure, Fix, RankState, RunSnapshot, RunStatus
from desktop_app.core.diagnosis.drill_causes import of_drill
from desktop_app.core.diagnosis.drilled import drill_behind
from desktop_app.core.diagnosis.exceptions import GENERAL, WEAK
from desktop_app.core.diagnosis.model import Diagnosis, Verdict
from desktop_app.core.diagnosis.silent import DRILLED, KILLED
from tests.helpers.snapshots import NOW, snapshot

TEXTS = {
    DrillKind.MEMORY: "rank 1 was kept from taking more memory than the 512 MiB of addresses it had",
    DrillKind.DISK: "rank 1 was kept from letting any file grow beyond 64 KiB",
    DrillKind.STOP: "rank 1 was stopped",
    DrillKind.NODE: "node 0 was cut off: rank 1 was stopped",
}


def run_of(kind: DrillKind, first: int, *others: Drill) -> RunSnapshot:
    """Return a run whose rank 1 was drilled nine seconds before a rank fell first."""
    drill = Drill(kind, NOW - timedelta(seconds=9), TEXTS[kind], 1, ranks=(1,))
    ranks = tuple(RankState(rank, rank, 0, status=RunStatus.FAILED, exit_code=1) for rank in range(2))
    return dataclasses.replace(
        snapshot("r-1", RunStatus.FAILED), ranks=ranks, drills=(drill, *others),
        first_failure=FirstFailure(first, NOW, 1, drill=f"{TEXTS[kind]} at 10:00:00"),
    )  # fmt: skip


def because(line: str, rank: int = 1, certainty: float = GENERAL, **more: object) -> Diagnosis:
    cause = Explanation("own", f"The program raised {line}.", ("Look.",), rank, line, position=4, certainty=certainty)
    cause = dataclasses.replace(cause, **more)  # type: ignore[arg-type]
    echo = Explanation("gone", "Gone.", (), 0, "Connection closed by peer", is_echo=True)
    return Diagnosis(Verdict.CAUSE, cause, (cause, echo), rank=cause.about if cause.about is not None else rank)


def waits(rank: int = 0) -> Diagnosis:
    late = Explanation("late", "It waited in vain.", ("Wait.",), rank, "Timed out", is_symptom=True)
    return Diagnosis(Verdict.SYMPTOMS_ONLY, None, (late,), suspects=(1,))


@pytest.mark.parametrize(
    "line",
    [
        "MemoryError", "RuntimeError: [enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory",
        "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 8.00 GiB", "what():  std::bad_alloc",
        "RuntimeError: can't start new thread", "OSError: [Errno 12] Cannot allocate memory",
    ],
)  # fmt: skip
def test_a_rank_without_the_memory_that_a_drill_took_fell_of_the_drill(line: str) -> None:
    fix = Fix("Take less", {"a": 1})
    known = of_drill(because(line, category="oom-host", fix=fix), run_of(DrillKind.MEMORY, 1))
    assert known.cause is not None
    assert (known.cause.code, known.cause.cause) == (DRILLED, f"A drill did it: {TEXTS[DrillKind.MEMORY]}.")
    assert (known.cause.line, known.cause.position, known.rank, known.cause.fix) == (line, 4, 1, None)
    assert known.cause.category == "oom-host"
    assert [each.code for each in known.all] == [DRILLED, "gone"]


@pytest.mark.parametrize(
    "line", ["OSError: [Errno 27] File too large", "RuntimeError: basic_ios::clear: iostream error"]
)
def test_a_file_that_could_not_grow_fell_of_the_drill(line: str) -> None:
    known = of_drill(because(line), run_of(DrillKind.DISK, 1))
    assert known.cause is not None
    assert known.cause.cause == f"A drill did it: {TEXTS[DrillKind.DISK]}."
    assert of_drill(because(line), run_of(DrillKind.MEMORY, 1)).cause == because(line).cause


@pytest.mark.parametrize("kind", [DrillKind.MEMORY, DrillKind.DISK])
def test_what_no_drill_brings_stays_the_cause(kind: DrillKind) -> None:
    wrong = because("KeyError: 'image'")
    assert of_drill(wrong, run_of(kind, 1)) == wrong
    guessed = because("ERROR: no labels", certainty=WEAK)
    assert of_drill(guessed, run_of(kind, 1)) == guessed
    other = because("MemoryError", rank=0)
    assert of_drill(other, run_of(kind, 0)) == other


def test_one_that_died_without_a_word_with_its_memory_taken_fell_of_the_drill() -> None:
    killed = because("", certainty=WEAK, code=KILLED, cause="Rank 1 was killed by SIGSEGV: native code.")
    known = of_drill(killed, run_of(DrillKind.MEMORY, 1))
    assert known.cause is not None
    assert known.cause.code == DRILLED
    silent = of_drill(Diagnosis(), run_of(DrillKind.MEMORY, 1))
    assert silent.cause is not None
    assert (silent.verdict, silent.rank, silent.cause.category) == (Verdict.CAUSE, 1, "stopped")


@pytest.mark.parametrize("kind", [DrillKind.STOP, DrillKind.NODE])
def test_a_run_that_ends_itself_while_ranks_stand_still_fell_of_the_drill(kind: DrillKind) -> None:
    known = of_drill(waits(), run_of(kind, 0))
    assert known.cause is not None
    assert known.cause.cause.startswith(f"A drill did it: {TEXTS[kind]} at ")
    assert known.cause.cause.endswith(", and the run failed while it stood still.")
    assert (known.verdict, known.rank, known.suspects) == (Verdict.CAUSE, 1, ())
    assert [each.code for each in known.all] == [DRILLED, "late"]


@pytest.mark.parametrize(
    "known",
    [
        because("Rank 1 failed to pass monitoredBarrier", rank=0, about=1),
        because("missing ranks: 1", rank=0, category="collective-mismatch"),
        because("exitcode: 1", rank=0, certainty=WEAK),
    ],
    ids=["named", "missing", "unsure"],
)
def test_a_report_of_a_rank_that_does_not_come_tells_of_the_drill(known: Diagnosis) -> None:
    found = of_drill(known, run_of(DrillKind.STOP, 0))
    assert found.cause is not None
    assert (found.cause.code, found.rank) == (DRILLED, 1)
    assert known.cause in found.all


def test_an_error_of_its_own_while_others_stand_still_stays_the_cause() -> None:
    wrong = because("KeyError: 'image'", rank=0)
    assert of_drill(wrong, run_of(DrillKind.STOP, 0)) == wrong


def test_what_was_resumed_is_behind_nothing_and_what_stands_still_is_though_others_were() -> None:
    def resumed(*ranks: int) -> Drill:
        return Drill(DrillKind.RESUME, NOW - timedelta(seconds=4), "resumed", ranks=ranks)

    assert of_drill(waits(), run_of(DrillKind.STOP, 0, resumed(1))) == waits()
    assert drill_behind(run_of(DrillKind.STOP, 0, resumed(0))) is not None
    assert of_drill(waits(), run_of(DrillKind.STOP, 0, resumed(0))).cause is not None


def test_nothing_is_said_twice_and_nothing_without_a_drill() -> None:
    once = of_drill(waits(), run_of(DrillKind.STOP, 0))
    assert of_drill(once, run_of(DrillKind.STOP, 0)) == once
    assert of_drill(waits(), dataclasses.replace(run_of(DrillKind.STOP, 0), drills=())) == waits()
