"""What the SDK raises, as faults: answers of the service, breaks of the network, and what it finds wrong itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from . import broken, faults, refusals
from .faults import Fault

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LIST = re.compile(r"(?m)^\s*\(x\)\s*(.+)$")


def fault_of(error: BaseException) -> Fault:
    """Return the fault that an error of the SDK is."""
    from azure.ai.ml.exceptions import MlException

    ours = next((each for each in broken.chain(error) if isinstance(each, Fault)), None)
    if ours is not None:
        return ours
    if isinstance(error, MlException) or type(error).__module__.startswith("marshmallow"):
        return _own(error)
    if isinstance(error, FileNotFoundError | PermissionError | NotADirectoryError | IsADirectoryError):
        return Fault("bad-request", f"{error.filename}: {error.strerror}.", code="place")
    return _of_core(error)


def _of_core(error: BaseException) -> Fault:
    """Return the fault that an error of azure-core is, below the SDK."""
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

    if isinstance(error, HttpResponseError) and error.response is not None:
        return _answered(error.response, error)
    if isinstance(error, ClientAuthenticationError):
        return refusals.of_text(str(error.message))
    return broken.of_library(error) if isinstance(error, AzureError) else Fault.bug(error)


def _answered(response: Any, error: Any) -> Fault:
    headers = {name.lower(): value for name, value in response.headers.items()}
    try:
        body = response.text()
    except Exception:  # noqa: BLE001 - a body that was not read, or is no text
        body = str(error.message)
    request = response.request
    return faults.of_answer(request.method, request.url, response.status_code, headers, body)


def _own(error: Any) -> Fault:
    """Return what the SDK finds wrong; its messages are walls of text with reasons marked by (x), or JSON in JSON."""
    from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

    text = _COLOUR.sub("", str(getattr(error, "message", "") or error))
    for each in broken.chain(error):
        if each is not error and isinstance(each, HttpResponseError | ServiceRequestError | ServiceResponseError):
            return fault_of(each)
    reasons = _LIST.findall(text) or list(_within(text))
    said = faults.shortened("; ".join(reasons) if reasons else text.strip())
    return Fault("bad-request", said or type(error).__name__, details=text, code=type(error).__name__)


def _within(text: str) -> Iterator[str]:
    """Yield the reasons in the first JSON object of a text: `resources.instance_count: Not a valid integer.`"""
    start = text.find("{")
    try:
        data, _ = json.JSONDecoder().raw_decode(text[start:]) if start >= 0 else ({}, 0)
    except ValueError:
        return
    errors = data.get("errors")
    if isinstance(errors, list):
        for each in (found for found in errors if isinstance(found, dict)):
            message = str(each.get("message", ""))
            yield from list(_within(message)) or [message]
    else:
        yield from _fields(data, "")


def _fields(data: Any, where: str) -> Iterator[str]:
    """Yield what is said of each field, by its path."""
    if isinstance(data, dict):
        for name, each in data.items():
            yield from _fields(each, f"{where}.{name}" if where else str(name))
    else:
        said = " ".join(map(str, data)) if isinstance(data, list) else str(data)
        yield f"{where}: {said.rstrip('.')}" if where else said
