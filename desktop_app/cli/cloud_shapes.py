"""The JSON shapes of the verbs of the cloud: names stay stable, new ones may be added. Secrets are in none of them."""

from __future__ import annotations

from typing import Any

from desktop_app.api import (
    Asset,
    Compute,
    Endpoint,
    Headroom,
    Quota,
    SignInReport,
    SizeOffer,
    Waiting,
    Workspace,
    WorkspaceJob,
)
from desktop_app.api._records import to_json
from desktop_app.core.redact import redact
from desktop_app.services.cloud_lists import Listed


def workspace_shape(workspace: Workspace, current: Workspace | None) -> dict[str, Any]:
    """Return a workspace; null where something is not known yet."""
    return {
        "name": workspace.name,
        "key": workspace.key,
        "subscription": workspace.subscription,
        "group": workspace.group,
        "cloud": workspace.cloud,
        "tenant": workspace.tenant or None,
        "location": workspace.location or None,
        "sign_in": workspace.sign_in.value,
        "in_use": current is not None and workspace.key == current.key,
    }


def sign_in_shape(report: SignInReport) -> dict[str, Any]:
    """Return who is signed in, and what each way answered."""
    return {
        "account": report.account or None,
        "tenant": report.tenant or None,
        "kept_in": report.kept_in or None,
        "steps": [to_json(each) for each in report.steps],
    }


def as_of_shape(listed: Listed[Any] | None) -> dict[str, Any]:
    """Return of when a list is: null for one that the service has just said."""
    return {"as_of": to_json(listed.as_of) if listed is not None and listed.fault is not None else None}


def compute_shape(compute: Compute) -> dict[str, Any]:
    """Return a compute target."""
    shape: dict[str, Any] = to_json(compute)
    return shape


def quota_shape(quota: Quota) -> dict[str, Any]:
    """Return a quota with what is left of it."""
    return {**to_json(quota), "left": quota.left}


def size_shape(size: SizeOffer) -> dict[str, Any]:
    """Return a VM size."""
    shape: dict[str, Any] = to_json(size)
    return shape


def headroom_shape(room: Headroom) -> dict[str, Any]:
    """Return whether nodes fit."""
    return {**to_json(room), "says": room.says or None, "fits": room.fits}


def asset_shape(asset: Asset) -> dict[str, Any]:
    """Return a version of a model, a data asset or an environment."""
    shape: dict[str, Any] = to_json(asset)
    return {**shape, "run": asset.run or None, "registry": asset.registry or None, "path": redact(asset.path) or None}


def endpoint_shape(endpoint: Endpoint) -> dict[str, Any]:
    """Return an endpoint with what it serves."""
    return {**to_json(endpoint), "url": endpoint.url or None}


def waiting_shape(waiting: Waiting) -> dict[str, Any]:
    """Return a job that waits to be sent."""
    return {**to_json(waiting), "reason": waiting.reason or None}


def job_shape(job: WorkspaceJob) -> dict[str, Any]:
    """Return a job of a workspace's list."""
    return {**to_json(job), "created_by": job.created_by or None, "compute": job.compute or None}
