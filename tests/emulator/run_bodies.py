"""What run history shows of a run: the bodies `run` and `details`, and how some members may be spelled.

Source of members and order: the recorded answers `runhistory.*`; details with log files were in no recording, their
members come from the SDK's own client of run history.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.emulator.blobs import Entry
from tests.emulator.clock import stamp
from tests.emulator.job_outputs import MODELS
from tests.emulator.job_records import ARTIFACTS, JobRecord
from tests.emulator.service import Service
from tests.emulator.state import Json, Workspace

LINK_HOURS = 8.0
"""How long links to logs are good for, as seen in public threads; the control plane's `links` may shorten it."""
LOG_FOLDERS = ("azureml-logs/", "logs/", "user_logs/", "system_logs/")
_KINDS = {
    "uri_folder": "UriFolder", "uri_file": "UriFile", "mltable": "MLTable", "mlflow_model": "MLFlowModel",
    "custom_model": "CustomModel", "triton_model": "TritonModel",
}  # fmt: skip


@dataclass(slots=True)
class Ways:
    """What clients of several versions need to be tried with."""

    pascal_outputs: bool = True
    """Whether the type of an output is spelled `UriFolder`, as recorded, or `uri_folder`."""
    strict_repeats: bool = False
    """Whether a second PUT of the same job is refused as if it changed something, as some people have seen it."""


def experiment_id(workspace: Workspace, name: str) -> str:
    """Return the id of an experiment, the same at every start."""
    return str(uuid.uuid5(uuid.UUID(workspace.id), name))


def run_body(service: Service, record: JobRecord, *, outputs: bool = False) -> Json:
    """Return a run; its outputs are null but in `rundata`, as recorded."""
    now = service.clock.now()
    body = _identity(record) | _state(record, now) | _names(record) | _rest(record)
    linked = output_assets(record, service.part(Ways)) if outputs else None
    return body | {"inputs": {} if outputs else None, "outputs": linked}


def _identity(record: JobRecord) -> Json:
    root = record.parent or record.name
    above = record.workspace.jobs.get(record.parent or "")
    return {
        "runNumber": int(record.created.timestamp()),
        "rootRunId": root,
        "createdUtc": stamp(record.created),
        "createdBy": _user(record),
        "userId": "7e57ab1e-0000-4000-8000-00000000000a",
        "token": None,
        "tokenExpiryTimeUtc": None,
        "error": record.error,
        "warnings": list(record.warnings) or None,
        "revision": record.revision,
        "statusRevision": len(record.turns),
        "runUuid": record.uuid,
        "parentRunUuid": above.uuid if above else None,
        "rootRunUuid": above.uuid if above else record.uuid,
    }


def _state(record: JobRecord, now: datetime) -> Json:
    began, ended = record.began(now), record.ended(now)
    lasted = (ended or now) - began if began else None
    return {
        "lastStartTimeUtc": None,
        "currentComputeTime": None if ended or lasted is None else span(lasted),
        "computeDuration": span(lasted) if ended and lasted is not None else None,
        "effectiveStartTimeUtc": None,
        "lastModifiedBy": _user(record),
        "lastModifiedUtc": stamp(record.changed(now)),
        "duration": span(lasted) if ended and lasted is not None else None,
        "cancelationReason": None,
        "currentAttemptId": record.attempt,
        "runId": record.name,
        "parentRunId": record.parent,
        "experimentId": experiment_id(record.workspace, record.experiment),
        "status": record.status(now),
        "startTimeUtc": stamp(began) if began else None,
        "endTimeUtc": stamp(ended) if ended else None,
    }


def _names(record: JobRecord) -> Json:
    sweep = record.kind == "Sweep"
    traits = ["azureml.scriptrun", "MFE", "DevPlatv2"] if not sweep else ["hyperdrive", "MFE", "DevPlatv2"]
    return {
        "scheduleId": None,
        "displayName": record.display_name,
        "name": None,
        "dataContainerId": f"dcid.{record.name}",
        "description": record.description,
        "hidden": record.archived,
        "runType": "hyperdrive" if sweep else "azureml.scriptrun",
        "runTypeV2": {
            "orchestrator": "HyperDrive" if sweep else "Execution",
            "traits": traits,
            "attribution": None,
            "computeType": "AmlcTrain" if record.kind == "Command" else None,
        },
        "properties": dict(record.properties),
        "parameters": {},
        "actionUris": {"Cancel": _cancel_uri(record)} | ({} if record.kind != "Command" else {"Diagnose": ""}),
        "scriptName": None,
        "target": record.compute,
        "uniqueChildRunComputeTargets": [],
        "tags": dict(record.tags),
        "settings": {},
        "services": {},
    }


