"""Computes: clusters that are created, scaled and deleted, with nodes that follow the jobs that run on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.emulator import instances, operations
from tests.emulator.answers import mfe_error, ok
from tests.emulator.bodies import asked_of, inside, number, properties_of, text, texts
from tests.emulator.clock import stamp
from tests.emulator.faults import Faults
from tests.emulator.members import known_to
from tests.emulator.nodes import Nodes
from tests.emulator.operations import OperationError
from tests.emulator.paging import page_of
from tests.emulator.routing import NOTHING, Answer, Call, Routes
from tests.emulator.service import Service
from tests.emulator.sizes import Quotas, all_sizes, cores_of
from tests.emulator.state import Json, Resource, Workspace

_FILLED_IN: Json = {
    "subnet": None,
    "currentNodeCount": None,
    "targetNodeCount": None,
    "nodeStateCounts": None,
    "allocationState": None,
    "errors": None,
}


async def listed(service: Service, call: Call) -> Answer:
    """List computes."""
    found = list(call.workspace.computes.values())
    return ok(page_of(service, call, found, lambda each: shown(service, call, each)))


async def get(service: Service, call: Call) -> Answer:
    """Describe a compute; one that is not there is answered with nothing at all."""
    found = call.workspace.computes.get(call.parts["name"])
    return Answer(404, NOTHING) if found is None else ok(shown(service, call, found))


async def put(service: Service, call: Call) -> Answer:
    """Create a compute, or change it: 201 and Creating in both cases."""
    workspace, name, asked = call.workspace, call.parts["name"], asked_of(call)
    refused = _unfit(service, workspace, asked)
    if refused is not None:
        return refused
    old, now = workspace.computes.get(name), service.clock.now()
    properties = _properties(asked, stamp(old.created if old else now), stamp(now))
    if properties["computeType"] == "ComputeInstance":
        properties["properties"] = instances.described(workspace, name, properties["properties"], now)
    made = Resource(name, old.created if old else now, now, properties, texts(asked, "tags") or None)
    made.more |= {"location": text(asked, "location") or workspace.location, "identity": inside(asked, "identity")}
    made.more["nodes"] = old.more["nodes"] if old else Nodes()
    workspace.computes[name] = made
    begun = _begin(service, workspace, made)
    headers = {"Azure-AsyncOperation": begun.url(call.api_version, service="new")}
    return Answer(201, shown(service, call, made, fresh=old is None), headers)


async def patch(service: Service, call: Call) -> Answer:
    """Change what a cluster scales between."""
    workspace, found = call.workspace, call.workspace.computes.get(call.parts["name"])
    if found is None:
        return Answer(404, NOTHING)
    asked = properties_of(call)
    inner = inside(asked, "properties") or asked
    if inner.get("scaleSettings"):
        found.properties["properties"]["scaleSettings"] = _scale(inner, found.properties["properties"]["scaleSettings"])
    begun = _begin(service, workspace, found)
    headers = {"Azure-AsyncOperation": begun.url(call.api_version, service="new")}
    return ok(shown(service, call, found), headers=headers)


async def delete(service: Service, call: Call) -> Answer:
    """Delete a compute."""
    workspace, found = call.workspace, call.workspace.computes.get(call.parts["name"])
    if found is None:
        return Answer(204, NOTHING)
    found.properties["provisioningState"] = "Deleting"

    async def gone() -> None:
        if workspace.computes.get(found.name) is found:
            del workspace.computes[found.name]

    seconds = service.options.delay("compute_delete", service.options.delay("compute"))
    begun = operations.begin(service, workspace, "compute", gone, seconds=seconds)
    return Answer(202, NOTHING, {"Azure-AsyncOperation": begun.url(call.api_version, service="new")})


async def change_power(service: Service, call: Call) -> Answer:
    """Start, stop or restart a compute instance."""
    workspace, found = call.workspace, call.workspace.computes.get(call.parts["name"])
    if found is None:
        return Answer(404, NOTHING)
    verb = call.path.rpartition("/")[2].lower()
    if found.properties["computeType"] != "ComputeInstance":
        return mfe_error(service, 400, f"The compute {found.name} can't be told to {verb}.", component="computes")

    async def changed() -> None:
        found.properties["properties"] = instances.turned(found.properties["properties"], verb, service.clock.now())

    seconds = service.options.delay("compute")
    begun = operations.begin(service, workspace, "compute", changed, seconds=seconds)
    return Answer(202, NOTHING, {"Azure-AsyncOperation": begun.url(call.api_version, service="new")})


async def list_nodes(service: Service, call: Call) -> Answer:
    """List a cluster's nodes with their addresses and the run that each of them works for."""
    found = call.workspace.computes.get(call.parts["name"])
    if found is None:
        return Answer(404, NOTHING)
    if found.properties["computeType"] != "AmlCompute":
        return mfe_error(service, 400, f"The compute {found.name} has no nodes to list.", component="computes")
    nodes: Nodes = found.more["nodes"]
    return ok({"nodes": nodes.described(service, call.workspace, found)})


