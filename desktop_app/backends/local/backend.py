"""Runs on this machine, behind the JobBackend protocol."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from desktop_app.api import (
    Drill,
    DrillOrder,
    Job,
    JobSource,
    MetricPoint,
    OutsideError,
    Progress,
    ResourcePoint,
    RunSnapshot,
    RunStatus,
    SubmissionPlan,
    Trial,
    UserError,
)
from desktop_app.backends.local import drilling, removing, run_folder, series, submitting, trial_runs
from desktop_app.backends.local.curves import Curves, Shelf
from desktop_app.backends.local.listing import Listing
from desktop_app.backends.local.planning import Planner
from desktop_app.backends.local.ports import Ports
from desktop_app.backends.local.reading import RunReader, lives_elsewhere
from desktop_app.places import Places
from desktop_app.worker.supervisor.journal import read_object


class LocalBackend:
    """The processes of a job as Azure ML starts them, here; each run in the care of its own supervisor."""

    name = "local"
    title = "This machine"

    def __init__(self, places: Places, ports: Ports) -> None:
        self._runs = places.runs
        self._ports = ports
        self._planner = Planner(places.runs, ports)
        self._reader = RunReader(places.runs)
        self._listing = Listing(places.runs)
        self._collected = False
        self._curves = Shelf(lambda handle: Curves(run_folder.folder_of(self._runs, handle)))

    async def plan(self, job: Job, source: JobSource) -> SubmissionPlan:
        """Work out what submitting would do, changing nothing; findings go into the plan's diagnostics."""
        return await self._planner.plan(job, source)

    async def submit(self, plan: SubmissionPlan, progress: Progress) -> str:
        """Start the plan; returns once its supervisor is alive. Raises UserError and OutsideError.

        Who cancels the wait cancels the run: it would go on without anybody who knows of it.
        """
        return await self._submit(plan, progress)

    async def start(self, plan: SubmissionPlan, trial: Trial) -> str:
        """Start a sweep's trial as a run."""
        return await self._submit(plan, lambda _message, _part: None, trial)

    async def control_sweep(self, run: str) -> int:
        """Be the controller of a sweep: its run's first process calls this. Returns its exit code."""
        trials = trial_runs.TrialRuns(self, self._planner, self._ports, self._runs)
        return await trial_runs.control(trials, run_folder.existing(self._runs, f"{run_folder.SCHEME}{run}"))

    async def _submit(self, plan: SubmissionPlan, progress: Progress, trial: Trial | None = None) -> str:
        submitting.refuse_errors(plan)
        progress("Making the run's folder", None)
        folder = await asyncio.to_thread(submitting.make_folder, plan, self._runs, trial)
        progress("Starting the supervisor", None)
        starting = asyncio.ensure_future(asyncio.to_thread(submitting.start, folder))
        try:
            await asyncio.shield(starting)
        except asyncio.CancelledError:
            starting.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody waits for it now
            with contextlib.suppress(OSError):
                submitting.request_cancel(folder)
            raise
        return f"{run_folder.SCHEME}{plan.run}"

    async def discover(self) -> Sequence[str]:
        """Return the handles of all runs that have a folder."""
        if not self._collected:
            self._collected = True
            threading.Thread(target=removing.collect, args=(self._runs,), name="trash", daemon=True).start()
        return await asyncio.to_thread(self._listing.handles)

    async def snapshots(self, handles: Iterable[str]) -> Mapping[str, RunSnapshot]:
        """Return the state of each run whose folder is there; a run that lost its supervisor is closed first."""
        asked = tuple(handles)
        found = await asyncio.to_thread(self._reader.read, asked)
        if len(found) < len(asked):
            self._listing.forget()
        return found

    async def cancel(self, handle: str) -> None:
        """Ask the run's supervisor to end it. Raises UserError if the run is over or gone."""
        snapshot = await self._snapshot(handle)
        if snapshot.from_bundle:
            raise UserError(f"{snapshot.run} is from elsewhere ({snapshot.from_bundle}): nothing of it runs here.")
        if snapshot.is_over:
            raise UserError(f"{snapshot.run} is over: {snapshot.status.value}.")
        await asyncio.to_thread(_request, Path(snapshot.folder), snapshot.status is RunStatus.UNKNOWN)

    async def drill(self, handle: str, order: DrillOrder) -> Drill:
        """Have a fault drill done by the run's supervisor. Raises UserError where it can't be, or OutsideError."""
        snapshot = await self._snapshot(handle)
        drilling.refuse(snapshot)
        return await drilling.ask(Path(snapshot.folder), order)

    async def log_files(self, handle: str) -> Mapping[str, Path]:
        """Return the logs of the ranks by name, then those in `./logs`."""
        return await asyncio.to_thread(lambda: run_folder.log_files(run_folder.existing(self._runs, handle)))

    async def metrics(self, handle: str) -> Sequence[MetricPoint]:
        """Return the points logged by MLflow and those of TensorBoard event files, new ones last."""
        curves = self._curves.of(handle)
        code = run_folder.folder_of(self._runs, handle) / "code"
        async with curves.turn:
            folders, size = await asyncio.to_thread(series.event_folders, code)
            if size == curves.events_size:
                return await asyncio.to_thread(curves.metrics, None)
            points = await asyncio.to_thread(curves.metrics, await self._ports.tensorboard(folders))
            curves.events_size = size
            return points

    async def resources(self, handle: str) -> Sequence[ResourcePoint]:
        """Return the samples of every rank by time."""
        return await asyncio.to_thread(self._curves.of(handle).resources)

    async def remove(self, handle: str) -> None:
        """Delete the folder of a run that is over, or whose state nobody knows. Raises UserError for others.

        The trials of a sweep go with it.
        """
        snapshot = await self._snapshot(handle)
        folder = Path(snapshot.folder)
        if snapshot.status is RunStatus.UNKNOWN:
            await asyncio.to_thread(removing.refuse_if_alive, folder)
        elif not snapshot.is_over:
            raise UserError(f"{snapshot.run} is not over.", hint="Cancel it first.")
        if snapshot.sweep is not None:
            for trial in await asyncio.to_thread(lambda: list(trial_runs.trials_of(self._runs, snapshot.run))):
                await self.remove(trial)
        await asyncio.to_thread(removing.delete, folder)
        self._reader.forget(handle)
        self._curves.forget(handle)
        self._listing.forget()

    async def _snapshot(self, handle: str) -> RunSnapshot:
        run_folder.existing(self._runs, handle)
        found = await self.snapshots([handle])
        if handle not in found:
            raise UserError(f"The folder of {handle} is gone.")
        return found[handle]


def _request(folder: Path, is_unknown: bool) -> None:
    if is_unknown and not lives_elsewhere(read_object(folder / "run.json")) and not removing.is_supervised(folder):
        raise UserError(f"Nobody sees to {folder.name} any more, so there is nobody to ask.", hint="It can be removed.")
    try:
        submitting.request_cancel(folder)
    except OSError as error:
        raise OutsideError(f"The request could not be written: {error.strerror or error}.", hint=str(folder)) from error
