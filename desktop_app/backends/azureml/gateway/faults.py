"""What can go wrong between here and the cloud, told apart and in plain words; secrets are taken out."""

from __future__ import annotations

import email.utils
import json
import re
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from . import rights

_KINDS = {401: "signed-out", 403: "forbidden", 404: "not-found", 408: "timeout", 409: "conflict", 412: "conflict",
          429: "throttled"}  # fmt: skip
_SENT_TWICE = "BlobAlreadyExists"  # of an upload whose first answer was lost: the storage's library sent it again
_LONGEST = 400  # characters of what the service said that make a message; the rest is detail
_GONE = re.compile(r"MachineLearningServices/workspaces/([^'/]+)' under resource group '([^']+)' was not found")
_PLACE = re.compile(r"(?i)\b(?:resource group|subscription) '[^']+' could not be found")
_PLACES = (
    "Compare it with the workspace's page in the Azure portal, or add the workspace by a new config.json from there."
)
_COVER = "•••"
_SECRETS = (
    re.compile(r"(?i)(\bsig=)[^&\s\"'<>]+"),
    re.compile(r"(?i)(\b(?:bearer|basic|sharedkey)\s+)[A-Za-z0-9._~+/=:-]{8,}"),
    re.compile(r"(?i)((?:account|access|primary|secondary)_?key[\"']?\s*[:=]\s*[\"']?)[A-Za-z0-9+/=]{8,}"),
    re.compile(r"(?i)(\bkey[\"']?\s*[:=]\s*[\"']?)[A-Za-z0-9+/]{40,}=*"),  # as listSecrets calls it
    re.compile(r"(?i)((?:client_?secret|client_assertion|(?:refresh|access|id)_?token|device_code|password|sastoken)"
               r"[\"']?\s*[:=]\s*[\"']?)[^\s\"'&,}]+"),
    re.compile(r"(://[^/@\s:]*:)[^/@\s]+(?=@)"),  # of a proxy
    re.compile(r"()eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]*"),
    re.compile(r"([?&](?:t|c|s|h)=)[A-Za-z0-9_%-]{40,}"),  # operation URLs carry signatures of their own
)  # fmt: skip


class Fault(Exception):  # noqa: N818 - as the program calls it
    """What the program raises as a CloudFault; see `wire.py` there for the kinds."""

    def __init__(  # noqa: PLR0913 - all but two have names
        self,
        kind: str,
        message: str,
        *,
        hint: str = "",
        details: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        code: str = "",
    ) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.hint = hint
        self.details = details
        self.status = status
        self.retry_after = retry_after
        self.code = code

    @classmethod
    def bug(cls, error: BaseException) -> Fault:
        """Return what is nobody's fault but ours, with the traceback."""
        text = "".join(traceback.format_exception(error))
        return cls("gateway", f"The Azure ML client failed: {type(error).__name__}: {error}".rstrip(": "), details=text)

    def as_json(self) -> dict[str, Any]:
        """Return the fault for the program, without secrets."""
        told = {"message": self.message, "hint": self.hint, "details": self.details}
        clean = {name: redact(text) for name, text in told.items()}
        rest = {"kind": self.kind, "status": self.status, "retry_after": self.retry_after, "code": self.code}
        return {**clean, **rest}


def of_place(error: OSError) -> Fault:
    """Return the fault that a file here can't be written."""
    message = f"{error.filename or 'The file'} can't be written: {error.strerror or error}."
    return Fault("bad-request", message, hint="Choose another place, or make room there.", code="place")


def redact(text: str) -> str:
    """Return a text without signatures, tokens and keys."""
    for rule in _SECRETS:
        text = rule.sub(lambda match: f"{match[1]}{_COVER}", text)
    return text


def of_answer(method: str, url: str, status: int, headers: Mapping[str, str], body: str) -> Fault:
    """Return the fault that an answer is; of 2xx only one that came cut. `headers` have lower-case names."""
    code, said = code_and_message(body)
    code = headers.get("x-ms-error-code", "") or code
    kind = _KINDS.get(status, "bad-request" if 400 <= status < 500 else "service")
    if code == _SENT_TWICE:
        kind = "service"
    wait = retry_after(headers)
    message, hint = _gone(said) or _words(kind, host_of(url), status, said, wait)
    if status in (401, 403):
        challenge = headers.get("www-authenticate", "")
        message, hint = rights.refused(status, code, f"{said} {challenge}") or (message, hint)
        if off := rights.clock_off(headers):
            kind, message, hint = "clock", f"{off} {message}", "Set this computer's date and time, then try again."
    details = f"{method} {without_query(url)}\n{status} {code}\n{body[:20_000]}".strip()
    return Fault(kind, message, hint=hint, details=details, status=status, retry_after=wait, code=code)


