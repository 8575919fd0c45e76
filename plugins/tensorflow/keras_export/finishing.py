"""What every route does to a graph in the end: names of inputs, outputs and axes."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SCOPES, CLASSES = "pkg.torch.onnx.name_scopes", "pkg.torch.onnx.class_hierarchy"
"""Under which PyTorch's exporter writes where a node comes from."""
ONE_FILE = 2**31 - 2**20
"""What one file may hold."""


def finish(model: Any, prepared: Mapping[str, Any], order: Sequence[str] | None = None) -> None:
    """Give a model the names of inputs, outputs and axes that were told before, in place."""
    graph = model.graph
    inputs, outputs = prepared["inputs"], prepared["outputs"]
    rename(graph, [each.name for each in graph.input], [each["name"] for each in inputs])
    rename(graph, [each.name for each in graph.output], [each["name"] for each in outputs])
    for told, each in ((inputs, graph.input), (outputs, graph.output)):
        for known, value in zip(told, each, strict=True):
            _dimensions(value, known["shape"])


def name_of(request: Mapping[str, Any]) -> str:
    """Return what the file will be called in the end: data beside it are found by that name."""
    return str(request.get("name") or "model.onnx")


def save(model: Any, path: Path) -> Path:
    """Write a model as one file, and its weights beside it where they are too large for that."""
    import onnx

    path.parent.mkdir(parents=True, exist_ok=True)
    if model.ByteSize() < ONE_FILE:
        path.write_bytes(model.SerializeToString())
    else:
        onnx.save_model(model, path, save_as_external_data=True, location=f"{path.name}.data", size_threshold=1024)
    return path


def opset(model: Any) -> int:
    """Return the version of the standard operators that a model uses."""
    return int(next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), 0))


def without_wrapper(model: Any) -> None:
    """Leave the module around the model out of what nodes say of where they come from."""
    functions = [node for function in model.functions for node in function.node]
    for node in (*model.graph.node, *functions):
        for entry in node.metadata_props:
            if entry.key == SCOPES:
                entry.value = str(["", *_dotted([each.removeprefix("model.") for each in _listed(entry.value)[2:]])])
            elif entry.key == CLASSES:
                entry.value = str(_listed(entry.value)[1:])
            elif entry.key == "namespace":
                entry.value = ": ".join(["", entry.value.partition("/model: ")[2].replace("/model.", "/")])


def _dotted(scopes: list[str]) -> list[str]:
    """Return scopes as whole paths; the last is the node's own name."""
    found: list[str] = []
    for each in scopes[:-1]:
        before = found[-1] if found else ""
        found.append(each if not before or each.startswith(f"{before}.") else f"{before}.{each}")
    return [*found, *scopes[-1:]]


def _listed(text: str) -> list[str]:
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return []
    return [str(each) for each in found] if isinstance(found, list) else []


def rename(graph: Any, old: Sequence[str], new: Sequence[str]) -> None:
    """Rename values of a graph, wherever they are read or made; who has one of the new names already gets another."""
    names = {before: after for before, after in zip(old, new, strict=True) if before != after}
    there = {each for node in graph.node for each in (*node.input, *node.output)} | {
        each.name for each in (*graph.initializer, *graph.input, *graph.output)
    }
    for after in list(names.values()):
        if after in there and after not in names:
            names[after] = f"{after}__inner"
    _rename_in(graph, names)


def _rename_in(graph: Any, names: Mapping[str, str]) -> None:
    for node in graph.node:
        for index, each in enumerate(node.input):
            node.input[index] = names.get(each, each)
        for index, each in enumerate(node.output):
            node.output[index] = names.get(each, each)
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                if inner.node:
                    _rename_in(inner, names)
    for each in (*graph.input, *graph.output, *graph.value_info, *graph.initializer):
        each.name = names.get(each.name, each.name)


def _dimensions(value: Any, shape: Sequence[int | str]) -> None:
    del value.type.tensor_type.shape.dim[:]
    for size in shape:
        dimension = value.type.tensor_type.shape.dim.add()
        if isinstance(size, str):
            dimension.dim_param = size
        else:
            dimension.dim_value = size
