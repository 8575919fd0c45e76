"""Where Azure ML answers: run handles, and the URLs of the management plane and of a workspace's region."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from desktop_app.api import UserError, Workspace

SCHEME = "azureml://"
WORKSPACES = "2024-10-01-preview"
JOBS = "2024-01-01-preview"
CANCEL = "2023-04-01-preview"
DATASTORES = "2024-10-01-preview"
"""Versions of the interface, as azure-ai-ml 1.35.2 names them."""
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,254}", re.ASCII)
_HANDLE = re.compile(rf"azureml://([^/]+)/([^/]+)/([^/]+)/({_NAME.pattern})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Place:
    """Whose run a handle names: the workspace's key and the run."""

    workspace: str
    run: str


def handle_of(workspace: Workspace, run: str) -> str:
    """Return the handle of a workspace's run: `azureml://SUBSCRIPTION/GROUP/WORKSPACE/RUN`."""
    return f"{SCHEME}{workspace.key}/{run}"


def place_of(handle: str) -> Place:
    """Return the workspace's key and the run of a handle. Raises UserError for what is none of Azure ML."""
    found = _HANDLE.fullmatch(handle)
    if found is None:
        hint = "Handles look like azureml://SUBSCRIPTION/GROUP/WORKSPACE/RUN."
        raise UserError(f"“{handle}” is no run of Azure ML.", hint=hint)
    return Place("/".join(found.groups()[:3]), found[4])


def resource_id(workspace: Workspace) -> str:
    """Return the workspace's ARM id, which is also its path on every host."""
    return (
        f"/subscriptions/{quote(workspace.subscription)}/resourceGroups/{quote(workspace.group)}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{quote(workspace.name)}"
    )


def query(url: str, **parameters: str) -> str:
    """Return the URL with the parameters that are not empty; underscores in names stand for hyphens."""
    given = {name.replace("_", "-"): value for name, value in parameters.items() if value}
    return f"{url}?{urlencode(given)}" if given else url


def history(workspace: Workspace, rest: str) -> str:
    """Return the path of run history below the region's host."""
    return f"/history/v1.0{resource_id(workspace)}/{rest}"


def metric(workspace: Workspace, run: str, rest: str) -> str:
    """Return the path of a run's metrics below the region's host."""
    return f"/metric/v2.0{resource_id(workspace)}/runs/{quote(run)}/{rest}"


def is_name(run: str) -> bool:
    """Whether a text may be a run's name, and so a folder's here."""
    return _NAME.fullmatch(run) is not None and ".." not in run
