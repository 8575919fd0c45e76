"""Things in a workspace, asked for by their path: one, all of a list, one that may be missing; and how to read them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from desktop_app.api import Workspace
from desktop_app.backends.azureml.client.asking import Asking, is_missing
from desktop_app.backends.azureml.client.routes import query
from desktop_app.backends.azureml.client.wire import CloudFault

T = TypeVar("T")


def _silent(_message: str) -> None:
    """Say nothing."""


def path_of(*names: str) -> str:
    """Return the path below the workspace: `path_of("computes", name)`."""
    return "/".join(quote(each, safe="") for each in names)


async def get(asking: Asking, workspace: Workspace, path: str, version: str) -> dict[str, Any]:
    """Return a thing. Raises CloudFault, also of kind not-found."""
    return record((await asking.arm(workspace, "GET", path, version=version)).json)


async def find(asking: Asking, workspace: Workspace, path: str, version: str) -> dict[str, Any] | None:
    """Return a thing, None where there is none of that name."""
    try:
        return await get(asking, workspace, path, version)
    except CloudFault as fault:
        if not is_missing(fault):
            raise
        return None


async def items(
    asking: Asking, workspace: Workspace, path: str, version: str, **parameters: str
) -> list[dict[str, Any]]:
    """Return a whole list."""
    found = asking.arm_pages(workspace, path, version=version, **parameters)
    return [dict(each) async for each in found]


async def post(
    asking: Asking, workspace: Workspace, path: str, version: str, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Ask for what needs a right of its own: keys, secrets, logs. As that changes nothing, it is asked again."""

    async def ask() -> dict[str, Any]:
        return record((await asking.arm(workspace, "POST", path, version=version, json=body or {})).json)

    return await again(ask, asking.pace.first)


async def again(work: Callable[[], Awaitable[T]], gap: float, tell: Callable[[str], None] = _silent) -> T:
    """Do what may be done twice, and do it again after a fault of the network, three times in all."""
    for pause in (1.0, 3.0):
        try:
            return await work()
        except CloudFault as fault:
            if not fault.is_transient:
                raise
            tell(f"Once more: {fault.message}")
            await asyncio.sleep(fault.retry_after or pause * gap)
    return await work()


async def in_region(asking: Asking, workspace: Workspace, what: str, version: str) -> list[dict[str, Any]]:
    """Return what the subscription has in the workspace's region: `vmSizes`, `usages`."""
    location = workspace.location or (await asking.links.of(workspace)).location
    start = f"{asking.links.management(workspace)}/subscriptions/{quote(workspace.subscription)}"
    place = f"providers/Microsoft.MachineLearningServices/locations/{quote(location, safe='')}"
    url = query(f"{start}/{place}/{what}", api_version=version)
    return [dict(each) async for each in asking.pages(workspace, url)]


def record(value: Any) -> dict[str, Any]:
    """Return an object of an answer; what is null or missing there is empty here."""
    return dict(value) if isinstance(value, Mapping) else {}


def moment(value: Any) -> datetime | None:
    """Return a time of an answer, None where there is none or it can't be read."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    if found is None or not 1971 <= found.year < 9999:  # the service's placeholders are the first year and the last
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
