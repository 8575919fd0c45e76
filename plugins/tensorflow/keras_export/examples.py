"""Inputs that come with a model: what its builder returned, and what the `inputs` function beside it gives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from rankzero_kit.inputs import WHOLE, InputSpec

from . import structures
from .model import Arrays, Loaded

USUAL = {
    "b": "batch", "batch_size": "batch", "n": "batch", "bs": "batch", "t": "time", "l": "length", "s": "seq",
    "h": "height", "w": "width", "seq_len": "seq", "timesteps": "time",
}  # fmt: skip
"""What short names of sizes mean."""


def packed(example: Any, arguments: Any) -> Arrays | None:
    """Return an example by the names of a model's arguments, or None where it doesn't fit them."""
    names = structures.leaves(arguments)
    if isinstance(example, Mapping) and set(example) == set(names):
        return {name: structures.array(example[name]) for name in names}
    values = structures.leaves(example)
    if len(values) != len(names):
        return None
    return {name: structures.array(each) for name, each in zip(names, values, strict=True)}


def sizes_taken(function: Callable[..., Any] | None) -> dict[str, int]:
    """Return the whole-number parameters of an `inputs` function with their defaults: they are sizes."""
    if function is None:
        return {}
    parameters = inspect.signature(function).parameters.values()
    if any(each.default is each.empty and each.kind is each.POSITIONAL_OR_KEYWORD for each in parameters):
        return {}
    return {each.name: each.default for each in parameters if type(each.default) is int}


def other(name: str, size: int) -> int:
    """Return another size for a parameter; lengths grow by something odd, that no stride hides."""
    return size + 1 if USUAL.get(name, name) == "batch" else size + max(3, size // 2 | 1)


def varied(function: Callable[..., Any], name: str, size: int) -> Any:
    """Return inputs with one size changed; the first that the function takes."""
    last: Exception | None = None
    for trial in (other(name, size), size * 2, size + 1):
        try:
            return function(**{name: trial})
        except Exception as error:  # noqa: BLE001 - the next size may be a right one
            last = error
    raise last or ValueError(name)


def name_axes(loaded: Loaded, specs: list[InputSpec]) -> list[InputSpec]:
    """Return inputs whose axes are named after the parameters that they follow, where the model lets them vary."""
    function = loaded.sized
    if function is None:
        return specs
    first = packed(function(), loaded.arguments)
    if first is None:
        return specs
    shapes = {spec.name: [*spec.shape] for spec in specs}
    for name, size in sizes_taken(function).items():
        try:
            changed = packed(varied(function, name, size), loaded.arguments)
        except Exception:  # noqa: BLE001, S112 - a parameter that is no size names no axis
            continue
        for each, shape in shapes.items():
            _rename(shape, first[each].shape, changed[each].shape if changed else (), USUAL.get(name, name))
    return [replace(spec, shape=tuple(shapes[spec.name])) for spec in specs]


def _rename(shape: list[int | str], before: Any, after: Any, name: str) -> None:
    for index, (one, two) in enumerate(zip(before, after, strict=False)):
        if one != two and index < len(shape) and isinstance(shape[index], str):
            shape[index] = "batch" if index == 0 else name


def seen_range(spec: InputSpec, values: Any) -> InputSpec:
    """Return an input with the range that an example shows, where the model didn't tell one."""
    if spec.dtype not in WHOLE or spec.low is not None or not values.size:
        return spec
    return replace(spec, low=float(min(0, values.min())), high=float(max(1, values.max())))
