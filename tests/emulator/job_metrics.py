"""What jobs logged with MLflow, as the metric service and as the MLflow API of a workspace show it.

The metric service's paths and members come from the SDK's own client, MLflow's from its REST reference; no recording
holds either.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from desktop_app.api import MetricPoint
from tests.emulator.answers import data_plane_error, ok
from tests.emulator.clock import stamp
from tests.emulator.history import run_not_found
from tests.emulator.job_records import ARTIFACTS, JobRecord, find_job
from tests.emulator.paging import make_token, read_token
from tests.emulator.routing import Answer, Call, Routes
from tests.emulator.run_bodies import experiment_id
from tests.emulator.running import Runner
from tests.emulator.service import Service
from tests.emulator.state import Json, Workspace

METRIC = "/metric/v2.0{ws}/runs/{run}"
PAGE = 1000
"""Values on a page."""
_MLFLOW_STATES = {"Running": "RUNNING", "Completed": "FINISHED", "Failed": "FAILED", "Canceled": "KILLED"}


async def _series(service: Service, record: JobRecord) -> dict[str, list[MetricPoint]]:
    found: dict[str, list[MetricPoint]] = {}
    for point in await service.part(Runner).metrics(record):
        found.setdefault(point.name, []).append(point)
    return found


async def listed(service: Service, call: Call) -> Answer:
    """Name what a run logged, with the columns of each metric."""
    record = find_job(call.workspace, call.parts["run"])
    if record is None:
        return run_not_found(call)
    found = [_definition(name) for name in await _series(service, record)]
    return ok({"value": found, "continuationToken": None, "nextLink": None})


def _definition(name: str) -> Json:
    key = {"namespace": "", "name": name, "labels": [], "columnNames": [name]}
    return {"metricKey": key, "columns": {name: "Double"}, "properties": {"uxMetricType": "azureml.v1.scalar"}}


async def full(service: Service, call: Call) -> Answer:
    """Show all values of a metric, in pages."""
    return await _values(service, call)


async def sample(service: Service, call: Call) -> Answer:
    """Show a metric's values; here all of the page, where the service may leave some out."""
    return await _values(service, call)


async def last_values(service: Service, call: Call) -> Answer:
    """Show the last value of each metric."""
    record = find_job(call.workspace, call.parts["run"])
    if record is None:
        return run_not_found(call)
    found = [_metric(record, name, points[-1:]) for name, points in (await _series(service, record)).items()]
    return ok({"value": found, "continuationToken": None, "nextLink": None})


async def _values(service: Service, call: Call) -> Answer:
    record = find_job(call.workspace, call.parts["run"])
    if record is None:
        return run_not_found(call)
    asked: Json = call.json or {}
    points = (await _series(service, record)).get(str(asked.get("metricName")), [])
    start = read_token(str(asked.get("continuationToken") or ""))
    body = _metric(record, str(asked.get("metricName")), points[start : start + PAGE])
    if start + PAGE < len(points):
        body["continuationToken"] = make_token(start + PAGE)
    return ok(body)


def _metric(record: JobRecord, name: str, points: Sequence[MetricPoint]) -> Json:
    return {
        "dataContainerId": f"dcid.{record.name}",
        "name": name,
        "columns": {name: "Double"},
        "properties": {"uxMetricType": "azureml.v1.scalar"},
        "namespace": None,
        "standardSchemaId": None,
        "value": [_value(record, name, each) for each in points],
        "continuationToken": None,
        "nextLink": None,
    }


def _value(record: JobRecord, name: str, point: MetricPoint) -> Json:
    identity = uuid.uuid5(uuid.UUID(record.uuid), f"{name}/{point.step}/{point.time}")
    when = stamp(datetime.fromtimestamp(point.time, UTC))
    return {"metricId": str(identity), "createdUtc": when, "step": point.step, "data": {name: point.value}}


async def mlflow_run(service: Service, call: Call) -> Answer:
    """Show a run as MLflow does."""
    record = find_job(call.workspace, call.query.get("run_id") or call.query.get("run_uuid") or "")
    return _absent(call) if record is None else ok({"run": await _mlflow(service, record)})


async def mlflow_history(service: Service, call: Call) -> Answer:
    """Show all values of a metric as MLflow does."""
    record = find_job(call.workspace, call.query.get("run_id") or call.query.get("run_uuid") or "")
    if record is None:
        return _absent(call)
    points = (await _series(service, record)).get(call.query.get("metric_key", ""), [])
    start, most = read_token(call.query.get("page_token", "")), int(call.query.get("max_results", PAGE))
    body: Json = {"metrics": [_mlflow_point(each) for each in points[start : start + most]]}
    if start + most < len(points):
        body["next_page_token"] = make_token(start + most)
    return ok(body)


