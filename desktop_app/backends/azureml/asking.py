"""Asks a workspace: by its path on the management plane or on its region's host, a page or all pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from desktop_app.api import Workspace
from desktop_app.backends.azureml.links import Links
from desktop_app.backends.azureml.routes import query, resource_id
from desktop_app.backends.azureml.wire import Ask, CloudFault, Reply, Wire

_MOST_PAGES = 1000


def url_of(workspace: Workspace, *parts: str, version: str, **parameters: str) -> str:
    """Return the URL of a thing in a workspace: `url_of(workspace, "computes", name, version=…)`."""
    path = "/".join(quote(each, safe="") for each in parts)
    start = f"{cloud_named(workspace.cloud).management}{resource_id(workspace)}"
    return query(f"{start}/{path}" if path else start, **parameters, api_version=version)


def region_url(workspace: Workspace, location: str, what: str, version: str) -> str:
    """Return the URL of what a subscription has in a region: `vmSizes`, `usages`."""
    start = f"{cloud_named(workspace.cloud).management}/subscriptions/{quote(workspace.subscription)}"
    place = f"providers/Microsoft.MachineLearningServices/locations/{quote(location, safe='')}"
    return query(f"{start}/{place}/{what}", api_version=version)


async def location_of(wire: Wire, workspace: Workspace) -> str:
    """Return the region that a workspace is in."""
    if workspace.location:
        return workspace.location
    return str((await get(wire, workspace, url_of(workspace, version=WORKSPACES))).get("location") or "")


@dataclass(frozen=True, slots=True)
class Asking:
    """What every part of the backend asks with; raises CloudFault where the cloud can't be asked or says no."""

    wire: Wire
    links: Links

    async def arm(  # noqa: PLR0913 - a request has so many parts
        self,
        workspace: Workspace,
        method: str,
        rest: str,
        *,
        version: str,
        json: Any = None,
        patience: float = 30.0,
        **parameters: str,
    ) -> Reply:
        """Ask the management plane for `rest` below the workspace (`jobs/x`), "" for the workspace itself."""
        url = self.arm_url(workspace, rest, version=version, **parameters)
        return await self.wire.ask(workspace, Ask(method, url, json, patience=patience))

    def arm_url(self, workspace: Workspace, rest: str, *, version: str, **parameters: str) -> str:
        """Return the management plane's URL of what lies below the workspace."""
        path = f"{resource_id(workspace)}/{rest}".rstrip("/")
        return query(f"{self.links.management(workspace)}{path}", api_version=version, **parameters)

    async def arm_pages(
        self, workspace: Workspace, rest: str, *, version: str, **parameters: str
    ) -> AsyncIterator[Mapping[str, Any]]:
        """Yield the items of a list, page after page; `nextLink` is followed to the letter."""
        url = self.arm_url(workspace, rest, version=version, **parameters)
        for _page in range(_MOST_PAGES):
            reply = await self.wire.ask(workspace, Ask("GET", url))
            for each in items_of(reply.json):
                yield each
            url = str(reply.json.get("nextLink") or "") if isinstance(reply.json, dict) else ""
            if not url:
                return

    async def api(  # noqa: PLR0913 - as above
        self,
        workspace: Workspace,
        method: str,
        path: str,
        *,
        json: Any = None,
        patience: float = 30.0,
        **parameters: str,
    ) -> Reply:
        """Ask the region's host for a path (routes.history(…)); where it is found out first if need be."""
        link = await self.links.of(workspace)
        return await self.wire.ask(
            workspace, Ask(method, query(f"{link.api}{path}", **parameters), json, patience=patience)
        )


def items_of(page: Any) -> list[Mapping[str, Any]]:
    """Return the items of a page, none where it is not of that form."""
    value = page.get("value") if isinstance(page, dict) else None
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def is_missing(fault: CloudFault) -> bool:
    """Whether the service says that what was asked for is not there."""
    return fault.kind == "not-found"
