"""Inputs of models that don't tell them: from examples and built shapes, with axes found by trying."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from rankzero_kit.errors import TaskError
from rankzero_kit.inputs import InputSpec, draw, spec_of

from . import code, examples, signatures, structures
from .model import Arrays, Loaded

TRIED_AXES = 24


def described(loaded: Loaded, given: list[InputSpec]) -> list[InputSpec]:
    """Name the arguments of a model that has no graph, call it once, and return what it takes."""
    if loaded.examples:
        return from_example(loaded)
    specs = given or from_build(loaded)
    if not specs:
        why = "A model whose call is Python code doesn't tell what it takes."
        raise TaskError(
            "What the model takes can't be known from it.",
            "Give its inputs, as name=float32[batch,224,224,3].",
            ask={"kind": "inputs", "known": [], "why": why},
        )
    names = [each.name for each in specs]
    arrays = {each.name: draw(each, {axis: 2 for axis in each.shape if isinstance(axis, str)}, 0) for each in specs}
    _settled(loaded, _forms(names, _parameters(loaded)), arrays)
    return specs


def from_example(loaded: Loaded) -> list[InputSpec]:
    """Take the arguments' structure from an example; axes vary if the model takes another size of them."""
    example = loaded.examples[0]
    parameters = _parameters(loaded)
    whole = [*example] if isinstance(example, tuple) else [example]

    def name(at: tuple[Any, ...], _: Any) -> str:
        otherwise = parameters[at[0]] if at and at[0] < len(parameters) else f"input_{at[0]}"
        return structures.key_of(at[1:], otherwise)

    named = structures.labelled(whole, name)
    arrays = dict(zip(structures.leaves(named), map(structures.array, structures.leaves(whole)), strict=True))
    forms = [named] if len(named) < 2 else [named, [named]]
    _settled(loaded, forms, arrays)
    specs = [spec_of(key, each, "given") for key, each in arrays.items()]
    if loaded.sized is not None and examples.sizes_taken(loaded.sized):
        return _followed(loaded, specs, arrays)
    return _tried(loaded, specs, arrays)


def from_build(loaded: Loaded) -> list[InputSpec]:
    """Return what a model was built with, for one that was loaded from a file."""
    if getattr(loaded.model, "inputs", None) and hasattr(loaded.model, "input_names"):  # a graph of Keras 2
        tensors = zip(loaded.model.input_names, loaded.model.inputs, strict=True)
        known = {str(name): (tuple(each.shape), each.dtype.name) for name, each in tensors}
        return [replace(each, origin="from the model") for each in signatures.axis_names(known)]
    config = loaded.model.get_build_config() if hasattr(loaded.model, "get_build_config") else None
    shape = (config or {}).get("input_shape") or (config or {}).get("shapes_dict")
    if shape is None:
        return []
    if isinstance(shape, Mapping):
        shapes = {str(key).removesuffix("_shape"): tuple(each) for key, each in shape.items()}
    elif shape and all(isinstance(each, (list, tuple)) for each in shape):
        shapes = {f"input_{index}": tuple(each) for index, each in enumerate(shape)}
    else:
        shapes = {(_parameters(loaded) or ["inputs"])[0]: tuple(shape)}
    first = next((each for each in loaded.model._flatten_layers() if type(each).__name__ == "Embedding"), None)
    dtype = "int32" if first is not None else "float32"
    high = None if first is None else float(first.input_dim - 1)
    specs = signatures.axis_names({name: ((None, *each[1:]), dtype) for name, each in shapes.items()})
    return [replace(each, origin="from the model", low=None if high is None else 0.0, high=high) for each in specs]


def _parameters(loaded: Loaded) -> list[str]:
    function = getattr(loaded.model, "call", None) or loaded.call
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    left_out = ("training", "mask", "self")
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.POSITIONAL_ONLY)
    return [each.name for each in parameters if each.name not in left_out and each.kind in kinds]


