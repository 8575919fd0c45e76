"""Checks what a PyTorch job runs in: retired names, images without CUDA, Pythons that torch has no wheel for.

All are warnings: an environment counts on Azure ML alone, and an error would keep the job from running here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from desktop_app.api import Diagnostic, Fix, Job, Severity, Value

from .environments import reference_to, retired
from .facts import gpu_size, pythons_for
from .launch import is_pytorch
from .launchers import find_launcher

_AZURE_BASE = re.compile(r"mcr\.microsoft\.com/azureml/(?:openmpi|intelmpi|base)", re.IGNORECASE)
_CONDA = re.compile(r"^(?:[\w.-]+::)?(?P<name>[A-Za-z0-9_.-]+)\s*(?:==?|~=)\s*(?P<version>\d+(?:\.\d+)*)")
_NAME = re.compile(r"^(?:[\w.-]+::)?(?P<name>[A-Za-z0-9_.-]+)")
TORCH_NAMES = frozenset({"torch", "pytorch", "pytorch-gpu", "pytorch-cpu"})


def check(environment: str | Mapping[str, Value], job: Job) -> Iterator[Diagnostic]:
    """Yield what does not fit; nothing for a job that does not train with PyTorch."""
    if isinstance(environment, str):
        yield from _curated(environment)
    elif is_pytorch(job) or find_launcher(job.command):
        yield from _own(environment, job)


def _curated(reference: str) -> Iterator[Diagnostic]:
    known = retired(reference)
    if known is None:
        return
    if known.status == "retired":
        day = f" since {known.removed_on}" if known.removed_on else ""
        message = f"The curated environment {known.name} is gone{day}: take {known.successor}."
    else:
        message = f"The curated environment {known.name} is no longer kept up: take {known.successor}."
    fix = Fix(f"Take {known.successor}", {"environment": reference_to(known.successor)})
    yield Diagnostic(Severity.WARNING, f"{known.status}-environment", message, "environment", fix=fix)


def _own(environment: Mapping[str, Value], job: Job) -> Iterator[Diagnostic]:
    yield from _image(environment.get("image"), job)
    conda = environment.get("conda_file")
    if isinstance(conda, Mapping):
        packages = _packages(conda.get("dependencies"))
        yield from _python(packages)
        yield from _torch(packages, environment.get("image"))


def _image(image: Value, job: Job) -> Iterator[Diagnostic]:
    if not isinstance(image, str) or not _AZURE_BASE.match(image) or "cuda" in image.lower() or "gpu" in image.lower():
        return
    size = gpu_size(job.resources.instance_type)
    if size is not None or "gpu" in (job.compute or "").lower():
        where = size.name if size else str(job.compute)
        message = f"This image has no CUDA, so the GPUs of {where} stay idle: take a base image with cuda in its name."
        yield Diagnostic(Severity.WARNING, "image-without-cuda", message, "environment.image")


def _packages(dependencies: Value) -> dict[str, str]:
    """Return the packages of a conda file, pip's included, with their pinned version or an empty text."""
    found: dict[str, str] = {}
    for each in dependencies if isinstance(dependencies, Sequence) and not isinstance(dependencies, str) else ():
        if isinstance(each, Mapping):
            found |= _packages(each.get("pip"))
        elif isinstance(each, str):
            pinned, named = _CONDA.match(each.strip()), _NAME.match(each.strip())
            if named:
                found[named["name"].lower()] = pinned["version"] if pinned else ""
    return found


def _python(packages: Mapping[str, str]) -> Iterator[Diagnostic]:
    torch = next((packages[each] for each in sorted(TORCH_NAMES) if packages.get(each)), "")
    python = ".".join(packages.get("python", "").split(".")[:2])
    pythons = pythons_for(torch)
    if "." in python and pythons and python not in pythons:
        message = f"torch {torch} does not install on Python {python}: take Python {pythons[0]} to {pythons[-1]}."
        yield Diagnostic(Severity.WARNING, "python-does-not-fit", message, "environment.conda_file.dependencies")


def _torch(packages: Mapping[str, str], image: Value) -> Iterator[Diagnostic]:
    bare = isinstance(image, str) and (_AZURE_BASE.match(image) or image.split(":")[0] in {"ubuntu", "debian"})
    names = {re.split(r"[<>=!~\[ ]", each)[0] for each in packages}
    if bare and packages and not names & (TORCH_NAMES | {"torchvision", "lightning", "pytorch-lightning"}):
        message = "Neither this image nor its packages bring torch: add it to the conda file."
        yield Diagnostic(Severity.WARNING, "torch-missing", message, "environment.conda_file.dependencies")
