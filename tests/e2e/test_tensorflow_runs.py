"""TensorFlow jobs through the whole program: what a task sees, both samples, who is blamed, and nothing left behind."""

from __future__ import annotations

import json
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
PLUGIN = "rankzero-tensorflow"
JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: {command}
code: src
environment: azureml:any@latest
distribution:
  type: tensorflow
  worker_count: {workers}
  parameter_server_count: {servers}
resources:
  instance_count: {nodes}
"""
LONG = 180.0
"""Seconds that TensorFlow may take to start on a busy machine."""
SEE = """
import json, os, sys, time
from pathlib import Path

config = json.loads(os.environ["TF_CONFIG"])
task = config["task"]
seen = Path("outputs")
seen.mkdir(exist_ok=True)
place = seen / f"{task['type']} {task['index']}.json"
place.with_suffix(".new").write_text(json.dumps(dict(os.environ)))
place.with_suffix(".new").rename(place)
print(task["type"], task["index"], "is here", flush=True)
if "ps" in config["cluster"] and (task["type"], task["index"]) != ("worker", 0):
    time.sleep(600)  # as servers do: never ends by itself
tasks = sum(map(len, config["cluster"].values()))
while len(list(seen.glob("*.json"))) < tasks or Path("wait").exists():
    time.sleep(0.05)
"""
DIES = """
import json, os
if json.loads(os.environ["TF_CONFIG"])["task"]["index"] == 1:
    raise ValueError("no data on this node")
import tensorflow as tf
print("starts", flush=True)
tf.distribute.MultiWorkerMirroredStrategy()
"""

OVERWRITES = """
import os, sys
os.environ["TF_CONFIG"] = '{"cluster": {"worker": ["localhost:2222"]}}'
try:
    import tensorflow
except ImportError:
    pass
print("Failed to add port to server: No address added out of total 1 resolved for '0.0.0.0:2222'")
sys.exit(1)
"""


@pytest.fixture
def plain(program: Program) -> Program:
    """The program with this very Python for TensorFlow's jobs: for scripts that need no TensorFlow."""
    Settings(program.home / "settings.json").set(CHOSEN, {PLUGIN: sys.executable})
    return program


@pytest.fixture
def real(program: Program, tensorflow_toolchain: Path) -> Program:
    """The program with TensorFlow."""
    Settings(program.home / "settings.json").set(CHOSEN, {PLUGIN: str(tensorflow_toolchain)})
    return program


def write(program: Program, script: str, *, workers: int = 2, servers: int = 0) -> Path:
    (program.cwd / "src").mkdir()
    (program.cwd / "src" / "main.py").write_text(script, "utf-8")
    path = program.cwd / "job.yml"
    nodes = workers + servers
    path.write_text(JOB.format(command="python main.py", workers=workers, servers=servers, nodes=nodes), "utf-8")
    return path


def sample(program: Program, name: str, epochs: int | None = None) -> Path:
    """Copy the sample project; with `epochs` it goes on for so many."""
    shutil.copytree(SAMPLE, program.cwd / "digits")
    path = program.cwd / "digits" / name
    if epochs is not None:
        path.write_text(path.read_text("utf-8").replace("epochs: 10", f"epochs: {epochs}"), "utf-8")
    return path


def shown(program: Program, name: str) -> dict[str, Any]:
    found: dict[str, Any] = program("runs", "show", name, "--json").json
    return found


def ended(program: Program, name: str, timeout: float = LONG) -> dict[str, Any]:
    def over() -> dict[str, Any]:
        found = shown(program, name)
        return found if found["status"] in {"Completed", "Failed", "Canceled"} else {}

    return wait_until(over, timeout, f"the end of {name}")


def log(program: Program, name: str, rank: int) -> str:
    path = program.home / "runs" / name / "user_logs" / f"std_log_process_{rank}.txt"
    return path.read_text("utf-8", "replace") if path.exists() else ""


def wait_for_epoch(program: Program, name: str, rank: int) -> None:
    def reached() -> bool:
        assert shown(program, name)["status"] not in {"Completed", "Failed", "Canceled"}, log(program, name, rank)
        return "epoch  3" in log(program, name, rank)

    wait_until(reached, LONG, f"epoch 3 of {name}: {log(program, name, rank)}")


def test_a_tf_config_of_the_scripts_own_is_the_likelier_cause_of_a_taken_port(plain: Program) -> None:
    done = plain("run", write(plain, OVERWRITES), "--json")
    assert done.code == 1, done.err
    cause = done.json["explanations"][0]
    assert cause["code"] == "tf-config-overwritten"
    assert "(main.py, line 3)" in cause["cause"]


