"""Throttling and failures in the words of each plane. No recording of them was found: a best guess, labelled so."""

from __future__ import annotations

import math
from collections.abc import Mapping

from tests.emulator.answers import data_plane_error, gateway_error, mfe_error
from tests.emulator.blob_errors import RefusalError, refused
from tests.emulator.routing import Answer, Call
from tests.emulator.service import Service

_STORAGE = {500: "InternalError", 503: "ServerBusy"}
_WORDS = {
    500: ("InternalServerError", "The server encountered an internal error. Please retry the request."),
    502: ("BadGateway", "The network connectivity issue encountered for 'Microsoft.MachineLearningServices'."),
    503: ("ServiceUnavailable", "The service is temporarily unavailable. Please retry the request."),
    504: ("GatewayTimeout", "The gateway did not receive a response from 'Microsoft.MachineLearningServices' in time."),
}


def throttled(service: Service, call: Call, seconds: float) -> Answer:
    """Say that there were too many requests; `seconds` below zero: without Retry-After."""
    wait = {"Retry-After": str(math.ceil(seconds))} if seconds >= 0 else {}
    if call.plane == "blob":
        return refused(RefusalError("ServerBusy", headers=wait), service.clock.now(), call.method)
    if call.plane == "login":
        return _of_sign_in(429, wait)
    if call.plane == "api":
        answer = data_plane_error(429, "The request was throttled. Please retry later.", "UserError")
        return Answer(429, answer.body, {**answer.headers, **wait})
    kind = "reads" if call.method in ("GET", "HEAD") else "writes"
    text = f"Number of requests for subscription has exceeded the limit of {kind}. Please try again after some time."
    left = {f"x-ms-ratelimit-remaining-subscription-{kind}": "0"}
    return gateway_error(429, "SubscriptionRequestsThrottled", text, {**left, **wait})


def _of_sign_in(status: int, headers: Mapping[str, str]) -> Answer:
    said = "AADSTS90033: A transient error has occurred. Please try again."
    body = {"error": "temporarily_unavailable", "error_description": said, "error_codes": [90033]}
    return Answer(status, body, headers)


def failed(service: Service, call: Call, status: int) -> Answer:
    """Fail with a status, most often one of the server's own."""
    if call.plane == "blob":
        return refused(RefusalError(_STORAGE.get(status, "InternalError")), service.clock.now(), call.method)
    if call.plane == "login":
        return _of_sign_in(status, {})
    code, message = _WORDS.get(status, ("ServiceError", f"The service answered {status}."))
    if call.plane == "api":
        return data_plane_error(status, message, "ServiceError")
    if status == 500:
        return mfe_error(service, status, message, code="ServiceError")
    return gateway_error(status, code, message)
