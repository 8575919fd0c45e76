"""A `.runconfig` picked as the v1 file: what is read of it, and the v2 job that comes of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from desktop_app.api import Distribution, Job
from desktop_app.api.testing import fake_context
from plugins.sdk_v1.code_file import parse_code
from plugins.sdk_v1.job import build
from plugins.sdk_v1.run_config_text import parse
from plugins.sdk_v1.wizard import wizards

TEXT = """\
# The script to run.
script: src/train.py
# The arguments to the script file.
arguments:
- --epochs
- 30
- --data
- $AZUREML_DATAREFERENCE_digits
- --note
- 'node_count=7, it''s fine'
- --fast
# The name of the compute target to use for this run.
target: gpu-cluster
framework: PyTorch
communicator: IntelMpi   # as v1 says
maxRunDurationSeconds:
nodeCount: 2
environment:
  name: project_environment
  environmentVariables:
    EXAMPLE_ENV_VAR: EXAMPLE_VALUE
    NCCL_DEBUG: INFO
  python:
    userManagedDependencies: false
    condaDependencies:
      channels:
      - conda-forge
      dependencies:
      - python=3.8.13
      - pip:
        - azureml-defaults
        - torch==2.3.0
      - numpy
  docker:
    baseImage: mcr.microsoft.com/azureml/base:intelmpi2018.3-ubuntu16.04
    arguments: []
history:
  directoriesToWatch:
  - logs
mpi:
  processCountPerNode: 4
tensorflow:
  workerCount: 1
  parameterServerCount: 1
pytorch:
  communicationBackend: nccl
  processCount: 1
dataReferences:
  digits:
    dataStoreName: workspaceblobstore
    mode: download
    pathOnDataStore: digits/v1
    overwrite: false
"""
ROOT = Path(__file__).resolve().parents[2]
PLACE = ".azureml/job.runconfig"


def written(folder: Path, text: str, name: str = PLACE) -> Path:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder


def job(folder: Path, text: str, name: str = PLACE) -> Job:
    return build({"v1_file": name}, fake_context(written(folder, text, name)))


def changed(**words: Any) -> str:
    return json.dumps(parse(TEXT) | words)


def test_script_arguments_counts_and_environment_are_carried_over(tmp_path: Path) -> None:
    made = job(tmp_path, TEXT)
    assert made.command == (
        "python src/train.py --epochs 30 --data ${{inputs.digits}} --note 'node_count=7, it'\"'\"'s fine' --fast"
    )
    assert (made.code, made.compute) == (".", "azureml:gpu-cluster")
    assert made.distribution == Distribution("mpi", 4)
    assert made.resources.instance_count == 2
    assert made.environment_variables == {"NCCL_DEBUG": "INFO"}
    data = made.inputs["digits"]
    assert (data.path, data.mode) == ("azureml://datastores/workspaceblobstore/paths/digits/v1", "download")
    assert isinstance(made.environment, dict)
    assert "ubuntu24.04" in str(made.environment["image"])
    conda = made.environment["conda_file"]
    assert isinstance(conda, dict)
    assert conda["dependencies"] == [
        "python=3.11",
        "numpy",
        "pip",
        {"pip": ["mlflow-skinny", "torch==2.3.0", "azureml-mlflow"]},
    ]


@pytest.mark.parametrize(
    ("words", "distribution", "nodes"),
    [
        ({"communicator": "None"}, None, 2),
        ({"communicator": "Nccl", "pytorch": {"processCount": 8}}, Distribution("pytorch", 4), 2),
        (
            {
                "communicator": "ParameterServer", "nodeCount": 3,
                "tensorflow": {"workerCount": 2, "parameterServerCount": 1},
            },
            Distribution("tensorflow", worker_count=2, parameter_server_count=1),
            3,
        ),
    ],
)  # fmt: skip
def test_only_the_communicators_own_counts_count(
    words: dict[str, Any], distribution: Distribution | None, nodes: int, tmp_path: Path
) -> None:
    made = job(tmp_path, changed(**words))
    assert (made.distribution, made.resources.instance_count) == (distribution, nodes)


def test_json_of_the_early_days_says_the_same(tmp_path: Path) -> None:
    assert job(tmp_path / "a", changed()) == job(tmp_path / "a", TEXT, ".azureml/b.runconfig")


def run_configs() -> list[Path]:
    return sorted((ROOT.parent / "shared" / "corpora").rglob("*.runconfig"))


@pytest.mark.parametrize("text", [TEXT, "a: [b, 'c, d', \"e\"]\nk: on # why\nl:\n- [1, 2]\n- x: 1\n  y: 'z'\n"])
def test_it_is_read_as_yaml_is(text: str) -> None:
    assert parse(text) == YAML(typ="safe", pure=True).load(text)


@pytest.mark.skipif(not run_configs(), reason="the corpora are not there")
@pytest.mark.parametrize("path", run_configs(), ids=lambda each: each.name)
def test_real_ones_are_read_as_yaml_is(path: Path) -> None:
    text = path.read_text("utf-8-sig")
    found = parse(text)
    known = YAML(typ="safe", pure=True).load(text)
    same = ("script", "arguments", "target", "framework", "communicator", "nodeCount", "mpi", "tensorflow")
    assert {name: found.get(name) for name in same} == {name: known.get(name) for name in same}
    assert found["environment"]["python"] == known["environment"]["python"]


def test_its_paths_start_from_the_folder_above_azuremls_own(tmp_path: Path) -> None:
    assert job(tmp_path, TEXT, "sub/aml_config/job.runconfig").code == "sub"
    assert job(tmp_path, TEXT, "sub/job.runconfig").code == "sub"


def test_a_curated_environment_is_taken_by_its_name(tmp_path: Path) -> None:
    made = job(tmp_path, TEXT.replace("project_environment", "AzureML-PyTorch-1.6-GPU"))
    assert isinstance(made.environment, str)
    assert "acpt-pytorch" in made.environment


def test_a_command_that_azureml_broke_is_one(tmp_path: Path) -> None:
    text = "command: python -m torch.distributed.launch --nproc_per_node 2\n  --use_env train.py\nnodeCount: 1\n"
    assert job(tmp_path, text).command.startswith("torchrun --nnodes=1 --nproc-per-node=2 ")
    assert job(tmp_path, text).command.endswith(" train.py")


def test_the_wizard_says_what_it_found(tmp_path: Path) -> None:
    (wizard,) = wizards()
    context = fake_context(written(tmp_path, TEXT))
    page, *_ = wizard.steps({"v1_file": PLACE}, context)
    assert [(each.code, each.message) for each in page.notes] == [
        ("found", "Found line 1: run configuration, src/train.py.")
    ]
    (file,) = page.form.fields
    assert "*.runconfig" in file.patterns


ODD = ("- a: [b, 'c", "  - ", " x", "k: |", "   deep", "- - -", "a: {b: c}", '"q": "', "a: [b, 'c, d', \"e\"]")
LINES = st.lists(st.sampled_from([*TEXT.splitlines(), *ODD]), max_size=30)


@given(LINES)
def test_odd_files_never_raise(lines: list[str]) -> None:
    found = parse_code("\n".join(lines), "a.runconfig")
    assert found.is_read or found.fault