async def mlflow_search(service: Service, call: Call) -> Answer:
    """List the runs of experiments as MLflow does, newest first; filters are not read."""
    asked: Json = call.json or {}
    wanted = set(asked.get("experiment_ids") or [])
    found = [each for each in reversed(call.workspace.jobs.values()) if _experiment(each) in wanted or not wanted]
    start, most = read_token(str(asked.get("page_token") or "")), int(asked.get("max_results") or PAGE)
    body: Json = {"runs": [await _mlflow(service, each) for each in found[start : start + most]]}
    if start + most < len(found):
        body["next_page_token"] = make_token(start + most)
    return ok(body)


async def mlflow_experiment(_service: Service, call: Call) -> Answer:
    """Show an experiment as MLflow does, by name or id."""
    asked = call.query.get("experiment_name") or call.query.get("experiment_id") or ""
    names = dict.fromkeys(each.experiment for each in call.workspace.jobs.values())
    for name in names:
        identity = experiment_id(call.workspace, name)
        if asked in (name, identity):
            shown = {"experiment_id": identity, "name": name, "artifact_location": "", "lifecycle_stage": "active"}
            return ok({"experiment": shown})
    return _absent(call)


async def mlflow_artifacts(service: Service, call: Call) -> Answer:
    """List one folder of a run's artifacts as MLflow does."""
    record = find_job(call.workspace, call.query.get("run_id") or "")
    if record is None:
        return _absent(call)
    below = call.query.get("path", "").strip("/")
    prefix = record.prefix + (f"{below}/" if below else "")
    found: dict[str, Json] = {}
    for each in await service.blobs.entries(call.workspace.account, ARTIFACTS, prefix):
        name, is_folder, _ = each.name.removeprefix(prefix).partition("/")
        path = f"{below}/{name}" if below else name
        found[path] = {"path": path, "is_dir": bool(is_folder), **({} if is_folder else {"file_size": each.size})}
    return ok({"root_uri": _artifact_uri(call.workspace, record), "files": list(found.values())})


async def _mlflow(service: Service, record: JobRecord) -> Json:
    now = service.clock.now()
    began, ended = record.began(now) or record.created, record.ended(now)
    info = {
        "run_uuid": record.name,
        "run_id": record.name,
        "run_name": record.display_name,
        "experiment_id": _experiment(record),
        "user_id": "Emulator",
        "status": _MLFLOW_STATES.get(record.status(now), "SCHEDULED"),
        "start_time": int(began.timestamp() * 1000),
        "end_time": int(ended.timestamp() * 1000) if ended else None,
        "artifact_uri": _artifact_uri(record.workspace, record),
        "lifecycle_stage": "active",
    }
    last = {name: points[-1] for name, points in (await _series(service, record)).items()}
    tags = _pairs({"mlflow.runName": record.display_name, **record.tags})
    params = _pairs(await service.part(Runner).parameters(record))
    metrics = [_mlflow_point(each) for each in last.values()]
    return {"info": info, "data": {"metrics": metrics, "params": params, "tags": tags}}


def _mlflow_point(point: MetricPoint) -> Json:
    return {"key": point.name, "value": point.value, "timestamp": int(point.time * 1000), "step": point.step}


def _experiment(record: JobRecord) -> str:
    return experiment_id(record.workspace, record.experiment)


def _artifact_uri(workspace: Workspace, record: JobRecord) -> str:
    host = f"azureml://{workspace.api}/mlflow/v2.0{workspace.path}"
    return f"{host}/experiments/{_experiment(record)}/runs/{record.name}/artifacts"


def _pairs(values: Mapping[str, str]) -> list[Json]:
    return [{"key": key, "value": value} for key, value in values.items()]


def _absent(call: Call) -> Answer:
    asked = call.query.get("run_id") or call.query.get("experiment_name") or call.query.get("experiment_id")
    return data_plane_error(404, f"{asked} was not found", "NotFound")


def routes() -> Routes:
    """Return what is answered here."""
    table = Routes()
    table.add("POST", "api", f"{METRIC}/list", listed)
    table.add("POST", "api", f"{METRIC}/full", full)
    table.add("POST", "api", f"{METRIC}/sample", sample)
    table.add("*", "api", f"{METRIC}/lastvalues", last_values)
    for version in ("v1.0", "v2.0"):
        base = f"/mlflow/{version}{{ws}}/api/2.0/mlflow"
        table.add("GET", "api", f"{base}/runs/get", mlflow_run)
        table.add("POST", "api", f"{base}/runs/search", mlflow_search)
        table.add("GET", "api", f"{base}/metrics/get-history", mlflow_history)
        table.add("GET", "api", f"{base}/experiments/get-by-name", mlflow_experiment)
        table.add("GET", "api", f"{base}/experiments/get", mlflow_experiment)
        table.add("GET", "api", f"{base}/artifacts/list", mlflow_artifacts)
    return table
