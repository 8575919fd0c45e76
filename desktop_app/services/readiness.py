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
from desktop_app.core.sweeps.plan_facts import at_once
from desktop_app.core.words import plural

_DELETING = "deleting"
_BROKEN = frozenset({"failed", "canceled"})
_HALTED = frozenset({"stopped", "stopping"})
_CLUSTER, _INSTANCE = "AmlCompute", "ComputeInstance"


async def readiness(cloud: Cloud, workspace: Workspace, plan: SubmissionPlan) -> list[Diagnostic]:
    """Return what stands in the job's way, in its workspace. Raises OutsideError where that can't be asked."""
    return [*await _of_workspace(cloud, workspace, plan), *on_clock(cloud)]


def on_clock(cloud: Cloud) -> list[Diagnostic]:
    """Return a warning where this computer's clock differs from the service's; to be asked after the service was."""
    said = cloud.clock_off()
    return [Diagnostic(Severity.WARNING, "clock-off", said)] if said else []


async def _of_workspace(cloud: Cloud, workspace: Workspace, plan: SubmissionPlan) -> list[Diagnostic]:
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
            room = await _room(cloud, workspace, compute.vm_size, nodes, compute.low_priority)
            return on_room(room, nodes_each(plan) if plan.job.sweep else None)
    return []


async def _serverless(cloud: Cloud, workspace: Workspace, plan: SubmissionPlan) -> list[Diagnostic]:
    size = plan.job.resources.instance_type
    if not size:
        return []
    try:
        room = await _room(cloud, workspace, size, nodes_of(plan), False)
        return on_room(room, nodes_each(plan) if plan.job.sweep else None)
    except UnknownSizeError as error:
        return [Diagnostic(Severity.ERROR, "unknown-vm-size", str(error), "resources.instance_type")]


def compute_name(plan: SubmissionPlan) -> str:
    """Return the compute target that the job names; empty for serverless."""
    return (plan.job.compute or "").removeprefix("azureml:").strip()


def nodes_of(plan: SubmissionPlan) -> int:
    """Return how many nodes the job takes at a time: a sweep those of all trials that may run together."""
    return nodes_each(plan) * (at_once(plan.job.sweep) if plan.job.sweep else 1)


def nodes_each(plan: SubmissionPlan) -> int:
    """Return how many nodes the job, or a trial, takes, also those on which no process of its own is started."""
    return plan.job.resources.instance_count or plan.topology.nodes


def find_compute(plan: SubmissionPlan, computes: Sequence[Compute]) -> Compute | None:
    """Return the compute target that the job names, if the workspace has it."""
    name = compute_name(plan).lower()
    return next((each for each in computes if each.name.lower() == name), None)


def on_compute(plan: SubmissionPlan, compute: Compute) -> list[Diagnostic]:
    """Return what is wrong with a compute target for a job."""
    name, wanted = compute.name, nodes_each(plan)
    if trouble := _trouble(compute):
        gone = compute.state.lower() == _DELETING
        return [Diagnostic(Severity.ERROR if gone else Severity.WARNING, "compute-state", trouble, "compute")]
    if compute.kind == _CLUSTER and wanted > compute.maximum:
        who, where = ("A trial", "trial.") if plan.job.sweep else ("The job", "")
        text = f"{who} wants {plural(wanted, 'node')}, and {name} grows to {compute.maximum} at most: scale it first."
        return [Diagnostic(Severity.WARNING, "too-many-nodes", text, f"{where}resources.instance_count")]
    if compute.kind == _CLUSTER and nodes_of(plan) > compute.maximum:
        few, asked = compute.maximum // wanted, nodes_of(plan) // wanted
        text = f"{name} grows to {plural(compute.maximum, 'node')}: {few} of {asked} trials run at a time, others wait."
        return [Diagnostic(Severity.INFO, "trials-wait", text, "limits.max_concurrent_trials")]
    return []


def _trouble(compute: Compute) -> str:
    """Return why no job can run there as it is, and what to do; empty where it can."""
    name, state = compute.name, compute.state.lower()
    if state == _DELETING:
        anew = f"wait until `rankzero compute list` does not show it any more and create {name} anew"
        return f"{name} is being deleted, so that no job can run there: name another compute target, or {anew}."
    if state in _BROKEN:
        why = f" ({compute.errors[0].rstrip('.')})" if compute.errors else ""
        anew = f"`rankzero compute delete {name}` and create it anew"
        return f"{name} is {state}{why}, so that no job can run there: name another compute target, or {anew}."
    if compute.kind == _INSTANCE and state in _HALTED:
        start = "start it on its page in Azure ML studio"
        return f"{name} is a compute instance that is {state}: {start}, or name a cluster. The job waits until then."
    return ""


def new_nodes(plan: SubmissionPlan, compute: Compute) -> int:
    """Return how many nodes have to be started: those that are idle, or that it waits for, hold their cores already."""
    if compute.kind != _CLUSTER:
        return 0
    wanted, most = nodes_of(plan), compute.maximum
    if plan.job.sweep or wanted <= most:
        wanted = min(wanted, most - _busy(compute))
    return max(0, wanted - compute.nodes.get("idle", 0))


def waits_for(plan: SubmissionPlan, compute: Compute) -> int:
    """Return how many of a cluster's nodes have to become free first, as others work and it may grow no further."""
    wanted, most = nodes_each(plan), compute.maximum
    return max(0, wanted + _busy(compute) - most) if compute.kind == _CLUSTER and wanted <= most else 0


def _busy(compute: Compute) -> int:
    return compute.nodes.get("running", 0)


class UnknownSizeError(Exception):
    """The region does not offer a size; the text is for the person."""


async def _room(cloud: Cloud, workspace: Workspace, size: str, nodes: int, low: bool) -> Headroom:
    try:
        return await cloud.headroom(workspace, size, nodes, low)
    except OutsideError:
        raise
    except UserError as error:
        raise UnknownSizeError(str(error)) from error


def on_room(room: Headroom, of_trial: int | None = None) -> list[Diagnostic]:
    """Return a warning where the quota is too small; `of_trial` is how many nodes each trial of a sweep takes."""
    if room.fits:
        return []
    text = room.says or f"{room.possible} of {room.nodes} nodes fit into the quota of {room.family}."
    if of_trial is not None and room.possible >= of_trial:
        text += " Trials that find no nodes wait for those before them."
    return [Diagnostic(Severity.WARNING, "quota", text, "compute")]
