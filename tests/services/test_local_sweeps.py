"""Sweeps on this machine: a controller in the care of a supervisor, trials that are runs of their own, no orphans."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.api import Distribution, JobSource, RunStatus, Severity, Trial, UserError
from desktop_app.backends.local.backend import LocalBackend
from desktop_app.places import Places
from desktop_app.worker.supervisor import processes
from tests.helpers import local_runs
from tests.helpers.local_ports import FakePorts
from tests.helpers.local_sweeps import end, project_at, running, snapshot, submit, sweep_job, trials


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project folder with a script that scores."""
    return project_at(tmp_path / "größe 'n' $x")


@pytest.fixture
def backend(places: Places) -> Iterator[LocalBackend]:
    """A backend from whose runs no process may be left."""
    yield LocalBackend(places, FakePorts(cores=2, home=places.home))
    local_runs.assert_nothing_left(places.runs)


async def test_a_grid_runs_each_combination_and_finds_the_best(backend: LocalBackend, project: Path) -> None:
    handle = await submit(backend, project, sweep_job(values=(1, 3, 2)))
    run = await end(backend, handle)
    assert run.status is RunStatus.COMPLETED, local_runs.log(Path(run.folder))
    assert run.sweep is not None
    best = f"{run.run}_1"
    assert (run.sweep.started, run.sweep.total, run.sweep.best, run.sweep.best_value) == (3, 3, best, 3.1)
    assert [(each.rank, each.role) for each in run.ranks] == [(0, "controller")]
    found = await trials(backend, handle)
    assert [each.trial for each in found] == [Trial(run.run, number, {"x": x}) for number, x in enumerate((1, 3, 2))]
    first = found[0]
    assert (first.run, first.display_name, first.experiment) == (f"{run.run}_0", "tune trial 0", run.experiment)
    assert (first.status, first.tags["parent"], first.metrics["score"]) == (RunStatus.COMPLETED, run.run, (1.1, 1))
    assert local_runs.log(Path(first.folder)).splitlines() == [f"x is 1 in {run.run}"]
    assert Path(first.outputs, "x.txt").read_text() == "1"
    again = Path(first.folder, "job.yml").read_text("utf-8")
    assert "try.py 1 quick" in again, "it can be run again by itself"
    assert "search_space" not in again
    log = local_runs.log(Path(run.folder))
    assert "Trial 1 starts: x=3" in log
    assert f"Best: trial 1, score 3.1 with x=3 ({best})" in log
    told = [each["event"] for each in local_runs.events(Path(run.folder))]
    assert told.count("trial-started") == told.count("trial-ended") == 3
    kept = json.loads(Path(run.outputs, "best_trial.json").read_text("utf-8"))
    assert (kept["run"], kept["values"], kept["value"]) == (best, {"x": 3}, 3.1)


async def test_trials_run_the_code_as_it_was(backend: LocalBackend, project: Path) -> None:
    handle = await submit(backend, project, sweep_job("slow", values=(1, 9), max_concurrent_trials=1))
    (first,) = await running(backend, handle, 1)
    (project / "src" / "try.py").write_text("raise SystemExit('edited')")
    await backend.cancel(first.handle)
    run = await end(backend, handle)
    assert [each.status for each in await trials(backend, handle)] == [RunStatus.CANCELED, RunStatus.COMPLETED]
    assert run.status is RunStatus.COMPLETED


async def test_a_trial_that_fails_does_not_fail_the_sweep(backend: LocalBackend, project: Path) -> None:
    run = await end(backend, await submit(backend, project, sweep_job("odd", (2, 3))))
    assert run.status is RunStatus.COMPLETED
    found = await trials(backend, run.handle)
    assert [each.status.value for each in found] == ["Completed", "Failed"]
    assert run.sweep is not None
    assert run.sweep.best == f"{run.run}_0"


async def test_a_sweep_of_which_all_failed_has_failed_for_their_reason(backend: LocalBackend, project: Path) -> None:
    run = await end(backend, await submit(backend, project, sweep_job("fail", (2, 3))))
    assert (run.status, run.exit_code, run.first_failure) == (RunStatus.FAILED, 1, None)
    assert run.reason == f"All 2 trials failed; {run.run}_0: Rank 0 failed with exit code 1."


async def test_a_metric_that_nobody_logged_is_said(backend: LocalBackend, project: Path) -> None:
    run = await end(backend, await submit(backend, project, sweep_job(values=(1,), primary_metric="accuracy")))
    assert run.status is RunStatus.COMPLETED
    assert "No trial logged the primary metric “accuracy”" in run.reason
    assert "they logged score" in run.reason


