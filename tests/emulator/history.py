"""Run history: details with links to logs, runs by query and by name, children, run data, experiments, changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tests.emulator.answers import data_plane_error, ok
from tests.emulator.clock import stamp
from tests.emulator.job_records import ARTIFACTS, JobRecord, find_job
from tests.emulator.jobs import change
from tests.emulator.paging import make_token, read_token
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.run_bodies import Ways, details_body, experiment_id, run_body
from tests.emulator.run_queries import FilterError, chosen
from tests.emulator.running import Runner
from tests.emulator.service import Service
from tests.emulator.state import Json, Workspace

HISTORY = "/history/v1.0{ws}"
MOST = 500
"""Runs on a page at most, however many were asked for."""
USUAL = 100


async def details(service: Service, call: Call) -> Answer:
    """Show a run's state with links to its logs."""
    record = find_job(call.workspace, call.parts["run"])
    if record is None:
        return run_not_found(call)
    files = await service.blobs.entries(call.workspace.account, ARTIFACTS, record.prefix)
    return ok(details_body(service, record, files))


async def get(service: Service, call: Call) -> Answer:
    """Show a run."""
    record = find_job(call.workspace, call.parts["run"])
    return run_not_found(call) if record is None else ok(run_body(service, record))


def run_not_found(call: Call) -> Answer:
    """Say that there is no such run."""
    return data_plane_error(404, f"Run {call.parts.get('run', '')} was not found")


async def patch(service: Service, call: Call) -> Answer:
    """Change name, description, tags, properties, or whether the run is hidden (archived)."""
    record = find_job(call.workspace, call.parts["run"])
    if record is None:
        return run_not_found(call)
    given: Json = call.json or {}
    asked = {
        key: given[key] for key in ("description", "displayName", "tags", "properties") if given.get(key) is not None
    }
    if given.get("hidden") is not None:
        asked["isArchived"] = given["hidden"]
    change(record, asked, service.clock.now())
    return ok(run_body(service, record))


async def children(service: Service, call: Call) -> Answer:
    """List the trials of a sweep, newest first."""
    record = find_job(call.workspace, call.parts["run"])
    if record is None:
        return run_not_found(call)
    found = [each for each in _named(call.workspace, reversed(record.children)) if each is not None]
    return _page(service, call, found, _number(call.query.get("$top")), call.query.get("$continuationToken") or "")


async def query(service: Service, call: Call) -> Answer:
    """List runs by filter and order, newest first; a page goes on with the body's `continuationToken`."""
    asked: Json = call.json or {}
    found = _of_experiment(call, reversed(call.workspace.jobs.values()))
    try:
        wanted = chosen(service, found, asked)
    except FilterError as problem:
        return data_plane_error(400, str(problem))
    return _page(
        service, call, wanted, _number(asked.get("top")), str(asked.get("continuationToken") or ""), link=False
    )


async def of_compute(service: Service, call: Call) -> Answer:
    """List the runs of a compute."""
    found = [each for each in reversed(call.workspace.jobs.values()) if each.compute == call.parts["compute"]]
    return _page(service, call, found, _number(call.query.get("$top")), call.query.get("$continuationToken") or "")


async def by_names(service: Service, call: Call) -> Answer:
    """Show runs by their names; those that are not there are left out."""
    names = (call.json or {}).get("runIds") or []
    return ok([run_body(service, each) for each in _named(call.workspace, names) if each is not None])


async def run_data(service: Service, call: Call) -> Answer:
    """Show a run with its outputs."""
    asked: Json = call.json or {}
    record = find_job(call.workspace, str(asked.get("runId")))
    if record is None:
        return data_plane_error(404, f"Run {asked.get('runId')} was not found")
    return ok(_data(service, record, asked))


async def batch_run_data(service: Service, call: Call) -> Answer:
    """Show many runs at once, each asked for by a key of the client's."""
    good: Json = {}
    bad: Json = {}
    for key, asked in ((call.json or {}).get("requests") or {}).items():
        record = find_job(call.workspace, str(asked.get("runId")))
        if record is None:
            bad[key] = data_plane_error(404, f"Run {asked.get('runId')} was not found").body
        else:
            good[key] = _data(service, record, asked)
    return ok({"successfulResults": good, "failedResults": bad})


def _data(service: Service, record: JobRecord, asked: Json) -> Json:
    shown = run_body(service, record, outputs=True) if asked.get("selectRunMetadata", True) else None
    definition = {"JobType": record.kind, **record.asked} if asked.get("selectRunDefinition") else None
    return {"runMetadata": shown, "runDefinition": definition, "jobSpecification": None, "systemSettings": None}


