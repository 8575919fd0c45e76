"""An Azure ML backend over a told cloud, with a project to submit."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Job, JobSource, RankRow, RankTable, RunSnapshot, SubmissionPlan
from desktop_app.backends.azureml.backend import AzureBackend
from desktop_app.documents.job_document import read_job
from desktop_app.places import Places
from tests.helpers.cloud_jobs import JOB, CloudJobs
from tests.helpers.told_wire import WORKSPACE


class PlainRanks:
    """Ranks as the job's distribution counts them."""

    def rank_table(self, job: Job, first: int, count: int) -> RankTable:
        """Return a row for each."""
        rows = [RankRow(rank, node, local, str(rank)) for rank, node, local in job.topology.ranks()]
        return RankTable(job.topology, tuple(rows[first : first + count]))


@dataclass
class Desk:
    """A home with a workspace, a project and a backend."""

    home: Path
    project: Path
    jobs: CloudJobs
    backend: AzureBackend

    async def plan(self, text: str = JOB) -> SubmissionPlan:
        """Plan a job of the project."""
        path = self.project / "job.yml"
        path.write_text(text)
        job = read_job(text, path).job
        assert job is not None
        return await self.backend.plan(job, JobSource(path, self.project, text))

    async def submit(self, text: str = JOB) -> str:
        """Submit a job of the project."""
        return await self.backend.submit(await self.plan(text), quiet)

    async def look(self, handle: str) -> RunSnapshot:
        """Return the run as the backend tells it, after asking the service anew."""
        self.backend._monitoring.hurry(handle)
        return (await self.backend.snapshots([handle]))[handle]


def quiet(_message: str, _part: float | None) -> None:
    """Hear nothing."""


@asynccontextmanager
async def desk(folder: Path, jobs: CloudJobs | None = None) -> AsyncIterator[Desk]:
    """Give a desk and clear it away."""
    jobs = jobs or CloudJobs()
    project = folder / "project"
    (project / "src").mkdir(parents=True, exist_ok=True)
    (project / "src" / "train.py").write_text("print('hello')\n")
    backend = AzureBackend(Places(folder / "home", folder / "cache"), jobs.wire, PlainRanks())
    backend.workspaces.add(WORKSPACE)
    try:
        yield Desk(folder / "home", project, jobs, backend)
    finally:
        await backend.close()
