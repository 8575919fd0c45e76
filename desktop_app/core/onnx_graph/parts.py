"""Parts of a model, read from its skeleton: types, tensors, attributes, nodes, key and value."""

from __future__ import annotations

import math
import re

from desktop_app.api import UserError
from desktop_app.core.onnx_graph.skeleton import LEFT_OUT
from desktop_app.core.onnx_graph.values import DTYPES, Attribute, Function, Node, Shape, Tensor, Value, dtype_name
from desktop_app.core.onnx_graph.wire import (
    BYTES,
    FIXED32,
    VARINT,
    Field,
    broken,
    fields,
    floats,
    numbers,
    signed,
    text,
)

MOST_AXES = 64
_MOST_SHOWN = 12  # numbers of an attribute
_LONGEST = 200  # letters of an attribute
_DEEPEST_TYPE = 8
_MOST_ELEMENTS = 1 << 48
_KINDS = {
    1: "float", 2: "int", 3: "string", 4: "tensor", 5: "graph", 6: "floats", 7: "ints", 8: "strings", 9: "tensors",
    10: "graphs", 11: "sparse tensor", 12: "sparse tensors", 13: "type", 14: "types",
}  # fmt: skip
_LEAVES = re.compile(r"^([/\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)")


def pair(data: bytes, at: int, end: int) -> tuple[str, str]:
    """Read a StringStringEntryProto."""
    key = value = ""
    for number, kind, start, stop in fields(data, at, end):
        if kind == BYTES and number == 1:
            key = text(data, start, stop)
        elif kind == BYTES and number == 2:
            value = text(data, start, stop)
    return key, value


def value_info(data: bytes, at: int, end: int) -> Value:
    """Read a ValueInfoProto."""
    name, dtype, shape = "", "", None
    for number, kind, start, stop in fields(data, at, end):
        if kind == BYTES and number == 1:
            name = text(data, start, stop)
        elif kind == BYTES and number == 2:
            dtype, shape = type_proto(data, start, stop)
    return Value(name, dtype, shape)


def type_proto(data: bytes, at: int, end: int, depth: int = 0) -> tuple[str, Shape | None]:
    """Read a TypeProto: the type of elements, with what holds the tensor around it, and its shape."""
    if depth > _DEEPEST_TYPE:
        raise broken("a type in it is nested too deeply")
    for number, kind, start, stop in fields(data, at, end):
        if kind == BYTES and number in (1, 8):
            return _tensor_type(data, start, stop)
        if kind == BYTES and number in (4, 9):
            inner = next((each for each in fields(data, start, stop) if each[0] == 1 and each[1] == BYTES), None)
            dtype, shape = type_proto(data, inner[2], inner[3], depth + 1) if inner else ("", None)
            return f"{'sequence' if number == 4 else 'optional'} of {dtype or '?'}", shape
        if kind == BYTES and number in (5, 7):
            return "map" if number == 5 else "opaque", None
    return "", None


def _tensor_type(data: bytes, at: int, end: int) -> tuple[str, Shape | None]:
    dtype, shape = "", None
    for number, kind, start, stop in fields(data, at, end):
        if kind == VARINT and number == 1:
            dtype = dtype_name(start)
        elif kind == BYTES and number == 2:
            axes = [each for each in fields(data, start, stop) if each[0] == 1 and each[1] == BYTES]
            shape = tuple(_axis(data, each[2], each[3]) for each in axes[:MOST_AXES])
    return dtype, shape


def _axis(data: bytes, at: int, end: int) -> int | str:
    for number, kind, start, stop in fields(data, at, end):
        if kind == VARINT and number == 1:
            return signed(start)
        if kind == BYTES and number == 2:
            return text(data, start, stop) or "?"
    return "?"


def tensor(data: bytes, at: int, end: int) -> Tensor:
    """Read a TensorProto, but for its numbers."""
    dims: list[int] = []
    name, dtype, texts, entries = "", 0, 0, []
    for each in fields(data, at, end):
        number, kind, start, stop = each
        if number == 1:
            dims += numbers(data, each, MOST_AXES)
        elif kind == VARINT and number == 2:
            dtype = start
        elif kind == BYTES and number == 8:
            name = text(data, start, stop)
        elif kind == BYTES and number == 6:
            texts += stop - start
        elif kind == BYTES and number == 13:
            entries.append((start, stop))
    if any(each < 0 for each in dims):
        raise broken(f"the shape of “{name}” has a negative size")
    place, offset = _external(name, dict(pair(data, *each) for each in entries))
    made = Tensor(name, dtype_name(dtype), tuple(dims[:MOST_AXES]), 0, place, offset)
    if made.elements > _MOST_ELEMENTS:
        raise broken(f"“{name}” has more numbers than any computer could hold")
    return made._replace(size=texts + math.ceil(made.elements * DTYPES.get(dtype, ("", 0.0))[1]))


