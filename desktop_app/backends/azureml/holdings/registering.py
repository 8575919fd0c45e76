"""What registering a model and a data asset have in common: the next version, a URI in the cloud, an upload."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop_app.api import NewAsset, Progress, UserError, Value, Workspace
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.client.resources import again, find, path_of, record
from desktop_app.backends.azureml.holdings.asset_records import Shelf, body_of


async def next_version(asking: Asking, workspace: Workspace, shelf: Shelf, asset: NewAsset) -> str:
    """Return the version that was asked for, else the one that the service names next."""
    if asset.version:
        return asset.version
    container = await find(asking, workspace, path_of(shelf.path, asset.name), shelf.version)
    return str(record((container or {}).get("properties")).get("nextVersion") or "1")


async def put(asking: Asking, workspace: Workspace, shelf: Shelf, asset: NewAsset, uri: str) -> str:
    """Register what lies at a URI in the cloud; return the version."""
    version = await next_version(asking, workspace, shelf, asset)
    path = path_of(shelf.path, asset.name, "versions", version)
    await asking.arm(workspace, "PUT", path, version=shelf.version, json=body_of(shelf, asset, uri))
    return version


async def upload(  # noqa: PLR0913, PLR0917 - what to send, and by which function
    asking: Asking, workspace: Workspace, function: str, asset: NewAsset, version: str, progress: Progress
) -> str:
    """Send up a local file or folder by the SDK, which names it after its content; return the version."""
    path = str(local(asset.path))
    arguments: Mapping[str, Value] = {
        "name": asset.name,
        "version": version,
        **({"file": path} if function == "register_environment" else {"path": path, "type": asset.type}),
        "description": asset.description,
        "tags": dict(asset.tags),
    }

    async def call() -> Any:
        return await asking.wire.call(workspace, function, arguments, progress)

    # Files and version are named by now, so that a repeated call makes nothing twice.
    answer = await again(call, asking.pace.first, lambda said: progress(said, None))
    return str(record(answer).get("version") or version)


def local(path: str) -> Path:
    """Return a local file or folder. Raises UserError where there is nothing, or nothing in it."""
    found = Path(path).expanduser().absolute()
    if not found.exists():
        raise UserError(
            f"{path} is not there.", hint="Give a file, a folder, or RUN:outputs/model.pt for what a run made."
        )
    if found.is_dir() and not any(each.is_file() for each in found.rglob("*")):
        raise UserError(f"The folder {path} has no file in it.")
    return found