def _forms(names: list[str], parameters: list[str]) -> list[Any]:
    if len(names) == 1:
        return [names, [{names[0]: names[0]}]]
    as_dict = [{name: name for name in names}]
    return [names, as_dict] if len(parameters) >= len(names) else [as_dict, [names], names]


def _settled(loaded: Loaded, forms: list[Any], arrays: Arrays) -> None:
    """Take the first way of giving arguments that the model doesn't refuse; name its outputs."""
    first: Exception | None = None
    for form in forms:
        try:
            answer = loaded.call(*structures.filled(form, arrays))
        except Exception as error:  # noqa: BLE001 - the next form may be the right one
            first = first or error
            continue
        loaded.arguments = form
        loaded.outputs = output_names(answer)
        own = getattr(loaded.model, "output_names", None) if not loaded.keras else None
        if own and len(own) == len(loaded.outputs):
            loaded.outputs = [str(each) for each in own]
        return
    assert first is not None
    told = code.told(first)
    known = [spec_of(name, each, "given").document() for name, each in arrays.items()]
    ask = {"kind": "inputs", "known": known, "why": told}
    raise TaskError(f"The model doesn't take these inputs: {told}", "Give inputs that it takes.", ask=ask) from first


def output_names(answer: Any) -> list[str]:
    """Return names for an answer's parts: the keys of a dict, else their numbers."""
    count = len(structures.leaves(answer))
    numbers = iter(range(count))

    def name(at: tuple[Any, ...], _: Any) -> str:
        number = next(numbers)
        return structures.key_of(at, "output" if count == 1 else f"output_{number}")

    return list(structures.leaves(structures.labelled(answer, name)))


def _followed(loaded: Loaded, specs: list[InputSpec], arrays: Arrays) -> list[InputSpec]:
    """Let the axes vary that follow the parameters of the file's `inputs` function."""
    assert loaded.sized is not None
    shapes: dict[str, list[int | str]] = {each.name: [*each.shape] for each in specs}
    for name, size in examples.sizes_taken(loaded.sized).items():
        try:
            other = examples.packed(examples.varied(loaded.sized, name, size), loaded.arguments)
        except Exception:  # noqa: BLE001, S112 - a parameter that is no size
            continue
        for key, shape in shapes.items():
            for index, (one, two) in enumerate(zip(arrays[key].shape, other[key].shape if other else (), strict=False)):
                if one != two and isinstance(shape[index], int):
                    shape[index] = "batch" if index == 0 else examples.USUAL.get(name, name)
    return [replace(each, shape=tuple(shapes[each.name])) for each in specs]


def _tried(loaded: Loaded, specs: list[InputSpec], arrays: Arrays) -> list[InputSpec]:
    """Let those axes vary of which the model takes one more: the first of all inputs together, then each alone."""
    sizes = {each.shape[0] for each in arrays.values() if each.ndim}
    if len(sizes) == 1 and _takes(loaded, {name: _longer(each, 0) for name, each in arrays.items()}):
        specs = [replace(each, shape=("batch", *each.shape[1:])) for each in specs]
    for spec in specs:
        usual = signatures.AXES.get(len(spec.shape), ())
        for index in range(1, min(len(spec.shape), TRIED_AXES)):
            if _takes(loaded, {**arrays, spec.name: _longer(arrays[spec.name], index)}):
                name = usual[index - 1] if index <= len(usual) else f"axis_{index}"
                specs = [_with_axis(each, index, name) if each.name == spec.name else each for each in specs]
    return [replace(each, origin="found by trying") for each in specs]


def _with_axis(spec: InputSpec, index: int, name: str) -> InputSpec:
    return replace(spec, shape=(*spec.shape[:index], name, *spec.shape[index + 1 :]))


def _longer(values: Any, axis: int) -> Any:
    return np.concatenate([values, np.take(values, [0], axis)], axis) if values.ndim > axis else values


def _takes(loaded: Loaded, arrays: Arrays) -> bool:
    answer: Callable[..., Any] = loaded.answer
    try:
        answer(arrays)
    except Exception:  # noqa: BLE001 - a size that it doesn't take is the answer
        return False
    return True
