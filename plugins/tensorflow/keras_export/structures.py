"""How a model is called: its arguments with names in the place of arrays, and answers taken apart by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np


def mapped(structure: Any, change: Callable[[Any], Any]) -> Any:
    """Return a structure of dicts and sequences with every leaf changed; tuples become lists, as in JSON."""
    if isinstance(structure, Mapping):
        return {key: mapped(each, change) for key, each in structure.items()}
    if isinstance(structure, (list, tuple)):
        return [mapped(each, change) for each in structure]
    return change(structure)


def leaves(structure: Any) -> list[Any]:
    """Return the leaves in order."""
    found: list[Any] = []
    mapped(structure, found.append)
    return found


def filled(structure: Any, arrays: Mapping[str, Any]) -> Any:
    """Return a structure of names with the arrays of those names."""
    return mapped(structure, lambda name: arrays[name])


def labelled(structure: Any, names: Callable[[tuple[Any, ...], Any], str]) -> Any:
    """Return a structure of names for the leaves of another; `names` is told where each lies and what it is."""
    taken: set[str] = set()

    def go(part: Any, at: tuple[Any, ...]) -> Any:
        if isinstance(part, Mapping):
            return {key: go(each, (*at, str(key))) for key, each in part.items()}
        if isinstance(part, (list, tuple)):
            return [go(each, (*at, index)) for index, each in enumerate(part)]
        return unique(names(at, part), taken)

    return go(structure, ())


def unique(name: str, taken: set[str]) -> str:
    """Return a name that is not taken yet, and take it."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}_{number}"
    taken.add(found)
    return found


def key_of(at: Sequence[Any], otherwise: str) -> str:
    """Return the name of a leaf by the innermost key that leads to it."""
    keys = [each for each in at if isinstance(each, str)]
    return "_".join(keys) if keys else otherwise


def array(value: Any) -> Any:
    """Return a tensor's values, whatever framework it is of."""
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    if hasattr(value, "to_tensor") and type(value).__name__ == "RaggedTensor":
        value = value.to_tensor()
    values = value.numpy() if hasattr(value, "numpy") else np.asarray(value)
    return values.astype("float32") if str(values.dtype) == "bfloat16" else np.asarray(values)