async def test_a_policy_ends_trials_early(backend: LocalBackend, project: Path) -> None:
    policy = {"type": "bandit", "slack_amount": 0.5}
    given = sweep_job("slow", (9, 1, 2), early_termination=policy, max_concurrent_trials=1)
    run = await end(backend, await submit(backend, project, given))
    assert run.status is RunStatus.COMPLETED
    assert run.sweep is not None
    assert (run.sweep.best, run.sweep.stopped_early) == (f"{run.run}_0", 2)
    found = await trials(backend, run.handle)
    assert [each.status.value for each in found] == ["Completed", "Canceled", "Canceled"]
    assert [bool(each.trial and each.trial.stopped_early) for each in found] == [False, True, True]
    assert found[1].reason.startswith("Ended early by bandit: ")


async def test_as_many_trials_run_at_once_as_their_ranks_have_room(backend: LocalBackend, project: Path) -> None:
    given = sweep_job("silent", values=(1, 2))
    spread = dataclasses.replace(given, distribution=Distribution("pytorch", 2))
    launched = dataclasses.replace(given, command="torchrun --nproc_per_node 2 try.py ${{search_space.x}}")
    for each in (spread, launched):
        plan = await backend.plan(each, JobSource(project / "sweep.yml", project))
        assert dict(plan.facts)["At a time"] == "1 (2 cores, 2 processes a trial)"


async def test_canceling_a_sweep_ends_its_trials(backend: LocalBackend, project: Path) -> None:
    handle = await submit(backend, project, sweep_job("hang"))
    live = await running(backend, handle, 2)
    with pytest.raises(UserError, match="is not over"):
        await backend.remove(handle)
    await backend.cancel(handle)
    run = await end(backend, handle)
    assert run.status is RunStatus.CANCELED
    assert {each.status for each in await trials(backend, handle)} == {RunStatus.CANCELED}
    await backend.remove(handle)
    assert not any(Path(each.folder).exists() for each in (run, *live))
    assert await backend.discover() == ()


async def test_the_sweeps_time_limit_ends_its_trials(backend: LocalBackend, project: Path) -> None:
    run = await end(backend, await submit(backend, project, sweep_job("hang", timeout=2)))
    assert (run.status, run.reason) == (RunStatus.CANCELED, "The time limit of 2 s (limits.timeout) was reached.")
    assert all(each.status is RunStatus.CANCELED for each in await trials(backend, run.handle))


@pytest.mark.parametrize("who", ["controller", "supervisor", "guardian", "both", "folder"])
async def test_whoever_is_killed_no_trial_goes_on(who: str, backend: LocalBackend, project: Path) -> None:
    handle = await submit(backend, project, sweep_job("hang"))
    await running(backend, handle, 2)
    folder = Path((await snapshot(backend, handle)).folder)
    if who == "controller":
        processes.send(local_runs.pid_of(folder), signal.SIGKILL)
    elif who == "folder":
        shutil.rmtree(folder)
    else:
        for each in ("supervisor", "guardian") if who == "both" else (who,):
            local_runs.kill(folder, each)
    if who != "folder":
        assert (await end(backend, handle)).status is RunStatus.FAILED
    for trial in await trials(backend, handle):
        await end(backend, trial.handle)


async def test_what_can_not_be_searched_is_said_in_the_plan(backend: LocalBackend, project: Path) -> None:
    broken = sweep_job(search_space={"x": {"type": "uniform", "min_value": 3, "max_value": 1}}, sampling="random")
    plan = await backend.plan(broken, JobSource(project / "sweep.yml", project))
    found = [(each.code, each.path) for each in plan.diagnostics if each.severity is Severity.ERROR]
    assert found == [("search-space", "search_space")], "the command is right: only what x is drawn from is not"
    other = dataclasses.replace(broken, command="python try.py ${{search_space.x}} ${{search_space.y}}")
    plan = await backend.plan(other, JobSource(project / "sweep.yml", project))
    (finding,) = [each for each in plan.diagnostics if each.code == "undefined-placeholder"]
    assert (finding.path, "search_space.y" in finding.message) == ("trial.command", True)
    endless = sweep_job(search_space={"x": {"type": "uniform", "min_value": 1, "max_value": 3}}, sampling="random")
    plan = await backend.plan(endless, JobSource(project / "sweep.yml", project))
    assert [(each.code, each.path) for each in plan.diagnostics] == [("no-limit", "limits")]
    assert (dict(plan.facts)["Trials"], dict(plan.facts)["Sampling"]) == ("20 at most", "random")
