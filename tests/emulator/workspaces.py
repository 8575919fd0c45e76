"""Workspaces: read, list, make, change, delete."""

from __future__ import annotations

from tests.emulator.answers import ok
from tests.emulator.clock import stamp_z
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.service import Service
from tests.emulator.state import Json, Workspace


async def get(_service: Service, call: Call) -> Answer:
    """Describe a workspace."""
    return ok(described(call.workspace))


def described(workspace: Workspace) -> Json:
    """Return a workspace as ARM shows it."""
    made, changed = stamp_z(workspace.created), stamp_z(workspace.modified)
    return {
        "id": workspace.path,
        "name": workspace.name,
        "type": "Microsoft.MachineLearningServices/workspaces",
        "location": workspace.location,
        "tags": dict(workspace.tags),
        "etag": None,
        "properties": _properties(workspace, made),
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
    return table
