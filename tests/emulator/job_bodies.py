"""What ARM shows of a job: what was asked, with the defaults that the service fills in, as far as an api-version knows.

Source of members, order and defaults: the recorded answers `job.*`, of api-versions 2022-06-01-preview (early),
2023-04-01-preview to 2024-01-01-preview (middle) and 2025-01-01-preview (late).
"""

from __future__ import annotations

from datetime import datetime

from tests.emulator.clock import stamp
from tests.emulator.job_records import JobRecord
from tests.emulator.state import Json

_RESOURCES = {
    "early": ("instanceCount", "instanceType", "properties", "shmSize", "dockerArgs"),
    "middle": ("instanceCount", "maxInstanceCount", "instanceType", "locations", "properties", "shmSize", "dockerArgs"),
    "late": ("instanceCount", "instanceType", "properties", "shmSize", "dockerArgs", "dockerArgsList"),
}
_OUTPUT = {
    "early": ("description", "uri", "mode"),
    "middle": ("description", "uri", "assetName", "assetVersion", "mode", "pathOnCompute", "autoDeleteSetting"),
    "late": ("description", "uri", "assetName", "mode"),
}
_RAY = ("port", "address", "includeDashboard", "dashboardPort", "headNodeAdditionalArgs", "workerNodeAdditionalArgs")
_OF_EVERY_JOB = frozenset({
    "description", "tags", "properties", "displayName", "status", "experimentName", "services", "computeId",
    "isArchived", "identity", "componentId", "notificationSetting", "secretsConfiguration", "jobType", "parentJobName",
})  # fmt: skip


def job_body(record: JobRecord, version: str, now: datetime) -> Json:
    """Return a job as an api-version shows it at a moment."""
    era = era_of(version)
    return {
        "id": f"{record.workspace.path}/jobs/{record.name}",
        "name": record.name,
        "type": "Microsoft.MachineLearningServices/workspaces/jobs",
        "properties": {**_common(record, era, now), **_own(record, era)},
        "systemData": {} if record.is_local else _creation(record),
    }


def _creation(record: JobRecord) -> Json:
    return {"createdAt": stamp(record.created), "createdBy": "emulator@example.com", "createdByType": "User"}


def era_of(version: str) -> str:
    """Return which set of members an api-version has: early, middle or late."""
    return "early" if version[:10] < "2022-12-01" and version else "late" if version >= "2025" else "middle"


def _common(record: JobRecord, era: str, now: datetime) -> Json:
    asked = record.asked
    body: Json = {"description": record.description, "tags": dict(record.tags), "properties": dict(record.properties)}
    if era == "late":
        body["parentJobName"] = record.parent
    body |= {"displayName": record.display_name, "status": record.status(now), "experimentName": record.experiment}
    body |= {"services": services(record, era), "computeId": asked.get("computeId"), "isArchived": record.archived}
    body |= {"identity": asked.get("identity"), "componentId": asked.get("componentId")}
    if era != "early":
        body["notificationSetting"] = asked.get("notificationSetting")
    if era == "middle":
        body["secretsConfiguration"] = asked.get("secretsConfiguration")
    return {**body, "jobType": record.kind}


def _own(record: JobRecord, era: str) -> Json:
    if record.kind == "Command":
        return _command(record, era)
    if record.kind == "Sweep":
        return _sweep(record, era)
    asked = record.asked
    if record.kind == "Pipeline":
        kept = {key: asked.get(key) for key in ("settings", "jobs", "inputs", "outputs", "sourceJobId")}
        return {**kept, "inputs": kept["inputs"] or None}
    return {key: value for key, value in asked.items() if key not in _OF_EVERY_JOB}


def _command(record: JobRecord, era: str) -> Json:
    asked = record.asked
    body: Json = {"resources": resources(asked.get("resources"), era), "codeId": asked.get("codeId")}
    if record.is_local:
        del body["resources"]["shmSize"]
    body |= {"command": asked.get("command"), "environmentId": asked.get("environmentId")}
    body |= {"inputs": inputs(asked, era), "outputs": outputs(record, era)}
    body["distribution"] = distribution(asked.get("distribution"))
    if era == "middle":
        body["autologgerSettings"] = asked.get("autologgerSettings")
    body |= {"limits": limits(asked.get("limits"), "Command")}
    body |= {
        "environmentVariables": asked.get("environmentVariables") or {},
        "parameters": asked.get("parameters") or (None if record.is_local else {}),
    }
    return body if era == "early" else {**body, "queueSettings": queue_settings(asked, era)}


def _sweep(record: JobRecord, era: str) -> Json:
    asked = record.asked
    body: Json = {"searchSpace": asked.get("searchSpace") or {}, "samplingAlgorithm": _sampling(asked)}
    body |= {"limits": limits(asked.get("limits"), "Sweep"), "earlyTermination": _policy(asked)}
    body |= {"objective": _objective(asked), "trial": _trial(asked, era)}
    body |= {"inputs": inputs(asked, era), "outputs": outputs(record, era), "queueSettings": queue_settings(asked, era)}
    return {**body, "resources": resources(asked.get("resources"), era), "componentConfiguration": None}


def _trial(asked: Json, era: str) -> Json:
    trial = asked.get("trial") or {}
    return {
        "codeId": trial.get("codeId"),
        "command": trial.get("command"),
        "environmentId": trial.get("environmentId"),
        "environmentVariables": trial.get("environmentVariables") or {},
        "distribution": distribution(trial.get("distribution")),
        "resources": resources(trial.get("resources") or asked.get("resources"), era),
    }


