"""Refusals of the storage service: XML with a byte order mark, the code in a header too."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from xml.sax.saxutils import escape

from tests.emulator.routing import NOTHING, Answer

# code → (status, message); the wording is the service's, from its recordings, its documentation and reports of users.
KNOWN: Mapping[str, tuple[int, str]] = {
    "AppendPositionConditionNotMet": (412, "The append position condition specified was not met."),
    "AuthenticationFailed": (
        403,
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly "
        "including the signature.",
    ),
    "AuthorizationPermissionMismatch": (
        403,
        "This request is not authorized to perform this operation using this permission.",
    ),
    "AuthorizationResourceTypeMismatch": (
        403,
        "This request is not authorized to perform this operation using this resource type.",
    ),
    "AuthorizationServiceMismatch": (
        403,
        "This request is not authorized to perform this operation using this service.",
    ),
    "BlobAlreadyExists": (409, "The specified blob already exists."),
    "BlobNotFound": (404, "The specified blob does not exist."),
    "CannotVerifyCopySource": (404, "The specified blob does not exist."),
    "ConditionNotMet": (412, "The condition specified using HTTP conditional header(s) is not met."),
    "ContainerAlreadyExists": (409, "The specified container already exists."),
    "ContainerNotFound": (404, "The specified container does not exist."),
    "InternalError": (500, "The server encountered an internal error. Please retry the request."),
    "InvalidAuthenticationInfo": (
        401,
        "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.",
    ),
    "InvalidBlobType": (409, "The blob type is invalid for this operation."),
    "InvalidBlockList": (400, "The specified block list is invalid."),
    "InvalidHeaderValue": (400, "The value for one of the HTTP headers is not in the correct format."),
    "InvalidMd5": (
        400,
        "The MD5 value specified in the request is invalid. MD5 value must be 128 bits and base64 encoded.",
    ),
    "InvalidQueryParameterValue": (
        400,
        "Value for one of the query parameters specified in the request URI is invalid.",
    ),
    "InvalidRange": (416, "The range specified is invalid for the current size of the resource."),
    "InvalidXmlDocument": (400, "XML specified is not syntactically valid."),
    "KeyBasedAuthenticationNotPermitted": (
        403,
        "Key based authentication is not permitted on this storage account.",
    ),
    "Md5Mismatch": (
        400,
        "The MD5 value specified in the request did not match with the MD5 value calculated by the server.",
    ),
    "MissingRequiredHeader": (400, "An HTTP header that's mandatory for this request is not specified."),
    "NotEmulated": (501, "The emulator's storage does not know this request."),
    "PublicAccessNotPermitted": (409, "Public access is not permitted on this storage account."),
    "ServerBusy": (503, "The server is currently unable to receive requests. Please retry your request."),
    "RequestBodyTooLarge": (413, "The request body is too large and exceeds the maximum permissible limit."),
}


# Told by what stands before the storage and looks at keys and tokens.
_BEFORE_STORAGE = ("AuthenticationFailed", "InvalidAuthenticationInfo", "KeyBasedAuthenticationNotPermitted")


class RefusalError(Exception):
    """The service refuses: its code, with what stands beside the message."""

    def __init__(self, code: str, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.code, self.detail, self.headers = code, detail, dict(headers or {})


def refused(refusal: RefusalError, now: datetime, method: str) -> Answer:
    """The answer that tells of a refusal; HEAD has no body, the code is in its headers."""
    status, message = KNOWN[refusal.code]
    request = request_id()
    headers = {"x-ms-error-code": refusal.code, "x-ms-request-id": request} | refusal.headers
    if refusal.code in _BEFORE_STORAGE:
        headers["Server"] = "Microsoft-HTTPAPI/2.0"
    if method == "HEAD":
        headers["Transfer-Encoding"] = "chunked"
        return Answer(status, NOTHING, headers)
    text = f"{message}\nRequestId:{request}\nTime:{now:%Y-%m-%dT%H:%M:%S.%f}0Z"
    more = f"<AuthenticationErrorDetail>{escape(refusal.detail)}</AuthenticationErrorDetail>" if refusal.detail else ""
    body = f"<Error><Code>{refusal.code}</Code><Message>{escape(text)}</Message>{more}</Error>"
    return Answer(status, xml(body), headers | {"Content-Type": "application/xml"})


def xml(body: str) -> bytes:
    """A document as the service writes it."""
    return f'\ufeff<?xml version="1.0" encoding="utf-8"?>{body}'.encode()


def request_id() -> str:
    """An id in the form of the storage service's."""
    text = str(uuid.uuid4())
    return f"{text[:24]}{text[24:30]}000000"


def http_date(moment: datetime) -> str:
    """A time as HTTP headers have it."""
    return f"{moment:%a, %d %b %Y %H:%M:%S} GMT"
