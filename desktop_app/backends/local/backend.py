"""Runs on this machine, behind the JobBackend protocol."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.api import (
    Job,
    JobSource,
    MetricPoint,
    OutsideError,
    Progress,
    ResourcePoint,
    RunSnapshot,
    SubmissionPlan,
    UserError,
)
from desktop_app.backends.local import run_folder, series, submitting
from desktop_app.backends.local.planning import Planner
from desktop_app.backends.local.ports import Ports
from desktop_app.backends.local.reading import RunReader
from desktop_app.places import Places


@dataclass(slots=True)
class Curves:
    """What was read of a run's metrics and resources so far."""

    metrics: series.Series[MetricPoint]
    resources: series.Series[ResourcePoint]
    tensorboard: tuple[MetricPoint, ...] = ()
    tensorboard_size: int = 0


class LocalBackend:
    """The processes of a job as Azure ML starts them, here; each run in the care of its own supervisor."""

    name = "local"
    title = "This machine"

    def __init__(self, places: Places, ports: Ports) -> None:
        self._runs = places.runs
        self._ports = ports
        self._planner = Planner(places.runs, ports)
        self._reader = RunReader(places.runs)
        self._curves: dict[str, Curves] = {}

    async def plan(self, job: Job, source: JobSource) -> SubmissionPlan:
        """Work out what submitting would do, changing nothing; findings go into the plan's diagnostics."""
        return await self._planner.plan(job, source)

    async def submit(self, plan: SubmissionPlan, progress: Progress) -> str:
        """Start the plan; returns once its supervisor is alive. Raises UserError and OutsideError."""
        submitting.refuse_errors(plan)
        progress("Making the run's folder", None)
        folder = await asyncio.to_thread(submitting.make_folder, plan, self._runs)
        progress("Starting the supervisor", None)
        await asyncio.to_thread(submitting.start, folder)
        return f"{run_folder.SCHEME}{plan.run}"

    async def discover(self) -> Sequence[str]:
        """Return the handles of all runs that have a folder."""
        return await asyncio.to_thread(run_folder.discover, self._runs)

    async def snapshots(self, handles: Iterable[str]) -> Mapping[str, RunSnapshot]:
        """Return the state of each run whose folder is there; a run that lost its supervisor is closed first."""
        return await asyncio.to_thread(self._reader.read, tuple(handles))

    async def cancel(self, handle: str) -> None:
        """Ask the run's supervisor to end it. Raises UserError if the run is over or gone."""
        snapshot = await self._snapshot(handle)
        if snapshot.is_over:
            raise UserError(f"{snapshot.run} is over: {snapshot.status.value}.")
        await asyncio.to_thread(_request, Path(snapshot.folder) / "requests" / "cancel")

    async def log_files(self, handle: str) -> Mapping[str, Path]:
        """Return the logs of the ranks by name, then those in `./logs`."""
        return await asyncio.to_thread(lambda: run_folder.log_files(run_folder.existing(self._runs, handle)))

    async def metrics(self, handle: str) -> Sequence[MetricPoint]:
        """Return the points logged by MLflow and those of TensorBoard event files, by time."""
        curves = self._curves_of(handle)
        points = await asyncio.to_thread(curves.metrics.read)
        await self._read_tensorboard(handle, curves)
        if not curves.tensorboard:
            return tuple(points)
        return sorted((*points, *curves.tensorboard), key=lambda each: each.time)

    async def resources(self, handle: str) -> Sequence[ResourcePoint]:
        """Return the samples of every rank by time."""
        return tuple(await asyncio.to_thread(self._curves_of(handle).resources.read))

    async def remove(self, handle: str) -> None:
        """Delete the folder of a run that is over. Raises UserError for one that is not."""
        snapshot = await self._snapshot(handle)
        if not snapshot.is_over:
            raise UserError(f"{snapshot.run} is not over.", hint="Cancel it first.")
        await asyncio.to_thread(_delete, Path(snapshot.folder))
        self._reader.forget(handle)
        self._curves.pop(handle, None)

    async def _snapshot(self, handle: str) -> RunSnapshot:
        run_folder.existing(self._runs, handle)
        found = await self.snapshots([handle])
        if handle not in found:
            raise UserError(f"The folder of {handle} is gone.")
        return found[handle]

    def _curves_of(self, handle: str) -> Curves:
        if handle not in self._curves:
            folder = run_folder.folder_of(self._runs, handle)
            self._curves[handle] = Curves(
                series.Series(folder / "metrics.jsonl", series.metric_point),
                series.Series(folder / "resources.jsonl", series.resource_point),
            )
        return self._curves[handle]

    async def _read_tensorboard(self, handle: str, curves: Curves) -> None:
        code = run_folder.folder_of(self._runs, handle) / "code"
        folders, size = await asyncio.to_thread(series.event_folders, code)
        if size != curves.tensorboard_size:
            curves.tensorboard = tuple(await self._ports.tensorboard(folders))
            curves.tensorboard_size = size


def _request(path: Path) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        path.touch()
    except OSError as error:
        raise OutsideError(f"The request could not be written: {error.strerror or error}.", hint=str(path)) from error


def _delete(folder: Path) -> None:
    try:
        shutil.rmtree(folder, onerror=_make_writable)
    except OSError as error:
        raise OutsideError(f"{folder} could not be deleted: {error.strerror or error}.") from error


def _make_writable(again: Callable[..., Any], path: str, _: object) -> None:
    """Scripts leave read-only folders: allow writing and try once more."""
    with contextlib.suppress(OSError):
        Path(path).parent.chmod(stat.S_IRWXU)
        if not Path(path).is_symlink():
            Path(path).chmod(stat.S_IRWXU)
    if again in (os.open, os.scandir):
        shutil.rmtree(path)
    else:
        again(path)
