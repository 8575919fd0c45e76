"""Curated environments: the ones to start from, and retired names in every way people write them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from desktop_app.api import Distribution, Job, Resources, Severity, Value
from desktop_app.api.kit import name_in
from desktop_app.services.catalogues import vm_sizes
from plugins.pytorch import environment_checks, environments, facts
from plugins.pytorch.environments import PRESETS
from tests.helpers.pytorch_jobs import pytorch_job

DATA = Path(environments.__file__).parent / "data"
CURRENT = "azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest"


def test_presets_are_current_and_dated() -> None:
    (first, *_) = environments.presets()
    assert first.reference == CURRENT
    assert all(
        each.status == "current" and each.as_of and each.source and each.packages for each in environments.presets()
    )


@pytest.mark.parametrize("path", sorted(DATA.glob("*.json")), ids=lambda path: path.name)
def test_data_is_dated_and_names_its_source(path: Path) -> None:
    data = json.loads(path.read_text("utf-8"))
    assert re.fullmatch(r"20\d\d-\d\d", data["as_of"])
    assert data["source"]
    assert data["items"]


def test_every_retired_name_has_a_successor_to_start_from() -> None:
    names = {each.name for each in environments.presets()}
    found = list(PRESETS.all_retired.values())
    assert len(found) > 30
    assert {each.successor for each in found} <= names


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("azureml:AzureML-PyTorch-1.6-GPU@latest", "AzureML-PyTorch-1.6-GPU"),
        ("azureml:AzureML-PyTorch-1.6-GPU:44", "AzureML-PyTorch-1.6-GPU"),
        ("AzureML-PyTorch-1.6-GPU", "AzureML-PyTorch-1.6-GPU"),
        (CURRENT, "acpt-pytorch-2.8-cuda12.6"),
        ("azureml://registries/azureml/environments/x/versions/3", "x"),
        ("azureml:own@label-1", "own"),
        ("", ""),
        ("mcr.microsoft.com/azureml/base:latest", ""),
        ("azureml:", ""),
    ],
)
def test_names_in_references(reference: str, name: str) -> None:
    assert name_in(reference) == name


@pytest.mark.parametrize("reference", [CURRENT, "azureml:mine@latest", "azureml:mine:1", "nonsense, really", ""])
def test_other_environments_are_left_alone(reference: str) -> None:
    assert PRESETS.retired(reference) is None
    assert list(environment_checks.check(reference, pytorch_job())) == []


def _conda(*packages: Value, pip: list[Value] | None = None) -> dict[str, Value]:
    of_pip: list[Value] = [] if pip is None else [{"pip": pip}]
    return {"dependencies": [*packages, *of_pip]}


OWN: list[tuple[dict[str, Value], list[str]]] = [
    ({"image": "ubuntu", "conda_file": _conda("python=3.11", pip=["torch==2.8.0"])}, []),
    ({"image": "ubuntu:22.04", "conda_file": _conda("python=3.11", pip=["numpy"])}, ["torch-missing"]),
    ({"image": "ubuntu", "conda_file": _conda("python=3.11", pip=["torch>=2", "torchvision"])}, []),
    ({"image": "me.azurecr.io/own", "conda_file": _conda("python=3.11", pip=["numpy"])}, []),
    ({"image": 7, "conda_file": {"dependencies": "numpy"}}, []),
    ({"image": "ubuntu", "conda_file": _conda(7, None, {"pip": "torch"})}, []),
    ({"image": "ubuntu", "conda_file": "conda.yml"}, []),
    ({}, []),
]


@pytest.mark.parametrize(("environment", "expected"), OWN)
def test_own_environments(environment: dict[str, Value], expected: list[str]) -> None:
    found = list(environment_checks.check(environment, pytorch_job()))
    assert [each.code for each in found] == expected
    assert all(each.severity is Severity.WARNING for each in found), (
        "an environment never keeps a job from running here"
    )


def test_own_environments_of_other_jobs_are_left_alone() -> None:
    job = Job("python t.py", distribution=Distribution("tensorflow"), resources=Resources())
    assert list(environment_checks.check({"image": "ubuntu", "conda_file": _conda("numpy")}, job)) == []


def test_the_plugins_sizes_agree_with_the_catalogue() -> None:
    ours = {each["name"]: (each["gpus"], each["status"]) for each in facts._items("vm_gpus")}
    assert ours == {each.name: (each.gpus, each.status) for each in vm_sizes()}
