"""Models, data assets and environments: list, register, download."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from desktop_app.api import Asset, NewAsset, Progress, UserError, Workspace
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.client.resources import find, get, items, path_of
from desktop_app.backends.azureml.files import stores
from desktop_app.backends.azureml.holdings import data, environments, models
from desktop_app.backends.azureml.holdings.asset_records import Shelf, asset_of, check_asset, newest_of, shelf_of
from desktop_app.core.nearest import nearest

_IN_FULL = 60
"""So many assets are described in full, one request each; the list shows no more than name and version of others."""
_AT_ONCE = 8


async def list_assets(
    asking: Asking, workspace: Workspace, kind: str, name: str = "", registry: str = ""
) -> Sequence[Asset]:
    """Return the newest version of each asset, newest first, or all versions of one."""
    if registry:
        return await environments.of_registry(asking, workspace, shelf_of(kind), registry, name)
    shelf = shelf_of(kind)
    return await _versions(asking, workspace, shelf, name) if name else await _newest(asking, workspace, shelf)


async def _versions(asking: Asking, workspace: Workspace, shelf: Shelf, name: str) -> Sequence[Asset]:
    path = path_of(shelf.path, name)
    if await find(asking, workspace, path, shelf.version) is None:
        names = [each.name for each in await _containers(asking, workspace, shelf)]
        raise UserError(f"{workspace.name} has no {_word(shelf)} “{name}”.", hint=nearest(name, names[:10]))
    found = await items(asking, workspace, f"{path}/versions", shelf.version, listViewType="ActiveOnly")
    return newest_first([asset_of(shelf, name, each) for each in found])


async def _newest(asking: Asking, workspace: Workspace, shelf: Shelf) -> Sequence[Asset]:
    found = newest_first(await _containers(asking, workspace, shelf))
    turns = asyncio.Semaphore(_AT_ONCE)

    async def described(asset: Asset) -> Asset:
        if not asset.version:
            return asset
        path = path_of(shelf.path, asset.name, "versions", asset.version)
        async with turns:
            body = await find(asking, workspace, path, shelf.version)
        return asset_of(shelf, asset.name, body) if body else asset

    full = await asyncio.gather(*map(described, found[:_IN_FULL]))
    return newest_first([*full, *found[_IN_FULL:]])


async def _containers(asking: Asking, workspace: Workspace, shelf: Shelf) -> list[Asset]:
    found = await items(asking, workspace, shelf.path, shelf.version, listViewType="ActiveOnly")
    return [newest_of(shelf, each) for each in found]


def newest_first(found: list[Asset]) -> list[Asset]:
    """Return assets by the time they were made; those of no known time last."""
    return sorted(found, key=lambda each: each.created.timestamp() if each.created else 0.0, reverse=True)


async def one(asking: Asking, workspace: Workspace, kind: str, name: str, version: str = "") -> Asset:
    """Return a version, the newest one where none is named. Raises UserError where there is none."""
    shelf = shelf_of(kind)
    if version and version != "latest":
        body = await find(asking, workspace, path_of(shelf.path, name, "versions", version), shelf.version)
        if body is not None:
            return asset_of(shelf, name, body)
    known = await _versions(asking, workspace, shelf, name)
    if known and version in ("", "latest"):
        return known[0]
    hint = f"There are {', '.join(each.version for each in known[:10])}." if known else "It has no versions any more."
    raise UserError(f"The {_word(shelf)} {name} has no version {version or 'at all'}.", hint=hint)


async def register(asking: Asking, workspace: Workspace, asset: NewAsset, progress: Progress) -> Asset:
    """Register a model, a data asset or an environment. A version that is there already is never replaced."""
    check_asset(asset, asking.facts)
    shelf = shelf_of(asset.kind)
    if asset.version:
        path = path_of(shelf.path, asset.name, "versions", asset.version)
        if await find(asking, workspace, path, shelf.version) is not None:
            taken = f"{asset.name} has a version {asset.version} already."
            raise UserError(taken, hint="Leave the version out to get the next one.")
    doing = {"model": models.register, "data": data.register, "environment": environments.register}[asset.kind]
    version = await doing(asking, workspace, asset, progress)
    return asset_of(
        shelf,
        asset.name,
        await get(asking, workspace, path_of(shelf.path, asset.name, "versions", version), shelf.version),
    )


async def download(asking: Asking, workspace: Workspace, asset: Asset, folder: Path, progress: Progress) -> Path:
    """Fetch all files of an asset below `folder`, checked by count and size; return where they lie."""
    if asset.kind == "environment":
        raise UserError(f"{asset.name} is an environment, which is an image and not a file.")
    if not asset.path:
        asset = await one(asking, workspace, asset.kind, asset.name, asset.version)
    return await stores.fetch(asking, workspace, asset.path, folder, progress)


def _word(shelf: Shelf) -> str:
    return "data asset" if shelf.kind == "data" else shelf.kind
