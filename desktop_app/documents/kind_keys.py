"""Tells a file without `$schema` by its keys; what another program wrote is never taken for a file of Azure ML."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from pathlib import Path

from desktop_app.api import Value
from desktop_app.core.rules.values import slip_of

_Data = Mapping[str, Value]
_COMPUTES = frozenset({"amlcompute", "computeinstance", "virtualmachine", "kubernetes", "synapsespark"})
_JOBS = {"sweep": "sweepJob", "pipeline": "pipelineJob", "spark": "sparkJob", "automl": "autoMLJob"}
_DATASTORES = frozenset({
    "azure_blob", "azure_file", "azure_data_lake_gen1", "azure_data_lake_gen2", "one_lake", "hdfs",
})  # fmt: skip
CONNECTIONS = frozenset({
    "git", "python_feed", "container_registry", "azure_sql_db", "azure_synapse_analytics", "azure_my_sql_db",
    "azure_postgres_db", "snowflake", "s3", "azure_open_ai", "azure_ai_services", "azure_ai_search", "serp",
    "serverless", "api_key", "custom", "open_ai", "azure_content_safety", "azure_speech_services", "gen_1", "gen_2",
    "azure_blob", "microsoft_one_lake", "feature_store", "azure_one_lake",
})  # fmt: skip
_HINTS = frozenset({
    "code", "environment", "compute", "distribution", "inputs", "outputs", "experiment_name", "environment_variables",
    "resources",
})  # fmt: skip
_FOREIGN = frozenset({
    "apiVersion", "services", "steps", "stages", "trigger", "on", "runs", "hosts", "tasks", "version", "model",
    "endpoint_name", "auth_mode", "entrypoint", "spec",
})  # fmt: skip
_NEVER = frozenset({
    "apiVersion", "AWSTemplateFormatVersion", "before_script", "cluster_name", "hosts", "language", "nav", "on", "pool",
    "provider", "repos", "runs", "script", "site_name", "stages", "steps", "workflows",
})  # fmt: skip
"""Keys that no file of Azure ML has at its top: GitHub, GitLab, Azure DevOps, Kubernetes, Ansible, MkDocs, …"""
_OF_ENVIRONMENT = frozenset({"image", "build", "conda_file"})
_ENVIRONMENT = frozenset({
    "name", "version", "image", "build", "conda_file", "description", "tags", "os_type", "inference_config", "type",
    "properties", "datastore",
})  # fmt: skip
_PREVIEW_ENVIRONMENT = frozenset({"name", "version", "docker", "conda_file", "path", "description", "tags"})
_CONDA = frozenset({"name", "channels", "dependencies", "prefix", "variables", "platforms"})
_MODELS = frozenset({"custom_model", "mlflow_model", "triton_model"})
_DATA = frozenset({"uri_file", "uri_folder", "mltable"})
_OF_DEPLOYMENT = frozenset({
    "model", "environment", "code_configuration", "instance_type", "instance_count", "resources", "compute",
    "component", "scale_settings", "request_settings", "mini_batch_size", "job_definition",
})  # fmt: skip
_OF_BATCH = frozenset({
    "mini_batch_size", "max_concurrency_per_instance", "error_threshold", "output_action", "output_file_name",
    "retry_settings", "compute", "resources", "settings", "job_definition",
})  # fmt: skip
_OF_WORKSPACE = frozenset({
    "storage_account", "key_vault", "application_insights", "container_registry", "hbi_workspace", "managed_network",
    "image_build_compute", "customer_managed_key", "primary_user_assigned_identity",
})  # fmt: skip
_OF_SCHEDULE = frozenset({"create_job", "create_monitor", "import_data"})
_OF_PIPELINE = frozenset({"settings", "experiment_name", "compute", "display_name"})
_RUNS_SOMETHING = frozenset({"command", "code", "jobs", "task", "entry", "trial"})
_COMPONENTS = frozenset({"command", "pipeline", "parallel", "spark", "automl", "import", "data_transfer", "sweep"})


def kind_by_keys(data: _Data, path: Path | None = None) -> str:
    """Return the kind that a document's keys tell of; empty where they tell of none, or of another program."""
    if not data or data.keys() & _NEVER or (path is not None and ".github" in path.parts):
        return ""
    word = data.get("type")
    kind = word.lower() if isinstance(word, str) else ""
    if _is_conda(data.keys(), path):
        return "conda"
    return next((found for test in _TESTS if (found := test(data, kind))), "")