async def experiment(_service: Service, call: Call) -> Answer:
    """Show an experiment by name or id."""
    asked = call.parts["experiment"]
    for name in _experiments(call.workspace):
        if asked in (name, experiment_id(call.workspace, name)):
            return ok(_experiment(call.workspace, name))
    return data_plane_error(404, f"Experiment {asked} was not found")


async def experiments(_service: Service, call: Call) -> Answer:
    """List the experiments that hold a run."""
    found = [_experiment(call.workspace, name) for name in _experiments(call.workspace)]
    return ok({"value": found, "continuationToken": None, "nextLink": None})


def _experiments(workspace: Workspace) -> Iterable[str]:
    return dict.fromkeys(each.experiment for each in reversed(workspace.jobs.values()))


def _experiment(workspace: Workspace, name: str) -> Json:
    first = next(each for each in workspace.jobs.values() if each.experiment == name)
    identity = experiment_id(workspace, name)
    body: Json = {"experimentId": identity, "name": name, "description": None, "createdUtc": stamp(first.created)}
    return body | {"tags": {}, "archivedTime": None, "retainForLifetimeOfWorkspace": False, "artifactLocation": ""}


async def cancel(service: Service, call: Call) -> Answer:
    """Ask a run to end."""
    record = find_job(call.workspace, call.parts["run"])
    if record is None:
        return run_not_found(call)
    service.part(Runner).cancel(record)
    return ok(run_body(service, record))


async def no_services(_service: Service, call: Call) -> Answer:
    """List the services on a node of a job: none here."""
    return run_not_found(call) if find_job(call.workspace, call.parts["run"]) is None else ok({"instances": {}})


def _named(workspace: Workspace, names: Iterable[str]) -> list[JobRecord | None]:
    return [find_job(workspace, str(name)) for name in names]


def _of_experiment(call: Call, found: Iterable[JobRecord]) -> list[JobRecord]:
    asked = call.parts.get("experiment")
    if asked is None:
        return list(found)
    by_id = {experiment_id(call.workspace, each): each for each in _experiments(call.workspace)}
    return [each for each in found if each.experiment == by_id.get(asked, asked)]


def _number(given: object) -> int:
    try:
        return max(1, min(int(str(given)), MOST))
    except ValueError:
        return USUAL


def _page(
    service: Service, call: Call, found: Sequence[JobRecord], top: int, token: str, *, link: bool = True
) -> Answer:
    start = read_token(token)
    body: Json = {"value": [run_body(service, each) for each in found[start : start + top]]}
    if start + top < len(found):
        following = make_token(start + top)
        body["continuationToken"] = following
        if link:
            rest = "".join(f"&{key}={value}" for key, value in call.query.items() if key != "$continuationToken")
            body["nextLink"] = f"https://{call.host}{call.path}?$continuationToken={following}{rest}"
    return ok(body)


def prepare(service: Service) -> None:
    """Answer as was recorded."""
    service.add_part(Ways())


def routes() -> Routes:
    """Return what is answered here; most paths exist with and without the experiment, by name and by id."""
    table = Routes()
    table.add("POST", "api", f"{HISTORY}/rundata", run_data)
    table.add("POST", "api", f"{HISTORY}/batchrundata", batch_run_data)
    table.add("GET", "api", f"{HISTORY}/computes/{{compute}}/runs", of_compute)
    table.add("POST", "api", f"{HISTORY}/experiments:query", experiments)
    table.add("GET", "api", f"{HISTORY}/runs/{{run}}/serviceinstances/{{node}}", no_services)
    for within in ("", "/experiments/{experiment}", "/experimentids/{experiment}"):
        table.add("POST", "api", f"{HISTORY}{within}/runs:query", query)
        table.add("POST", "api", f"{HISTORY}{within}/runs/runIds", by_names)
        table.add("GET", "api", f"{HISTORY}{within}/runs/{{run}}/details", details)
        table.add("GET", "api", f"{HISTORY}{within}/runs/{{run}}/children", children)
        table.add("POST", "api", f"{HISTORY}{within}/runs/{{run}}/cancel", cancel)
        table.add("GET", "api", f"{HISTORY}{within}/runs/{{run}}", get)
        table.add("PATCH", "api", f"{HISTORY}{within}/runs/{{run}}", patch)
        if within:
            table.add("GET", "api", f"{HISTORY}{within}", experiment)
    return table
