"""Which kind of Azure ML file a text is: by its `$schema`, else by its keys."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from desktop_app.api import Value

UNKNOWN = "unknown"
COMMAND_JOB = "commandJob"

_SCHEMA = re.compile(r"""^\s*["']?\$schema["']?\s*:\s*["']?(?P<address>\S+?)["']?\s*(?:#.*)?$""", re.MULTILINE)
_SCHEMA_NAME = re.compile(r"(?P<name>[A-Za-z0-9]+)\.schema\.json")
_TOP_KEY = re.compile(r"""^["']?([A-Za-z_$][\w$-]*)["']?\s*:(?:\s|$)""", re.MULTILINE)
_TYPE = re.compile(r"""^type\s*:\s*["']?([\w./-]+)""", re.MULTILINE)
_COMPUTES = frozenset({"amlcompute", "computeinstance", "virtualmachine", "kubernetes", "synapsespark"})
_FAMILIES = (("Compute", "compute"), ("Component", "component"))
_NAMES = {"asset": "data", "vmcompute": "compute", "command": COMMAND_JOB}
_JOB_TYPES = {"sweep": "sweepJob", "pipeline": "pipelineJob", "spark": "sparkJob", "automl": "autoMLJob"}
_HINTS = frozenset({
    "code", "environment", "compute", "distribution", "inputs", "outputs", "experiment_name", "environment_variables",
    "resources",
})  # fmt: skip
_FOREIGN = frozenset({
    "apiVersion", "services", "steps", "stages", "trigger", "on", "runs", "hosts", "tasks", "version", "model",
    "endpoint_name", "auth_mode", "entrypoint", "spec",
})  # fmt: skip

_OF_ENVIRONMENT = frozenset({"image", "build", "conda_file"})
_ENVIRONMENT = frozenset({
    "name", "version", "image", "build", "conda_file", "description", "tags", "os_type", "inference_config", "type",
    "properties", "datastore",
})  # fmt: skip


def kind_of(path: Path | None, data: Value, text: str) -> str:
    """Return the kind's name (`commandJob`, `environment`, `conda`, …), or `unknown`.

    `data` is the text as data; None where it could not be read, and then the beginnings of its lines must do.
    """
    named_so = _by_name(path, data)
    if named_so or (data is not None and not isinstance(data, dict)):
        return named_so or UNKNOWN
    address = data.get("$schema") if isinstance(data, dict) else _schema_in(text)
    if isinstance(address, str):
        return _by_schema(address)
    if isinstance(data, dict):
        job_type = data.get("type")
        return _by_keys(data.keys(), job_type if isinstance(job_type, str) else "", path)
    named = _TYPE.search(text)
    return _by_keys(_TOP_KEY.findall(text), named[1] if named else "", path)


def _by_name(path: Path | None, data: Value) -> str:
    """Return the kind of a file that is known by its name; empty for others."""
    if path is None:
        return ""
    if path.name == "config.json":
        told = isinstance(data, dict) and any(each in data for each in ("subscription_id", "workspace_name", "Id"))
        return "config" if told else ""
    return {".amlignore": "amlignore"}.get(path.name) or ("runconfig" if path.suffix == ".runconfig" else "")


def _schema_in(text: str) -> str | None:
    found = _SCHEMA.search(text)
    return found["address"] if found else None


def _by_schema(address: str) -> str:
    found = _SCHEMA_NAME.search(address)
    if found is None or "azureml" not in address.lower():
        return UNKNOWN
    name = found["name"]
    for ending, family in _FAMILIES:
        if name.lower().endswith(ending.lower()):
            return family
    return _NAMES.get(name.lower(), name)


def _by_keys(found: Iterable[str], job_type: str, path: Path | None) -> str:
    keys = frozenset(found)
    kind = job_type.lower()
    tests = (
        ("conda", _is_conda(keys, path)),
        ("compute", kind in _COMPUTES),
        (_JOB_TYPES.get(kind, ""), kind in _JOB_TYPES and "version" not in keys),
        ("sweepJob", {"trial", "search_space"} <= keys),
        ("environment", bool(keys & _OF_ENVIRONMENT) and keys <= _ENVIRONMENT),
        ("component", _is_component(keys, kind)),
        (COMMAND_JOB, not keys & _OF_ENVIRONMENT and _is_command_job(keys, kind)),
    )
    return next((name for name, holds in tests if holds), UNKNOWN)


def _is_conda(keys: frozenset[str], path: Path | None) -> bool:
    if "dependencies" not in keys or not keys <= {
        "name",
        "channels",
        "dependencies",
        "prefix",
        "variables",
        "platforms",
    }:
        return False
    return "channels" in keys or keys <= {"name", "dependencies"} or (path is not None and "conda" in path.name.lower())


def _is_component(keys: frozenset[str], kind: str) -> bool:
    return "command" in keys and ("is_deterministic" in keys or (kind == "command" and "version" in keys))


def _is_command_job(keys: frozenset[str], kind: str) -> bool:
    """A job without `$schema`: two of its keys and none that tells of another program."""
    if keys & _FOREIGN - ({"services"} if kind == "command" else set()):
        return False
    if kind == "command":
        return True
    return len(keys & _HINTS) >= (1 if "command" in keys else 3) and kind in ("", "command")
