"""Compute targets: list, create, scale, delete."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from desktop_app.api import Compute, ComputeSpec, OutsideError, Progress, UserError, Workspace
from desktop_app.backends.azureml.client import operations
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.client.operations import Work
from desktop_app.backends.azureml.client.resources import find, get, items, path_of
from desktop_app.backends.azureml.holdings import quota
from desktop_app.backends.azureml.holdings.compute_records import (
    body_of,
    changed_body,
    check_limits,
    check_name,
    compute_of,
)
from desktop_app.core.nearest import nearest

VERSION = "2023-08-01-preview"
"""As azure-ai-ml 1.35.2 names it for computes."""
CLUSTER = "AmlCompute"
_DELETING = "deleting"


def _silent(_message: str, _part: float | None) -> None:
    """Say nothing."""


async def list_computes(asking: Asking, workspace: Workspace) -> Sequence[Compute]:
    """Return all compute targets, by name."""
    found = await items(asking, workspace, "computes", VERSION)
    return sorted(map(compute_of, found), key=lambda each: each.name.lower())


async def create(asking: Asking, workspace: Workspace, spec: ComputeSpec, progress: Progress) -> Compute:
    """Make a cluster and wait until it stands. Everything that can be known before is asked before."""
    check_name(spec.name, asking.facts)
    check_limits(spec.minimum, spec.maximum, spec.idle_seconds)
    progress(f"Looking at the quota in {workspace.name}", None)
    await _refuse_taken(asking, workspace, spec.name)
    location = workspace.location or (await asking.links.of(workspace)).location
    workspace = replace(workspace, location=location)
    spec = await _fitting(asking, workspace, spec)
    work = Work(f"Creating {spec.name}", "It is in the list of computes, and can be deleted there.")
    await _put(asking, workspace, spec.name, body_of(spec, location), work, progress)
    return await _made(asking, workspace, spec.name)


async def _put(  # noqa: PLR0913, PLR0917 - what to send, and what to say of it
    asking: Asking, workspace: Workspace, name: str, body: dict[str, Any], work: Work, progress: Progress
) -> None:
    sending = asking.arm(workspace, "PUT", _path(name), version=VERSION, json=body)
    await operations.carry_out(asking.wire, workspace, sending, work, progress, asking.pace)


async def _refuse_taken(asking: Asking, workspace: Workspace, name: str) -> None:
    there = await find(asking, workspace, _path(name), VERSION)
    if there is None:
        return
    found = compute_of(there)
    if found.state.lower() == _DELETING:
        raise UserError(f"{name} is just being deleted.", hint="Try again in a minute, or take another name.")
    what = f"a cluster of {found.vm_size}" if found.kind == CLUSTER else found.kind
    taken = f"{workspace.name} has a compute “{name}” already: {what}, {found.state}."
    raise UserError(taken, hint="Take another name, or scale the one that is there.")


async def _fitting(asking: Asking, workspace: Workspace, spec: ComputeSpec) -> ComputeSpec:
    """Return the cluster with its size as Azure writes it. Raises UserError where not even its first nodes fit."""
    known, limits = await asyncio.gather(quota.sizes(asking, workspace), quota.quotas(asking, workspace))
    offer = quota.offer_of(spec.vm_size, known, asking.facts, workspace)
    if spec.low_priority and not offer.low_priority:
        raise UserError(f"{offer.name} is not to be had at low priority.", hint="Take dedicated nodes or another size.")
    room = quota.room(offer, max(1, spec.minimum), spec.low_priority, limits)
    if not room.fits:
        raise UserError(room.says, hint="Ask for more quota, or take another size.")
    return replace(spec, vm_size=offer.name)


async def _made(asking: Asking, workspace: Workspace, name: str) -> Compute:
    made = compute_of(await get(asking, workspace, _path(name), VERSION))
    if made.state.lower() in ("failed", "canceled"):
        why = " ".join(made.errors) or "The service gives no reason."
        raise OutsideError(f"{name} is {made.state}: {why}", hint="Delete it, and create it anew.")
    return made


async def scale(  # noqa: PLR0913, PLR0917 - what to change
    asking: Asking,
    workspace: Workspace,
    name: str,
    minimum: int | None,
    maximum: int | None,
    idle_seconds: int | None,
    progress: Progress = _silent,
) -> Compute:
    """Change a cluster's limits; None leaves one as it is."""
    body = await _there(asking, workspace, name)
    now = compute_of(body)
    if now.kind != CLUSTER:
        raise UserError(f"{name} is no cluster but a {now.kind}, which has no number of nodes.")
    if now.state.lower() == _DELETING:
        raise UserError(f"{name} is just being deleted.", hint=f"`rankzero compute create {name}` makes it anew later.")
    least = now.minimum if minimum is None else minimum
    most = now.maximum if maximum is None else maximum
    idle = (now.idle_seconds or ComputeSpec(name, "").idle_seconds) if idle_seconds is None else idle_seconds
    check_limits(least, most, idle)
    changed = changed_body(body, least, most, idle)
    await _put(asking, workspace, name, changed, Work(f"Scaling {name}"), progress)
    return await _made(asking, workspace, name)


async def delete(asking: Asking, workspace: Workspace, name: str, progress: Progress) -> None:
    """Delete a compute target and wait until it is gone."""
    await _there(asking, workspace, name)
    sending = asking.arm(workspace, "DELETE", _path(name), version=VERSION, underlyingResourceAction="Delete")
    await operations.carry_out(asking.wire, workspace, sending, Work(f"Deleting {name}"), progress, asking.pace)


async def _there(asking: Asking, workspace: Workspace, name: str) -> dict[str, Any]:
    found = await find(asking, workspace, _path(name), VERSION)
    if found is not None:
        return found
    names = [each.name for each in await list_computes(asking, workspace)]
    raise UserError(f"{workspace.name} has no compute “{name}”.", hint=nearest(name, names))


def _path(name: str) -> str:
    return path_of("computes", name)
