"""A plan's review with a workspace: the place it is for, the other one, compute, quota, progress."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel

from desktop_app.api import Headroom, Job, PlannedFile, ProcessSpec, Progress, SubmissionPlan, Topology, UserError
from desktop_app.places import Places
from desktop_app.services.workbench import Workbench
from desktop_app.ui.plan_review import PlanReview
from desktop_app.ui.tasks import running
from desktop_app.ui.wizard.form import NoteLine
from tests.helpers.benches import ThisMachine, small_bench
from tests.helpers.window_cloud import CLUSTER, EAST, ToldCloud, ToldFault
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until


class ToldJobs:
    """Submits nothing; says what it was told to say."""

    def __init__(self) -> None:
        self.submitted: list[SubmissionPlan] = []
        self.go = asyncio.Event()
        self.fault: UserError | None = None

    async def submit(self, plan: SubmissionPlan, progress: Progress) -> str:
        await asyncio.to_thread(progress, "Uploading train.py (2 of 3 files, 9 of 14 kB)", 0.64)
        await self.go.wait()
        if self.fault is not None:
            raise self.fault
        self.submitted.append(plan)
        return f"{plan.backend}://somewhere/run"


def plan(backend: str, compute: str = "azureml:gpu-cluster", nodes: int = 2) -> SubmissionPlan:
    job = Job(command="python train.py", display_name="digits", compute=compute)
    processes = tuple(ProcessSpec(rank, 0, rank, ("python train.py",)) for rank in range(nodes))
    files = (PlannedFile("/code/train.py", "train.py", 14_000),)
    return SubmissionPlan(backend, job, "/code/job.yml", Topology(nodes, 1), processes, files)


@pytest.fixture
def cloud() -> ToldCloud:
    return ToldCloud.with_workspaces(EAST)


@pytest.fixture
def jobs() -> ToldJobs:
    return ToldJobs()


@pytest.fixture
def cloud_bench(places: Places, cloud: ToldCloud, jobs: ToldJobs) -> Workbench:
    made = cast("Any", small_bench(places.home, cloud=cloud))
    both = {"local": ThisMachine(), "azureml": ThisMachine("azureml", "Azure ML")}
    bench = dataclasses.replace(made, backends=both)
    object.__setattr__(bench, "jobs", jobs)
    return cast("Workbench", bench)


async def again() -> SubmissionPlan | None:
    return None


async def plan_for(backend: str) -> SubmissionPlan | None:
    return plan(backend)


@pytest.fixture
async def review(cloud_bench: Workbench) -> AsyncIterator[PlanReview]:
    made = PlanReview(plan("local"), cloud_bench, None, again, plan_for)
    made.show()
    yield made
    made.done(0)
    await until(lambda: not running())
    made.deleteLater()
    settle()


def said(review: PlanReview) -> str:
    return "\n".join(each.text() for line in review.findChildren(NoteLine) for each in line.findChildren(QLabel))


async def test_a_plan_for_this_machine_offers_the_workspace_as_well(review: PlanReview, cloud: ToldCloud) -> None:
    await until(review.places.other.isVisible)
    assert (review.run_button.text(), review.places.other.text()) == ("&Run here", "&Submit to ml-east…")
    assert not cloud.calls("computes"), "what runs here needs no cluster"
    assert_sound(review)


async def test_the_plan_for_the_workspace_is_shown_before_it_can_be_submitted(
    review: PlanReview, jobs: ToldJobs, cloud: ToldCloud
) -> None:
    handles: list[str] = []
    review.submitted.connect(handles.append)
    await until(review.places.other.isVisible)
    review.places.other.click()
    await until(lambda: review.plan.backend == "azureml")
    assert not jobs.submitted, "planned, not submitted"
    await until(lambda: review.run_button.text() == "&Submit to ml-east")
    assert review.places.other.text() == "&Run here…"
    await until(lambda: "3 of 4 nodes fit." in said(review))
    assert "gpu-cluster: Standard_NC4as_T4_v3; nodes now: 2 running, 1 idle" in said(review)
    assert cloud.calls("headroom") == [(CLUSTER.vm_size, 1)], "the idle node holds its cores already"
    jobs.go.set()
    review.run_button.click()
    await until(lambda: handles)
    assert jobs.submitted == [review.plan], "the reviewed plan is the submitted one"


async def test_a_submit_shows_files_and_bytes_and_is_cancelled_by_esc(review: PlanReview, jobs: ToldJobs) -> None:
    review.submit()
    await until(lambda: "2 of 3 files" in review.state.text())
    assert review.progress.value() == 640
    assert not review.places.other.isEnabled()
    QTest.keyClick(review, Qt.Key.Key_Escape)
    await until(review.run_button.isEnabled)
    assert review.isVisible()
    assert not jobs.submitted


async def test_what_the_service_refuses_is_said_in_place(review: PlanReview, jobs: ToldJobs) -> None:
    jobs.fault = UserError("You may read but not submit.", hint="Ask for the role.")
    jobs.go.set()
    review.submit()
    await until(lambda: review._said is not None)
    assert review._said is not None
    assert review._said.heading.text() == "You may read but not submit."


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"compute": "azureml:nowhere"}, "has no compute target called nowhere"),
        ({"nodes": 9}, "wants 9 nodes, and gpu-cluster grows to 4 at most"),
    ],
)
async def test_a_compute_target_that_does_not_fit_is_said_before_submitting(
    review: PlanReview, change: dict[str, Any], words: str
) -> None:
    review.show_plan(plan("azureml", **change))
    await until(lambda: words in said(review))


async def test_offline_the_job_can_be_submitted_all_the_same(review: PlanReview, cloud: ToldCloud) -> None:
    cloud.faults["computes"] = ToldFault("offline", "Azure can't be reached.")
    review.show_plan(plan("azureml"))
    await until(lambda: "is kept and sent later" in said(review))
    assert review.run_button.isEnabled()
    assert not cloud.calls("warm_up")


async def test_with_room_for_all_nodes_nothing_is_warned_of(review: PlanReview, cloud: ToldCloud) -> None:
    cloud.fits = Headroom(CLUSTER.vm_size, "NCASv3_T4", 12, 2, 2)
    review.show_plan(plan("azureml"))
    await until(lambda: cloud.calls("headroom") and not running())
    assert "fit" not in said(review)


async def test_the_client_gets_ready_to_send_while_a_plan_for_the_workspace_is_read(
    review: PlanReview, cloud: ToldCloud
) -> None:
    assert not cloud.calls("warm_up"), "the plan was for this machine"
    review.show_plan(plan("azureml"))
    await until(lambda: cloud.calls("warm_up") and not running())


async def test_without_a_workspace_there_is_no_second_button(cloud_bench: Workbench, cloud: ToldCloud) -> None:
    cloud.used = ""
    cloud.known.clear()
    made = PlanReview(plan("local"), cloud_bench, None, again, plan_for)
    made.show()
    await until(lambda: not running())
    assert made.places.other.isHidden()
    made.done(0)
    made.deleteLater()
