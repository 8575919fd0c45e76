"""What a plan's review says of places: where it would run, where else it could, and whether there is room for it."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.api import Compute, Diagnostic, Severity, SubmissionPlan
from desktop_app.presenters.clouds.compute import CLUSTER, nodes_text, size_name
from desktop_app.presenters.clouds.places import CLOUD
from desktop_app.services import readiness


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


def on_compute(plan: SubmissionPlan, compute: Compute | None, workspace: str) -> Diagnostic:
    """Return what there is to know of the compute target before a job goes there."""
    if compute is None:
        name = readiness.compute_name(plan)
        text = f"{workspace} has no compute target called {name}: make it on the Cloud page, or name another one."
        return Diagnostic(Severity.WARNING, "no-such-compute", text, "compute")
    if wrong := readiness.on_compute(plan, compute):
        return wrong[0]
    if compute.kind != CLUSTER:
        text = f"{compute.name}: {size_name(compute.vm_size)}; {compute.state.lower()}."
        return Diagnostic(Severity.INFO, "compute", text, "compute")
    now = f"{nodes_text(compute)}, of {compute.minimum} to {compute.maximum}"
    text = f"{compute.name}: {size_name(compute.vm_size)}; nodes now: {now}; {_start(plan, compute)}."
    return Diagnostic(Severity.INFO, "compute", text, "compute")


def _start(plan: SubmissionPlan, compute: Compute) -> str:
    """Return when the job starts there."""
    if waits := readiness.waits_for(plan, compute):
        return f"it waits until {'a node is' if waits == 1 else f'{waits} nodes are'} free"
    starts = readiness.new_nodes(plan, compute)
    return "nodes are started for it, which takes some minutes" if starts else "it starts at once"


def not_known(reason: str) -> Diagnostic:
    """Return what is said where the service can't be asked: the job can be submitted all the same."""
    text = f"Compute and quota can't be looked up: {reason} A job that is submitted now is kept and sent later."
    return Diagnostic(Severity.INFO, "not-known", text)
