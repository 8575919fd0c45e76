"""The jobs of a workspace, everybody's, as its list has them: newest first, a page at a time.

`after` of a page holds the address that the service gave for the next one, and how many of its jobs were shown before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from desktop_app.api import JobPage, Workspace, WorkspaceJob
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.client.asking import Asking, items_of
from desktop_app.backends.azureml.client.resources import record
from desktop_app.backends.azureml.client.wire import Ask
from desktop_app.backends.azureml.runs.snapshots import status_of, time_of

MOST = 100
"""Jobs on a page: the service says how many it sends, and that may be more than a person looks at."""
_UNREAD = ("inputs", "outputs", "services", "tags", "environmentVariables", "trial", "identity", "nodes")
_OLDEST = datetime.min.replace(tzinfo=UTC)


async def page(asking: Asking, workspace: Workspace, after: str = "") -> JobPage:
    """Return a page of the workspace's jobs. Raises CloudFault."""
    first = asking.arm_url(workspace, "jobs", version=routes.JOBS, listViewType="ActiveOnly")
    skip, url = _place(after, first)
    answer = record((await asking.wire.ask(workspace, Ask("GET", url, omit=_UNREAD))).json)
    found = [each for item in items_of(answer) if (each := job_of(workspace, item)) is not None]
    found.sort(key=lambda each: each.created or _OLDEST, reverse=True)
    shown = tuple(found[skip : skip + MOST])
    if len(found) > skip + MOST:
        return JobPage(shown, f"{skip + MOST} {url}")
    link = answer.get("nextLink")
    return JobPage(shown, f"0 {link}" if isinstance(link, str) and link else "")


def job_of(workspace: Workspace, item: Mapping[str, Any]) -> WorkspaceJob | None:
    """Return a job of the list; None for one whose name is none."""
    name = str(item.get("name") or "")
    properties, system = record(item.get("properties")), record(item.get("systemData"))
    if not routes.is_name(name):
        return None
    return WorkspaceJob(
        handle=routes.handle_of(workspace, name),
        run=name,
        kind=str(properties.get("jobType") or "").lower(),
        status=status_of(str(properties.get("status") or "")),
        display_name=str(properties.get("displayName") or name),
        experiment=str(properties.get("experimentName") or "Default"),
        created=time_of(system.get("createdAt")),
        created_by=str(system.get("createdBy") or ""),
        compute=str(properties.get("computeId") or "").rpartition("/")[2],
    )


def _place(after: str, first: str) -> tuple[int, str]:
    """Return how many jobs to leave out and the address: a page's `after` is of this very workspace, or the first."""
    count, _, url = after.partition(" ")
    is_ours = url.partition("?")[0].lower() == first.partition("?")[0].lower()
    return (int(count), url) if is_ours and count.isdecimal() else (0, first)
