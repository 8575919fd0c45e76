"""What the benchmarks of Azure ML share: an emulator, the backend over it, bytes and requests as it counted them."""

from __future__ import annotations

import os
import shutil
import statistics
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from desktop_app.api import RunSnapshot, Workspace
from desktop_app.backends.azureml.backend import AzureBackend
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.cloud import AzureMLCloud
from desktop_app.backends.azureml.runs import snapshots
from desktop_app.backends.azureml.runs.records import Records, placed
from desktop_app.places import Places
from tests.helpers.azure_backends import PlainRanks
from tests.helpers.emulators import ROOT, Emulator, running_emulator
from tests.helpers.gateways import gateway_of
from tests.helpers.made_toolchains import toolchain_or_skip


def azureml_python() -> Path:
    """Return the Python of the Azure ML client: RANKZERO_TEST_AZUREML names it, else it is the toolchain's."""
    named = os.environ.get("RANKZERO_TEST_AZUREML")
    return Path(named) if named else toolchain_or_skip("azureml")


@contextmanager
def emulated(folder: Path, *options: str) -> Iterator[Emulator]:
    """Give an emulator to which this process and its children are led."""
    with running_emulator(folder / "emulator", *options) as emulator:
        os.environ.update(emulator.environment)
        yield emulator


@asynccontextmanager
async def backend_over(home: Path, emulator: Emulator) -> AsyncIterator[tuple[AzureBackend, Workspace]]:
    """Give the backend with its real gateway, in the emulator's workspace."""
    async with gateway_of(azureml_python()) as gateway:
        backend = AzureBackend(Places(home, home / "cache"), gateway, PlainRanks())
        cloud = AzureMLCloud(backend)
        try:
            yield backend, cloud.add(cloud.read_config(emulator.config))
        finally:
            await backend.close()


def make_cluster(emulator: Emulator, name: str = "gpu-cluster", most: int = 1) -> None:
    """Make a cluster; what asks for more nodes than it may have waits in the queue for good."""
    scale = {"minNodeCount": 0, "maxNodeCount": most, "nodeIdleTimeBeforeScaleDown": "PT2M"}
    inner = {"vmSize": "Standard_NC4as_T4_v3", "scaleSettings": scale}
    body = {"location": "westus", "properties": {"computeType": "AmlCompute", "properties": inner}}
    told = emulator.ask("PUT", f"{{ws}}/computes/{name}?api-version=2023-08-01-preview", body)
    assert told.status == 201, told.body


def digits(folder: Path, nodes: int = 4) -> Path:
    """Copy the digits sample, to be sent to the cluster; return its job file."""
    shutil.copytree(ROOT / "resources" / "samples" / "digits", folder)
    path = folder / "job.yml"
    text = path.read_text("utf-8").replace("instance_count: 1", f"instance_count: {nodes}")
    path.write_text(text.replace("# compute: azureml:gpu-cluster", "compute: azureml:gpu-cluster"), "utf-8")
    return path


def change_code(job: Path, word: str) -> None:
    """Let the code be another one than any that was sent before, so that it is uploaded."""
    with (job.parent / "src" / "train.py").open("a", encoding="utf-8") as script:
        script.write(f"# {word}\n")


def write_records(home: Path, workspace: Workspace, names: Sequence[str], status: Mapping[str, str]) -> list[str]:
    """Write what the program keeps of runs that were sent from here; return their handles."""
    records, made = Records(home / "cloud"), []
    for name in names:
        job = {
            "name": name,
            "properties": {"jobType": "Command", "status": status.get(name, "Running"), "displayName": name,
                           "experimentName": "pretended", "resources": {"instanceCount": 1}},
            "systemData": {"createdAt": "2026-11-21T10:00:00+00:00"},
        }  # fmt: skip
        run: RunSnapshot = snapshots.of_job(routes.handle_of(workspace, name), job)
        made.append(placed(run, records.folder_of(name)))
    records.write(made)
    return [each.handle for each in made]


def requests_since(emulator: Emulator, count: int) -> list[dict[str, Any]]:
    """Return the requests that were answered after the first `count`."""
    found: list[dict[str, Any]] = emulator.control(f"log?after={count}")
    return found


def spread(values: Sequence[float]) -> str:
    """Write a median with the least and the most."""
    return f"{statistics.median(values):.3f} s ({min(values):.3f} to {max(values):.3f}, {len(values)} times)"