def shown(service: Service, call: Call, compute: Resource, *, fresh: bool = False) -> Json:
    """Return a compute as ARM shows it; a `fresh` one has no `computeLocation` and no tags yet."""
    workspace, properties = call.workspace, known_to(call, "computes", compute.properties)
    inner = known_to(call, "computes", properties.pop("properties") or {})
    if properties["computeType"] == "AmlCompute" and properties["provisioningState"] != "Creating":
        inner = _with_nodes(service, workspace, compute, inner)
    location = compute.more["location"]
    if not fresh:
        properties = _after(properties, "computeType", "computeLocation", location)
    body: Json = {
        "id": f"{workspace.path}/computes/{compute.name}",
        "name": compute.name,
        "type": "Microsoft.MachineLearningServices/workspaces/computes",
        "location": location,
        "tags": compute.tags if fresh else (compute.tags or {}),
    }
    if compute.more.get("identity"):
        body["identity"] = {**compute.more["identity"], "principalId": workspace.id, "tenantId": workspace.tenant}
    return {**body, "properties": {**properties, "properties": inner}}


def _with_nodes(service: Service, workspace: Workspace, compute: Resource, inner: Json) -> Json:
    nodes: Nodes = compute.more["nodes"]
    nodes.settle(service, workspace, compute)
    inner |= {"currentNodeCount": nodes.current, "targetNodeCount": nodes.target, "nodeStateCounts": nodes.counts}
    inner["allocationState"] = "Steady" if nodes.current == nodes.target else "Resizing"
    inner = _after(inner, "allocationState", "allocationStateTransitionTime", stamp(nodes.changed))
    inner["errors"] = nodes.errors or None
    inner.pop("enableNodePublicIp", None)
    return {**inner, "propertyBag": {}}


def _after(members: Json, name: str, new: str, value: Any) -> Json:
    """Put a member right after another one: the order is the service's."""
    made: Json = {}
    for key, each in members.items():
        made[key] = each
        if key == name:
            made[new] = value
    return made


def _properties(asked: Json, created: str, modified: str) -> Json:
    given = inside(asked, "properties")
    kind, inner = text(given, "computeType", "AmlCompute"), inside(given, "properties")
    return {
        "createdOn": created,
        "modifiedOn": modified,
        "disableLocalAuth": bool(given.get("disableLocalAuth", False)),
        "description": given.get("description"),
        "resourceId": given.get("resourceId"),
        "computeType": kind,
        "provisioningState": "Creating",
        "provisioningErrors": None,
        "provisioningWarnings": None,
        "isAttachedCompute": False,
        "properties": _cluster(inner) if kind == "AmlCompute" else dict(inner),
    }


def _cluster(given: Json) -> Json:
    usual = {"maxNodeCount": 1, "minNodeCount": 0, "nodeIdleTimeBeforeScaleDown": "PT2M"}
    return {
        "vmSize": text(given, "vmSize").upper(),
        "vmPriority": text(given, "vmPriority") or "Dedicated",
        "scaleSettings": _scale(given, usual),
        **_FILLED_IN,
        "subnet": given.get("subnet"),
        "remoteLoginPortPublicAccess": given.get("remoteLoginPortPublicAccess") or "NotSpecified",
        "osType": given.get("osType") or "Linux",
        "virtualMachineImage": None,
        "isolatedNetwork": False,
        "enableNodePublicIp": given.get("enableNodePublicIp", True),
        "enableBatchPrivateLink": False,
    }


