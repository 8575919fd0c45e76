"""Deployments of online endpoints: no-code ones of MLflow and Triton models, with quota, logs and scale."""

from __future__ import annotations

import json
import uuid

from tests.emulator import operations
from tests.emulator.answers import mfe_error, mfe_not_found, ok
from tests.emulator.clock import stamp
from tests.emulator.endpoint_bodies import deployment_body
from tests.emulator.endpoint_records import CUSTOM, Deployment, Endpoint, Endpoints, model_flavor
from tests.emulator.endpoints import deleting, not_found
from tests.emulator.faults import Faults
from tests.emulator.operations import OperationError
from tests.emulator.paging import page_of
from tests.emulator.routing import NOTHING, Answer, Call, Routes
from tests.emulator.service import Service
from tests.emulator.sizes import Quotas, all_sizes
from tests.emulator.state import Json

_LEFT = {"x-ms-ratelimit-remaining-subscription-resource-requests": "24", "x-ms-async-operation-timeout": "PT30M"}
_RESERVE = 1.2  # the service keeps 20 % more cores than a deployment has, for upgrades


async def put(service: Service, call: Call) -> Answer:
    """Create a deployment, or change it."""
    endpoint, asked = _endpoint(service, call), call.json or {}
    if endpoint is None:
        return not_found(service, call.parts["endpoint"])
    given = asked.get("properties") or {}
    refused = _unfit(service, endpoint, call.parts["deployment"], asked)
    if refused is not None:
        return refused
    now, old = service.clock.now(), endpoint.deployments.get(call.parts["deployment"])
    flavor = model_flavor(endpoint.workspace, given.get("model")) or CUSTOM
    made = old.created if old else now
    deployment = Deployment(
        call.parts["deployment"], made, given, asked.get("tags") or {}, asked.get("sku") or {}, flavor, now
    )
    endpoint.deployments[deployment.name] = deployment
    _begin(service, call, endpoint, deployment)
    headers = {"Location": call.url, "Azure-AsyncOperation": deployment.operation, **_LEFT}
    return ok(deployment_body(endpoint, deployment), 201 if old is None else 200, headers)


async def patch(service: Service, call: Call) -> Answer:
    """Change tags or the number of instances."""
    endpoint, deployment = _both(service, call)
    if endpoint is None or deployment is None:
        return _no_deployment(service, call)
    asked = call.json or {}
    refused = _over_quota(service, deployment.asked, _capacity(asked, deployment), deployment.instances)
    if refused is not None:
        return refused
    deployment.tags = asked.get("tags") or deployment.tags
    deployment.sku = {**deployment.sku, **(asked.get("sku") or {})}
    deployment.state = "Updating"
    _begin(service, call, endpoint, deployment)
    headers = {"Azure-AsyncOperation": deployment.operation, **_LEFT}
    return ok(deployment_body(endpoint, deployment), 202, headers)


async def get(service: Service, call: Call) -> Answer:
    """Describe a deployment."""
    endpoint, deployment = _both(service, call)
    if endpoint is None or deployment is None:
        return _no_deployment(service, call)
    return ok(deployment_body(endpoint, deployment))


async def listed(service: Service, call: Call) -> Answer:
    """List an endpoint's deployments."""
    endpoint = _endpoint(service, call)
    if endpoint is None:
        return not_found(service, call.parts["endpoint"])
    found = [*endpoint.deployments.values()]
    return ok(page_of(service, call, found, lambda each: deployment_body(endpoint, each)))


async def delete(service: Service, call: Call) -> Answer:
    """Delete a deployment that has no traffic left."""
    endpoint, deployment = _both(service, call)
    if endpoint is None or deployment is None:
        return Answer(204, NOTHING, {"x-ms-failure-cause": "gateway"})
    if endpoint.traffic.get(deployment.name):
        text = f"Cannot delete deployment {deployment.name} with live traffic. Set its traffic to 0 first."
        return mfe_error(service, 400, text)
    deployment.state = "Deleting"

    async def gone() -> None:
        endpoint.deployments.pop(deployment.name, None)
        endpoint.traffic.pop(deployment.name, None)

    return deleting(service, call, "deployment_delete", gone, "od")


async def logs(service: Service, call: Call) -> Answer:
    """Hand out the end of a container's log: {"containerType": …, "tail": lines}."""
    endpoint, deployment = _both(service, call)
    if endpoint is None or deployment is None:
        return _no_deployment(service, call)
    asked = call.json or {}
    starter = asked.get("containerType") == "StorageInitializer"
    lines = _started(deployment) if starter else deployment.lines
    return ok({"content": "\n".join([*_instance(deployment), *lines[-int(asked.get("tail") or 100) :]]) + "\n"})


def note(service: Service, deployment: Deployment, line: str) -> None:
    """Write a line to a deployment's log."""
    deployment.lines.append(f"{stamp(service.clock.now())} {line}")


def _begin(service: Service, call: Call, endpoint: Endpoint, deployment: Deployment) -> None:
    async def stands() -> None:
        fate = service.part(Faults).fate(f"{endpoint.path}/deployments/{deployment.name}")
        deployment.state = "Failed" if fate else "Succeeded"
        if fate is not None:
            note(service, deployment, f"{fate.code}: {fate.message}")
            raise OperationError(fate.code, fate.message)
        note(service, deployment, "The emulator runs no model: it answers the shape of what it is asked.")

    seconds = service.options.delay("deployment")
    begun = operations.begin(
        service, endpoint.workspace, "mfe", stands, seconds=seconds, prefix="od", pending="Updating"
    )
    deployment.operation = begun.url(call.api_version)


