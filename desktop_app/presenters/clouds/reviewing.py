"""What a plan's review says of places: where it would run, where else it could, and whether there is room for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_app.api import Compute, Diagnostic, Headroom, Severity, SubmissionPlan
from desktop_app.core.words import plural
from desktop_app.presenters.clouds.compute import CLUSTER, nodes_text, size_name
from desktop_app.presenters.clouds.places import CLOUD

_GONE = frozenset({"deleting", "failed", "canceled"})


@dataclass(frozen=True, slots=True)
class Going:
    """A button: what it says, its icon, and the backend that it goes to."""

    text: str
    icon: str
    backend: str


def goings(plan: SubmissionPlan, workspace: str) -> tuple[Going, Going | None]:
    """Return what starts this plan, and what plans the job for the other place; None where there is no other one."""
    if plan.backend == CLOUD:
        here = Going(f"&Submit to {_safe(workspace)}" if workspace else "&Submit", "mdi6.cloud-upload-outline", CLOUD)
        return here, Going("&Run here…", "mdi6.laptop", "local")
    other = Going(f"&Submit to {_safe(workspace)}…", "mdi6.cloud-upload-outline", CLOUD) if workspace else None
    return Going("&Run here", "mdi6.play", plan.backend), other


def _safe(name: str) -> str:
    return name.replace("&", "&&")


def compute_name(plan: SubmissionPlan) -> str:
    """Return the compute target that the job names; empty for serverless."""
    return (plan.job.compute or "").removeprefix("azureml:").strip()


def find_compute(plan: SubmissionPlan, computes: Sequence[Compute]) -> Compute | None:
    """Return the compute target that the job names, if the workspace has it."""
    name = compute_name(plan).lower()
    return next((each for each in computes if each.name.lower() == name), None)


def on_compute(plan: SubmissionPlan, compute: Compute | None, workspace: str) -> Diagnostic:
    """Return what there is to know of the compute target before a job goes there."""
    name, wanted = compute_name(plan), plan.topology.nodes
    if compute is None:
        text = f"{workspace} has no compute target called {name}: make it on the Cloud page, or name another one."
        return Diagnostic(Severity.WARNING, "no-such-compute", text, "compute")
    if compute.state.lower() in _GONE:
        text = f"{name} is {compute.state.lower()}: the job would wait for it, or fail."
        return Diagnostic(Severity.WARNING, "compute-state", text, "compute")
    if compute.kind == CLUSTER and wanted > compute.maximum:
        text = f"The job wants {plural(wanted, 'node')}, and {name} grows to {compute.maximum} at most: scale it first."
        return Diagnostic(Severity.WARNING, "too-many-nodes", text, "resources.instance_count")
    now = f"{nodes_text(compute)}, of {compute.minimum} to {compute.maximum}"
    idle = compute.nodes.get("idle", 0)
    start = "it starts at once" if idle >= wanted else "nodes are started for it, which takes some minutes"
    text = f"{name}: {size_name(compute.vm_size)}; nodes now: {now}; {start}."
    return Diagnostic(Severity.INFO, "compute", text, "compute")


def on_room(room: Headroom) -> Diagnostic | None:
    """Return a warning where the quota is too small for the job; None where all nodes fit."""
    if room.fits:
        return None
    text = room.says or f"{room.possible} of {room.nodes} nodes fit into the quota of {room.family}."
    return Diagnostic(Severity.WARNING, "quota", text, "compute")


def not_known(reason: str) -> Diagnostic:
    """Return what is said where the service can't be asked: the job can be submitted all the same."""
    text = f"Compute and quota can't be looked up: {reason} A job that is submitted now is kept and sent later."
    return Diagnostic(Severity.INFO, "not-known", text)