def _rest(record: JobRecord) -> Json:
    runs = record.kind == "Command"
    queueing = {"code": None, "message": record.queueing, "lastRefreshTimestamp": None} if record.queueing else None
    return {
        "inputDatasets": [],
        "outputDatasets": [],
        "runDefinition": None,
        "jobSpecification": None,
        "primaryMetricName": (record.asked.get("objective") or {}).get("primaryMetric"),
        "createdFrom": None,
        "cancelUri": _cancel_uri(record),
        "completeUri": None,
        "diagnosticsUri": "" if runs else None,
        "computeRequest": {"nodeCount": record.nodes, "gpuCount": 0} if runs else None,
        "compute": _compute(record) if runs else None,
        "retainForLifetimeOfWorkspace": None if runs else False,
        "queueingInfo": queueing,
    }


def _compute(record: JobRecord) -> Json:
    body: Json = {"target": record.compute, "targetType": "amlcompute", "vmSize": None, "instanceType": None}
    body |= {"instanceCount": record.nodes, "gpuCount": 0, "priority": None, "region": None, "armId": None}
    return body | {"properties": None}


def _user(record: JobRecord) -> Json:
    tenant = record.workspace.tenant
    return {
        "userObjectId": "7e57ab1e-0000-4000-8000-00000000000a",
        "userPuId": "10032000E0000000",
        "userIdp": None,
        "userAltSecId": None,
        "userIss": f"https://sts.windows.net/{tenant}/",
        "userTenantId": tenant,
        "userName": "Emulator",
        "upn": None,
        "clientApplicationId": None,
        "applicationACR": None,
    }


def _cancel_uri(record: JobRecord) -> str:
    workspace = record.workspace
    place = f"subscriptions/{workspace.subscription}/resourceGroups/{workspace.group}/workspaces/{workspace.name}"
    return f"https://{workspace.api}/studioservice/apiv2/{place}/runs/{record.name}/Cancel"


def details_body(service: Service, record: JobRecord, files: Sequence[Entry]) -> Json:
    """Return a run's details: its state, and a link to each of its logs that is good for some hours."""
    run = run_body(service, record)
    kept = (
        "runUuid", "parentRunUuid", "rootRunUuid", "target", "status", "parentRunId", "startTimeUtc", "endTimeUtc",
        "error", "warnings", "tags", "properties", "parameters", "services", "inputDatasets", "outputDatasets",
    )  # fmt: skip
    late = (
        "revision", "runTypeV2", "settings", "computeRequest", "compute", "createdBy", "computeDuration",
        "effectiveStartTimeUtc", "runNumber", "rootRunId", "userId", "statusRevision", "currentComputeTime",
        "lastStartTimeUtc", "lastModifiedBy", "lastModifiedUtc", "duration", "inputs", "outputs", "currentAttemptId",
    )  # fmt: skip
    body: Json = {"runId": record.name} | {key: run[key] for key in kept} | {"createdTimeUtc": run["createdUtc"]}
    body |= {"runDefinition": None, "logFiles": log_links(service, record, files), "jobCost": _cost(run)}
    return body | {key: run[key] for key in late}


def log_links(service: Service, record: JobRecord, files: Sequence[Entry]) -> dict[str, str]:
    """Return the logs with an address each that opens it without signing in."""
    account = record.workspace.account
    named = ((each.name, each.name.removeprefix(record.prefix)) for each in files)
    return {
        short: service.blobs.links.sas_url(account, ARTIFACTS, name, hours=LINK_HOURS)
        for name, short in named
        if short.startswith(LOG_FOLDERS)
    }


def _cost(run: Json) -> Json | None:
    if run["endTimeUtc"] is None:
        return None
    charged = ("CpuCore", "CpuMemoryMegabyte", "Gpu", "NodeUtilization")
    return {f"charged{each}Seconds": None for each in charged}


def output_assets(record: JobRecord, ways: Ways) -> Json:
    """Return the named outputs as the assets by which run history knows them."""
    workspace = record.workspace
    found: Json = {}
    for name in record.outputs:
        spec = (record.asked.get("outputs") or {}).get(name) or {}
        kind = str(spec.get("jobOutputType") or "uri_folder")
        shelf = "models" if kind in MODELS else "data"
        asset = spec.get("assetName") or f"azureml_{record.name}_output_data_{name}"
        version = spec.get("assetVersion") or "1"
        place = f"azureml://locations/{workspace.location}/workspaces/{workspace.id}/{shelf}/{asset}/versions/{version}"
        spelled = _KINDS.get(kind, kind) if ways.pascal_outputs or kind in MODELS else kind
        found[name] = {"assetId": place, "type": spelled}
    return found


def span(lasted: timedelta) -> str:
    """Write a duration as .NET does: 00:00:11.4005944, with days before a dot."""
    seconds = max(0, int(lasted.total_seconds()))
    days, rest = divmod(seconds, 86400)
    fraction = f".{lasted.microseconds:06d}0" if lasted.microseconds else ""
    clock = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}{fraction}"
    return f"{days}.{clock}" if days else clock
