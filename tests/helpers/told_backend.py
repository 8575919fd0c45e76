"""A backend whose runs do what a test tells it: each look at a run is the next snapshot, or the next error."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from desktop_app.api import (
    Job,
    JobSource,
    MetricPoint,
    Progress,
    ResourcePoint,
    RunSnapshot,
    SubmissionPlan,
)

Look = RunSnapshot | Exception | None


class ToldBackend:
    """Answers `looks` one after the other, and the last of them for good."""

    name = "scripted"
    title = "A script"

    def __init__(self, looks: Sequence[Look] = (), logs: Mapping[str, Path] | None = None) -> None:
        self.looks = list(looks)
        self.logs = dict(logs or {})
        self.canceled: list[str] = []
        self.cancel_asked = asyncio.Event()
        self.submitted: list[SubmissionPlan] = []

    async def plan(self, job: Job, source: JobSource) -> SubmissionPlan:
        """Return a plan of no processes."""
        return SubmissionPlan(self.name, job, str(source.path), job.topology, ())

    async def submit(self, plan: SubmissionPlan, progress: Progress) -> str:
        """Take the plan."""
        progress("Starting", 1.0)
        self.submitted.append(plan)
        return "scripted://r-1"

    async def discover(self) -> Sequence[str]:
        """Return the one run that there is."""
        return ["scripted://r-1"]

    async def snapshots(self, handles: Iterable[str]) -> Mapping[str, RunSnapshot]:
        """Return the next look."""
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(look, Exception):
            raise look
        return {} if look is None else dict.fromkeys(handles, look)

    async def cancel(self, handle: str) -> None:
        """Note the request."""
        self.canceled.append(handle)
        self.cancel_asked.set()

    async def log_files(self, handle: str) -> Mapping[str, Path]:
        """Return the logs."""
        return self.logs

    async def metrics(self, handle: str) -> Sequence[MetricPoint]:
        """Return none."""
        return ()

    async def resources(self, handle: str) -> Sequence[ResourcePoint]:
        """Return none."""
        return ()

    async def remove(self, handle: str) -> None:
        """Do nothing."""
