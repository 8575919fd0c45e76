"""Which kind of Azure ML file a text is: by its name, by its `$schema`, else by its keys; and what kinds there are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Value
from desktop_app.core.findings import nearest_key
from desktop_app.documents.kind_keys import CONNECTIONS, kind_by_keys

UNKNOWN = "unknown"
COMMAND_JOB = "commandJob"
SWEEP_JOB = "sweepJob"


@dataclass(frozen=True, slots=True)
class KindInfo:
    """What is said of a kind: its title, its icon (mdi6), the family it belongs to, and its schema's file, if any."""

    title: str
    icon: str
    family: str
    schema: str = ""


def _job(title: str, icon: str, schema: str) -> KindInfo:
    return KindInfo(title, icon, "job", schema)


def _deployment(title: str, schema: str) -> KindInfo:
    return KindInfo(title, "cloud-upload-outline", "deployment", schema)


def _endpoint(title: str, schema: str) -> KindInfo:
    return KindInfo(title, "access-point", "endpoint", schema)


def _datastore(title: str) -> KindInfo:
    return KindInfo(title, "database-cog-outline", "datastore", "datastore")


def _feature(title: str, schema: str) -> KindInfo:
    return KindInfo(title, "table-star", "feature store", schema)


KINDS: Mapping[str, KindInfo] = {
    "commandJob": _job("Command job", "play-box-outline", "commandJob"),
    "sweepJob": _job("Sweep job", "tune-variant", "sweepJob"),
    "pipelineJob": _job("Pipeline job", "sitemap-outline", "pipelineJob"),
    "autoMLJob": _job("AutoML job", "auto-fix", "autoMLJob"),
    "sparkJob": _job("Spark job", "creation-outline", "sparkJob"),
    "importJob": _job("Import job", "import", "importJob"),
    "fineTuningJob": _job("Fine-tuning job", "tune", "fineTuningJob"),
    "distillationJob": _job("Distillation job", "flask-outline", "distillationJob"),
    "component": KindInfo("Component", "puzzle-outline", "component", "component"),
    "autoMLComponent": KindInfo("AutoML component", "puzzle-star-outline", "component"),
    "environment": KindInfo("Environment", "package-variant-closed", "environment", "environment"),
    "conda": KindInfo("Conda environment", "snake", "environment"),
    "compute": KindInfo("Compute", "server", "compute", "compute"),
    "computeInstance": KindInfo("Compute instance", "laptop", "compute", "compute"),
    "data": KindInfo("Data asset", "database-outline", "data", "data"),
    "dataImport": KindInfo("Data import", "database-import-outline", "data", "dataImport"),
    "mltable": KindInfo("MLTable", "table-cog", "data"),
    "datastore": _datastore("Datastore"),
    "azureBlob": _datastore("Blob datastore"),
    "azureFile": _datastore("File share datastore"),
    "azureDataLakeGen1": _datastore("Data Lake Gen1 datastore"),
    "azureDataLakeGen2": _datastore("Data Lake Gen2 datastore"),
    "oneLake": _datastore("OneLake datastore"),
    "model": KindInfo("Model", "cube-outline", "model", "model"),
    "modelPackage": KindInfo("Model package", "package-up", "model", "modelPackage"),
    "managedOnlineEndpoint": _endpoint("Online endpoint", "managedOnlineEndpoint"),
    "onlineEndpoint": _endpoint("Online endpoint", "onlineEndpoint"),
    "kubernetesOnlineEndpoint": _endpoint("Kubernetes endpoint", "kubernetesOnlineEndpoint"),
    "batchEndpoint": _endpoint("Batch endpoint", "batchEndpoint"),
    "managedOnlineDeployment": _deployment("Online deployment", "managedOnlineDeployment"),
    "onlineDeployment": _deployment("Online deployment", "onlineDeployment"),
    "kubernetesOnlineDeployment": _deployment("Kubernetes deployment", "kubernetesOnlineDeployment"),
    "batchDeployment": _deployment("Batch deployment", "batchDeployment"),
    "modelBatchDeployment": _deployment("Batch deployment of a model", "modelBatchDeployment"),
    "pipelineComponentBatchDeployment": _deployment(
        "Batch deployment of a pipeline", "pipelineComponentBatchDeployment"
    ),
    "deploymentTemplate": _deployment("Deployment template", "deploymentTemplate"),
    "schedule": KindInfo("Schedule", "calendar-clock", "schedule", "schedule"),
    "workspace": KindInfo("Workspace", "domain", "workspace", "workspace"),
    "workspaceConnection": KindInfo("Connection", "connection", "workspace", "workspaceConnection"),
    "hub": KindInfo("Hub", "hub-outline", "workspace", "hub"),
    "project": KindInfo("Project", "folder-cog-outline", "workspace", "project"),
    "capabilityHost": KindInfo("Capability host", "server-network", "workspace", "capabilityHost"),
    "registry": KindInfo("Registry", "archive-outline", "registry", "registry"),
    "index": KindInfo("Index", "magnify-scan", "data", "index"),
    "featureStore": _feature("Feature store", "featureStore"),
    "featureStoreEntity": _feature("Feature store entity", "featureStoreEntity"),
    "featureSet": _feature("Feature set", "featureSet"),
    "featureSetSpecification": _feature("Feature set specification", "featureSetSpecification"),
    "featureSetBackfill": _feature("Feature set backfill", "featureSetBackfill"),
    "codeAsset": KindInfo("Code asset", "folder-zip-outline", "code"),
    "prompt": KindInfo("Prompt", "message-text-outline", "prompt flow"),
    "flow": KindInfo("Prompt flow", "sitemap", "prompt flow"),
    "flowRun": KindInfo("Prompt flow run", "play-network-outline", "prompt flow"),
    "config": KindInfo("Workspace address", "cog-outline", "workspace"),
    "amlignore": KindInfo("What is not uploaded", "eye-off-outline", "code"),
    "runconfig": KindInfo("Run configuration (SDK v1)", "history", "job"),
}
"""Every kind of file that is Azure ML's own."""

