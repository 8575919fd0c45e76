"""Which host names are emulated, and what each answers for: the public cloud's, China's and the US government's."""

from __future__ import annotations

from tests.emulator.routing import Plane

_EXACT: dict[str, Plane] = {
    "management.azure.com": "arm",
    "management.chinacloudapi.cn": "arm",
    "management.usgovcloudapi.net": "arm",
    "login.microsoftonline.com": "login",
    "login.chinacloudapi.cn": "login",
    "login.partner.microsoftonline.cn": "login",
    "login.microsoftonline.us": "login",
}

_ENDINGS: dict[str, Plane] = {
    ".api.azureml.ms": "api",
    ".api.ml.azure.cn": "api",
    ".api.ml.azure.us": "api",
    ".blob.core.windows.net": "blob",
    ".blob.core.chinacloudapi.cn": "blob",
    ".blob.core.usgovcloudapi.net": "blob",
    ".inference.ml.azure.com": "score",
    ".inference.ml.azure.cn": "score",
    ".inference.ml.azure.us": "score",
}


def plane_of(host: str) -> Plane | None:
    """Return what a host answers for; None where it isn't emulated."""
    host = host.lower()
    if host in _EXACT:
        return _EXACT[host]
    return next((plane for ending, plane in _ENDINGS.items() if host.endswith(ending)), None)
