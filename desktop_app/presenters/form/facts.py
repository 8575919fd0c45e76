"""What a form knows beside its file: catalogues, computes and conda files of the project, what goes up with code."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path

from desktop_app.api import Cluster, EnvironmentPreset, Value, VmSize
from desktop_app.core.paths import value_at
from desktop_app.core.words import plural, size_text
from desktop_app.documents.snapshot import plan_snapshot
from desktop_app.documents.yaml_text import parse
from desktop_app.presenters import known_words
from desktop_app.presenters.form.model import ComputeFact, CondaFact, EnvironmentFact, FormFacts, ImageFact, VmFact
from desktop_app.presenters.known_words import KnownName
from desktop_app.services.catalogues import facts
from desktop_app.services.environments.catalogue import fits_job

_LARGEST = 20_000


def facts_for(
    path: Path,
    data: Value,
    sizes: Sequence[VmSize],
    presets: Sequence[EnvironmentPreset],
    clusters: Sequence[Cluster] = (),
) -> FormFacts:
    """Return what there is to know around a file; looks at the disk, so never on the window's thread."""
    return FormFacts(
        tuple(vm_fact(each) for each in sizes), tuple(environment_fact(each) for each in _ordered(presets, data)),
        tuple(map(_compute, clusters)), image_facts(), tuple(_conda_files(path.parent, data)),
        _upload(path.parent, data),
    )  # fmt: skip


def _ordered(presets: Sequence[EnvironmentPreset], data: Value) -> Sequence[EnvironmentPreset]:
    """Return what plugins offer, first what fits the job's distribution."""
    found = (value_at(data, path) for path in (("distribution", "type"), ("trial", "distribution", "type")))
    kind = next((each for each in found if isinstance(each, str)), "")
    return sorted(presets, key=lambda each: not fits_job(each, kind))


def vm_fact(size: VmSize) -> VmFact:
    """Return a size in words: 4 × NVIDIA V100, 24 vCPUs, 448 GiB."""
    gpus = f"{size.gpus} × {size.gpu_model or 'GPU'}" if size.gpus else "no GPU"
    parts = [gpus]
    if size.vcpus:
        parts.append(f"{size.vcpus} vCPUs")
    if size.memory_gib:
        parts.append(f"{size.memory_gib:g} GiB")
    if size.infiniband:
        parts.append("InfiniBand")
    if size.status != "current":
        parts.append(size.status)
    return VmFact(size.name, ", ".join(parts), size.gpus, size.status == "current")


def environment_fact(preset: EnvironmentPreset) -> EnvironmentFact:
    """Return an environment in words: Python 3.10, CUDA 12.6, torch 2.8."""
    parts = [f"Python {preset.python}"] if preset.python else []
    parts += [f"CUDA {preset.cuda}"] if preset.cuda else []
    parts += [f"{name} {version}" for name, version in list(preset.packages.items())[:3]]
    return EnvironmentFact(preset.reference, preset.title, ", ".join(parts) or preset.summary)


@cache
def image_facts() -> tuple[ImageFact, ...]:
    """Return Azure ML's base images, the current ones first; of each that is gone, what to take."""
    return tuple(_image_fact(each) for each in known_words.images())


def _image_fact(known: KnownName) -> ImageFact:
    image = facts().image(known.value)
    state = f"{image.status} · " if image and image.status == "current" else ""
    follow = f" · take {image.successor.rpartition('/')[2]}" if image and image.successor else ""
    reference = known.value if ":" in known.value else f"{known.value}:latest"
    return ImageFact(reference, f"{state}{known.detail}{follow}")


def _upload(folder: Path, data: Value) -> str:
    code = _code_of(data)
    if not code or ":" in code:
        return ""
    root = folder / code
    try:
        if not root.is_dir():
            return ""
        files = plan_snapshot(root).files
    except OSError:
        return ""
    if not files:
        return "Nothing is in it that would be uploaded."
    size = sum(each.size for each in files)
    more = f" and {len(files) - 1} more file{'' if len(files) == 2 else 's'}" if len(files) > 1 else ""
    first = next((each.target for each in files if each.target.endswith(".py")), files[0].target)
    return f"{first}{more}, {size_text(size)}, will be uploaded."


def _code_of(data: Value) -> str:
    """Return the code folder of a job, a sweep's trial or a deployment."""
    holders = [data, *(data.get(key) for key in ("trial", "code_configuration"))] if isinstance(data, dict) else []
    found = (each.get("code") for each in holders if isinstance(each, dict))
    return next((each for each in found if isinstance(each, str)), "")


def _conda_files(folder: Path, data: Value) -> Iterator[CondaFact]:
    """Yield the conda files that an environment names, here or in a job or a sweep's trial."""
    for path in ("conda_file", "environment.conda_file", "trial.environment.conda_file"):
        given = value_at(data, path.split("."))
        file = folder / re.sub(r"^file:(?://)?", "", given) if isinstance(given, str) and given else None
        with contextlib.suppress(OSError, ValueError):
            state = file.stat() if file is not None else None
            if file is not None and state is not None and file.is_file() and state.st_size <= _LARGEST:
                conda, from_pip = _packages_in(file, state.st_mtime_ns, state.st_size)
                yield CondaFact(path, str(file), conda, from_pip)


@lru_cache(maxsize=64)
def _packages_in(path: Path, _changed: int, _size: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the packages of conda and of pip in a conda file; read again only when the file has changed."""
    try:
        data = parse(path.read_text("utf-8")).data
    except (OSError, UnicodeDecodeError):
        return (), ()
    listed = data.get("dependencies") if isinstance(data, dict) else None
    found = listed if isinstance(listed, list) else []
    inner = [each.get("pip") for each in found if isinstance(each, dict)]
    from_pip = [str(name) for each in inner if isinstance(each, list) for name in each]
    return tuple(str(each) for each in found if isinstance(each, str)), tuple(from_pip)


def _compute(cluster: Cluster) -> ComputeFact:
    nodes = f"up to {plural(cluster.maximum, 'node')}" if cluster.maximum else ""
    return ComputeFact(cluster.name, " · ".join(filter(None, (cluster.vm_size, nodes, cluster.state))))
