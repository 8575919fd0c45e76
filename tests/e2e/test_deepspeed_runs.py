"""DeepSpeed's sample through the whole program: started the PyTorch way and by mpirun, and who is killed is blamed."""

from __future__ import annotations

import json
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import Value
from desktop_app.places import shipped
from desktop_app.services.settings import Settings
from desktop_app.services.toolchains.service import CHOSEN
from tests.helpers.program import Program
from tests.helpers.waiting import wait_until

SAMPLE = shipped("resources") / "samples" / "digits"
LONG = 240.0
WAYS = pytest.mark.parametrize("way", ["pytorch", "mpi"])


@pytest.fixture
def real(program: Program, deepspeed_toolchain: Path, mpirun: str) -> Program:
    """The program with DeepSpeed, for whichever plugin starts the ranks."""
    assert mpirun
    chosen: dict[str, Value] = {
        "rankzero-pytorch": str(deepspeed_toolchain),
        "rankzero-horovod": str(deepspeed_toolchain),
    }
    Settings(program.home / "settings.json").set(CHOSEN, chosen)
    return Program(program.home, program.cwd, {"RANKZERO_GRACE": "1,5"})


def sample(program: Program, way: str, **changes: str) -> Path:
    shutil.copytree(SAMPLE, program.cwd / "digits")
    path = program.cwd / "digits" / "deepspeed.yml"
    text = path.read_text("utf-8").replace("type: pytorch", f"type: {way}")
    for old, new in changes.items():
        text = re.sub(rf"{old}: \d+", f"{old}: {new}", text)
    path.write_text(text, "utf-8")
    return path


def log(program: Program, name: str, rank: int) -> str:
    path = program.home / "runs" / name / "user_logs" / f"std_log_process_{rank}.txt"
    return path.read_text("utf-8", "replace") if path.exists() else ""


def ended(program: Program, name: str) -> dict[str, Any]:
    def over() -> dict[str, Any]:
        found: dict[str, Any] = program("runs", "show", name, "--json").json
        return found if found["status"] in {"Completed", "Failed", "Canceled"} else {}

    return wait_until(over, LONG, f"the end of {name}")


@WAYS
def test_the_sample_learns(real: Program, way: str) -> None:
    path = sample(real, way)
    done = real("run", path, "--json", timeout=LONG)
    if "pytorch#190489" in done.out:  # gloo's threads outlived Python after all was done: PyTorch's fault, seen seldom
        done = real("run", path, "--json", timeout=LONG)
    assert done.code == 0, done.out + done.err
    name = done.json["run"]
    said = re.search(r"test accuracy ([\d.]+)% on 360 digits", log(real, name, 0))
    assert said
    assert float(said[1]) > 95
    found = real("runs", "show", name, "--json").json
    assert {"loss", "accuracy"} <= {*found["metrics"]}
    assert [each["exit_code"] for each in found["ranks"]] == [0, 0]


def training(program: Program, way: str) -> str:
    """Start a run that won't end by itself, wait until it trains, and return its name."""
    name = program("run", sample(program, way, epochs="5000"), "--detach").out.strip()

    def trains() -> bool:
        status = program("runs", "show", name, "--json").json["status"]
        assert status not in {"Failed", "Completed"}, log(program, name, 0)
        return "epoch  2" in log(program, name, 0)

    wait_until(trains, LONG, "the second epoch")
    return name


@WAYS
def test_a_cancelled_run_leaves_nobody(real: Program, way: str) -> None:
    """That no process is left is what the fixture `no_orphans` looks at."""
    name = training(real, way)
    assert real("runs", "cancel", name).code == 0
    found = ended(real, name)
    assert (found["status"], found["first_failure"]) == ("Canceled", None)


@WAYS
def test_who_is_killed_in_the_middle_is_blamed(real: Program, way: str) -> None:
    name = training(real, way)
    assert real("runs", "drill", name, "kill", "--rank", "1").code == 0
    found = ended(real, name)
    assert (found["status"], found["first_failure"]["rank"]) == ("Failed", 1)
    assert found["first_failure"]["exit_code"] == -signal.SIGKILL


def test_batches_that_do_not_fit_the_ranks_are_explained(real: Program) -> None:
    path = sample(real, "pytorch")
    config = path.parent / "src" / "ds_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text("utf-8")), "train_batch_size": 60}), "utf-8")
    name = real("run", path, "--detach").out.strip()
    assert ended(real, name)["status"] == "Failed"
    told = real("runs", "show", name).out
    assert "train_batch_size is 60, and 32 per rank × 1 accumulated × 2 ranks is another number" in told
