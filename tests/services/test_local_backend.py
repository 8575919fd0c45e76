"""The local backend as the monitor and the command line use it: whole runs through the JobBackend protocol."""

from __future__ import annotations

import asyncio
import json
import math
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.api import (
    Distribution,
    Job,
    JobBackend,
    JobInput,
    JobOutput,
    JobSource,
    MetricPoint,
    OutsideError,
    RunSnapshot,
    RunStatus,
    UserError,
)
from desktop_app.api._records import to_json
from desktop_app.backends.local.backend import LocalBackend
from desktop_app.backends.local.submitting import first_snapshot
from desktop_app.places import Places
from desktop_app.worker.supervisor import processes
from tests.helpers import local_runs
from tests.helpers.local_ports import FakePorts, write_events

SCRIPT = """
import os, pathlib, sys
rank = os.environ["RANK"]
print("rank", rank, "of", os.environ["WORLD_SIZE"], flush=True)
pathlib.Path("outputs", f"{rank}.txt").write_text(rank)
pathlib.Path("logs", "own.log").write_text("mine")
pathlib.Path(sys.argv[2], f"{rank}.txt").write_text(open(sys.argv[1]).read())
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder whose name is awkward, with a script and data."""
    folder = tmp_path / "größe 'n' $x"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "train.py").write_text(SCRIPT)
    (folder / "data.txt").write_text("42")
    (folder / "job.yml").write_bytes(b"# the job\r\ncommand: x\r\n")
    return folder


@pytest.fixture
def ports() -> FakePorts:
    """The services around the backend."""
    return FakePorts(cores=16)


@pytest.fixture
def backend(places: Places, ports: FakePorts) -> Iterator[LocalBackend]:
    """A backend from whose runs no process may be left."""
    yield LocalBackend(places, ports)
    local_runs.assert_nothing_left(places.runs)


def job(command: str, processes: int = 2, grace: str = local_runs.QUICK) -> Job:
    """Return a job with an input and an output."""
    return Job(
        command=command,
        code="src",
        display_name="digits",
        distribution=Distribution("pytorch", processes),
        inputs={"data": JobInput(path="data.txt", type="uri_file")},
        outputs={"model": JobOutput()},
        environment_variables={"RANKZERO_GRACE": grace},
        tags={"a": "b"},
    )


async def submit(backend: LocalBackend, project: Path, given: Job) -> str:
    """Plan and submit; return the handle."""
    plan = await backend.plan(given, JobSource(project / "job.yml", project))
    assert plan.diagnostics == ()
    return await backend.submit(plan, lambda _message, _part: None)


async def snapshot(backend: LocalBackend, handle: str) -> RunSnapshot:
    """Return the run's present state."""
    return (await backend.snapshots([handle]))[handle]


async def end(backend: LocalBackend, handle: str) -> RunSnapshot:
    """Follow the run to its end."""
    folder = Path((await snapshot(backend, handle)).folder)
    await asyncio.to_thread(local_runs.end_of, folder)
    return await snapshot(backend, handle)


async def test_from_job_to_outputs(backend: LocalBackend, project: Path) -> None:
    handle = await submit(backend, project, job("python train.py ${{inputs.data}} ${{outputs.model}}"))
    run = await end(backend, handle)
    folder = Path(run.folder)
    assert run.status is RunStatus.COMPLETED, local_runs.log(folder)
    assert (run.handle, run.backend, run.display_name, run.experiment) == (handle, "local", "digits", project.name)
    assert run.tags == {"a": "b"}
    assert sorted(each.name for each in Path(run.outputs).iterdir()) == ["0.txt", "1.txt"]
    assert [(folder / "named_outputs" / "model" / f"{rank}.txt").read_text() for rank in (0, 1)] == ["42", "42"]
    assert (folder / "job.yml").read_bytes() == (project / "job.yml").read_bytes()
    assert not (project / "src" / "outputs").exists(), "the person's folder is left alone"


