"""v1 code that trains with PyTorch and Horovod: its job gets an image that holds both, or says what to name."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import Answers, FieldKind, Job, Value, WizardStep
from desktop_app.api.kit import file_naming
from desktop_app.api.testing import fake_context
from plugins.sdk_v1.horovod import BUILD
from plugins.sdk_v1.job import build
from plugins.sdk_v1.wizard import wizards

NAMED = """
est = PyTorch(source_directory='.', entry_script='train.py', node_count=2, distributed_training=Mpi(),
              pip_packages=['horovod==0.19.5', 'pandas'])
"""
UNNAMED = NAMED.replace("pip_packages=['horovod==0.19.5', 'pandas']", "use_gpu=True")
SCRIPT = "import torch\nimport horovod.torch as hvd\nhvd.init()\n"
IMAGE = "my.azurecr.io/horovod:1"


def project(folder: Path, text: str, script: str = SCRIPT, *, dockerfile: bool = False) -> Path:
    (folder / "submit.py").write_text(text, "utf-8")
    (folder / "train.py").write_text(script, "utf-8")
    if dockerfile:
        (folder / "environment" / "hvd").mkdir(parents=True)
        (folder / "environment" / "hvd" / "Dockerfile").write_text("FROM x\nRUN pip install Horovod\n", "utf-8")
    return folder


def job(folder: Path, answers: Answers | None = None) -> Job:
    return build({"v1_file": "submit.py", **(answers or {})}, fake_context(folder))


def environment_page(folder: Path, answers: Answers | None = None) -> WizardStep:
    (wizard,) = wizards()
    found = wizard.steps({"v1_file": "submit.py", **(answers or {})}, fake_context(folder))
    return next(each for each in found if each.title == "Environment")


@pytest.mark.parametrize("text", [NAMED, UNNAMED], ids=["by its packages", "by its script"])
def test_a_dockerfile_of_the_project_is_taken(text: str, tmp_path: Path) -> None:
    project(tmp_path, text, dockerfile=True)
    assert job(tmp_path).environment == {"build": {"path": "environment/hvd"}}
    page = environment_page(tmp_path)
    field = next(each for each in page.form.fields if each.name == BUILD)
    assert (field.kind, field.default) == (FieldKind.FOLDER, "environment/hvd")
    assert [each.code for each in page.notes] == ["packages-in-image"]


@pytest.mark.parametrize("text", [NAMED, UNNAMED], ids=["by its packages", "by its script"])
def test_without_one_it_is_asked_for(text: str, tmp_path: Path) -> None:
    page = environment_page(project(tmp_path, text))
    (found,) = [each for each in page.notes if each.code == "no-horovod-inside"]
    assert found.path == BUILD
    assert "Dockerfile" in found.message
    assert BUILD in {each.name for each in page.form.fields}


@pytest.mark.parametrize(
    ("answers", "environment", "code"),
    [
        ({"base_image": IMAGE}, {"image": IMAGE}, "packages-in-image"),
        ({BUILD: "docker"}, {"build": {"path": "docker"}}, "dockerfile-missing"),
        ({BUILD: "docker", "base_image": IMAGE}, {"build": {"path": "docker"}}, "dockerfile-missing"),
    ],
)
def test_what_a_person_names_is_taken(
    answers: dict[str, Value], environment: dict[str, Value], code: str, tmp_path: Path
) -> None:
    project(tmp_path, NAMED)
    assert job(tmp_path, answers).environment == environment
    assert code in {each.code for each in environment_page(tmp_path, answers).notes}


def test_a_folder_that_is_cleared_leaves_the_packages(tmp_path: Path) -> None:
    project(tmp_path, NAMED, dockerfile=True)
    made = job(tmp_path, {BUILD: ""}).environment
    assert isinstance(made, dict)
    assert {"image", "conda_file"} == made.keys()


@pytest.mark.parametrize(
    ("text", "script"),
    [
        (UNNAMED, "import torch\n"),
        (UNNAMED.replace("Mpi()", "Nccl()"), SCRIPT),
        (NAMED.replace("PyTorch", "TensorFlow"), "import tensorflow\nimport horovod.tensorflow\n"),
    ],
    ids=["another script", "started otherwise", "TensorFlow"],
)
def test_others_are_not_asked(text: str, script: str, tmp_path: Path) -> None:
    project(tmp_path, text, script, dockerfile=True)
    assert BUILD not in {each.name for each in environment_page(tmp_path).form.fields}
    made = job(tmp_path).environment
    assert isinstance(made, str) or "build" not in (made or {})


def test_a_file_that_names_a_package(tmp_path: Path) -> None:
    project(tmp_path, NAMED, dockerfile=True)
    assert file_naming(tmp_path, "environment/*/Dockerfile", "horovod") == "environment/hvd/Dockerfile"
    assert file_naming(tmp_path, "environment/*/Dockerfile", "mpi4py") == ""
    assert file_naming(tmp_path, "none/*", "horovod") == ""
