"""Which folders and files a job file sends up: code, local data, the Docker build folder, a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Value
from desktop_app.core.paths import Part, join_path
from desktop_app.documents.local_paths import local_path

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
_DRIVE = re.compile(r"[a-z]:[\\/]", re.IGNORECASE)
_DATA_TYPES = frozenset({
    "uri_file", "uri_folder", "mltable", "mlflow_model", "custom_model", "triton_model", "safe_tensors_model",
})  # fmt: skip
_ASSETS = frozenset({"data", "model"})
_DEEPEST = 30


@dataclass(frozen=True, slots=True)
class UploadPart:
    """One thing that goes up: where it is said in the file, what it is, and where it lies."""

    path: str
    what: str
    given: str
    source: Path
    of_component: bool = False
    trouble: str = ""
    """Why what it names could not be looked into; empty where it could."""


def upload_parts(kind: str, data: Value, folder: Path) -> tuple[UploadPart, ...]:
    """Return what a file of that kind sends up, each place once, in the order of the file; `folder` is the file's own.

    What lies elsewhere already (`azureml:`, `https:`, `git+…`) is not among it.
    """
    found: dict[Path, UploadPart] = {}
    for path, what, given, of_component in _named(kind, data, (), 0):
        if given.strip() and is_local(given):
            source = folder / local_path(given.removeprefix("file:"))
            found.setdefault(source, UploadPart(join_path(path), what, given, source, of_component))
    return tuple(found.values())


def is_local(given: str) -> bool:
    """Whether a text names a place on this machine."""
    if _DRIVE.match(given) or given.startswith("file:"):
        return True
    return not _ELSEWHERE.match(given) and "${{" not in given


_Named = tuple[tuple[Part, ...], str, str, bool]


def _named(kind: str, data: Value, path: tuple[Part, ...], depth: int) -> Iterator[_Named]:
    if depth > _DEEPEST:
        return
    if isinstance(data, list):
        for index, each in enumerate(data):
            yield from _named(kind, each, (*path, index), depth + 1)
    elif isinstance(data, dict):
        yield from _of_mapping(kind, data, path)
        for key, value in data.items():
            yield from _named(kind, value, (*path, key), depth + 1)


def _of_mapping(kind: str, data: dict[str, Value], path: tuple[Part, ...]) -> Iterator[_Named]:
    last = path[-1] if path else ""
    code, place = data.get("code"), data.get("path")
    if isinstance(code, str):
        yield (*path, "code"), "code", code, kind.lower().endswith("component") or last == "component"
    if not isinstance(place, str):
        return
    if last == "build":
        yield (*path, "path"), "Docker build folder", place, False
    elif (not path and kind in _ASSETS) or last == "model":
        yield (*path, "path"), "model" if kind == "model" or last == "model" else "data", place, False
    elif len(path) > 1 and path[-2] == "inputs" and data.get("type", "uri_folder") in _DATA_TYPES:
        yield (*path, "path"), "data", place, False
