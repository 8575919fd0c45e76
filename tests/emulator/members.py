"""Which members of an answer came with which version of the interface: older clients are told less.

The version is the first in which a recording shows the member; where it really came in may be earlier.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.emulator.routing import Call
from tests.emulator.state import Json

_ASSETS = {
    "autoDeleteSetting": "2023-04-01",
    "provisioningState": "2023-04-01",
    "stage": "2023-04-01",
    "intellectualProperty": "2023-04-01",
}
SINCE: Mapping[str, Mapping[str, str]] = {
    "models": _ASSETS,
    "codes": _ASSETS,
    "data": _ASSETS,
    "environments": _ASSETS,
    "workspaces": dict.fromkeys(
        (
            "allowRoleAssignmentOnRG",
            "ipAllowlist",
            "networkAcls",
            "serverlessComputeSettings",
            "EnableSoftwareBillOfMaterials",
            "systemDatastoresAuthMode",
            "enableServiceSideCMKEncryption",
            "changeableIsolationModes",
            "enableNetworkMonitor",
            "enableFirewallLog",
        ),
        "2024-10-01",
    ),
    "computes": {"provisioningWarnings": "2022-10-01", "enableBatchPrivateLink": "2022-10-01"},
}


def known_to(call: Call, what: str, properties: Json) -> Json:
    """Leave out what the version that a client speaks doesn't know; all is told where it names none."""
    version = call.api_version or "9999"
    since = SINCE[what]
    return {name: value for name, value in properties.items() if version >= since.get(name, "")}