def _sampling(asked: Json) -> Json:
    given = asked.get("samplingAlgorithm") or {}
    kind = str(given.get("samplingAlgorithmType") or "Random").capitalize()
    if kind != "Random":
        return {"samplingAlgorithmType": kind}
    rule = str(given.get("rule") or "Random").capitalize()
    return {"samplingAlgorithmType": kind, "seed": given.get("seed"), "logbase": given.get("logbase"), "rule": rule}


def _policy(asked: Json) -> Json | None:
    given: Json = asked.get("earlyTermination") or {}
    if not given:
        return None
    return {
        "delayEvaluation": given.get("delayEvaluation", 0),
        "evaluationInterval": given.get("evaluationInterval", 0),
    } | given


def _objective(asked: Json) -> Json:
    given = asked.get("objective") or {}
    return {"primaryMetric": given.get("primaryMetric"), "goal": str(given.get("goal") or "").capitalize() or None}


def services(record: JobRecord, era: str) -> Json:
    """Return where a job can be looked at; sweeps have no tracking service."""
    workspace = record.workspace
    if record.is_local:
        place = f"https://{workspace.api}/execution/v1.0{workspace.path}/experiments/{record.experiment}"
        return {"Local": _service("Local", f"{place}/startlocalrun?runId={record.name}", era)}
    tracking = f"azureml://{workspace.api}/mlflow/v1.0{workspace.path}?"
    seen_by = f"/subscriptions/{workspace.subscription}/resourcegroups/{workspace.group}/workspaces/{workspace.name}"
    studio = f"{workspace.cloud.studio}/runs/{record.name}?wsid={seen_by}"
    found = {} if record.kind == "Sweep" else {"Tracking": _service("Tracking", tracking, era)}
    found["Studio"] = _service("Studio", studio, era)
    if _is_ray(record) and "ProcessInfoFile" in record.properties:
        found["ray-dashboard"] = _service("Custom", None, era) | {"port": 8265}
    return found


def _is_ray(record: JobRecord) -> bool:
    return str((record.asked.get("distribution") or {}).get("distributionType")).lower() == "ray"


def _service(kind: str, endpoint: str | None, era: str) -> Json:
    body: Json = {"jobServiceType": kind, "port": None, "endpoint": endpoint, "status": None, "errorMessage": None}
    body["properties"] = None
    return body if era == "early" else {**body, "nodes": None}


def resources(given: Json | None, era: str) -> Json:
    """Return resources with 1 node and 2g of shared memory where nothing else was asked for."""
    full = {
        "instanceCount": 1,
        "shmSize": "2g",
        **{key: value for key, value in (given or {}).items() if value is not None},
    }
    return {key: full.get(key) for key in _RESOURCES[era]}


def inputs(asked: Json, era: str) -> Json:
    """Return the inputs; data is mounted read-only unless something else was asked for."""
    return {name: _input(each, era) for name, each in (asked.get("inputs") or {}).items()}


def _input(given: Json, era: str) -> Json:
    kind = given.get("jobInputType")
    if kind == "literal":
        return {"description": given.get("description"), "value": given.get("value"), "jobInputType": kind}
    body = {"description": given.get("description"), "uri": given.get("uri")}
    body["mode"] = given.get("mode") or "ReadOnlyMount"
    if era == "middle":
        body["pathOnCompute"] = given.get("pathOnCompute")
    return {**body, "jobInputType": kind}


def outputs(record: JobRecord, era: str) -> Json:
    """Return the outputs, with the service's own `default` last: the logs and `./outputs`."""
    asked = record.asked.get("outputs") or {}
    place = f"azureml://datastores/workspaceartifactstore/{record.prefix.rstrip('/')}"
    own = {"uri": place, "jobOutputType": "uri_folder"}
    whole = asked if record.is_local else {**asked, "default": own}
    return {name: _output(each or {}, era) for name, each in whole.items()}


def _output(given: Json, era: str) -> Json:
    full = {"mode": "ReadWriteMount", **{key: value for key, value in given.items() if value is not None}}
    return {key: full.get(key) for key in _OUTPUT[era]} | {"jobOutputType": given.get("jobOutputType", "uri_folder")}


def distribution(given: Json | None) -> Json | None:
    """Return the distribution with the members of its type."""
    if not given:
        return None
    if str(given.get("distributionType")).lower() == "ray":
        return {"distributionType": "Ray"} | {key: given.get(key) for key in _RAY}
    return dict(given)


def limits(given: Json | None, kind: str) -> Json | None:
    """Return the limits; a sweep's are all named, a command's are null where there are none."""
    if not given:
        return None
    if kind == "Command":
        return {"jobLimitsType": kind, "timeout": given.get("timeout")}
    named = ("timeout", "jobLimitsType", "maxTotalTrials", "maxConcurrentTrials", "trialTimeout")
    return {key: given.get(key) for key in named} | {"jobLimitsType": kind}


def queue_settings(asked: Json, era: str) -> Json:
    """Return the tier, which is the text "Null" where none was asked for."""
    given = asked.get("queueSettings") or {}
    body = {"jobTier": given.get("jobTier") or "Null"}
    return {**body, "priority": given.get("priority")} if era == "middle" else body