_BY_SCHEMA = {each.lower(): each for each in KINDS} | {
    "command": COMMAND_JOB, "asset": "data", "vmcompute": "compute", "modelversionpackage": "modelPackage",
    "featurestoreentity": "featureStoreEntity", "connection": "workspaceConnection", "run": "flowRun",
    "batch": "batchEndpoint", "featuresetspec": "featureSetSpecification", "fine-tuning": "fineTuningJob",
}  # fmt: skip
_FAMILIES = (("compute", "compute"), ("component", "component"))
_SCHEMA = re.compile(r"""^\s*["']?\$schema["']?\s*:\s*["']?(?P<address>\S+?)["']?\s*(?:#.*)?$""", re.MULTILINE)
_SCHEMA_NAME = re.compile(r"(?P<name>[A-Za-z0-9]+)(?:\.schema)?\.json")
_TOP_KEY = re.compile(r"""^["']?([A-Za-z_$][\w$-]*)["']?\s*:(?:\s|$)""", re.MULTILINE)
_TYPE = re.compile(r"""^type\s*:\s*["']?([\w./-]+)""", re.MULTILINE)
_WORKSPACE = frozenset({"subscription_id", "workspace_name"})
_YAML = (".yml", ".yaml")


def may_be_known(name: str) -> bool:
    """Whether a file of this name is worth reading: nothing of other names is a file of Azure ML."""
    return name.lower().endswith((*_YAML, ".runconfig")) or name in {"config.json", ".amlignore", "MLTable"}


def kind_of(path: Path | None, data: Value, text: str) -> str:
    """Return the kind's name (`commandJob`, `environment`, `conda`, …), or `unknown`.

    `data` is the text as data; None where it could not be read, and then the beginnings of its lines must do.
    """
    named_so = _by_name(path, data)
    if named_so or (data is not None and not isinstance(data, dict)):
        return named_so or UNKNOWN
    address = data.get("$schema") if isinstance(data, dict) else _schema_in(text)
    if isinstance(address, str):
        return _by_schema(address, data if isinstance(data, dict) else _outline(text))
    if path is not None and path.suffix.lower() == ".json":
        return UNKNOWN
    return kind_by_keys(data if isinstance(data, dict) else _outline(text), path) or UNKNOWN


def _by_name(path: Path | None, data: Value) -> str:
    """Return the kind of a file that is known by its name; empty for others."""
    if path is None:
        return ""
    if path.name == "config.json":
        given = set(data) if isinstance(data, dict) else set()
        is_told = bool(given & _WORKSPACE) or {"Id", "Scope"} <= given
        return "config" if is_told or path.parent.name in {".azureml", "aml_config"} else ""
    if path.suffix.lower() == ".runconfig":
        return "runconfig"
    return {".amlignore": "amlignore", "MLTable": "mltable"}.get(path.name, "")


def _schema_in(text: str) -> str | None:
    found = _SCHEMA.search(text)
    return found["address"] if found else None


def _by_schema(address: str, data: Mapping[str, Value]) -> str:
    if "azureml" not in address.lower():
        return UNKNOWN
    found = _SCHEMA_NAME.search(address)
    name = found["name"].lower() if found else ""
    is_foreign = name == "connection" and data.get("type") not in CONNECTIONS
    if is_foreign or name == "dataindex" or (name.endswith("connection") and "promptflow" in address.lower()):
        return UNKNOWN  # prompt flow has connections of its own
    family = next((family for ending, family in _FAMILIES if name.endswith(ending) and name not in _BY_SCHEMA), "")
    return family or _BY_SCHEMA.get(name) or kind_by_keys(data) or _meant_kind(address)


def _meant_kind(address: str) -> str:
    found = _SCHEMA_NAME.search(meant_schema(address))
    return _BY_SCHEMA.get(found["name"].lower(), UNKNOWN) if found else UNKNOWN


def meant_schema(address: str) -> str:
    """Return the address that was meant by one of Azure ML's schemas that there is not; empty where none is near."""
    found = _SCHEMA_NAME.search(address) if "azuremlschemas" in address.lower() else None
    name = found["name"] if found else ""
    if not found or name.lower() in _BY_SCHEMA or name.lower().endswith(tuple(each for each, _ in _FAMILIES)):
        return ""
    near = nearest_key(name, KINDS)
    return f"{address[: found.start()]}{near}.schema.json" if near else ""


def _outline(text: str) -> dict[str, Value]:
    """Return the top keys of a text that is no YAML, with its type where one is written."""
    named = _TYPE.search(text)
    keys: dict[str, Value] = dict.fromkeys(_TOP_KEY.findall(text))
    return keys | {"type": named[1]} if named else keys
