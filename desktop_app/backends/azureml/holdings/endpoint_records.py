"""Online endpoints and their deployments between the service's JSON and the program's values: pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desktop_app.api import Asset, Deployment, Endpoint, UserError
from desktop_app.backends.azureml.client.resources import record
from desktop_app.core.nearest import nearest
from desktop_app.core.rules.facts import Facts

NO_CODE = ("mlflow_model", "triton_model")
_LONGEST = 32


def endpoint_of(body: Mapping[str, Any], deployments: Sequence[Mapping[str, Any]] = ()) -> Endpoint:
    """Return an endpoint as the service describes it, with what it serves."""
    properties = record(body.get("properties"))
    traffic = record(properties.get("traffic"))
    return Endpoint(
        name=str(body.get("name") or ""),
        state=str(properties.get("provisioningState") or "Unknown"),
        auth=auth_of(str(properties.get("authMode") or "")),
        url=str(properties.get("scoringUri") or ""),
        deployments=tuple(_deployment(each, traffic) for each in deployments),
    )


def auth_of(mode: str) -> str:
    """Return how callers prove who they are: key, aml-token or aad-token."""
    return {"amltoken": "aml-token", "aadtoken": "aad-token"}.get(mode.lower(), "key")


def _deployment(body: Mapping[str, Any], traffic: Mapping[str, Any]) -> Deployment:
    properties = record(body.get("properties"))
    name = str(body.get("name") or "")
    return Deployment(
        name=name,
        state=str(properties.get("provisioningState") or "Unknown"),
        model=_model(str(properties.get("model") or "")),
        vm_size=str(properties.get("instanceType") or ""),
        count=int(record(body.get("sku")).get("capacity") or 0),
        traffic=int(traffic.get(name) or 0),
    )


def _model(path: str) -> str:
    """Return NAME:VERSION of a model's id, or the id where it is of another form."""
    found = re.search(r"/models/([^/]+)/versions/([^/]+)$", path)
    return f"{found[1]}:{found[2]}" if found else path


def endpoint_body(location: str) -> dict[str, Any]:
    """Return what to send to make an endpoint that is called with a key."""
    properties = {"authMode": "Key", "properties": {}, "traffic": {}, "mirrorTraffic": {}}
    return {"location": location, "tags": {}, "identity": {"type": "SystemAssigned"}, "properties": properties}


def traffic_body(body: Mapping[str, Any], traffic: Mapping[str, int]) -> dict[str, Any]:
    """Return what to send so that an endpoint divides its calls like that."""
    given = record(body.get("properties"))
    kept = {name: given[name] for name in ("authMode", "description", "publicNetworkAccess") if given.get(name)}
    properties = {**kept, "properties": {}, "traffic": dict(traffic), "mirrorTraffic": {}}
    around = {name: body[name] for name in ("location", "tags", "identity") if body.get(name)}
    if "identity" in around:  # who it is was made by the service and is not sent back
        around["identity"] = {"type": record(around["identity"]).get("type") or "SystemAssigned"}
    return {**around, "properties": properties}


@dataclass(frozen=True, slots=True)
class Machines:
    """What serves a model: so many machines of a size, in a region."""

    location: str
    vm_size: str
    count: int = 1


def deployment_body(machines: Machines, model_id: str) -> dict[str, Any]:
    """Return what to send to serve a model without code of one's own."""
    properties = {
        "endpointComputeType": "Managed",
        "model": model_id,
        "instanceType": machines.vm_size,
        "scaleSettings": {"scaleType": "Default"},
        "environmentVariables": {},
        "properties": {},
        "appInsightsEnabled": False,
        "egressPublicNetworkAccess": "Enabled",
    }
    sku = {"name": "Default", "capacity": machines.count}
    return {"location": machines.location, "tags": {}, "properties": properties, "sku": sku}


def deployment_name(model: Asset, taken: Sequence[str]) -> str:
    """Return a name for what serves a model: its own name and version, as Azure ML takes names."""
    plain = re.sub(r"[^a-z0-9]+", "-", f"{model.name}-{model.version}".lower()).strip("-") or "model"
    name, number = _named(plain), 2
    while name in taken:
        name, number = _named(plain, f"-{number}"), number + 1
    return name


def _named(plain: str, end: str = "") -> str:
    start = plain if plain[0].isalpha() and len(plain) > 2 else f"m-{plain}"
    return f"{start[: _LONGEST - len(end)].rstrip('-')}{end}"


def check_name(name: str, facts: Facts) -> None:
    """Raise UserError for a name that no endpoint may have."""
    rule = facts.name_rule("online endpoint")
    if rule and not (rule.least <= len(name) <= rule.most and re.fullmatch(rule.regex, name, re.ASCII)):
        raise UserError(f"An endpoint can't be called “{name}”.", hint=f"Its name has {rule.says}.")


def check_count(count: int) -> None:
    """Raise UserError for a number of machines that nothing can be served with."""
    if count < 1:
        raise UserError(f"{count} machines serve nothing.", hint="Give at least 1.")


def check_traffic(endpoint: Endpoint, traffic: Mapping[str, int]) -> None:
    """Raise UserError where calls are sent to what is not there or not ready, or don't add up."""
    states = {each.name: each.state for each in endpoint.deployments}
    for name, part in traffic.items():
        if name not in states:
            raise UserError(f"{endpoint.name} has no deployment “{name}”.", hint=nearest(name, list(states)))
        if part and states[name].lower() != "succeeded":
            raise UserError(f"{name} can't take calls: it is {states[name]}.", hint="Its log says more.")
    if any(part < 0 for part in traffic.values()):
        raise UserError("A part of the calls can't be below 0 %.")
    if (total := sum(traffic.values())) not in (0, 100):
        raise UserError(f"The parts add up to {total} %.", hint="They make 100 %, or 0 % for no calls at all.")


def check_model(model: Asset) -> None:
    """Raise UserError for a model that Azure ML can't serve without code of one's own."""
    if model.type in NO_CODE:
        return
    hint = (
        "Save it with mlflow.<framework>.log_model and register that folder as mlflow_model, or lay it out as a Triton "
        "repository; or deploy it with a scoring script and an environment: `az ml online-deployment create`."
    )
    what = model.type or "a model of no known type"
    raise UserError(f"{model.name}:{model.version} is a {what}, which needs a scoring script to be served.", hint=hint)
