"""Sweeps in the cloud: how far one is, its trials as runs of their own, which is best, which its policy ended."""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import RunSnapshot, RunStatus, SweepState
from desktop_app.api._records import from_json, to_json
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.client.wire import Ask, Reply
from desktop_app.backends.azureml.runs import sweeps
from desktop_app.backends.azureml.runs.polling import BUDGET
from tests.helpers.cloud_watch import Watch
from tests.helpers.told_wire import WORKSPACE, fault, told

TAGS = {
    "_aml_system_max_concurrent_jobs": "10",
    "_aml_system_max_total_jobs": "20",
    "_aml_system_policy_config": '{"name":"Bandit","properties":{"slack_factor":0.1}}',
    "_aml_system_generator_config": '{"name":"RANDOM","parameter_space":{"lr":["uniform",[0.001,0.1]]}}',
    "_aml_system_primary_metric_config": '{"name":"accuracy","goal":"maximize"}',
    "_aml_system_all_jobs_generated": "false",
    "_aml_system_samples_generated_count": "0",
    "team": "vision",
}
"""As recorded of a running sweep, beside the policy and the team."""
BEGAN = {"startTimeUtc": "2026-11-21T10:00:01.0000000+00:00"}


class Sweeping(Watch):
    """A watched sweep whose trials a test begins and ends."""

    def begin(self, name: str = "tuned") -> str:
        """Have a sweep that was sent from here; return its handle."""
        (handle,) = self.send(name, state="Running")
        found = self.records.read(name)
        assert found is not None
        self.records.write([dataclasses.replace(found, display_name="Tuned", sweep=SweepState("accuracy", total=20))])
        more = {"orchestrator": "HyperDrive"}
        self.jobs.more[name] = {"runTypeV2": more, "tags": dict(TAGS), "properties": {}, "displayName": "Tuned"}
        self.jobs.children[name] = []
        self.jobs.wire.on("POST", "/full", self._metric)
        self.metrics: dict[str, list[float]] = {}
        return handle

    def trial(self, number: int, state: str = "Running", sweep: str = "tuned", **values: Any) -> str:
        """Begin a trial; return its handle."""
        name, given = f"{sweep}_{number}", json.dumps(values or {"lr": 0.01 * number})
        self.jobs.states[name] = state
        self.jobs.more[name] = {**BEGAN, "displayName": name, "parentRunId": sweep, "tags": {"hyperparameters": given}}
        self.jobs.children[sweep].insert(0, name)
        tags = self.jobs.more[sweep]["tags"]
        tags["_aml_system_samples_generated_count"] = str(len(self.jobs.children[sweep]))
        return routes.handle_of(WORKSPACE, name)

    async def later(self, *handles: str) -> list[RunSnapshot]:
        """Return the runs as they are told after a minute."""
        self.clock.time += 60.0
        return await self.look(*handles)

    def asked(self) -> int:
        """Return how many requests were made of the service's region."""
        return len(self.jobs.wire.urls("/history/")) + len(self.jobs.wire.urls("/metric/"))

    def _metric(self, ask: Ask) -> Reply:
        name = ask.url.split("/runs/")[1].split("/")[0]
        points = self.metrics.get(name, [])
        return told({"value": [{"step": step, "data": {"accuracy": each}} for step, each in enumerate(points)]})


@pytest.fixture
def watch(tmp_path: Path) -> Sweeping:
    """A monitor."""
    return Sweeping(tmp_path)


async def test_a_sweep_tells_how_far_it_is_and_its_trials_are_runs(watch: Sweeping) -> None:
    handle = watch.begin()
    first, second = watch.trial(0, lr=0.1, layers=3), watch.trial(1, "Queued")
    watch.metrics["tuned_0"] = [0.5, 0.75]
    (sweep,) = await watch.later(handle)
    assert sweep.sweep == SweepState("accuracy", "maximize", "random", 2, 20, "tuned_0", 0.75)
    assert (sweep.ranks, sweep.tags) == ((), {"team": "vision"})
    one, two = await watch.later(first, second)
    assert (one.display_name, one.status, one.metrics) == ("Tuned trial 0", RunStatus.RUNNING, {"accuracy": (0.75, 1)})
    assert one.trial is not None
    assert two.trial is not None
    assert (one.trial.sweep, one.trial.number, one.trial.values) == ("tuned", 0, {"lr": 0.1, "layers": 3})
    assert (two.trial.number, two.status, two.tags) == (1, RunStatus.QUEUED, {"parent": "tuned"})
    assert [each.log for each in one.ranks] == ["user_logs/std_log.txt"]
    assert from_json(RunSnapshot, json.loads(json.dumps(to_json(one)))) == one


