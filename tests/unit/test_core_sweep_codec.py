"""Sweeps from data and back: one job model, the trial's parts at their own paths, nothing lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Job, Severity, Value
from desktop_app.core.job_codec import job_from_mapping, job_to_mapping
from desktop_app.core.job_schema import SWEEP_KEYS, SWEEP_SCHEMA
from desktop_app.documents.job_document import read_job, write_job
from tests.helpers.jobs import NAMES, SWEEPS, VALUES

FILE = f"""\
$schema: {SWEEP_SCHEMA}
type: sweep
display_name: tune
trial:
  code: src
  command: python train.py --lr ${{{{search_space.lr}}}}
  environment: azureml:digits@latest
  environment_variables:
    A: b
  distribution:
    type: pytorch
    process_count_per_instance: 2
  resources:
    instance_count: 2
inputs:
  epochs: 3
compute: azureml:gpu-cluster
sampling_algorithm:
  type: random
  rule: sobol
  seed: 7
search_space:
  lr:
    type: uniform
    min_value: 0.01
    max_value: 0.1
objective:
  goal: minimize
  primary_metric: loss
early_termination:
  type: bandit
  slack_factor: 0.1
limits:
  max_total_trials: 8
  max_concurrent_trials: 2
  timeout: 600
  trial_timeout: 60
"""


@given(SWEEPS)
def test_the_mapping_of_a_sweep_reads_as_the_same_job(job: Job) -> None:
    assert job_from_mapping(job_to_mapping(job))[0] == job


@given(SWEEPS)
def test_the_text_of_a_sweep_reads_as_the_same_job(job: Job) -> None:
    assert read_job(write_job(job)).job == job


@given(st.dictionaries(st.sampled_from(SWEEP_KEYS) | NAMES, VALUES, max_size=6))
def test_no_data_makes_it_raise(data: dict[str, Value]) -> None:
    job, found = job_from_mapping({**data, "type": "sweep"})
    assert job.sweep is not None
    assert all(each.message and each.code for each in found)


def test_a_sweep_is_a_job_whose_trial_is_the_command_job() -> None:
    reading = read_job(FILE)
    assert (reading.kind, reading.diagnostics) == ("sweepJob", ())
    job = reading.job
    assert job is not None
    assert job.sweep is not None
    assert (job.code, job.environment, job.compute) == ("src", "azureml:digits@latest", "azureml:gpu-cluster")
    assert (job.topology.nodes, job.topology.world_size, job.timeout) == (2, 4, 60)
    sweep = job.sweep
    assert (sweep.primary_metric, sweep.is_maximized, sweep.sampling, sweep.rule) == ("loss", False, "random", "sobol")
    assert (sweep.seed, sweep.max_total_trials, sweep.max_concurrent_trials, sweep.timeout) == (7, 8, 2, 600)
    assert write_job(job) == FILE, "as an expert writes it"


def test_a_command_job_is_no_sweep() -> None:
    assert job_from_mapping({"command": "x", "limits": {"timeout": 3}})[0].sweep is None


@pytest.mark.parametrize(
    ("data", "path", "code"),
    [
        ({"trial": {"command": ["a"]}}, "trial.command", "wrong-type"),
        ({"trial": {"comand": "x"}}, "trial.comand", "unknown-key"),
        ({"trial": {"command": "x", "distribution": {"type": "torch"}}}, "trial.distribution.type", "unknown-value"),
        ({"trial": {"command": "x", "code": {"local_path": "s"}}}, "trial.code", "preview-syntax"),
        ({"limits": {"max_total_trials": "x"}}, "limits.max_total_trials", "wrong-type"),
        ({"limits": {"max_trials": 3}}, "limits.max_trials", "unknown-key"),
        ({"sampling_algorithm": "randm"}, "sampling_algorithm", "unknown-value"),
        ({"sampling_algorithm": {"type": "grids"}}, "sampling_algorithm.type", "unknown-value"),
        ({"search_space": {"lr": 3}}, "search_space.lr", "wrong-type"),
        ({"objective": {"goal": "max"}}, "objective.goal", "unknown-value"),
        ({"early_termination": "bandit"}, "early_termination", "wrong-type"),
    ],
)
def test_findings_stand_where_the_file_is_wrong(data: dict[str, Value], path: str, code: str) -> None:
    _, found = job_from_mapping({"type": "sweep", **data})
    assert [(each.path, each.code) for each in found] == [(path, code)]


def test_a_key_of_the_trial_is_moved_within_the_trial() -> None:
    _, (found,) = job_from_mapping({"type": "sweep", "trial": {"command": "x", "instance_count": 2}})
    assert found.fix is not None
    assert found.fix.set == {"trial.resources.instance_count": 2}


def test_a_count_of_v1_is_mended_at_its_own_place() -> None:
    trial: dict[str, Value] = {"command": "x", "distribution": {"type": "pytorch", "process_count": 4}}
    trial["resources"] = {"instance_count": 2}
    _, (found,) = job_from_mapping({"type": "sweep", "trial": trial})
    assert found.fix is not None
    assert found.fix.set == {"trial.distribution.process_count_per_instance": 2}
    assert found.fix.unset == ("trial.distribution.process_count",)


def test_resources_beside_the_trial_count() -> None:
    job, _ = job_from_mapping({"type": "sweep", "trial": {"command": "x"}, "resources": {"instance_count": 3}})
    assert job.topology.nodes == 3


@pytest.mark.parametrize("trial", ["./trial.yml", "azureml:train:1", "file:./trial.yml"])
def test_a_trial_that_lies_elsewhere_is_refused(trial: str) -> None:
    reading = read_job(f"type: sweep\ntrial: {trial}\nsearch_space: {{}}\n")
    assert reading.job is None
    (found,) = reading.diagnostics
    assert (found.path, found.code, found.severity) == ("trial", "trial-elsewhere", Severity.ERROR)
    assert "below trial:" in found.message
