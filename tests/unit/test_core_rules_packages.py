"""Environments and conda files: what can't be installed, what is gone, what has no CUDA, and what is in order."""

from __future__ import annotations

import pytest

from desktop_app.api import Diagnostic, Severity, Value
from desktop_app.core.rules import check_meaning
from desktop_app.services.catalogues import facts

CURRENT = "azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest"
CPU = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04"


def in_job(environment: Value, **rest: Value) -> list[Diagnostic]:
    """Return what is said of a job's environment."""
    return check_meaning("commandJob", {"command": "python t.py", "environment": environment, **rest}, facts())


def in_conda(*packages: Value, pip: list[Value] | None = None, **rest: Value) -> list[Diagnostic]:
    """Return what is said of a conda file, beside what is only good to know."""
    of_pip: list[Value] = [] if pip is None else [{"pip": pip}]
    data: dict[str, Value] = {"dependencies": [*packages, *of_pip], **rest}
    return [each for each in check_meaning("conda", data, facts()) if each.severity is not Severity.INFO]


def codes(found: list[Diagnostic]) -> list[str]:
    """Return their codes."""
    return [each.code for each in found]


@pytest.mark.parametrize(
    "reference",
    [
        "azureml:AzureML-PyTorch-1.6-GPU@latest",
        "azureml:azureml-pytorch-1.6-gpu:3",
        "AzureML-PyTorch-1.3-CPU",
        "azureml:AzureML-pytorch-1.10-ubuntu18.04-py38-cuda11-gpu:17",
        "azureml:AzureML-acpt-pytorch-1.13-cuda11.7@latest",
        "azureml://registries/azureml/environments/acpt-pytorch-2.0-cuda11.7/labels/latest",
    ],
)
def test_what_is_gone_gets_its_successor_in_one_click(reference: str) -> None:
    (found,) = in_job(reference)
    assert (found.severity, found.path) == (Severity.WARNING, "environment")
    assert found.fix is not None
    assert found.fix.set == {"environment": CURRENT}


@pytest.mark.parametrize(
    "reference", [CURRENT, "azureml:mine@latest", "azureml:mine:1", "./env.yml", "${{parent.inputs.env}}", "<ENV>"]
)
def test_other_references_are_left_alone(reference: str) -> None:
    assert in_job(reference) == []


def test_a_name_alone_wants_a_prefix_and_a_version() -> None:
    (found,) = in_job("mine")
    assert found.code == "missing-prefix"
    assert found.fix is not None
    assert found.fix.set == {"environment": "azureml:mine@latest"}


def test_the_reserved_beginning_is_an_error_where_it_is_registered() -> None:
    (found,) = check_meaning("environment", {"name": "Microsoft-mine", "image": CPU}, facts())
    assert (found.code, found.severity, found.path) == ("reserved-name", Severity.ERROR, "name")


@pytest.mark.parametrize(
    ("image", "rest", "expected"),
    [
        (CPU, {"resources": {"instance_type": "Standard_NC64as_T4_v3"}}, ["image-without-cuda"]),
        (CPU, {"compute": "azureml:gpu-cluster"}, ["image-without-cuda"]),
        (CPU, {"compute": "azureml:cpu-cluster"}, []),
        (CPU, {"compute": "azureml:gputy"}, []),
        (CPU, {"resources": {"instance_type": "Standard_D4ds_v5"}, "compute": "azureml:gpu"}, []),
        ("mcr.microsoft.com/azureml/openmpi5.0-cuda12.6-ubuntu24.04", {"compute": "azureml:gpu"}, []),
        ("me.azurecr.io/own:1", {"compute": "azureml:gpu"}, []),
    ],
)
def test_gpus_want_cuda(image: str, rest: dict[str, Value], expected: list[str]) -> None:
    assert codes(in_job({"image": image}, **rest)) == expected


@pytest.mark.parametrize("tag", ["", ":latest", ":20230227.v1", "@sha256:ab"])
def test_an_image_is_known_by_any_tag(tag: str) -> None:
    name = "mcr.microsoft.com/azureml/openmpi3.1.2-ubuntu18.04"
    assert codes(in_job({"image": f"{name}{tag}"})) == ["retired-image"]


