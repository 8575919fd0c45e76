"""The parts that command jobs and the trials of sweeps have in common, from a document's data and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desktop_app.api import Distribution, Fix, JobInput, JobOutput, Resources, Value
from desktop_app.core.job_fields import Fields
from desktop_app.core.job_schema import (
    DATA_TYPES,
    DISTRIBUTION_KEYS,
    INPUT_KEYS,
    INPUT_MODES,
    LITERAL_TYPES,
    OUTPUT_KEYS,
    OUTPUT_MODES,
    RESOURCE_KEYS,
)
from desktop_app.core.paths import join_path


def read_environment(fields: Fields) -> str | dict[str, Value] | None:
    """Return a reference to an environment, or one that is described in place."""
    given = fields.data.get("environment")
    return given if isinstance(given, dict) else fields.text("environment")


def read_input(fields: Fields, name: str) -> JobInput:
    """Return the input of this name."""
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


def read_output(fields: Fields, name: str) -> JobOutput:
    """Return the output of this name."""
    spec = fields.group("outputs").group(name)
    spec.know(OUTPUT_KEYS)
    return JobOutput(
        type=spec.word("type", DATA_TYPES) or "uri_folder",
        path=spec.text("path"),
        mode=spec.mode(OUTPUT_MODES),
        extra=spec.rest("type", "path", "mode"),
    )


def read_distribution(fields: Fields) -> Distribution | None:
    """Return how processes come about; None where that is not said, or can not be read."""
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
    nodes = mapping(fields.data.get("resources")).get("instance_count", 1)
    message = (
        "Write process_count_per_instance: SDK v1's process_count was the total, now the processes of one node count."
    )
    fix = None
    if isinstance(total, int) and isinstance(nodes, int) and nodes > 0 and total % nodes == 0:
        place, old = (join_path((*spec.path, key)) for key in ("process_count_per_instance", "process_count"))
        fix = Fix(f"Write {total // nodes} for each node", {place: total // nodes}, (old,))
    spec.findings.error("v1-process-count", (*spec.path, "process_count"), message, fix)


def _all_distribution_keys() -> tuple[str, ...]:
    return tuple(dict.fromkeys(key for keys in DISTRIBUTION_KEYS.values() for key in keys))


def read_resources(fields: Fields, nodes: int | None) -> Resources:
    """Return what is asked for; `nodes` is the preview's number of them."""
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


def present(**values: Value) -> dict[str, Value]:
    """Return those that are there."""
    return {key: value for key, value in values.items() if value is not None}


def filled(**values: Any) -> dict[str, Value]:
    """Return those that are there and not empty."""
    return {key: value for key, value in values.items() if value}


def mapping(value: Value) -> dict[str, Value]:
    """Return a mapping as it is, anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def plain(value: str | Mapping[str, Value] | None) -> Value:
    """Return a mapping as a dict."""
    return dict(value) if isinstance(value, Mapping) else value


def input_data(given: JobInput) -> Value:
    """Return an input as a document holds it."""
    spec = present(type=given.type, path=given.path, mode=given.mode)
    if not spec and not given.extra and not isinstance(given.value, dict):
        return given.value
    return {**spec, **present(value=given.value), **given.extra}


def output_data(given: JobOutput) -> Value:
    """Return an output as a document holds it."""
    return {"type": given.type, **present(path=given.path, mode=given.mode), **given.extra}


def distribution_data(given: Distribution | None) -> Value:
    """Return a distribution as a document holds it."""
    if given is None:
        return None
    counts = present(
        process_count_per_instance=given.process_count_per_instance,
        worker_count=given.worker_count,
        parameter_server_count=given.parameter_server_count,
    )
    return {"type": given.type, **counts, **given.extra}


def resources_data(given: Resources) -> dict[str, Value]:
    """Return resources as a document holds them."""
    spec = present(instance_count=given.instance_count, instance_type=given.instance_type, shm_size=given.shm_size)
    return {**spec, **given.extra}
