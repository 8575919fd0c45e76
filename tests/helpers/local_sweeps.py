"""Sweeps of tiny scripts on this machine: each trial logs its metric as MLflow would, and may fail or hang."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop_app.api import Job, JobSource, RunSnapshot, Sweep, Value
from desktop_app.backends.local.backend import LocalBackend
from tests.helpers import local_runs
from tests.helpers.waiting import wait_until_async

SCRIPT = """
import json, os, pathlib, sys, time, urllib.request
x, mode = float(sys.argv[1]), sys.argv[2]

def log(value, step):
    point = {"run_id": os.environ["MLFLOW_RUN_ID"], "key": "score", "value": value, "step": step, "timestamp": 1000}
    address = os.environ["MLFLOW_TRACKING_URI"] + "/api/2.0/mlflow/runs/log-metric"
    body = json.dumps(point).encode()
    urllib.request.urlopen(urllib.request.Request(address, body, {"Content-Type": "application/json"})).read()

print("x is", os.environ["AZUREML_SWEEP_x"], "in", os.environ["AZUREML_ROOT_RUN_ID"], flush=True)
if mode == "fail" or (mode == "odd" and x % 2):
    raise SystemExit(f"no such x: {x:g}")
if mode != "silent":
    for step in range(2):
        log(x + step / 10, step)
pathlib.Path("outputs", "x.txt").write_text(sys.argv[1])
if mode == "hang" or (mode == "slow" and x < 3):
    time.sleep(600)
"""


def project_at(folder: Path) -> Path:
    """Make a project with the script."""
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "try.py").write_text(SCRIPT)
    return folder


def sweep_job(mode: str = "quick", values: tuple[Value, ...] = (1, 2, 3), **given: Any) -> Job:
    """Return a grid over x; `given` replaces what the sweep says."""
    space: Mapping[str, Mapping[str, Value]] = {"x": {"type": "choice", "values": list(values)}}
    settings: dict[str, Any] = {"search_space": space, "primary_metric": "score", "sampling": "grid", **given}
    return Job(
        command="python try.py ${{search_space.x}} " + mode,
        code="src",
        display_name="tune",
        environment_variables={"RANKZERO_GRACE": local_runs.QUICK},
        sweep=Sweep(**settings),
    )


async def submit(backend: LocalBackend, project: Path, job: Job) -> str:
    """Plan and submit; return the handle."""
    plan = await backend.plan(job, JobSource(project / "sweep.yml", project))
    assert plan.diagnostics == ()
    return await backend.submit(plan, lambda _message, _part: None)


async def snapshot(backend: LocalBackend, handle: str) -> RunSnapshot:
    """Return the run's present state."""
    return (await backend.snapshots([handle]))[handle]


async def trials(backend: LocalBackend, sweep: str) -> list[RunSnapshot]:
    """Return the trials of a sweep, by number."""
    found = (await backend.snapshots(await backend.discover())).values()
    mine = [each for each in found if each.trial is not None and each.trial.sweep == sweep.rpartition("/")[2]]
    return sorted(mine, key=lambda each: each.trial.number if each.trial else 0)


async def end(backend: LocalBackend, handle: str) -> RunSnapshot:
    """Follow a sweep, or a trial, to its end; looking also closes what nobody sees to any more."""

    async def over() -> RunSnapshot | None:
        run = await snapshot(backend, handle)
        return run if run.is_over and all(each.is_over for each in await trials(backend, handle)) else None

    run = await wait_until_async(over, 120, what=f"the end of {handle}")
    assert run is not None
    return run


async def running(backend: LocalBackend, handle: str, count: int) -> list[RunSnapshot]:
    """Wait until so many trials run and have logged, and return them."""

    async def found() -> list[RunSnapshot]:
        live = [each for each in await trials(backend, handle) if each.metrics and not each.is_over]
        return live if len(live) >= count else []

    return await wait_until_async(found, what=f"{count} trials to run")
