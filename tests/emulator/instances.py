"""Compute instances: one machine for one person. They are shown, started and stopped; no notebook runs on them here."""

from __future__ import annotations

from datetime import datetime

from tests.emulator.bodies import inside, text
from tests.emulator.clock import stamp
from tests.emulator.directory import PERSON
from tests.emulator.state import Json, Workspace

_AFTER = {"start": "Running", "stop": "Stopped", "restart": "Running"}


def described(workspace: Workspace, name: str, given: Json, now: datetime) -> Json:
    """Return the inner properties of an instance that was asked for."""
    ssh = inside(given, "sshSettings")
    place = f"https://{name}.{workspace.location}.instances.azureml.ms"
    apps = {"Jupyter": f"{place}/tree/", "Jupyter Lab": f"{place}/lab"}
    return {
        "vmSize": text(given, "vmSize").upper(),
        "subnet": given.get("subnet"),
        "sshSettings": {
            "sshPublicAccess": text(ssh, "sshPublicAccess", "Disabled"),
            "adminUserName": "azureuser",
            "sshPort": 4000,
            "adminPublicKey": ssh.get("adminPublicKey"),
        },
        "autologgerSettings": None,
        "errors": [],
        "connectivityEndpoints": {"publicIpAddress": "192.0.2.1", "privateIpAddress": "10.0.18.0"},
        "applications": [{"displayName": app, "endpointUri": uri} for app, uri in apps.items()],
        "state": "Running",
        "lastOperation": _operation("create", now),
        "createdBy": {"userOrgId": workspace.tenant, "userId": PERSON.object_id},
        "applicationSharingPolicy": text(given, "applicationSharingPolicy", "Shared"),
        "computeInstanceAuthorizationType": "personal",
        "personalComputeInstanceSettings": given.get("personalComputeInstanceSettings"),
        "setupScripts": given.get("setupScripts"),
        "schedules": {"computeStartStop": []},
        "dataMounts": None,
        "dataDisks": None,
        "containers": None,
        "updateStatus": None,
        "versions": {"runtime": "3.0.02094.0004"},
        "customServices": [],
        "osImageMetadata": {
            "currentImageVersion": "22.09.21",
            "latestImageVersion": "22.09.21",
            "isLatestOsImageVersion": True,
        },
    }


def turned(inner: Json, verb: str, now: datetime) -> Json:
    """Return an instance's inner properties after `start`, `stop` or `restart`."""
    return {**inner, "state": _AFTER[verb], "lastOperation": _operation(verb, now)}


def _operation(verb: str, now: datetime) -> Json:
    return {
        "operationName": verb.capitalize(),
        "operationTime": stamp(now),
        "operationStatus": "Succeeded",
        "operationTrigger": "User",
    }
