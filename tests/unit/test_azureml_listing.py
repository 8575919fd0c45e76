"""The jobs of a workspace, everybody's: listed a page at a time, and opened without having been sent from here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import OutsideError, RunStatus, UserError
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.cloud import AzureMLCloud
from desktop_app.backends.azureml.runs import listing
from tests.helpers.azure_backends import desk
from tests.helpers.told_cloud import asking_of
from tests.helpers.told_wire import WORKSPACE, ToldWire, fault, told


def listed(name: str, at: int = 0, **properties: Any) -> dict[str, Any]:
    """Return a job as the management plane lists it."""
    compute = f"{routes.resource_id(WORKSPACE)}/computes/gpu-cluster"
    usual = {"jobType": "Command", "status": "Running", "displayName": name.title(), "experimentName": "digits"}
    system = {"createdAt": f"2026-11-21T10:{at:02}:00.1606906+00:00", "createdBy": "Ada Lovelace"}
    return {"name": name, "properties": {**usual, "computeId": compute, **properties}, "systemData": system}


async def test_jobs_are_told_newest_first_with_who_made_them(tmp_path: Path) -> None:
    wire = ToldWire()
    wire.on("GET", "/jobs?", told({"value": [listed("old", 1), listed("tuned", 3, jobType="Sweep", status="Failed")]}))
    found = await listing.page(asking_of(wire, tmp_path), WORKSPACE)
    assert [each.run for each in found.jobs] == ["tuned", "old"]
    tuned, old = found.jobs
    assert (tuned.kind, tuned.status, old.status) == ("sweep", RunStatus.FAILED, RunStatus.RUNNING)
    assert (old.created_by, old.compute, old.display_name, old.experiment) == (
        "Ada Lovelace", "gpu-cluster", "Old", "digits",
    )  # fmt: skip
    assert old.handle == routes.handle_of(WORKSPACE, "old")
    assert found.after == ""


async def test_a_list_is_read_page_after_page_a_hundred_at_most(tmp_path: Path) -> None:
    wire = ToldWire()
    link = f"https://management.azure.com{routes.resource_id(WORKSPACE)}/jobs?api-version=x&$skipToken=second"
    names = [f"job-{number:03}" for number in range(130)]
    wire.on("GET", "/jobs?", told({"value": [listed(each) for each in names[:120]], "nextLink": link}))
    wire.on("GET", "skipToken=second", told({"value": [listed(each) for each in names[120:]]}))
    seen, after, pages = [], "", 0
    while pages == 0 or after:
        found = await listing.page(asking_of(wire, tmp_path), WORKSPACE, after)
        assert len(found.jobs) <= listing.MOST
        seen += [each.run for each in found.jobs]
        after, pages = found.after, pages + 1
    assert seen == names
    assert pages == 3


@pytest.mark.parametrize("after", ["0 https://elsewhere.example/jobs?x=1", "x y", "nonsense", "-3 "])
async def test_only_this_workspace_is_asked_for_what_follows(tmp_path: Path, after: str) -> None:
    wire = ToldWire()
    wire.on("GET", "/jobs?", told({"value": [listed("one"), {"name": "../x"}, {}]}))
    found = await listing.page(asking_of(wire, tmp_path), WORKSPACE, after)
    assert [each.run for each in found.jobs] == ["one"]
    assert all(each.startswith("https://management.azure.com/subscriptions/") for each in wire.urls())


async def test_a_job_of_somebody_else_is_opened_watched_and_remembered(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        made.jobs.states["theirs"] = "Running"
        made.jobs.more["theirs"] = {"displayName": "Theirs"}
        handle = routes.handle_of(WORKSPACE, "theirs")
        assert await made.backend.discover() == []
        found = await AzureMLCloud(made.backend).open(handle)
        assert (found.status, found.display_name) == (RunStatus.RUNNING, "Theirs")
        assert await made.backend.discover() == [handle]
        made.jobs.states["theirs"] = "Completed"
        assert (await made.look(handle)).status is RunStatus.COMPLETED
    async with desk(tmp_path, made.jobs) as anew:
        assert await anew.backend.discover() == [handle]


async def test_a_job_that_is_not_there_is_not_remembered(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        with pytest.raises(UserError, match="vision has no job “nobody”"):
            await made.backend.open(routes.handle_of(WORKSPACE, "nobody"))
        with pytest.raises(UserError, match="no run of Azure ML"):
            await made.backend.open("azureml://vision/x")
        assert await made.backend.discover() == []


async def test_a_list_that_cannot_be_had_says_why(tmp_path: Path) -> None:
    wire = ToldWire()
    wire.on("GET", "/jobs?", fault("forbidden", 403))
    with pytest.raises(OutsideError, match="forbidden"):
        await listing.page(asking_of(wire, tmp_path), WORKSPACE)
