"""Which jobs are not taken, and in which words: what is missing, unknown, unusable, or may not be changed any more.

The form of a name that is taken already is that of azure-sdk-for-python#47389; other wordings are a best guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.emulator.answers import mfe_error
from tests.emulator.job_bodies import job_body
from tests.emulator.job_places import LostError, code_place
from tests.emulator.job_records import JobRecord
from tests.emulator.routing import Answer
from tests.emulator.service import Service
from tests.emulator.state import Json, Workspace

_NAME = re.compile(r"^[a-zA-Z0-9][\w-]{0,254}$", re.ASCII)
_COMPARED = (
    "command", "codeId", "environmentId", "inputs", "outputs", "distribution", "resources", "limits",
    "environmentVariables", "computeId", "experimentName", "jobType", "searchSpace", "samplingAlgorithm", "objective",
    "earlyTermination", "trial", "jobs", "settings",
)  # fmt: skip


def refusal(service: Service, workspace: Workspace, name: str, asked: Json) -> Answer | None:
    """Return why a new job is not taken; None where it is."""
    if not _NAME.match(name):
        text = "may hold letters, digits, hyphens and underscores alone, 255 at most, and begins with a letter or digit"
        return mfe_error(service, 400, f"The job name {name} is invalid: it {text}.")
    missing = next(_missing(asked), None)
    if missing:
        return mfe_error(service, 400, f"The {missing} field is required.", inner=chain("BadArgument", "ArgumentNull"))
    return _unusable_compute(service, workspace, asked) or _unknown_code(service, workspace, asked)


def _missing(asked: Json) -> Iterator[str]:
    kind = asked.get("jobType")
    trial = asked.get("trial") or {}
    if not kind:
        yield "JobType"
    if kind == "Command":
        yield from (key for key in ("Command", "EnvironmentId") if not asked.get(key[0].lower() + key[1:]))
    if kind == "Sweep":
        yield from (f"Trial.{key}" for key in ("Command", "EnvironmentId") if not trial.get(key[0].lower() + key[1:]))
        yield from (key for key in ("SearchSpace", "Objective") if not asked.get(key[0].lower() + key[1:]))


def _unusable_compute(service: Service, workspace: Workspace, asked: Json) -> Answer | None:
    target = str(asked.get("computeId") or "")
    if not target or "/virtualclusters/" in target.lower():
        return None
    name = target.rstrip("/").rpartition("/")[2].removeprefix("azureml:")
    compute = workspace.computes.get(name)
    if compute is None:
        text = f"Compute target {name} was not found in the workspace {workspace.name}."
        return mfe_error(service, 400, text, inner=chain("BadArgument", "ComputeNotFound"))
    state = str(compute.properties.get("provisioningState") or "Succeeded")
    if state in ("Deleting", "Failed"):
        text = f"Compute target {name} is not in a usable state: its provisioning state is {state}."
        return mfe_error(service, 400, text, inner=chain("BadArgument", "ComputeInBadState"))
    return None


def _unknown_code(service: Service, workspace: Workspace, asked: Json) -> Answer | None:
    code = str(asked.get("codeId") or (asked.get("trial") or {}).get("codeId") or "")
    try:
        if code and not code.startswith("git+"):
            code_place(workspace, code)
    except LostError as lost:
        return mfe_error(service, 404, f"key: {code}, Message: {lost}", code="NotFound")
    return None


def chain(*codes: str) -> Json:
    """Return codes as the service nests them, the outermost first."""
    inner: Json | None = None
    for code in reversed(codes):
        inner = {"code": code, "innerError": inner}
    assert inner is not None
    return inner


def changed(record: JobRecord, asked: Json) -> list[str]:
    """Return what a second PUT would change of what can't be changed, in the service's PascalCase."""
    return [
        key[0].upper() + key[1:]
        for key in _COMPARED
        if key in asked and _plain(asked[key]) != _plain(_kept(record, key))
    ]


def _kept(record: JobRecord, key: str) -> object:
    body = job_body(record, record.version, record.created)["properties"]
    return record.asked.get(key) if key in record.asked else body.get(key)


def _plain(value: object) -> object:
    """Return a value without what the service fills in: nulls, the default output, usual modes and resources."""
    if isinstance(value, dict):
        usual: tuple[object, ...] = (None, {}, [], "ReadOnlyMount", "ReadWriteMount")
        kept = {key: _plain(each) for key, each in value.items() if key != "default" and each not in usual}
        return {
            key: each for key, each in kept.items() if (key, each) not in (("shmSize", "2g"), ("instanceCount", 1))
        } or None
    return value or None


def immutable(service: Service, members: list[str]) -> Answer:
    """Say that the name is taken, and what can't be changed."""
    told = ", ".join(f" {each}" for each in members)
    text = (
        "A job with this name already exists. If you are trying to create a new job, use a different name. "
        f"If you are trying to update an existing job, the existing job's{told} cannot be changed. "
        "Only description, tags, displayName, properties, and isArchived can be updated."
    )
    more = {"MessageFormat": text.replace(told, "{property}"), "MessageParameters": {"property": told}}
    return mfe_error(service, 400, text, inner=chain("Immutable", "JobPropertyImmutable"), more=more)
