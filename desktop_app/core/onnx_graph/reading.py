"""Reads a model's skeleton: its header, then its nodes with all graphs within nodes.

`reading` goes in small steps, so that a window's loop can read a large model between two frames.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from desktop_app.api import UserError
from desktop_app.core.onnx_graph import parts
from desktop_app.core.onnx_graph.grouping import module_path
from desktop_app.core.onnx_graph.steps import Steps, finished
from desktop_app.core.onnx_graph.values import Edge, Function, Header, Model, Node, Tensor, Value
from desktop_app.core.onnx_graph.wire import BYTES, VARINT, broken, fields, text

_STEP = 64
_DEEPEST = 8  # graphs within graphs: each costs a few frames of Python's stack
_MOST_NODES = 200_000
_HOLDERS = ("If", "Loop", "Scan", "SequenceMap")


@dataclass(slots=True)
class _Told:
    """What a model says, gathered field by field."""

    ir_version: int = 0
    producer: list[str] = field(default_factory=lambda: ["", ""])
    opsets: dict[str, int] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)
    functions: list[Function] = field(default_factory=list)
    graphs: list[tuple[int, int]] = field(default_factory=list)
    name: str = ""
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    infos: list[tuple[int, int]] = field(default_factory=list)
    nodes: list[tuple[int, int]] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)

    def header(self) -> Header:
        """Return the header; inputs that merely have a default (up to IR 3 all weights were inputs) are none."""
        weights = {each.name for each in self.tensors}
        return Header(
            ir_version=self.ir_version,
            producer=" ".join(filter(None, self.producer)),
            opsets=self.opsets,
            metadata=self.metadata,
            graph_name=self.name,
            inputs=tuple(each for each in self.inputs if each.name not in weights),
            outputs=tuple(self.outputs),
            nodes=len(self.nodes),
            parameters=sum(each.parameters for each in self.tensors),
            weight_bytes=sum(each.size for each in self.tensors),
            tensors=len(self.tensors),
            external=tuple(sorted({each.place for each in self.tensors if each.place})),
            functions=tuple(self.functions),
        )


def read_header(skeleton: bytes) -> Header:
    """Read what a model says of itself, without its nodes."""
    return finished(_told(skeleton)).header()


def reading(skeleton: bytes) -> Steps[Model]:
    """Read the whole model, in steps."""
    told = yield from _told(skeleton)
    header = told.header()
    reader = _Reader(skeleton)
    yield from reader.take(told, _Place({}, ()))
    reader.join_ends(header)
    constants = [each for name, each in reader.tensors.items() if name in reader.constants]
    return Model(
        header=_with_constants(header, constants),
        nodes=tuple(reader.nodes),
        edges=tuple(reader.edges),
        tensors=reader.tensors,
        values=reader.values,
        skeleton=skeleton,
        operators=dict(Counter(_operator(each) for each in reader.nodes).most_common()),
    )


def _with_constants(header: Header, constants: list[Tensor]) -> Header:
    """Count weights that some exporters write as nodes."""
    return replace(
        header,
        parameters=header.parameters + sum(each.parameters for each in constants),
        weight_bytes=header.weight_bytes + sum(each.size for each in constants),
    )


def _operator(node: Node) -> str:
    return f"{node.domain}::{node.op}" if node.domain not in ("", "ai.onnx") else node.op


def _told(data: bytes) -> Steps[_Told]:
    told = _Told()
    for number, kind, start, end in fields(data, 0, len(data)):
        if kind == VARINT and number == 1:
            told.ir_version = start
        elif kind == BYTES and number in (2, 3):
            told.producer[number - 2] = text(data, start, end)
        elif kind == BYTES and number == 8:
            domain, version = _opset(data, start, end)
            told.opsets[domain] = version
        elif kind == BYTES and number == 14:
            key, value = parts.pair(data, start, end)
            told.metadata[key] = value
        elif kind == BYTES and number == 25:
            told.functions.append(parts.function(data, start, end))
        elif kind == BYTES and number == 7:
            told.graphs.append((start, end))
    if not told.graphs or not (told.ir_version or told.opsets):
        raise broken("it has no graph" if told.ir_version or told.opsets else "it does not say which version it is of")
    for each in told.graphs:
        yield from _graph(data, told, *each)
    return told


def _graph(data: bytes, told: _Told, at: int, end: int) -> Steps[None]:
    for count, (number, kind, start, stop) in enumerate(fields(data, at, end)):
        if kind != BYTES:
            continue
        if number == 1:
            told.nodes.append((start, stop))
        elif number == 13:
            told.infos.append((start, stop))
        elif number == 2:
            told.name = text(data, start, stop)
        elif number in (5, 15):
            read = parts.tensor if number == 5 else parts.sparse_tensor
            told.tensors.append(read(data, start, stop))
        elif number in (11, 12):
            ends = told.inputs if number == 11 else told.outputs
            ends.append(parts.value_info(data, start, stop))
        if count % _STEP == 0:
            yield


def _opset(data: bytes, at: int, end: int) -> tuple[str, int]:
    domain, version = "", 0
    for number, kind, start, stop in fields(data, at, end):
        if kind == BYTES and number == 1:
            domain = text(data, start, stop)
        elif kind == VARINT and number == 2:
            version = start
    return domain, version


@dataclass(slots=True)
class _Place:
    """Where a graph is: what names mean in it, the modules that it is shown in, what is around it."""

    made_by: dict[str, int]
    """The number of what makes a tensor, by the tensor's name."""
    within: tuple[str, ...]
    around: _Place | None = None
    depth: int = 0

    def maker(self, name: str) -> int | None:
        """Return what makes a tensor, here or in a graph around this one."""
        place: _Place | None = self
        while place is not None:
            if name in place.made_by:
                return place.made_by[name]
            place = place.around
        return None


