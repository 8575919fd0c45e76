"""Jobs of the emulator by the unmodified SDK: submitted, really run, watched, read, downloaded, canceled."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.emulators import Emulator, Sdk, SdkError
from tests.helpers.waiting import wait_until

PLAIN = "azureml:AzureML-sklearn-1.0-ubuntu20.04-py38-cpu:33"
OVER = ("Completed", "Failed", "Canceled")
PATIENCE = 90.0

TRAIN = """
import os, sys
from pathlib import Path
rank = int(os.environ["RANK"])
print(f"rank {rank} of {os.environ['WORLD_SIZE']} of the run {os.environ['AZUREML_RUN_ID']}", flush=True)
print("data:", Path(sys.argv[1]).read_text().strip())
if rank == 0:
    Path("outputs").mkdir(exist_ok=True)
    Path("outputs/model.txt").write_text("a model")
    Path("logs").mkdir(exist_ok=True)
    Path("logs/own.log").write_text("a log of its own")
    Path(sys.argv[2], "named.txt").write_text("a named output")
"""


@pytest.fixture(scope="module")
def cluster(sdk: Sdk) -> str:
    """A cluster of four nodes."""
    sdk(
        'ml.compute.begin_create_or_update(entities.AmlCompute(name="cpus", size="Standard_DS2_v2", max_instances=4)).result()'
    )
    return "cpus"


def submit(sdk: Sdk, name: str, command: str, **more: Any) -> str:
    """Submit a command job and return its first status."""
    asked = {"command": command, "name": name, "environment": PLAIN, **more}
    status: str = sdk("ml.jobs.create_or_update(command(**asked)).status", asked=asked)
    return status


def status_of(sdk: Sdk, name: str) -> str:
    """The job's status, as the SDK reads it."""
    status: str = sdk("ml.jobs.get(name).status", name=name)
    return status


def ended(sdk: Sdk, name: str) -> str:
    """Wait for the job's end and return how it ended."""
    wait_until(lambda: status_of(sdk, name) in OVER, PATIENCE)
    return status_of(sdk, name)


def details(sdk: Sdk, name: str) -> dict[str, Any]:
    """The run's details, with links to its logs."""
    read: dict[str, Any] = sdk("ml.jobs._runs_operations.get_run_details(name).as_dict()", name=name)
    return read


def read_link(emulator: Emulator, url: str, **headers: str) -> bytes:
    """Read an address through the emulator's proxy, with nothing but what stands in it."""
    import ssl

    proxy = urllib.request.ProxyHandler({"https": emulator.proxy})
    trust = urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=str(emulator.ca)))
    with urllib.request.build_opener(proxy, trust).open(
        urllib.request.Request(url, headers=headers), timeout=60
    ) as read:
        data: bytes = read.read()
    return data


def logs_of(emulator: Emulator, sdk: Sdk, name: str) -> Mapping[str, str]:
    """All logs of a job by name, read by their links."""
    return {key: read_link(emulator, url).decode() for key, url in details(sdk, name)["logFiles"].items()}


def test_two_ranks_run_and_tell(emulator: Emulator, sdk: Sdk, cluster: str, tmp_path: Path) -> None:
    code, data = tmp_path / "code", tmp_path / "words.txt"
    code.mkdir()
    (code / "train.py").write_text(TRAIN)
    data.write_text("some words\n")
    first = sdk(
        """
        from azure.ai.ml import Input, Output, command
        job = command(
            command="python train.py ${{inputs.words}} ${{outputs.made}}", name="two-ranks", environment=environment,
            code=folder, compute=compute, experiment_name="tries", instance_count=2, tags={"a": "b"},
            distribution={"type": "pytorch", "process_count_per_instance": 1},
            inputs={"words": Input(type="uri_file", path=data)}, outputs={"made": Output(type="uri_folder")},
        )
        result = ml.jobs.create_or_update(job).status
        """,
        folder=str(code),
        data=str(data),
        environment=PLAIN,
        compute=cluster,
    )
    assert first == "Starting"
    assert ended(sdk, "two-ranks") == "Completed", details(sdk, "two-ranks")["error"]
    logs = logs_of(emulator, sdk, "two-ranks")
    assert "rank 0 of 2 of the run two-ranks" in logs["user_logs/std_log_process_0.txt"]
    assert "rank 1 of 2 of the run two-ranks" in logs["user_logs/std_log_process_1.txt"]
    assert "data: some words" in logs["user_logs/std_log_process_0.txt"]
    assert logs["logs/own.log"] == "a log of its own"
