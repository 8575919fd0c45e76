"""Checks what a PyTorch job runs in for what PyTorch alone wants; the rest is said of any job."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from desktop_app.api import Diagnostic, Job, Severity, Value

from .launch import is_pytorch
from .launchers import find_launcher

_AZURE_BASE = re.compile(r"mcr\.microsoft\.com/azureml/(?:openmpi|intelmpi|base)", re.IGNORECASE)
_NAME = re.compile(r"^(?:[\w.-]+::)?(?P<name>[A-Za-z0-9_.-]+)")
_BRINGERS = frozenset({
    "torch", "pytorch", "pytorch-gpu", "pytorch-cpu", "torchvision", "lightning", "pytorch-lightning",
})  # fmt: skip


def check(environment: str | Mapping[str, Value], job: Job) -> Iterator[Diagnostic]:
    """Warn of an environment without torch: no error, since the job may well run on this machine."""
    if isinstance(environment, str) or not (is_pytorch(job) or find_launcher(job.command)):
        return
    image, conda = environment.get("image"), environment.get("conda_file")
    packages = _packages(conda.get("dependencies")) if isinstance(conda, Mapping) else set()
    bare = isinstance(image, str) and (_AZURE_BASE.match(image) or image.split(":")[0] in {"ubuntu", "debian"})
    if bare and packages and not packages & _BRINGERS:
        message = "Neither this image nor its packages bring torch: add it to the conda file."
        yield Diagnostic(Severity.WARNING, "torch-missing", message, "environment.conda_file.dependencies")


def _packages(dependencies: Value) -> set[str]:
    """Return the names of the packages of a conda file, pip's included."""
    found: set[str] = set()
    for each in dependencies if isinstance(dependencies, list) else ():
        if isinstance(each, Mapping):
            found |= _packages(each.get("pip"))
        elif isinstance(each, str) and (named := _NAME.match(each.strip())):
            found.add(named["name"].lower())
    return found
