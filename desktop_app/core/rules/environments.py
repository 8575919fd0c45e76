"""Environments: references that say which version, names that are one's own, images that are kept up and have CUDA.

Sources: environment YAML reference; curated environments and base images as the catalogues say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from desktop_app.api import Value
from desktop_app.core.rules import conda
from desktop_app.core.rules.bodies import Body
from desktop_app.core.rules.facts import Curated, Facts, Image
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.references import reference_in
from desktop_app.core.rules.values import Path, is_bound, mapping, text

_AZURE_BASE = re.compile(r"mcr\.microsoft\.com/azureml/(?:openmpi|intelmpi|base)", re.IGNORECASE)
_IMAGE = re.compile(r"(?:docker://)?[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?/[\w./-]+(?:[:@][\w.:-]+)?$", re.IGNORECASE)
"""An image with the host it comes from: mcr.microsoft.com/azureml/openmpi:1."""
_MADE_OF = frozenset({"image", "build", "conda_file", "path", "inference_config"})
_REGISTRY = "azureml://registries/azureml/environments"
_GPU_WORD = re.compile(r"(?i)(?:^|[^a-z])gpus?(?:[^a-z]|$)")
_NEED_CUDA = frozenset({"tensorflow-gpu", "onnxruntime-gpu", "apex", "cupy-cuda11x", "cupy-cuda12x", "horovod"})


def is_image(given: str) -> bool:
    """Whether a text names an image by its address, and is no path: those end in .yml or .yaml."""
    plain = given.strip()
    return bool(_IMAGE.match(plain)) and not plain.lower().endswith((".yml", ".yaml"))


def check(body: Body, facts: Facts, notes: Notes) -> None:
    """Check the environment of a job, trial, step or component."""
    given = body.data.get("environment")
    path = (*body.path, "environment")
    if isinstance(given, str):
        check_reference(path, given, facts, notes)
        if _wants_gpus(body, facts):
            _cpu_curated(path, given, body, facts, notes)
    elif isinstance(given, dict):
        check_own(path, given, facts, notes, inline=True)
        _cpu_image(path, given, body, facts, notes)


def check_reference(path: Path, given: str, facts: Facts, notes: Notes) -> None:
    """Check what is referred to by name."""
    found = reference_in(given.strip())
    if found is None and is_image(given):
        image = given.strip().removeprefix("docker://")
        message = f"Write image: {image} below environment, on a line of its own: this names an image."
        notes.error("image-as-name", path, message, change("Write it as image", path, {"image": image}))
        return
    if found is None:
        _bare_name(path, given.strip(), facts, notes)
        return
    if is_bound(given):
        return
    curated = facts.curated(found.name) if _is_curated(found.registry, found.name) else None
    if curated is not None and curated.status != "current":
        _retired(path, curated, notes)
    elif not found.is_whole:
        latest = f"{given.strip().rstrip('/:@')}{'/labels/latest' if found.registry else '@latest'}"
        message = f"Say which version of the environment “{found.name}” is meant: write {latest}, or a version."
        notes.error("missing-version", path, message, change(f"Write {latest}", path, latest))


def _is_curated(registry: str, name: str) -> bool:
    return registry.lower() in {"azureml", "azureml-preview"} or name.lower().startswith("azureml-")


def _bare_name(path: Path, given: str, facts: Facts, notes: Notes) -> None:
    """Speak of a name without azureml: before it, which Azure ML takes for nothing it knows."""
    if not given or is_bound(given) or not re.fullmatch(r"[A-Za-z0-9][\w.-]*(?:[:@][\w.-]+)?", given):
        return
    if given.lower().endswith((".yml", ".yaml")):
        return
    name, mark, _ = re.split(r"([:@])", given + "@", maxsplit=1)
    curated = facts.curated(name)
    if curated is not None and curated.status == "retired":
        _retired(path, curated, notes)
        return
    written = f"azureml:{given}" if mark in given else f"azureml:{given}@latest"
    message = f"Write {written}: what is registered is named with azureml: before it."
    notes.warning("missing-prefix", path, message, change(f"Write {written}", path, written))


def _retired(path: Path, known: Curated, notes: Notes) -> None:
    day = f" since {known.removed_on}" if known.removed_on else ""
    is_gone = known.status == "retired"
    code = "retired-environment" if is_gone else "deprecated-environment"
    said = f"The curated environment {known.name} is {f'gone{day}' if is_gone else 'no longer kept up'}"
    if not known.successor or "/" in known.successor or " " in known.successor:
        notes.warning(code, path, f"{said}: take a current one, or an image of your own.")
        return
    address = f"{_REGISTRY}/{known.successor}/labels/latest"
    notes.warning(code, path, f"{said}: take {known.successor}.", change(f"Take {known.successor}", path, address))


def check_own(path: Path, given: Mapping[str, Value], facts: Facts, notes: Notes, *, inline: bool = False) -> None:
    """Check an environment that is written out, in a job or in a file of its own."""
    name = text(given.get("name"))
    beginning = next((each for each in facts.reserved() if name.lower().startswith(each)), "")
    if beginning:
        message = (
            f"Give the environment another name: names that begin with {name[: len(beginning)]} are Azure ML's own."
        )
        (notes.warning if inline else notes.error)("reserved-name", (*path, "name"), message)
    if "image" in given and "build" in given:
        message = "Keep either image or build: an environment is made of one of them."
        (notes.warning if inline else notes.error)("image-and-build", (*path, "build"), message)
    _spelt((*path, "image"), text(given.get("image")), notes)
    _image((*path, "image"), text(given.get("image")), facts, notes)
    has_docker = _docker(path, given, notes)
    if given and not has_docker and not given.keys() & _MADE_OF and not (inline and name):
        message = "Add image, or build with the folder of a Dockerfile: an environment is made of one of them."
        (notes.warning if inline else notes.error)("missing-image", path, message)
    packages = given.get("conda_file")
    if isinstance(packages, dict):
        conda.check((*path, "conda_file"), packages, facts, notes, eased=inline)
    if isinstance(packages, list):
        message = "Write the path of a conda file at conda_file, or what stands in one: channels and dependencies."
        notes.error("wrong-type", (*path, "conda_file"), message)
    if inline and name and not has_docker and not given.keys() & _MADE_OF:
        version = given.get("version")
        meant = f"azureml:{name}:{version}" if version is not None else f"azureml:{name}@latest"
        message = f"Write {meant} to take the registered environment: this describes one that has no image."
        notes.warning("missing-image", path, message, change(f"Write {meant}", path, meant))
    if packages is not None and not has_docker and "image" not in given and "build" not in given:
        message = "Add image: the packages of conda_file are installed on top of one."
        (notes.warning if inline else notes.error)("missing-image", path, message)


def _docker(path: Path, given: Mapping[str, Value], notes: Notes) -> bool:
    """Say where the image of `docker: {image: …}` stands today; whether there is one."""
    docker = given.get("docker")
    image = text(mapping(docker).get("image", mapping(docker).get("base_image"))) or text(docker)
    if not image or given.keys() & {"image", "build"}:
        return False
    fix = change("Move to image", (*path, "image"), image, (*path, "docker"))
    notes.error("unknown-key", (*path, "docker"), f"Write image: {image} in place of docker, which is no more.", fix)
    return True


def _spelt(path: Path, given: str, notes: Notes) -> None:
    """Say that an image is written as an address of the web, or with a space in it."""
    if not given or is_bound(given):
        return
    meant = re.sub(r"\s+", "", re.sub(r"^https?://", "", given, flags=re.IGNORECASE))
    if meant != given:
        why = "an image has no https:// before it" if "://" in given else "an image has no spaces in it"
        notes.error("image-spelling", path, f"Write {meant}: {why}.", change(f"Write {meant}", path, meant))


def image_in(given: str, facts: Facts) -> Image | None:
    """Return what is known of an image, whatever its tag."""
    plain = given.partition("@")[0]
    return facts.image(plain) or facts.image(re.sub(r":[^:/]*$", "", plain))


def _image(path: Path, given: str, facts: Facts, notes: Notes) -> None:
    image = image_in(given, facts) if given else None
    if image is None or image.status == "current":
        return
    if image.status == "stale":
        said = f"This image stands on {image.os}, which has reached its end"
    else:
        said = f"This image is {image.status}"
    short = image.successor.rpartition("/")[2]
    fix = change(f"Take {short}", path, f"{image.successor}:latest") if image.successor else None
    notes.warning("retired-image", path, f"{said}: take {image.successor or 'a current one'}.", fix)


def _cpu_image(path: Path, given: Mapping[str, Value], body: Body, facts: Facts, notes: Notes) -> None:
    image = text(given.get("image"))
    known = image_in(image, facts)
    lower = image.lower()
    is_cpu = not known.gpu if known else bool(_AZURE_BASE.match(image)) and "cuda" not in lower and "gpu" not in lower
    if not image or not is_cpu:
        return
    where = _wants_gpus(body, facts)
    packages = conda.names_in(mapping(given.get("conda_file"))) & _NEED_CUDA
    if where:
        message = f"This image has no CUDA, so the GPUs of {where} stay idle: take a base image with cuda in its name."
    elif packages:
        message = (
            f"{min(packages)} needs CUDA, which this image does not have: take a base image with cuda in its name."
        )
    else:
        return
    notes.warning("image-without-cuda", (*path, "image"), message)


def _cpu_curated(path: Path, given: str, body: Body, facts: Facts, notes: Notes) -> None:
    found = reference_in(given.strip())
    known = facts.curated(found.name) if found and _is_curated(found.registry, found.name) else None
    is_parallel = isinstance(body.data.get("distribution"), dict)
    if (
        known is not None
        and known.status == "current"
        and known.purpose == "training"
        and not known.cuda
        and is_parallel
    ):
        message = f"{known.name} has no CUDA, so the GPUs stay idle: take an environment with cuda in its name."
        notes.warning("image-without-cuda", path, message)


def _wants_gpus(body: Body, facts: Facts) -> str:
    """Return what has GPUs: the size that is asked for, or a compute whose name says so."""
    size = facts.size(text(body.resources.get("instance_type")))
    if size is not None:
        return size.name if size.gpus else ""
    return body.compute if _GPU_WORD.search(body.compute.removeprefix("azureml:")) else ""
