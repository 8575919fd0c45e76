"""Workspaces: read, list, make, change, delete."""

from __future__ import annotations

from collections.abc import Mapping

from tests.emulator import operations
from tests.emulator.answers import ok
from tests.emulator.blob_signing import account_key
from tests.emulator.bodies import asked_of, inside, text, texts
from tests.emulator.clock import stamp_z
from tests.emulator.cloud import add_workspace
from tests.emulator.datastores import make_containers, make_system_ones
from tests.emulator.members import known_to
from tests.emulator.paging import page_of
from tests.emulator.routing import NOTHING, Answer, Call, Routes
from tests.emulator.service import Service
from tests.emulator.state import Json, Workspace

_SUBSCRIPTION = "/subscriptions/{subscription}"
_IN_SUBSCRIPTION = f"{_SUBSCRIPTION}/providers/Microsoft.MachineLearningServices/workspaces"
_IN_GROUP = f"{_SUBSCRIPTION}/resourceGroups/{{group}}/providers/Microsoft.MachineLearningServices/workspaces"


async def listed(service: Service, call: Call) -> Answer:
    """List the workspaces of a subscription or of a resource group."""
    found = [each for each in service.state.workspaces.values() if _within(each, call.parts)]
    return ok(page_of(service, call, found, lambda each: described(call, each)))


def _within(workspace: Workspace, parts: Mapping[str, str]) -> bool:
    same_group = parts.get("group", workspace.group).lower() == workspace.group.lower()
    return same_group and workspace.subscription.lower() == parts["subscription"].lower()


async def put(service: Service, call: Call) -> Answer:
    """Make a workspace, with what Azure puts into a new one; of one that is there change what a PATCH may change."""
    if call.found is not None:
        return await patch(service, call)
    parts, asked = call.parts, asked_of(call)
    location = text(asked, "location") or service.options.location
    made = add_workspace(service, parts["subscription"], parts["group"], parts["workspace"], location)
    _change(made, asked)
    make_system_ones(service, made)
    await make_containers(service, made)
    begun = operations.begin(service, made, "workspace", seconds=service.options.delay("workspace"))
    return Answer(202, NOTHING, _addresses(begun, call))


async def patch(service: Service, call: Call) -> Answer:
    """Change what may be changed of a workspace."""
    workspace, asked = call.workspace, asked_of(call)

    async def changed() -> None:
        _change(workspace, asked)
        workspace.modified = service.clock.now()

    begun = operations.begin(service, workspace, "workspace", changed, seconds=service.options.delay("workspace"))
    return Answer(202, NOTHING, _addresses(begun, call))


async def delete(service: Service, call: Call) -> Answer:
    """Delete a workspace with all that it holds; its blobs stay, as in Azure."""
    workspace = call.workspace

    async def gone() -> None:
        service.state.workspaces.pop(workspace.name.lower(), None)

    begun = operations.begin(service, workspace, "workspace", gone, seconds=service.options.delay("workspace"))
    return Answer(202, NOTHING, _addresses(begun, call))


async def diagnose(service: Service, call: Call) -> Answer:
    """Look for what may be wrong with a workspace: nothing, here."""
    checked = ("userDefinedRoute", "networkSecurityRule", "resourceLock", "dnsResolution", "storageAccount", "keyVault")
    results: Json = {f"{each}Results": [] for each in (*checked, "containerRegistry", "applicationInsights")}
    results |= {"9": [], "otherResults": []}  # a member is really named so

    async def found() -> Json:
        return {"value": results}

    seconds = service.options.delay("workspace")
    begun = operations.begin(service, call.workspace, "workspace", found, seconds=seconds)
    return Answer(202, NOTHING, {"Location": begun.url(call.api_version, type="location")})


async def list_keys(_service: Service, call: Call) -> Answer:
    """Hand out the keys of what belongs to the workspace; of the key vault and the registry there are none here."""
    beside = f"/subscriptions/{call.workspace.subscription}/resourceGroups/{call.workspace.group}/providers"
    account = call.workspace.account
    return ok(
        {
            "userStorageKey": account_key(account),
            "userStorageResourceId": f"{beside}/Microsoft.Storage/storageAccounts/{account}",
            "appInsightsInstrumentationKey": "",
            "containerRegistryCredentials": None,
            "notebookAccessKeys": None,
        }
    )


async def list_storage_keys(_service: Service, call: Call) -> Answer:
    """Hand out the key of the storage account."""
    return ok({"userStorageKey": account_key(call.workspace.account)})


def _addresses(begun: operations.Begun, call: Call) -> dict[str, str]:
    return {
        "Azure-AsyncOperation": begun.url(call.api_version, type="async"),
        "Location": begun.url(call.api_version, type="location"),
    }


