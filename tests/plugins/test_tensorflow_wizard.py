"""The two TensorFlow wizards: questions, notes that say why, and the job that comes out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.api import Answers, Diagnostic, Field, Job, JobWizard, Severity, Value, WizardContext, WizardStep
from desktop_app.api.testing import assert_form_sound
from desktop_app.places import Places, shipped
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings
from desktop_app.services.wizards import Wizards
from plugins.tensorflow.launch import processes
from plugins.tensorflow.wizard import wizards
from tests.helpers.tensorflow_jobs import HOST, wizard_context

MIRRORED, SERVED = wizards()
BOTH = pytest.mark.parametrize("wizard", [MIRRORED, SERVED], ids=["mirrored", "served"])
SAMPLE = shipped("resources") / "samples" / "digits"
VERDICTS = Path(__file__).parents[1] / "helpers" / "azureml_verdicts.py"
PLUGIN = "rankzero-tensorflow"
SCRIPT = """
import argparse
import tensorflow as tf
p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.1)
args = p.parse_args()
strategy = tf.distribute.MultiWorkerMirroredStrategy()
"""
SCRIPT_PS = SCRIPT.replace("MultiWorkerMirroredStrategy()", "ParameterServerStrategy(resolver)")
ANSWERS: dict[str, Value] = {"script": "src/train.py"}


def steps(wizard: JobWizard, answers: Answers, context: WizardContext) -> dict[str, WizardStep]:
    return {each.name: each for each in wizard.steps(answers, context)}


def field(step: WizardStep, name: str) -> Field:
    return next(each for each in step.form.fields if each.name == name)


def notes(step: WizardStep) -> dict[str, Diagnostic]:
    return {each.code: each for each in step.notes}


def errors(found: Mapping[str, WizardStep]) -> list[str]:
    return [note.code for step in found.values() for note in step.notes if note.severity is Severity.ERROR]


def of_workers(wizard: JobWizard, context: WizardContext, **more: Value) -> WizardStep:
    return steps(wizard, {**ANSWERS, **more}, context)["workers"]


def counts(job: Job) -> tuple[int | None, int | None, int | None]:
    assert job.distribution is not None
    given = job.distribution
    return given.worker_count, given.parameter_server_count, job.resources.instance_count


@BOTH
def test_pages_are_always_the_same(wizard: JobWizard, tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    names = ["script", "workers", "environment", "data", "review"]
    for answers in ({}, ANSWERS, {**ANSWERS, "environment": "own", "workers": 5}):
        found = wizard.steps(answers, context)
        assert [each.name for each in found] == names
        assert [each.shows_topology for each in found] == [False, True, False, False, False]
        for step in found:
            assert_form_sound(step.form)


@pytest.mark.parametrize(
    ("wizard", "script", "expected"), [(MIRRORED, SCRIPT, (2, None, 2)), (SERVED, SCRIPT_PS, (3, 1, 4))]
)
def test_defaults_are_an_experts(
    wizard: JobWizard, script: str, expected: tuple[int, int | None, int], tmp_path: Path
) -> None:
    context = wizard_context(tmp_path, script)
    found = steps(wizard, ANSWERS, context)
    assert errors(found) == []
    assert not [note for step in found.values() for note in step.notes if note.severity is Severity.WARNING]
    job = wizard.build(ANSWERS, context)
    assert counts(job) == expected
    assert job.command == "python train.py"
    assert str(job.environment).endswith("/tensorflow-2.16-cuda12/labels/latest")
    assert job.distribution is not None
    assert job.distribution.type == "tensorflow"
    assert job.distribution.process_count_per_instance is None
    assert len(processes(job, HOST) or ()) == expected[2]
    assert field(found["workers"], "workers").help


@BOTH
def test_a_job_is_there_before_anything_is_answered(wizard: JobWizard, tmp_path: Path) -> None:
    context = replace(wizard_context(tmp_path), scan=None, presets=(), vm_sizes=())
    assert wizard.build({}, context).command
    assert errors(steps(wizard, {}, context)) == ["script-missing"]


@BOTH
@pytest.mark.parametrize(
    "garbage",
    [
        {"script": 7, "workers": "many", "parameter_servers": None, "tags": "x", "timeout": "soon"},
        {"script": "../../etc/passwd", "workers": -1, "parameter_servers": -3, "environment": 3, "v1_words": []},
    ],
)
def test_garbage_never_raises(wizard: JobWizard, garbage: dict[str, Value], tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    assert errors(steps(wizard, garbage, context))
    wizard.build(garbage, context)


def test_arguments_go_into_the_command(tmp_path: Path) -> None:
    job = MIRRORED.build({**ANSWERS, "arg.lr": 0.5, "workers": 4}, wizard_context(tmp_path, SCRIPT))
    assert job.command == "python train.py --lr ${{inputs.lr}}"
    assert counts(job) == (4, None, 4)


@pytest.mark.parametrize(
    ("wizard", "words", "expected", "note"),
    [
        (MIRRORED, "TensorflowConfiguration(worker_count=3, parameter_server_count=0)", (3, None, 3), "v1-translated"),
        (SERVED, "TensorflowConfiguration(worker_count=3, parameter_server_count=2)", (3, 2, 5), "v1-translated"),
        (SERVED, "TensorflowConfiguration(worker_count=2)", (2, 1, 3), "v1-translated"),
        (SERVED, "distributed_training=ParameterServer(worker_count=2)", (2, 1, 3), "v1-translated"),
        (MIRRORED, "MpiConfiguration(process_count_per_node=2)", (2, None, 2), "v1-other-wizard"),
    ],
)
def test_words_of_v1_are_translated_as_one_types(
    wizard: JobWizard, words: str, expected: tuple[int, int | None, int], note: str, tmp_path: Path
) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    assert counts(wizard.build({**ANSWERS, "v1_words": words}, context)) == expected
    assert note in notes(of_workers(wizard, context, v1_words=words))


def test_v1s_parameter_servers_are_not_lost_in_the_wizard_that_has_none(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT)
    words = "TensorflowConfiguration(worker_count=3, parameter_server_count=2)"
    assert "parameter servers" in notes(of_workers(MIRRORED, context, v1_words=words))["v1-parameter-servers"].message
    assert "v1-parameter-servers" not in notes(of_workers(SERVED, context, v1_words=words))
    without = "TensorflowConfiguration(worker_count=3, parameter_server_count=0)"
    assert "v1-parameter-servers" not in notes(of_workers(MIRRORED, context, v1_words=without))


def test_one_worker_is_too_few_where_one_coordinates(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT_PS)
    assert notes(of_workers(SERVED, context, workers=1))["no-worker-left"].severity is Severity.WARNING
    assert "one-worker" in notes(of_workers(MIRRORED, wizard_context(tmp_path, SCRIPT), workers=1))


def test_gpus_that_would_stay_idle_are_said(tmp_path: Path) -> None:
    context = wizard_context(tmp_path, SCRIPT_PS)
    found = notes(of_workers(SERVED, context, vm_size="Standard_NC64as_T4_v3"))
    assert found["idle-gpus-of-servers"].message.startswith("2 of 4 nodes")
    assert "idle-gpus" not in found
    assert "no-infiniband" in found
    cpu = notes(of_workers(SERVED, context, vm_size="Standard_D4ds_v5"))
    assert "idle-gpus-of-servers" not in cpu
    assert "more-processes-than-gpus" not in cpu


@pytest.mark.parametrize(
    ("wizard", "script", "code"),
    [
        (MIRRORED, SCRIPT_PS, "other-strategy"),
        (SERVED, SCRIPT, "other-strategy"),
        (MIRRORED, "import tensorflow as tf\n", "no-strategy"),
        (SERVED, "import tensorflow as tf\n", "no-strategy"),
        (MIRRORED, "import tensorflow as tf\nimport horovod.tensorflow as hvd\n", "horovod-script"),
        (MIRRORED, "import torch\n", None),
    ],
)
def test_a_script_of_another_way_is_sent_there(
    wizard: JobWizard, script: str, code: str | None, tmp_path: Path
) -> None:
    found = notes(steps(wizard, ANSWERS, wizard_context(tmp_path, script))["script"])
    assert {"other-strategy", "no-strategy", "horovod-script"} & found.keys() == ({code} if code else set())


@pytest.mark.parametrize(("workers", "is_said"), [(2, True), (1, False)])
def test_a_strategy_of_one_machine_is_warned_of_where_workers_are_several(
    workers: int, is_said: bool, tmp_path: Path
) -> None:
    script = "import tensorflow as tf\nstrategy = tf.distribute.MirroredStrategy()\n"
    found = notes(steps(MIRRORED, {**ANSWERS, "workers": workers}, wizard_context(tmp_path, script))["script"])
    assert ("one-machine-strategy" in found) == is_said
    assert ("strategy-mirrored" in found) != is_said, "it is said once"
    if is_said:
        assert found["one-machine-strategy"].severity is Severity.WARNING


@pytest.mark.parametrize(
    ("wizard", "script"), [("tensorflow", "train_tensorflow.py"), ("tensorflow-ps", "train_tensorflow_ps.py")]
)
def test_the_samples_job_file_is_taken_by_azures_own_loader(
    wizard: str, script: str, places: Places, azureml_python: Path, tmp_path: Path
) -> None:
    """A newcomer's choices: the sample's script, and Enter on every other question."""
    host = PluginHost(places, Settings(places.settings))
    host.discover()
    text = Wizards(host).build(PLUGIN, wizard, {"script": f"src/{script}"}, SAMPLE)
    job = tmp_path / "job.yml"
    job.write_text(text, "utf-8")
    asked = json.dumps([[str(each), "commandJob"] for each in (job, *sorted(SAMPLE.glob("tensorflow*.yml")))])
    done = subprocess.run(
        [str(azureml_python), str(VERDICTS)], input=asked, capture_output=True, text=True, check=True, timeout=240
    )
    assert json.loads(done.stdout) == ["", "", ""], text
    assert "worker_count:" in text