def _gone(said: str) -> tuple[str, str] | None:
    """Return what to say of a workspace that is not where it is said to be."""
    found = _GONE.search(said)
    if found is None:
        return None
    hint = "Was it deleted or moved? The portal shows name, group and subscription; a new config.json names them."
    return f"There is no workspace {found[1]} in the resource group {found[2]}.", hint


def _words(kind: str, host: str, status: int, said: str, wait: float | None) -> tuple[str, str]:
    short = shortened(said)
    told = f": {short}" if short else f" ({status})."
    if kind == "throttled":
        when = f" {wait:.0f} seconds" if wait else ""
        return f"Azure asks to wait{when}: too many requests were sent.", "It is tried again by itself."
    if kind == "service":
        return f"{host} failed with {status}{told}", "This is a fault of the service: try again in a few minutes."
    if kind == "signed-out":
        return f"{host} does not accept the sign-in{told}", "Sign in again."
    if kind == "forbidden":
        return f"{host} refuses this{told}", "Ask an owner of the workspace for a role that allows it."
    if kind == "not-found":
        return short or f"{host} does not know what was asked for.", _PLACES if _PLACE.search(said) else ""
    return short or f"{host} refused the request ({status}).", ""


def code_and_message(body: str) -> tuple[str, str]:
    """Return the service's word for an error and the sentence that says most, from JSON or storage's XML."""
    try:
        data = json.loads(body)
    except ValueError:
        code = re.search(r"<Code>([^<]+)</Code>", body)
        message = re.search(r"<Message>([^<]+)</Message>", body)
        return code[1] if code else "", message[1].partition("\n")[0] if message else ""
    error = data.get("error", data) if isinstance(data, dict) else None
    if isinstance(error, str):  # the sign-in's way: {"error": "invalid_grant", "error_description": "AADSTS…"}
        return error, str(data.get("error_description") or "")
    if not isinstance(error, dict):
        return "", ""
    sentences = [each for each in _sentences(error) if each]
    return str(error.get("code") or ""), sentences[-1] if sentences else ""


def _sentences(error: Mapping[str, Any]) -> Iterator[str]:
    """Yield what an error says, the outermost first; its details, where it has any, say more."""
    message = error.get("message") or error.get("Message")
    if isinstance(message, str):
        inner = _json_within(message)
        yield from _sentences(inner) if inner else (message,)
    details = error.get("details")
    for each in details if isinstance(details, list) else ():
        if isinstance(each, dict):
            yield from _sentences(each)


def _json_within(message: str) -> Mapping[str, Any] | None:
    """Return the error that a message holds as JSON text; the service wraps them in each other."""
    start = message.find("{")
    try:
        data = json.loads(message[start:]) if start >= 0 else None
    except ValueError:
        return None
    found = data.get("error", data) if isinstance(data, dict) else None
    return found if isinstance(found, dict) and (found.get("message") or found.get("Message")) else None


def shortened(text: str) -> str:
    """Return the first lines of a text as one sentence."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST].rsplit(' ', 1)[0]} …"


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the service asks to wait, also where it names the moment instead."""
    for name, scale in (("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("retry-after", 1.0)):
        value = headers.get(name, "").strip()
        if re.fullmatch(r"\d+(\.\d+)?", value):
            return float(value) * scale
    try:
        until = email.utils.parsedate_to_datetime(headers.get("retry-after", ""))
        since = email.utils.parsedate_to_datetime(headers["date"]) if "date" in headers else datetime.now(UTC)
        return max(0.0, until.timestamp() - since.timestamp())
    except (TypeError, ValueError, OverflowError):
        return None


def host_of(url: str) -> str:
    """Return the host that a URL names."""
    return urlsplit(url).hostname or url


def without_query(url: str) -> str:
    """Return a URL without its query, which may hold a signature."""
    return url.partition("?")[0]