async def test_logs_by_name(backend: LocalBackend, project: Path) -> None:
    handle = await submit(backend, project, job("python train.py ${{inputs.data}} ${{outputs.model}}", 11))
    await end(backend, handle)
    logs = await backend.log_files(handle)
    assert list(logs) == [*(f"user_logs/std_log_process_{rank}.txt" for rank in range(11)), "logs/own.log"]
    assert logs["user_logs/std_log_process_10.txt"].read_text() == "rank 10 of 11\n"


async def test_cancel_and_remove(backend: LocalBackend, project: Path) -> None:
    handle = await submit(backend, project, job("echo up; sleep 600"))
    with pytest.raises(UserError, match="is not over"):
        await backend.remove(handle)
    await backend.cancel(handle)
    run = await end(backend, handle)
    assert run.status is RunStatus.CANCELED
    with pytest.raises(UserError, match="is over: Canceled"):
        await backend.cancel(handle)
    await backend.remove(handle)
    assert not Path(run.folder).exists()
    assert await backend.snapshots([handle]) == {}
    assert await backend.discover() == ()


async def test_removing_what_a_script_made_read_only(backend: LocalBackend, project: Path) -> None:
    handle = await submit(backend, project, job("mkdir -p outputs/a && touch outputs/a/b && chmod -w outputs/a", 1))
    run = await end(backend, handle)
    await backend.remove(handle)
    assert not Path(run.folder).exists()


async def test_another_program_finds_the_run_again(backend: LocalBackend, project: Path, places: Places) -> None:
    handle = await submit(backend, project, job("sleep 0.3; echo done", 1))
    other = LocalBackend(places, FakePorts())
    assert await other.discover() == (handle,)
    assert (await end(other, handle)).status is RunStatus.COMPLETED


async def test_a_plan_is_submitted_once(backend: LocalBackend, project: Path) -> None:
    plan = await backend.plan(job("true"), JobSource(None, project))
    handle = await backend.submit(plan, lambda _message, _part: None)
    with pytest.raises(UserError, match="submitted already"):
        await backend.submit(plan, lambda _message, _part: None)
    await end(backend, handle)


async def test_a_plan_with_errors_is_refused(backend: LocalBackend, project: Path, places: Places) -> None:
    plan = await backend.plan(job("${{inputs.nothing}}"), JobSource(None, project))
    with pytest.raises(UserError, match="nothing"):
        await backend.submit(plan, lambda _message, _part: None)
    assert not places.runs.exists()


async def test_a_home_that_is_a_file(project: Path, places: Places) -> None:
    places.home.write_text("a file")
    backend = LocalBackend(places, FakePorts())
    plan = await backend.plan(job("true"), JobSource(None, project))
    with pytest.raises(OutsideError, match="can't be made"):
        await backend.submit(plan, lambda _message, _part: None)


@pytest.mark.parametrize("handle", ["local://../../etc", "local://", "local:///etc", "azureml://x", "local://a b", ""])
async def test_handles_that_are_none(backend: LocalBackend, handle: str) -> None:
    assert await backend.snapshots([handle]) == {}
    for method in (backend.cancel, backend.remove, backend.log_files, backend.metrics, backend.resources):
        with pytest.raises(UserError):
            await method(handle)


async def test_a_run_that_is_gone(backend: LocalBackend) -> None:
    assert await backend.snapshots(["local://r-20260101-gone"]) == {}
    with pytest.raises(UserError, match="is gone"):
        await backend.cancel("local://r-20260101-gone")


async def test_a_folder_deleted_while_the_run_goes_on(backend: LocalBackend, project: Path) -> None:
    handle = await submit(backend, project, job("echo up; sleep 600"))
    folder = Path((await snapshot(backend, handle)).folder)
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
    assert await backend.snapshots([handle]) == {}


