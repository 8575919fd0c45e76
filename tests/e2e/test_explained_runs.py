"""What a person is told of a failed run, and a run of v1 code: the program as it is typed, real processes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.helpers.program import Program

MakeJob = Callable[..., Path]
ECHO = "RuntimeError: [/w/gloo/transport/tcp/pair.cc:553] Connection closed by peer [127.0.0.1]:20361."
CAUSE = "IndexError: Target 7 is out of bounds."
TRACE = "Traceback (most recent call last):"


def rank_says(rank: int, line: str, before: str = "") -> str:
    return f'if [ $RANK = {rank} ]; then {before} echo "{TRACE}"; echo "{line}"; exit 1; fi; '


def test_the_cause_is_told_with_what_to_try_and_the_echo_apart(program: Program, make_job: MakeJob) -> None:
    command = rank_says(1, CAUSE) + rank_says(0, ECHO, "trap '' TERM; sleep 0.1;")
    said = program("run", make_job(command), "--json")
    assert said.code == 1
    first = said.json["explanations"][0]
    assert (first["code"], first["rank"], first["echo"]) == ("label-out-of-range", 1, False)
    diagnosis = said.json["diagnosis"]
    cause = diagnosis["root_cause"]
    assert (cause["code"], cause["rank"], cause["text"]) == ("label-out-of-range", 1, CAUSE)
    assert cause["file"] == "user_logs/std_log_process_1.txt"
    assert [each["rank"] for each in diagnosis["echoes"]] == [0]
    alone = program("runs", "diagnose", said.json["run"], "--json").json
    assert (alone["root_cause"], alone["verdict"]) == (cause, "cause")
    assert set(first) >= {"code", "cause", "advice", "rank", "line", "echo", "fix"}
    assert "Cause: A label is 7, and the model has no such class. (rank 1)" in said.err
    assert f"Line:  {CAUSE}" in said.err
    assert "Try:   Labels go from 0" in said.err
    shown = program("runs", "show", said.json["run"])
    assert "Cause       A label is 7" in shown.out
    assert program("runs", "show", said.json["run"], "--json").json["explanations"] == said.json["explanations"]
    (listed,) = program("runs", "list", "--json").json["runs"]
    assert listed["explanations"] is None


def test_a_rank_that_ends_first_with_an_echo_is_not_blamed(program: Program, make_job: MakeJob) -> None:
    command = rank_says(0, ECHO) + rank_says(1, CAUSE, "trap '' TERM; sleep 0.1;")
    said = program("run", make_job(command))
    assert "Rank 1 is the cause: IndexError: Target 7 is out of bounds. Rank 0 fell first" in " ".join(said.err.split())
    assert "--rank 1` shows its log." in " ".join(said.err.split())
    assert "Echo:  Rank 0 fell first because something else was gone: it is not the cause." in said.err
    assert "Cause: A label is 7, and the model has no such class. (rank 1)" in said.err
    assert "Echo:  Another process of the job was gone" in said.err


def test_a_rank_that_ends_without_an_error_in_its_log_is_named_with_its_exit_code(
    program: Program, make_job: MakeJob
) -> None:
    said = program("run", make_job("echo odd; exit 3"), "--json")
    (only,) = said.json["explanations"]
    assert (only["code"], only["rank"]) == ("ended-by-itself", 0)
    assert said.json["diagnosis"]["code"] is None
    assert "Cause: Rank 0 ended itself with exit code 3, and its log does not say why." in said.err
    assert "shows its log." in said.err


def test_the_line_of_the_persons_own_script_is_told_by_each_verb(program: Program, make_job: MakeJob) -> None:
    job = make_job("python train.py")
    (job.parent / "src" / "train.py").write_text("def main():\n    return {}['label']\n\n\nmain()\n")
    said = program("run", job, "--json")
    assert said.json["diagnosis"]["code"] == {"file": "train.py", "line": 2, "text": "return {}['label']"}
    assert "Code:  train.py:2   return {}['label']" in said.err
    run = said.json["run"]
    assert "Code        train.py:2" in program("runs", "diagnose", run).out
    folder = Path(program("runs", "show", run, "--json").json["folder"])
    assert f"Code        {folder / 'code' / 'train.py'}:2" in program("diagnose", folder / "user_logs").out


V1 = """
from azureml.core import Workspace, ScriptRunConfig, Environment
from azureml.core.runconfig import PyTorchConfiguration
ws = Workspace.from_config()
env = Environment.get(ws, 'AzureML-PyTorch-1.6-GPU')
src = ScriptRunConfig('birds', 'train.py', ['--epochs', 3, '--name', 'a b', '--fast'], compute_target='local',
                      environment=env, distributed_job_config=PyTorchConfiguration(process_count=4, node_count=2))
"""
TRAIN = (
    "import os, sys\nos.write(1, f\"{os.environ['RANK']} of {os.environ['WORLD_SIZE']} {sys.argv[1:]}\\n\".encode())\n"
)


def test_v1_code_becomes_a_job_that_runs(program: Program, tmp_path: Path) -> None:
    (tmp_path / "birds").mkdir()
    (tmp_path / "birds" / "train.py").write_text(TRAIN)
    (tmp_path / "submit.py").write_text(V1)
    (tmp_path / "answers.json").write_text(json.dumps({"v1_file": "submit.py"}))
    made = program(
        "new", "job", "--plugin", "rankzero-sdk-v1", "--wizard", "v1", "--answers", tmp_path / "answers.json",
        "--output", tmp_path / "job.yml",
    )  # fmt: skip
    assert made.code == 0, made.err
    checked = program("validate", tmp_path / "job.yml", "--json").json
    assert checked["errors"] == 0, checked
    said = program("run", tmp_path / "job.yml")
    assert said.code == 0, said.err
    expected = [f"[{rank}] {rank} of 4 ['--epochs', '3', '--name', 'a b', '--fast']" for rank in range(4)]
    assert sorted(said.out.splitlines()) == expected
