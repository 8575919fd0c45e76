"""Why a request got no answer: no network, no name, a proxy, a certificate, a clock, or nobody in time."""

from __future__ import annotations

import os
import re
import socket
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from .faults import Fault, host_of

_UNKNOWN_NAME = re.compile(
    r"name or service not known|name resolution|getaddrinfo|nodename nor servname", re.IGNORECASE
)
_HOST = re.compile(r"host='([^']+)'")
_NETWORK = frozenset({"ServiceRequestError", "ServiceResponseError", "HTTPError", "ProxyError", "ReadTimeoutError"})
_PROXY_STATUS = re.compile(r"\b(\d{3})\b")


def is_unreached(error: BaseException) -> bool:
    """Whether no connection was made at all."""
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.ProxyError | httpx.UnsupportedProtocol)


def settings(error: Exception) -> Fault:
    """Return the fault that this computer's own settings make requests impossible."""
    names = [
        each
        for each in os.environ
        if re.fullmatch(r"(?i)(https?|all|no)_proxy|(requests|curl)_ca_bundle|ssl_cert_file", each)
    ]
    hint = f"Look at {', '.join(sorted(names))}." if names else ""
    return Fault("offline", f"The network settings of this computer can't be used: {error}", hint=hint)


def of_error(error: httpx.HTTPError, url: str, patience: float) -> Fault:
    """Return the fault behind an error of the connection."""
    host = host_of(url)
    causes = list(chain(error))
    certificate = next((each for each in causes if isinstance(each, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        return _certificate(host, certificate)
    if isinstance(error, httpx.ProxyError):
        return _proxy(error)
    if isinstance(error, httpx.TimeoutException):
        return _late(error, host, patience)
    if isinstance(error, httpx.ConnectError):
        return _unreached(error, causes, host)
    if isinstance(error, httpx.UnsupportedProtocol):
        return Fault("bad-request", f"{url.partition('?')[0]} is no address that can be asked.")
    details = f"{type(error).__name__}: {error}"
    return Fault("offline", f"The connection to {host} broke.", hint="Check the network.", details=details)


def is_network(error: BaseException) -> bool:
    """Whether an error of a library comes from the network."""
    return any(isinstance(each, OSError) or type(each).__name__ in _NETWORK for each in chain(error))


def of_library(error: BaseException) -> Fault:
    """Return the fault behind an error of requests, msal or azure-core, which hold each other's errors within."""
    causes = list(chain(error))
    host = next((match[1] for each in causes if (match := _HOST.search(str(each)))), "Azure")
    certificate = next((each for each in causes if isinstance(each, ssl.SSLCertVerificationError)), None)
    if certificate is not None:
        return _certificate(host, certificate)
    names = {type(each).__name__ for each in causes}
    details = f"{type(error).__name__}: {error}"
    if "ProxyError" in names:
        return _proxy(httpx.ProxyError(str(error)))
    if "ReadTimeout" in names or "ReadTimeoutError" in names:
        return Fault("timeout", f"{host} did not answer in time.", hint="Try again in a minute.", details=details)
    if is_network(error):
        return _unreached(httpx.ConnectError(str(error)), causes, host)
    return Fault("service", f"{host} answered with something unknown: {error}", details=details)


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, what it was raised from and what it is a group of, and so on."""
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop(0)
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            group = each.exceptions if isinstance(each, BaseExceptionGroup) else ()
            left += [each.__cause__ or each.__context__, *group]


def _certificate(host: str, error: ssl.SSLCertVerificationError) -> Fault:
    reason = error.verify_message or str(error)
    if "expired" in reason or "not yet valid" in reason:
        hint = "Check this computer's date and time first."
        return Fault("clock", f"The certificate of {host} does not hold now: {reason}.", hint=hint, details=str(error))
    hint = "Where a proxy opens connections, set REQUESTS_CA_BUNDLE to the file with its certificate."
    message = f"{host} shows a certificate that this computer does not trust: {reason}."
    return Fault("offline", message, hint=hint, details=str(error))


def _proxy(error: httpx.ProxyError) -> Fault:
    proxy, text = _proxy_in_use(), str(error)
    status = _PROXY_STATUS.search(text)
    if status and status[1] == "407":
        hint = "Put the name and password into HTTPS_PROXY: http://NAME:PASSWORD@HOST:PORT."
        return Fault("offline", f"The proxy {proxy} asks for a sign-in.", hint=hint, details=text)
    hint = "Check the network, and that HTTPS_PROXY and NO_PROXY are right."
    return Fault("offline", f"The proxy {proxy} does not let the request through: {text}.", hint=hint, details=text)


def _late(error: httpx.TimeoutException, host: str, patience: float) -> Fault:
    if isinstance(error, httpx.ConnectTimeout):
        return Fault("offline", f"{host} can't be reached: there is no answer at all.", hint="Check the network.")
    return Fault("timeout", f"{host} did not answer within {patience:.0f} seconds.", hint="Try again in a minute.")


def _unreached(error: httpx.ConnectError, causes: list[BaseException], host: str) -> Fault:
    details, proxy = f"{type(error).__name__}: {error}", _proxy_in_use()
    if proxy and not proxy_bypass(host):
        hint = "Check the network, and that HTTPS_PROXY is right."
        return Fault("offline", f"The proxy {proxy} can't be reached.", hint=hint, details=details)
    return Fault("offline", f"{host} can't be reached{_reason(causes)}.", hint="Check the network.", details=details)


def _reason(causes: list[BaseException]) -> str:
    if any(isinstance(each, socket.gaierror) or _UNKNOWN_NAME.search(str(each)) for each in causes):
        return ": its name is not known here"
    refused = any(isinstance(each, ConnectionRefusedError) or "refused" in str(each).lower() for each in causes)
    return ": the connection is refused" if refused else ""


def _proxy_in_use() -> str:
    """Return the proxy for HTTPS without its password, empty where there is none."""
    found = getproxies()
    url = urlsplit(found.get("https") or found.get("all") or "")
    return f"{url.hostname}:{url.port}" if url.hostname and url.port else url.hostname or ""
