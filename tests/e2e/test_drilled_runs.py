"""Runs that are broken in one known way each: what the program says of them is the truth, rank and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.services.settings import Settings
from desktop_app.services.toolchains.service import CHOSEN
from tests.helpers.broken_jobs.cases import Case, all_cases, case_named
from tests.helpers.broken_jobs.judging import Answer, asked, not_as_meant, wrong
from tests.helpers.broken_jobs.running import forget_drills, run_case, write_job
from tests.helpers.program import Program

PLAIN = (
    "command-not-found",
    "error-in-colours",
    "ignores-sigterm-after-the-others-died",
    "long-log-then-error",
    "progress-bar-then-error",
)
"""Jobs that need no framework."""
WITH_TORCH = ("gloo-raises", "gloo-drill-kill")


def judge(program: Program, case: Case) -> None:
    run = run_case(program, case)
    assert not_as_meant(case, run) == ""
    forget_drills(run)
    answer = asked(program, run.name)
    assert wrong(case, answer) == "", answer.in_words


@pytest.mark.parametrize("name", PLAIN)
def test_a_broken_script_is_blamed_with_its_line(program: Program, name: str) -> None:
    judge(program, case_named(name))


@pytest.mark.torch
@pytest.mark.parametrize("name", WITH_TORCH)
def test_who_broke_is_blamed_and_not_those_who_lost_their_peer(
    program: Program, torch_toolchain: Path, name: str
) -> None:
    Settings(program.home / "settings.json").set(CHOSEN, {"rankzero-pytorch": str(torch_toolchain)})
    patient = Program(program.home, program.cwd, {"RANKZERO_GRACE": "4,3"})
    judge(patient, case_named(name))


def test_a_rank_of_mpi_that_raises_is_blamed(program: Program, mpi_toolchain: Path, mpirun: str) -> None:
    assert mpirun
    Settings(program.home / "settings.json").set(CHOSEN, {"rankzero-horovod": str(mpi_toolchain)})
    judge(program, case_named("mpi4py-raises"))


def test_an_answer_that_is_not_the_truth_is_found_out() -> None:
    """The judge itself: a wrong rank, an echo's line, and a cause where there is none."""
    raised = "[rank1]: ValueError: record 13 of shard 1 has no label"
    case = case_named("gloo-raises")
    assert wrong(case, Answer("cause", 1, raised, "")) == ""
    assert wrong(case, Answer("cause", 0, raised, "")) == "rank 0 was blamed instead of (1,)"
    assert wrong(case, Answer("cause", 1, "RuntimeError: Connection closed by peer", "")) == "another line was shown"
    assert wrong(case, Answer("symptoms-only", None, "", "")).startswith("a cause is known")
    killed = case_named("gloo-drill-kill")
    assert wrong(killed, Answer("cause", 1, "", "Rank 1 was killed by SIGKILL.")) == ""
    assert wrong(killed, Answer("cause", 1, "", "")) == "it was not said how the rank ended"
    assert wrong(killed, Answer("cause", 1, "ValueError: no", "")) == "another line was shown"
    silent = case_named("pytorch-one-never-joins")
    assert wrong(silent, Answer("symptoms-only", None, "", "")) == ""
    assert wrong(silent, Answer("cause", 0, "DistStoreError: timed out", "")).startswith("the logs hold no cause")


def test_every_case_has_a_name_of_its_own_and_both_halves_hold_every_kind() -> None:
    names = [each.name for each in all_cases()]
    assert len(names) == len({*names})
    for half in ("dev", "held"):
        kinds = {each.kind for each in all_cases() if each.half == half}
        assert kinds == {"mpi", "none", "pytorch", "ray", "tensorflow"}
    assert sum(each.half == "held" for each in all_cases()) >= 57


def test_held_back_is_a_part_of_what_comes_from_files_that_say_so() -> None:
    """Of loops that a fault strikes, the fault's file says it; that of the loop doesn't."""
    halves = {each.name: each.half for each in all_cases()}
    assert halves["gloo-raises"] == halves["command-not-found"] == "dev"
    assert (halves["ring-killed-at-work"], halves["ray-bare-assertion"]) == ("held", "dev")


def test_a_job_file_holds_what_its_case_says(tmp_path: Path) -> None:
    text = write_job(case_named("servers-raises"), tmp_path).read_text("utf-8")
    assert "  type: tensorflow\n  worker_count: 2\n  parameter_server_count: 1\n" in text
    assert "instance_count: 3" in text