class Values(Mapping[str, Value]):
    """What is known of tensors that flow, by name; each is read when it is asked for."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._spans: dict[str, tuple[int, int]] = {}
        self.known: dict[str, Value] = {}

    def note(self, at: int, end: int) -> None:
        """Note where a tensor is told of."""
        for number, kind, start, stop in fields(self._data, at, end):
            if number == 1 and kind == BYTES:
                self._spans[text(self._data, start, stop)] = at, end
                return

    def __getitem__(self, name: str) -> Value:
        found = self.known.get(name)
        if found is None:
            span = self._spans[name]
            try:
                found = parts.value_info(self._data, *span)
            except UserError:
                found = Value(name)  # a type that makes no sense keeps nobody from seeing the rest
            self.known[name] = found
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.known.keys() | self._spans.keys())

    def __len__(self) -> int:
        return len(self.known.keys() | self._spans.keys())


class _Reader:
    """Gathers the nodes of a graph and of the graphs within its nodes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.nodes: list[Node] = []
        self.edges: list[Edge] = []
        self.tensors: dict[str, Tensor] = {}
        self.constants: set[str] = set()
        self.values = Values(data)
        self._makers: dict[str, int] = {}
        self._takers: list[tuple[int, str]] = []

    def take(self, told: _Told, place: _Place) -> Steps[None]:
        """Take in a graph: first all its nodes, then who gets what from whom."""
        self.tensors.update((each.name, each) for each in told.tensors)
        for each in (*told.inputs, *told.outputs):
            self.values.known[each.name] = each
        for count, span in enumerate(told.infos):
            self.values.note(*span)
            if count % _STEP == 0:
                yield
        own: list[int] = []
        for count, span in enumerate(told.nodes):
            own.append((yield from self._node(span, place)))
            if count % _STEP == 0:
                yield
        yield from self._join(own, place)

    def join_ends(self, header: Header) -> None:
        """Join what the model takes and gives to its nodes."""
        numbers = {each.name: len(self.nodes) + at for at, each in enumerate(header.inputs)}
        self.edges += [Edge(numbers[name], node, name) for node, name in self._takers if name in numbers]
        first = len(self.nodes) + len(header.inputs)
        for at, each in enumerate(header.outputs):
            source = self._makers.get(each.name, numbers.get(each.name))
            if source is not None:
                self.edges.append(Edge(source, first + at, each.name))

    def _join(self, own: list[int], place: _Place) -> Steps[None]:
        for count, node in enumerate(own):
            for name in dict.fromkeys(self.nodes[node].inputs):
                maker = place.maker(name)
                if maker is not None:
                    self.edges.append(Edge(maker, node, name))
                elif name and name not in self.tensors:
                    self._takers.append((node, name))
            if count % _STEP == 0:
                yield
        if place.around is None:
            self._makers = place.made_by

    def _node(self, span: tuple[int, int], place: _Place) -> Steps[int]:
        node = parts.node(self._data, *span)
        node = node._replace(path=place.within + module_path(self._data, node))
        ends: list[int] = []
        if node.op == "Constant":
            self._constant(node)
        elif node.op in _HOLDERS:
            ends = yield from self._inner(node, place)
        if len(self.nodes) >= _MOST_NODES:
            raise broken("it has more nodes than any known model")
        number = len(self.nodes)
        self.nodes.append(node)
        place.made_by.update((each, number) for each in node.outputs if each)
        self.edges += [Edge(each, number, "") for each in dict.fromkeys(ends)]
        return number

    def _constant(self, node: Node) -> None:
        for span in node.attributes[:1] if node.outputs else ():
            held = parts.attribute(self._data, *span)
            made = held.tensor or Tensor("", held.kind.rstrip("s").replace("int", "int64"), (), 0)
            self.tensors[node.outputs[0]] = made._replace(name=node.outputs[0])
            self.constants.add(node.outputs[0])

    def _inner(self, node: Node, place: _Place) -> Steps[list[int]]:
        """Take in the graphs that a node holds; returns who makes what they come to."""
        ends: list[int] = []
        for span in node.attributes:
            held = parts.attribute(self._data, *span)
            if held.graph is None:
                continue
            if place.depth >= _DEEPEST:
                raise broken("graphs in it are nested too deeply")
            told = _Told()
            yield from _graph(self._data, told, *held.graph)
            title = ".".join((*node.path[-1:], f"{node.name or node.op} · {held.name}"))
            given = zip((each.name for each in told.inputs), node.inputs, strict=False)
            bound = {name: maker for name, outer in given if (maker := place.maker(outer)) is not None}
            inner = _Place(bound, (*node.path, title), place, place.depth + 1)
            yield from self.take(told, inner)
            ends += [maker for each in told.outputs if (maker := inner.made_by.get(each.name)) is not None]
        return ends
