"""Online endpoints: create, change the traffic, list, delete, keys and tokens."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from tests.emulator import operations, tokens
from tests.emulator.answers import mfe_error, mfe_not_found, ok
from tests.emulator.directory import PERSON
from tests.emulator.endpoint_bodies import endpoint_body
from tests.emulator.endpoint_records import Endpoint, Endpoints, new_key
from tests.emulator.faults import Faults
from tests.emulator.operations import OperationError, Work
from tests.emulator.paging import page_of
from tests.emulator.routing import NOTHING, Answer, Call, Routes
from tests.emulator.service import Service
from tests.emulator.state import Json

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,30}[A-Za-z0-9]")
_MODES = {"key": "Key", "amltoken": "AMLToken", "aadtoken": "AADToken"}
_TIMEOUT = {"x-ms-async-operation-timeout": "PT30M"}
_TOKEN_LIFE = timedelta(hours=12)


async def put(service: Service, call: Call) -> Answer:
    """Create an endpoint or change one: 201 and Creating, 200 and Updating."""
    name, asked = call.parts["endpoint"], call.json or {}
    old = service.part(Endpoints).find(call.workspace, name)
    refused = _unfit(service, name, asked.get("properties") or {}, old)
    if refused is not None:
        return refused
    endpoint = old or _made(service, call, asked)
    endpoint.state = "Creating" if old is None else "Updating"
    _change(service, endpoint, asked)
    begin(service, call, endpoint)
    headers = {"Azure-AsyncOperation": endpoint.operation, **_TIMEOUT}
    if old is None:
        return ok(endpoint_body(endpoint), 201, {"Location": call.url, **headers})
    return ok(endpoint_body(endpoint), 200, headers)


async def patch(service: Service, call: Call) -> Answer:
    """Change tags, identity or traffic; the rest stays."""
    endpoint = _find(service, call)
    if endpoint is None:
        return not_found(service, call.parts["endpoint"])
    asked = call.json or {}
    refused = _unfit(service, endpoint.name, {"authMode": endpoint.auth, **(asked.get("properties") or {})}, endpoint)
    if refused is not None:
        return refused
    endpoint.state = "Updating"
    _change(service, endpoint, asked)
    begin(service, call, endpoint)
    return ok(endpoint_body(endpoint), 202, {"Azure-AsyncOperation": endpoint.operation, **_TIMEOUT})


async def get(service: Service, call: Call) -> Answer:
    """Describe an endpoint."""
    endpoint = _find(service, call)
    return not_found(service, call.parts["endpoint"]) if endpoint is None else ok(endpoint_body(endpoint))


async def listed(service: Service, call: Call) -> Answer:
    """List a workspace's endpoints."""
    return ok(page_of(service, call, service.part(Endpoints).of(call.workspace), endpoint_body))


async def delete(service: Service, call: Call) -> Answer:
    """Delete an endpoint with its deployments; of one that is not there ARM itself says 204."""
    endpoint = _find(service, call)
    if endpoint is None:
        return Answer(204, NOTHING, {"x-ms-failure-cause": "gateway"})
    endpoint.state = "Deleting"

    async def gone() -> None:
        service.part(Endpoints).drop(endpoint)

    return deleting(service, call, "endpoint_delete", gone)


async def list_keys(service: Service, call: Call) -> Answer:
    """Hand out the keys."""
    endpoint = _find(service, call)
    if endpoint is None:
        return not_found(service, call.parts["endpoint"])
    if endpoint.auth != "Key":
        return mfe_error(service, 400, f"Endpoint {endpoint.name} uses {endpoint.auth}, it has no keys.")
    return ok({"primaryKey": endpoint.keys["Primary"], "secondaryKey": endpoint.keys["Secondary"]})


async def regenerate_keys(service: Service, call: Call) -> Answer:
    """Make one of the keys anew, or set it.

    The SDK sends the present key as the value that it is to have; that this makes a new one is inferred, as the verb
    would do nothing otherwise.
    """
    endpoint, asked = _find(service, call), call.json or {}
    if endpoint is None:
        return not_found(service, call.parts["endpoint"])
    kind, wanted = str(asked.get("keyType") or "Primary").capitalize(), asked.get("keyValue")
    endpoint.keys[kind] = wanted if wanted and wanted != endpoint.keys.get(kind) else new_key()
    return deleting(service, call, "endpoint", None)


async def token(service: Service, call: Call) -> Answer:
    """Hand out a token for an endpoint whose mode is AMLToken."""
    endpoint = _find(service, call)
    if endpoint is None:
        return not_found(service, call.parts["endpoint"])
    now = service.clock.now()
    made = tokens.issue(service, endpoint.path, service.state.tenant, PERSON, "endpoint")
    endpoint.tokens[made] = now + _TOKEN_LIFE
    times = {"expiryTimeUtc": int((now + _TOKEN_LIFE).timestamp()), "refreshAfterTimeUtc": int(now.timestamp())}
    return ok({"accessToken": made, "tokenType": "Bearer", **times})