def _change(workspace: Workspace, asked: Json) -> None:
    given = inside(asked, "properties")
    workspace.tags = {**workspace.tags, **texts(asked, "tags")}
    workspace.friendly_name = text(given, "friendlyName", workspace.friendly_name)
    workspace.description = text(given, "description", workspace.description)
    workspace.image_build_compute = text(given, "imageBuildCompute", workspace.image_build_compute or "") or None
    workspace.public_network = text(given, "publicNetworkAccess", workspace.public_network)


async def get(_service: Service, call: Call) -> Answer:
    """Describe a workspace."""
    return ok(described(call, call.workspace))


def described(call: Call, workspace: Workspace) -> Json:
    """Return a workspace as ARM shows it."""
    properties = known_to(call, "workspaces", _properties(workspace, stamp_z(workspace.created)))
    properties["managedNetwork"] = known_to(call, "workspaces", properties["managedNetwork"])
    made, changed = stamp_z(workspace.created), stamp_z(workspace.modified)
    return {
        "id": workspace.path,
        "name": workspace.name,
        "type": "Microsoft.MachineLearningServices/workspaces",
        "location": workspace.location,
        "tags": dict(workspace.tags),
        "etag": None,
        "properties": properties,
        "identity": {"type": "SystemAssigned", "principalId": workspace.id, "tenantId": workspace.tenant},
        "kind": "Default",
        "sku": {"name": "Basic", "tier": "Basic"},
        "systemData": {
            "createdAt": made,
            "createdBy": "emulator@example.com",
            "createdByType": "User",
            "lastModifiedAt": changed,
            "lastModifiedBy": "emulator@example.com",
            "lastModifiedByType": "User",
        },
    }


def _properties(workspace: Workspace, made: str) -> Json:
    beside = f"/subscriptions/{workspace.subscription}/resourceGroups/{workspace.group}/providers"
    short = workspace.id[:8]
    return {
        "friendlyName": workspace.friendly_name or workspace.name,
        "description": workspace.description,
        "storageAccount": f"{beside}/Microsoft.Storage/storageAccounts/{workspace.account}",
        "keyVault": f"{beside}/Microsoft.Keyvault/vaults/kv{short}",
        "applicationInsights": f"{beside}/Microsoft.insights/components/ai{short}",
        "hbiWorkspace": False,
        "tenantId": workspace.tenant,
        "imageBuildCompute": workspace.image_build_compute,
        "provisioningState": "Succeeded",
        "managedNetwork": {
            "changeableIsolationModes": ["AllowInternetOutbound", "AllowOnlyApprovedOutbound"],
            "isolationMode": "Disabled",
            "enableNetworkMonitor": False,
            "enableFirewallLog": False,
        },
        "allowRoleAssignmentOnRG": True,
        "v1LegacyMode": False,
        "softDeleteEnabled": False,
        "containerRegistry": f"{beside}/Microsoft.ContainerRegistry/registries/cr{short}",
        "creationTime": made,
        "notebookInfo": {
            "resourceId": workspace.id.replace("-", ""),
            "fqdn": f"ml-{workspace.name}-{workspace.location}-{workspace.id}.{workspace.location}.notebooks.azure.net",
            "isPrivateLinkEnabled": False,
            "notebookPreparationError": None,
        },
        "storageHnsEnabled": False,
        "workspaceId": workspace.id,
        "linkedModelInventoryArmId": None,
        "privateLinkCount": 0,
        "publicNetworkAccess": workspace.public_network,
        "ipAllowlist": [],
        "networkAcls": {"defaultAction": "Allow", "bypass": "", "ipRules": [], "resourceAccessRules": []},
        "discoveryUrl": f"https://{workspace.api}/discovery",
        "mlFlowTrackingUri": f"azureml://{workspace.api}/mlflow/v1.0{workspace.path}",
        "serverlessComputeSettings": None,
        "EnableSoftwareBillOfMaterials": False,
        "sdkTelemetryAppInsightsKey": "",
        "sasGetterUri": "",
        "enableDataIsolation": False,
        "systemDatastoresAuthMode": "accesskey",
        "enableServiceSideCMKEncryption": False,
    }


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    table.add("GET", "arm", "{ws}", get)
    table.add("PUT", "arm", "{ws}", put)
    table.add("PATCH", "arm", "{ws}", patch)
    table.add("DELETE", "arm", "{ws}", delete)
    table.add("POST", "arm", "{ws}/diagnose", diagnose)
    table.add("POST", "arm", "{ws}/listKeys", list_keys)
    table.add("POST", "arm", "{ws}/listStorageAccountKeys", list_storage_keys)
    table.add("GET", "arm", _IN_GROUP, listed)
    table.add("GET", "arm", _IN_SUBSCRIPTION, listed)
    return table
