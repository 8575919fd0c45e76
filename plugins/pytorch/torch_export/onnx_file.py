"""Writes an ONNX model, with the names of axes, modules and weights as the person knows them."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import onnx
import onnx_ir as ir

ONE_FILE = 1_900_000_000
"""Bytes of weights up to which they lie in the ONNX file itself; protobuf ends at 2 GB."""
Axes = Mapping[str, Mapping[int, str]]
WRAPPER = "model"
SCOPES = "pkg.torch.onnx.name_scopes"
CLASSES = "pkg.torch.onnx.class_hierarchy"
PLACE = "namespace"
STACK = "pkg.torch.onnx.stack_trace"
FRAME = re.compile(r'(?=^ *File ")', re.MULTILINE)
OURS = ".structure.Flat"
OUR_FRAME = f'File "{Path(__file__).parent}{os.sep}'


def name_axes(program: Any, axes: Axes, shapes: Mapping[str, list[int | str]]) -> None:
    """Call the axes of a torch.onnx.ONNXProgram as they are called in the request, everywhere.

    `shapes` are those of the outputs as PyTorch's answers showed them: where the file says otherwise it is mistaken,
    and so may be all sizes that were inferred within it.
    """
    graph = program.model.graph
    program.rename_axes(
        {
            str(value.shape[axis].value): name
            for value in graph.inputs
            for axis, name in axes.get(value.name, {}).items()
            if not isinstance(value.shape[axis], int)
        }
    )
    mistaken = [_settle_shape(value, shapes[value.name]) for value in graph.outputs if value.name in shapes]
    if any(mistaken):
        _forget_sizes(graph)


def _settle_shape(value: Any, shape: list[int | str]) -> bool:
    """Give an output the axes it was seen to have; return whether the file had a size where there is none."""
    found = value.shape
    if found is None or len(found) != len(shape):
        value.shape = ir.Shape(shape)
        return True
    mistaken = False
    for axis, seen in enumerate(shape):
        told = found[axis]
        if isinstance(told, int):
            mistaken = mistaken or told != seen
            found[axis] = seen
        elif not str(told.value).isidentifier() or _is_nameless(str(told.value)):
            found[axis] = seen if isinstance(seen, str) else f"{value.name.replace('.', '_')}_{axis}"
    return mistaken


def _is_nameless(dim: str) -> bool:
    return dim[:1] in ("u", "s") and dim[1:].isdecimal()


def _forget_sizes(graph: Any) -> None:
    outputs = {*graph.outputs}
    for node in graph.all_nodes():
        for value in node.outputs:
            if value not in outputs:
                value.shape = None


def set_apart(program: Any) -> None:
    """Give every value within the model a name that no input, output or weight has."""
    graph = program.model.graph
    taken = {each.name for each in (*graph.inputs, *graph.outputs)}
    own = {*graph.outputs}
    for name in [*graph.initializers]:
        if name in taken and graph.initializers[name] not in own:
            value = graph.initializers.pop(name)
            value.name = f"{name}.weight"
            graph.initializers[value.name] = value
    for node in graph.all_nodes():
        for value in node.outputs:
            if value.name in taken and value not in own:
                value.name = f"{value.name}.value"


def unwrap_names(program: Any) -> None:
    """Take the name of the module that all was wrapped in from weights and from what tells of modules."""
    graph = program.model.graph
    prefix = f"{WRAPPER}."
    for name in [*graph.initializers]:
        if name.startswith(prefix) and name.removeprefix(prefix) not in graph.initializers:
            value = graph.initializers.pop(name)
            value.name = name.removeprefix(prefix)
            graph.initializers[value.name] = value
    for node in graph.all_nodes():
        _unwrap(node.metadata_props)


def _unwrap(told: Any) -> None:
    _unwrap_place(told)
    if SCOPES not in told or CLASSES not in told:
        return
    try:
        scopes, classes = ast.literal_eval(told[SCOPES]), ast.literal_eval(told[CLASSES])
    except (ValueError, SyntaxError):
        return
    if len(scopes) > 1 and scopes[0] == "" and scopes[1] == WRAPPER:
        scopes, classes = ["", *(_inner(each) for each in scopes[2:])], classes[1:]
    elif classes and classes[0].endswith(OURS):  # what the wrapper itself does, to an output that is an input
        scopes, classes = scopes[1:], classes[1:]
    told[SCOPES], told[CLASSES] = repr(scopes), repr(classes)


def _unwrap_place(told: Any) -> None:
    """Take the wrapper out of the path of modules, and out of the lines of code that led to an operator."""
    outer, found, rest = str(told.get(PLACE, "")).partition("/")
    if found and outer.endswith(OURS):
        parts = rest.split("/")
        first = parts[0].removeprefix(WRAPPER) if parts[0].startswith(f"{WRAPPER}: ") else parts[0]
        told[PLACE] = "/".join([first, *(each.removeprefix(f"{WRAPPER}.") for each in parts[1:])])
    frames = FRAME.split(str(told.get(STACK, "")))
    if len(frames) > 1:
        told[STACK] = "".join(each for each in frames if not each.strip().startswith(OUR_FRAME)).rstrip()


def _inner(scope: str) -> str:
    return scope.removeprefix(f"{WRAPPER}.")


def save(program: Any, path: Path) -> bool:
    """Write the model; return whether its weights lie in a file beside it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    initializers = program.model.graph.initializers
    beside = sum(each.const_value.nbytes for each in initializers.values()) > ONE_FILE
    if beside:
        program.save(path, external_data=True)
        return True
    streamed = {name: each for name, each in initializers.items() if str(each.const_value.dtype) in STREAMED}
    for name in streamed:
        initializers.pop(name)
    with path.open("wb") as file:
        _write(ir.to_proto(program.model), {name: each.const_value for name, each in streamed.items()}, file)
    return False


