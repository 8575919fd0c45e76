"""Why the service refuses who asks: a wrong tenant, an ended sign-in, a role that is too small, a clock that is off."""

from __future__ import annotations

import email.utils
import os
import re
import time
from collections.abc import Mapping

_ISSUER = re.compile(r"sts\.(?:windows\.net|chinacloudapi\.cn)/([0-9a-fA-F-]{36})")
_OTHER_TENANT = "InvalidAuthenticationTokenTenant"
_ACTION = re.compile(r"perform action '([^']+)'")
_OFF = 300.0  # seconds that a clock may be off; tokens and signatures allow for five minutes
_COMPUTE, _SCIENTIST = "AzureML Compute Operator", "AzureML Data Scientist"
# What a person calls it, and the role that allows it, by the end of the action's name, in small letters.
# Source: Microsoft, "Manage access to an Azure Machine Learning workspace", read 2026-11.
_ACTIONS = (
    ("/jobs/write", "submit jobs", _SCIENTIST),
    ("/jobs/cancel/action", "cancel jobs", _SCIENTIST),
    ("/jobs/delete", "delete jobs", _SCIENTIST),
    ("/computes/write", "create or change compute", _COMPUTE),
    ("/computes/delete", "delete compute", _COMPUTE),
    ("/models/versions/write", "register models", _SCIENTIST),
    ("/data/versions/write", "register data", _SCIENTIST),
    ("/environments/versions/write", "register environments", _SCIENTIST),
    ("/codes/versions/write", "upload code", _SCIENTIST),
    ("/listsecrets/action", "read the keys of the workspace's storage", _SCIENTIST),
    ("/onlineendpoints/write", "make endpoints", _SCIENTIST),
    ("/onlineendpoints/deployments/write", "deploy models", _SCIENTIST),
    ("/read", "read it", "Reader"),
)
_STORAGE = {
    "AuthorizationPermissionMismatch": (
        "Your role does not allow to read or write the workspace's storage.",
        "Ask an owner of the storage account for the role Storage Blob Data Contributor.",
    ),
    "AuthorizationFailure": (
        "The firewall of the workspace's storage does not let this computer in.",
        "Connect to the network that it allows, such as a VPN, or ask an owner of the storage account.",
    ),
    "KeyBasedAuthenticationNotPermitted": (
        "The workspace's storage accepts no keys, only people and applications.",
        "Ask an owner of the storage account for the role Storage Blob Data Contributor.",
    ),
    "AuthenticationFailed": ("The link to the file has ended.", "It is asked for anew by itself."),
}


def clock_off(headers: Mapping[str, str], now: float | None = None) -> str:
    """Return in one sentence that this computer's clock differs from the service's; "" where they agree."""
    try:
        there = email.utils.parsedate_to_datetime(headers.get("date", "")).timestamp()
    except (TypeError, ValueError):
        return ""
    off = (time.time() if now is None else now) - there
    if abs(off) <= _OFF:
        return ""
    minutes = round(abs(off) / 60)
    return f"This computer's clock is {minutes:,} minutes {'ahead of' if off > 0 else 'behind'} Azure's."


def refused(status: int, code: str, said: str) -> tuple[str, str] | None:
    """Return what a 401 or 403 means and what to do, None where no more is known than what was said."""
    if status == 401:
        return _signed_out(code, said)
    if code in _STORAGE:
        return _STORAGE[code]
    action = _ACTION.search(said)
    return _not_allowed(action[1]) if action else None


def right_tenant(said: str) -> str:
    """Return the tenant that a subscription belongs to, where a token of another one was refused; else ""."""
    issuers = _ISSUER.findall(said)
    return issuers[1] if _OTHER_TENANT in said and len(issuers) > 1 else ""


def _signed_out(code: str, said: str) -> tuple[str, str] | None:
    if code == _OTHER_TENANT and (right := right_tenant(f"{code} {said}")):
        issued = _ISSUER.findall(said)[0]
        message = f"You are signed in to the tenant {issued}, but the subscription belongs to {right}."
        if os.environ.get("AZURE_TENANT_ID", "").lower() == issued.lower():
            mend = f"sign in by browser or code, or set it to {right} and start the program again."
            return message, f"AZURE_TENANT_ID names the wrong one: {mend}"
        return message, f"Sign in with an account of the tenant {right}."
    if "insufficient_claims" in said:
        return "A rule of the tenant wants you to sign in again.", "Sign in by browser."
    if code == "ExpiredAuthenticationToken" or "expired" in said.lower():
        return "The sign-in has ended.", "Sign in again."
    return None


def _not_allowed(action: str) -> tuple[str, str]:
    small = action.lower()
    words, role = next(((words, role) for end, words, role in _ACTIONS if small.endswith(end)), ("do this", ""))
    asked = f"the role {role}" if role else "a role that allows it"
    message = f"Your role in this workspace does not allow to {words} ({action.partition('/')[2]})."
    return message, f"Ask an owner of the workspace for {asked}, then sign in again."
