"""Puts an environment into a job's text: by its reference, or one of one's own as its files say."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from desktop_app.api import UserError, Value
from desktop_app.core.environments import Environment
from desktop_app.core.paths import join_path
from desktop_app.core.rules.bodies import bodies
from desktop_app.core.rules.values import mapping, text
from desktop_app.documents.edits import set_values
from desktop_app.documents.kinds import kind_of
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.yaml_text import parse
from desktop_app.services.environments.saving import CPU_IMAGE

_LEFT_OUT = frozenset({"$schema", "name", "version", "description", "tags", "os_type"})


def entry_for(environment: Environment, file: Path | None, folder: Path) -> Value:
    """Return what stands behind `environment:` in a job file of `folder`; `file` is where one's own stands.

    Raises UserError for one that a job can't name.
    """
    if environment.curated is not None and file is None:
        return environment.curated.written
    if file is None or environment.origin == "requirements":
        message = f"A job can't take {environment.title} as it is: it names no image."
        raise UserError(message, hint="Save it to a folder as an environment first, and use that.")
    if environment.origin == "conda":
        return {"image": f"{CPU_IMAGE}:latest", "conda_file": _from(folder, file)}
    if environment.origin == "build":
        return {"build": {"path": _from(folder, Path(environment.build))}}
    data = mapping(parse(TextFile.load(file).text).data)
    return {key: _moved(key, each, file.parent, folder) for key, each in data.items() if key not in _LEFT_OUT}


def use_in(source: str, path: Path, entry: Value) -> str:
    """Return a job's text with another environment in all that it runs. Raises UserError for what is no job."""
    parsed = parse(source)
    found = list(bodies(kind_of(path, parsed.data, source), parsed.data))
    if not found:
        raise UserError(f"{path.name} is no job that an environment can be put into.", hint="Open a job file first.")
    return set_values(source, {join_path((*each.path, "environment")): entry for each in found})


def _moved(key: str, given: Value, home: Path, folder: Path) -> Value:
    """Return a value whose paths start at another folder."""
    if key == "conda_file" and isinstance(given, str):
        return _from(folder, home / re.sub(r"^file:(?://)?", "", given))
    if key == "build":
        build: Mapping[str, Value] = mapping(given)
        return {**build, "path": _from(folder, home / text(build.get("path")))}
    return given


def _from(folder: Path, target: Path) -> str:
    return Path(os.path.relpath(target, folder)).as_posix()