def _compute(_data: _Data, kind: str) -> str:
    return "compute" if kind in _COMPUTES and not _data.keys() & {"endpoint_name", "auth_mode"} else ""


def _job(data: _Data, kind: str) -> str:
    if kind in _JOBS and "version" not in data and "endpoint_name" not in data:
        return _JOBS[kind]
    if {"trial", "search_space"} <= data.keys():
        return "sweepJob"
    is_steps = isinstance(data.get("jobs"), dict) and len(data.keys() & _OF_PIPELINE) > 0
    return "pipelineJob" if is_steps and not kind and "version" not in data else ""


def _environment(data: _Data, _kind: str) -> str:
    is_own = bool(data.keys() & _OF_ENVIRONMENT) and data.keys() <= _ENVIRONMENT and not _is_build_file(data)
    is_preview = {"name", "conda_file"} <= data.keys() <= _PREVIEW_ENVIRONMENT
    return "environment" if is_own or is_preview else ""


def _is_build_file(data: _Data) -> bool:
    """Whether image and build mean what GitLab or AppVeyor do with them."""
    image, build = data.get("image"), data.get("build")
    if not isinstance(image, str | None) or not isinstance(build, dict | None):
        return True
    return "build" in data and ("script" in build if build else "image" in data)


def _component(data: _Data, kind: str) -> str:
    if "command" in data and ("is_deterministic" in data or (kind == "command" and "version" in data)):
        return "component"
    is_versioned = kind in _COMPONENTS and "name" in data and "version" in data
    if not (is_versioned and data.keys() & _RUNS_SOMETHING):
        return ""
    return "autoMLComponent" if kind == "automl" else "component"


def _store(data: _Data, kind: str) -> str:
    is_store = kind in _DATASTORES and data.keys() & {"account_name", "container_name", "file_share_name", "store_name"}
    if is_store:
        return "datastore"
    return "workspaceConnection" if kind in CONNECTIONS and {"target", "credentials"} <= data.keys() else ""


def _asset(data: _Data, kind: str) -> str:
    if kind in _MODELS and "path" in data:
        return "model"
    if kind in _DATA and "path" in data and "inputs" not in data:
        return "dataImport" if "source" in data else "data"
    return "model" if {"name", "asset_path"} <= data.keys() else ""


def _serving(data: _Data, kind: str) -> str:
    keys = data.keys()
    if "endpoint_name" in keys and keys & _OF_DEPLOYMENT:
        if kind == "kubernetes":
            return "kubernetesOnlineDeployment"
        return "batchDeployment" if keys & _OF_BATCH and "instance_type" not in keys else "managedOnlineDeployment"
    if "auth_mode" not in keys or "name" not in keys:
        return ""
    if kind == "batch" or "defaults" in keys:
        return "batchEndpoint"
    return "kubernetesOnlineEndpoint" if kind == "kubernetes" or "compute" in keys else "managedOnlineEndpoint"


def _of_workspace(data: _Data, _kind: str) -> str:
    if "trigger" in data and data.keys() & _OF_SCHEDULE:
        return "schedule"
    if "replication_locations" in data:
        return "registry"
    if "index_columns" in data and "name" in data:
        return "featureStoreEntity"
    if {"specification", "entities"} <= data.keys():
        return "featureSet"
    return "workspace" if "name" in data and len(data.keys() & _OF_WORKSPACE) > 1 else ""


def _flow(data: _Data, _kind: str) -> str:
    return "flow" if isinstance(data.get("nodes"), list) and data.keys() & {"inputs", "outputs"} else ""


def _command_job(data: _Data, kind: str) -> str:
    """A job without `$schema`: two of its keys and none that tells of another program."""
    if data.keys() & _OF_ENVIRONMENT or data.keys() & _FOREIGN - ({"services"} if kind == "command" else set()):
        return ""
    hints = len(data.keys() & _HINTS)
    is_job = kind == "command" or (kind == "" and hints >= (1 if "command" in data else 3))
    return "commandJob" if is_job else ""


_TESTS: tuple[Callable[[_Data, str], str], ...] = (
    _serving, _compute, _job, _environment, _component, _store, _asset, _of_workspace, _flow, _command_job,
)  # fmt: skip


def _is_conda(keys: Set[str], path: Path | None) -> bool:
    is_named = path is not None and "conda" in path.name.lower()
    if is_named and keys & {"dependencies", "channels"} and all(slip_of(each, _CONDA) for each in keys):
        return True  # with a key misspelt
    if "dependencies" not in keys or not keys <= _CONDA:
        return False
    return "channels" in keys or keys <= {"name", "dependencies"} or is_named
