"""Why a sign-in was refused, by Microsoft Entra's codes and the Azure CLI's words, and what to do about it."""

from __future__ import annotations

import re

from .faults import Fault, shortened

# Source: Microsoft, "Microsoft Entra authentication and authorization error codes", read 2026-11.
_KNOWN: dict[str, tuple[str, str]] = {
    "50020": ("This account does not belong to the tenant.", "Sign in with an account of the tenant, or correct it."),
    "50034": ("The tenant does not know this account.", "Check the account's name and the tenant."),
    "50055": ("The account's password has expired.", "Change it at https://myaccount.microsoft.com, then sign in."),
    "50057": ("The account is disabled.", "Ask an administrator of the tenant."),
    "50076": ("The tenant wants a second proof of who you are.", "Sign in by browser."),
    "50079": ("The tenant wants a second proof of who you are.", "Sign in by browser and set it up there."),
    "50105": ("The account is not assigned to this application.", "Ask an administrator of the tenant."),
    "50126": ("The name or the password is wrong.", "Try again."),
    "50128": ("There is no such tenant.", "Correct the tenant that was given, or AZURE_TENANT_ID."),
    "50173": ("The password was changed since the last sign-in.", "Sign in again."),
    "53003": ("A rule of the tenant does not allow this way to sign in.", "Sign in by browser, on a managed computer."),
    "65001": ("The tenant has not consented to this application.", "Ask an administrator of the tenant."),
    "65004": ("Consent was declined.", "Sign in again and accept."),
    "70008": ("The sign-in has ended: it was not used for too long.", "Sign in again."),
    "70018": ("The sign-in was declined in the browser.", "Sign in again."),
    "70020": ("The code was not typed in time.", "Ask for a new one."),
    "70043": ("The sign-in has ended, as a rule of the tenant says.", "Sign in again."),
    "700016": ("The tenant does not know this service principal.", "Check the application's id and the tenant."),
    "700024": ("The proof of identity does not hold at this time.", "Check this computer's date and time."),
    "700082": ("The sign-in has ended: it was not used for too long.", "Sign in again."),
    "7000112": ("The service principal is disabled.", "Ask an administrator of the tenant."),
    "7000215": ("The secret of the service principal is wrong.", "Give the secret's value, not its id."),
    "7000222": ("The secret of the service principal has expired.", "Make a new one in the Azure portal."),
    "90002": ("There is no such tenant.", "Correct the tenant that was given, or AZURE_TENANT_ID."),
    "900023": ("There is no such tenant.", "Correct the tenant that was given, or AZURE_TENANT_ID."),
}  # fmt: skip
_CODE = re.compile(r"AADSTS(\d+)")
_OFFLINE = re.compile(
    r"NewConnectionError|NameResolutionError|Unable to connect to proxy|Max retries exceeded"
    r"|Connection (?:aborted|reset)|name resolution|timed out"
)
"""How requests and urllib3, which azure-identity signs in with, say that they got no answer at all."""


def of_text(text: str) -> Fault:
    """Return the fault for what Microsoft Entra said, or msal or azure-identity of a tenant that is none."""
    if "double check your tenant name" in text or "Invalid tenant ID" in text:
        text = f"AADSTS90002: {text}"
    code = next((each for each in _CODE.findall(text) if each in _KNOWN), "")
    if code:
        said, hint = _KNOWN[code]
        return Fault("signed-out", said, hint=hint, details=text, code=f"AADSTS{code}")
    found = _CODE.search(text)
    if found is None and _OFFLINE.search(text):
        said, hint = "The sign-in service can't be reached.", "Check the network, and that HTTPS_PROXY is right."
        return Fault("offline", said, hint=hint, details=text)
    said = f"The sign-in was refused: {shortened(_first(text))}"
    return Fault("signed-out", said, hint="Try another way to sign in.", details=text, code=found[0] if found else "")


def unavailable(text: str) -> Fault:
    """Return the fault for what a credential of azure-identity said that is not set up."""
    if "az login" in text or "Please run" in text:
        return Fault("signed-out", "Nobody is signed in with the Azure CLI.", hint="Run `az login`.", details=text,
                     code="unavailable")  # fmt: skip
    if code := _CODE.search(text):
        fault = of_text(text)
        fault.code = code[0]
        return fault
    return Fault("signed-out", shortened(_first(text)), details=text, code="unavailable")


def _first(text: str) -> str:
    """Return the first sentence, without codes, ids and times."""
    line = next((each.strip() for each in text.splitlines() if each.strip()), "")
    return re.split(r"\s*(?:Trace ID|Correlation ID|To mitigate)", re.sub(r"AADSTS\d+:\s*", "", line))[0]
