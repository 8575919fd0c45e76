"""Checks what a PyTorch job runs in for what PyTorch alone wants; the rest is said of any job."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from desktop_app.api import Diagnostic, Job, Value
from desktop_app.api.kit import lacks_package, warning

from .launch import is_pytorch
from .launchers import find_launcher

_BRINGERS = frozenset({
    "torch", "pytorch", "pytorch-gpu", "pytorch-cpu", "torchvision", "lightning", "pytorch-lightning",
})  # fmt: skip


def check(environment: str | Mapping[str, Value], job: Job) -> Iterator[Diagnostic]:
    """Warn of an environment without torch: no error, since the job may well run on this machine."""
    if isinstance(environment, str) or not (is_pytorch(job) or find_launcher(job.command)):
        return
    if lacks_package(environment, _BRINGERS):
        message = "Neither this image nor its packages bring torch: add it to the conda file."
        yield warning("torch-missing", message, "environment.conda_file.dependencies")
