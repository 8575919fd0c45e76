"""A backend whose runs and moods a test sets by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from desktop_app.api import Job, JobSource, MetricPoint, Progress, ResourcePoint, RunSnapshot, SubmissionPlan


class ScriptedBackend:
    """Answers what `runs` holds, raises `error` where it is set, hangs while `hangs` is; `asked` remembers."""

    def __init__(self, name: str = "local") -> None:
        self.runs: dict[str, RunSnapshot] = {}
        self.error: Exception | None = None
        self.hangs = False
        self.asked: list[list[str]] = []
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @property
    def title(self) -> str:
        return f"The {self._name} backend"

    def put(self, *snapshots: RunSnapshot) -> None:
        """Let these runs be found from now on."""
        self.runs.update({each.handle: each for each in snapshots})

    async def discover(self) -> Sequence[str]:
        if self.hangs:
            await asyncio.Event().wait()
        if self.error:
            raise self.error
        return list(self.runs)

    async def snapshots(self, handles: Iterable[str]) -> Mapping[str, RunSnapshot]:
        self.asked.append(list(handles))
        return {each: self.runs[each] for each in self.asked[-1] if each in self.runs}

    async def plan(self, job: Job, source: JobSource) -> SubmissionPlan:
        raise NotImplementedError

    async def submit(self, plan: SubmissionPlan, progress: Progress) -> str:
        raise NotImplementedError

    async def cancel(self, handle: str) -> None:
        raise NotImplementedError

    async def log_files(self, handle: str) -> Mapping[str, Path]:
        return {}

    async def metrics(self, handle: str) -> Sequence[MetricPoint]:
        return ()

    async def resources(self, handle: str) -> Sequence[ResourcePoint]:
        return ()

    async def remove(self, handle: str) -> None:
        self.runs.pop(handle, None)
