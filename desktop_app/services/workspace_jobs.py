"""The jobs of a workspace, whoever sent them, read page after page for a list; and any of them opened as a run.

For a screen: `refresh` reads the newest page, `more` the one that follows what is there, `open` makes a job one of the
runs that the program watches. What was read stays until it is read anew, also where the service can't be asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from desktop_app.api import JobPage, RunSnapshot, Workspace, WorkspaceJob
from desktop_app.services.run_store import RunStore


class Holder(Protocol):
    """The part of a `Cloud` that is asked here."""

    async def jobs(self, workspace: Workspace, after: str = "") -> JobPage:
        """Return some jobs."""

    async def open(self, handle: str) -> RunSnapshot:
        """Return a job as a run, watched from now on."""


class WorkspaceJobs:
    """The jobs of one workspace. To be used on the event loop's thread; raises OutsideError where nobody answers."""

    def __init__(self, cloud: Holder, store: RunStore, workspace: Workspace) -> None:
        self.workspace = workspace
        self._cloud = cloud
        self._store = store
        self._jobs: tuple[WorkspaceJob, ...] = ()
        self._after = ""
        self._turn = asyncio.Lock()

    @property
    def jobs(self) -> Sequence[WorkspaceJob]:
        """What was read, newest first."""
        return self._jobs

    @property
    def has_more(self) -> bool:
        """Whether older ones follow."""
        return bool(self._after)

    def is_known(self, job: WorkspaceJob) -> bool:
        """Whether a job is among the runs of this program already."""
        return job.handle in self._store.runs

    async def refresh(self) -> None:
        """Read the newest jobs. Older ones that were read before stay, where the newest page reaches down to them."""
        async with self._turn:
            page = await self._cloud.jobs(self.workspace)
            fresh = {each.handle for each in page.jobs}
            rest = tuple(each for each in self._jobs if each.handle not in fresh)
            if len(rest) == len(self._jobs) or not page.after:  # nothing in common, or this is all there is
                self._jobs, self._after = page.jobs, page.after
            else:
                self._jobs = (*page.jobs, *rest)

    async def more(self) -> None:
        """Read the page that follows what is there; a job that moved meanwhile is there once."""
        async with self._turn:
            if self._after:
                page = await self._cloud.jobs(self.workspace, self._after)
                seen = {each.handle for each in self._jobs}
                self._jobs = (*self._jobs, *(each for each in page.jobs if each.handle not in seen))
                self._after = page.after

    async def open(self, job: WorkspaceJob) -> RunSnapshot:
        """Return a job as a run, which is in the store from now on, with what else the monitor learns of it."""
        found = await self._cloud.open(job.handle)
        if job.handle not in self._store.runs:
            self._store.update([found])
        return self._store.runs.get(job.handle, found)
