"""Opens ONNX files that nobody has vouched for: what they are, without their weights, and what of them is refused."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from rankzero_kit.errors import TaskError

from .skeleton import byte_size, dtype_name, read_skeleton, strip

STANDARD = ("", "ai.onnx", "ai.onnx.ml")
DICE = ("RandomNormal", "RandomNormalLike", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli")
OF_THE_RUNTIME = ("com.microsoft", "com.microsoft.nchwc", "com.ms.internal.nhwc")
_ONE_MESSAGE = 2**31 - 1


@dataclass(frozen=True)
class Opened:
    """A model's file: `skeleton` is its ModelProto without weights, `bytes` the size with external data."""

    path: Path
    skeleton: Any
    bytes: int
    external: tuple[Path, ...]

    @property
    def graph(self) -> Any:
        """The main graph, without weights."""
        return self.skeleton.graph


def open_model(path: str | Path) -> Opened:
    """Return what lies in a file. Raises TaskError for what is no model, or reaches for what it must not."""
    path = Path(path).resolve()
    skeleton = _skeleton(path)
    external = tuple(sorted(set(_external_files(path, skeleton))))
    _refuse_foreign_operators(skeleton)
    return Opened(path, skeleton, sum(each.stat().st_size for each in (path, *external)), external)


def all_nodes(graph: Any) -> Iterator[Any]:
    """Yield the nodes of a graph and of the graphs inside them (branches, bodies of loops)."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs) if attribute.type in (5, 10) else ():
                yield from all_nodes(inner)


def graph_inputs(graph: Any) -> list[Any]:
    """Return the inputs that a caller must give: those that no initializer stands for."""
    given = {each.name for each in graph.initializer} | {each.values.name for each in graph.sparse_initializer}
    return [each for each in graph.input if each.name not in given]


def random_nodes(model: Any) -> list[str]:
    """Return the nodes that draw random numbers; a dropout does where its training mode is on for good."""
    on = {each.name for each in model.graph.initializer if each.data_type == onnx.TensorProto.BOOL and _is_on(each)}
    on |= {
        node.output[0]
        for node in all_nodes(model.graph)
        if node.op_type == "Constant" and any(_is_on(each.t) for each in node.attribute if each.name == "value")
    }
    return [
        node.name or node.output[0]
        for node in all_nodes(model.graph)
        if node.op_type in DICE or (node.op_type == "Dropout" and len(node.input) > 2 and node.input[2] in on)
    ]


def _is_on(tensor: Any) -> bool:
    return bool(
        tensor.data_type == onnx.TensorProto.BOOL and not tensor.dims and any(onnx.numpy_helper.to_array(tensor).flat)
    )


def told_value(value: Any) -> dict[str, Any]:
    """Return an input or output as JSON has it; an axis without size or name is “?”."""
    kind = value.type.WhichOneof("value")
    if kind != "tensor_type":
        return {"name": value.name, "shape": None, "dtype": kind or "?"}
    tensor = value.type.tensor_type
    shape = [_axis(each) for each in tensor.shape.dim] if tensor.HasField("shape") else None
    return {"name": value.name, "shape": shape, "dtype": dtype_name(tensor.elem_type)}


def told_model(opened: Opened) -> dict[str, Any]:
    """Return what can be said of a model without running it."""
    model, graph = opened.skeleton, opened.graph
    return {
        "opset": next((each.version for each in model.opset_import if each.domain in ("", "ai.onnx")), None),
        "ir_version": model.ir_version,
        "producer": " ".join(filter(None, (model.producer_name, model.producer_version))),
        "inputs": [told_value(each) for each in graph_inputs(graph)],
        "outputs": [told_value(each) for each in graph.output],
        "nodes": sum(1 for _ in all_nodes(graph)),
        "bytes": opened.bytes,
        "operators": dict(Counter(each.op_type for each in all_nodes(graph)).most_common()),
        "domains": sorted({each.domain for each in all_nodes(graph)} - set(STANDARD)),
        "external_data": [each.name for each in opened.external],
        "parameters": sum(math.prod(each.dims) for each in graph.initializer),
        "functions": len(model.functions),
    }


def tensors(model: Any) -> Iterator[Any]:
    """Yield every tensor with data: initializers and constants, in the graphs inside nodes and in functions too."""
    for graph in (model.graph, *_inner_graphs(model.graph)):
        yield from graph.initializer
        for each in graph.sparse_initializer:
            yield from (each.values, each.indices)
    nodes = [*all_nodes(model.graph), *(each for function in model.functions for each in function.node)]
    for attribute in (each for node in nodes for each in node.attribute):
        if attribute.type == onnx.AttributeProto.TENSOR:
            yield attribute.t
        yield from attribute.tensors


def _inner_graphs(graph: Any) -> Iterator[Any]:
    for attribute in (each for node in all_nodes(graph) for each in node.attribute):
        yield from (attribute.g,) if attribute.type == onnx.AttributeProto.GRAPH else attribute.graphs


def _skeleton(path: Path) -> Any:
    if not path.is_file():
        raise TaskError(f"There is no file “{path.name}”.")
    size = path.stat().st_size
    if not size:
        raise TaskError(f"“{path.name}” is empty.")
    if size > _ONE_MESSAGE:
        raise TaskError(f"“{path.name}” is over 2 GB: ONNX keeps larger weights in a file beside it.")
    try:
        model, _ = read_skeleton(path)
    except TaskError:
        raise
    except Exception as error:  # protobuf's own type is no part of onnx
        raise TaskError(f"“{path.name}” is no ONNX model, or it was cut off.") from error
    if not model.HasField("graph") or not model.ir_version:
        raise TaskError(f"“{path.name}” is no ONNX model: there is no graph in it.")
    if any(isinstance(each, bytes) for each in _texts(model)):
        raise TaskError(f"“{path.name}” is damaged: what should be names in it is no text.")
    for tensor in tensors(model):
        strip(tensor)
    return model


def _texts(model: Any) -> Iterator[Any]:
    """Yield what should be text; protobuf gives bytes where it is none."""
    yield from (model.producer_name, model.producer_version, model.domain, model.graph.name)
    yield from (each.domain for each in model.opset_import)
    for each in (*model.graph.input, *model.graph.output):
        yield each.name
        yield from (dim.dim_param for dim in each.type.tensor_type.shape.dim)
    yield from (each.name for each in tensors(model))
    for node in all_nodes(model.graph):
        yield from (node.name, node.op_type, node.domain, *node.input, *node.output)
        yield from (text for each in node.metadata_props for text in (each.key, each.value))


def _external_files(path: Path, model: Any) -> Iterator[Path]:
    for tensor in tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            facts = {each.key: each.value for each in tensor.external_data}
            yield _beside(path, tensor, facts)


def _beside(path: Path, tensor: Any, facts: dict[str, str]) -> Path:
    """Return the file that a tensor's data lies in. Raises TaskError unless that is a plain one beside the model."""
    location = facts.get("location", "")
    found = path.parent / location
    if not location or Path(location).is_absolute() or not found.resolve().is_relative_to(path.parent):
        raise TaskError(f"The weights of “{tensor.name}” are said to lie outside the model's folder: “{location}”.")
    if found.is_symlink() or not found.is_file():
        raise TaskError(f"The file with the weights, “{location}”, is not beside the model.")
    start, length = int(facts.get("offset") or 0), int(facts.get("length") or 0)
    wanted = byte_size(tensor)
    if start < 0 or start + max(length, wanted) > found.stat().st_size or (length and length != wanted):
        raise TaskError(f"“{location}” is too short, or it does not fit: the weights of “{tensor.name}” are not in it.")
    return found


def _refuse_foreign_operators(model: Any) -> None:
    own = {(each.domain, each.name) for each in model.functions}
    inside = (node for function in model.functions for node in all_nodes(function))
    for node in (*all_nodes(model.graph), *inside):
        known = node.domain in (*STANDARD, *OF_THE_RUNTIME) or (node.domain, node.op_type) in own
        if not known:
            raise TaskError(
                f"The file uses the operator “{node.op_type}” of “{node.domain}”, which belongs neither to ONNX nor to "
                "ONNX Runtime: nothing but its maker's own program could run it."
            )


def _axis(dim: Any) -> int | str:
    kind = dim.WhichOneof("value")
    return "?" if kind is None else getattr(dim, kind)
