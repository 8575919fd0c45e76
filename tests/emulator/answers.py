"""Answers as the real service words them: headers, and the four forms of its errors."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from email.utils import format_datetime

from tests.emulator.clock import stamp
from tests.emulator.routing import NOTHING, Answer, Call
from tests.emulator.service import Service
from tests.emulator.state import Json

JSON = "application/json; charset=utf-8"
_READS, _WRITES = ("GET", "HEAD"), ("PUT", "PATCH", "POST")


def ok(body: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer well."""
    return Answer(status, body, headers or {})


def gateway_error(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    """Refuse as the gateway of ARM does, before a request reaches Azure ML."""
    body = {"error": {"code": code, "message": message}}
    return Answer(status, body, {"x-ms-failure-cause": "gateway", **(headers or {})})


def workspace_not_found(service: Service, subscription: str, group: str, name: str) -> Answer:
    """Say that there is no such workspace, resource group or subscription."""
    if subscription.lower() != service.state.subscription.lower():
        return gateway_error(404, "SubscriptionNotFound", f"The subscription '{subscription}' could not be found.")
    if group.lower() not in service.state.groups():
        return gateway_error(404, "ResourceGroupNotFound", f"Resource group '{group}' could not be found.")
    return gateway_error(
        404,
        "ResourceNotFound",
        f"The Resource 'Microsoft.MachineLearningServices/workspaces/{name}' under resource group '{group}' was not "
        "found. For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )


def mfe_error(  # the fields of the service's own form
    service: Service,
    status: int,
    message: str,
    *,
    code: str = "UserError",
    component: str = "managementfrontend",
    inner: object = None,
    details: Sequence[object] = (),
    more: Mapping[str, object] | None = None,
) -> Answer:
    """Refuse as Azure ML's management front end does. `inner` is the chain of its InnerError."""
    region = service.options.location
    info: dict[str, object] = {"ComponentName": component}
    info["Correlation"] = {"operation": uuid.uuid4().hex, "request": uuid.uuid4().hex[:16]}
    info |= {"Environment": region, "Location": region, "Time": stamp(service.clock.now())}
    info |= {"InnerError": inner} if inner is not None else {}
    info |= more or {}
    told = [{"type": kind, "info": {"value": value}} for kind, value in info.items()]
    body = {"error": {"code": code, "message": message, "details": [*details], "additionalInfo": told}}
    return Answer(status, body, {"x-ms-response-type": "error"})


def mfe_not_found(service: Service, message: str) -> Answer:
    """Say that there is no such asset or job, in the front end's form."""
    return mfe_error(service, 404, message, inner={"code": "NotFound", "innerError": None})


def data_plane_error(status: int, message: str, code: str = "UserError") -> Answer:
    """Refuse as the hosts of the data plane do: what goes with the error stands beside it."""
    error: Json = {"code": code, "severity": None, "message": message, "messageFormat": None, "messageParameters": {}}
    error |= {"referenceCode": None, "detailsUri": None, "target": None, "details": [], "innerError": None}
    error |= {"debugInfo": None, "additionalInfo": None}
    body: Json = {"error": error, "correlation": None, "environment": None, "location": None}
    body |= {"time": "0001-01-01T00:00:00+00:00", "componentName": None}
    return Answer(status, body, {"x-ms-response-type": "standard"})


def dressed(service: Service, call: Call, answer: Answer, seconds: float) -> dict[str, str]:
    """Return an answer's headers with those that every answer of its plane carries."""
    date = {"Date": format_datetime(service.clock.now(), usegmt=True)}
    if call.plane == "blob":
        return date | dict(answer.headers)  # the storage service has headers of its own, a blob may have Cache-Control
    headers = date | {"Cache-Control": "no-cache", "Pragma": "no-cache", "Expires": "-1"}
    if answer.body is not NOTHING:
        headers["Content-Type"] = JSON
    if call.plane in ("arm", "api"):
        headers |= {"X-Content-Type-Options": "nosniff", "X-Cache": "CONFIG_NOCACHE"}
        headers |= {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
    if call.plane == "arm":
        headers |= _of_arm(service, call)
    if call.plane == "api":
        headers["mise-correlation-id"] = str(uuid.uuid4())
    if call.plane in ("arm", "api") and not _by_gateway(call, answer):
        headers |= _of_azure_ml(service, seconds)
    return headers | dict(answer.headers)


def _by_gateway(call: Call, answer: Answer) -> bool:
    """Whether ARM's gateway answered, and Azure ML never saw the request: also where nothing was there to delete."""
    return "x-ms-failure-cause" in answer.headers or (call.method == "DELETE" and answer.status == 204)


def _of_arm(service: Service, call: Call) -> dict[str, str]:
    guid = str(uuid.uuid4())
    routed = f"{service.options.location.upper()}:{service.clock.now():%Y%m%dT%H%M%SZ}:{guid}"
    return {"x-ms-correlation-request-id": guid, "x-ms-routing-request-id": routed, **_ratelimits(call)}


def _ratelimits(call: Call) -> dict[str, str]:
    kind = "reads" if call.method in _READS else "writes" if call.method in _WRITES else "deletes"
    left, everywhere = ("1099", "16499") if kind == "reads" else ("799", "11999")
    name = "x-ms-ratelimit-remaining-subscription"
    return {f"{name}-{kind}": left, f"{name}-global-{kind}": everywhere}


def _of_azure_ml(service: Service, seconds: float) -> dict[str, str]:
    return {
        "x-ms-response-type": "standard",
        "x-request-time": f"{seconds:.3f}",
        "Request-Context": "appId=cid-v1:2d2e8e63-272e-4b3c-8598-4ee570a0e70d",
        "azureml-served-by-cluster": f"vienna-{service.options.location}-02",
    }
