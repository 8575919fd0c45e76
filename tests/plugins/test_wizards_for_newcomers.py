"""What a newcomer meets in the bundled wizards: the wizard to take, SDK v1's words as they were, files found."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import Diagnostic, JobWizard, Value, WizardContext, WizardStep
from desktop_app.places import Places
from desktop_app.presenters.wizard import WizardCard
from desktop_app.presenters.wizard_choice import fits
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings
from desktop_app.services.wizards import Wizards

TORCH = "import torch\nimport torch.distributed as dist\ndist.init_process_group('gloo')\n"
TENSORFLOW = "import tensorflow as tf\nmodel = tf.keras.Model()\n"
HOROVOD = "import torch\nimport horovod.torch as hvd\nhvd.init()\n"
RAY = "import ray\nimport torch\nray.init()\n"
DEEPSPEED = "import torch\nimport deepspeed\ndeepspeed.init_distributed()\n"


@pytest.fixture
def wizards(places: Places) -> Wizards:
    """The wizards that come along."""
    host = PluginHost(places, Settings(places.settings))
    host.discover()
    return Wizards(host)


def pages(
    wizards: Wizards, key: str, folder: Path, script: str = TORCH, **answers: Value
) -> tuple[JobWizard, WizardContext, dict[str, WizardStep]]:
    (folder / "learn.py").write_text(script, "utf-8")
    wizard = wizards.find(*key.split("/"))
    given = {"script": "learn.py", **answers}
    context = wizards.context(folder, given)
    return wizard, context, {each.name: each for each in wizard.steps(given, context)}


def found(step: WizardStep) -> dict[str, Diagnostic]:
    return {each.code: each for each in step.notes}


DDP, TORCHRUN, MIRRORED, SERVED, HVD, MPI, RAYS, DEEP = (
    "rankzero-pytorch/ddp", "rankzero-pytorch/torchrun", "rankzero-tensorflow/tensorflow",
    "rankzero-tensorflow/tensorflow-ps", "rankzero-horovod/horovod-pytorch", "rankzero-horovod/mpi",
    "rankzero-ray/ray", "rankzero-pytorch/deepspeed",
)  # fmt: skip


@pytest.mark.parametrize(
    ("key", "script", "wizard"),
    [
        (DDP, HOROVOD, "Horovod with PyTorch"),
        (TORCHRUN, HOROVOD, "Horovod with PyTorch"),
        (MIRRORED, HOROVOD.replace("torch", "tensorflow"), "Horovod with TensorFlow"),
        (DDP, TENSORFLOW, "TensorFlow, a worker per node (MultiWorkerMirrored)"),
        (MIRRORED, TORCH, "PyTorch, a process per GPU"),
        (DDP, RAY, "Ray cluster"),
        (DDP, DEEPSPEED, "PyTorch with DeepSpeed"),
        (RAYS, HOROVOD, "Horovod with PyTorch"),
        (DDP, TORCH, ""),
        (HVD, HOROVOD, ""),
        (RAYS, RAY, ""),
        (DEEP, DEEPSPEED, ""),
        (DDP, "import torch\ntry:\n    import horovod.torch as hvd\nexcept ImportError:\n    hvd = None\n", ""),
        (DDP, "print('a module of mine trains')\n", ""),
    ],
)
def test_a_script_of_another_wizard_is_sent_there(
    key: str, script: str, wizard: str, wizards: Wizards, tmp_path: Path
) -> None:
    said = [
        each for each in pages(wizards, key, tmp_path, script)[2]["script"].notes if "take the wizard" in each.message
    ]
    assert [each.message.partition("“")[2].partition("”")[0] for each in said] == ([wizard] if wizard else [])
    assert all((each.severity.value, each.path) == ("warning", "script") for each in said)


def test_v1s_words_are_those_of_the_wizard(wizards: Wizards, tmp_path: Path) -> None:
    ranks = pages(wizards, DDP, tmp_path, nodes=2, processes_per_node=2)[2]["ranks"]
    assert "process_count = 4" in found(ranks)["v1-process-count"].message
    ranks = pages(wizards, HVD, tmp_path, HOROVOD, nodes=2, processes_per_node=2)[2]["ranks"]
    assert "process_count_per_node means the same: 2" in found(ranks)["v1-process-count"].message
    for key, name, word in ((DDP, "ranks", "PyTorch"), (HVD, "ranks", "Mpi"), (SERVED, "workers", "Tensorflow")):
        helps = {each.name: each.help for each in pages(wizards, key, tmp_path)[2][name].form.fields}
        assert f"{word}Configuration(" in helps["v1_words"]


@pytest.mark.parametrize(
    ("words", "codes"),
    [
        ("process_count=8", {"v1-no-process-count"}),
        ("node_count=7", {"v1-nodes-differ"}),
        ("TensorflowConfiguration(worker_count=2, parameter_server_count=1), node_count=2", {"v1-nodes-differ"}),
        ("TensorflowConfiguration(worker_count=2, parameter_server_count=1), node_count=3", set()),
    ],
)
def test_counts_that_a_tensorflow_job_has_not_are_warned_of(
    words: str, codes: set[str], wizards: Wizards, tmp_path: Path
) -> None:
    page = pages(wizards, SERVED, tmp_path, TENSORFLOW, v1_words=words)[2]["workers"]
    assert found(page).keys() & {"v1-no-process-count", "v1-nodes-differ"} == codes


def test_a_dockerfiles_folder_stands_alone(wizards: Wizards, tmp_path: Path) -> None:
    (tmp_path / "environment" / "hvd").mkdir(parents=True)
    (tmp_path / "environment" / "hvd" / "Dockerfile").write_text("RUN pip install horovod", "utf-8")
    form = pages(wizards, HVD, tmp_path, HOROVOD)[2]["environment"].form
    assert [each.name for each in form.fields] == ["environment", "build_folder"]
    assert "Dockerfile" in next(each.title for each in form.fields[0].choices if each.value == "own")
    form = pages(wizards, HVD, tmp_path, HOROVOD, build_folder="", conda_file="no.yml")[2]["environment"].form
    assert [each.name for each in form.fields] == ["environment", "image", "conda_file", "build_folder"]


def test_the_ray_wizard_finds_a_conda_file_with_ray(wizards: Wizards, tmp_path: Path) -> None:
    (tmp_path / "environment").mkdir()
    (tmp_path / "environment" / "a.yml").write_text("dependencies: [array]\n", "utf-8")
    (tmp_path / "environment" / "ray.yml").write_text("dependencies:\n- pip:\n  - ray[default]==2.40\n", "utf-8")
    wizard, context, steps = pages(wizards, RAYS, tmp_path, RAY)
    assert {each.name: each.default for each in steps["environment"].form.fields}["conda_file"] == "environment/ray.yml"
    assert "environment-without-ray" not in found(steps["environment"])
    environment = wizard.build({"script": "learn.py"}, context).environment
    assert isinstance(environment, dict)
    assert environment["conda_file"] == "environment/ray.yml"


def test_the_display_name_is_the_scripts(wizards: Wizards, tmp_path: Path) -> None:
    wizard, context, steps = pages(wizards, DDP, tmp_path)
    assert {each.name: each.default for each in steps["review"].form.fields}["display_name"] == "learn-ddp"
    assert wizard.build({"script": "learn.py"}, context).display_name == "learn-ddp"


@pytest.mark.parametrize(
    ("key", "script", "name"),
    [
        (TORCHRUN, "learn.py", "learn-torchrun"), (SERVED, "learn.py", "learn-tensorflow-ps"),
        (SERVED, "train_tensorflow_ps.py", "train_tensorflow_ps"), (DDP, "ddp-mnist.py", "ddp-mnist"),
    ],
)  # fmt: skip
def test_the_display_name_says_the_way_once(wizards: Wizards, tmp_path: Path, key: str, script: str, name: str) -> None:
    (tmp_path / script).write_text(TORCH, "utf-8")
    wizard, context, _ = pages(wizards, key, tmp_path)
    assert wizard.build({"script": script}, context).display_name == name


def test_data_that_lies_with_the_code_need_not_be_named(wizards: Wizards, tmp_path: Path) -> None:
    _, _, steps = pages(wizards, DDP, tmp_path)
    asked = {each.name: each for each in steps["data"].form.fields}["data_path"]
    assert asked.help.startswith("Optional")
    assert not asked.required


@pytest.mark.parametrize(("key", "who"), [(DDP, "every rank"), (MIRRORED, "every task"), (RAYS, "runs once")])
def test_the_script_page_says_who_runs_it(wizards: Wizards, tmp_path: Path, key: str, who: str) -> None:
    _, _, steps = pages(wizards, key, tmp_path)
    assert who in {each.name: each.help for each in steps["script"].form.fields}["script"]


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("ScriptRunConfig", DDP), ("MpiConfiguration", HVD), ("process_count_per_node", MPI), ("keras", MIRRORED),
        ("TensorflowConfiguration", SERVED), ("lightning", DDP), ("ScriptRunConfig", "rankzero-sdk-v1/v1"),
        ("HyperDriveConfig", "rankzero-sweeps/tune"), ("bayesian", "rankzero-sweeps/tune"),
    ],
)  # fmt: skip
def test_wizards_are_found_by_words_people_know(typed: str, key: str, wizards: Wizards) -> None:
    made = wizards.find(*key.split("/"))
    assert fits(WizardCard(key, made.title, made.summary, made.icon, "", made.tags), typed)


def test_v1s_torch_with_horovod_is_warned_of_and_mlflow_stands_once(wizards: Wizards, tmp_path: Path) -> None:
    text = "PyTorch('.', entry_script='learn.py', pip_packages=['horovod', 'mlflow', 'azureml-defaults'])"
    (tmp_path / "submit.py").write_text(text, "utf-8")
    wizard, context, steps = pages(wizards, "rankzero-sdk-v1/v1", tmp_path, v1_file="submit.py")
    assert any("Dockerfile" in each.message for each in steps["environment"].notes)
    packages = str(wizard.build({"v1_file": "submit.py"}, context).environment)
    assert "'mlflow'" in packages
    assert "mlflow-skinny" not in packages


def test_a_count_for_the_gpus_is_said_per_node(wizards: Wizards, tmp_path: Path) -> None:
    ranks = pages(wizards, DDP, tmp_path, processes_per_node=2, vm_size="Standard_NC64as_T4_v3")[2]["ranks"]
    assert found(ranks)["idle-gpus"].message.endswith("start 4 per node.")


def test_the_ray_wizard_names_the_arguments_of_ray_start(wizards: Wizards, tmp_path: Path) -> None:
    titles = [each.title for each in pages(wizards, RAYS, tmp_path, RAY)[2]["cluster"].form.fields]
    assert {"Arguments of ray start on the head", "Arguments of ray start on workers"} <= set(titles)
