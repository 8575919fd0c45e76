"""Endpoints and deployments as ARM shows them: members, their order and defaults as recorded."""

from __future__ import annotations

from tests.emulator.clock import stamp
from tests.emulator.endpoint_records import TRITON, Deployment, Endpoint
from tests.emulator.state import Json

_PROBE = {"failureThreshold": 30, "successThreshold": 1, "timeout": "PT2S", "period": "PT10S", "initialDelay": "PT10S"}
_WHO = "Emulator"


def endpoint_body(endpoint: Endpoint) -> Json:
    """An endpoint."""
    ready = endpoint.state != "Creating"
    base = f"https://{endpoint.host}"
    properties: Json = {
        "description": endpoint.description,
        "properties": endpoint.properties | _properties(endpoint),
        "scoringUri": f"{base}{scoring_path(endpoint)}" if ready else None,
        "swaggerUri": f"{base}/swagger.json" if ready else None,
        "authMode": endpoint.auth,
        "provisioningState": endpoint.state,
        "compute": None,
        "traffic": endpoint.traffic,
        "mirrorTraffic": endpoint.mirror,
        "publicNetworkAccess": endpoint.public_network,
    }
    system = {"createdAt": stamp(endpoint.created), "createdBy": _WHO, "lastModifiedAt": stamp(endpoint.modified)}
    return {
        "id": endpoint.path,
        "name": endpoint.name,
        "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
        "properties": properties,
        "systemData": system,
        "tags": endpoint.tags,
        "location": endpoint.location,
        "kind": endpoint.kind,
        "identity": endpoint.identity,
    }


def scoring_path(endpoint: Endpoint) -> str:
    """Triton's clients add paths of their own, so that its endpoints are given out bare (inferred from the samples)."""
    flavors = {deployment.flavor for deployment in endpoint.deployments.values()}
    return "/" if flavors == {TRITON} else "/score"


def deployment_body(endpoint: Endpoint, deployment: Deployment) -> Json:
    """A deployment; probes and time-outs appear when it stands."""
    return {
        "id": f"{endpoint.path}/deployments/{deployment.name}",
        "name": deployment.name,
        "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/deployments",
        "properties": _deployed(deployment),
        "systemData": {
            "createdAt": stamp(deployment.created),
            "createdBy": _WHO,
            "lastModifiedAt": stamp(deployment.modified),
        },
        "tags": deployment.tags,
        "location": endpoint.location,
        "kind": endpoint.kind,
        "sku": {"name": "Default", "tier": "Standard", "capacity": deployment.instances},
    }


def _deployed(deployment: Deployment) -> Json:
    asked, stands = deployment.asked, deployment.state == "Succeeded"
    settings: Json = {"maxQueueWait": "PT0S", "requestTimeout": "PT5S" if stands else "PT0S"}
    settings |= {"maxConcurrentRequestsPerInstance": 1, **(asked.get("requestSettings") or {})}
    return {
        "description": asked.get("description"),
        "properties": {**(asked.get("properties") or {}), "AzureAsyncOperationUri": deployment.operation},
        "codeConfiguration": asked.get("codeConfiguration"),
        "environmentId": asked.get("environmentId"),
        "environmentVariables": asked.get("environmentVariables") or {},
        "scaleSettings": asked.get("scaleSettings") or {"scaleType": "Default"},
        "requestSettings": settings,
        "modelMountPath": asked.get("modelMountPath"),
        "appInsightsEnabled": bool(asked.get("appInsightsEnabled")),
        "livenessProbe": asked.get("livenessProbe") or (_PROBE if stands else None),
        "readinessProbe": asked.get("readinessProbe") or (_PROBE if stands else None),
        "provisioningState": deployment.state,
        "instanceType": asked.get("instanceType"),
        "model": asked.get("model"),
        "privateNetworkConnection": bool(asked.get("privateNetworkConnection")),
        "egressPublicNetworkAccess": asked.get("egressPublicNetworkAccess") or "Enabled",
        "endpointComputeType": "Managed",
    }


def _properties(endpoint: Endpoint) -> dict[str, str]:
    return {"azureml.onlineendpointid": endpoint.path.lower(), "AzureAsyncOperationUri": endpoint.operation}
