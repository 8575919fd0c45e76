"""What v1 code does beside submitting, which a job file does not hold: each is said, with why and what to do."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from .values import Values


@dataclass(frozen=True, slots=True)
class Leftover:
    """One thing that is not carried over, at its first line."""

    code: str
    line: int
    text: str


_CALLS = {
    "from_config": (
        "workspace",
        "The workspace is not part of a job file: Azure ML's tools and this program ask for it when the job is sent.",
    ),
    "provisioning_configuration": (
        "cluster",
        "Creating a cluster is no part of a job: make it in the studio, with `az ml compute create`, or leave the "
        "compute target empty for serverless compute.",
    ),
    "register_model": (
        "register-model",
        "run.register_model has no place in a job file: register the model from the run's outputs, "
        "azureml://jobs/RUN/outputs/artifacts/paths/outputs/, when it is done.",
    ),
    "wait_for_completion": (
        "wait",
        "run.wait_for_completion is what `rankzero run` does by itself; with Azure's tools it is `az ml job stream`, "
        "which follows rank 0 alone.",
    ),
    "HyperDriveConfig": (
        "hyperdrive",
        "HyperDrive became sweep jobs, which this wizard does not make: this is the job of one trial. "
        "Put it below `trial:` of a sweep job.",
    ),
    "Pipeline": (
        "pipeline",
        "A pipeline of steps became a pipeline job, which this wizard does not make: this is one of its jobs.",
    ),
    "RunDetails": ("widgets", "The notebook's widgets are gone: the run's page here or the studio shows the run."),
    "download_file": (
        "download",
        "run.download_file became `az ml job download` and this program's Download, for whole outputs after the end.",
    ),
    "download_files": (
        "download",
        "run.download_files became `az ml job download` and this program's Download, for whole outputs after the end.",
    ),
    "get_file_names": (
        "download",
        "run.get_file_names has no successor: all outputs come with `az ml job download` or this program's Download.",
    ),
    "deploy": ("deploy", "Deploying a model is no part of a job: web services of v1 became online endpoints."),
    "save_to_directory": (
        "save-environment",
        "Environment.save_to_directory has no successor: `az ml environment show` tells what an environment holds.",
    ),
}


def leftovers(tree: ast.Module) -> Iterator[Leftover]:
    """Yield what the code does that is not carried over, each kind once, by line."""
    values = Values(tree)
    said: set[str] = set()
    for call in values.calls:
        code, text = _CALLS.get(values.name_of(call), ("", ""))
        if code and code not in said and not _waits_for_cluster(call):
            said.add(code)
            yield Leftover(code, call.lineno, text)


def _waits_for_cluster(call: ast.Call) -> bool:
    return any(each.arg in {"min_node_count", "timeout_in_minutes"} for each in call.keywords)
