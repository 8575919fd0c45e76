"""Online endpoints: the no-code deployment of MLflow and Triton models, its log, a call, deletion."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from desktop_app.api import Asset, Endpoint, Progress, UserError, Workspace
from desktop_app.backends.azureml.client import operations
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.client.operations import Work
from desktop_app.backends.azureml.client.resources import find, get, items, path_of, post
from desktop_app.backends.azureml.client.routes import resource_id
from desktop_app.backends.azureml.client.wire import Ask, CloudFault
from desktop_app.backends.azureml.holdings import assets
from desktop_app.backends.azureml.holdings.endpoint_records import (
    Machines,
    check_count,
    check_model,
    check_name,
    check_traffic,
    deployment_body,
    deployment_name,
    endpoint_body,
    endpoint_of,
    traffic_body,
)
from desktop_app.core.nearest import nearest

VERSION = "2023-04-01-preview"
"""As azure-ai-ml 1.35.2 names it for deployments; endpoints answer to it as well."""
_LINES = 200
_PATIENCE = 180.0
"""Seconds that an endpoint has for an answer, by the service's own limit."""
_AT_ONCE = 8


async def list_endpoints(asking: Asking, workspace: Workspace) -> Sequence[Endpoint]:
    """Return the online endpoints with what they serve, by name."""
    found = await items(asking, workspace, "onlineEndpoints", VERSION)
    turns = asyncio.Semaphore(_AT_ONCE)

    async def full(body: dict[str, Any]) -> Endpoint:
        async with turns:
            return endpoint_of(body, await _deployments(asking, workspace, str(body.get("name") or "")))

    return sorted(await asyncio.gather(*map(full, found)), key=lambda each: each.name.lower())


async def _deployments(asking: Asking, workspace: Workspace, endpoint: str) -> list[dict[str, Any]]:
    return await items(asking, workspace, path_of("onlineEndpoints", endpoint, "deployments"), VERSION)


async def deploy(  # noqa: PLR0913, PLR0917 - what to serve, and where
    asking: Asking,
    workspace: Workspace,
    endpoint: str,
    model: str,
    vm_size: str,
    progress: Progress,
    count: int = 1,
) -> Endpoint:
    """Serve a model (`NAME:VERSION`, or `NAME` for the newest) at an endpoint, made where it is not there.

    Every call goes to it once it stands; what was served before stays, without traffic.
    """
    check_name(endpoint, asking.facts)
    check_count(count)
    name, _, version = model.partition(":")
    served = await assets.one(asking, workspace, "model", name, version)
    check_model(served)
    location = workspace.location or (await asking.links.of(workspace)).location
    body = await find(asking, workspace, path_of("onlineEndpoints", endpoint), VERSION)
    if body is None:
        work = Work(f"Making the endpoint {endpoint}", "It can be deleted in the list of endpoints.")
        path = path_of("onlineEndpoints", endpoint)
        await _put(asking, workspace, path, endpoint_body(location), work, progress)
    machines = Machines(location, vm_size, count)
    deployment = await _serve(asking, workspace, endpoint, served, machines, progress)
    await _send_traffic(asking, workspace, endpoint, {deployment: 100}, progress)
    return await _one(asking, workspace, endpoint)


async def _serve(  # noqa: PLR0913, PLR0917 - what to serve, and where
    asking: Asking, workspace: Workspace, endpoint: str, model: Asset, machines: Machines, progress: Progress
) -> str:
    there = endpoint_of({}, await _deployments(asking, workspace, endpoint)).deployments
    taken = [each.name for each in there if each.state.lower() != "failed"]  # a failed one is replaced
    name = deployment_name(model, taken)
    model_id = f"{resource_id(workspace)}/models/{model.name}/versions/{model.version}"
    path = path_of("onlineEndpoints", endpoint, "deployments", name)
    later = f"It is {name} at the endpoint {endpoint}, and gets no calls yet."
    work = Work(f"Deploying {model.name}:{model.version}", later)
    try:
        await _put(asking, workspace, path, deployment_body(machines, model_id), work, progress)
    except CloudFault as fault:
        if fault.is_transient:
            raise
        hint = f"{fault.hint} The log of {name} at {endpoint} says more.".strip()
        raise CloudFault(
            fault.message, kind=fault.kind, hint=hint, details=fault.details, status=fault.status, code=fault.code
        ) from fault
    return name


async def _send_traffic(
    asking: Asking, workspace: Workspace, endpoint: str, traffic: Mapping[str, int], progress: Progress
) -> None:
    path = path_of("onlineEndpoints", endpoint)
    body = traffic_body(await get(asking, workspace, path, VERSION), traffic)
    served = [name for name, part in traffic.items() if part]
    work = Work(f"Sending calls to {' and '.join(served)}" if served else f"Sending no calls to {endpoint}")
    await _put(asking, workspace, path, body, work, progress)


