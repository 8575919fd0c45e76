"""The Azure ML backend over the emulator, with its real gateway."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import ComputeSpec, JobSource, RunSnapshot, Workspace
from desktop_app.backends.azureml.backend import AzureBackend
from desktop_app.backends.azureml.cloud import AzureMLCloud
from desktop_app.documents.job_document import read_job
from desktop_app.places import Places
from tests.helpers.azure_backends import PlainRanks, quiet
from tests.helpers.emulators import Emulator
from tests.helpers.gateways import gateway_of
from tests.helpers.waiting import wait_until_async

SCRIPT = """\
import os, pathlib, sys, time
rank = int(os.environ["RANK"])
for step in range(int(sys.argv[1])):
    print(f"rank {rank} step {step}", flush=True)
    time.sleep(0.1)
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path(f"outputs/model_{rank}.bin").write_bytes(bytes(range(256)) * 400)
pathlib.Path(sys.argv[2], f"part_{rank}.txt").write_text(f"rank {rank}")
if len(sys.argv) > 3 and rank == 1:
    sys.exit("a bad end")
"""
JOB = """\
command: python train.py {steps} ${{{{outputs.made}}}} {more}
code: ./src
environment: azureml:AzureML-sklearn-1.5@latest
compute: azureml:gpu-cluster
display_name: Emulated
experiment_name: tries
outputs:
  made: {{type: uri_folder}}
distribution:
  type: pytorch
  process_count_per_instance: 2
resources:
  instance_count: 2
"""
PATIENCE = 90.0


@dataclass
class CloudDesk:
    """A home with a project, a backend and what else the workspace holds."""

    folder: Path
    emulator: Emulator
    workspace: Workspace
    backend: AzureBackend
    cloud: AzureMLCloud

    async def submit(self, steps: int = 5, more: str = "") -> str:
        """Submit a job of four ranks."""
        text = JOB.format(steps=steps, more=more)
        job = read_job(text, self.folder / "job.yml").job
        assert job is not None
        plan = await self.backend.plan(job, JobSource(None, self.folder, text))
        return await self.backend.submit(plan, quiet)

    async def look(self, handle: str) -> RunSnapshot:
        """Return the run as it is told."""
        return (await self.backend.snapshots([handle]))[handle]

    async def until(self, handle: str, true: Callable[[RunSnapshot], bool]) -> RunSnapshot:
        """Return the run once it is so."""

        async def found() -> RunSnapshot | None:
            await self.backend.discover()
            run = await self.look(handle)
            return run if true(run) else None

        run = await wait_until_async(found, PATIENCE)
        assert run is not None
        return run

    def puts(self) -> list[str]:
        """Return the paths of the jobs that were sent, one for each time."""
        return [each["path"] for each in self.emulator.log() if each["method"] == "PUT" and "/jobs/" in each["path"]]


async def until(true: Callable[[], Awaitable[bool]] | Callable[[], bool]) -> None:
    """Wait until it is so."""

    async def asked() -> bool:
        found = true()
        return await found if isinstance(found, Awaitable) else found

    await wait_until_async(asked, PATIENCE)


@asynccontextmanager
async def cloud_desk(folder: Path, emulator: Emulator, python: Path) -> AsyncIterator[CloudDesk]:
    """Give a desk whose children the caller's environment leads to the emulator."""
    source = folder / "src"
    source.mkdir(parents=True, exist_ok=True)
    (source / "train.py").write_text(SCRIPT)
    async with gateway_of(python) as gateway:
        backend = AzureBackend(Places(folder / "home", folder / "cache"), gateway, PlainRanks())
        cloud = AzureMLCloud(backend)
        workspace = cloud.add(cloud.read_config(emulator.config))
        if "gpu-cluster" not in [each.name for each in await cloud.computes(workspace)]:
            spec = ComputeSpec("gpu-cluster", "Standard_NC6s_v3")
            await cloud.create_compute(workspace, spec, quiet)
        try:
            yield CloudDesk(folder, emulator, workspace, backend, cloud)
        finally:
            await asyncio.shield(backend.close())
