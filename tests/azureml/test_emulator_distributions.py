"""The four distributions in the emulator: every rank really runs, with what Azure ML would tell it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.helpers.emulated_jobs import PLAIN, logs_of, problem_of, reached
from tests.helpers.emulators import Emulator, Sdk

PYTORCH = """
import json, os
names = ("RANK", "LOCAL_RANK", "NODE_RANK", "WORLD_SIZE", "AZUREML_RUN_ID")
print(json.dumps({each: os.environ[each] for each in names}))
"""
TENSORFLOW = """
import json, os
found = json.loads(os.environ["TF_CONFIG"])
print(json.dumps({"task": found["task"], "workers": len(found["cluster"]["worker"])}))
"""
MPI = """
import json, os
print(json.dumps({"rank": os.environ["OMPI_COMM_WORLD_RANK"], "size": os.environ["OMPI_COMM_WORLD_SIZE"]}))
"""
RAY = """
import json, ray
ray.init(address="auto", logging_level="ERROR")
print("nodes", len([each for each in ray.nodes() if each["Alive"]]))
"""


def run(sdk: Sdk, folder: Path, script: str, distribution: str, nodes: int) -> str:
    """Submit a script with a distribution (Python of the SDK) on some nodes; return the job's name once it is over."""
    folder.mkdir()
    (folder / "train.py").write_text(script)
    name = f"of-{folder.name}"
    sdk(
        """
        from azure.ai.ml import MpiDistribution, PyTorchDistribution, RayDistribution, TensorFlowDistribution, command
        job = command(
            command="python train.py", code=folder, environment=environment, name=name, instance_count=nodes,
            distribution=eval(distribution),
        )
        result = ml.jobs.create_or_update(job).status
        """,
        folder=str(folder),
        name=name,
        environment=PLAIN,
        nodes=nodes,
        distribution=distribution,
    )
    assert reached(sdk, name) == "Completed", problem_of(sdk, name)
    return name


def said(text: str) -> dict[str, object]:
    """What a rank told as JSON, among other lines."""
    line = next(each for each in text.splitlines() if each.startswith("{"))
    read: dict[str, object] = json.loads(line)
    return read


def test_pytorch_starts_the_processes_of_every_node(emulator: Emulator, sdk: Sdk, tmp_path: Path) -> None:
    name = run(sdk, tmp_path / "pytorch", PYTORCH, "PyTorchDistribution(process_count_per_instance=2)", 2)
    logs = logs_of(emulator, sdk, name)
    assert [each for each in sorted(logs) if each.startswith("user_logs/")] == [
        f"user_logs/std_log_process_{rank}.txt" for rank in range(4)
    ]
    assert "The job runs on 2 node(s)." in logs["system_logs/lifecycler/lifecycler.log"]
    last = said(logs["user_logs/std_log_process_3.txt"])
    assert last == {"RANK": "3", "LOCAL_RANK": "1", "NODE_RANK": "1", "WORLD_SIZE": "4", "AZUREML_RUN_ID": name}


def test_more_than_ten_ranks_have_logs_of_two_digits(emulator: Emulator, sdk: Sdk, tmp_path: Path) -> None:
    name = run(sdk, tmp_path / "many", PYTORCH, "PyTorchDistribution(process_count_per_instance=11)", 1)
    logs = logs_of(emulator, sdk, name)
    assert {"user_logs/std_log_process_00.txt", "user_logs/std_log_process_10.txt"} <= logs.keys()


def test_tensorflow_tells_every_worker_its_task(emulator: Emulator, sdk: Sdk, tmp_path: Path) -> None:
    name = run(sdk, tmp_path / "tensorflow", TENSORFLOW, "TensorFlowDistribution(worker_count=2)", 2)
    logs = logs_of(emulator, sdk, name)
    tasks = [said(text)["task"] for key, text in sorted(logs.items()) if key.startswith("user_logs/std_log_process_")]
    assert tasks == [{"type": "worker", "index": 0}, {"type": "worker", "index": 1}]


@pytest.mark.skipif(shutil.which("mpirun") is None, reason="no mpirun on this machine")
def test_mpi_runs_its_ranks_and_keeps_the_launchers_log(emulator: Emulator, sdk: Sdk, tmp_path: Path) -> None:
    name = run(sdk, tmp_path / "mpi", MPI, "MpiDistribution(process_count_per_instance=2)", 1)
    logs = logs_of(emulator, sdk, name)
    assert "user_logs/mpi_log.txt" in logs
    ranks = {str(said(logs[f"user_logs/std_log_process_{rank}.txt"])["rank"]) for rank in range(2)}
    assert ranks == {"0", "1"}


@pytest.mark.usefixtures("ray_toolchain")
def test_ray_joins_its_nodes_to_a_cluster(emulator: Emulator, sdk: Sdk, tmp_path: Path) -> None:
    name = run(sdk, tmp_path / "ray", RAY, "RayDistribution(include_dashboard=False)", 2)
    assert "ray-dashboard" in sdk("list(ml.jobs.get(name).services)", name=name)
    assert any("nodes 2" in text for text in logs_of(emulator, sdk, name).values())
