"""The job model from a document's data and back. Reading never fails: what does not fit becomes a finding.

Keys that the model does not know are kept in `extra` and written back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desktop_app.api import Diagnostic, Distribution, Fix, Job, JobInput, JobOutput, Resources, Value
from desktop_app.core.findings import Findings
from desktop_app.core.job_fields import Fields
from desktop_app.core.job_schema import (
    DATA_TYPES,
    DISTRIBUTION_KEYS,
    INPUT_KEYS,
    INPUT_MODES,
    JOB_KEYS,
    LIMIT_KEYS,
    LITERAL_TYPES,
    OUTPUT_KEYS,
    OUTPUT_MODES,
    RESOURCE_KEYS,
    SCHEMA,
    SHOWN_KEYS,
)

_MODELLED = frozenset({
    "command", "code", "environment", "compute", "inputs", "outputs", "distribution", "resources", "limits",
    "environment_variables", "name", "display_name", "experiment_name", "description", "tags",
})  # fmt: skip


def job_from_mapping(data: Mapping[str, Value]) -> tuple[Job, tuple[Diagnostic, ...]]:
    """Return the job that a document's data describes, and what is wrong with its keys and types, by dotted path."""
    findings = Findings()
    fields = Fields(data, findings)
    fields.know((*JOB_KEYS, *SHOWN_KEYS))
    nodes = fields.preview_compute()
    job = Job(
        command=fields.text("command") or "",
        code=fields.preview_code(),
        environment=_environment(fields),
        compute=fields.text("compute"),
        inputs={name: _input(fields, name) for name in fields.names("inputs")},
        outputs={name: _output(fields, name) for name in fields.names("outputs")},
        distribution=_distribution(fields),
        resources=_resources(fields, nodes),
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


def _environment(fields: Fields) -> str | dict[str, Value] | None:
    given = fields.data.get("environment")
    return given if isinstance(given, dict) else fields.text("environment")


def _input(fields: Fields, name: str) -> JobInput:
    group = fields.group("inputs")
    given = group.data[name]
    if not isinstance(given, dict):
        return JobInput(value=given)
    spec = group.group(name)
    path = spec.preview_path()
    spec.know(INPUT_KEYS)
    return JobInput(
        value=given.get("value"),
        type=spec.word("type", (*LITERAL_TYPES, *DATA_TYPES)),
        path=path,
        mode=spec.mode(INPUT_MODES),
        extra=spec.rest("value", "type", "path", "mode", "data"),
    )


def _output(fields: Fields, name: str) -> JobOutput:
    spec = fields.group("outputs").group(name)
    spec.know(OUTPUT_KEYS)
    return JobOutput(
        type=spec.word("type", DATA_TYPES) or "uri_folder",
        path=spec.text("path"),
        mode=spec.mode(OUTPUT_MODES),
        extra=spec.rest("type", "path", "mode"),
    )


def _distribution(fields: Fields) -> Distribution | None:
    if fields.data.get("distribution") is None:
        return None
    spec = fields.group("distribution")
    if not spec.usable:
        return None
    kind = spec.word("type", tuple(DISTRIBUTION_KEYS), any_case=True)
    if kind is None and spec.data.get("type") is None:
        choice = ", ".join(DISTRIBUTION_KEYS)
        spec.findings.error("missing-key", spec.path, f"Add type: to distribution: one of {choice}.")
    spec.know(DISTRIBUTION_KEYS.get((kind or "").strip().lower(), _all_distribution_keys()), but=("process_count",))
    _total(spec, fields)
    return Distribution(
        type=kind or "",
        process_count_per_instance=spec.integer("process_count_per_instance"),
        worker_count=spec.integer("worker_count"),
        parameter_server_count=spec.integer("parameter_server_count"),
        extra=spec.rest("type", "process_count_per_instance", "worker_count", "parameter_server_count"),
    )


def _total(spec: Fields, fields: Fields) -> None:
    """Say that v1's process_count counted all processes of a job, and v2's counts those of a node."""
    total = spec.data.get("process_count")
    if total is None:
        return
    nodes = _mapping(fields.data.get("resources")).get("instance_count", 1)
    message = (
        "Write process_count_per_instance: SDK v1's process_count was the total, now the processes of one node count."
    )
    fix = None
    if isinstance(total, int) and isinstance(nodes, int) and nodes > 0 and total % nodes == 0:
        place = "distribution.process_count_per_instance"
        fix = Fix(f"Write {total // nodes} for each node", {place: total // nodes}, ("distribution.process_count",))
    spec.findings.error("v1-process-count", ("distribution", "process_count"), message, fix)


def _all_distribution_keys() -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for keys in DISTRIBUTION_KEYS.values() for key in keys))


def _resources(fields: Fields, nodes: int | None) -> Resources:
    spec = fields.group("resources")
    spec.know(RESOURCE_KEYS)
    count = spec.integer("instance_count")
    return Resources(
        instance_count=nodes if count is None else count,
        instance_type=_instance_type(spec),
        shm_size=spec.text("shm_size"),
        extra=spec.rest("instance_count", "instance_type", "shm_size", but=spec.data if _many_types(spec) else None),
    )


def _many_types(spec: Fields) -> bool:
    """Whether several instance types are given, as Kubernetes computes take them."""
    return isinstance(spec.data.get("instance_type"), list)


def _instance_type(spec: Fields) -> str | None:
    return None if _many_types(spec) else spec.text("instance_type")


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
    extra = dict(job.extra)
    limits = {**_mapping(extra.pop("limits", None)), **_present(timeout=job.timeout)}
    data: dict[str, Any] = {
        "$schema": SCHEMA,
        **_present(
            name=job.name,
            display_name=job.display_name,
            experiment_name=job.experiment_name,
            description=job.description,
        ),
        **_filled(tags=dict(job.tags)),
        **_present(code=job.code),
        "command": job.command,
        **_filled(
            inputs={name: _input_data(each) for name, each in job.inputs.items()},
            outputs={name: _output_data(each) for name, each in job.outputs.items()},
        ),
        **_present(environment=_plain(job.environment)),
        **_filled(environment_variables=dict(job.environment_variables)),
        **_present(compute=job.compute, distribution=_distribution_data(job.distribution)),
        **_filled(resources=_resources_data(job.resources), limits=limits),
    }
    return _ordered({**data, **extra})


def _ordered(data: dict[str, Value]) -> dict[str, Value]:
    known = {key: data[key] for key in JOB_KEYS if key in data}
    return {**known, **data}


def _present(**values: Value) -> dict[str, Value]:
    return {key: value for key, value in values.items() if value is not None}


def _filled(**values: Any) -> dict[str, Value]:
    return {key: value for key, value in values.items() if value}


def _mapping(value: Value) -> dict[str, Value]:
    return value if isinstance(value, dict) else {}


def _plain(value: str | Mapping[str, Value] | None) -> Value:
    return dict(value) if isinstance(value, Mapping) else value


def _input_data(given: JobInput) -> Value:
    spec = _present(type=given.type, path=given.path, mode=given.mode)
    if not spec and not given.extra and not isinstance(given.value, dict):
        return given.value
    return {**spec, **_present(value=given.value), **given.extra}


def _output_data(given: JobOutput) -> Value:
    return {"type": given.type, **_present(path=given.path, mode=given.mode), **given.extra}


def _distribution_data(given: Distribution | None) -> Value:
    if given is None:
        return None
    counts = _present(
        process_count_per_instance=given.process_count_per_instance,
        worker_count=given.worker_count,
        parameter_server_count=given.parameter_server_count,
    )
    return {"type": given.type, **counts, **given.extra}


def _resources_data(given: Resources) -> dict[str, Value]:
    spec = _present(instance_count=given.instance_count, instance_type=given.instance_type, shm_size=given.shm_size)
    return {**spec, **given.extra}
