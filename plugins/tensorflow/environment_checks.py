"""Checks what a TensorFlow job runs in for TensorFlow itself; versions that do not go together are said of any job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from desktop_app.api import Diagnostic, Job, Value
from desktop_app.api.kit import lacks_package, name_in, warning

from .tasks import is_tensorflow

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
    if lacks_package(environment, _BRINGERS):
        message = "Neither this image nor its packages bring tensorflow: add it to the conda file."
        yield warning("tensorflow-missing", message, "environment.conda_file.dependencies")


def _curated(reference: str) -> Iterator[Diagnostic]:
    name = name_in(reference).lower().removeprefix("azureml-")
    if name.startswith("acpt-pytorch"):
        message = f"{name} is an environment for PyTorch, and the job is of type tensorflow: take one for TensorFlow."
        yield warning("tensorflow-missing", message, "environment")
