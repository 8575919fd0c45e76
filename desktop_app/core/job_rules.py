"""Looks for unknown keys in those groups of a command job that the job model does not hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from desktop_app.api import Diagnostic, Job, Value
from desktop_app.core import job_schema as schema
from desktop_app.core.findings import Findings
from desktop_app.core.paths import Part


def check_job(_job: Job, data: Mapping[str, Value]) -> tuple[Diagnostic, ...]:
    """Return what is wrong with the groups beside the model of a job."""
    findings = Findings()
    _check_groups(data, findings)
    return tuple(findings.made)


def _check_groups(data: Mapping[str, Value], findings: Findings) -> None:
    """Look for unknown keys in what the job model does not hold."""
    for path, group, keys in _groups(data):
        findings.unknown_keys(group, keys, path)


def _groups(data: Mapping[str, Value]) -> Iterator[tuple[tuple[Part, ...], dict[str, Value], tuple[str, ...]]]:
    for key, known in (
        ("environment", schema.ENVIRONMENT_KEYS),
        ("identity", schema.IDENTITY_KEYS),
        ("queue_settings", schema.QUEUE_KEYS),
    ):
        group = data.get(key)
        if isinstance(group, dict):
            yield (key,), group, known
    services = data.get("services")
    for name, service in services.items() if isinstance(services, dict) else ():
        if isinstance(service, dict):
            yield ("services", name), service, schema.SERVICE_KEYS
