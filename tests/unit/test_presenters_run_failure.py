"""What the card of a failed run says once plugins have explained it."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desktop_app.api import Explanation, Fix, RunSnapshot, RunStatus
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Fall, Part
from desktop_app.presenters.failures.falls import fall_rows
from desktop_app.presenters.run_failure import FailureView, failure_of
from tests.helpers.run_folders import fail, make_run

LINE = "mat1 and mat2 shapes cannot be multiplied (32x63 and 64x128)"
CAUSE = Explanation("shapes", "A layer expects 64 features.", ("Look.", "Mend."), 1, LINE, fix=Fix("Do it", {"a": 1}))
ECHO = Explanation("gone", "Another was gone.", ("Look elsewhere.",), 0, "Connection closed by peer", is_echo=True)


def fallen(tmp_path: Path, rank: int = 1) -> RunSnapshot:
    return fail(make_run(tmp_path, "r-1", RunStatus.FAILED), rank).snapshot


def shown(run: RunSnapshot, *found: Explanation) -> FailureView:
    view = failure_of(run, "", judged(found, run, {}))
    assert view is not None
    return view


def test_cause_line_and_advice_join_what_was_said_anyway(tmp_path: Path) -> None:
    run = fallen(tmp_path)
    before, view = shown(run), shown(run, CAUSE, ECHO)
    assert (view.heading, view.explanation, view.rank, view.line) == (
        before.heading, before.explanation, 1, before.line,
    )  # fmt: skip
    assert (view.text, view.cause, view.advice, view.fix) == (LINE, CAUSE.cause, CAUSE.advice, CAUSE.fix)
    assert (before.cause, before.advice, before.fix) == ("", (), None)
    assert view.spoken.splitlines()[-4:-1] == [LINE, "- Look.", "- Mend."]


def test_a_rank_that_only_echoes_is_not_named_as_the_one_that_failed(tmp_path: Path) -> None:
    run = fallen(tmp_path, 0)
    assert run.first_failure is not None
    run = dataclasses.replace(run, first_failure=dataclasses.replace(run.first_failure, text=ECHO.line))
    view = shown(run, ECHO, CAUSE)
    assert (view.heading, view.rank, view.line) == ("The cause is in the log of rank 1", 1, None)
    assert view.explanation.startswith("Rank 0 fell first, with exit code 1, because something else was gone")
    alone = shown(run, ECHO)
    assert alone.heading == "Rank 0 fell first, but it is not the cause"
    assert (alone.cause, alone.advice) == ("", ECHO.advice)
    launcher = dataclasses.replace(CAUSE, rank=None)
    assert shown(run, ECHO, launcher).heading == "The cause is in the launcher's log"
    assert shown(run, ECHO, launcher).rank is None


def test_a_launcher_that_refused_is_explained_without_any_rank(tmp_path: Path) -> None:
    run = dataclasses.replace(fallen(tmp_path), first_failure=None, reason="mpirun ended with 1.")
    view = shown(run, dataclasses.replace(CAUSE, rank=None))
    assert (view.heading, view.cause, view.explanation, view.rank) == (
        "The run failed", CAUSE.cause, "mpirun ended with 1.", None,
    )  # fmt: skip


def test_whom_all_others_wait_for_is_named_with_its_last_line(tmp_path: Path) -> None:
    run = fallen(tmp_path, 0)
    known = dataclasses.replace(judged([ECHO], run, {}), suspects=(1,), last_line="epoch 3 step 41", last_rank=1)
    view = failure_of(run, "", known)
    assert view is not None
    assert view.explanation.endswith(
        "Look at rank 1: all others wait for a rank or lost one, and its log says nothing. "
        "The last that rank 1 wrote: epoch 3 step 41"
    )


def test_thousands_of_ranks_share_a_few_rows() -> None:
    began = datetime(2026, 11, 22, 7, tzinfo=UTC)
    falls = [Fall(3333, Part.CAUSE, 0, began, 1, "RuntimeError: bad")]
    falls += [
        Fall(rank, Part.ECHO, 1, began + timedelta(seconds=rank % 97), 1, f"[rank{rank}]: Connection closed by peer")
        for rank in range(10_000)
        if rank != 3333
    ]
    cause, echoes = fall_rows(falls)
    assert (cause.called, echoes.called) == ("rank 3333", "ranks 0–3332, 3334–9999")
    odd = [replace(each, text="killed") if each.rank % 7 == 3 else each for each in falls[1:]]
    assert [each.called for each in fall_rows(odd)] == ["8,570 ranks", "1,429 ranks"]


def test_where_logs_hold_symptoms_alone_nobody_is_blamed(tmp_path: Path) -> None:
    run = fallen(tmp_path, 0)
    waits = dataclasses.replace(CAUSE, rank=0, cause="This rank waited in vain.", is_symptom=True)
    known = dataclasses.replace(judged([waits], run, {}), suspects=(1,))
    view = failure_of(run, "", known)
    assert view is not None
    assert (view.heading, view.cause) == ("No cause stands in the logs: look at rank 1", waits.cause)
    assert view.explanation.startswith(
        "The logs say what happened, and not why: that did not reach them. Rank 0 fell first, with exit code 1."
    )
    nobody = failure_of(run, "", judged([waits], run, {}))
    assert nobody is not None
    assert nobody.heading == "No cause stands in the logs"