async def test_the_service_says_which_trial_is_best(watch: Sweeping) -> None:
    handle = watch.begin()
    watch.trial(0, "Completed")
    watch.jobs.more["tuned"]["properties"] = {"best_child_run_id": "tuned_0", "score": "0.9138", "space_size": "9"}
    watch.jobs.more["tuned"]["tags"]["_aml_system_all_jobs_generated"] = "true"
    watch.jobs.states["tuned"] = "Completed"
    (sweep,) = await watch.later(handle)
    assert sweep.sweep is not None
    assert (sweep.sweep.best, sweep.sweep.best_value, sweep.sweep.total) == ("tuned_0", 0.9138, 1)
    assert watch.records.read("tuned") == sweep


async def test_trials_that_the_policy_ended_are_told_from_those_that_a_person_did(watch: Sweeping) -> None:
    handle = watch.begin()
    handles = [watch.trial(number) for number in range(3)]
    await watch.later(handle, *handles)
    _first, second, _third = await watch.later(*handles)
    watch.monitoring.take(dataclasses.replace(second, status=RunStatus.CANCEL_REQUESTED))
    watch.jobs.states |= {"tuned_0": "Canceled", "tuned_1": "Canceled"}
    await watch.later(handle, *handles)
    sweep, *trials = await watch.later(handle, *handles)
    assert [each.trial is not None and each.trial.stopped_early for each in trials] == [True, False, False]
    assert sweep.sweep is not None
    assert sweep.sweep.stopped_early == 1
    watch.jobs.states |= {"tuned": "CancelRequested"}
    await watch.later(handle, *handles)
    watch.jobs.states |= {"tuned": "Canceled", "tuned_2": "Canceled"}
    sweep, *trials = await watch.later(handle, *handles)
    assert {each.status for each in trials} == {RunStatus.CANCELED}
    assert [each.trial is not None and each.trial.stopped_early for each in trials] == [True, False, False]


async def test_a_thousand_runs_with_sweeps_among_them_take_at_most_ten_requests(watch: Sweeping) -> None:
    handles = watch.send(*(f"run-{number:03}" for number in range(640)), state="Running")
    for name in ("one", "two", "three"):
        handles.append(watch.begin(name))
        handles += [watch.trial(number, sweep=name) for number in range(119)]
    seen: set[str] = set()
    for _poll in range(8):
        before = watch.asked()
        watch.clock.time += 30.0
        seen |= set(await watch.monitoring.snapshots(handles))
        assert watch.asked() - before <= BUDGET
    assert seen == set(handles)


async def test_trials_are_read_page_by_page_and_those_that_are_over_once(watch: Sweeping) -> None:
    handle = watch.begin()
    names = [f"tuned_{number}" for number in reversed(range(130))]
    handles = [watch.trial(number, "Completed") for number in range(130)]
    pages: list[int] = []

    def page(ask: Ask) -> Reply:
        start = int(ask.url.rpartition("=")[2]) if "ontinuationToken" in ask.url else 0
        pages.append(start)
        value = [watch.jobs.record(each) for each in names[start : start + 50]]
        return told({"value": value, **({"continuationToken": str(start + 50)} if start + 50 < 130 else {})})

    watch.jobs.wire.on("GET", "/children", page)
    await watch.later(handle)
    assert pages == [0, 50, 100]
    assert {each.status for each in await watch.later(*handles)} == {RunStatus.COMPLETED}
    before = len(pages)
    for _poll in range(5):
        await watch.later(handle)
    assert pages[before:] == [0] * (len(pages) - before)


