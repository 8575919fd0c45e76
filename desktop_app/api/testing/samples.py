"""What each hook is called with by the contract suite: jobs, scripts, failures of the usual kinds, all small."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from desktop_app.api.exports import ModelFile
from desktop_app.api.failures import FailureReport
from desktop_app.api.forms import Answers, Field, FieldKind, Value
from desktop_app.api.jobs import Distribution, Job, Resources
from desktop_app.api.scripts import ScriptSource
from desktop_app.api.testing.fakes import fake_host, fake_job
from desktop_app.api.wizards import JobWizard, VmSize, WizardContext, WizardStep

SCRIPT = """
import argparse
import os

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1, help="the learning rate")
parser.add_argument("--data", help="a folder")
arguments = parser.parse_args()
rank = int(os.environ["RANK"])
print("loss", 1.0)
"""
_SCRIPTS = (SCRIPT, "", "import torch\nmodel = torch.nn.Linear(2, 1).cuda()\n", "import tensorflow as tf\n")
_ENVIRONMENTS: tuple[str | dict[str, Value], ...] = (
    "azureml:some-environment@latest",
    {"image": "mcr.example.com/base:1", "conda_file": "conda.yml"},
)
_LOG = 'Traceback (most recent call last):\n  File "train.py", line 3, in <module>\nValueError: the shapes differ\n'


def jobs(launches: Iterable[str] = ()) -> tuple[Job, ...]:
    """Return jobs of one process, of several, and of each type of distribution that is given."""
    kinds = dict.fromkeys((*launches, "pytorch", "mpi", "tensorflow"))
    whole = fake_job(timeout=3600, compute="cpu-cluster", tags={"team": "a"}, experiment_name="a")
    several = [dataclasses.replace(whole, distribution=_distribution(kind)) for kind in kinds]
    return (fake_job(), whole, *(dataclasses.replace(each, resources=Resources(2)) for each in several))


def _distribution(kind: str) -> Distribution:
    return Distribution(kind, worker_count=2) if kind == "tensorflow" else Distribution(kind, 2)


def calls(hook: str, launches: Iterable[str] = ()) -> Iterator[dict[str, Any]]:
    """Yield the arguments that a hook is called with, without its settings; of a hook not known here, nothing."""
    host, size = fake_host(gpus=2), VmSize("STANDARD_NC24ADS_A100_V4", gpus=1, vcpus=24, memory_gib=220)
    if hook in ("environment_presets", "job_wizards", "onnx_exporters", "settings_form"):
        yield {}
    elif hook == "scan_script":
        yield from ({"source": ScriptSource("train.py", text)} for text in _SCRIPTS)
    elif hook == "explain_failure":
        report = FailureReport(fake_job(), {0: 1, 1: -9}, 0, {0: _LOG, 1: "Killed\n"})
        yield from ({"report": each} for each in (report, FailureReport(fake_job())))
    for job in jobs(launches):
        if hook == "check_job":
            yield {"job": job}
        elif hook == "launch_plan":
            yield {"job": job, "host": host}
        elif hook == "rank_table":
            yield from ({"job": job, "size": each, "first": 0, "count": 8} for each in (None, size))
        elif hook == "check_environment":
            yield from ({"job": job, "environment": each} for each in _ENVIRONMENTS)


def model(kind: str) -> ModelFile:
    """Return a model of a kind, which is nowhere: a form asks no file."""
    return ModelFile(kind, Path("model").absolute(), callable="build" if kind == "python" else "", parameters=3)


def answers(steps: Iterable[WizardStep]) -> dict[str, Value]:
    """Return an answer to each question that has no default and needs one."""
    fields = (each for step in steps for each in step.form.fields)
    return {each.name: _answer(each) for each in fields if each.required and each.default in (None, "")}


def _answer(field: Field) -> Value:
    numbers = {FieldKind.INTEGER: int(field.minimum or 1), FieldKind.NUMBER: float(field.minimum or 1)}
    other: Mapping[FieldKind, Value] = {
        **numbers,
        FieldKind.BOOLEAN: True,
        FieldKind.CHOICE: field.choices[0].value if field.choices else "sample",
        FieldKind.FILE: "job.yml" if field.name == "job" else "train.py",
        FieldKind.FOLDER: ".",
        FieldKind.KEY_VALUES: {"key": "value"},
        FieldKind.TABLE: {row.name: {} for row in field.rows[:1]},
    }
    return other.get(field.kind, "sample")


def all_answers(wizard: JobWizard, context: WizardContext) -> dict[str, Value]:
    """Return what a person answers who changes nothing: only what must be said."""
    given: dict[str, Value] = {}
    for _ in range(4):  # an answer may bring a question
        more = {key: each for key, each in answers(wizard.steps(given, context)).items() if key not in given}
        if not more:
            break
        given |= more
    return given


def tried_answers(wizard: JobWizard, context: WizardContext, given: Answers) -> Iterator[dict[str, Value]]:
    """Yield answers that differ from those in one question each, as far as its choices and limits go."""
    for step in wizard.steps(given, context):
        for field in step.form.fields:
            yield from ({**given, field.name: each} for each in extremes(field))


def extremes(field: Field) -> list[Value]:
    """Return answers at the ends of what a field takes."""
    if field.kind is FieldKind.BOOLEAN:
        return [True, False]
    if field.kind is FieldKind.CHOICE:
        return [each.value for each in field.choices[:20]]
    ends = [each for each in (field.minimum, field.maximum) if each is not None]
    if field.kind is FieldKind.INTEGER:
        return [int(each) for each in ends]
    return [*ends] if field.kind is FieldKind.NUMBER else []
