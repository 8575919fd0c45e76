"""Data assets: registered from a local file or folder, from a web address, or from what lies in the cloud already."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

from desktop_app.api import NewAsset, Progress, UserError, Workspace
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.files import stores
from desktop_app.backends.azureml.holdings import registering
from desktop_app.backends.azureml.holdings.asset_records import SHELVES, origin_of, run_and_path, run_uri

DATA = SHELVES["data"]


async def register(asking: Asking, workspace: Workspace, asset: NewAsset, progress: Progress) -> str:
    """Register a data asset and return its version. What is at a web address or in the cloud is not copied."""
    origin = origin_of(asset.path)
    if origin == "local":
        return await _local(asking, workspace, asset, progress)
    uri = await _of_run(asking, workspace, asset.path) if origin == "run" else asset.path
    if origin == "web":
        typed = replace(asset, type=asset.type or web_type(uri))
    else:
        typed = replace(asset, type=asset.type or await _type(asking, workspace, uri))
    progress(f"Registering {asset.name}", None)
    return await registering.put(asking, workspace, DATA, typed, uri)


async def _of_run(asking: Asking, workspace: Workspace, path: str) -> str:
    """Return where what a run made lies in its datastore, which data assets name."""
    run, below = run_and_path(path)
    if not await stores.listing(asking, workspace, run_uri(run, below)):
        raise UserError(f"The run {run} has no {below} in {workspace.name}.")
    return f"azureml://datastores/{stores.ARTIFACTS}/paths/ExperimentRun/dcid.{run}/{below}"


def web_type(url: str) -> str:
    """Return what a web address leads to: a file, unless it ends in a slash. Raises UserError for a wrong one."""
    parts = urlsplit(url)
    if not parts.hostname:
        raise UserError(f"“{url}” is no web address.", hint="Write it like https://example.com/data/train.csv.")
    path = PurePosixPath(parts.path)
    return "uri_folder" if parts.path.endswith("/") or not path.name else "uri_file"


async def _type(asking: Asking, workspace: Workspace, uri: str) -> str:
    """Return whether a file or a folder lies there. Raises UserError where nothing does."""
    found = await stores.listing(asking, workspace, uri)
    if not found:
        raise UserError(f"There is nothing at {uri.partition('?')[0]}.")
    return "uri_file" if [each.path for each in found] == [PurePosixPath(uri).name] else "uri_folder"


async def _local(asking: Asking, workspace: Workspace, asset: NewAsset, progress: Progress) -> str:
    found = registering.local(asset.path)
    is_table = (found / "MLTable").is_file()
    typed = replace(asset, type=asset.type or _local_type(found, is_table=is_table))
    if typed.type == "mltable" and not is_table:
        raise UserError(f"{asset.path} is no table: it has no file MLTable.", hint="A plain folder is a uri_folder.")
    if (typed.type == "uri_file") == found.is_dir():
        raise UserError(f"{asset.path} is a {'folder' if found.is_dir() else 'file'}, and no {typed.type}.")
    version = await registering.next_version(asking, workspace, DATA, asset)
    return await registering.upload(asking, workspace, "upload_data", typed, version, progress)


def _local_type(path: Path, *, is_table: bool) -> str:
    if is_table:
        return "mltable"
    return "uri_folder" if path.is_dir() else "uri_file"
