"""Inputs and outputs of a job on this machine: values as text, data as absolute paths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from desktop_app.api import Diagnostic, Job, JobInput, JobOutput, Severity
from desktop_app.core.placeholders import input_text
from desktop_app.documents import local_paths

_REMOTE = re.compile(r"^(azureml:|https?:|wasbs?:|abfss?:|adl:|s3:|gs:|ftp:)", re.IGNORECASE)
_FOLDERS = frozenset({"uri_folder", "mltable", "mlflow_model"})


@dataclass(frozen=True, slots=True)
class MappedData:
    """What placeholders become: `literals` as they are, `paths` and `outputs` as absolute paths; and what is wrong.

    A path that lies elsewhere stays as it is written: that it does is one of the findings, and is said once.
    """

    literals: Mapping[str, str]
    paths: Mapping[str, str]
    outputs: Mapping[str, str]
    findings: tuple[Diagnostic, ...]


def map_data(job: Job, folder: Path, outputs: Path) -> MappedData:
    """Map a job's inputs, relative to `folder`, and its outputs, below `outputs`."""
    literals = {name: input_text(each.value) for name, each in job.inputs.items() if each.is_literal}
    paths = {
        name: each.path if is_remote(each.path) else str(local_path(each.path, folder))
        for name, each in job.inputs.items()
        if each.path is not None
    }
    findings = (*_check_inputs(job, folder), *_check_outputs(job))
    places = {name: str(_output_place(outputs, name, each)) for name, each in job.outputs.items() if _is_safe(name)}
    return MappedData(literals, paths, places, findings)


def is_remote(path: str) -> bool:
    """Whether a path means something that is not on this machine."""
    return bool(_REMOTE.match(path))


def local_path(path: str, folder: Path) -> Path:
    """Return the absolute path that a job file in `folder` means."""
    if path.startswith("file://"):
        path = unquote(urlsplit(path).path)
    # normpath, not resolve: a link stays the link that the person named.
    return Path(_normal(folder / local_paths.local_path(path)))


def kind_of(path: Path) -> str:
    """Return `folder`, `file`, or nothing for what is not there or can't be looked at (a name that is too long)."""
    try:
        return "folder" if path.is_dir() else "file" if path.exists() else ""
    except (OSError, ValueError):
        return ""


def _normal(path: Path) -> str:
    import os.path

    return os.path.normpath(path.absolute())


def _check_inputs(job: Job, folder: Path) -> Iterator[Diagnostic]:
    for name, each in job.inputs.items():
        if each.path is not None:
            yield from _check_path(name, each, each.path, folder)


def _check_path(name: str, given: JobInput, path: str, folder: Path) -> Iterator[Diagnostic]:
    place = f"inputs.{name}.path"
    if is_remote(path):
        message = f"The input {name} lies elsewhere ({path}): download it and put its local path here to run locally."
        yield Diagnostic(Severity.ERROR, "remote-input", message, place)
        return
    found = local_path(path, folder)
    kind = kind_of(found)
    if not kind:
        yield Diagnostic(Severity.ERROR, "input-missing", f"The input {name} is not there: {found}.", place)
    elif given.type in _FOLDERS and kind != "folder":
        message = f"The input {name} is a {given.type}, but {found} is a file."
        yield Diagnostic(Severity.ERROR, "input-kind", message, place)
    elif given.type == "uri_file" and kind == "folder":
        message = f"The input {name} is a uri_file, but {found} is a folder."
        yield Diagnostic(Severity.ERROR, "input-kind", message, place)


def _check_outputs(job: Job) -> Iterator[Diagnostic]:
    for name, each in job.outputs.items():
        if not _is_safe(name):
            message = f"An output can't be called “{name}”: on this machine it becomes a folder of that name."
            yield Diagnostic(Severity.ERROR, "output-name", message, f"outputs.{name}")
        if each.path:
            message = f"A local run keeps the output {name} in its own folder, not at {each.path}."
            yield Diagnostic(Severity.INFO, "output-kept-here", message, f"outputs.{name}.path")


def _is_safe(name: str) -> bool:
    return name not in ("", ".", "..") and not re.search(r"[/\\\0]", name) and len(name.encode()) <= 255


def _output_place(outputs: Path, name: str, each: JobOutput) -> Path:
    return outputs / name / name if each.type == "uri_file" else outputs / name
