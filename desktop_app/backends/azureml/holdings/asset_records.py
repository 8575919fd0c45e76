"""Models, data assets and environments between the service's JSON and the program's values: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Literal

from desktop_app.api import Asset, NewAsset, UserError
from desktop_app.backends.azureml.client.resources import moment, record
from desktop_app.core.rules.facts import Facts


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where assets of a kind are kept: the word in paths, the interface's version as azure-ai-ml 1.35.2 names it."""

    kind: str
    path: str
    version: str
    uri: str
    type: str


SHELVES = {
    "model": Shelf("model", "models", "2023-08-01-preview", "modelUri", "modelType"),
    "data": Shelf("data", "data", "2023-04-01-preview", "dataUri", "dataType"),
    "environment": Shelf("environment", "environments", "2023-04-01-preview", "image", "environmentType"),
}
MODEL_TYPES = ("custom_model", "mlflow_model", "triton_model")
DATA_TYPES = ("uri_file", "uri_folder", "mltable")
Origin = Literal["run", "cloud", "web", "local"]
_OF_RUN = re.compile(r"azureml://jobs/([^/]+)/|/dcid\.([^/]+)/")
_RUN_PATH = re.compile(r"(?P<run>[A-Za-z0-9][\w-]{1,254}):(?P<path>(?!//).+)", re.ASCII | re.DOTALL)
_DRIVE = re.compile(r"[A-Za-z]:[\\/]")


def shelf_of(kind: str) -> Shelf:
    """Return where assets of a kind are kept."""
    return SHELVES[kind]


def asset_of(shelf: Shelf, name: str, body: Mapping[str, Any], registry: str = "") -> Asset:
    """Return a version as the service describes it."""
    properties = record(body.get("properties"))
    path = str(properties.get(shelf.uri) or record(properties.get("build")).get("contextUri") or "")
    return Asset(
        kind=shelf.kind,
        name=name,
        version=str(body.get("name") or ""),
        type=_type(shelf, properties),
        path=path,
        description=str(properties.get("description") or ""),
        created=moment(record(body.get("systemData")).get("createdAt")),
        tags={str(key): str(value) for key, value in record(properties.get("tags")).items()},
        run=str(properties.get("jobName") or run_of(path)),
        registry=registry,
    )


def newest_of(shelf: Shelf, body: Mapping[str, Any], registry: str = "") -> Asset:
    """Return what the container of all versions says of the newest one."""
    properties = record(body.get("properties"))
    return Asset(
        kind=shelf.kind,
        name=str(body.get("name") or ""),
        version=str(properties.get("latestVersion") or ""),
        description=str(properties.get("description") or ""),
        created=moment(record(body.get("systemData")).get("lastModifiedAt")),
        tags={str(key): str(value) for key, value in record(properties.get("tags")).items()},
        registry=registry,
    )


def _type(shelf: Shelf, properties: Mapping[str, Any]) -> str:
    if shelf.kind != "environment":
        return str(properties.get(shelf.type) or "")
    return "build" if properties.get("build") else "conda" if properties.get("condaFile") else "image"


def run_of(path: str) -> str:
    """Return the run that a path leads to; empty where it leads to none."""
    found = _OF_RUN.search(path)
    return (found[1] or found[2]) if found else ""


def origin_of(path: str) -> Origin:
    """Return where a path leads: to what a run made (`RUN:outputs/model.pt`), the cloud, the web, or this machine."""
    if path.startswith("azureml:"):
        return "cloud"
    if path.startswith(("https://", "http://", "wasbs://", "abfss://")):
        return "web"
    return "run" if _RUN_PATH.fullmatch(path) and not _DRIVE.match(path) else "local"


def run_and_path(path: str) -> tuple[str, str]:
    """Return the run and the path below its artifacts of `RUN:outputs/model.pt`."""
    run, _, below = path.partition(":")
    below = below.removeprefix("./").rstrip("/")
    if not below or below.startswith("/") or ".." in PurePosixPath(below).parts:
        raise UserError(f"“{path}” names no file of the run {run}.", hint="Write it like RUN:outputs/model.pt.")
    return run, below


def run_uri(run: str, path: str) -> str:
    """Return the URI by which an asset stays tied to the run that made it."""
    return f"azureml://jobs/{run}/outputs/artifacts/paths/{path}"


def model_type_of(names: list[str]) -> str:
    """Return what a model is by the files it consists of, relative to it."""
    if "MLmodel" in names:
        return "mlflow_model"
    is_triton = any(PurePosixPath(each).name == "config.pbtxt" for each in names)
    return "triton_model" if is_triton else "custom_model"


def check_asset(asset: NewAsset, facts: Facts) -> None:
    """Raise UserError for a name, a version or a type that no such asset may have."""
    rule = facts.name_rule(asset.kind)
    what = {"data": "data asset"}.get(asset.kind, asset.kind)
    if rule and not (rule.least <= len(asset.name) <= rule.most and re.fullmatch(rule.regex, asset.name, re.ASCII)):
        hint = "Spaces, as in SDK v1, are not taken any more." if " " in asset.name else f"It has {rule.says}."
        raise UserError(f"A {what} can't be called “{asset.name}”.", hint=hint)
    if asset.version and not re.fullmatch(r"[\w.-]{1,30}", asset.version, re.ASCII):
        raise UserError(f"“{asset.version}” is no version.", hint="It has up to 30 letters, digits, ., - and _.")
    known = {"model": MODEL_TYPES, "data": DATA_TYPES}.get(asset.kind, ())
    if asset.type and known and asset.type not in known:
        raise UserError(f"There is no {what} of type “{asset.type}”.", hint=f"Known: {', '.join(known)}.")


def body_of(shelf: Shelf, asset: NewAsset, uri: str) -> dict[str, Any]:
    """Return what to send to register what lies in the cloud already."""
    properties: dict[str, Any] = {
        "description": asset.description or None,
        "tags": dict(asset.tags),
        "properties": {},
        "isAnonymous": False,
        "isArchived": False,
        shelf.type: asset.type,
        shelf.uri: uri,
    }
    if shelf.kind == "model" and run_of(uri):
        properties["jobName"] = run_of(uri)
    return {"properties": {name: value for name, value in properties.items() if value is not None}}