def gather(path: Path) -> bool:
    """Put the files of single weights that TorchScript leaves beside a large model into one; whether it has one now."""
    scattered = [each for each in path.parent.iterdir() if each != path]
    if not scattered:
        return False
    model = onnx.load(str(path))
    for each in scattered:
        each.unlink()
    onnx.save_model(model, str(path), save_as_external_data=True, location=f"{path.name}.data", size_threshold=1024)
    return True


STREAMED = {"FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16", "INT64", "INT32", "INT8", "UINT8"}
GRAPH, INITIALIZER, RAW_DATA = b"\x3a", b"\x2a", b"\x4a"
"""Tags of fields of bytes: ModelProto.graph (7), GraphProto.initializer (5), TensorProto.raw_data (9)."""


def _write(model: Any, weights: dict[str, Any], file: BinaryIO) -> None:
    """Write a model with its weights one by one: protobuf would hold all of them twice more in memory."""
    heads = [_head(name, each) for name, each in weights.items()]
    graph = model.graph.SerializeToString()
    sizes = [len(head) + each.nbytes for head, each in zip(heads, weights.values(), strict=True)]
    model.ClearField("graph")
    file.write(model.SerializeToString())
    total = len(graph) + sum(len(INITIALIZER) + len(_varint(size)) + size for size in sizes)
    file.write(GRAPH + _varint(total) + graph)
    for head, size, weight in zip(heads, sizes, weights.values(), strict=True):
        file.write(INITIALIZER + _varint(size) + head)
        weight.tofile(file)


def _head(name: str, weight: Any) -> bytes:
    """Return a TensorProto's fields up to its numbers."""
    told = onnx.TensorProto(name=name, dims=[*weight.shape.numpy()], data_type=int(weight.dtype))
    return bytes(told.SerializeToString()) + RAW_DATA + _varint(weight.nbytes)


def _varint(number: int) -> bytes:
    """Return a whole number as protobuf has it: seven bits a byte, the lowest first."""
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)
