"""What mends a run beyond its job file: a package for the environment, a word for the script."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.api import Remedy, RemedyKind, RunSnapshot, RunStatus, UserError
from desktop_app.services.remedies import change_for, with_image, with_unused_parameters
from tests.helpers.run_folders import make_run

PANDAS = Remedy(RemedyKind.ADD_PACKAGE, "pandas")
UNUSED = Remedy(RemedyKind.FIND_UNUSED_PARAMETERS)
CONDA = "name: x\ndependencies:\n  - python=3.11  # as on the cluster\n  - pip:\n      - torch==2.13.0\n"


def run_of(tmp_path: Path, environment: str, **files: str) -> RunSnapshot:
    project = tmp_path / "project"
    project.mkdir()
    job = project / "job.yml"
    job.write_text(f"command: python train.py\nenvironment:{environment}\ncompute: azureml:gpu\n")
    for name, text in files.items():
        (project / name.replace("_yml", ".yml")).write_text(text)
    return replace(make_run(tmp_path / "runs", "r-1", RunStatus.FAILED).snapshot, source=str(job))


def mended(run: RunSnapshot, remedy: Remedy = PANDAS) -> tuple[str, str]:
    change = change_for(run, remedy)
    return change.path.name, change.make(change.path.read_text())


def test_a_package_joins_the_pip_list_of_the_conda_file_that_the_job_names(tmp_path: Path) -> None:
    run = run_of(tmp_path, "\n  image: ubuntu\n  conda_file: env.yml", env_yml=CONDA)
    assert mended(run) == ("env.yml", CONDA + "      - pandas\n")
    assert change_for(run, PANDAS).title == "Add pandas to env.yml"


@pytest.mark.parametrize(
    ("conda", "end"),
    [
        ("dependencies:\n  - python=3.11\n", "  - python=3.11\n  - pip:\n      - pandas\n"),
        ("name: x\n", "name: x\ndependencies:\n  - pip:\n      - pandas\n"),
    ],
)
def test_where_no_pip_list_stands_one_is_made(tmp_path: Path, conda: str, end: str) -> None:
    _name, text = mended(run_of(tmp_path, "\n  image: ubuntu\n  conda_file: file:env.yml", env_yml=conda))
    assert text.endswith(end)


@pytest.mark.parametrize(
    ("conda", "package", "after"),
    [
        ("  - numpy=2.1  # new", "numpy<2", "  - numpy<2  # new"),
        ("  - pip:\n      - Protobuf==5.0\n      - torch", "protobuf<=3.20.3",
         "  - pip:\n      - protobuf<=3.20.3\n      - torch"),
        ("  - pip:\n      - ray", "ray[default]", "  - pip:\n      - ray[default]"),
        ("  - pip:\n      - torch", "setuptools<81", "  - pip:\n      - torch\n      - setuptools<81"),
    ],
)  # fmt: skip
def test_a_version_takes_the_place_of_another_one(tmp_path: Path, conda: str, package: str, after: str) -> None:
    run = run_of(tmp_path, "\n  image: ubuntu\n  conda_file: env.yml", env_yml=f"dependencies:\n{conda}\n")
    assert mended(run, Remedy(RemedyKind.ADD_PACKAGE, package)) == ("env.yml", f"dependencies:\n{after}\n")


def test_another_image_is_for_a_person_to_choose(tmp_path: Path) -> None:
    run = run_of(tmp_path, " azureml:old@latest")
    with pytest.raises(UserError, match="for you to choose"):
        change_for(run, Remedy(RemedyKind.OTHER_IMAGE))
    job = Path(run.source)
    change = with_image(job, "azureml://registries/azureml/environments/new/labels/latest")
    assert change.make(job.read_text()) == (
        "command: python train.py\n"
        "environment: azureml://registries/azureml/environments/new/labels/latest\ncompute: azureml:gpu\n"
    )


def test_a_conda_file_within_the_job_changes_the_job(tmp_path: Path) -> None:
    inline = "\n  image: ubuntu\n  conda_file:\n    dependencies:\n      - pip:\n          - torch"
    name, text = mended(run_of(tmp_path, inline))
    assert name == "job.yml"
    assert "          - torch\n          - pandas\ncompute: azureml:gpu\n" in text


def test_an_environment_in_a_file_of_its_own_is_followed(tmp_path: Path) -> None:
    run = run_of(tmp_path, " file:own.yml", own_yml="name: own\nimage: ubuntu\nconda_file: env.yml\n", env_yml=CONDA)
    assert mended(run)[0] == "env.yml"


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        (" azureml://registries/azureml/environments/acpt/labels/latest", "is kept by Azure ML"),
        ("\n  image: ubuntu", "has no conda file that pandas could stand in"),
        ("\n  build:\n    path: .", "has no conda file that pandas could stand in"),
        ("\n  image: ubuntu\n  conda_file: gone.yml", "job.yml names gone.yml, which is not there"),
    ],
)
def test_what_can_not_be_changed_says_why(tmp_path: Path, environment: str, told: str) -> None:
    with pytest.raises(UserError, match=told) as raised:
        mended(run_of(tmp_path, environment))
    assert raised.value.hint


def test_a_package_that_stands_there_is_not_added_twice(tmp_path: Path) -> None:
    run = run_of(tmp_path, "\n  image: ubuntu\n  conda_file: env.yml", env_yml=CONDA + "      - Pandas>=2\n")
    with pytest.raises(UserError, match="stands there already"):
        mended(run)


def test_what_is_no_package_or_has_no_job_file_any_more_is_refused(tmp_path: Path) -> None:
    run = run_of(tmp_path, " x")
    with pytest.raises(UserError, match="is no name of a package"):
        change_for(run, replace(PANDAS, value="--index-url=x"))
    Path(run.source).unlink()
    with pytest.raises(UserError, match="job file is gone"):
        change_for(run, PANDAS)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("m = DDP(m)\n", "m = DDP(m, find_unused_parameters=True)\n"),
        ("m = nn.parallel.DistributedDataParallel(m, device_ids=[0])  # é\n",
         "m = nn.parallel.DistributedDataParallel(m, device_ids=[0], find_unused_parameters=True)  # é\n"),
        ("é = 1; m = DDP(\n    (m),\n)\n", "é = 1; m = DDP(\n    (m),\nfind_unused_parameters=True)\n"),
        ("m = DDP(m, find_unused_parameters=False, static_graph=True)\r\n",
         "m = DDP(m, find_unused_parameters=True, static_graph=True)\r\n"),
        ("m = DDP(\n    m,\n    device_ids=[0],\n)\n",
         "m = DDP(\n    m,\n    device_ids=[0], find_unused_parameters=True,\n)\n"),
    ],
)  # fmt: skip
def test_only_these_words_of_a_script_change(before: str, after: str) -> None:
    assert with_unused_parameters(before) == after


@pytest.mark.parametrize("source", ["m = Other(m)\n", "def (\n", "m = DDP(m, find_unused_parameters=True)\n"])
def test_a_script_without_such_a_call_is_left_alone(source: str) -> None:
    with pytest.raises(UserError, match="not called here"):
        with_unused_parameters(source)


def test_the_script_is_found_among_the_files_that_went_along(tmp_path: Path) -> None:
    made = make_run(tmp_path / "runs", "r-1", RunStatus.FAILED)
    script = tmp_path / "train.py"
    script.write_text("model = DDP(model)\n")
    plan = json.loads((made.path / "plan.json").read_text())
    plan["files"] = [{"source": str(script), "target": "train.py", "size": 9, "modified_ns": 0}]
    (made.path / "plan.json").write_text(json.dumps(plan))
    assert mended(made.snapshot, UNUSED) == ("train.py", "model = DDP(model, find_unused_parameters=True)\n")
    script.write_text("model = model\n")
    with pytest.raises(UserError, match="No file of the job's code"):
        change_for(made.snapshot, UNUSED)
