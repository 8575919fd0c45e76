"""Writes an environment into a folder as files of its own, as it is or as a clone under a new name."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from desktop_app.api import OutsideError, UserError, Value
from desktop_app.core.environments import Environment, bare_name
from desktop_app.core.limits import BUILD_BYTES, BUILD_FILES
from desktop_app.core.rules.values import mapping
from desktop_app.core.words import size_text
from desktop_app.documents.yaml_writer import write_yaml
from desktop_app.services.catalogues import facts

ENVIRONMENT, CONDA, CONTEXT = "environment.yml", "conda.yml", "context"
SCHEMA = "https://azuremlschemas.azureedge.net/latest/environment.schema.json"
CPU_IMAGE = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04"


def refuse_name(name: str) -> None:
    """Raise UserError for a name that an environment of one's own can't have."""
    known = facts()
    rule = known.name_rule("environment")
    if rule is not None and not (rule.least <= len(name) <= rule.most and re.fullmatch(rule.regex, name)):
        raise UserError(f"“{name}” can't be an environment's name: it takes {rule.says}.")
    taken = next((each for each in known.reserved() if name.lower().startswith(each)), "")
    if taken:
        message = f"“{name}” can't be the name of your environment: names that begin so are Azure ML's own."
        raise UserError(message, hint=f"Take another one, such as my-{bare_name(name).lower()}.")


def files_of(environment: Environment, name: str = "") -> Mapping[str, str]:
    """Return the texts of the files that describe an environment, by their names. Raises UserError for a bad name."""
    called = name or own_name(environment)
    refuse_name(called)
    data: dict[str, Value] = {"$schema": SCHEMA, "name": called}
    files = {}
    conda = _conda_of(environment)
    data.update(_settings(environment, called))
    if environment.build:
        data["build"] = {"path": CONTEXT}
    elif conda:
        files[CONDA] = _remarks(environment, of_conda=True) + write_yaml(conda)
        if not _is_published(environment):
            data["conda_file"] = CONDA
    return {ENVIRONMENT: _remarks(environment) + write_yaml(data), **files}


def save(environment: Environment, folder: Path, name: str = "") -> list[Path]:
    """Write the files of an environment into a folder and return them; nothing that is there is overwritten.

    Raises UserError where a file is in the way, OutsideError where the disk refuses.
    """
    files = files_of(environment, name)
    _refuse_taken(folder, [*files, *((CONTEXT,) if environment.build else ())])
    written: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if environment.build:
            written.append(_copy_context(Path(environment.build), folder / CONTEXT))
        for each, text in files.items():
            with (folder / each).open("x", encoding="utf-8", newline="\n") as stream:
                written.append(folder / each)
                stream.write(text)
    except OSError as error:
        for path in written:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        raise OutsideError(f"{folder} can't be written to: {error.strerror or error}.") from error
    return written


def _refuse_taken(folder: Path, names: list[str]) -> None:
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file.", hint="Give a folder.")
    taken = [each for each in names if (folder / each).exists() or (folder / each).is_symlink()]
    if taken:
        message = f"{folder} has {' and '.join(taken)} already."
        raise UserError(message, hint="Give another folder; nothing was written.")


def own_name(environment: Environment) -> str:
    """Return the name that an environment's files get unless another is chosen: without a reserved beginning."""
    plain = re.sub(r"\.(?:ya?ml|txt|in)$", "", bare_name(environment.title), flags=re.IGNORECASE)
    return re.sub(r"[^a-zA-Z0-9_.-]+", "-", plain).strip("-_.") or "environment"


def _is_published(environment: Environment) -> bool:
    """Whether an image holds all that the environment is: one that is curated and still there."""
    curated = environment.curated
    return curated is not None and bool(curated.image) and curated.state != "retired" and _has_no_conda(environment)


def _has_no_conda(environment: Environment) -> bool:
    return not mapping(environment.data.get("conda_file"))


def _settings(environment: Environment, name: str) -> dict[str, Value]:
    curated = environment.curated
    if curated is not None and _has_no_conda(environment):
        image = f"{curated.image}:latest" if _is_published(environment) else curated.base_image or CPU_IMAGE
        return {"description": f"{name}, from the curated environment {curated.name}", "image": image}
    if environment.build:
        return {}
    if environment.origin in {"conda", "requirements"}:
        return {"image": environment.image or f"{CPU_IMAGE}:latest"}
    left_out = {"$schema", "name", "version", "conda_file", "build"}
    return {key: each for key, each in environment.data.items() if key not in left_out}


def _conda_of(environment: Environment) -> dict[str, Value]:
    """Return the conda file as data: its own, or one made of the packages that are known."""
    if environment.origin == "conda":
        return dict(environment.data)
    own = mapping(environment.data.get("conda_file"))
    if own or not environment.packages:
        return dict(own)
    packages = [each for each in environment.packages if each.name and not each.hindrance]
    is_written = environment.origin == "requirements"
    lines: list[Value] = [each.written if is_written else f"{each.name}{each.spec}" for each in packages]
    python = f"python={environment.python or '3.11'}"
    return {"channels": ["conda-forge"], "dependencies": [python, "pip", {"pip": lines}]}


def _remarks(environment: Environment, *, of_conda: bool = False) -> str:
    """Return what a reader of the file should know of where it comes from."""
    curated, lines = environment.curated, []
    if curated is not None and _has_no_conda(environment):
        lines.append(f"Made from the curated environment {curated.name} ({curated.state}), as known {curated.as_of}.")
        lines.append(f"Source: {curated.source}")
        if of_conda:
            lines.append("Only the packages that its sources name are here; the image holds more.")
        if of_conda and _is_published(environment):
            lines.append("environment.yml takes the image as it is. To build your own, give this as its conda_file,")
            lines.append("with a base image of Azure ML's: the packages are then installed anew.")
    elif environment.origin in {"conda", "requirements"} and not of_conda and not environment.image:
        lines.append("The base image is Azure ML's for nodes without GPUs: take one with cuda in its name for GPUs.")
    left_out = [each for each in environment.packages if each.hindrance] if of_conda else []
    if environment.origin == "requirements":
        lines += [f"Left out, {each.hindrance}: {each.shown}" for each in left_out]
    return "".join(f"# {' '.join(each.split())}\n" for each in lines)


def _copy_context(context: Path, target: Path) -> Path:
    files = [Path(here, each) for here, _, names in os.walk(context) for each in names]
    size = sum(each.lstat().st_size for each in files[: BUILD_FILES + 1])
    if len(files) > BUILD_FILES or size > BUILD_BYTES:
        most = f"{BUILD_FILES} files and {size_text(BUILD_BYTES)}"
        message = f"The build context {context} is more than Azure ML takes: {most}."
        raise UserError(message, hint="Keep only what the Dockerfile copies in that folder.")
    shutil.copytree(context, target, symlinks=True)
    return target