def _scale(given: Json, usual: Json) -> Json:
    """What a cluster scales between: what was asked for, else what was before."""
    asked = inside(given, "scaleSettings")
    counts = {name: number(asked, name, usual[name]) for name in ("maxNodeCount", "minNodeCount")}
    patience = text(asked, "nodeIdleTimeBeforeScaleDown", usual["nodeIdleTimeBeforeScaleDown"])
    return {**counts, "nodeIdleTimeBeforeScaleDown": patience}


def _unfit(service: Service, workspace: Workspace, asked: Json) -> Answer | None:
    """Return why such a cluster can't be; the wording is from memory of the service, not from recordings."""
    given = inside(asked, "properties")
    inner = inside(given, "properties")
    wanted = text(inner, "vmSize")
    if given.get("computeType") != "AmlCompute":
        return None
    if wanted.lower() not in all_sizes():
        said = f"The specified VM size {wanted.upper()} is not supported in the region {workspace.location}."
        return mfe_error(service, 400, said, component="computes", inner={"code": "InvalidVmSize", "innerError": None})
    scale = _cluster(inner)["scaleSettings"]
    least, most = scale["minNodeCount"], scale["maxNodeCount"]
    if least > most:
        said = f"minNodeCount {least} can't be more than maxNodeCount {most}."
        return mfe_error(service, 400, said, component="computes", inner={"code": "InvalidScaleSettings"})
    return _over_quota(service, asked, max(1, least))


def _over_quota(service: Service, asked: Json, nodes: int) -> Answer | None:
    cores = cores_of(asked["properties"])
    assert cores is not None
    family, each, low = cores
    quotas = service.part(Quotas)
    limit = quotas.low_priority if low else quotas.limit(family)
    if nodes * each <= limit:
        return None
    named = "low priority" if low else family
    said = (
        f"The specified subscription has a {named} vCPU quota of {limit} and cannot accommodate for at least {nodes} "
        f"requested managed compute node which maps to {nodes * each} vCPUs. Talk to your Subscription Admin or "
        "refer https://docs.microsoft.com/en-us/azure/machine-learning/how-to-manage-quotas on how to increase the "
        "family quota."
    )
    inner = {"code": "ClusterMinNodesExceedCoreQuota", "innerError": None}
    return mfe_error(service, 400, said, component="computes", inner=inner)


def _begin(service: Service, workspace: Workspace, compute: Resource) -> operations.Begun:
    async def ready() -> None:
        if workspace.computes.get(compute.name) is not compute:
            raise OperationError("Conflict", f"The compute {compute.name} was changed or deleted meanwhile.")
        fate = service.part(Faults).fate(f"{workspace.path}/computes/{compute.name}")
        if fate is not None:
            errors = [{"error": {"code": fate.code, "message": fate.message}}]
            compute.properties |= {"provisioningState": "Failed", "provisioningErrors": errors}
            raise OperationError(fate.code, fate.message)
        if compute.properties["provisioningState"] == "Creating":
            compute.properties |= {"provisioningState": "Succeeded", "provisioningWarnings": {}}
        compute.properties["modifiedOn"] = stamp(service.clock.now() + timedelta(milliseconds=1))

    compute.properties["provisioningState"] = "Creating"
    return operations.begin(service, workspace, "compute", ready, seconds=service.options.delay("compute"))


def prepare(service: Service) -> None:
    """Keep the quotas."""
    service.add_part(Quotas())


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    table.add("GET", "arm", "{ws}/computes", listed)
    table.add("GET", "arm", "{ws}/computes/{name}", get)
    table.add("PUT", "arm", "{ws}/computes/{name}", put)
    table.add("PATCH", "arm", "{ws}/computes/{name}", patch)
    table.add("DELETE", "arm", "{ws}/computes/{name}", delete)
    table.add("POST", "arm", "{ws}/computes/{name}/listNodes", list_nodes)
    for verb in ("start", "stop", "restart"):
        table.add("POST", "arm", f"{{ws}}/computes/{{name}}/{verb}", change_power)
    return table