async def test_a_metric_that_cannot_be_had_is_no_fault_of_the_workspace(watch: Sweeping) -> None:
    handle = watch.begin()
    watch.trial(0)
    watch.jobs.wire.on("POST", "/full", fault("service", 500))
    (sweep,) = await watch.later(handle)
    (sweep,) = await watch.later(handle)
    assert (sweep.status, sweep.reason) == (RunStatus.RUNNING, "")


async def test_a_sweep_of_somebody_else_is_opened_with_its_trials_over_or_not(watch: Sweeping) -> None:
    watch.begin()
    watch.records.remove("tuned")
    for number in range(12):
        watch.trial(number, "Completed")
        watch.metrics[f"tuned_{number}"] = [number / 10]
    watch.jobs.states["tuned"] = "Completed"
    handle = routes.handle_of(WORKSPACE, "tuned")
    given = RunSnapshot(
        handle, "tuned", "azureml", RunStatus.COMPLETED, "Tuned", "e", datetime.now(UTC), sweep=SweepState("accuracy")
    )
    watch.records.write([given])
    await watch.monitoring.greet(given)
    for _poll in range(5):  # metrics by and by, and then no more
        await watch.later(handle)
    before = watch.asked()
    (sweep,) = await watch.later(handle)
    assert watch.asked() == before
    assert sweep.sweep is not None
    assert (sweep.sweep.started, sweep.sweep.best, sweep.sweep.best_value) == (12, "tuned_11", 1.1)
    assert len(watch.records.handles()) == 13


async def test_a_sweep_is_forgotten_with_its_trials(watch: Sweeping) -> None:
    handle, (other,) = watch.begin(), watch.send("tuned_more", state="Running")
    watch.trial(0)
    (sweep,) = await watch.later(handle)
    found = watch.records.children_of(sweep)
    assert found == [routes.handle_of(WORKSPACE, "tuned_0")]
    assert other not in found
    assert watch.records.children_of(dataclasses.replace(sweep, sweep=None)) == ()


def test_a_sweep_as_the_management_plane_tells_it() -> None:
    recorded: dict[str, Any] = {
        "jobType": "Sweep",
        "tags": TAGS,
        "properties": {"primary_metric_config": '{"name":"accuracy","goal":"maximize"}', "runTemplate": "HyperDrive"},
        "samplingAlgorithm": {"samplingAlgorithmType": "Bayesian", "seed": None},
        "limits": {"timeout": "PT5M", "maxTotalTrials": 2, "maxConcurrentTrials": 10, "trialTimeout": None},
        "objective": {"primaryMetric": "accuracy", "goal": "Maximize"},
    }
    found = sweeps.of_job({**recorded, "tags": {}})
    assert found == SweepState("accuracy", "maximize", "bayesian", total=2)
    assert sweeps.of_job(recorded) == SweepState("accuracy", "maximize", "random", total=2)
    assert sweeps.of_job({"jobType": "Command"}) is None


def test_there_are_no_more_trials_than_the_plan_the_limit_and_the_space_allow() -> None:
    record = {"tags": TAGS, "properties": {"space_size": "9"}}
    for known, total in ((3, 3), (None, 9), (30, 9)):
        found = sweeps.with_record(SweepState("accuracy", total=known), record)
        assert found is not None
        assert found.total == total
    open_end = {"tags": {**TAGS, "_aml_system_max_total_jobs": "1000000"}}
    assert sweeps.with_record(SweepState("accuracy"), open_end) == SweepState("accuracy")


@pytest.mark.parametrize("text", ["", "nonsense", "[1]", None, 3])
def test_what_is_not_as_expected_leaves_a_trial_without_values(text: Any) -> None:
    found = sweeps.trial_of("s", {"runId": "abc", "tags": {"hyperparameters": text}}, 7)
    assert (found.number, found.values, found.stopped_early) == (7, {}, False)


def test_values_of_version_one_lose_their_hyphens() -> None:
    properties = {"hyperparameters": '{"--lr": 0.1}', "_azureml.stoppedEarly": "true"}
    found = sweeps.trial_of("s", {"runId": "HD_1_4", "properties": properties})
    assert (found.number, found.values, found.stopped_early) == (4, {"lr": 0.1}, True)
