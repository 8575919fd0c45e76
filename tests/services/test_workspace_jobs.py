"""The jobs of a workspace for a screen: page after page, refreshed without losing what was read, opened as runs."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from desktop_app.api import JobPage, OutsideError, RunSnapshot, RunStatus, WorkspaceJob
from desktop_app.services.run_store import RunStore
from desktop_app.services.workspace_jobs import WorkspaceJobs
from tests.helpers.fake_cloud import VISION, FakeCloud


def job(number: int, status: RunStatus = RunStatus.RUNNING) -> WorkspaceJob:
    """Return a job."""
    return WorkspaceJob(f"azureml://{VISION.key}/j-{number}", f"j-{number}", "command", status, f"Job {number}", "e")


@pytest.fixture
def cloud() -> FakeCloud:
    """A workspace with three pages of jobs."""
    pages = {"": (5, 4), "b": (3, 2), "c": (1,)}
    following = {"": "b", "b": "c", "c": ""}
    return FakeCloud(found_jobs={at: JobPage(tuple(map(job, each)), following[at]) for at, each in pages.items()})


def numbers(jobs: WorkspaceJobs) -> list[int]:
    """Return which are there."""
    return [int(each.run.rpartition("-")[2]) for each in jobs.jobs]


async def test_pages_follow_each_other_to_the_end(cloud: FakeCloud) -> None:
    jobs = WorkspaceJobs(cloud, RunStore(), VISION)
    assert (numbers(jobs), jobs.has_more) == ([], False)
    await jobs.refresh()
    assert (numbers(jobs), jobs.has_more) == ([5, 4], True)
    await jobs.more()
    await jobs.more()
    assert (numbers(jobs), jobs.has_more) == ([5, 4, 3, 2, 1], False)
    await jobs.more()
    assert len(cloud.asked) == 3


async def test_what_was_read_stays_when_the_newest_are_read_anew(cloud: FakeCloud) -> None:
    jobs = WorkspaceJobs(cloud, RunStore(), VISION)
    await jobs.refresh()
    await jobs.more()
    cloud.found_jobs[""] = JobPage((job(6), job(5, RunStatus.COMPLETED)), "b2")
    await jobs.refresh()
    assert numbers(jobs) == [6, 5, 4, 3, 2]
    assert jobs.jobs[1].status is RunStatus.COMPLETED
    await jobs.more()
    assert numbers(jobs) == [6, 5, 4, 3, 2, 1]
    cloud.found_jobs[""] = JobPage((job(9), job(8)), "far")  # many came: between them and the others some are missing
    await jobs.refresh()
    assert (numbers(jobs), jobs.has_more) == ([9, 8], True)


async def test_a_fault_keeps_what_is_there(cloud: FakeCloud) -> None:
    jobs = WorkspaceJobs(cloud, RunStore(), VISION)
    await jobs.refresh()
    cloud.faults["jobs"] = OutsideError("No network.")
    with pytest.raises(OutsideError):
        await jobs.refresh()
    assert numbers(jobs) == [5, 4]


async def test_a_job_that_is_opened_is_a_run(cloud: FakeCloud) -> None:
    store, found = RunStore(), job(4)
    run = RunSnapshot(
        found.handle, "j-4", "azureml", RunStatus.RUNNING, "Job 4", "e", datetime(2026, 11, 21, tzinfo=UTC)
    )
    cloud.opened = {found.handle: run}
    jobs = WorkspaceJobs(cloud, store, VISION)
    assert not jobs.is_known(found)
    assert await jobs.open(found) is run
    assert jobs.is_known(found)
    assert store.runs[found.handle] is run
