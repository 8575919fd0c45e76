"""Every bundled wizard, with its own defaults or with SDK v1's words, makes a job that the Azure ML SDK takes."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from desktop_app.api import Severity, Value
from desktop_app.places import Places
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings
from desktop_app.services.wizards import Wizards

ROOT = Path(__file__).resolve().parents[2]
VERDICTS = ROOT / "tests" / "helpers" / "azureml_verdicts.py"
SCRIPT = """
import argparse
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.2)
p.add_argument("--data-dir")
"""
ANSWERS: tuple[dict[str, Value], ...] = (
    {"script": "src/train.py"},
    {"script": "src/train.py", "v1_words": "process_count=8, node_count=2"},
    {"script": "src/train.py", "environment": "own", "conda_file": "conda.yml", "compute": "gpu-cluster"},
    {"script": "src/train.py", "arg.lr": 0.1, "data_path": "azureml:digits@latest", "vm_size": "Standard_NC64as_T4_v3"},
)
JOB = """
command: python train.py --lr 0.1 --batch-size 32
code: src
environment: azureml:acme@latest
compute: azureml:gpu-cluster
"""
_OF_JOB: dict[str, Value] = {"job": "job.yml", "metric": "accuracy"}
TUNED: tuple[dict[str, Value], ...] = (
    _OF_JOB,
    {**_OF_JOB, "policy": "bandit", "rule": "sobol", "seed": 3, "space": {"lr": {"type": "qnormal"}, "batch_size": {}}},
    {**_OF_JOB, "sampling": "grid", "policy": "truncation_selection", "space": {"lr": {}, "batch_size": {}}},
    {**_OF_JOB, "sampling": "bayesian"},
)
"""For the wizard that goes on from a job."""


@pytest.fixture
def host(places: Places) -> PluginHost:
    """The plugins that come along."""
    made = PluginHost(places, Settings(places.settings))
    made.discover()
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a script that any wizard takes."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text(SCRIPT, "utf-8")
    (tmp_path / "job.yml").write_text(JOB, "utf-8")
    (tmp_path / "conda.yml").write_text("name: own\ndependencies: [python=3.11]\n", "utf-8")
    return tmp_path


def test_the_sdk_takes_what_the_wizards_make(host: PluginHost, azureml_python: Path, project: Path) -> None:
    wizards, cases = Wizards(host), []
    for info, wizard in host.wizards():
        for number, answers in enumerate(ANSWERS):
            pages = wizard.steps(answers, wizards.context(project, answers))
            asked = {field.name for page in pages for field in page.form.fields}
            given = TUNED[number] if "job" in asked else answers
            path = project / f"{info.id}-{wizard.name}-{number}.yml"
            fitting = {name: each for name, each in given.items() if name in asked or name in TUNED[number]}
            path.write_text(wizards.build(info.id, wizard.name, fitting, project), "utf-8")
            cases.append((str(path), "sweepJob" if "job" in asked else "commandJob"))
    done = subprocess.run(
        [azureml_python, VERDICTS], input=json.dumps(cases), capture_output=True, text=True, timeout=240, check=True
    )
    assert len(cases) >= 2 * len(ANSWERS)
    said = dict(zip((Path(path).stem for path, _ in cases), json.loads(done.stdout), strict=True))
    assert {name: why for name, why in said.items() if why != ""} == {}


def test_no_wizard_has_an_error_for_its_defaults(host: PluginHost, project: Path) -> None:
    wizards = Wizards(host)
    for _, wizard in host.wizards():
        answers = TUNED[0] if wizard.job_action else ANSWERS[0]
        steps = wizard.steps(answers, wizards.context(project, answers))
        errors = [note.message for step in steps for note in step.notes if note.severity is Severity.ERROR]
        assert errors == [], wizard.name
