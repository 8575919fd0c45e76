"""`rankzero ranks`: what every process will see, as a person asks for it on the terminal, and what a run then says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from desktop_app.services.settings import Settings
from desktop_app.services.toolchains.service import CHOSEN
from tests.helpers.program import Program

JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: python train.py
environment: azureml:my-env@latest
distribution:
  type: pytorch
  process_count_per_instance: {per_node}
resources:
  instance_count: {nodes}
  instance_type: Standard_NC64as_T4_v3
"""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    path = tmp_path / "job.yml"
    path.write_text(JOB.format(nodes=2, per_node=4), "utf-8")
    return path


def test_the_table_on_the_terminal(program: Program, job: Path) -> None:
    said = program("ranks", job)
    assert said.code == 0, said.err
    head, *rows = said.out.splitlines()
    assert head.split()[:6] == ["PROCESS", "NODE", "LOCAL", "RANK", "GPU", "MASTER_ADDR"]
    assert [row.split()[:4] for row in rows][5] == ["5", "1", "1", "1"]
    assert len(rows) == 8


def test_the_document(program: Program, job: Path) -> None:
    told = program("ranks", job, "--json").json
    assert (told["total"], told["says"]) == (8, None)
    assert told["topology"] == {"nodes": 2, "processes_per_node": 4}
    assert set(told["ranks"][0]) == {"rank", "name", "node", "local_rank", "gpu", "environment"}
    assert told["ranks"][7]["environment"]["LOCAL_RANK"] == "3"


def test_one_process(program: Program, job: Path) -> None:
    lines = program("ranks", job, "--rank", "5").out.splitlines()
    assert lines[0] == "Rank 5: node 1, local rank 1, GPU 1"
    assert {"RANK=5", "MASTER_ADDR=node-0", "MASTER_PORT=6105", "NODE_RANK=1"} < set(lines)
    (told,) = program("ranks", job, "--rank", "5", "--json").json["ranks"]
    assert told["rank"] == 5


def test_refusals(program: Program, job: Path, tmp_path: Path) -> None:
    beyond = program("ranks", job, "--rank", "8")
    assert (beyond.code, beyond.out) == (1, "")
    assert beyond.err == "error: The job has no rank 8. Its ranks are numbered from 0 to 7.\n"
    job.write_text(JOB.format(nodes=0, per_node=4), "utf-8")
    none = program("ranks", job)
    assert none.code == 1
    assert "0 × 4 processes" in none.err
    assert program("ranks", tmp_path / "none.yml").code == 1
    assert program("ranks").code == 2


@pytest.mark.parametrize("kind", ["pytorch", "mpi", "ray", "tensorflow", "dask"])
def test_a_slip_of_the_pen_is_refused_at_once(program: Program, job: Path, kind: str) -> None:
    """A hundred million nodes once took a minute and all of the memory."""
    job.write_text(JOB.format(nodes=100_000_000, per_node=1).replace("pytorch", kind), "utf-8")
    told = program("ranks", job, timeout=20)
    assert (told.code, told.out) == (1, "")
    assert ("Nothing is known of so many" in told.err) is (kind != "dask")
    assert ("100,000,000 processes; at most" in told.err) is (kind == "dask")
    assert (program("ranks", job, "--rank", "99999999", timeout=20).code == 0) is (kind == "dask")


ROLES = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
display_name: a test
command: >-
  python -c "import json, os; print(json.dumps(json.loads(os.environ['TF_CONFIG'])['task']))"
code: src
environment: azureml:any@latest
distribution:
  type: tensorflow
  worker_count: 2
  parameter_server_count: 1
resources:
  instance_count: 3
"""


def test_roles_have_their_names_wherever_a_run_is_told_of(program: Program, tmp_path: Path) -> None:
    Settings(program.home / "settings.json").set(CHOSEN, {"rankzero-tensorflow": sys.executable})
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.sh").write_text("echo\n")
    job = tmp_path / "job.yml"
    job.write_text(ROLES)
    table = program("ranks", job, "--json").json
    assert [each["name"] for each in table["ranks"]] == ["ps 0", "worker 0", "worker 1"]
    assert program("ranks", job, "--rank", "0").out.splitlines()[0] == "Rank 0 (ps 0): node 0, local rank 0"

    said = program("run", job)
    assert said.code == 0, said.err
    seen = {int(line[1]): json.loads(line[4:]) for line in said.out.splitlines()}
    promised = {each["rank"]: json.loads(each["environment"]["TF_CONFIG"])["task"] for each in table["ranks"]}
    assert seen == promised
    (run,) = program("runs", "list", "--json").json["runs"]
    assert "2 workers, 1 parameter server" in program("runs", "list").out
    shown = program("runs", "show", run["run"]).out
    assert "Size        2 workers, 1 parameter server\n" in shown
    assert "Rank        0 (ps 0) on node 0: Completed exit code 0\n" in shown
    assert "Rank        2 (worker 1) on node 2: Completed exit code 0\n" in shown
