"""Checks what a TensorFlow job runs in for TensorFlow itself; versions that do not go together are said of any job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from desktop_app.api import Diagnostic, Job, Value
from desktop_app.api.kit import name_in, warning

from .tasks import is_tensorflow

_AZURE_BASE = re.compile(r"mcr\.microsoft\.com/azureml/(?:openmpi|intelmpi|base)", re.IGNORECASE)
_NAME = re.compile(r"^(?:[\w.-]+::)?(?P<name>[A-Za-z0-9_.-]+)")
_BRINGERS = frozenset({
    "tensorflow", "tensorflow-gpu", "tensorflow-cpu", "tensorflow-mkl", "tensorflow-intel", "tf-nightly",
    "tensorflow-estimator", "intel-tensorflow", "tensorflow-base",
})  # fmt: skip


def check(environment: str | Mapping[str, Value], job: Job) -> Iterator[Diagnostic]:
    """Warn of an environment without TensorFlow: no error, since the job may well run on this machine."""
    if not is_tensorflow(job):
        return
    if isinstance(environment, str):
        yield from _curated(environment)
        return
    image, conda = environment.get("image"), environment.get("conda_file")
    packages = _packages(conda.get("dependencies")) if isinstance(conda, Mapping) else set()
    bare = isinstance(image, str) and (_AZURE_BASE.match(image) or image.split(":")[0] in {"ubuntu", "debian"})
    if bare and packages and not packages & _BRINGERS:
        message = "Neither this image nor its packages bring tensorflow: add it to the conda file."
        yield warning("tensorflow-missing", message, "environment.conda_file.dependencies")


def _curated(reference: str) -> Iterator[Diagnostic]:
    name = name_in(reference).lower().removeprefix("azureml-")
    if name.startswith("acpt-pytorch"):
        message = f"{name} is an environment for PyTorch, and the job is of type tensorflow: take one for TensorFlow."
        yield warning("tensorflow-missing", message, "environment")


def _packages(dependencies: Value) -> set[str]:
    """Return the names of the packages of a conda file, pip's included."""
    found: set[str] = set()
    for each in dependencies if isinstance(dependencies, list) else ():
        if isinstance(each, Mapping):
            found |= _packages(each.get("pip"))
        elif isinstance(each, str) and (named := _NAME.match(each.strip())):
            found.add(named["name"].lower())
    return found