def begin(service: Service, call: Call, endpoint: Endpoint) -> None:
    """Let an endpoint come to stand."""

    async def stands() -> None:
        fate = service.part(Faults).fate(endpoint.path)
        endpoint.state = "Failed" if fate else "Succeeded"
        if fate is not None:
            raise OperationError(fate.code, fate.message)

    seconds = service.options.delay("endpoint")
    begun = operations.begin(
        service, endpoint.workspace, "mfe", stands, seconds=seconds, prefix="oeidp", pending="Updating"
    )
    endpoint.operation = begun.url(call.api_version)


def deleting(service: Service, call: Call, delay: str, work: Work | None, prefix: str = "oeidp") -> Answer:
    """202 with the text `null` and both addresses."""
    seconds = service.options.delay(delay)
    begun = operations.begin(service, call.workspace, "mfe", work, seconds=seconds, prefix=prefix, pending="Updating")
    status, results = begun.url(call.api_version), begun.url(call.api_version, "OperationResults")
    return ok(None, 202, {"Azure-AsyncOperation": status, "Location": results, **_TIMEOUT})


def not_found(service: Service, name: str) -> Answer:
    """Say that there is no such endpoint."""
    return mfe_not_found(service, f"Could not find online endpoint {name}.")


def _find(service: Service, call: Call) -> Endpoint | None:
    return service.part(Endpoints).find(call.workspace, call.parts["endpoint"])


def _made(service: Service, call: Call, asked: Json) -> Endpoint:
    now, workspace = service.clock.now(), call.workspace
    mode = _MODES[str((asked.get("properties") or {}).get("authMode")).lower()]
    endpoint = Endpoint(call.parts["endpoint"], workspace, now, now, mode)
    endpoint.location = asked.get("location") or workspace.location
    endpoint.kind = asked.get("kind") or "Managed"
    given = asked.get("identity") or {"type": "SystemAssigned"}
    endpoint.identity = {**given, "principalId": workspace.id, "tenantId": workspace.tenant}
    keys = (asked.get("properties") or {}).get("keys") or {}
    endpoint.keys = {"Primary": keys.get("primaryKey") or new_key(), "Secondary": keys.get("secondaryKey") or new_key()}
    service.part(Endpoints).keep(endpoint)
    return endpoint


def _change(service: Service, endpoint: Endpoint, asked: Json) -> None:
    given = asked.get("properties") or {}
    endpoint.modified = service.clock.now()
    endpoint.description = given.get("description", endpoint.description)
    own = ("azureml.onlineendpointid", "AzureAsyncOperationUri")
    endpoint.properties |= {key: value for key, value in (given.get("properties") or {}).items() if key not in own}
    endpoint.tags = asked.get("tags") or endpoint.tags
    endpoint.public_network = given.get("publicNetworkAccess") or endpoint.public_network
    endpoint.traffic = given["traffic"] or {} if "traffic" in given else endpoint.traffic
    endpoint.mirror = given["mirrorTraffic"] or {} if "mirrorTraffic" in given else endpoint.mirror


def _unfit(service: Service, name: str, given: Json, old: Endpoint | None) -> Answer | None:
    """Why an endpoint is refused; the wording of most is a best guess."""
    if not _NAME.fullmatch(name):
        rule = "between 3 and 32 characters, begin with a letter, and hold letters, digits and '-' alone"
        return mfe_error(service, 400, f"The endpoint name {name!r} is invalid: it must be {rule}.")
    if str(given.get("authMode", "")).lower() not in _MODES:
        return mfe_error(service, 400, "The AuthMode field is required: Key, AMLToken or AADToken.")
    if old is not None and _MODES[str(given["authMode"]).lower()] != old.auth:
        return mfe_error(service, 400, f"AuthMode can't be changed from {old.auth} after the endpoint was created.")
    traffic: dict[str, Any] = given.get("traffic") or {}
    unknown = sorted(set(traffic) - set(old.deployments if old else {}))
    if unknown:
        return mfe_error(service, 400, f"Traffic is given to deployments that do not exist: {', '.join(unknown)}.")
    if traffic and sum(traffic.values()) not in (0, 100):
        return mfe_error(service, 400, "The sum of the traffic of all deployments must be 0 or 100.")
    return None


def routes() -> Routes:
    """What is answered here."""
    table = Routes()
    table.add("GET", "arm", "{ws}/onlineEndpoints", listed)
    for method, handler in (("PUT", put), ("GET", get), ("PATCH", patch), ("DELETE", delete)):
        table.add(method, "arm", "{ws}/onlineEndpoints/{endpoint}", handler)
    for verb, handler in (("listKeys", list_keys), ("regenerateKeys", regenerate_keys), ("token", token)):
        table.add("POST", "arm", f"{{ws}}/onlineEndpoints/{{endpoint}}/{verb}", handler)
    return table
