"""Long-running operations: begun by a request, asked for at the address that its answer named, to the letter.

Three families, as the real service has them: `compute` (Azure-AsyncOperation alone), `mfe` (endpoints, deployments,
cancelled jobs: Azure-AsyncOperation and Location), `workspace` (both, told apart by `type=`).
"""

from __future__ import annotations

import asyncio
import hmac
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from hashlib import shake_256
from typing import Any, Literal

from tests.emulator.answers import mfe_error, ok
from tests.emulator.clock import stamp, ticks
from tests.emulator.routing import NOTHING, Answer, Call, Routes
from tests.emulator.service import Service
from tests.emulator.state import Json, Operation, Workspace

_LOCATIONS = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"
_KEY = b"signs addresses of the emulator"

Family = Literal["compute", "mfe", "workspace"]
Work = Callable[[], Awaitable[Any]]


class OperationError(Exception):
    """Ends an operation as Failed, with the service's code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Begun:
    """An operation under way, and where a client may ask for it."""

    service: Service
    workspace: Workspace
    operation: Operation

    def url(self, version: str, what: str = "OperationsStatus", **more: str) -> str:
        """Return an address, signed: `what` is OperationsStatus or OperationResults (of the mfe family)."""
        known = _LOCATIONS.format(subscription=self.workspace.subscription, location=self.workspace.location)
        path = f"{known}/{self.operation.kind}{what}/{self.operation.id}"
        return signed(self.service, path, {"api-version": version, **more})


def begin(
    service: Service,
    workspace: Workspace,
    family: Family,
    work: Work | None = None,
    *,
    seconds: float = 0.0,
    prefix: str = "",
    tail: str = "",
    pending: str = "InProgress",
) -> Begun:
    """Begin an operation: after `seconds` do `work`, whose value is what a Location finds in the end.

    Ids of the family mfe have a prefix (`oe`, `oeidp`, `jc`): `oe:{workspaceId}:{tail, or a new guid}`.
    """
    identity = tail or str(uuid.uuid4())
    name = f"{prefix}:{workspace.id}:{identity}" if prefix else identity
    operation = Operation(name, family, service.clock.now(), pending)
    service.state.operations[name] = operation
    service.spawn(_carry_out(service, operation, work, seconds))
    return Begun(service, workspace, operation)


async def _carry_out(service: Service, operation: Operation, work: Work | None, seconds: float) -> None:
    await asyncio.sleep(seconds)
    try:
        operation.result = await work() if work is not None else None
        operation.status = "Succeeded"
    except OperationError as error:
        operation.error = {"code": error.code, "message": str(error)}
        operation.status = "Failed"
    operation.ended = service.clock.now()


def signed(service: Service, path: str, query: Mapping[str, str]) -> str:
    """Return an address as they are since late 2023: about 3,000 characters, of which none may be changed."""
    head = "&".join(f"{key}={value}" for key, value in query.items())
    head += f"&t={ticks(service.clock.now())}&c={_noise(path, 1912)}&s={_noise(head, 256)}"
    return f"https://{service.state.cloud.management}{path}?{head}&h={_seal(path, head)}"


def genuine(call: Call) -> bool:
    """Tell whether a signed address was asked for to the letter; one without a signature is let pass."""
    head, found, seal = call.query_string.rpartition("&h=")
    return not found or hmac.compare_digest(seal, _seal(call.path, head))


def _noise(text: str, size: int) -> str:
    return urlsafe_b64encode(shake_256(text.encode()).digest(size)).decode().rstrip("=")


def _seal(path: str, head: str) -> str:
    return urlsafe_b64encode(hmac.digest(_KEY, f"{path}?{head}".encode(), "sha256")).decode().rstrip("=")


async def status(service: Service, call: Call) -> Answer:
    """Answer a poll of Azure-AsyncOperation."""
    operation = service.state.operations.get(call.parts["operation"])
    refused = _refused(service, call, operation)
    if refused is not None or operation is None:
        return refused or Answer(404)
    if operation.kind == "workspace" and call.query.get("type") == "location":
        return await results(service, call)
    return ok(_of_mfe(call, operation) if operation.kind == "mfe" else _plain(operation))


async def results(service: Service, call: Call) -> Answer:
    """Answer a poll of Location: 202 while under way, then 200 with what came of it."""
    operation = service.state.operations.get(call.parts["operation"])
    refused = _refused(service, call, operation)
    if refused is not None or operation is None:
        return refused or Answer(404)
    if operation.ended is None:
        return Answer(202, {} if operation.kind == "mfe" else NOTHING, _again(service, call))
    if operation.error is not None:
        return mfe_error(service, 400, operation.error["message"], code=operation.error["code"])
    return Answer(200, NOTHING if operation.result is None else operation.result)


def _again(service: Service, call: Call) -> dict[str, str]:
    """Both addresses are signed anew with each answer."""
    kept = {key: value for key, value in call.query.items() if key not in ("t", "c", "s", "h", "type")}
    by_type = {"Azure-AsyncOperation": "async", "Location": "location"} if "type" in call.query else {}
    names = ("Azure-AsyncOperation", "Location")
    typed = {name: ({"type": by_type[name]} if by_type else {}) for name in names}
    return {name: signed(service, call.path, {**kept, **typed[name]}) for name in names}


def _refused(service: Service, call: Call, operation: Operation | None) -> Answer | None:
    if not genuine(call):
        return mfe_error(service, 400, "The signature of the operation's address is not valid.")
    if operation is None:
        return mfe_error(service, 404, f"Operation {call.parts['operation']} not found.", inner={"code": "NotFound"})
    return None


def _plain(operation: Operation) -> Json:
    body: Json = {"status": operation.status}
    if operation.status == "Succeeded":
        body["percentComplete"] = 100.0
    return body if operation.error is None else {**body, "error": operation.error}


def _of_mfe(call: Call, operation: Operation) -> Json:
    body: Json = {"id": call.path, "name": operation.id, "startTime": stamp(operation.started)}
    body |= {} if operation.ended is None else {"endTime": stamp(operation.ended)}
    body |= {"percentComplete": 0.0, "status": operation.status}
    return body if operation.error is None else {**body, "error": operation.error}


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    for family in ("compute", "mfe", "workspace"):
        table.add("GET", "arm", f"{_LOCATIONS}/{family}OperationsStatus/{{operation}}", status)
    table.add("GET", "arm", f"{_LOCATIONS}/mfeOperationResults/{{operation}}", results)
    return table
