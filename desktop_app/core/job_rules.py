"""What must hold for any command job, wherever it runs. Pure: files are looked at in `documents/checks.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from desktop_app.api import Diagnostic, Fix, Job, Value
from desktop_app.api.commands import has_open_quote
from desktop_app.core import job_schema as schema
from desktop_app.core.findings import Findings, nearest_key
from desktop_app.core.paths import Part
from desktop_app.core.placeholders import Reference, Slip, references, slips, undefined

MOST_PROCESSES = 1000
"""More processes per node or more nodes than that are a slip of the finger."""


def check_job(job: Job, data: Mapping[str, Value]) -> tuple[Diagnostic, ...]:
    """Return what is wrong with a job, whose document's data is `data`."""
    findings = Findings()
    _check_present(job, data, findings)
    if has_open_quote(job.command):
        findings.warning("open-quote", ("command",), "Close the quote in command: the shell refuses it as it stands.")
    _check_placeholders(job, findings)
    _check_counts(job, findings)
    _check_groups(data, findings)
    return tuple(findings.made)


def _check_present(job: Job, data: Mapping[str, Value], findings: Findings) -> None:
    misspelt = nearest_key("command", [key for key in data if key not in schema.JOB_KEYS])
    if not job.command.strip() and misspelt is None and isinstance(data.get("command", ""), str | None):
        findings.error("missing-command", ("command",), "Add command: the line that starts the training script.")
    if not job.environment and data.get("environment") is None and "component" not in data:
        message = "Add environment: the image or curated environment that the job runs in on Azure ML."
        findings.warning("missing-environment", ("environment",), message)


def _check_placeholders(job: Job, findings: Findings) -> None:
    known: dict[str, Sequence[str]] = {"inputs": tuple(job.inputs), "outputs": tuple(job.outputs)}
    for each in references(job.command):
        if each.name not in known[each.kind]:
            _undefined(job.command, each, known, findings)
    for slip in slips(job.command):
        written = job.command[slip.start : slip.end]
        fix = Fix(f"Write {slip.meant}", {"command": _with(job.command, slip, slip.meant)})
        message = f"Write {slip.meant}, not {written}: with other braces the script gets it as it stands."
        findings.error("malformed-placeholder", ("command",), message, fix)


def _undefined(command: str, found: Reference, known: Mapping[str, Sequence[str]], findings: Findings) -> None:
    message = undefined(found.kind, found.name)
    meant = _meant(found, known)
    if meant is None:
        place = f"{found.kind}:" if known[found.kind] else f"a section {found.kind}:"
        findings.error("undefined-placeholder", ("command",), f"{message} Add it to {place}.")
        return
    fix = Fix(f"Write {meant}", {"command": _with(command, found, meant)})
    findings.error("undefined-placeholder", ("command",), f"{message} Did you mean {meant}?", fix)


def _meant(found: Reference, known: Mapping[str, Sequence[str]]) -> str | None:
    """Return the placeholder of the nearest name, or of the same name among the others."""
    other = "outputs" if found.kind == "inputs" else "inputs"
    if found.name in known[other]:
        return f"${{{{{other}.{found.name}}}}}"
    name = nearest_key(found.name, known[found.kind])
    return f"${{{{{found.kind}.{name}}}}}" if name else None


def _with(command: str, place: Reference | Slip, text: str) -> str:
    return command[: place.start] + text + command[place.end :]


def _check_counts(job: Job, findings: Findings) -> None:
    _count(findings, ("resources", "instance_count"), job.resources.instance_count)
    given = job.distribution
    if given is not None:
        _count(findings, ("distribution", "process_count_per_instance"), given.process_count_per_instance)
        _count(findings, ("distribution", "worker_count"), given.worker_count)
        _count(findings, ("distribution", "parameter_server_count"), given.parameter_server_count, least=0)
    if job.timeout is not None and job.timeout < 1:
        findings.error("timeout", ("limits", "timeout"), f"Write a number of seconds at timeout, not {job.timeout}.")


def _count(findings: Findings, path: tuple[str, str], count: int | None, *, least: int = 1) -> None:
    if count is None:
        return
    if count < least:
        fix = Fix(f"Write {least}", {".".join(path): least})
        findings.error("process-count", path, f"Write at least {least} at {path[1]}, not {count}.", fix)
    elif count > MOST_PROCESSES:
        message = f"Write at most {MOST_PROCESSES} at {path[1]}: {count} is more than any job has."
        findings.error("process-count", path, message)


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
