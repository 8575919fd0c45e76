"""The plan's processes as rows: roles, launchers and what they start, and what is ended once the others are done."""

from __future__ import annotations

import json

from desktop_app.api import Job, ProcessSpec, SubmissionPlan, Topology
from desktop_app.presenters import plan_review

SHELL = ("/bin/bash", "-c", "python train.py\n  --lr 1")
TF_CONFIG = json.dumps({"cluster": {"worker": ["host0:2222"]}})


def plan(*processes: ProcessSpec, launchers: tuple[ProcessSpec, ...] = ()) -> SubmissionPlan:
    return SubmissionPlan("local", Job("x"), "job.yml", Topology(2, 2), processes, launchers=launchers)


def rank(number: int, role: str = "worker", *, launched: bool = False, serves: bool = False) -> ProcessSpec:
    return ProcessSpec(number, 0, number, SHELL, {}, role, launched=launched, serves=serves)


def test_mpirun_comes_first_and_what_it_starts_says_so() -> None:
    argv = ("/usr/bin/mpirun", "-np", "2", "a b")
    launcher = ProcessSpec(0, 0, 0, argv, role="launcher")
    rows = plan_review.process_rows(plan(rank(0, launched=True), rank(1, launched=True), launchers=(launcher,)))
    assert [(each.name, each.note, each.is_rank) for each in rows] == [
        ("mpirun", "starts 2 ranks", False), ("0", "started by mpirun", True), ("1", "started by mpirun", True),
    ]  # fmt: skip
    assert plan_review.command_to_copy(rows[0].process) == "/usr/bin/mpirun -np 2 'a b'"
    assert plan_review.command_to_copy(rows[1].process) == "python train.py\n  --lr 1"
    assert rows[1].starts == "python train.py ↵ --lr 1"


def test_roles_are_called_by_their_names_and_servers_are_marked() -> None:
    made = plan(rank(0, "ps", serves=True), rank(1), rank(2))
    rows = plan_review.process_rows(made)
    assert [(each.name, each.note) for each in rows] == [
        ("ps 0", "ends when the others are done"), ("worker 0", ""), ("worker 1", ""),
    ]  # fmt: skip
    assert dict(plan_review.facts(made))["Ranks"] == "2 workers, 1 parameter server"


def test_ranks_that_are_alike_need_no_notes() -> None:
    rows = plan_review.process_rows(plan(rank(0), rank(1)))
    assert [(each.name, each.note) for each in rows] == [("0", ""), ("1", "")]
    assert dict(plan_review.facts(plan(rank(0))))["Ranks"] == "2 nodes × 2 processes = 4 ranks"


def test_json_is_what_is_read_with_a_line_for_each_part() -> None:
    process = ProcessSpec(0, 0, 0, SHELL, {"TF_CONFIG": TF_CONFIG, "RANK": "0"})
    made = plan(process)
    assert plan_review.long_texts(plan_review.variables(made, process)) == (("TF_CONFIG", TF_CONFIG),)


def test_a_process_without_a_command_is_called_by_its_role() -> None:
    assert plan_review.program_of(ProcessSpec(0, 0, 0, (), role="launcher")) == "launcher"