def _external(name: str, told: dict[str, str]) -> tuple[str, int]:
    """Return the file and the offset where a tensor's data lies; a file outside the model's folder is refused."""
    place, offset = told.get("location", ""), told.get("offset", "0")
    if _LEAVES.search(place):
        raise UserError(
            f"The model says that the data of “{name}” lies outside its own folder, in {place}; no honest model does.",
            hint="Do not use this file unless you know who made it.",
        )
    return place, int(offset[:20]) if offset.isascii() and offset.isdigit() else 0


def sparse_tensor(data: bytes, at: int, end: int) -> Tensor:
    """Read a SparseTensorProto as the tensor of its values, in the shape that it stands for."""
    dims: list[int] = []
    values = Tensor("", "", (), 0)
    for each in fields(data, at, end):
        if each[0] == 1 and each[1] == BYTES:
            values = tensor(data, each[2], each[3])
        elif each[0] == 3:
            dims += numbers(data, each, MOST_AXES)
    made = values._replace(shape=tuple(max(0, each) for each in dims[:MOST_AXES]))
    if made.elements > _MOST_ELEMENTS:
        raise broken(f"“{made.name}” has more numbers than any computer could hold")
    return made


def node(data: bytes, at: int, end: int) -> Node:
    """Read a NodeProto; attributes and metadata are left where they are."""
    op = domain = name = ""
    inputs, outputs, attributes, metadata = [], [], [], []
    for number, kind, start, stop in fields(data, at, end):
        if kind != BYTES:
            continue
        if number == 1:
            inputs.append(text(data, start, stop))
        elif number == 2:
            outputs.append(text(data, start, stop))
        elif number == 5:
            attributes.append((start, stop))
        elif number == 9:
            metadata.append((start, stop))
        elif number == 3:
            name = text(data, start, stop)
        elif number == 4:
            op = text(data, start, stop)
        elif number == 7:
            domain = text(data, start, stop)
    return Node(op, domain, name, tuple(inputs), tuple(outputs), tuple(attributes), tuple(metadata))


def attribute(data: bytes, at: int, end: int) -> Attribute:
    """Read an AttributeProto in short."""
    name, kind, refers, found = "", 0, "", list[Field]()
    for each in fields(data, at, end):
        number, wire, start, stop = each
        if wire == BYTES and number == 1:
            name = text(data, start, stop)
        elif wire == VARINT and number == 20:
            kind = start
        elif wire == BYTES and number == 21:
            refers = text(data, start, stop)
        elif number in _SAID or number == LEFT_OUT:
            found.append(each)
    if refers:
        return Attribute(name, _KINDS.get(kind, ""), f"the function's {refers}")
    held = next((each for each in found if each[0] in (5, 6) and each[1] == BYTES), None)
    said = Attribute(name, _KINDS.get(kind, ""), _shortened(", ".join(_said(data, found))))
    if held is None:
        return said
    if held[0] == 6:
        return said._replace(graph=(held[2], held[3]))
    return said._replace(tensor=tensor(data, held[2], held[3]))


_SAID = (2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 15, 22, 23)


def _said(data: bytes, found: list[Field]) -> list[str]:
    """Return the values of an attribute as texts, the first of many."""
    said: list[str] = []
    for each in found:
        said += _part(data, each)
        if len(said) > _MOST_SHOWN:
            return [*said[:_MOST_SHOWN], "…"]
    return said


def _part(data: bytes, each: Field) -> list[str]:
    number, kind, start, stop = each
    if number in (2, 7):
        return [f"{value:g}" for value in floats(data, each, _MOST_SHOWN + 1)]
    if number in (3, 8) and (kind == VARINT or number == 8):
        return [str(value) for value in numbers(data, each, _MOST_SHOWN + 1)]
    if number in (4, 9) and kind == BYTES:
        return [text(data, start, min(stop, start + _LONGEST))]
    if number in (5, 10) and kind == BYTES:
        return [in_words(tensor(data, start, stop))]
    if number == LEFT_OUT:
        return ["…"]
    return {6: ["graph"], 11: ["graph"], 14: ["type"], 15: ["type"], 22: ["sparse tensor"], 23: ["sparse tensor"]}.get(
        number, [] if kind != FIXED32 else ["?"]
    )


def in_words(held: Tensor) -> str:
    """Return a tensor as `float32 3×64`."""
    return f"{held.dtype or '?'} {shape_text(held.shape)}"


def shape_text(shape: Shape | None) -> str:
    """Return a shape as `batch×3×224`; of one number `scalar`."""
    if shape is None:
        return "?"
    return "×".join(str(each) for each in shape) if shape else "scalar"


def _shortened(said: str) -> str:
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"


def function(data: bytes, at: int, end: int) -> Function:
    """Read a FunctionProto in short."""
    name = domain = ""
    inputs, outputs, nodes = [], [], 0
    for number, kind, start, stop in fields(data, at, end):
        if kind != BYTES:
            continue
        if number == 1:
            name = text(data, start, stop)
        elif number == 10:
            domain = text(data, start, stop)
        elif number == 4:
            inputs.append(text(data, start, stop))
        elif number == 5:
            outputs.append(text(data, start, stop))
        elif number == 7:
            nodes += 1
    return Function(name, domain, tuple(inputs), tuple(outputs), nodes)
