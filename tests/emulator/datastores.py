"""Datastores: the four that Azure makes with a workspace, people's own, and the secrets that open them."""

from __future__ import annotations

from tests.emulator.answers import mfe_error, ok
from tests.emulator.blob_signing import account_key
from tests.emulator.bodies import asked_of, inside, number, properties_of, text, texts
from tests.emulator.clock import stamp
from tests.emulator.paging import page_of
from tests.emulator.routing import NOTHING, Answer, Call, Routes
from tests.emulator.service import Service
from tests.emulator.state import Json, Resource, Workspace

_SYSTEM = "system"


def make_system_ones(service: Service, workspace: Workspace) -> None:
    """Make those that a new workspace has; `workspaceblobstore` is the default."""
    stores = {
        "workspaceworkingdirectory": ("AzureFile", "fileShareName", f"code-{workspace.id}"),
        "workspaceartifactstore": ("AzureBlob", "containerName", "azureml"),
        "workspacefilestore": ("AzureFile", "fileShareName", f"azureml-filestore-{workspace.id}"),
        "workspaceblobstore": ("AzureBlob", "containerName", workspace.blob_container),
    }
    now = service.clock.now()
    for name, (kind, place, value) in stores.items():
        properties = _described(workspace, kind, {place: value}, default=name == "workspaceblobstore")
        properties["credentials"] = {"credentialsType": _credentials(service)}
        workspace.datastores[name] = Resource(name, now, now, properties, None, {_SYSTEM: True})


async def make_containers(service: Service, workspace: Workspace) -> None:
    """Make the containers behind the system's datastores."""
    for each in workspace.datastores.values():
        if each.more.get(_SYSTEM) and "containerName" in each.properties:
            await service.blobs.make(workspace.account, each.properties["containerName"])


def _credentials(service: Service) -> str:
    return "None" if service.options.secrets == "none" else "AccountKey"


def _described(workspace: Workspace, kind: str, place: Json, *, default: bool = False) -> Json:
    return {
        "description": None,
        "tags": None,
        "properties": None,
        "isDefault": default,
        "credentials": None,
        "subscriptionId": workspace.subscription if default else None,
        "resourceGroup": workspace.group if default else None,
        "datastoreType": kind,
        "accountName": workspace.account,
        **place,
        "endpoint": workspace.cloud.storage_suffix,
        "protocol": "https",
        "serviceDataAccessAuthIdentity": "WorkspaceSystemAssignedIdentity" if default else "None",
    }


async def listed(service: Service, call: Call) -> Answer:
    """List datastores, the newest first; `isDefault=true` asks for the default one."""
    found = list(reversed(call.workspace.datastores.values()))
    if call.query.get("isDefault", "").lower() == "true":
        found = [each for each in found if each.properties["isDefault"]]
    return ok(page_of(service, call, found, lambda each: shown(call.workspace, each)))


async def get(service: Service, call: Call) -> Answer:
    """Describe a datastore."""
    found = call.workspace.datastores.get(call.parts["name"])
    return not_found(service, call) if found is None else ok(shown(call.workspace, found))


async def put(service: Service, call: Call) -> Answer:
    """Make or change a datastore; the secret in the request never comes back in an answer."""
    workspace, name, now = call.workspace, call.parts["name"], service.clock.now()
    given = properties_of(call)
    credentials = inside(given, "credentials")
    place: Json = {key: given[key] for key in ("containerName", "fileShareName", "filesystem") if key in given}
    properties = _described(workspace, text(given, "datastoreType", "AzureBlob"), place)
    kept = ("description", "accountName", "endpoint", "protocol")
    properties |= {key: given[key] for key in kept if given.get(key) is not None}
    properties["tags"] = texts(given, "tags")
    properties["credentials"] = {"credentialsType": text(credentials, "credentialsType", "None")}
    old = workspace.datastores.get(name)
    made = Resource(name, old.created if old else now, now, properties)
    made.more["secrets"] = inside(credentials, "secrets")
    workspace.datastores[name] = made
    return ok(shown(workspace, made), 201, {"Location": call.url})


async def delete(_service: Service, call: Call) -> Answer:
    """Remove a datastore; what it points to stays."""
    gone = call.workspace.datastores.pop(call.parts["name"], None)
    return Answer(204 if gone is None else 200, NOTHING)


async def list_secrets(service: Service, call: Call) -> Answer:
    """Hand out what opens a datastore: a SAS where an expiring secret is asked for, else the account's key."""
    found = call.workspace.datastores.get(call.parts["name"])
    if found is None:
        return not_found(service, call)
    kind = found.properties["credentials"]["credentialsType"]
    if kind == "None":
        return mfe_error(service, 400, "No secrets for credentials of type None.")
    if not found.more.get(_SYSTEM):
        return ok({"secretsType": kind, **found.more["secrets"]})
    asked = asked_of(call)
    account = found.properties["accountName"]
    if asked.get("expirableSecret") and service.options.secrets == "sas":
        hours = number(asked, "expireAfterHours", 1)
        token = service.blobs.links.account_sas(account, permissions="rcuwdl", hours=hours)
        return ok({"secretsType": "Sas", "sasToken": f"?{token}"})
    return ok({"secretsType": "AccountKey", "key": account_key(account)})


def not_found(service: Service, call: Call) -> Answer:
    """Say that there is no such datastore."""
    said = f"Could not find datastore: {call.parts['name']}."
    return mfe_error(service, 404, said, inner={"code": "NotFoundError", "innerError": None})


def shown(workspace: Workspace, datastore: Resource) -> Json:
    """Return a datastore as ARM shows it."""
    return {
        "id": f"{workspace.path}/datastores/{datastore.name}",
        "name": datastore.name,
        "type": "Microsoft.MachineLearningServices/workspaces/datastores",
        "properties": datastore.properties,
        "systemData": _system_data(datastore),
    }


def _system_data(datastore: Resource) -> Json:
    by_system = bool(datastore.more.get(_SYSTEM))
    body: Json = {"createdAt": stamp(datastore.created)}
    body |= {} if by_system else {"createdBy": "Ada", "createdByType": "User"}
    changed_by = ("Azure Machine Learning", "Application") if by_system else ("Ada", "User")
    body |= {"lastModifiedAt": stamp(datastore.modified), "lastModifiedBy": changed_by[0]}
    return {**body, "lastModifiedByType": changed_by[1]}


def prepare(service: Service) -> None:
    """Give the workspaces that are there from the start what Azure gives to new ones."""

    async def furnish() -> None:
        for each in service.state.workspaces.values():
            make_system_ones(service, each)
            await make_containers(service, each)

    service.at_start.append(furnish)


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    table.add("GET", "arm", "{ws}/datastores", listed)
    table.add("GET", "arm", "{ws}/datastores/{name}", get)
    table.add("PUT", "arm", "{ws}/datastores/{name}", put)
    table.add("DELETE", "arm", "{ws}/datastores/{name}", delete)
    table.add("POST", "arm", "{ws}/datastores/{name}/listSecrets", list_secrets)
    return table
