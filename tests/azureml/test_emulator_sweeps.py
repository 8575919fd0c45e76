"""Sweep jobs of the emulator: trials that really run, chosen and stopped as was asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.emulated_jobs import LOG_METRIC, PLAIN, ask, details, logs_of, problem_of, reached, status_of
from tests.helpers.emulators import Emulator, Sdk

VERSION = "api-version=2024-01-01-preview"

TRIAL = (
    LOG_METRIC
    + """
import sys
rate, steps = float(sys.argv[1]), int(sys.argv[2])
print("rate", rate, os.environ["AZUREML_SWEEP_rate"], flush=True)
if rate < 0:
    raise SystemExit(3)
for step in range(steps):
    log("accuracy", rate + step / 1000, step)
    if steps > 10:
        time.sleep(0.2)
os.makedirs("outputs", exist_ok=True)
open("outputs/model.txt", "w").write(str(rate))
"""
)


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """The folder of the trials' script."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "train.py").write_text(TRIAL)
    return tmp_path / "code"


def sweep(sdk: Sdk, code: Path, name: str, rates: list[float], steps: int = 2, **more: Any) -> str:
    """Submit a sweep over the rates by the SDK and return its first status."""
    status: str = sdk(
        """
        from azure.ai.ml import command
        from azure.ai.ml.sweep import *
        line = "python train.py ${{inputs.rate}} %d" % steps
        trial = command(command=line, code=folder, environment=environment, inputs={"rate": 0.0})
        job = trial(rate=Choice(rates)).sweep(
            sampling_algorithm=more.get("sampling", "grid"), primary_metric="accuracy", goal="maximize"
        )
        total, at_once = more.get("total", 10), more.get("at_once", 2)
        job.set_limits(max_total_trials=total, max_concurrent_trials=at_once, timeout=600)
        job.early_termination = eval(more.get("policy", "None"))
        job.name = name
        result = ml.jobs.create_or_update(job).status
        """,
        folder=str(code),
        name=name,
        rates=rates,
        steps=steps,
        environment=PLAIN,
        more=more,
    )
    return status


def children(sdk: Sdk, name: str) -> list[dict[str, Any]]:
    """The trials as run history shows them, newest first."""
    _, body, _ = ask(sdk, "GET", f"api:/history/v1.0/runs/{name}/children")
    found: list[dict[str, Any]] = body["value"]
    return found


def test_a_grid_is_tried_in_whole_and_the_best_trial_is_known(
    emulator: Emulator, sdk: Sdk, code: Path, tmp_path: Path
) -> None:
    assert sweep(sdk, code, "grid", [0.1, 0.9, 0.5]) in ("Starting", "Running")
    assert reached(sdk, "grid") == "Completed", problem_of(sdk, "grid")
    trials = children(sdk, "grid")
    assert [each["runId"] for each in trials] == ["grid_2", "grid_1", "grid_0"]
    assert {each["parentRunId"] for each in trials} == {"grid"}
    assert "Scheduling job, id='grid_2'" in logs_of(emulator, sdk, "grid")["azureml-logs/hyperdrive.txt"]
    assert [json.loads(each["tags"]["hyperparameters"]) for each in trials] == [
        {"rate": 0.5},
        {"rate": 0.9},
        {"rate": 0.1},
    ]
    assert "rate 0.9 0.9" in logs_of(emulator, sdk, "grid_1")["user_logs/std_log.txt"]
    _, body, _ = ask(sdk, "GET", f"arm:/jobs/grid?{VERSION}")
    assert body["properties"]["properties"]["best_child_run_id"] == "grid_1"
    assert body["properties"]["tags"]["_aml_system_all_jobs_generated"] == "true"
    assert list(body["properties"]["services"]) == ["Studio"]
    sdk("ml.jobs.download('grid', download_path=folder, all=True)", folder=str(tmp_path / "got"))
    assert (tmp_path / "got" / "artifacts" / "outputs" / "model.txt").read_text() == "0.9"


def test_trials_are_no_jobs_of_the_list_but_found_by_name_and_parent(sdk: Sdk, code: Path) -> None:
    sweep(sdk, code, "listed", [0.1, 0.2])
    assert reached(sdk, "listed") == "Completed"
    names = sdk("[each.name for each in ml.jobs.list()]")
    assert "listed" in names
    assert "listed_0" not in names
    assert status_of(sdk, "listed_0") == "Completed"
    assert sorted(sdk("[each.name for each in ml.jobs.list(parent_job_name='listed')]")) == ["listed_0", "listed_1"]


def test_random_sampling_makes_as_many_trials_as_asked_for(sdk: Sdk, code: Path) -> None:
    sweep(sdk, code, "lots", [0.1, 0.2, 0.3], sampling="random", total=4, at_once=4)
    assert reached(sdk, "lots") == "Completed"
    assert len(children(sdk, "lots")) == 4


def test_bayesian_sampling_says_that_its_model_is_not_the_services(sdk: Sdk, code: Path) -> None:
    sweep(sdk, code, "bayes", [0.1, 0.2], sampling="bayesian", total=2)
    _, body, _ = ask(sdk, "GET", f"arm:/jobs/bayes?{VERSION}")
    assert "not the service" in json.loads(body["properties"]["tags"]["_aml_system_generator_config"])["emulated"]
    assert reached(sdk, "bayes") == "Completed"


def test_a_bandit_stops_the_trial_that_is_behind(sdk: Sdk, code: Path) -> None:
    policy = "BanditPolicy(slack_factor=0.1, evaluation_interval=1, delay_evaluation=2)"
    sweep(sdk, code, "bandit", [0.9, 0.1], steps=25, policy=policy)
    assert reached(sdk, "bandit") == "Completed"
    ends = {each["runId"]: each["status"] for each in children(sdk, "bandit")}
    assert ends == {"bandit_0": "Completed", "bandit_1": "Canceled"}


def test_a_sweep_of_which_every_trial_fails_has_failed(sdk: Sdk, code: Path) -> None:
    sweep(sdk, code, "hopeless", [-1.0, -2.0])
    assert reached(sdk, "hopeless") == "Failed"
    assert "All 2 trials failed" in problem_of(sdk, "hopeless")
    assert "status code 3" in problem_of(sdk, "hopeless_0")


def test_a_sweep_is_canceled_with_its_trials(sdk: Sdk, code: Path) -> None:
    sweep(sdk, code, "dropped", [0.1, 0.2], steps=1000)
    assert reached(sdk, "dropped_1", "Running") == "Running"
    sdk("result = ml.jobs.begin_cancel('dropped', polling_interval=0.1).result()")
    assert {each["status"] for each in children(sdk, "dropped")} == {"Canceled"}
    assert details(sdk, "dropped")["status"] == "Canceled"


def test_a_grid_of_anything_but_choices_fails(sdk: Sdk) -> None:
    trial = {"command": "echo ${{search_space.rate}}", "environmentId": PLAIN}
    body = {
        "jobType": "Sweep",
        "trial": trial,
        "searchSpace": {"rate": ["uniform", [0, 1]]},
        "samplingAlgorithm": {"samplingAlgorithmType": "Grid"},
        "objective": {"goal": "maximize", "primaryMetric": "accuracy"},
    }
    assert ask(sdk, "PUT", f"arm:/jobs/odd-grid?{VERSION}", {"properties": body})[0] == 201
    assert reached(sdk, "odd-grid") == "Failed"
    assert "rate" in problem_of(sdk, "odd-grid")
