"""Compute targets: read as the service was recorded, made with the articles' defaults, changed without loss."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desktop_app.api import ComputeSpec, UserError
from desktop_app.backends.azureml.client.wire import CloudFault
from desktop_app.backends.azureml.holdings import computes
from desktop_app.backends.azureml.holdings.compute_records import (
    body_of,
    changed_body,
    check_limits,
    check_name,
    compute_of,
    duration_of,
    seconds_of,
)
from desktop_app.services.catalogues import facts
from tests.helpers.told_cloud import Said, asking_of
from tests.helpers.told_wire import WORKSPACE, ToldWire, fault, told

RECORDED: dict[str, Any] = {
    "name": "gpu-cluster",
    "location": "eastus2",
    "tags": {"who": "me"},
    "properties": {
        "createdOn": "2023-05-30T13:43:55.0562771+00:00",
        "disableLocalAuth": False,
        "computeType": "AmlCompute",
        "computeLocation": "eastus2",
        "provisioningState": "Succeeded",
        "provisioningErrors": None,
        "properties": {
            "vmSize": "STANDARD_NC6",
            "vmPriority": "Dedicated",
            "scaleSettings": {"maxNodeCount": 3, "minNodeCount": 0, "nodeIdleTimeBeforeScaleDown": "PT2M"},
            "subnet": None,
            "currentNodeCount": 2,
            "targetNodeCount": 3,
            "nodeStateCounts": {"preparingNodeCount": 1, "runningNodeCount": 1, "idleNodeCount": 0},
            "allocationState": "Resizing",
            "errors": [{"error": {"code": "ClusterHasWarnings", "message": "It goes away."}}],
            "remoteLoginPortPublicAccess": "Disabled",
            "osType": "Linux",
        },
    },
}
SIZES = {
    "value": [
        {"name": "Standard_NC4as_T4_v3", "family": "standardNCASv3T4Family", "vCPUs": 4, "gpus": 1, "memoryGB": 28,
         "lowPriorityCapable": True, "supportedComputeTypes": ["AmlCompute"]},
        {"name": "Standard_NoSpot", "family": "f", "vCPUs": 2, "lowPriorityCapable": False},
    ]
}  # fmt: skip
USAGES = {
    "value": [
        {"id": "/x", "currentValue": 0, "limit": 10, "name": {"value": "Total Cluster Dedicated Regional vCPUs"}},
    ]
}


@pytest.fixture
def wire() -> ToldWire:
    """A workspace without computes."""
    made = ToldWire()
    made.on("GET", "/locations/westus/vmSizes", told(SIZES))
    made.on("GET", "/locations/westus/usages", told(USAGES))
    made.on("GET", "/computes?", told({"value": []}))
    return made


def test_a_cluster_as_recorded() -> None:
    found = compute_of(RECORDED)
    assert (found.name, found.kind, found.state) == ("gpu-cluster", "AmlCompute", "Resizing")
    assert (found.minimum, found.maximum, found.idle_seconds) == (0, 3, 120)
    assert (found.current, found.target) == (2, 3)
    assert found.nodes == {"preparing": 1, "running": 1, "idle": 0}
    assert found.errors == ("It goes away.",)
    assert found.created is not None
    assert found.created.isoformat() == "2023-05-30T13:43:55.056277+00:00"


def test_an_instance_says_what_it_does() -> None:
    body = {"name": "ci", "properties": {"computeType": "ComputeInstance", "provisioningState": "Succeeded",
                                         "properties": {"state": "Running", "errors": []}}}  # fmt: skip
    assert compute_of(body).state == "Running"


@pytest.mark.parametrize("body", [{}, {"properties": None}, {"name": "x", "properties": {"properties": None}}])
def test_what_is_half_there_is_read_all_the_same(body: dict[str, Any]) -> None:
    assert compute_of(body).state == "Unknown"


@given(st.integers(1, 10_000_000))
def test_durations_come_back(seconds: int) -> None:
    assert seconds_of(duration_of(seconds)) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("PT2M", 120), ("PT1M40S", 100), ("P1DT1H", 90000), ("PT", None), ("2 min", None), (None, None)],
)
def test_durations_of_the_service(text: str | None, seconds: int | None) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("name", ["gpu-cluster", "gpucluster", "abc", "A" + "b" * 23])
def test_names_that_are_taken(name: str) -> None:
    check_name(name, facts())


@pytest.mark.parametrize("name", ["", "ab", "1abc", "gpu_cluster", "gpu cluster", "a" * 25, "train-12", "gpü-cluster"])
def test_names_that_are_not(name: str) -> None:
    with pytest.raises(UserError, match="can't be called"):
        check_name(name, facts())


@given(st.integers(-3, 6), st.integers(-3, 6), st.integers(-3, 300))
@example(5, 4, 1)
def test_limits_that_pass_fit_together(least: int, most: int, idle: int) -> None:
    is_wrong = least < 0 or most < 1 or least > most or idle < 1
    with pytest.raises(UserError) if is_wrong else contextlib.nullcontext():
        check_limits(least, most, idle)


async def test_a_cluster_is_made_with_the_articles_defaults(wire: ToldWire, tmp_path: Path) -> None:
    made = {**RECORDED, "properties": {**RECORDED["properties"], "provisioningState": "Succeeded"}}

    def sent(_ask: object) -> Any:
        wire.on("GET", "/computes/gpu-cluster?", told(made))
        return told(made, 201)

    wire.on("PUT", "/computes/gpu-cluster?", sent)
    spec = ComputeSpec("gpu-cluster", "STANDARD_NC4AS_T4_V3", maximum=1)
    await computes.create(asking_of(wire, tmp_path), WORKSPACE, spec, Said())
    (put,) = [each for each in wire.asked if each.method == "PUT"]
    body = json.loads(json.dumps(put.json))
    assert body["location"] == "westus"
    inner = body["properties"]["properties"]
    assert inner["vmSize"] == "Standard_NC4as_T4_v3"
    assert inner["scaleSettings"] == {"minNodeCount": 0, "maxNodeCount": 1, "nodeIdleTimeBeforeScaleDown": "PT120S"}


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (ComputeSpec("gpu", "Standard_NC4as_T4_v33"), "has no VM size"),
        (ComputeSpec("gpu", "Standard_NoSpot", low_priority=True), "not to be had at low priority"),
        (ComputeSpec("gpu", "Standard_NC4as_T4_v3", minimum=3), "2 nodes fit"),
    ],
)
async def test_what_can_be_known_is_said_before(wire: ToldWire, tmp_path: Path, spec: ComputeSpec, words: str) -> None:
    with pytest.raises(UserError, match=words):
        await computes.create(asking_of(wire, tmp_path), WORKSPACE, spec, Said())
    assert not [each for each in wire.asked if each.method == "PUT"]


@pytest.mark.parametrize(("state", "words"), [("Succeeded", "already: a cluster"), ("Deleting", "just being deleted")])
async def test_a_name_that_is_taken(wire: ToldWire, tmp_path: Path, state: str, words: str) -> None:
    wire.on("GET", "/computes/gpu-cluster?", told({**RECORDED, "properties": {
        **RECORDED["properties"], "provisioningState": state}}))  # fmt: skip
    with pytest.raises(UserError, match=words):
        await computes.create(asking_of(wire, tmp_path), WORKSPACE, ComputeSpec("gpu-cluster", "x"), Said())


async def test_one_that_failed_says_why(wire: ToldWire, tmp_path: Path) -> None:
    failed = {**RECORDED, "properties": {**RECORDED["properties"], "provisioningState": "Failed"}}
    wire.on("GET", "/computes/gpu-cluster?", told(failed))
    wire.on("PUT", "/computes/gpu-cluster?", told({}, 201))
    with pytest.raises(UserError, match=r"gpu-cluster is Failed: It goes away\."):
        await computes.scale(asking_of(wire, tmp_path), WORKSPACE, "gpu-cluster", 0, 2, None)


def test_a_change_sends_what_the_cluster_was_made_with_and_no_counts() -> None:
    changed = changed_body(RECORDED, 0, 9, 60)
    inner = changed["properties"]["properties"]
    assert inner["vmSize"] == "STANDARD_NC6"
    assert inner["scaleSettings"] == {"minNodeCount": 0, "maxNodeCount": 9, "nodeIdleTimeBeforeScaleDown": "PT60S"}
    assert changed["tags"] == {"who": "me"}
    assert "currentNodeCount" not in inner
    assert "provisioningState" not in changed["properties"]


def test_a_new_body_reads_as_what_was_asked_for() -> None:
    spec = ComputeSpec("c", "Standard_NC4as_T4_v3", 1, 5, 300, low_priority=True)
    read = compute_of({"name": "c", **body_of(spec, "westus")})
    assert (read.vm_size, read.minimum, read.maximum, read.idle_seconds, read.low_priority) == (
        spec.vm_size, 1, 5, 300, True,
    )  # fmt: skip


async def test_one_that_is_not_there_names_the_nearest(wire: ToldWire, tmp_path: Path) -> None:
    wire.on("GET", "/computes?", told({"value": [RECORDED]}))
    with pytest.raises(UserError, match="Did you mean “gpu-cluster”"):
        await computes.delete(asking_of(wire, tmp_path), WORKSPACE, "gpucluster", Said())


async def test_a_list_goes_over_its_pages(wire: ToldWire, tmp_path: Path) -> None:
    wire.on(
        "GET",
        "/computes?",
        told({"value": [RECORDED], "nextLink": "https://management.azure.com/more?$skipToken=H4sI"}),
    )
    wire.on("GET", "$skipToken=H4sI", told({"value": [{**RECORDED, "name": "another"}]}))
    found = await computes.list_computes(asking_of(wire, tmp_path), WORKSPACE)
    assert [each.name for each in found] == ["another", "gpu-cluster"]


async def test_a_right_that_is_missing_passes_as_it_is(wire: ToldWire, tmp_path: Path) -> None:
    wire.on("PUT", "/computes/gpu", fault("forbidden", 403))
    wire.on("GET", "/locations/westus/usages", told({"value": []}))
    with pytest.raises(CloudFault, match="forbidden"):
        await computes.create(asking_of(wire, tmp_path), WORKSPACE, ComputeSpec("gpu", "Standard_NC4as_T4_v3"), Said())
