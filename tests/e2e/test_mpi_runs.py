"""Horovod and MPI through the whole program and the real mpirun: what ranks see, samples, who is blamed, no orphan."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from desktop_app.places import shipped
from desktop_app.services.settings import Settings
from desktop_app.services.toolchains.service import CHOSEN
from tests.helpers.program import Program
from tests.helpers.waiting import wait_until

SAMPLE = shipped("resources") / "samples" / "digits"
PLUGIN = "rankzero-horovod"
JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: {command}
code: src
environment: azureml:any@latest
distribution:
  type: mpi
  process_count_per_instance: {per_node}
resources:
  instance_count: {nodes}
"""
LONG = 180.0
"""Seconds that a framework may take to start on a busy machine."""
OVER = {"Completed", "Failed", "Canceled"}
SEE = """
import json, os, time
from pathlib import Path

rank = os.environ["OMPI_COMM_WORLD_RANK"]
Path("outputs").mkdir(exist_ok=True)
place = Path("outputs", f"{rank}.new")
place.write_text(json.dumps(dict(os.environ)))
place.rename(place.with_suffix(".json"))
print("rank", rank, "is here", flush=True)
while Path("wait").exists():
    time.sleep(0.05)
"""
SPEAK = """
from mpi4py import MPI
world = MPI.COMM_WORLD
node = world.Split_type(MPI.COMM_TYPE_SHARED)
print("seen", world.rank, world.size, node.rank, node.size, world.allreduce(world.rank), flush=True)
"""
RAISES = """
from mpi4py import MPI
if MPI.COMM_WORLD.rank == 1:
    raise ValueError("no data on this rank")
MPI.COMM_WORLD.Barrier()
"""
HOROVOD_RAISES = """
import torch, horovod.torch as hvd
hvd.init()
for step in range(100000):
    hvd.allreduce(torch.ones(4), name=f"step {step}")
    if step == 20 and hvd.rank() == 1:
        raise ValueError("no data on this rank")
"""
NEVER_INITS = """
import os, torch, horovod.torch as hvd
if os.environ["OMPI_COMM_WORLD_RANK"] == "0":
    hvd.init()
hvd.allreduce(torch.ones(4))
"""


@pytest.fixture
def plain(program: Program, mpirun: str) -> Program:
    """The program with this very Python for the ranks: for scripts that need no package."""
    assert mpirun
    Settings(program.home / "settings.json").set(CHOSEN, {PLUGIN: sys.executable})
    return program


@pytest.fixture
def with_mpi(plain: Program, mpi_toolchain: Path) -> Program:
    """The program with mpi4py and NumPy."""
    Settings(plain.home / "settings.json").set(CHOSEN, {PLUGIN: str(mpi_toolchain)})
    return plain


@pytest.fixture
def with_torch(plain: Program, horovod_pytorch_toolchain: Path) -> Program:
    """The program with Horovod for PyTorch."""
    Settings(plain.home / "settings.json").set(CHOSEN, {PLUGIN: str(horovod_pytorch_toolchain)})
    return plain


def write(program: Program, script: str, *, nodes: int = 1, per_node: int = 2, command: str = "python main.py") -> Path:
    folder = program.cwd / "a project"  # with a blank, as people have them
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "main.py").write_text(script, "utf-8")
    path = folder / "job.yml"
    path.write_text(JOB.format(command=command, nodes=nodes, per_node=per_node), "utf-8")
    return path


def sample(program: Program, name: str, epochs: int | None = None) -> Path:
    """Copy the sample project; with `epochs` it goes on for so many."""
    shutil.copytree(SAMPLE, program.cwd / "digits")
    path = program.cwd / "digits" / f"{name}.yml"
    if epochs is not None:
        path.write_text(re.sub(r"epochs: \d+", f"epochs: {epochs}", path.read_text("utf-8")), "utf-8")
    return path


def submitted(program: Program, path: Path) -> str:
    """Submit a job; return the run's name."""
    done = program("run", path, "--detach")
    assert done.code == 0, done.out + done.err
    return done.out.strip()


