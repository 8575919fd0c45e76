"""What a model takes, found in the model: names, shapes with named axes, types and ranges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from rankzero_kit.inputs import FLOATS, WHOLE, InputSpec

from . import structures
from .model import Loaded

PASS_ON = (
    "Flatten", "Reshape", "Masking", "RepeatVector", "Permute", "Concatenate", "InputLayer", "GetItem", "Cast",
    "ExpandDims", "Squeeze", "Identity", "Dropout", "SpatialDropout1D", "Stack",
)  # fmt: skip
"""Operations that hand whole numbers on as they are."""
COUNTED = {"Embedding": "input_dim", "ReversibleEmbedding": "input_dim", "CategoryEncoding": "num_tokens"}
AXES = {2: ("seq",), 3: ("time", "features"), 4: ("height", "width", "channels"), 5: ("depth", "height", "width")}


def functional(loaded: Loaded) -> bool:
    """Whether the model knows its inputs and outputs as a graph of layers."""
    return loaded.keras and hasattr(graph_of(loaded.model), "_inputs_struct")


def graph_of(model: Any) -> Any:
    """Return the graph of layers in a model: a Sequential one has it inside."""
    inner = getattr(model, "_functional", None)
    return inner if inner is not None else model


def from_graph(loaded: Loaded) -> list[InputSpec]:
    """Name a functional model's inputs and outputs, and return what it takes."""
    graph = graph_of(loaded.model)
    structure = graph._inputs_struct
    named = structures.labelled(structure, lambda at, tensor: structures.key_of(at, _layer(tensor)))
    loaded.arguments = [named]
    answers = structures.labelled(graph._outputs_struct, lambda at, each: structures.key_of(at, _layer(each)))
    loaded.outputs = structures.leaves(answers)
    pairs = zip(structures.leaves(named), structures.leaves(structure), strict=True)
    shared = axis_names({name: (tuple(tensor.shape), _dtype(tensor)) for name, tensor in pairs})
    tensors = dict(zip(structures.leaves(named), structures.leaves(structure), strict=True))
    return [_ranged(replace(spec, origin="from the model"), tensors[spec.name], loaded.model) for spec in shared]


def axis_names(known: Mapping[str, tuple[tuple[Any, ...], str]]) -> list[InputSpec]:
    """Return inputs whose unknown axes got names: the first is the batch, the others by where they are."""
    taken: set[str] = set()
    specs = []
    for name, (shape, dtype) in known.items():
        usual = AXES.get(len(shape), ())
        named: list[int | str] = []
        for index, size in enumerate(shape):
            if size is not None and not isinstance(size, str):
                named.append(int(size))
            elif index == 0:
                named.append("batch")
            else:
                likely = usual[index - 1] if index <= len(usual) else f"axis_{index}"
                named.append(structures.unique(likely, taken))
        specs.append(InputSpec(name, dtype, tuple(named)))
    return specs


def shared_axes(specs: Iterable[InputSpec]) -> list[InputSpec]:
    """Return inputs whose axes of the same meaning have the same name: a source and a target of one length."""

    def plain(axis: int | str) -> int | str:
        stem, _, number = axis.rpartition("_") if isinstance(axis, str) else ("", "", "")
        return stem if stem and number.isdecimal() and stem != "axis" else axis

    return [replace(each, shape=tuple(map(plain, each.shape))) for each in specs]


def _layer(tensor: Any) -> str:
    history = getattr(tensor, "_keras_history", None)
    operation = getattr(history, "operation", None)
    return str(getattr(operation, "name", None) or getattr(tensor, "name", "") or "value").replace("/", "_")


def _dtype(tensor: Any) -> str:
    return str(getattr(tensor.dtype, "name", tensor.dtype))


def _ranged(spec: InputSpec, tensor: Any, model: Any) -> InputSpec:
    if spec.dtype in FLOATS:
        ends = _scaled(tensor._keras_history.operation)
        return replace(spec, low=ends[0], high=ends[1]) if ends else spec
    if spec.dtype not in WHOLE:
        return spec
    counts = _counted(tensor._keras_history.operation, set())
    if not counts and hasattr(model, "_flatten_layers"):
        counts = [found for layer in model._flatten_layers() if (found := _count(layer))]
    return replace(spec, low=0.0, high=float(max(1, min(counts) - 1))) if counts else spec


def _scaled(operation: Any) -> tuple[float, float] | None:
    """Return the range that a layer right behind an input was made for: pixels, ages."""
    for node in getattr(operation, "_outbound_nodes", []):
        reader = node.operation
        kind = type(reader).__name__
        if kind == "Rescaling" and isinstance(reader.scale, (int, float)) and 0 < reader.scale < 1:
            return 0.0, round((1.0 - float(np.min(reader.offset))) / reader.scale, 6)
        if kind == "Normalization" and getattr(reader, "mean", None) is not None and not reader.invert:
            middle, spread = structures.array(reader.mean), 2 * np.sqrt(structures.array(reader.variance))
            return float((middle - spread).min()), float((middle + spread).max())
        if kind == "Discretization" and reader.bin_boundaries:
            first, last = float(min(reader.bin_boundaries)), float(max(reader.bin_boundaries))
            return first - (last - first) / 4 - 1e-3, last + (last - first) / 4 + 1e-3
    return None


def _count(operation: Any) -> int | None:
    attribute = COUNTED.get(type(operation).__name__)
    found = getattr(operation, attribute, None) if attribute else None
    if type(operation).__name__ == "IntegerLookup":
        found = operation.vocabulary_size()
    return int(found) if found else None


def _counted(operation: Any, seen: set[int]) -> list[int]:
    """Return how many values the layers that read an input tell apart."""
    found = []
    for node in getattr(operation, "_outbound_nodes", []):
        reader = node.operation
        if id(reader) in seen:
            continue
        seen.add(id(reader))
        count = _count(reader)
        if count:
            found.append(count)
        elif type(reader).__name__ in PASS_ON:
            found += _counted(reader, seen)
    return found