@pytest.mark.parametrize(("workers", "servers"), [(2, 0), (3, 2)])
def test_every_task_sees_what_the_table_says(plain: Program, workers: int, servers: int) -> None:
    path = write(plain, SEE, workers=workers, servers=servers)
    promised = plain("ranks", path, "--json").json["ranks"]
    done = plain("run", path, "--json")
    assert done.code == 0, done.err
    folder = next((plain.home / "runs").iterdir())
    plan = json.loads((folder / "plan.json").read_text("utf-8"))
    addresses = {f"host{each['node']}:2222": f"127.0.0.1:{each['ports'][0]}" for each in plan["processes"]}
    assert len(set(addresses.values())) == len(promised) == workers + servers
    for each in promised:
        seen = json.loads((folder / "code" / "outputs" / f"{each['name']}.json").read_text("utf-8"))
        text = each["environment"]["TF_CONFIG"]
        for azure, here in addresses.items():
            text = text.replace(azure, here)
        assert seen["TF_CONFIG"] == text
        assert f"{each['name']} is here" in log(plain, folder.name, each["rank"])
    assert {each["status"] for each in shown(plain, folder.name)["ranks"]} == {"Completed"}


def test_cancelling_ends_servers_too(plain: Program) -> None:
    path = write(plain, SEE, workers=2, servers=1)
    (plain.cwd / "src" / "wait").touch()
    run = plain("run", path, "--detach").out.strip()
    seen = plain.home / "runs" / run / "code" / "outputs"
    wait_until(lambda: len(list(seen.glob("*.json"))) == 3, what="the tasks to start")
    assert plain("runs", "cancel", run).code == 0
    assert ended(plain, run)["status"] == "Canceled"


def test_a_run_goes_on_when_who_submitted_it_is_killed(plain: Program) -> None:
    path = write(plain, SEE, workers=2, servers=1)
    (plain.cwd / "src" / "wait").touch()
    with plain.start("run", path) as submitter:
        runs = plain.home / "runs"
        wait_until(lambda: list(runs.glob("*/code/outputs/worker 1.json")), what="the tasks to start")
        submitter.send_signal(signal.SIGKILL)
    name = next(runs.iterdir()).name
    assert shown(plain, name)["status"] == "Running"
    (runs / name / "code" / "wait").unlink()
    assert ended(plain, name)["status"] == "Completed"


@pytest.mark.parametrize("name", ["tensorflow", "tensorflow-ps"])
def test_the_samples_learn(real: Program, name: str) -> None:
    done = real("run", sample(real, f"{name}.yml"), timeout=280)
    assert done.code == 0, done.out + done.err
    folder = next((real.home / "runs").iterdir())
    assert [each.name for each in (folder / "code" / "outputs").iterdir()] == ["model.keras"]
    logs = [log(real, folder.name, each["rank"]) for each in shown(real, folder.name)["ranks"]]
    said = [re.search(r"test accuracy ([\d.]+)% on 360 digits", each) for each in logs]
    (last,) = [each for each in said if each]
    assert float(last[1]) > 95
    assert {"loss", "accuracy"} <= {*shown(real, folder.name)["metrics"]}
    assert sum(map(len, logs)) < 5000, logs


@pytest.mark.parametrize(("name", "chief", "victim"), [("tensorflow", 0, 1), ("tensorflow-ps", 1, 0)])
def test_who_is_killed_in_the_middle_is_blamed(real: Program, name: str, chief: int, victim: int) -> None:
    run = real("run", sample(real, f"{name}.yml", epochs=5000), "--detach").out.strip()
    wait_for_epoch(real, run, chief)
    assert real("runs", "drill", run, "kill", "--rank", str(victim)).code == 0
    found = ended(real, run)
    assert (found["status"], found["first_failure"]["rank"]) == ("Failed", victim)
    assert found["first_failure"]["exit_code"] == -signal.SIGKILL


def test_who_dies_before_the_others_connect_is_blamed(real: Program) -> None:
    """TensorFlow itself waits for a missing worker for a quarter of an hour and more; the run ends within the grace."""
    run = real("run", write(real, DIES), "--detach").out.strip()
    found = ended(real, run)
    assert (found["status"], found["first_failure"]["rank"]) == ("Failed", 1)
    assert "no data on this node" in found["first_failure"]["text"]


def test_a_cancelled_run_leaves_nobody(real: Program) -> None:
    """That no process is left is what the fixture `no_orphans` looks at."""
    run = real("run", sample(real, "tensorflow.yml", epochs=5000), "--detach").out.strip()
    wait_for_epoch(real, run, 0)
    assert real("runs", "cancel", run).code == 0
    assert ended(real, run)["status"] == "Canceled"
