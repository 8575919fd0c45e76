"""Where a workspace's region answers: asked of the workspace once, kept on disk, so that a restart need not ask."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from desktop_app.api import Workspace
from desktop_app.api._records import from_json, to_json
from desktop_app.backends.azureml.client.clouds import cloud_named
from desktop_app.backends.azureml.client.routes import WORKSPACES, query, resource_id
from desktop_app.backends.azureml.client.wire import Ask, CloudFault, Wire
from desktop_app.worker.supervisor.journal import read_object
from desktop_app.worker.supervisor.state import replace


@dataclass(frozen=True, slots=True)
class Link:
    """What a workspace says of itself: its region's host (`https://…`), location and tenant."""

    api: str
    location: str = ""
    tenant: str = ""


class Links:
    """Links by workspace, kept in `path`. To be used on the event loop's thread."""

    def __init__(self, wire: Wire, path: Path) -> None:
        self._wire = wire
        self._path = path
        self._known: dict[str, Link] = {}
        self._turns: dict[str, asyncio.Lock] = {}

    def management(self, workspace: Workspace) -> str:
        """Return the management plane's host of the workspace's cloud."""
        return cloud_named(workspace.cloud).management

    async def of(self, workspace: Workspace) -> Link:
        """Return the workspace's link, asked for the first time only. Raises CloudFault."""
        async with self._turns.setdefault(workspace.key, asyncio.Lock()):
            if not self._known:  # others, of other workspaces, may be asked for meanwhile
                self._known = {**await asyncio.to_thread(_read, self._path), **self._known}
            return self._known.get(workspace.key) or await self._ask(workspace)

    async def renew(self, workspace: Workspace) -> Link:
        """Ask again, and keep the answer. Raises CloudFault."""
        async with self._turns.setdefault(workspace.key, asyncio.Lock()):
            return await self._ask(workspace)

    def forget(self, workspace: Workspace) -> None:
        """Forget what is known of a workspace."""
        self._known = {key: each for key, each in (self._known or _read(self._path)).items() if key != workspace.key}
        _write(self._path, self._known)

    async def _ask(self, workspace: Workspace) -> Link:
        url = query(f"{self.management(workspace)}{resource_id(workspace)}", api_version=WORKSPACES)
        reply: Any = (await self._wire.ask(workspace, Ask("GET", url))).json
        answer: dict[str, Any] = reply if isinstance(reply, dict) else {}
        given: Any = answer.get("properties")
        properties: dict[str, Any] = given if isinstance(given, dict) else {}
        link = Link(
            await self._api(workspace, properties),
            str(answer.get("location") or ""),
            str(properties.get("tenantId") or ""),
        )
        self._known[workspace.key] = link
        await asyncio.to_thread(_write, self._path, dict(self._known))
        return link

    async def _api(self, workspace: Workspace, properties: dict[str, Any]) -> str:
        """Return the region's host, from its discovery document, else from where the workspace keeps MLflow runs."""
        discovery = properties.get("discoveryUrl")
        if isinstance(discovery, str) and discovery.startswith("https://"):
            found = (await self._wire.ask(workspace, Ask("GET", discovery, audience=""))).json
            if isinstance(found, dict) and isinstance(found.get("api"), str):
                return str(found["api"]).rstrip("/")
        tracking = urlsplit(str(properties.get("mlFlowTrackingUri") or ""))
        if tracking.hostname:
            return f"https://{tracking.hostname}"
        raise CloudFault(
            f"{workspace.name} doesn't say where its region answers.",
            kind="service",
            hint="Try again later; if that goes on, ask who keeps the workspace.",
        )


def _read(path: Path) -> dict[str, Link]:
    known: dict[str, Link] = {}
    kept = {key: value for key, value in read_object(path).items() if isinstance(value, dict)}
    for key, value in kept.items():
        try:
            link = from_json(Link, value)
        except (TypeError, ValueError, KeyError, AttributeError):
            continue  # it is asked for again
        if str(link.api).startswith("https://"):
            known[key] = link
    return known


def _write(path: Path, known: dict[str, Link]) -> None:
    try:
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        replace(path, to_json(known))
    except OSError:
        return  # it is asked for again the next time
