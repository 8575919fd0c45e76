"""Ray jobs through the whole program: two nodes on loopback, the sample, who is blamed, and nothing left behind."""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop_app.places import shipped
from desktop_app.services.settings import Settings
from desktop_app.services.toolchains.service import CHOSEN
from plugins.ray import node_starter
from tests.helpers.program import Program
from tests.helpers.waiting import wait_until

SAMPLE = shipped("resources") / "samples" / "digits"
LONG = 240.0
"""Seconds that a Ray cluster may take to start on a busy machine."""
JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
command: python main.py '${{inputs.words}}'
code: src
environment: azureml:any@latest
inputs:
  words: two "words"
distribution:
  type: ray
resources:
  instance_count: 2
"""
WAITS = """
import json, os, sys, time
from pathlib import Path
import ray

ray.init(address="auto")

@ray.remote(num_cpus=0)
def see():
    return {"node": ray.util.get_node_ip_address(), "folder": os.getcwd()}

nodes = [each for each in ray.nodes() if each["Alive"]]
places = [ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(each["NodeID"], soft=False) for each in nodes]
seen = ray.get([see.options(scheduling_strategy=each).remote() for each in places])
text = json.dumps({"seen": seen, "words": sys.argv[1:], "environment": dict(os.environ)})
Path("seen.new").write_text(text)
Path("seen.new").rename("seen.json")
while Path("wait").exists():
    ray.get(see.options(scheduling_strategy=places[-1]).remote())
    time.sleep(0.05)
"""


@pytest.fixture
def real(program: Program, ray_toolchain: Path) -> Iterator[Program]:
    """The program with Ray; of a node's own folder nothing may be left."""
    Settings(program.home / "settings.json").set(CHOSEN, {"rankzero-ray": str(ray_toolchain)})
    before = _folders()
    yield Program(program.home, program.cwd, {"RANKZERO_GRACE": "1,10"})
    assert _folders() <= before


def _folders() -> set[Path]:
    return {*node_starter.short_folder().glob(f"{node_starter.PREFIX}*")}


def write(program: Program, *, wait: bool = True) -> Path:
    (program.cwd / "src").mkdir()
    (program.cwd / "src" / "main.py").write_text(WAITS, "utf-8")
    if wait:
        (program.cwd / "src" / "wait").touch()
    path = program.cwd / "job.yml"
    path.write_text(JOB, "utf-8")
    return path


def shown(program: Program, name: str) -> dict[str, Any]:
    found: dict[str, Any] = program("runs", "show", name, "--json").json
    return found


def ended(program: Program, name: str) -> dict[str, Any]:
    def over() -> dict[str, Any]:
        found = shown(program, name)
        return found if found["status"] in {"Completed", "Failed", "Canceled"} else {}

    return wait_until(over, LONG, f"the end of {name}")


def log(program: Program, name: str, rank: int) -> str:
    return (program.home / "runs" / name / "user_logs" / f"std_log_process_{rank}.txt").read_text("utf-8", "replace")


def at_work(program: Program, name: str) -> dict[str, Any]:
    """Wait until the driver has seen its cluster; return what it saw."""
    path = program.home / "runs" / name / "code" / "seen.json"

    def there() -> bool:
        assert path.exists() or shown(program, name)["status"] != "Failed", log(program, name, 0)
        return path.exists()

    wait_until(there, LONG, f"the cluster of {name}")
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def test_the_sample_learns(real: Program) -> None:
    shutil.copytree(SAMPLE, real.cwd / "digits")
    done = real("run", real.cwd / "digits" / "ray.yml", timeout=LONG)
    assert done.code == 0, done.out + done.err
    name = next((real.home / "runs").iterdir()).name
    said = re.search(r"test accuracy ([\d.]+)% on 360 digits", log(real, name, 0))
    assert said
    assert float(said[1]) > 95
    assert {*re.findall(r"worker \d of 2 on \w+ of node (\S+)", log(real, name, 0))} == {"127.0.0.2", "127.0.0.3"}
    found = shown(real, name)
    assert [(each["role"], each["status"]) for each in found["ranks"]] == [
        ("driver", "Completed"),
        ("head", "Completed"),
        ("worker", "Completed"),
    ]
    assert {"loss", "accuracy"} <= {*found["metrics"]}


def test_the_cluster_is_what_the_table_says_and_goes_on_without_who_submitted_it(real: Program) -> None:
    path = write(real)
    promised = real("ranks", path, "--json").json["ranks"]
    with real.start("run", path) as submitter:
        runs = real.home / "runs"
        wait_until(lambda: runs.is_dir() and list(runs.glob("*/code/seen.json")), LONG, "the driver")
        submitter.send_signal(signal.SIGKILL)
    name = next(runs.iterdir()).name
    seen = at_work(real, name)
    assert [each["name"] for each in promised] == ["driver", "head", "worker 0"]
    assert len(seen["seen"]) == len({each["node"] for each in promised}) == len({each["node"] for each in seen["seen"]})
    assert {each["folder"] for each in seen["seen"]} == {str(runs / name / "code")}
    assert seen["words"] == ['two "words"']
    # Azure ML documents no variable of Ray, so the table promises none; here the driver is told the address.
    assert [each["environment"] for each in promised] == [{}, {}, {}]
    assert seen["environment"]["RAY_ADDRESS"].startswith("127.0.0.2:")
    assert shown(real, name)["status"] == "Running"
    (runs / name / "code" / "wait").unlink()
    assert ended(real, name)["status"] == "Completed"


def test_a_worker_node_that_is_killed_is_blamed(real: Program) -> None:
    name = real("run", write(real), "--detach").out.strip()
    at_work(real, name)
    assert real("runs", "drill", name, "kill", "--rank", "2").code == 0
    found = ended(real, name)
    assert (found["status"], found["first_failure"]["rank"]) == ("Failed", 2)
    assert found["first_failure"]["exit_code"] == -signal.SIGKILL
    node_starter.sweep(node_starter.short_folder())  # as the next node does: who is killed can't tidy up


def test_a_cancelled_run_leaves_nobody(real: Program) -> None:
    """That no process is left is what the fixture `no_orphans` looks at."""
    name = real("run", write(real), "--detach").out.strip()
    at_work(real, name)
    assert real("runs", "cancel", name).code == 0
    assert ended(real, name)["status"] == "Canceled"


def test_a_head_that_can_not_start_is_blamed_and_explained(real: Program) -> None:
    path = write(real, wait=False)
    text = path.read_text("utf-8").replace("type: ray", "type: ray\n  head_node_additional_args: --no-such-word")
    path.write_text(text, "utf-8")
    name = real("run", path, "--detach").out.strip()
    found = ended(real, name)
    assert (found["status"], found["first_failure"]["rank"]) == ("Failed", 1)
    assert "No such option" in log(real, name, 1)
