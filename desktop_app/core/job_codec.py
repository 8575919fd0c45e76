"""The job model from a document's data and back. Reading never fails: what does not fit becomes a finding.

Keys that the model does not know are kept in `extra` and written back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desktop_app.api import Diagnostic, Job, Value
from desktop_app.core.findings import Findings
from desktop_app.core.job_fields import Fields
from desktop_app.core.job_parts import (
    distribution_data,
    filled,
    input_data,
    mapping,
    output_data,
    plain,
    present,
    read_distribution,
    read_environment,
    read_input,
    read_output,
    read_resources,
    resources_data,
)
from desktop_app.core.job_schema import JOB_KEYS, LIMIT_KEYS, SCHEMA, SHOWN_KEYS
from desktop_app.core.sweep_codec import is_sweep, sweep_from_mapping, sweep_to_mapping

_MODELLED = frozenset({
    "command", "code", "environment", "compute", "inputs", "outputs", "distribution", "resources", "limits",
    "environment_variables", "name", "display_name", "experiment_name", "description", "tags",
})  # fmt: skip


def job_from_mapping(data: Mapping[str, Value]) -> tuple[Job, tuple[Diagnostic, ...]]:
    """Return the job that a document's data describes, and what is wrong with its keys and types, by dotted path.

    A sweep is a job too; see `sweep_codec`.
    """
    if is_sweep(data):
        return sweep_from_mapping(data)
    findings = Findings()
    fields = Fields(data, findings)
    fields.know((*JOB_KEYS, *SHOWN_KEYS))
    nodes = fields.preview_compute()
    job = Job(
        command=fields.text("command") or "",
        code=fields.preview_code(),
        environment=read_environment(fields),
        compute=fields.text("compute"),
        inputs={name: read_input(fields, name) for name in fields.names("inputs")},
        outputs={name: read_output(fields, name) for name in fields.names("outputs")},
        distribution=read_distribution(fields),
        resources=read_resources(fields, nodes),
        environment_variables=fields.texts("environment_variables"),
        name=fields.text("name"),
        display_name=fields.text("display_name"),
        experiment_name=fields.text("experiment_name"),
        description=fields.text("description"),
        tags=fields.texts("tags"),
        timeout=_timeout(fields),
        extra=_job_extra(fields),
    )
    return job, tuple(findings.made)


def _timeout(fields: Fields) -> int | None:
    spec = fields.group("limits")
    spec.know(LIMIT_KEYS)
    return spec.integer("timeout")


def _job_extra(fields: Fields) -> dict[str, Value]:
    extra = fields.rest(*_MODELLED)
    limits = fields.group("limits", quiet=True).rest("timeout")
    if extra.get("$schema") == SCHEMA:
        del extra["$schema"]
    if extra.get("type") == "command":
        del extra["type"]
    return {**extra, **({"limits": limits} if limits else {})}


def job_to_mapping(job: Job) -> dict[str, Value]:
    """Return the job as a document holds it, in the order an expert writes the keys; absent keys stay absent."""
    if job.sweep is not None:
        return sweep_to_mapping(job)
    extra = dict(job.extra)
    limits = {**mapping(extra.pop("limits", None)), **present(timeout=job.timeout)}
    data: dict[str, Any] = {
        "$schema": SCHEMA,
        **present(
            name=job.name,
            display_name=job.display_name,
            experiment_name=job.experiment_name,
            description=job.description,
        ),
        **filled(tags=dict(job.tags)),
        **present(code=job.code),
        "command": job.command,
        **filled(
            inputs={name: input_data(each) for name, each in job.inputs.items()},
            outputs={name: output_data(each) for name, each in job.outputs.items()},
        ),
        **present(environment=plain(job.environment)),
        **filled(environment_variables=dict(job.environment_variables)),
        **present(compute=job.compute, distribution=distribution_data(job.distribution)),
        **filled(resources=resources_data(job.resources), limits=limits),
    }
    return _ordered({**data, **extra})


def _ordered(data: dict[str, Value]) -> dict[str, Value]:
    known = {key: data[key] for key in JOB_KEYS if key in data}
    return {**known, **data}
