"""Environments: registered from a file, and those of a shared registry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from desktop_app.api import Asset, NewAsset, Progress, UserError, Workspace
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.client.clouds import cloud_named
from desktop_app.backends.azureml.client.resources import record
from desktop_app.backends.azureml.client.routes import query
from desktop_app.backends.azureml.client.wire import Ask, CloudFault
from desktop_app.backends.azureml.holdings import registering
from desktop_app.backends.azureml.holdings.asset_records import SHELVES, Shelf, asset_of, newest_of, origin_of

ENVIRONMENTS = SHELVES["environment"]
_VERSION = "2021-10-01-dataplanepreview"
"""What azure-ai-ml 1.35.2 asks registries with."""


async def register(asking: Asking, workspace: Workspace, asset: NewAsset, progress: Progress) -> str:
    """Register the environment of a file and return its version."""
    if origin_of(asset.path) != "local":
        raise UserError(f"“{asset.path}” is no file of an environment.", hint="Give an environment.yml.")
    version = await registering.next_version(asking, workspace, ENVIRONMENTS, asset)
    return await registering.upload(asking, workspace, "register_environment", asset, version, progress)


@dataclass(frozen=True, slots=True)
class _Registry:
    """A registry by where it answers and whose it is."""

    name: str
    host: str
    subscription: str
    group: str

    def url(self, *names: str, **parameters: str) -> str:
        """Return the URL of something in it."""
        owner = f"subscriptions/{self.subscription}/resourceGroups/{quote(self.group)}"
        path = "/".join(quote(each, safe="") for each in names)
        provider = f"providers/Microsoft.MachineLearningServices/registries/{quote(self.name)}"
        start = f"{self.host}/mferp/managementfrontend/{owner}/{provider}"
        return query(f"{start}/{path}", **parameters, api_version=_VERSION)


async def of_registry(
    asking: Asking, workspace: Workspace, shelf: Shelf, registry: str, name: str = ""
) -> Sequence[Asset]:
    """Return what a registry has of a kind, by name, or all versions of one, newest first."""
    place = await _found(asking, workspace, registry)
    if not name:
        found = await _all(asking, workspace, place.url(shelf.path))
        return sorted((newest_of(shelf, each, registry) for each in found), key=lambda each: each.name.lower())
    found = await _all(asking, workspace, place.url(shelf.path, name, "versions"))
    versions = [asset_of(shelf, name, each, registry) for each in found]
    return sorted(versions, key=lambda each: each.created.timestamp() if each.created else 0.0, reverse=True)


async def _found(asking: Asking, workspace: Workspace, registry: str) -> _Registry:
    host = cloud_named(workspace.cloud).registries
    url = f"{host}/registrymanagement/v1.0/registries/{quote(registry, safe='')}/discovery"
    try:
        told = record((await asking.wire.ask(workspace, Ask("GET", url))).json)
    except CloudFault as fault:
        if fault.kind != "not-found":
            raise
        hint = "Azure ML's own is called azureml."
        raise UserError(f"There is no registry “{registry}”.", hint=hint) from fault
    address = str(told.get("primaryRegionResourceProviderUri") or "").rstrip("/")
    if not address.startswith("https://"):
        raise CloudFault(f"The registry {registry} doesn't say where it answers.", kind="service")
    return _Registry(registry, address, str(told.get("subscriptionId") or ""), str(told.get("resourceGroup") or ""))


async def _all(asking: Asking, workspace: Workspace, url: str) -> list[dict[str, Any]]:
    return [dict(each) async for each in asking.pages(workspace, url)]
