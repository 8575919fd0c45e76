"""Whether the parts of an environment go together: one sentence for what does not."""

from __future__ import annotations

import pytest

from desktop_app.core.environment_fit import Architecture, Setting, check, parts_of
from desktop_app.core.environments import Environment, Requirement
from desktop_app.core.rules.facts import Release, Size, facts_of
from desktop_app.core.rules.notes import Notes

FACTS = facts_of({
    "release": {
        "torch 2.8": Release("torch", "2.8", cuda=("12.6", "12.8"), default_cuda="12.8", confidence="documented"),
        "torch 2.11": Release("torch", "2.11", cuda=("12.6", "13.0"), default_cuda="13.0", confidence="documented"),
        "tensorflow 2.16": Release("tensorflow", "2.16", cuda=("12.3",), confidence="documented"),
    }
})  # fmt: skip
VOLTA = Architecture("7.0", "Volta: V100", "9.0", "12.9", "documented")
HOPPER = Architecture("9.0", "Hopper: H100", "11.8", "", "general knowledge")
V100 = Setting(Size("Standard_NC6s_v3", 1, "V100", "7.0"))
H100 = Setting(Size("Standard_NC40ads_H100_v5", 1, "H100", "9.0"))


def found(*lines: str, cuda: str = "", image: str = "", setting: Setting | None = None, pip: bool = True) -> list[str]:
    """Return what is said of packages, each with its severity and code."""
    packages = [{"pip": list(lines)}] if pip else list(lines)
    data = {"image": image, "conda_file": {"dependencies": ["python=3.11", "pip", *packages]}}
    environment = Environment("mine", "environment", cuda=cuda, image=image, data=data)  # type: ignore[arg-type]
    return said(environment, setting)


def said(environment: Environment, setting: Setting | None = None) -> list[str]:
    notes = Notes()
    architecture = {"7.0": VOLTA, "9.0": HOPPER}.get
    check(parts_of(environment, setting or Setting(), FACTS, architecture, notes))
    return [f"{each.diagnostic.severity.value} {each.diagnostic.code}" for each in notes.made]


def test_what_goes_together_is_passed_over() -> None:
    assert found("torch==2.8.0", "torchaudio==2.8.0", "numpy", cuda="12.8", setting=H100) == []


@pytest.mark.parametrize(
    ("lines", "cuda", "setting", "code"),
    [
        (["torch==2.11.0"], "12.8", V100, "error gpu-does-not-fit"),
        (["torch==2.8.0"], "11.7", H100, ""),
        (["torch==2.8.0+cu117"], "12.8", H100, "warning gpu-does-not-fit"),
        (["tensorflow[and-cuda]==2.16.1"], "13.1", V100, "error gpu-does-not-fit"),
        (["torch==2.8.0", "flash-attn"], "11.8", None, "warning cuda-does-not-fit"),
        (["torch==2.8.0", "flash-attn"], "12.4", None, ""),
        (["tensorflow==2.16.1"], "11.8", None, "error cuda-does-not-fit"),
        (["tensorflow[and-cuda]==2.16.1"], "11.8", None, ""),
        (["torch==2.8.0", "torchaudio==2.7.0"], "", None, "warning torchaudio-does-not-fit"),
        (["torch==1.13.1", "torchaudio==0.13.1", "numpy<2"], "", None, ""),
        (["tensorflow==2.16.1", "keras==2.15.0"], "", None, "warning keras-does-not-fit"),
        (["tensorflow==2.15.0", "keras==3.0.0"], "", None, "warning keras-does-not-fit"),
        (["tensorflow==2.16.1", "tf-keras==2.17.0"], "", None, "warning keras-does-not-fit"),
        (["torch==2.1.0"], "", None, "warning numpy-does-not-fit"),
        (["torch==2.1.0", "numpy==2.1.0"], "", None, "warning numpy-does-not-fit"),
        (["torch==2.1.0", "numpy==1.26.4"], "", None, ""),
        (["torch==2.8.0", "numpy==2.1.0"], "", None, ""),
        (["horovod==0.28.1"], "", None, "info horovod-is-compiled"),
        (["azureml-defaults"], "", None, "info v1-package"),
    ],
)
def test_each_thing_that_does_not_fit_is_said(lines: list[str], cuda: str, setting: Setting | None, code: str) -> None:
    assert found(*lines, cuda=cuda, setting=setting) == ([code] if code else [])


def test_horovod_with_a_tensorflow_that_it_does_not_know() -> None:
    assert "warning horovod-does-not-fit" in found("horovod==0.28.1", "tensorflow==2.18.0")


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("nvidia/cuda:12.8.1-devel-ubuntu22.04", ["warning image-without-conda"]),
        ("python:3.11", ["warning image-without-conda"]),
        ("mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest", []),
        ("myregistry.azurecr.io/python:3.11", []),
    ],
)
def test_an_image_without_conda_for_a_conda_file(image: str, code: list[str]) -> None:
    assert found("torch==2.8.0", image=image) == code


def test_a_conda_file_says_python_and_pip() -> None:
    data = {"dependencies": ["numpy", {"pip": ["mlflow"]}]}
    assert said(Environment("c", "conda", data=data)) == ["info pip-not-listed", "warning python-not-pinned"]  # type: ignore[arg-type]


def test_mpi_without_what_uses_it() -> None:
    mpi = Setting(launch="mpi")
    assert found("torch==2.8.0", setting=mpi) == ["warning horovod-missing"]
    assert found("torch==2.8.0", "mpi4py", setting=mpi) == []
    assert said(Environment("d", "build"), mpi) == [], "what a Dockerfile installs is not known"


def test_a_requirements_file_is_checked_by_its_packages() -> None:
    packages = (
        Requirement("torch", "==2.1.0", "pip", "torch==2.1.0"),
        Requirement("numpy", "==2.0.0", "pip", "numpy==2"),
    )
    assert said(Environment("r", "requirements", packages)) == ["warning numpy-does-not-fit"]
