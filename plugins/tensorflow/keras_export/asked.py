"""Inputs that the person gave: as text, as an `.npz` file, or as a function that returns them."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from rankzero_kit.errors import TaskError
from rankzero_kit.inputs import InputSpec, parse_spec

from . import code
from .model import Loaded


def specs(request: dict[str, Any]) -> list[InputSpec]:
    """Return the inputs that were given as text."""
    return [parse_spec(each) for each in request["inputs"] if _kind(each) == "text"]


def add_examples(loaded: Loaded, request: dict[str, Any]) -> None:
    """Put the examples that were given before those that came with the model."""
    found = [_npz(Path(each)) for each in request["inputs"] if _kind(each) == "npz"]
    for each in request["inputs"]:
        if _kind(each) == "function":
            path, _, name = each.rpartition(":")
            _there(Path(path), "FILE.py:FUNCTION")
            function = getattr(code.imported(Path(path)), name, None)
            if not callable(function):
                raise TaskError(f"{Path(path).name} has no function “{name}”.")
            found.append(code.called(function, {}, f"{Path(path).stem}:{name}"))
            loaded.sized = function
    if found:
        loaded.examples = found


def joined(known: list[InputSpec], given: list[InputSpec]) -> list[InputSpec]:
    """Return the model's inputs with what the person said of them. Raises TaskError for names that it doesn't have."""
    by_name = {each.name: each for each in given}
    if len(known) == len(given) == 1:
        by_name = {known[0].name: given[0]}
    strange = [name for name in by_name if name not in {each.name for each in known}]
    if strange:
        has = ", ".join(f"“{each.name}”" for each in known)
        raise TaskError(f"The model has no input “{strange[0]}”; it has {has}.", "Name its inputs as it does.")
    return [_told(each, by_name[each.name]) if each.name in by_name else each for each in known]


def _told(known: InputSpec, given: InputSpec) -> InputSpec:
    if len(given.shape) != len(known.shape):
        count = len(known.shape)
        raise TaskError(f"The input “{known.name}” has {count} axes, not {len(given.shape)}: {known.text}.")
    for mine, theirs in zip(known.shape, given.shape, strict=True):
        if isinstance(mine, int) and mine != theirs:
            raise TaskError(f"An axis of the input “{known.name}” is always {mine}, not {theirs}: {known.text}.")
    low = known.low if given.low is None else given.low
    high = known.high if given.high is None else given.high
    return replace(known, shape=given.shape, low=low, high=high, origin="given")


def _kind(text: str) -> str:
    if text.endswith(".npz"):
        return "npz"
    path, _, name = text.rpartition(":")
    return "function" if path.endswith(".py") and name.isidentifier() else "text"


def _there(path: Path, names: str) -> None:
    if not path.is_file():
        raise TaskError(f"There is no file {path.name} in {path.parent}.", f"--inputs names {names}.")


def _npz(path: Path) -> dict[str, Any]:
    _there(path, "an .npz of arrays")
    try:
        with np.load(path, allow_pickle=False) as data:
            return {key: data[key] for key in data.files}
    except (OSError, ValueError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise TaskError(f"{path.name} is no whole .npz of arrays.", "Write it with numpy.savez.") from error
