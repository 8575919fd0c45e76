"""Whether a cloud workspace is ready for a job: its compute target, enough nodes and quota. Asks, changes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from desktop_app.api import (
    Cloud,
    Compute,
    Diagnostic,
    Headroom,
    OutsideError,
    Severity,
    SubmissionPlan,
    UserError,
    Workspace,
)
from desktop_app.core.nearest import nearest
from desktop_app.core.words import plural

_GONE = frozenset({"deleting", "failed", "canceled"})
_CLUSTER = "AmlCompute"


async def readiness(cloud: Cloud, workspace: Workspace, plan: SubmissionPlan) -> list[Diagnostic]:
    """Return what stands in the job's way, in its workspace. Raises OutsideError where that can't be asked."""
    name = compute_name(plan)
    if not name:
        return await on_quota(cloud, workspace, plan, None)
    computes = await cloud.computes(workspace)
    found = find_compute(plan, computes)
    if found is None:
        hint = nearest(name, [each.name for each in computes])
        text = f"{workspace.name} has no compute target “{name}”. {hint} `rankzero compute create {name}` makes it."
        return [Diagnostic(Severity.ERROR, "no-such-compute", text, "compute")]
    return [*on_compute(plan, found), *await on_quota(cloud, workspace, plan, found)]


async def on_quota(
    cloud: Cloud, workspace: Workspace, plan: SubmissionPlan, compute: Compute | None
) -> list[Diagnostic]:
    """Return what the quota has against a job on a compute target; with None, on serverless compute."""
    if compute is None:
        return await _serverless(cloud, workspace, plan)
    if nodes := new_nodes(plan, compute):
        with contextlib.suppress(UnknownSizeError):  # the cluster is there, whatever the region offers today
            return on_room(await _room(cloud, workspace, compute.vm_size, nodes, compute.low_priority))
    return []


async def _serverless(cloud: Cloud, workspace: Workspace, plan: SubmissionPlan) -> list[Diagnostic]:
    size = plan.job.resources.instance_type
    if not size:
        return []
    try:
        return on_room(await _room(cloud, workspace, size, nodes_of(plan), False))
    except UnknownSizeError as error:
        return [Diagnostic(Severity.ERROR, "unknown-vm-size", str(error), "resources.instance_type")]


def compute_name(plan: SubmissionPlan) -> str:
    """Return the compute target that the job names; empty for serverless."""
    return (plan.job.compute or "").removeprefix("azureml:").strip()


def nodes_of(plan: SubmissionPlan) -> int:
    """Return how many nodes the job takes, also those on which no process of its own is started."""
    return plan.job.resources.instance_count or plan.topology.nodes


def find_compute(plan: SubmissionPlan, computes: Sequence[Compute]) -> Compute | None:
    """Return the compute target that the job names, if the workspace has it."""
    name = compute_name(plan).lower()
    return next((each for each in computes if each.name.lower() == name), None)


def on_compute(plan: SubmissionPlan, compute: Compute) -> list[Diagnostic]:
    """Return what is wrong with a compute target for a job."""
    name, wanted = compute.name, nodes_of(plan)
    if compute.state.lower() in _GONE:
        text = f"{name} is {compute.state.lower()}: the job would wait for it, or fail."
        return [Diagnostic(Severity.WARNING, "compute-state", text, "compute")]
    if compute.kind == _CLUSTER and wanted > compute.maximum:
        text = f"The job wants {plural(wanted, 'node')}, and {name} grows to {compute.maximum} at most: scale it first."
        return [Diagnostic(Severity.WARNING, "too-many-nodes", text, "resources.instance_count")]
    return []


def new_nodes(plan: SubmissionPlan, compute: Compute) -> int:
    """Return how many nodes have to be started: those that are idle hold their cores already."""
    return max(0, nodes_of(plan) - compute.nodes.get("idle", 0)) if compute.kind == _CLUSTER else 0


class UnknownSizeError(Exception):
    """The region does not offer a size; the text is for the person."""


async def _room(cloud: Cloud, workspace: Workspace, size: str, nodes: int, low: bool) -> Headroom:
    try:
        return await cloud.headroom(workspace, size, nodes, low)
    except OutsideError:
        raise
    except UserError as error:
        raise UnknownSizeError(str(error)) from error


def on_room(room: Headroom) -> list[Diagnostic]:
    """Return a warning where the quota is too small."""
    if room.fits:
        return []
    text = room.says or f"{room.possible} of {room.nodes} nodes fit into the quota of {room.family}."
    return [Diagnostic(Severity.WARNING, "quota", text, "compute")]
