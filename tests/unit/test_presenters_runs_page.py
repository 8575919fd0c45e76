"""What a run's page says: phases, the failure, actions, and whose code it was."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import FirstFailure, Phase, PhaseName, RunStatus, SubmissionPlan
from desktop_app.api._records import from_json
from desktop_app.core.diagnosis.model import Diagnosis, Fall, Part, Verdict
from desktop_app.presenters.run_failure import failure_of
from desktop_app.presenters.run_page import (
    PhaseView,
    actions_of,
    log_sources,
    phases_of,
    rank_tip,
    waiting_text,
    widths,
)
from desktop_app.services.diagnosing.own_code import own_code
from desktop_app.services.logs.failure import CodePlace, last_places
from tests.helpers.run_folders import fail, make_run

START = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)


def words(phases: tuple[PhaseView, ...]) -> list[tuple[str, str, str]]:
    return [(each.name, each.word, each.duration) for each in phases]


def test_a_running_run_is_in_its_third_phase(tmp_path: Path) -> None:
    run = make_run(tmp_path, "r-1", started=START, seconds=60).snapshot
    assert words(phases_of(run, START + timedelta(seconds=72))) == [
        ("Preparing", "done", "4 s"), ("Queued", "to come", "–"),
        ("Running", "now", "1 min 8 s"), ("Finalizing", "to come", "–"),
    ]  # fmt: skip


def test_a_failed_run_failed_in_its_last_phase(tmp_path: Path) -> None:
    run = fail(make_run(tmp_path, "r-1", RunStatus.FAILED, started=START), 1).snapshot
    phases = phases_of(run, START + timedelta(days=1))
    assert phases[2].status is RunStatus.FAILED
    assert words(phases)[1:] == [
        ("Queued", "did not happen", "–"),
        ("Running", "failed", "1 min 4 s"),
        ("Finalizing", "did not happen", "–"),
    ]


@pytest.mark.parametrize("status", [RunStatus.FAILED, RunStatus.CANCELED])
def test_what_follows_the_end_of_the_ranks_is_in_order(tmp_path: Path, status: RunStatus) -> None:
    made = make_run(tmp_path, "r-1", status, started=START)
    run = fail(made, 1).snapshot if status is RunStatus.FAILED else made.snapshot
    ended = START + timedelta(seconds=70)
    run = dataclasses.replace(
        run, phases=(*run.phases, Phase(PhaseName.FINALIZING, START + timedelta(seconds=68), ended))
    )
    assert [each.word for each in phases_of(run, ended)] == ["done", "did not happen", status.value.lower(), "done"]


def test_a_failure_before_any_rank_is_the_phases_own(tmp_path: Path) -> None:
    made = make_run(tmp_path, "r-1", RunStatus.FAILED, started=START)
    run = dataclasses.replace(made.snapshot, phases=made.snapshot.phases[:1])
    assert phases_of(run, START)[0].word == "failed"


def test_a_phase_of_milliseconds_is_a_moment_and_one_that_begins_is_not(tmp_path: Path) -> None:
    run = make_run(tmp_path, "r-1", RunStatus.COMPLETED, started=START).snapshot
    short = Phase(PhaseName.PREPARING, START, START + timedelta(milliseconds=4))
    run = dataclasses.replace(run, phases=(short, *run.phases[1:]))
    preparing = phases_of(run, START)[0]
    assert (preparing.is_moment, preparing.duration) == (True, "< 0.1 s")
    assert not any(each.is_moment for each in phases_of(run, START)[1:2]), "what did not happen is no moment"
    begun = dataclasses.replace(
        run, status=RunStatus.PREPARING, phases=(dataclasses.replace(short, ended=None),), ended=None
    )
    preparing = phases_of(begun, START + timedelta(milliseconds=4))[0]
    assert (preparing.is_moment, preparing.duration) == (False, "0.0 s")


def test_a_clock_that_was_set_back_makes_no_negative_time(tmp_path: Path) -> None:
    run = make_run(tmp_path, "r-1", started=START).snapshot
    assert all(each.seconds >= 0 for each in phases_of(run, START - timedelta(hours=1)))


@given(st.lists(st.floats(0, 1e6), min_size=4, max_size=4), st.floats(400, 3000))
def test_the_timeline_fills_its_width(seconds: list[float], total: float) -> None:
    phases = [PhaseView("", RunStatus.RUNNING, "", "", each, happened=True, lasts=False) for each in seconds]
    found = widths(phases, total, 8, [70, 70, 70, 70])
    assert sum(found) + 3 * 8 == pytest.approx(total)
    assert min(found) >= 69.9


def test_too_narrow_a_timeline_shrinks_all(tmp_path: Path) -> None:
    phases = phases_of(make_run(tmp_path, "r-1", started=START).snapshot, START + timedelta(seconds=60))
    assert sum(widths(phases, 124, 8, [70, 70, 70, 70])) == pytest.approx(100)


def test_the_first_rank_to_fall_is_named_with_its_line(tmp_path: Path) -> None:
    run = fail(make_run(tmp_path, "r-1", RunStatus.FAILED, nodes=2, processes=2, started=START), 3).snapshot
    view = failure_of(run, "07:00:12.6")
    assert view is not None
    assert view.heading == "Rank 3 failed first: exit 1"
    assert view.facts == "node 1 · 07:00:12.6 · 0.3 s before the others"
    assert view.text.startswith("RuntimeError: mat1 and mat2")
    assert "Ranks 0–2 were stopped because rank 3 was gone" in view.explanation


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([Part.CAUSE, Part.CAUSE, Part.ECHO], "Ranks 0–1 failed in the same way. Rank 2 was stopped because rank 3"),
        ([Part.ECHO, Part.OWN, Part.ECHO], "Rank 1 failed by an error of its own. Ranks 0, 2 were stopped because"),
        ([Part.CAUSE, Part.CAUSE, Part.CAUSE], "Ranks 0–2 failed in the same way."),
    ],
)
def test_ranks_that_failed_like_the_first_were_not_stopped(tmp_path: Path, parts: list[Part], said: str) -> None:
    run = fail(make_run(tmp_path, "r-1", RunStatus.FAILED, nodes=2, processes=2, started=START), 3).snapshot
    falls = (Fall(3, Part.CAUSE, 0), *(Fall(rank, part, 1) for rank, part in enumerate(parts)))
    view = failure_of(run, known=Diagnosis(Verdict.CAUSE, falls=falls))
    assert view is not None
    assert said in view.explanation
    assert ("stopped" in view.explanation) is (Part.ECHO in parts)


def test_a_signal_is_explained(tmp_path: Path) -> None:
    made = make_run(tmp_path, "r-1", RunStatus.FAILED, processes=1, started=START)
    run = dataclasses.replace(made.snapshot, first_failure=FirstFailure(0, START, -9))
    view = failure_of(run)
    assert view is not None
    assert view.heading == "Rank 0 failed: SIGKILL"
    assert "memory ran out" in view.explanation
    assert "stopped" not in view.explanation


def test_a_failure_before_any_rank_says_its_reason(tmp_path: Path) -> None:
    made = make_run(tmp_path, "r-1", RunStatus.FAILED, started=START)
    view = failure_of(dataclasses.replace(made.snapshot, reason="The working copy could not be made."))
    assert view is not None
    assert view.explanation == "The working copy could not be made."
    assert view.rank is None
    assert failure_of(make_run(tmp_path, "r-2").snapshot) is None


def test_actions_fit_the_state(tmp_path: Path) -> None:
    live = actions_of(make_run(tmp_path, "r-1").snapshot)
    assert (live.cancel, live.remove) == (True, False)
    asked = actions_of(make_run(tmp_path, "r-2", RunStatus.CANCEL_REQUESTED).snapshot)
    assert (asked.cancel, asked.remove) == (False, False)
    over = actions_of(make_run(tmp_path, "r-3", RunStatus.COMPLETED).snapshot)
    assert (over.cancel, over.remove, over.again, over.download) == (False, True, True, True)


def test_every_rank_has_a_log_and_a_clock(tmp_path: Path) -> None:
    made = make_run(tmp_path, "r-1", nodes=2, processes=2)
    sources = log_sources(made.snapshot)
    assert [each.rank for each in sources] == [0, 1, 2, 3]
    assert [each.log for each in sources] == [made.log(rank) for rank in range(4)]
    assert sources[3].clock == made.path / "clock" / "3.bin"
    assert log_sources(dataclasses.replace(made.snapshot, folder="")) == ()
    launched = log_sources(dataclasses.replace(made.snapshot, launcher_logs=("user_logs/mpirun.txt",)))
    assert (launched[-1].name, launched[-1].log.name, launched[-1].clock.name) == ("mpirun", "mpirun.txt", "mpirun.bin")
    assert launched[:-1] == sources


def test_a_cell_says_all_about_its_rank(tmp_path: Path) -> None:
    run = fail(make_run(tmp_path, "r-1", RunStatus.FAILED, nodes=2, processes=2), 3).snapshot
    tip = rank_tip(run.ranks[3], first=True, nodes=2)
    assert tip == "Rank 3: Failed · first to fail · exit code 1 · node 1, local rank 1 · process 4245"
    assert rank_tip(run.ranks[0], first=False, nodes=1).startswith("Rank 0: Canceled · signal 15 (SIGTERM)")


def test_the_innermost_line_of_the_persons_own_code_is_found(tmp_path: Path) -> None:
    made = fail(make_run(tmp_path / "runs", "r-1", RunStatus.FAILED), 1)
    plan = from_json(SubmissionPlan, json.loads((made.path / "plan.json").read_bytes()))
    places = last_places(made.log(1))
    assert [each.line for each in places] == [41, 58]
    source = Path(plan.files[0].source)
    assert own_code(places[0], plan, str(made.path)) == (source, 41)
    assert own_code(CodePlace("train.py", 7), plan, str(made.path)) == (source, 7)
    for theirs in (f"/home/b/runs/{made.path.name}/code/train.py", rf"C:\runs\{made.path.name}\code\train.py"):
        assert own_code(CodePlace(theirs, 7), plan, str(made.path)) == (source, 7), "an opened bundle's"
    assert own_code(CodePlace("/home/b/runs/another/code/train.py", 7), plan, str(made.path)) is None
    assert own_code(CodePlace("./train.py", 7), plan, str(made.path)) == (source, 7)
    for foreign in ("/usr/lib/python3/torch/nn.py", "../outside.py", "<string>"):
        assert own_code(CodePlace(foreign, 7), plan, str(made.path)) is None
    assert own_code(places[0], None, str(made.path)) is None


_BEGIN = "Traceback (most recent call last):\n"


@pytest.mark.parametrize(
    ("log", "found"),
    [
        ("", []),
        ("all is well\n", []),
        (f'[rank1]: {_BEGIN}[rank1]:   File "a.py", line 3, in f\n[rank1]: X: y\n', [("a.py", 3)]),
        (f'{_BEGIN}  File "a.py", line 1\nA: b\n{_BEGIN}  File "b.py", line 2\nC: d\n', [("b.py", 2)]),
        ('  File "broken.py", line 9\n    x = = 1\nSyntaxError: invalid syntax\n', [("broken.py", 9)]),
        ('talk of a File "x.py", line 3 without any trouble\n', []),
    ],
)
def test_places_of_the_last_traceback(tmp_path: Path, log: str, found: list[tuple[str, int]]) -> None:
    path = tmp_path / "log"
    path.write_text(log)
    assert [(each.file, each.line) for each in last_places(path)] == found


def test_an_empty_log_says_after_a_while_what_is_waited_for(tmp_path: Path) -> None:
    run = make_run(tmp_path, "r-1", framework="tensorflow").snapshot
    began = run.phases[1].started
    assert waiting_text(run, began + timedelta(seconds=14)) == "Nothing was written yet."
    said = f"Nothing was written yet. TensorFlow is starting: it runs since {began.astimezone():%H:%M:%S}."
    assert waiting_text(run, began + timedelta(seconds=16)) == said
