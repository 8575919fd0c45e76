"""Command jobs as text: what is read, what is refused, and a file written as an expert would."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from desktop_app.api import Distribution, Job, JobInput, JobOutput, Resources, Severity
from desktop_app.documents.job_document import read_job, write_job
from tests.helpers.jobs import JOBS

SCHEMA = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"


@given(JOBS)
def test_what_is_written_reads_as_the_same_job(job: Job) -> None:
    reading = read_job(write_job(job))
    assert reading.job == job


def test_a_new_file_looks_as_an_expert_would_write_it() -> None:
    job = Job(
        command="python train.py --epochs ${{inputs.epochs}} --learning-rate ${{inputs.learning_rate}}"
        " --data ${{inputs.data}}",
        code="src",
        environment="azureml:acpt-pytorch@latest",
        compute="azureml:gpu-cluster",
        inputs={
            "epochs": JobInput(12),
            "learning_rate": JobInput(1e-05),
            "data": JobInput(type="uri_folder", path="azureml:digits@latest", mode="ro_mount"),
        },
        outputs={"model": JobOutput()},
        distribution=Distribution("pytorch", 2),
        resources=Resources(instance_count=2, shm_size="8g"),
        environment_variables={"NCCL_DEBUG": "INFO", "OMP_NUM_THREADS": "1", "SWITCH": "yes"},
        display_name="Ziffern: größer",
        experiment_name="digits",
        timeout=3600,
        extra={"services": {"lab": {"type": "jupyter_lab", "nodes": "all"}}},
    )
    assert (
        write_job(job)
        == SCHEMA
        + """\
display_name: 'Ziffern: größer'
experiment_name: digits
code: src
command: >-
  python train.py
  --epochs ${{inputs.epochs}}
  --learning-rate ${{inputs.learning_rate}}
  --data ${{inputs.data}}
inputs:
  epochs: 12
  learning_rate: 1.0e-05
  data:
    type: uri_folder
    path: azureml:digits@latest
    mode: ro_mount
outputs:
  model:
    type: uri_folder
environment: azureml:acpt-pytorch@latest
environment_variables:
  NCCL_DEBUG: INFO
  OMP_NUM_THREADS: '1'
  SWITCH: 'yes'
compute: azureml:gpu-cluster
distribution:
  type: pytorch
  process_count_per_instance: 2
resources:
  instance_count: 2
  shm_size: 8g
limits:
  timeout: 3600
services:
  lab:
    type: jupyter_lab
    nodes: all
"""
    )


def test_a_short_command_stays_on_one_line_and_a_script_keeps_its_lines() -> None:
    assert "\ncommand: python train.py\n" in write_job(Job("python train.py"))
    assert "\ncommand: |-\n  set -e\n\n  python train.py\n" in write_job(Job("set -e\n\npython train.py"))


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("", "not-a-mapping", "empty"),
        ("# only a comment\n", "not-a-mapping", "empty"),
        ("- a\n- b\n", "not-a-mapping", "key: value"),
        ("just words", "not-a-mapping", "key: value"),
        ("a: [1\n", "yaml-syntax", "Close"),
        ("type: pipeline\njobs: {}\n", "not-a-command-job", "pipelineJob"),
        ("type: pipeline\njobs: {}\n", "not-a-command-job", "az ml job create"),
        (
            "$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\n",
            "not-a-command-job",
            "kind env",
        ),
        ("some: thing\n", "not-a-command-job", "command:"),
    ],
)
def test_what_is_no_command_job_is_said_in_one_sentence(text: str, code: str, words: str) -> None:
    reading = read_job(text)
    assert reading.job is None
    (found,) = reading.diagnostics
    assert (found.code, found.severity, found.line) == (code, Severity.ERROR, 1)
    assert words in found.message


def test_a_job_with_a_broken_part_is_still_a_job() -> None:
    reading = read_job(SCHEMA + "command: python x.py\nresources: 3\ninputs: {a: 1, a: 2}\n")
    assert reading.job is not None
    assert reading.job.inputs == {"a": JobInput(2)}, "the last counts, as for Azure ML"
    assert {each.code for each in reading.diagnostics} == {"duplicate-key", "wrong-type"}


def test_the_sample_job_reads_without_findings() -> None:
    path = Path(__file__).parents[2] / "resources" / "samples" / "digits" / "job.yml"
    reading = read_job(path.read_text("utf-8"), path)
    assert reading.job is not None
    assert reading.diagnostics == ()
    assert reading.job.topology.world_size == 2
    assert read_job(write_job(reading.job)).job == reading.job
