"""Models: registered from what a run made, from a local file or folder, or from a datastore's path."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from desktop_app.api import NewAsset, Progress, UserError, Workspace
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.files import stores
from desktop_app.backends.azureml.holdings import registering
from desktop_app.backends.azureml.holdings.asset_records import (
    SHELVES,
    model_type_of,
    origin_of,
    run_and_path,
    run_uri,
)

MODELS = SHELVES["model"]


async def register(asking: Asking, workspace: Workspace, asset: NewAsset, progress: Progress) -> str:
    """Register a model and return its version."""
    origin = origin_of(asset.path)
    if origin == "web":
        hint = "Download it first, or register what a run made or a datastore holds."
        raise UserError("Azure ML takes no model from a web address.", hint=hint)
    if origin == "local":
        return await _local(asking, workspace, asset, progress)
    uri = await _of_run(asking, workspace, asset.path, progress) if origin == "run" else asset.path
    names = await _names(asking, workspace, uri, progress)
    typed = asset.type or model_type_of(names)
    _refuse_no_mlflow(typed, names, asset.path)
    progress(f"Registering {asset.name}", None)
    return await registering.put(asking, workspace, MODELS, replace(asset, type=typed), uri)


async def _of_run(asking: Asking, workspace: Workspace, path: str, progress: Progress) -> str:
    """Return the URI of what a run made; it must be there, or the model would be empty."""
    run, below = run_and_path(path)
    uri = run_uri(run, below)
    progress(f"Looking at {below} of {run}", None)
    if not await stores.listing(asking, workspace, uri):
        hint = f"What it made is listed with the run {run}."
        raise UserError(f"The run {run} has no {below} in {workspace.name}.", hint=hint)
    return uri


async def _names(asking: Asking, workspace: Workspace, uri: str, progress: Progress) -> list[str]:
    progress("Looking at what kind of model it is", None)
    return [each.path for each in await stores.listing(asking, workspace, uri)]


async def _local(asking: Asking, workspace: Workspace, asset: NewAsset, progress: Progress) -> str:
    found = registering.local(asset.path)
    names = await asyncio.to_thread(_files_in, found)
    typed = replace(asset, type=asset.type or (model_type_of(names) if found.is_dir() else "custom_model"))
    _refuse_no_mlflow(typed.type, names, asset.path)
    version = await registering.next_version(asking, workspace, MODELS, asset)
    return await registering.upload(asking, workspace, "upload_model", typed, version, progress)


def _files_in(path: Path) -> list[str]:
    """Return what is in a folder, by its path there; of a file its name."""
    return [each.relative_to(path).as_posix() for each in path.rglob("*")] if path.is_dir() else [path.name]


def _refuse_no_mlflow(kind: str, names: list[str], path: str) -> None:
    if kind == "mlflow_model" and "MLmodel" not in names:
        hint = "An MLflow model is the folder that holds MLmodel; another one is a custom_model."
        raise UserError(f"{path} is no MLflow model: it has no file MLmodel.", hint=hint)
