"""Rewrites ONNX files: names of inputs, outputs and axes, weights inside or beside, and what exporters note down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
from rankzero_kit.errors import TaskError

from .opening import Opened, all_nodes, open_model

Names = Mapping[str, str]
ONE_FILE = 2**31 - 2**20
"""What protobuf can hold, and some room for nodes."""
WEIGHT = 1024
"""Tensors from this size on are weights, which may lie beside the model."""


def rename(path: Path, inputs: Names, outputs: Names, axes: Mapping[str, Mapping[str, str]]) -> None:
    """Rename inputs, outputs (old name to new) and axes (new name of a value, index, name of the axis) in place.

    Raises TaskError where a name is not there, or is taken.
    """
    model = onnx.load(str(path), load_external_data=False)
    wanted = {old: new for old, new in {**inputs, **outputs}.items() if old != new}
    _refuse(model.graph, inputs, outputs, wanted)
    for graph in _graphs(model.graph):
        _rename_in(graph, wanted)
    for value in (*model.graph.input, *model.graph.output):
        for index, name in axes.get(value.name, {}).items():
            value.type.tensor_type.shape.dim[int(index)].dim_param = name
    _write(path, model.SerializeToString())


def single_file(path: Path, target: Path) -> list[str]:
    """Write a model with its weights inside; beside it, where they are too large for that. Return the files' names."""
    opened = open_model(path)
    model = onnx.load(str(opened.path))
    if opened.bytes < ONE_FILE:
        _write(target, model.SerializeToString())
        return [target.name]
    return _beside(model, target)


def with_weights_beside(path: Path, target: Path) -> list[str]:
    """Write a model with its weights in a file beside it. Return the files' names."""
    return _beside(onnx.load(str(open_model(path).path)), target)


def strip_notes(path: Path) -> Opened:
    """Take out what exporters note of the code that a model comes from: places in files, scopes, stack traces."""
    model = onnx.load(str(path), load_external_data=False)
    for node in all_nodes(model.graph):
        del node.metadata_props[:]
        node.ClearField("doc_string")
    for each in (model, model.graph, *model.graph.value_info, *model.graph.input, *model.graph.output):
        del each.metadata_props[:]
        each.ClearField("doc_string")
    _write(path, model.SerializeToString())
    return open_model(path)


def _beside(model: Any, target: Path) -> list[str]:
    weights = target.with_name(f"{target.name}.data")
    weights.unlink(missing_ok=True)  # onnx adds to what is there
    onnx.save_model(model, str(target), save_as_external_data=True, location=weights.name, size_threshold=WEIGHT)
    return [target.name, weights.name]


def _write(target: Path, content: bytes) -> None:
    """Write whole or not at all."""
    part = target.with_name(f".{target.name}.part")
    try:
        part.write_bytes(content)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _refuse(graph: Any, inputs: Names, outputs: Names, wanted: Names) -> None:
    there = {"input": {each.name for each in graph.input}, "output": {each.name for each in graph.output}}
    for kind, names in (("input", inputs), ("output", outputs)):
        missing = next((each for each in names if each not in there[kind]), None)
        if missing is not None:
            raise TaskError(f"The file has no {kind} “{missing}”.")
    taken = ({name for each in _graphs(graph) for name in _values(each)} - {*wanted}) & {*wanted.values()}
    if taken or len({*wanted.values()}) < len(wanted):
        raise TaskError(f"The name “{next(iter(taken), next(iter(wanted.values())))}” is already taken in the file.")


def _graphs(graph: Any) -> Iterator[Any]:
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs) if attribute.type in (5, 10) else ():
                yield from _graphs(inner)


def _values(graph: Any) -> Iterator[str]:
    for each in (*graph.initializer, *graph.input, *graph.output):
        yield each.name
    for node in graph.node:
        yield from node.output


def _rename_in(graph: Any, names: Names) -> None:
    for node in graph.node:
        _replace(node.input, names)
        _replace(node.output, names)
    for each in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        each.name = names.get(each.name, each.name)


def _replace(listed: Any, names: Names) -> None:
    found: Sequence[str] = [names.get(each, each) for each in listed]
    del listed[:]
    listed.extend(found)
