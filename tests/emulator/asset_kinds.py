"""What tells code, data, models and environments apart: what is filled in, what is shown, how a missing one is told."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import yaml

from tests.emulator.answers import mfe_error
from tests.emulator.bodies import BodyError, inside, text, texts
from tests.emulator.clock import stamp
from tests.emulator.model_files import completed_model
from tests.emulator.routing import Answer
from tests.emulator.service import Service
from tests.emulator.state import Container, Json, Resource, Workspace

_CONFLICT: Json = {"code": "Conflict", "innerError": None}

Completed = Callable[[Service, Workspace, Json], Awaitable["Json | Answer"]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of asset. `always_created`: a repeated PUT is 201 again; `keeps_time`: and doesn't move its time."""

    collection: str
    held: Callable[[Workspace], dict[str, Container]]
    completed: Completed
    missing: Callable[[Service, str, str | None], Answer]
    fixed: tuple[str, ...]
    fixed_told: str
    newest_first: bool = True
    always_created: bool = False
    keeps_time: bool = False

    def version_shown(self, workspace: Workspace, name: str, version: Resource) -> Json:
        """Return a version as ARM shows it."""
        properties = dict(version.properties)
        if self.collection == "environments":
            properties = _labelled(properties, self.held(workspace)[name], version)
        return {
            "id": f"{workspace.path}/{self.collection}/{name}/versions/{version.name}",
            "name": version.name,
            "type": f"Microsoft.MachineLearningServices/workspaces/{self.collection}/versions",
            "properties": properties,
            "systemData": self._system_data(version),
        }

    def _system_data(self, version: Resource) -> Json:
        body = {"createdAt": stamp(version.created), "createdBy": "Ada", "createdByType": "User"}
        body["lastModifiedAt"] = stamp(version.modified)
        if self.collection == "data" and not version.more.get("updated"):
            return body
        return {**body, "lastModifiedBy": "Ada", "lastModifiedByType": "User"}

    def container_shown(self, workspace: Workspace, container: Container) -> Json:
        """Return an asset of all its versions as ARM shows it."""
        latest = next(reversed(container.versions), None)
        numbers = [int(each) for each in container.versions if each.isdigit()]
        made, changed = stamp(container.created), stamp(container.modified)
        return {
            "id": f"{workspace.path}/{self.collection}/{container.name}",
            "name": container.name,
            "type": f"Microsoft.MachineLearningServices/workspaces/{self.collection}",
            "properties": {
                "description": None,
                "tags": {},
                "properties": {},
                "isArchived": container.archived,
                "latestVersion": latest,
                "nextVersion": str(max(numbers, default=0) + 1),
                **self._more_of_container(container),
                "provisioningState": "Succeeded",
            },
            "systemData": {
                "createdAt": made,
                "createdBy": "Ada",
                "createdByType": "User",
                "lastModifiedAt": changed,
                "lastModifiedBy": "Ada",
                "lastModifiedByType": "User",
            },
        }

    def _more_of_container(self, container: Container) -> Json:
        if self.collection != "data":
            return {}
        latest = next(reversed(container.versions.values()), None)
        return {"dataType": latest.properties["dataType"] if latest else "uri_folder"}

    def is_hidden(self, container: Container) -> bool:
        """Tell whether lists leave it out: what is anonymous throughout."""
        return bool(container.versions) and all(
            each.properties.get("isAnonymous") for each in container.versions.values()
        )

    def changed(self, service: Service, named: tuple[str, str], old: Json, new: Json) -> Answer | None:
        """Refuse to change what is fixed once a version is registered."""
        if all(old.get(member) == new.get(member) for member in self.fixed):
            return None
        name, version = named
        return mfe_error(service, 409, self.fixed_told.format(name=name, version=version), inner=_CONFLICT)

    def headers(self, properties: Json) -> dict[str, str]:
        """Return what else the answer to a PUT carries."""
        return {"Build-ID": "ch1v"} if "build" in properties else {}


def _first_members(given: Json) -> Json:
    return {
        "description": text(given, "description") if given.get("description") is not None else None,
        "tags": texts(given, "tags"),
        "properties": inside(given, "properties"),
        "isArchived": bool(given.get("isArchived")),
        "isAnonymous": bool(given.get("isAnonymous")),
    }


async def _code(_service: Service, _workspace: Workspace, given: Json) -> Json | Answer:
    known = {**_first_members(given), "isAnonymous": False, "codeUri": text(given, "codeUri")}
    known["properties"] = {name: str(value) for name, value in known["properties"].items()}
    return {**known, "provisioningState": "Succeeded"}