def _unfit(service: Service, endpoint: Endpoint, name: str, asked: Json) -> Answer | None:
    given = asked.get("properties") or {}
    if endpoint.state in ("Creating", "Deleting"):
        text = f"Endpoint {endpoint.name} is {endpoint.state}: deployments can't be changed until it is done."
        return mfe_error(service, 409, text, code="Conflict")
    flavor = model_flavor(endpoint.workspace, given.get("model"))
    if flavor is None:
        return mfe_not_found(service, f"Model {given.get('model')} was not found in the workspace.")
    if flavor == CUSTOM and not given.get("environmentId"):
        text = "EnvironmentId is required: only models of type mlflow_model and triton_model are deployed without."
        return mfe_error(service, 400, text)
    old = endpoint.deployments.get(name)
    return _over_quota(service, given, _capacity(asked, old), old.instances if old else 0)


def _capacity(asked: Json, old: Deployment | None) -> int:
    return int((asked.get("sku") or {}).get("capacity") or (old.instances if old else 1))


def _over_quota(service: Service, given: Json, wanted: int, has: int) -> Answer | None:
    """Why the machines can't be had; worded as users of the service have reported it."""
    name = str(given.get("instanceType") or "")
    size = all_sizes().get(name.lower())
    if size is None:
        return _bad(service, "VmSize", f"The instance type {name} is not supported for managed online endpoints.")
    used, limit = _used(service, size.family), service.part(Quotas).limit(size.family)
    needed = int((wanted - has) * size.vcpus * _RESERVE)
    if needed <= 0 or used + needed <= limit:
        return None
    text = (
        f"Not enough quota available for {size.name} in SubscriptionId {service.state.subscription}. "
        f"Current usage/limit: {used}/{limit}. Additional needed: {needed} Please see troubleshooting guide, "
        "available here: https://aka.ms/oe-tsg#error-outofquota"
    )
    return _bad(service, "VmSize", text)


def _used(service: Service, family: str) -> int:
    """Cores that deployments hold."""
    cores = 0.0
    for endpoint in service.part(Endpoints).kept.values():
        for each in endpoint.deployments.values():
            size = all_sizes().get(str(each.asked.get("instanceType") or "").lower())
            cores += each.instances * size.vcpus * _RESERVE if size and size.family == family else 0
    return int(cores)


def _bad(service: Service, field: str, text: str) -> Answer:
    trace = f"00-{uuid.uuid4().hex}-{uuid.uuid4().hex[:16]}-01"
    told = {"errors": {field: [text]}, "type": "https://tools.ietf.org/html/rfc7231#section-6.5.1"}
    told |= {"title": "One or more validation errors occurred.", "status": 400, "traceId": trace}  # type: ignore[dict-item]
    message = f"InferencingClient HttpRequest error, error detail: {json.dumps(told, separators=(',', ':'))}"
    answer = mfe_error(service, 400, "The request is invalid.", code="BadRequest")
    assert isinstance(answer.body, dict)
    detail = {
        "code": "InferencingClientCreateDeploymentFailed",
        "message": message,
        "details": [],
        "additionalInfo": [],
    }
    answer.body["error"]["details"].append(detail)
    return answer


def _instance(deployment: Deployment) -> list[str]:
    steps = ("SystemSetup", "UserContainerImagePull", "ModelDownload", "UserContainerStart")
    last = {"Succeeded": "Succeeded", "Failed": "Failed"}.get(deployment.state, "InProgress")
    before = "Succeeded" if last == "Failed" else last
    told = [before] * (len(steps) - 1) + [last]
    return ["Instance status:", *(f"{step}: {how}" for step, how in zip(steps, told, strict=True)), ""]


def _started(deployment: Deployment) -> list[str]:
    return [f"Emulated: model {deployment.asked.get('model')} ({deployment.flavor}) is not downloaded."]


def _no_deployment(service: Service, call: Call) -> Answer:
    name, endpoint = call.parts["deployment"], call.parts["endpoint"]
    return mfe_not_found(service, f"Could not find online deployment {name} in endpoint {endpoint}.")


def _endpoint(service: Service, call: Call) -> Endpoint | None:
    return service.part(Endpoints).find(call.workspace, call.parts["endpoint"])


def _both(service: Service, call: Call) -> tuple[Endpoint | None, Deployment | None]:
    endpoint = _endpoint(service, call)
    return endpoint, endpoint.deployments.get(call.parts["deployment"]) if endpoint else None


def routes() -> Routes:
    """What is answered here."""
    table, base = Routes(), "{ws}/onlineEndpoints/{endpoint}/deployments"
    table.add("GET", "arm", base, listed)
    for method, handler in (("PUT", put), ("GET", get), ("PATCH", patch), ("DELETE", delete)):
        table.add(method, "arm", base + "/{deployment}", handler)
    table.add("POST", "arm", base + "/{deployment}/getLogs", logs)
    return table
