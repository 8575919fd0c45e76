"""The hosts that score: keys are checked, traffic is shared out; no model is run, and every answer says so."""

from __future__ import annotations

import json
import uuid
from typing import Any

from tests.emulator import tokens
from tests.emulator.deployments import note
from tests.emulator.endpoint_bodies import scoring_path
from tests.emulator.endpoint_records import MLFLOW, TRITON, Deployment, Endpoint, Endpoints
from tests.emulator.routing import NOTHING, Answer, Call, Routes
from tests.emulator.service import Service

EMULATED = "The emulator runs no model. This is the shape of what was sent."
_TYPE = {"Content-Type": "application/json"}


async def score(service: Service, call: Call) -> Answer:
    """Answer POST /score: for an MLflow model one entry for each row, else what was sent."""
    endpoint, deployment, refused = _reached(service, call)
    if refused is not None or endpoint is None or deployment is None:
        return refused or Answer(404)
    try:
        asked = json.loads(call.body)
    except ValueError:
        return _failed(deployment, 424, "The request body is no JSON.")
    if deployment.flavor != MLFLOW:
        return _scored(service, deployment, {"emulated": EMULATED, "received": asked})
    if not isinstance(asked, dict) or "input_data" not in asked:
        return _failed(deployment, 424, "The JSON object must have the key 'input_data'.")
    rows, columns = shape_of(asked["input_data"])
    row = {"emulated": EMULATED, "columns": columns}
    return _scored(service, deployment, [{**row, "row": number} for number in range(rows)])


async def infer(service: Service, call: Call) -> Answer:
    """Answer Triton's POST /v2/models/NAME/infer: the inputs again, as outputs with a name that says so."""
    _, deployment, refused = _reached(service, call)
    if refused is not None or deployment is None:
        return refused or Answer(404)
    if deployment.flavor != TRITON:
        return _failed(deployment, 404, "This deployment is not one of a Triton model.")
    asked = json.loads(call.body)
    outputs = [{**each, "name": f"emulated_{each.get('name')}"} for each in asked.get("inputs", [])]
    body = {"model_name": call.parts["model"], "model_version": "1", "outputs": outputs, "emulated": EMULATED}
    return _scored(service, deployment, body)


async def ready(service: Service, call: Call) -> Answer:
    """Answer Triton's questions whether it is there."""
    _, deployment, refused = _reached(service, call)
    return refused or Answer(200 if deployment else 404, NOTHING)


async def health(_service: Service, _call: Call) -> Answer:
    """Answer GET /."""
    return Answer(200, b"Healthy", {"Content-Type": "text/plain", "Server": "azureml-frontdoor"})


async def swagger(service: Service, call: Call) -> Answer:
    """Answer GET /swagger.json."""
    endpoint = service.part(Endpoints).at(call.host)
    if endpoint is None:
        return Answer(404, NOTHING)
    info = {"title": endpoint.name, "description": EMULATED, "version": "1.0"}
    return Answer(200, {"swagger": "2.0", "info": info, "paths": {scoring_path(endpoint): {"post": {}}}}, _TYPE)


def shape_of(data: Any) -> tuple[int, int]:
    """Rows and columns of `input_data`: split-oriented, by column, or a list."""
    if isinstance(data, dict) and "data" in data:
        return shape_of(data["data"])
    if isinstance(data, dict):
        first: Any = next(iter(data.values()), [])
        return (len(first) if isinstance(first, list) else 1), len(data)
    if isinstance(data, list):
        return len(data), len(data[0]) if data and isinstance(data[0], list | dict) else 1
    return 1, 1


def _reached(service: Service, call: Call) -> tuple[Endpoint | None, Deployment | None, Answer | None]:
    """The endpoint of the host and the deployment that is to answer; or why there is none."""
    endpoint = service.part(Endpoints).at(call.host)
    if endpoint is None:
        return None, None, Answer(404, NOTHING, {"Server": "azureml-frontdoor"})
    if not _allowed(service, endpoint, call):
        return (
            endpoint,
            None,
            _refused(401, "key_auth_access_denied", "The key or token is not one of this endpoint's."),
        )
    wanted = call.headers.get("azureml-model-deployment")
    deployment = endpoint.deployments.get(wanted) if wanted else endpoint.choose(service.options.seed)
    if deployment is None:
        return (
            endpoint,
            None,
            _refused(404, "not_found", "The endpoint has no deployment with traffic for this request."),
        )
    if deployment.state in ("Deleting", "Failed") or not deployment.lines:
        return endpoint, None, _refused(503, "no_healthy_upstream", f"Deployment {deployment.name} is not ready.")
    return endpoint, deployment, None


def _allowed(service: Service, endpoint: Endpoint, call: Call) -> bool:
    _, _, given = call.headers.get("authorization", "").partition(" ")
    if endpoint.auth == "Key":
        return given in endpoint.keys.values()
    if endpoint.auth == "AMLToken":
        return given in endpoint.tokens and service.clock.now() < endpoint.tokens[given]
    try:
        return "ml.azure" in str(tokens.claims_of(service, call).get("aud", "ml.azure"))
    except tokens.TokenError:
        return False


def _scored(service: Service, deployment: Deployment, body: object) -> Answer:
    request = str(uuid.uuid4())
    note(service, deployment, f"200 POST {request} (emulated)")
    headers = {"azureml-model-deployment": deployment.name, "X-Request-ID": request, "x-emulated": EMULATED}
    headers |= {"x-ms-run-fn-exec-ms": "0.1", "x-ms-run-function-failed": "False", "Server": "azureml-frontdoor"}
    return Answer(200, json.dumps(body).encode(), _TYPE | headers)


def _failed(deployment: Deployment, status: int, message: str) -> Answer:
    """The model's own server refuses: 424 to the caller."""
    headers = {"azureml-model-deployment": deployment.name, "Server": "azureml-frontdoor"}
    return Answer(
        status, json.dumps({"message": message}).encode(), _TYPE | headers | {"x-ms-run-function-failed": "True"}
    )


def _refused(status: int, code: str, message: str) -> Answer:
    """The front door refuses; the codes are a best guess."""
    body = json.dumps({"error": {"code": code, "message": message}}).encode()
    return Answer(status, body, _TYPE | {"Server": "azureml-frontdoor", "x-ms-error-code": code})


def routes() -> Routes:
    """What is answered here."""
    table = Routes()
    table.add("POST", "score", "/score", score)
    table.add("POST", "score", "/v2/models/{model}/infer", infer)
    table.add("POST", "score", "/v2/models/{model}/versions/{version}/infer", infer)
    for template in ("/v2/health/live", "/v2/health/ready", "/v2/models/{model}/ready"):
        table.add("GET", "score", template, ready)
    table.add("GET", "score", "/swagger.json", swagger)
    table.add("GET", "score", "/", health)
    return table
