"""PyTorch jobs through the whole program: what each process sees is what was promised, and the sample learns."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from desktop_app.places import shipped
from desktop_app.services.settings import Settings
from desktop_app.services.toolchains.service import CHOSEN
from tests.helpers.program import Program

SAMPLE = shipped("resources") / "samples" / "digits"
SHOW = """
import json, os
from pathlib import Path

Path("outputs").mkdir(exist_ok=True)
Path("outputs", f"seen-{os.environ['RANK']}.json").write_text(json.dumps(dict(os.environ)))
"""
JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: {command}
code: src
environment: azureml:any@latest
distribution:
  type: pytorch
  process_count_per_instance: {per_node}
resources:
  instance_count: 2
"""
TORCHRUN = (
    "torchrun --nnodes=2 --nproc-per-node=2 --node-rank=$NODE_RANK --master-addr=$MASTER_ADDR "
    "--master-port=$MASTER_PORT show.py"
)
DIFFER = {"MASTER_ADDR", "MASTER_PORT"}
"""By design: on Azure ML they name the first node and its port."""


def compared(program: Program, command: str, per_node: int) -> list[tuple[dict[str, str], dict[str, str]]]:
    """Run a job on two nodes; return of each rank what the table promises and what it found."""
    (program.cwd / "src").mkdir()
    (program.cwd / "src" / "show.py").write_text(SHOW, "utf-8")
    path = program.cwd / "job.yml"
    path.write_text(JOB.format(command=command, per_node=per_node), "utf-8")
    promised = program("ranks", path, "--json").json["ranks"]
    ended = program("run", path, "--json")
    assert ended.code == 0, ended.err
    outputs = next((program.home / "runs").iterdir()) / "code" / "outputs"
    assert len(list(outputs.iterdir())) == len(promised) == 4
    return [
        (each["environment"], json.loads((outputs / f"seen-{each['rank']}.json").read_text("utf-8")))
        for each in promised
    ]


def assert_alike(found: list[tuple[dict[str, str], dict[str, str]]]) -> None:
    for promised, seen in found:
        same = promised.keys() - DIFFER
        assert {"RANK", "LOCAL_RANK", "WORLD_SIZE", "NODE_RANK"} <= same
        assert {name: seen[name] for name in same} == {name: promised[name] for name in same}
        assert seen.keys() >= DIFFER


def test_every_rank_sees_what_the_table_says(program: Program) -> None:
    assert_alike(compared(program, "python show.py", 2))


@pytest.mark.torch
def test_every_rank_of_torchrun_sees_what_the_table_says(program: Program, torch_toolchain: Path) -> None:
    Settings(program.home / "settings.json").set(CHOSEN, {"rankzero-pytorch": str(torch_toolchain)})
    assert_alike(compared(program, TORCHRUN, 1))


@pytest.mark.torch
def test_the_sample_learns_through_torchrun(program: Program, torch_toolchain: Path) -> None:
    Settings(program.home / "settings.json").set(CHOSEN, {"rankzero-pytorch": str(torch_toolchain)})
    folder = shutil.copytree(SAMPLE, program.cwd / "digits")
    ended = program("run", folder / "torchrun.yml", "--set", "inputs.epochs=6")
    assert ended.code == 0, ended.err
    assert "warning" not in ended.err
    last = re.search(r"test accuracy ([\d.]+)% on 360 digits", ended.out)
    assert last, ended.out
    assert float(last[1]) > 95


CALL = """
import sys, numpy, mlflow.pyfunc
model = mlflow.pyfunc.load_model(sys.argv[1])
assert model.predict(numpy.zeros((5, 1, 8, 8), "float32")).shape == (5, 10)
"""


@pytest.mark.torch
def test_the_sample_saves_a_model_that_can_be_called(program: Program, torch_toolchain: Path) -> None:
    Settings(program.home / "settings.json").set(CHOSEN, {"rankzero-pytorch": str(torch_toolchain)})
    folder = shutil.copytree(SAMPLE, program.cwd / "digits")
    ended = program("run", folder / "mlflow.yml", "--set", "inputs.epochs=1", "--json")
    assert ended.code == 0, ended.err
    model = Path(json.loads(ended.out)["outputs"]) / "model"
    assert (model / "MLmodel").is_file()
    subprocess.run([torch_toolchain, "-c", CALL, model], check=True, timeout=240)
