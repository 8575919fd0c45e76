"""Jobs by ARM: submit, read, list, change, cancel, delete."""

from __future__ import annotations

from datetime import datetime

from tests.emulator.answers import mfe_error, ok
from tests.emulator.job_bodies import job_body
from tests.emulator.job_lives import CommandLife
from tests.emulator.job_records import TERMINAL, JobRecord, Turn, find_job
from tests.emulator.job_refusals import chain, changed, immutable, refusal
from tests.emulator.mirroring import output_uris
from tests.emulator.operations import genuine, signed
from tests.emulator.paging import page_of
from tests.emulator.routing import NOTHING, Answer, Call, Routes
from tests.emulator.run_bodies import Ways
from tests.emulator.running import Runner
from tests.emulator.service import Service
from tests.emulator.state import Json, Workspace
from tests.emulator.sweeps import SweepLife, sweep_properties, sweep_tags

_LOCATIONS = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"
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
        members = ["Command"] if service.part(Ways).strict_repeats else changed(record, asked)
        if members:
            return immutable(service, members)
        change(record, asked, now)
    else:
        refused = refusal(service, workspace, name, asked)
        if refused is not None:
            return refused
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
    return mfe_error(service, 404, f"Job {name} not found.", inner=chain("NotFound", "JobNotFound"), more=more)


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
