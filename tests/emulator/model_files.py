"""Where a model's files are, and what an MLflow model says of itself."""

from __future__ import annotations

import re

import yaml

from tests.emulator.answers import mfe_error
from tests.emulator.bodies import inside, text
from tests.emulator.routing import Answer
from tests.emulator.service import Service
from tests.emulator.state import Json, Workspace

_OF_JOB = re.compile(r"azureml://jobs/(?P<job>[^/]+)/outputs/(?P<output>[^/]+)(?:/paths/(?P<path>.*))?")
_OF_RUN = re.compile(r"(?:runs:/|azureml://(?:.*/)?runs/)(?P<job>[^/]+)/(?P<path>.*)")
_OF_STORE = re.compile(
    r"azureml://(?:subscriptions/[^/]+/resourcegroups/[^/]+/workspaces/[^/]+/)?"
    r"datastores/(?P<store>[^/]+)/paths/(?P<path>.*)",
    re.IGNORECASE,
)


async def completed_model(service: Service, workspace: Workspace, given: Json) -> Json | Answer:
    """Return the members of a model that its files decide: where they lie, which job made them, its flavors."""
    asked = text(given, "modelUri")
    uri, job = located(workspace, asked)
    place = place_of(workspace, uri)
    kind = text(given, "modelType") or "custom_model"
    flavors = inside(given, "flavors")
    if place is not None:
        if not await service.blobs.list(*place):
            return _no_files(service, place[2])
        flavors = await _flavors(service, place) or flavors if kind == "mlflow_model" else flavors
    return {"flavors": flavors, "modelType": kind, "modelUri": uri, "jobName": given.get("jobName") or job}


def located(workspace: Workspace, uri: str) -> tuple[str, str | None]:
    """Return an address in the long form that the service keeps, and the job whose output it is."""
    scope = (
        f"azureml://subscriptions/{workspace.subscription}/resourceGroups/{workspace.group}"
        f"/workspaces/{workspace.name}/datastores"
    )
    of_job = _OF_JOB.fullmatch(uri)
    if of_job:
        job, path = of_job["job"], of_job["path"] or ""
        if of_job["output"] in ("artifacts", "default"):
            return f"{scope}/workspaceartifactstore/paths/ExperimentRun/dcid.{job}/{path}", job
        return f"{scope}/workspaceblobstore/paths/azureml/{job}/{of_job['output']}/{path}", job
    of_run = _OF_RUN.fullmatch(uri)
    if of_run:
        base = f"{scope}/workspaceartifactstore/paths/ExperimentRun/dcid.{of_run['job']}"
        return f"{base}/{of_run['path']}", of_run["job"]
    of_store = _OF_STORE.fullmatch(uri)
    if of_store:
        return f"{scope}/{of_store['store']}/paths/{of_store['path']}", None
    return uri, None


def place_of(workspace: Workspace, uri: str) -> tuple[str, str, str] | None:
    """Return account, container and path of a datastore's address; None where it is none."""
    found = _OF_STORE.fullmatch(uri)
    store = workspace.datastores.get(found["store"]) if found else None
    if found is None or store is None or "containerName" not in store.properties:
        return None
    return store.properties["accountName"], store.properties["containerName"], found["path"].rstrip("/")


async def _flavors(service: Service, place: tuple[str, str, str]) -> Json:
    """What MLmodel lists, in the form in which the service shows it: each under `data`, values as text."""
    account, container, path = place
    found = await service.blobs.get(account, container, f"{path}/MLmodel")
    read = yaml.safe_load(found) if found else None
    listed = (read.get("flavors") if isinstance(read, dict) else None) or {}
    return {name: {"data": {key: str(value) for key, value in each.items()}} for name, each in listed.items()}


def _no_files(service: Service, path: str) -> Answer:
    said = f"No blobs found in storage at model asset path: {path}/"
    return mfe_error(
        service,
        400,
        "The request is invalid.",
        component="modelregistry",
        details=[{"code": "ModelAssetPathNotFoundInStorage", "message": said, "details": [], "additionalInfo": []}],
        inner={"code": "BadArgument", "innerError": None},
    )