async def send_traffic(
    asking: Asking, workspace: Workspace, endpoint: str, traffic: Mapping[str, int], progress: Progress
) -> Endpoint:
    """Say what part of the calls each deployment gets. Raises UserError where that can't be."""
    check_traffic(await _one(asking, workspace, endpoint), traffic)
    await _send_traffic(asking, workspace, endpoint, traffic, progress)
    return await _one(asking, workspace, endpoint)


async def key(asking: Asking, workspace: Workspace, endpoint: str) -> str:
    """Return the key of an endpoint, or a token where it takes those."""
    return await _key(asking, workspace, await _one(asking, workspace, endpoint))


async def _put(  # noqa: PLR0913, PLR0917 - what to send, and what to say of it
    asking: Asking, workspace: Workspace, path: str, body: dict[str, Any], work: Work, progress: Progress
) -> None:
    sending = asking.arm(workspace, "PUT", path, version=VERSION, json=body, patience=60.0)
    await operations.carry_out(asking.wire, workspace, sending, work, progress, asking.pace)


async def _one(asking: Asking, workspace: Workspace, endpoint: str) -> Endpoint:
    """Return an endpoint with what it serves. Raises UserError where there is none of that name."""
    body = await find(asking, workspace, path_of("onlineEndpoints", endpoint), VERSION)
    if body is None:
        found = await items(asking, workspace, "onlineEndpoints", VERSION)
        names = [str(each.get("name")) for each in found]
        raise UserError(f"{workspace.name} has no endpoint “{endpoint}”.", hint=nearest(endpoint, names))
    return endpoint_of(body, await _deployments(asking, workspace, endpoint))


async def log(asking: Asking, workspace: Workspace, endpoint: str, deployment: str = "") -> str:
    """Return the last lines of a deployment's log; of the one that gets the calls where none is named."""
    found = await _one(asking, workspace, endpoint)
    names = [each.name for each in sorted(found.deployments, key=lambda each: -each.traffic)]
    if not names:
        raise UserError(f"The endpoint {endpoint} serves nothing yet.")
    if deployment and deployment not in names:
        raise UserError(f"{endpoint} has no deployment “{deployment}”.", hint=nearest(deployment, names))
    path = path_of("onlineEndpoints", endpoint, "deployments", deployment or names[0], "getLogs")
    asked = {"containerType": "InferenceServer", "tail": _LINES}
    return str((await post(asking, workspace, path, VERSION, asked)).get("content") or "")


async def call(asking: Asking, workspace: Workspace, endpoint: str, body: str) -> str:
    """Send JSON to an endpoint and return what it answers, as it came."""
    try:
        sent = json.loads(body)
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise UserError(f"What to send is no JSON: {error.msg} at {where}.") from error
    found = await _one(asking, workspace, endpoint)
    if not found.url:
        raise UserError(f"The endpoint {endpoint} takes no calls yet: it is {found.state}.")
    headers = {"Authorization": f"Bearer {await _key(asking, workspace, found)}"}
    ask = Ask("POST", found.url, json=sent, audience="", headers=headers, patience=_PATIENCE, text=True)
    return (await asking.wire.ask(workspace, ask)).text


async def _key(asking: Asking, workspace: Workspace, endpoint: Endpoint) -> str:
    path = path_of("onlineEndpoints", endpoint.name)
    if endpoint.auth == "key":
        return str((await post(asking, workspace, f"{path}/listKeys", VERSION)).get("primaryKey") or "")
    return str((await post(asking, workspace, f"{path}/token", VERSION)).get("accessToken") or "")


async def delete(asking: Asking, workspace: Workspace, endpoint: str, progress: Progress, deployment: str = "") -> None:
    """Delete an endpoint with what it serves, or one deployment that gets no calls, and wait until it is gone."""
    found = await _one(asking, workspace, endpoint)
    path, what = path_of("onlineEndpoints", endpoint), f"the endpoint {endpoint}"
    if deployment:
        _refuse_used(found, deployment)
        path, what = path_of("onlineEndpoints", endpoint, "deployments", deployment), f"{deployment} of {endpoint}"
    sending = asking.arm(workspace, "DELETE", path, version=VERSION)
    await operations.carry_out(asking.wire, workspace, sending, Work(f"Deleting {what}"), progress, asking.pace)


def _refuse_used(endpoint: Endpoint, deployment: str) -> None:
    names = [each.name for each in endpoint.deployments]
    found = next((each for each in endpoint.deployments if each.name == deployment), None)
    if found is None:
        raise UserError(f"{endpoint.name} has no deployment “{deployment}”.", hint=nearest(deployment, names))
    if found.traffic:
        hint = "Deploy another model first, which then gets them, or delete the whole endpoint."
        raise UserError(f"{deployment} gets {found.traffic} % of the calls to {endpoint.name}.", hint=hint)
