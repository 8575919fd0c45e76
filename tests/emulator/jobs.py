"""Jobs by ARM: submit, read, list, change, cancel, delete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from tests.emulator.answers import mfe_error, ok
from tests.emulator.job_bodies import job_body
from tests.emulator.job_lives import CommandLife
from tests.emulator.job_places import LostError, code_place
from tests.emulator.job_records import TERMINAL, JobRecord, Turn, find_job
from tests.emulator.mirroring import output_uris
from tests.emulator.operations import genuine, signed
from tests.emulator.paging import page_of
from tests.emulator.routing import NOTHING, Answer, Call, Routes
from tests.emulator.run_bodies import Ways
from tests.emulator.running import Runner
from tests.emulator.service import Service
from tests.emulator.state import Json, Workspace
from tests.emulator.sweeps import SweepLife, sweep_properties, sweep_tags

_NAME = re.compile(r"^[a-zA-Z0-9][\w-]{0,254}$", re.ASCII)
_LOCATIONS = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"
_CHANGEABLE = ("description", "tags", "displayName", "properties", "isArchived", "services", "status")
_COMPARED = (
    "command", "codeId", "environmentId", "inputs", "outputs", "distribution", "resources", "limits",
    "environmentVariables", "computeId", "experimentName", "jobType", "searchSpace", "samplingAlgorithm", "objective",
    "earlyTermination", "trial", "jobs", "settings",
)  # fmt: skip
_RUN = {"Command", "Sweep"}
PIPELINE: dict[str, str | None] = {
    "azureml.DevPlatv2": "true",
    "azureml.DatasetAccessMode": "Asset",
    "azureml.runsource": "azureml.PipelineRun",
    "runSource": "MFE",
    "runType": "HTTP",
    "azureml.parameters": "{}",
    "azureml.continue_on_step_failure": "True",
    "azureml.continue_on_failed_optional_input": "True",
    "azureml.enforceRerun": "False",
    "azureml.defaultDataStoreName": "workspaceblobstore",
    "azureml.pipelineComponent": "pipelinerun",
}
"""What the properties of a pipeline say, once its 201 was sent."""


async def put(service: Service, call: Call) -> Answer:
    """Submit a job; of one that is there, change what may be changed. 201 always, as recorded."""
    workspace, name = call.workspace, call.parts["job"]
    asked: Json = (call.json or {}).get("properties") or {}
    now = service.clock.now()
    record = find_job(workspace, name)
    if record is not None:
        changed = ["Command"] if service.part(Ways).strict_repeats else _changed(record, asked)
        if changed:
            return _immutable(service, changed)
        change(record, asked, now)
    else:
        refusal = _refusal(service, workspace, name, asked)
        if refusal is not None:
            return refusal
        record = submit(service, workspace, name, asked, call.api_version)
    answer = ok(job_body(record, call.api_version, now), 201, {"Location": call.url})
    if record.kind == "Pipeline":
        record.properties = PIPELINE | record.properties  # the 201 has none of them yet
    return answer


def submit(service: Service, workspace: Workspace, name: str, asked: Json, version: str = "") -> JobRecord:
    """Take a job in and let it run, where it is one that the emulator runs."""
    record = record_of(workspace, name, asked, service.clock.now(), version)
    workspace.jobs[name] = record
    runner = service.part(Runner)
    if record.kind == "Command" and not record.is_local:
        runner.begin(CommandLife(runner, record))
    elif record.kind == "Sweep":
        runner.begin(SweepLife(runner, record))
    return record


def record_of(workspace: Workspace, name: str, asked: Json, now: datetime, version: str = "") -> JobRecord:
    """Return a job as it is at its first moment."""
    asked = {"jobType": "Command", **asked}
    kind = str(asked["jobType"])
    record = JobRecord(name, workspace, asked, now, [Turn("NotStarted", now)])
    if kind in _RUN and not record.is_local:
        record.turns = [Turn("Starting", now)]
    record.version = version
    record.description = asked.get("description")
    record.display_name = str(asked.get("displayName") or name)
    record.experiment = str(asked.get("experimentName") or "Default")
    record.tags = {str(key): str(value) for key, value in (asked.get("tags") or {}).items()}
    record.archived = bool(asked.get("isArchived"))
    record.outputs = output_uris(name, asked)
    record.properties = {key: str(value) for key, value in (asked.get("properties") or {}).items()}
    record.properties |= _own_properties(record)
    if kind == "Sweep":
        record.tags |= sweep_tags(record)
    return record


def _own_properties(record: JobRecord) -> dict[str, str | None]:
    code = str(record.asked.get("codeId") or (record.asked.get("trial") or {}).get("codeId") or "")
    snapshot: dict[str, str | None] = {}
    if "/codes/" in code:
        snapshot["ContentSnapshotId"] = code.partition("/codes/")[2].partition("/")[0]
    if record.kind == "Command" and not record.is_local:
        return {"_azureml.ComputeTargetType": "amlctrain", "_azureml.ClusterName": record.compute, **snapshot}
    return sweep_properties(record) | snapshot if record.kind == "Sweep" else {}


def _refusal(service: Service, workspace: Workspace, name: str, asked: Json) -> Answer | None:
    """Return why a new job is not taken; None where it is."""
    if not _NAME.match(name):
        text = "may hold letters, digits, hyphens and underscores alone, 255 at most, and begins with a letter or digit"
        return mfe_error(service, 400, f"The job name {name} is invalid: it {text}.")
    missing = next(_missing(asked), None)
    if missing:
        return mfe_error(service, 400, f"The {missing} field is required.", inner=_chain("BadArgument", "ArgumentNull"))
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
        return mfe_error(service, 400, text, inner=_chain("BadArgument", "ComputeNotFound"))
    state = str(compute.properties.get("provisioningState") or "Succeeded")
    if state in ("Deleting", "Failed"):
        text = f"Compute target {name} is not in a usable state: its provisioning state is {state}."
        return mfe_error(service, 400, text, inner=_chain("BadArgument", "ComputeInBadState"))
    return None


def _unknown_code(service: Service, workspace: Workspace, asked: Json) -> Answer | None:
    code = str(asked.get("codeId") or (asked.get("trial") or {}).get("codeId") or "")
    try:
        if code and not code.startswith("git+"):
            code_place(workspace, code)
    except LostError as lost:
        return mfe_error(service, 404, f"key: {code}, Message: {lost}", code="NotFound")
    return None


def _chain(*codes: str) -> Json:
    inner: Json | None = None
    for code in reversed(codes):
        inner = {"code": code, "innerError": inner}
    assert inner is not None
    return inner


def _changed(record: JobRecord, asked: Json) -> list[str]:
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


def _immutable(service: Service, changed: list[str]) -> Answer:
    told = ", ".join(f" {each}" for each in changed)
    text = (
        "A job with this name already exists. If you are trying to create a new job, use a different name. "
        f"If you are trying to update an existing job, the existing job's{told} cannot be changed. "
        "Only description, tags, displayName, properties, and isArchived can be updated."
    )
    more = {"MessageFormat": text.replace(told, "{property}"), "MessageParameters": {"property": told}}
    return mfe_error(service, 400, text, inner=_chain("Immutable", "JobPropertyImmutable"), more=more)


def change(record: JobRecord, asked: Json, now: datetime) -> None:
    """Take over what may change; tags and properties are added to, never taken away (azure-sdk-for-python#30671)."""
    if "description" in asked:
        record.description = asked["description"]
    record.display_name = str(asked.get("displayName") or record.display_name)
    record.tags |= {str(key): str(value) for key, value in (asked.get("tags") or {}).items()}
    record.properties |= {str(key): str(value) for key, value in (asked.get("properties") or {}).items()}
    record.archived = bool(asked.get("isArchived", record.archived))
    record.modified = now
    record.revision += 1


async def get(service: Service, call: Call) -> Answer:
    """Show a job."""
    record = find_job(call.workspace, call.parts["job"])
    if record is None:
        return job_not_found(service, call.parts["job"])
    return ok(job_body(record, call.api_version, service.clock.now()))


def job_not_found(service: Service, name: str) -> Answer:
    """Say that there is no such job, as recorded."""
    more = {"MessageFormat": "Job {jobId} not found.", "MessageParameters": {"jobId": name}}
    return mfe_error(service, 404, f"Job {name} not found.", inner=_chain("NotFound", "JobNotFound"), more=more)


async def list_jobs(service: Service, call: Call) -> Answer:
    """List jobs, newest first; trials and steps are children and not among them."""
    now = service.clock.now()
    found = [record for record in reversed(call.workspace.jobs.values()) if _is_listed(record, call)]
    return ok(page_of(service, call, found, lambda record: job_body(record, call.api_version, now)))


def _is_listed(record: JobRecord, call: Call) -> bool:
    view = call.query.get("listViewType", "ActiveOnly")
    if record.parent or (view == "ActiveOnly" and record.archived) or (view == "ArchivedOnly" and not record.archived):
        return False
    kind, tag = call.query.get("jobType"), call.query.get("tag")
    if kind and record.kind.lower() != kind.lower():
        return False
    key, _, value = (tag or "").partition("=")
    return not tag or (key in record.tags and (not value or record.tags[key] == value))


async def patch(service: Service, call: Call) -> Answer:
    """Change what may be changed."""
    record = find_job(call.workspace, call.parts["job"])
    if record is None:
        return job_not_found(service, call.parts["job"])
    now = service.clock.now()
    change(record, (call.json or {}).get("properties") or {}, now)
    return ok(job_body(record, call.api_version, now))


async def cancel(service: Service, call: Call) -> Answer:
    """Ask a job to end; what comes of it is polled at the Location. A job that is over needs nothing: 200."""
    name = call.parts["job"]
    record = find_job(call.workspace, name)
    if record is None:
        return job_not_found(service, name)
    if record.is_over(service.clock.now()):
        return Answer(200, NOTHING)
    service.part(Runner).cancel(record)
    headers = {"Location": _results(service, call, "jc", name), "x-ms-async-operation-timeout": "PT1H"}
    return ok(None, 202, headers)


async def delete(service: Service, call: Call) -> Answer:
    """Forget a job that is over."""
    name = call.parts["job"]
    record = find_job(call.workspace, name)
    if record is None:
        return Answer(204, NOTHING)
    if not record.is_over(service.clock.now()):
        return mfe_error(service, 400, f"Job {name} can't be deleted before it is over. Cancel it first.")
    for each in (name, *record.children):
        call.workspace.jobs.pop(each, None)
    return ok(None, 202, {"Location": _results(service, call, "jd", name)})


def _results(service: Service, call: Call, prefix: str, name: str) -> str:
    workspace = call.workspace
    place = _LOCATIONS.format(subscription=workspace.subscription, location=workspace.location)
    return signed(
        service, f"{place}/mfeOperationResults/{prefix}:{workspace.id}:{name}", {"api-version": call.api_version}
    )


async def cancel_result(service: Service, call: Call) -> Answer:
    """Tell whether a canceled job has ended: 202 with fresh addresses, then 200 with nothing."""
    if not genuine(call):
        return mfe_error(service, 400, "The signature of the operation's address is not valid.")
    identity = call.parts["identity"]
    workspace = next((each for each in service.state.workspaces.values() if each.id == identity), None)
    record = find_job(workspace, call.parts["job"]) if workspace else None
    if record is None or record.status(service.clock.now()) in TERMINAL:
        return Answer(200, NOTHING)
    here = signed(service, call.path, {"api-version": call.api_version})
    return ok({}, 202, {"Azure-AsyncOperation": here, "Location": here})


async def deleted(_service: Service, _call: Call) -> Answer:
    """Tell that a job is gone."""
    return Answer(200, NOTHING)


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    table.add("GET", "arm", "{ws}/jobs", list_jobs)
    table.add("PUT", "arm", "{ws}/jobs/{job}", put)
    table.add("GET", "arm", "{ws}/jobs/{job}", get)
    table.add("PATCH", "arm", "{ws}/jobs/{job}", patch)
    table.add("DELETE", "arm", "{ws}/jobs/{job}", delete)
    table.add("POST", "arm", "{ws}/jobs/{job}/cancel", cancel)
    table.add("GET", "arm", f"{_LOCATIONS}/mfeOperationResults/jc:{{identity}}:{{job}}", cancel_result)
    table.add("GET", "arm", f"{_LOCATIONS}/mfeOperationResults/jd:{{identity}}:{{job}}", deleted)
    return table
