"""What the SDK raises, as faults: answers of the service, breaks of the network, and what it finds wrong itself."""

from __future__ import annotations

import re
from typing import Any

from . import broken, faults, refusals
from .faults import Fault

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LIST = re.compile(r"(?m)^\s*\(x\)\s*(.+)$")


def fault_of(error: BaseException) -> Fault:
    """Return the fault that an error of the SDK is."""
    from azure.ai.ml.exceptions import MlException
    from azure.core.exceptions import AzureError, ClientAuthenticationError, HttpResponseError

    for each in broken.chain(error):
        if isinstance(each, Fault):
            return each
    if isinstance(error, HttpResponseError) and error.response is not None:
        return _answered(error.response, error)
    if isinstance(error, MlException):
        return _own(error)
    if isinstance(error, ClientAuthenticationError):
        return refusals.of_text(str(error.message))
    if isinstance(error, AzureError):
        return broken.of_library(error)
    return Fault.bug(error)


def _answered(response: Any, error: Any) -> Fault:
    headers = {name.lower(): value for name, value in response.headers.items()}
    try:
        body = response.text()
    except Exception:  # noqa: BLE001 - a body that was not read, or is no text
        body = str(error.message)
    request = response.request
    return faults.of_answer(request.method, request.url, response.status_code, headers, body)


def _own(error: Any) -> Fault:
    """Return what the SDK finds wrong; its own messages are walls of text with the reasons marked by (x)."""
    text = _COLOUR.sub("", str(getattr(error, "message", "") or error))
    for each in broken.chain(error):
        if each is not error and type(each).__module__.startswith("azure.core") and hasattr(each, "response"):
            return fault_of(each)
    reasons = _LIST.findall(text)
    said = faults.shortened(reasons[0] if reasons else text.strip())
    return Fault("bad-request", said or type(error).__name__, details=text, code=type(error).__name__)