def shown(program: Program, name: str) -> dict[str, Any]:
    found: dict[str, Any] = program("runs", "show", name, "--json").json
    return found


def ended(program: Program, name: str) -> dict[str, Any]:
    def over() -> dict[str, Any]:
        found = shown(program, name)
        return found if found["status"] in OVER else {}

    return wait_until(over, LONG, f"the end of {name}")


def log(program: Program, name: str, rank: int) -> str:
    path = program.home / "runs" / name / "user_logs" / f"std_log_process_{rank}.txt"
    return path.read_text("utf-8", "replace") if path.exists() else ""


def wait_for_epoch(program: Program, name: str) -> None:
    def reached() -> bool:
        assert shown(program, name)["status"] not in OVER, log(program, name, 0)
        return "epoch  3" in log(program, name, 0)

    wait_until(reached, LONG, f"epoch 3 of {name}")


def only_run(program: Program) -> Path:
    (folder,) = (program.home / "runs").glob("r-*")
    return folder


@pytest.mark.parametrize(("nodes", "per_node"), [(2, 2), (1, 5)], ids=["two nodes", "more ranks than cores"])
def test_every_rank_sees_what_the_table_says(plain: Program, nodes: int, per_node: int) -> None:
    path = write(plain, SEE, nodes=nodes, per_node=per_node)
    promised = plain("ranks", path, "--json").json["ranks"]
    done = plain("run", path)
    assert done.code == 0, done.out + done.err
    folder = only_run(plain)
    assert len(promised) == nodes * per_node
    for each in promised:
        seen = json.loads((folder / "code" / "outputs" / f"{each['rank']}.json").read_text("utf-8"))
        expected = each["environment"]
        assert {name: seen[name] for name in seen if name.startswith("OMPI_COMM_WORLD_")} == expected
        assert log(plain, folder.name, each["rank"]) == f"rank {each['rank']} is here\n"
    assert {each["status"] for each in shown(plain, folder.name)["ranks"]} == {"Completed"}


def test_root_and_only_root_is_allowed_to_run_mpirun_as_root(plain: Program) -> None:
    assert plain("run", write(plain, SEE)).code == 0
    plan = json.loads((only_run(plain) / "plan.json").read_text("utf-8"))
    (launcher,) = plan["launchers"]
    assert ("--allow-run-as-root" in launcher["argv"]) == (os.geteuid() == 0)


def test_mpi_itself_counts_ranks_and_nodes_as_the_table_does(with_mpi: Program) -> None:
    path = write(with_mpi, SPEAK, nodes=2, per_node=2)
    done = with_mpi("run", path)
    assert done.code == 0, done.out + done.err
    name = only_run(with_mpi).name
    for each in with_mpi("ranks", path, "--json").json["ranks"]:
        names = ("RANK", "SIZE", "LOCAL_RANK", "LOCAL_SIZE")
        words = " ".join(each["environment"][f"OMPI_COMM_WORLD_{name}"] for name in names)
        assert log(with_mpi, name, each["rank"]) == f"seen {words} 6\n"


def test_without_mpirun_it_is_said_before_the_run(plain: Program, tmp_path: Path) -> None:
    path = write(plain, SEE)
    (tmp_path / "bin").mkdir()
    lacking = Program(plain.home, plain.cwd, {**plain.environment, "PATH": str(tmp_path / "bin")})
    done = lacking("run", path)
    assert done.code == 1
    assert "mpirun, which is not installed here" in done.err
    assert "install" in done.err
    assert not [*(plain.home / "runs").glob("r-*")]
    assert lacking("validate", path).code == 0


@pytest.mark.parametrize(
    ("name", "toolchain"),
    [
        ("mpi", "mpi_toolchain"),
        ("horovod-pytorch", "horovod_pytorch_toolchain"),
        ("horovod-tensorflow", "horovod_tensorflow_toolchain"),
    ],
)
def test_the_samples_learn(plain: Program, request: pytest.FixtureRequest, name: str, toolchain: str) -> None:
    python = request.getfixturevalue(toolchain)
    Settings(plain.home / "settings.json").set(CHOSEN, {PLUGIN: str(python)})
    done = plain("run", sample(plain, name), timeout=280)
    assert done.code == 0, done.out + done.err
    folder = only_run(plain)
    said = re.search(r"test accuracy ([\d.]+)% on 360 digits", log(plain, folder.name, 0))
    assert said
    assert float(said[1]) > 95
    assert len([*(folder / "code" / "outputs").iterdir()]) == 1
    assert {"loss", "accuracy"} <= {*shown(plain, folder.name)["metrics"]}


