"""ONNX models for tests, written field by field (onnx.proto): no framework is needed to have one."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence

FLOAT, INT64 = 1, 7


def number(value: int) -> bytes:
    """Return a varint."""
    value &= (1 << 64) - 1
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes((*made, value))


def part(field: int, value: int | str | bytes) -> bytes:
    """Return a field: a number, a text, or a message."""
    if isinstance(value, int):
        return number(field << 3) + number(value)
    data = value.encode() if isinstance(value, str) else value
    return number(field << 3 | 2) + number(len(data)) + data


def pairs(field: int, entries: Mapping[str, str]) -> bytes:
    """Return StringStringEntryProtos."""
    return b"".join(part(field, part(1, key) + part(2, value)) for key, value in entries.items())


def tensor(name: str, shape: Sequence[int], data: bytes | None = None, *, dtype: int = FLOAT, place: str = "") -> bytes:
    """Return a TensorProto of zeros, or of `data`; with `place`, of what lies in that file."""
    count = 1
    for each in shape:
        count *= each
    made = b"".join(part(1, each) for each in shape) + part(2, dtype) + part(8, name)
    if place:
        return made + pairs(13, {"location": place, "offset": "4096", "length": str(4 * count)}) + part(14, 1)
    return made + part(9, bytes(count * (8 if dtype == INT64 else 4)) if data is None else data)


def value(name: str, shape: Sequence[int | str] | None = (), dtype: int = FLOAT) -> bytes:
    """Return a ValueInfoProto."""
    axes = b"".join(part(1, part(1 if isinstance(each, int) else 2, each)) for each in shape or ())
    kind = part(1, dtype) + (b"" if shape is None else part(2, axes))
    return part(1, name) + part(2, part(1, kind))


def attribute(name: str, given: float | str | Sequence[int] | bytes) -> bytes:
    """Return an AttributeProto of an int, a float, a text, ints, or (bytes) a tensor."""
    head = part(1, name)
    if isinstance(given, int):
        return head + part(3, given) + part(20, 2)
    if isinstance(given, float):
        return head + number(2 << 3 | 5) + struct.pack("<f", given) + part(20, 1)
    if isinstance(given, str):
        return head + part(4, given) + part(20, 3)
    if isinstance(given, bytes):
        return head + part(5, given) + part(20, 4)
    return head + b"".join(part(8, each) for each in given) + part(20, 7)


def graph_attribute(name: str, held: bytes) -> bytes:
    """Return an AttributeProto that holds a graph."""
    return part(1, name) + part(6, held) + part(20, 5)


def node(
    op: str,
    inputs: Iterable[str],
    outputs: Iterable[str],
    *,
    name: str = "",
    attributes: Iterable[bytes] = (),
    scopes: Sequence[str] = (),
    domain: str = "",
) -> bytes:
    """Return a NodeProto; `scopes` are the modules around it, as PyTorch's exporter writes them down."""
    told = {"pkg.torch.onnx.name_scopes": repr(["", *scopes, name])} if scopes else {}
    return b"".join((
        *(part(1, each) for each in inputs), *(part(2, each) for each in outputs), part(3, name), part(4, op),
        *(part(5, each) for each in attributes), part(7, domain) if domain else b"", pairs(9, told),
    ))  # fmt: skip


def graph(
    nodes: Iterable[bytes],
    *,
    tensors: Iterable[bytes] = (),
    inputs: Iterable[bytes] = (),
    outputs: Iterable[bytes] = (),
    values: Iterable[bytes] = (),
) -> bytes:
    """Return a GraphProto."""
    listed = ((1, nodes), (5, tensors), (11, inputs), (12, outputs), (13, values))
    return part(2, "main") + b"".join(part(field, each) for field, many in listed for each in many)


def model(held: bytes, *, opset: int = 20, more: bytes = b"") -> bytes:
    """Return a ModelProto."""
    head = part(1, 10) + part(2, "Rank Zero's tests") + part(3, "1") + part(8, part(1, "") + part(2, opset))
    return head + part(7, held) + pairs(14, {"made by": "hand"}) + more


def chain(count: int, *, layers: int = 0, width: int = 8) -> bytes:
    """Return a model of `count` nodes in a row, each third with a skip and weights; in `layers` modules, if any."""
    nodes, tensors, values = [], [], []
    each_layer = -(-count // layers) if layers else 0
    for at in range(count):
        before, skipped = f"x{at}", f"x{max(0, at - 2)}"
        op, more = [("MatMul", f"w{at}"), ("Relu", ""), ("Add", skipped)][at % 3]
        layer = f"net.layer.{at // each_layer}" if layers else ""
        inputs = [before, more] if more else [before]
        nodes.append(node(op, inputs, [f"x{at + 1}"], name=f"node_{at}", scopes=("net", layer) if layers else ()))
        values.append(value(f"x{at + 1}", ("batch", width)))
        if op == "MatMul":
            tensors.append(tensor(more, (width, width)))
    ends = {"inputs": [value("x0", ("batch", width))], "outputs": [value(f"x{count}", ("batch", width))]}
    return model(graph(nodes, tensors=tensors, values=values[:-1], **ends))
