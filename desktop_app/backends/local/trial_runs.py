"""The trials of a sweep as runs of this machine: planned, started, looked at, ended and removed."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from desktop_app.api import (
    Host,
    Job,
    JobSource,
    MetricPoint,
    OutsideError,
    RunSnapshot,
    SubmissionPlan,
    Trial,
    UserError,
)
from desktop_app.api._records import from_json
from desktop_app.backends.local import submitting
from desktop_app.backends.local.planning import Planner
from desktop_app.backends.local.ports import Ports
from desktop_app.backends.local.run_folder import SCHEME, folder_of
from desktop_app.backends.local.sweep_plans import TRIAL_GRACE
from desktop_app.backends.local.sweeping import Controller
from desktop_app.worker.supervisor.ending import GRACE_VARIABLE
from desktop_app.worker.supervisor.journal import read_object
from desktop_app.worker.supervisor.plan_file import read_plan


class Backend(Protocol):
    """What trials need of the local backend."""

    async def start(self, plan: SubmissionPlan, trial: Trial) -> str:
        """Start a trial."""

    async def snapshots(self, handles: Sequence[str]) -> Mapping[str, RunSnapshot]:
        """Return how runs are."""

    async def metrics(self, handle: str) -> Sequence[MetricPoint]:
        """Return what a run logged."""


@dataclass(frozen=True, slots=True)
class TrialRuns:
    """What a sweep's controller asks for."""

    backend: Backend
    planner: Planner
    ports: Ports
    runs: Path

    def host(self) -> Host:
        """Return this machine."""
        return self.ports.host()

    async def plan_trial(self, job: Job, source: JobSource, run: str, share: int) -> SubmissionPlan:
        """Plan a trial as the run `run`, one of `share` that have the machine's cores together."""
        return await self.planner.plan_run(job, source, run, share)

    async def start_trial(self, plan: SubmissionPlan, trial: Trial) -> None:
        """Start it. Raises UserError and OutsideError."""
        await self.backend.start(plan, trial)

    async def snapshots(self, handles: Sequence[str]) -> Mapping[str, RunSnapshot]:
        """Return how the trials are."""
        return await self.backend.snapshots(handles)

    async def metrics(self, handle: str) -> Sequence[MetricPoint]:
        """Return what a trial logged; nothing of one whose folder is gone."""
        try:
            return await self.backend.metrics(handle)
        except (OSError, UserError):
            return ()

    async def end_trial(self, handle: str, reason: str, *, stopped_early: bool) -> None:
        """Ask a trial to end, for `reason`."""
        folder = folder_of(self.runs, handle)
        with contextlib.suppress(OSError):
            await asyncio.to_thread(submitting.request_cancel, folder, reason, stopped_early=stopped_early)


async def control(trials: TrialRuns, folder: Path) -> int:
    """Be the controller of the sweep whose run lies in `folder`. Raises OutsideError where its plan can't be read."""
    os.environ.pop(GRACE_VARIABLE, None)  # the sweep's own; this process is the controller and nothing else
    if TRIAL_GRACE in os.environ:
        os.environ[GRACE_VARIABLE] = os.environ.pop(TRIAL_GRACE)
    try:
        plan = from_json(SubmissionPlan, read_plan(folder / "plan.json"))
    except (TypeError, ValueError, KeyError) as error:
        raise OutsideError(f"plan.json in {folder} can't be read: {error}") from error
    return await Controller(trials, folder, plan).run()


def trials_of(runs: Path, sweep: str) -> Iterator[str]:
    """Yield the handles of a sweep's trials."""
    try:
        names = [each for each in os.listdir(runs) if each.startswith(f"{sweep}_")]  # noqa: PTH208 - thousands
    except OSError:
        return
    for name in sorted(names):
        trial = read_object(runs / name / "run.json").get("trial")
        if isinstance(trial, dict) and trial.get("sweep") == sweep:
            yield f"{SCHEME}{name}"