async def _data(_service: Service, workspace: Workspace, given: Json) -> Json | Answer:
    uri = text(given, "dataUri")
    if uri.startswith("azureml://datastores/"):
        scope = f"subscriptions/{workspace.subscription}/resourcegroups/{workspace.group}/workspaces/{workspace.name}"
        uri = f"azureml://{scope}/{uri.removeprefix('azureml://')}"
    known = {**_first_members(given), "autoDeleteSetting": None, "dataUri": uri, "stage": None}
    return {**known, "intellectualProperty": None, "dataType": text(given, "dataType", "uri_folder")}


async def _model(service: Service, workspace: Workspace, given: Json) -> Json | Answer:
    known = {**_first_members(given), "autoDeleteSetting": None}
    more = await completed_model(service, workspace, given)
    if isinstance(more, Answer):
        return more
    return {
        **known,
        **more,
        "provisioningState": "Succeeded",
        "stage": given.get("stage") or "Development",
        "intellectualProperty": None,
    }


async def _environment(_service: Service, _workspace: Workspace, given: Json) -> Json | Answer:
    known = {**_first_members(given), "autoDeleteSetting": None, "environmentType": "UserCreated"}
    conda = text(given, "condaFile")
    if inside(given, "build"):
        known |= {"condaFile": _as_json(conda) if conda else "", "build": _context(inside(given, "build"))}
    else:
        known["image"] = given.get("image")
        known |= {"condaFile": _as_json(conda)} if conda else {}
    known |= {"osType": given.get("osType") or "Linux", "autoRebuild": given.get("autoRebuild") or "Disabled"}
    stage = "Logged" if known["isAnonymous"] else "Development"
    return {**known, "provisioningState": "Succeeded", "stage": stage, "intellectualProperty": None}


def _context(given: Json) -> Json:
    return {"contextUri": given.get("contextUri"), "dockerfilePath": given.get("dockerfilePath") or "Dockerfile"}


def _as_json(conda: str) -> str:
    """The service reads the YAML of a conda file and gives it back as indented JSON."""
    try:
        read: Any = yaml.safe_load(conda)
    except yaml.YAMLError as error:
        raise BodyError(f"The conda file is no YAML: {error}") from None
    return json.dumps(read, indent=2, default=str)


def _labelled(properties: Json, container: Container, version: Resource) -> Json:
    """Only the newest version carries the label."""
    newest = next(reversed(container.versions.values())) is version
    label = {"azureml.labels": "latest"} if newest else {}
    return {**properties, "properties": {**properties["properties"], **label}}


def _missing_model(service: Service, name: str, version: str | None) -> Answer:
    said = f"Model container with name: {name} not found."
    if version is not None:
        said = f"Model with name: {name} and version: {version} not found."
    return mfe_error(
        service,
        404,
        "The specified resource was not found.",
        component="modelregistry",
        details=[{"code": "ModelNotFound", "message": said, "details": [], "additionalInfo": []}],
        inner={"code": "NotFound", "innerError": {"code": "ModelNotFound", "innerError": None}},
    )


def _missing(what: str) -> Callable[[Service, str, str | None], Answer]:
    def answer(service: Service, name: str, version: str | None) -> Answer:
        asked = f"{what} {name}" + (f" version {version}" if version else "")
        return mfe_error(service, 404, f"{asked} not found.", inner={"code": "NotFound", "innerError": None})

    return answer


_TAKEN = (
    "A {what} with this name and version already exists. If you are trying to create a new {what}, use a different "
    "name or version. If you are trying to update an existing {what}, the existing asset's {uri} cannot be changed. "
    "Only tags, description, and isArchived can be updated."
)

KINDS: tuple[Kind, ...] = (
    Kind(
        "codes",
        lambda workspace: workspace.codes,
        _code,
        _missing("Code"),
        ("codeUri",),
        _TAKEN.format(what="code version", uri="code uri"),
    ),
    Kind(
        "data",
        lambda workspace: workspace.data,
        _data,
        _missing("Data asset"),
        ("dataUri", "dataType"),
        _TAKEN.format(what="data version", uri="data uri"),
    ),
    Kind(
        "models",
        lambda workspace: workspace.models,
        _model,
        _missing_model,
        ("modelUri",),
        _TAKEN.format(what="model version", uri="model uri"),
        newest_first=False,
    ),
    Kind(
        "environments",
        lambda workspace: workspace.environments,
        _environment,
        _missing("Environment"),
        ("image", "condaFile", "build", "osType"),
        "Environment {name} with version {version} is already registered and cannot be changed.",
        always_created=True,
        keeps_time=True,
    ),
)


def kind_of(collection: str) -> Kind:
    """Return a kind by the word for it in addresses."""
    return next(each for each in KINDS if each.collection == collection)
