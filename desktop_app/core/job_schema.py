"""The keys and words that Azure ML knows in a command job and in a sweep, for telling a slip from an extension.

Sources: CLI (v2) command job and sweep job YAML references, commandJob.schema.json and sweepJob.schema.json, read
2026-11; ARM schema 2025-12-01. A test holds them to the schemas of the SDK in resources/schemas.
"""

from __future__ import annotations

SCHEMA = "https://azuremlschemas.azureedge.net/latest/commandJob.schema.json"

JOB_KEYS = (
    "$schema", "type", "name", "display_name", "experiment_name", "description", "tags", "code", "command", "inputs",
    "outputs", "environment", "environment_variables", "compute", "distribution", "resources", "limits", "identity",
    "queue_settings", "services", "properties", "component", "is_deterministic", "parent", "notification_setting",
)  # fmt: skip
"""In the order in which an expert writes them."""

SHOWN_KEYS = ("creation_context", "id", "log_files", "resourceGroup", "status", "task_details")
"""What `az ml job show` adds; harmless in a file that was made from its output."""

INPUT_KEYS = ("type", "path", "mode", "value", "path_on_compute", "description", "default", "optional", "datastore")
OUTPUT_KEYS = ("type", "path", "mode", "name", "version", "path_on_compute", "description", "early_available")
RESOURCE_KEYS = (
    "instance_count", "instance_type", "shm_size", "docker_args", "docker_args_list", "properties",
    "max_instance_count", "locations",
)  # fmt: skip
LIMIT_KEYS = ("timeout",)
DISTRIBUTION_KEYS: dict[str, tuple[str, ...]] = {
    "pytorch": ("type", "process_count_per_instance"),
    "mpi": ("type", "process_count_per_instance"),
    "tensorflow": ("type", "worker_count", "parameter_server_count"),
    "ray": (
        "type", "port", "address", "include_dashboard", "dashboard_port", "head_node_additional_args",
        "worker_node_additional_args",
    ),
}  # fmt: skip

DATA_TYPES = ("uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model", "triton_model", "safe_tensors_model")
LITERAL_TYPES = ("integer", "number", "boolean", "string")
INPUT_MODES = ("ro_mount", "rw_mount", "download", "direct", "eval_mount", "eval_download")
OUTPUT_MODES = ("rw_mount", "upload", "direct")

SWEEP_SCHEMA = "https://azuremlschemas.azureedge.net/latest/sweepJob.schema.json"
SWEEP_KEYS = (
    "$schema", "type", "name", "display_name", "experiment_name", "description", "tags", "trial", "inputs", "outputs",
    "compute", "sampling_algorithm", "search_space", "objective", "early_termination", "limits", "resources",
    "identity", "queue_settings", "services", "properties",
)  # fmt: skip
TRIAL_KEYS = (
    "$schema", "code", "command", "environment", "environment_variables", "distribution", "resources", "queue_settings",
)  # fmt: skip
SWEEP_LIMIT_KEYS = ("max_total_trials", "max_concurrent_trials", "timeout", "trial_timeout")
OBJECTIVE_KEYS = ("goal", "primary_metric")
SAMPLING_KEYS = ("type", "rule", "seed", "logbase")
SAMPLINGS = ("random", "grid", "bayesian")
