"""Asks a workspace: by its path on the management plane or on its region's host, a page or all pages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from desktop_app.api import Workspace
from desktop_app.backends.azureml.client.links import Links
from desktop_app.backends.azureml.client.operations import Pace
from desktop_app.backends.azureml.client.routes import query, resource_id
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, Reply, Wire
from desktop_app.core.rules.facts import NO_FACTS, Facts

_MOST_PAGES = 1000


@dataclass(frozen=True, slots=True)
class Asking:
    """What every part of the backend asks with; raises CloudFault where the cloud can't be asked or says no.

    `facts` are what the program knows of VM sizes and names, `pace` how often long-running operations are asked after.
    """

    wire: Wire
    links: Links
    facts: Facts = NO_FACTS
    pace: Pace = field(default_factory=Pace)

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
        async for each in self.pages(workspace, self.arm_url(workspace, rest, version=version, **parameters)):
            yield each

    async def pages(self, workspace: Workspace, url: str) -> AsyncIterator[Mapping[str, Any]]:
        """Yield the items of a list whose first page lies at a URL."""
        for _page in range(_MOST_PAGES):
            reply = await self.wire.ask(workspace, Ask("GET", url))
            for each in items_of(reply.json):
                yield each
            url = str(reply.json.get("nextLink") or "") if isinstance(reply.json, dict) else ""
            if not url:
                return

    async def api(  # noqa: PLR0913 - a request has so many parts
        self,
        workspace: Workspace,
        method: str,
        path: str,
        *,
        json: Any = None,
        patience: float = 30.0,
        omit: tuple[str, ...] = (),
        **parameters: str,
    ) -> Reply:
        """Ask the region's host for a path (routes.history(…)); where it is found out first if need be."""
        link = await self.links.of(workspace)
        url = query(f"{link.api}{path}", **parameters)
        return await self.wire.ask(workspace, Ask(method, url, json, patience=patience, omit=omit))


def items_of(page: Any) -> list[Mapping[str, Any]]:
    """Return the items of a page, none where it is not of that form."""
    value = page.get("value") if isinstance(page, dict) else None
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def is_missing(fault: CloudFault) -> bool:
    """Whether the service says that what was asked for is not there."""
    return fault.kind == "not-found"
