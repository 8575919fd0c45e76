"""The registry `azureml` of Microsoft, with the curated environments of the program's own dated catalogue."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from tests.emulator.answers import data_plane_error, mfe_error, ok
from tests.emulator.paging import page_of
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.service import Service
from tests.emulator.state import Json

_CATALOGUE = Path(__file__).parents[2] / "resources" / "catalogues" / "curated_environments.json"
_MADE = "2024-01-01T00:00:00+00:00"
_SUBSCRIPTION, _GROUP = "5f08d643-1910-4a38-a7c7-84a39d4f42e0", "azureml-rg"
_REGISTRY = (
    "/mferp/managementfrontend/subscriptions/{subscription}/resourceGroups/{group}"
    "/providers/Microsoft.MachineLearningServices/registries/{registry}"
)


@cache
def environments() -> dict[str, dict[str, Json]]:
    """Return the registry's environments: by name, then by version, oldest first."""
    return {
        each["name"]: dict.fromkeys(_versions(each), each)
        for each in json.loads(_CATALOGUE.read_text(encoding="utf-8"))["items"]
    }


def _versions(item: Json) -> list[str]:
    return [str(each) for each in item.get("versions") or [item.get("version") or "1"]]


async def discover(service: Service, call: Call) -> Answer:
    """Tell where a registry answers."""
    name, region = call.parts["registry"], call.host.partition(".")[0]
    if name.lower() != "azureml":
        return data_plane_error(404, f"Registry {name} not found.")
    body = {
        "registryId": "3b513a6b-f110-4e7f-9ce3-472b5aa28170",
        "registryName": "azureml",
        "tenantId": service.state.tenant,
        "primaryRegion": region,
        "regions": [region],
        "subscriptionId": _SUBSCRIPTION,
        "resourceGroup": _GROUP,
        "workspaceName": None,
        "primaryRegionResourceProviderUri": f"https://{call.host}/",
        "registryFqdns": {region: {"uri": f"https://{call.host}"}},
        "intellectualPropertyPublisher": None,
    }
    return ok(body)


async def listed(service: Service, call: Call) -> Answer:
    """List the environments; the registry has no assets of other kinds here."""
    found = list(environments()) if call.parts["kind"] == "environments" else []
    return ok(page_of(service, call, found, lambda name: _container(call.parts["registry"], name)))


async def container(service: Service, call: Call) -> Answer:
    """Describe an environment of all its versions."""
    if call.parts["name"] not in environments() or call.parts["kind"] != "environments":
        return _missing(service, call)
    return ok(_container(call.parts["registry"], call.parts["name"]))


async def versions(service: Service, call: Call) -> Answer:
    """List versions, the newest first; of what is not there none."""
    held = environments().get(call.parts["name"], {}) if call.parts["kind"] == "environments" else {}
    found = list(reversed(held))
    return ok(page_of(service, call, found, lambda version: _version(call, version, held[version])))


async def version(service: Service, call: Call) -> Answer:
    """Describe a version."""
    held = environments().get(call.parts["name"], {}) if call.parts["kind"] == "environments" else {}
    found = held.get(call.parts["version"])
    return _missing(service, call) if found is None else ok(_version(call, call.parts["version"], found))


def _missing(service: Service, call: Call) -> Answer:
    asked = f"{call.parts['kind'].capitalize().removesuffix('s')} {call.parts['name']}"
    return mfe_error(service, 404, f"{asked} not found.", inner={"code": "NotFound", "innerError": None})


def _container(registry: str, name: str) -> Json:
    known = list(environments()[name])
    numbers = [int(each) for each in known if each.isdigit()]
    return {
        "id": f"azureml://registries/{registry}/environments/{name}",
        "name": name,
        "type": "environments",
        "properties": {
            "description": None,
            "tags": {},
            "properties": {},
            "isArchived": False,
            "latestVersion": known[-1],
            "nextVersion": str(max(numbers, default=0) + 1),
        },
        "systemData": _system_data(),
    }


def _version(call: Call, number: str, item: Json) -> Json:
    name = call.parts["name"]
    image = item.get("image") or f"mcr.microsoft.com/azureml/curated/{name.lower()}:{number}"
    return {
        "id": f"azureml://registries/{call.parts['registry']}/environments/{name}/versions/{number}",
        "name": number,
        "type": "environments",
        "properties": {
            "description": item.get("description"),
            "tags": {},
            "properties": {},
            "isArchived": False,
            "isAnonymous": False,
            "environmentType": "Curated",
            "image": image,
            "osType": "Linux",
        },
        "systemData": _system_data(),
    }


def _system_data() -> Json:
    by = {"createdBy": "Microsoft", "createdByType": "User"}
    changed = {"lastModifiedAt": _MADE, "lastModifiedBy": "Microsoft", "lastModifiedByType": "User"}
    return {"createdAt": _MADE, **by, **changed}


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    table.add("GET", "api", "/registrymanagement/v1.0/registries/{registry}/discovery", discover, anonymous=True)
    table.add("GET", "api", f"{_REGISTRY}/{{kind}}", listed)
    table.add("GET", "api", f"{_REGISTRY}/{{kind}}/{{name}}", container)
    table.add("GET", "api", f"{_REGISTRY}/{{kind}}/{{name}}/versions", versions)
    table.add("GET", "api", f"{_REGISTRY}/{{kind}}/{{name}}/versions/{{version}}", version)
    return table