async def test_a_damaged_state_is_unknown_and_not_lost(backend: LocalBackend, project: Path) -> None:
    handle = await submit(backend, project, job("true"))
    run = await end(backend, handle)
    Path(run.folder, "run.json").write_text('{"half')
    found = await snapshot(backend, handle)
    assert found.status is RunStatus.UNKNOWN
    assert "can't be read" in found.reason
    assert found.display_name == "digits"


async def test_metrics_come_with_new_lines_only(backend: LocalBackend, project: Path, ports: FakePorts) -> None:
    handle = await submit(backend, project, job("true"))
    run = await end(backend, handle)
    path = Path(run.folder, "metrics.jsonl")
    lines = [json.dumps({"name": "loss", "value": value, "step": 1, "time": value, "rank": 0}) for value in (1.0, 2.0)]
    path.write_text(f"{lines[0]}\nno json\n{lines[1][:10]}")
    assert [each.value for each in await backend.metrics(handle)] == [1.0]
    more = '{"name": "x", "value": NaN, "step": 0, "time": 3, "rank": null}'
    path.write_text(f"{lines[0]}\nno json\n{lines[1]}\n{more}\n")
    points = await backend.metrics(handle)
    assert [each.name for each in points] == ["loss", "loss", "x"]
    assert math.isnan(points[2].value)
    assert ports.read == [], "no event file, no reader"


async def test_tensorboards_points_are_merged_by_time(backend: LocalBackend, project: Path, ports: FakePorts) -> None:
    handle = await submit(backend, project, job("true"))
    run = await end(backend, handle)
    ports.points = (MetricPoint("tb", 0.0, 0, 1.5), MetricPoint("tb", 1.0, 1, 2.5))
    lines = [json.dumps({"name": "m", "value": 0, "step": 0, "time": time, "rank": 0}) for time in (1, 2)]
    Path(run.folder, "metrics.jsonl").write_text("\n".join([*lines, ""]))
    events = Path(run.folder, "code", "logs", "tb")
    write_events(events)
    assert [each.time for each in await backend.metrics(handle)] == [1, 1.5, 2, 2.5]
    await backend.metrics(handle)
    assert ports.read == [(str(events),)], "read again only when a file grew"


async def test_resources(backend: LocalBackend, project: Path) -> None:
    handle = await submit(backend, project, job("sleep 1.3"))
    await end(backend, handle)
    points = await backend.resources(handle)
    assert {each.rank for each in points} == {0, 1}
    assert points[0].memory > 0
    assert points[0].gpu is None or points[0].gpu >= 0


async def test_submitting_is_quick(backend: LocalBackend, project: Path) -> None:
    plan = await backend.plan(job("sleep 0.2"), JobSource(None, project))
    started = time.perf_counter()
    handle = await backend.submit(plan, lambda _message, _part: None)
    took = time.perf_counter() - started
    await end(backend, handle)
    assert took < 30, "0.1 s on a machine with nothing else to do"


async def test_unchanged_runs_cost_next_to_nothing(backend: LocalBackend, project: Path, places: Places) -> None:
    plan = await backend.plan(job("true", 4), JobSource(None, project))
    state = to_json(first_snapshot(plan, places.runs / "x"))
    alive = {"pid": os.getpid(), "started": processes.identity(os.getpid())}
    for number in range(200):
        folder = places.runs / f"r-{number}"
        folder.mkdir(parents=True)
        (folder / "run.json").write_text(json.dumps({**state, "status": "Running", "supervisor": alive}))
    handles = await backend.discover()
    assert len(handles) == 200
    first = await backend.snapshots(handles)
    started = time.perf_counter()
    for _ in range(10):
        again = await backend.snapshots(handles)
    took = (time.perf_counter() - started) / 10
    assert all(again[each] is first[each] for each in handles)
    assert took < 2, "4 ms on a machine with nothing else to do"


def test_it_is_a_job_backend(backend: LocalBackend) -> None:
    found: JobBackend = backend
    assert (found.name, found.title) == ("local", "This machine")