@pytest.mark.parametrize(
    ("python", "pip", "expected"),
    [
        ("python=3.6.2", "torch==2.8.0", ["python-does-not-fit"]),
        ("python=3.11", "torch==2.8.0", []),
        ("python=3.7", "torch>=2.0", ["python-does-not-fit"]),
        ("python=3.7", "torch>=1.13", []),
        ("python=3.13", "torch<2.0", ["python-does-not-fit"]),
        ("python=3.11", "torch<2.0.1", []),
        ("python=3.13", "torch~=2.1.0", ["python-does-not-fit"]),
        ("python", "torch==2.8.0", []),
        ("python>=3.6", "torch==2.8.0", []),
        ("python=3", "torch==99.0", []),
        ("python=3.12", "tensorflow==2.10.0", ["python-does-not-fit"]),
        ("python=3.11", "tensorflow==2.16.1", []),
        ("python=3.6.2", "torch==2.8.0; python_version > '3.9'", ["python-does-not-fit"]),
    ],
)
def test_frameworks_fit_their_python(python: str, pip: str, expected: list[str]) -> None:
    assert codes(in_conda(python, pip=[pip])) == expected


def test_in_a_job_a_package_that_does_not_fit_only_warns() -> None:
    conda: Value = {"dependencies": ["python=3.6", {"pip": ["torch==2.8.0"]}]}
    (found,) = [each for each in in_job({"image": "ubuntu", "conda_file": conda}) if each.code == "python-does-not-fit"]
    assert found.severity is Severity.WARNING
    assert found.path == "environment.conda_file.dependencies[1].pip[0]"


@pytest.mark.parametrize(
    ("torch", "vision", "expected"),
    [
        ("torch==2.8.0", "torchvision==0.23.0", []),
        ("torch==2.8.0", "torchvision", []),
        ("torch==2.8.0", "torchvision==0.15.2", ["torchvision-does-not-fit"]),
        ("torch==2.0.1", "torchvision>=0.16", ["torchvision-does-not-fit"]),
        ("torch", "torchvision==0.15.2", []),
    ],
)
def test_torchvision_belongs_to_its_torch(torch: str, vision: str, expected: list[str]) -> None:
    assert codes(in_conda("python=3.11", pip=[torch, vision])) == expected


@pytest.mark.parametrize(
    "line",
    [
        "numpy", "numpy==1.26.4", "numpy>=1.22,<2", "azureml-sdk[notebooks]==1.5", "--find-links https://x/y",
        "-r requirements.txt", "git+https://github.com/x/y", "thing @ https://x/y.whl", "# nothing",
        "torch==2.8.0+cu126",
        "{{PACKAGE}}", "numpy ~= 1.26",
    ],
)  # fmt: skip
def test_what_pip_reads_is_left_alone(line: str) -> None:
    assert in_conda("python=3.11", "pip", pip=[line]) == []


@pytest.mark.parametrize("line", ["numpy", "numpy=1.26.4=py311_0", "numpy 1.26.*", "conda-forge::numpy=1", "numpy==1"])
def test_what_conda_reads_is_left_alone(line: str) -> None:
    assert in_conda("python=3.11", line) == []


def test_packages_that_stand_twice() -> None:
    assert codes(in_conda("numpy=1.26", "numpy=1.25")) == ["package-twice"]
    assert codes(in_conda("numpy", pip=["numpy"])) == ["package-twice"]
    (found,) = in_conda(pip=["numpy==1", "numpy==2"])
    assert found.severity is Severity.ERROR


def test_own_channels_are_nobodys_business() -> None:
    assert in_conda("numpy", channels=["conda-forge", "my-channel", "https://x/y", "pytorch"]) == []


def test_an_environment_is_made_of_image_or_build() -> None:
    found = check_meaning("environment", {"name": "x", "image": "ubuntu", "build": {"path": "."}}, facts())
    assert codes(found) == ["image-and-build"]
    alone = check_meaning("environment", {"name": "x", "conda_file": "c.yml"}, facts())
    assert codes(alone) == ["missing-image"]
