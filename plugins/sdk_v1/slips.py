"""Slips in v1 code that would hide what it says: a class or an argument whose name is not quite v1's.

Source of the arguments: azureml-core 1.61.0 (runconfig.py, script_run_config.py), read 2026-11; the estimators of
azureml-train-core 1.18.0.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from .submissions import ESTIMATORS
from .values import Values

_CLASSES: dict[str, tuple[str, ...]] = {
    "ScriptRunConfig": (
        "source_directory", "script", "arguments", "run_config", "compute_target", "environment",
        "distributed_job_config", "resume_from", "max_run_duration_seconds", "command", "docker_runtime_config",
    ),
    "MpiConfiguration": ("process_count_per_node", "node_count"),
    "PyTorchConfiguration": ("communication_backend", "process_count", "node_count"),
    "TensorflowConfiguration": ("worker_count", "parameter_server_count"),
}  # fmt: skip
_OF_ESTIMATORS = (
    "source_directory", "entry_script", "script_params", "compute_target", "node_count", "process_count_per_node",
    "distributed_training", "distributed_backend", "use_gpu", "use_docker", "pip_packages", "conda_packages",
    "framework_version", "inputs", "environment_definition", "environment_variables", "custom_docker_image",
    "worker_count", "parameter_server_count", "vm_size", "vm_priority", "shm_size", "user_managed", "resume_from",
    "image_registry_details", "source_directory_data_store", "max_run_duration_seconds", "pip_requirements_file",
    "pip_requirements_file_path", "conda_dependencies_file", "conda_dependencies_file_path",
)  # fmt: skip
_ALIKE = 0.85
"""How near a name must be: `DockerConfiguration`, which v1 has too, is no `MpiConfiguration`."""


@dataclass(frozen=True, slots=True)
class Slip:
    """A name that v1 does not have, at its line."""

    line: int
    text: str


def slips(tree: ast.Module) -> Iterator[Slip]:
    """Yield names of classes and arguments that v1 does not have, by line."""
    values = Values(tree)
    own = {each.name for each in ast.walk(tree) if isinstance(each, ast.ClassDef | ast.FunctionDef)}
    for call in values.calls:
        name = values.name_of(call)
        if name not in own:
            yield from _of_class(call, name)
            yield from _of_arguments(call, name)


def _of_class(call: ast.Call, name: str) -> Iterator[Slip]:
    if name in _CLASSES or name in ESTIMATORS:
        return
    for meant in get_close_matches(name, _CLASSES, 1, _ALIKE):
        yield Slip(call.lineno, f"{name} is unknown: did you mean {meant}?")


def _of_arguments(call: ast.Call, name: str) -> Iterator[Slip]:
    known = _CLASSES.get(name, ())
    is_whole = bool(known)  # estimators hand more on than is listed here: of them what is nearly right alone
    known = known or (_OF_ESTIMATORS if _is_estimator(call, name) else ())
    for each in call.keywords if known else ():
        if each.arg is None or each.arg in known or each.arg.startswith("_"):
            continue
        meant = get_close_matches(each.arg, known, 1, 0.6 if is_whole else _ALIKE)
        if meant or is_whole:
            hint = f": did you mean {meant[0]}?" if meant else "; it is left out."
            yield Slip(each.value.lineno, f"{name} has no {each.arg}{hint}")


def _is_estimator(call: ast.Call, name: str) -> bool:
    return name in ESTIMATORS and "compute_target" in {each.arg for each in call.keywords}
