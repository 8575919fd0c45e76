"""Makes the v2 job of v1's words, also from answers that are not finished."""

from __future__ import annotations

from pathlib import PurePosixPath

from desktop_app.api import Answers, Job, JobInput, Resources, WizardContext
from desktop_app.api.kit import answers as read
from desktop_app.api.kit import jobs

from . import environments, horovod
from .counts import counts_of, distribution_of
from .launchers import command_of, launched_by_torch
from .words import V1, read_v1

UNNAMED = "azureml:NAME@latest"
"""What stands for data until somebody says which."""


def build(answers: Answers, context: WizardContext) -> Job:
    """Return the job."""
    v1 = read_v1(answers, context)
    launched = launched_by_torch(v1)
    compute, size = v1.text("compute_target"), v1.text("vm_size")
    code = PurePosixPath(v1.text("code") or ".")
    return Job(
        command=command_of(v1, script_in(v1)),
        code=str(code),
        environment=horovod.environment_of(v1, context) or environments.environment_of(v1, context),
        compute=f"azureml:{compute.removeprefix('azureml:')}" if compute else None,
        inputs=inputs_of(v1),
        distribution=distribution_of(v1, launched=launched),
        resources=Resources(instance_count=counts_of(v1).nodes, instance_type=size if size and not compute else None),
        display_name=v1.text("display_name") or jobs.default_name(context, environments.KIND, v1.filled),
        experiment_name=v1.text("experiment") or experiment_of(v1, context),
        tags=v1.pairs("tags"),
        environment_variables=v1.chosen.words.get("environment_variables", {}) if v1.chosen is not None else {},
        timeout=60 * read.integer(v1.filled, "timeout", jobs.DEFAULT_MINUTES) or None,
    )


def script_in(v1: V1) -> str:
    """Return the entry script as the code folder knows it."""
    script, code = PurePosixPath(v1.text("script").replace("\\", "/")), PurePosixPath(v1.text("code") or ".")
    inside = script.relative_to(code) if script.is_relative_to(code) else script
    return str(inside) if inside.name else ""


def inputs_of(v1: V1) -> dict[str, JobInput]:
    """Return the data as inputs: by mount, as v1's `as_mount()` did, or downloaded."""
    modes = {name: each.mode for name, each in (v1.chosen.data if v1.chosen else {}).items()}
    return {
        jobs.input_name(name): JobInput(path=path or UNNAMED, type=_type(path), mode=modes.get(name, "ro_mount"))
        for name, path in v1.pairs("data").items()
    }


def _type(path: str) -> str:
    return "uri_folder" if path.startswith("azureml:") else jobs.data_type(path)


def experiment_of(v1: V1, context: WizardContext) -> str:
    """Return v1's experiment, else one named after the project's folder."""
    said = v1.chosen.words.get("experiment") if v1.chosen is not None else None
    return str(said) if said else jobs.default_experiment(context)