@pytest.mark.parametrize(("name", "victim"), [("mpi", 2), ("horovod-pytorch", 1), ("horovod-tensorflow", 1)])
def test_who_is_killed_in_the_middle_is_blamed(
    plain: Program, request: pytest.FixtureRequest, name: str, victim: int
) -> None:
    python = request.getfixturevalue(f"{name.replace('-', '_')}_toolchain")
    Settings(plain.home / "settings.json").set(CHOSEN, {PLUGIN: str(python)})
    run = submitted(plain, sample(plain, name, epochs=20000))
    wait_for_epoch(plain, run)
    assert plain("runs", "drill", run, "kill", "--rank", str(victim)).code == 0
    found = ended(plain, run)
    assert (found["status"], found["first_failure"]["rank"]) == ("Failed", victim)
    assert found["first_failure"]["exit_code"] == -signal.SIGKILL


def test_an_exception_in_one_rank_ends_all_and_is_blamed(with_mpi: Program) -> None:
    run = submitted(with_mpi, write(with_mpi, RAISES, command="python -m mpi4py main.py"))
    found = ended(with_mpi, run)
    assert (found["status"], found["first_failure"]["rank"]) == ("Failed", 1)
    assert "no data on this rank" in found["first_failure"]["text"]


def test_who_raised_is_blamed_and_not_those_whom_horovod_shuts_down(with_torch: Program) -> None:
    """The others end at once, at times before the rank that raised: what is known of their words is what tells."""
    run = submitted(with_torch, write(with_torch, HOROVOD_RAISES, per_node=3))
    found = ended(with_torch, run)
    assert found["status"] == "Failed"
    causes = {each["rank"] for each in found["explanations"] if not each["echo"]}
    assert causes <= {1}
    assert causes or found["first_failure"]["rank"] == 1
    assert "no data on this rank" in with_torch("runs", "show", run).out


def test_a_rank_that_never_calls_init_is_told_so(with_torch: Program) -> None:
    run = submitted(with_torch, write(with_torch, NEVER_INITS))
    found = ended(with_torch, run)
    assert (found["status"], found["first_failure"]["rank"]) == ("Failed", 1)
    assert "without having called hvd.init()" in with_torch("runs", "show", run).out


@pytest.mark.parametrize("name", ["mpi", "horovod-pytorch", "horovod-tensorflow"])
def test_a_cancelled_run_leaves_nobody(plain: Program, request: pytest.FixtureRequest, name: str) -> None:
    """That no process is left is what the fixture `no_orphans` looks at."""
    python = request.getfixturevalue(f"{name.replace('-', '_')}_toolchain")
    Settings(plain.home / "settings.json").set(CHOSEN, {PLUGIN: str(python)})
    run = submitted(plain, sample(plain, name, epochs=20000))
    wait_for_epoch(plain, run)
    assert plain("runs", "cancel", run).code == 0
    assert ended(plain, run)["status"] == "Canceled"


def test_a_run_goes_on_when_who_submitted_it_is_killed(plain: Program) -> None:
    path = write(plain, SEE, nodes=2, per_node=1)
    (path.parent / "src" / "wait").touch()
    with plain.start("run", path) as submitter:
        runs = plain.home / "runs"
        wait_until(lambda: len([*runs.glob("*/code/outputs/*.json")]) == 2, LONG, "the ranks to start")
        submitter.send_signal(signal.SIGKILL)
    name = only_run(plain).name
    assert shown(plain, name)["status"] == "Running"
    (runs / name / "code" / "wait").unlink()
    assert ended(plain, name)["status"] == "Completed"
