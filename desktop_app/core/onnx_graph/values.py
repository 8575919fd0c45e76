"""What an ONNX model consists of, as values: tensors, nodes, graphs, and the header that sums them up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Shape = tuple[int | str, ...]

DTYPES: dict[int, tuple[str, float]] = {
    1: ("float32", 4), 2: ("uint8", 1), 3: ("int8", 1), 4: ("uint16", 2), 5: ("int16", 2), 6: ("int32", 4),
    7: ("int64", 8), 8: ("string", 0), 9: ("bool", 1), 10: ("float16", 2), 11: ("float64", 8), 12: ("uint32", 4),
    13: ("uint64", 8), 14: ("complex64", 8), 15: ("complex128", 16), 16: ("bfloat16", 2), 17: ("float8e4m3fn", 1),
    18: ("float8e4m3fnuz", 1), 19: ("float8e5m2", 1), 20: ("float8e5m2fnuz", 1), 21: ("uint4", 0.5),
    22: ("int4", 0.5), 23: ("float4e2m1", 0.5), 24: ("float8e8m0", 1), 25: ("uint2", 0.25), 26: ("int2", 0.25),
    27: ("float6e2m3", 0.75), 28: ("float6e3m2", 0.75),
}  # fmt: skip
"""Types of elements by their number in `TensorProto.DataType`, each with the bytes of an element (onnx.proto 1.23)."""

_NO_WEIGHTS = ("int64", "bool", "string", "")


def dtype_name(number: int) -> str:
    """Return what a type of elements is called; empty where there is none."""
    return DTYPES[number][0] if number in DTYPES else f"type {number}" if number else ""


class Value(NamedTuple):
    """A tensor that flows; `shape` is None where nobody said it, and an axis that has no size is a name or `?`."""

    name: str
    dtype: str = ""
    shape: Shape | None = None


class Edge(NamedTuple):
    """A tensor on its way: `source` and `target` are nodes by number, or what the model takes and gives (`Model`)."""

    source: int
    target: int
    tensor: str


class Tensor(NamedTuple):
    """Weights or a constant; `place` is the file beside the model that has its data, empty where the model has it."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int
    """Bytes."""
    place: str = ""
    offset: int = 0

    @property
    def elements(self) -> int:
        """How many numbers it has."""
        count = 1
        for each in self.shape:
            count *= each
        return count

    @property
    def parameters(self) -> int:
        """How many of them count as parameters: indices, shapes, flags and texts don't."""
        return 0 if self.dtype in _NO_WEIGHTS else self.elements


class Attribute(NamedTuple):
    """An attribute of a node, in short; `graph` says where in the skeleton a graph lies that it holds."""

    name: str
    kind: str
    text: str
    tensor: Tensor | None = None
    graph: tuple[int, int] | None = None


class Node(NamedTuple):
    """An operator at work. What it has beside names is read from the skeleton when it is asked for."""

    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: tuple[tuple[int, int], ...]
    """Where in the skeleton each attribute lies."""
    metadata: tuple[tuple[int, int], ...]
    """Where in the skeleton each entry of `metadata_props` lies."""
    path: tuple[str, ...] = ()
    """The modules it is part of, outermost first; each by a name that is its own in the model. A graph that a node
    holds (If, Loop, Scan) is one as well."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function that the model brings along."""

    name: str
    domain: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    nodes: int


@dataclass(frozen=True, slots=True)
class Header:
    """What a model says of itself, and sums over its weights."""

    ir_version: int = 0
    producer: str = ""
    opsets: Mapping[str, int] = field(default_factory=dict)
    """Versions by domain; the main one is the empty text."""
    metadata: Mapping[str, str] = field(default_factory=dict)
    graph_name: str = ""
    inputs: tuple[Value, ...] = ()
    outputs: tuple[Value, ...] = ()
    nodes: int = 0
    """Nodes of the main graph."""
    parameters: int = 0
    weight_bytes: int = 0
    tensors: int = 0
    external: tuple[str, ...] = ()
    """Files beside the model that have weights of it."""
    functions: tuple[Function, ...] = ()

    @property
    def opset(self) -> int:
        """The version of ONNX's own operators; 0 where it isn't said."""
        return self.opsets.get("", self.opsets.get("ai.onnx", 0))


@dataclass(frozen=True, slots=True)
class Model:
    """A whole model. The nodes of a graph within a node stand before that node, which gets what they come to.

    Counted on after the nodes, the inputs and then the outputs have numbers as well.
    """

    header: Header
    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    tensors: Mapping[str, Tensor] = field(default_factory=dict)
    """Weights and constants by name."""
    values: Mapping[str, Value] = field(default_factory=dict)
    """What is known of tensors that flow, by name."""
    skeleton: bytes = field(default=b"", repr=False)
    operators: Mapping[str, int] = field(default_factory=dict)
    """How often each operator occurs, most often first; of another domain than ONNX's, as `domain::op`."""

    @property
    def size(self) -> int:
        """How many numbers there are: nodes, inputs, outputs."""
        return len(self.nodes) + len(self.header.inputs) + len(self.header.outputs)

    def end(self, number: int) -> Value | None:
        """Return the input or output of a number; None of a node's."""
        at = number - len(self.nodes)
        return (*self.header.inputs, *self.header.outputs)[at] if at >= 0 else None

    def is_input(self, number: int) -> bool:
        """Return whether a number is an input's."""
        return 0 <= number - len(self.nodes) < len(self.header.inputs)
