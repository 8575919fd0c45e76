"""What boxes, edges and the details of a model's graph say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from desktop_app.api import UserError
from desktop_app.core.onnx_graph import parts
from desktop_app.core.onnx_graph.difference import told, typed
from desktop_app.core.onnx_graph.layout import Items
from desktop_app.core.onnx_graph.parts import shape_text
from desktop_app.core.onnx_graph.values import Attribute, Header, Model, Node, Tensor
from desktop_app.core.words import plural, size_text

_FAMILIES = {
    "Matrices": ("accent", "Conv ConvTranspose ConvInteger QLinearConv DeformConv Gemm MatMul MatMulInteger "
                 "QLinearMatMul MatMulNBits Einsum LSTM GRU RNN Attention MultiHeadAttention DynamicQuantizeMatMul "
                 "FusedMatMul FusedConv QGemm DynamicQuantizeLSTM"),
    "Activations": ("completed", "Relu LeakyRelu PRelu Elu Selu Celu Gelu Sigmoid HardSigmoid HardSwish Swish Mish "
                    "Softmax LogSoftmax Hardmax Softplus Softsign Tanh ThresholdedRelu Clip Erf FastGelu BiasGelu "
                    "QuickGelu"),
    "Normalisation": ("finalizing", "BatchNormalization InstanceNormalization LayerNormalization LRN LpNormalization "
                      "GroupNormalization RMSNormalization SimplifiedLayerNormalization SkipLayerNormalization "
                      "MeanVarianceNormalization EmbedLayerNormalization Dropout"),
    "Reductions": ("preparing", "MaxPool AveragePool GlobalAveragePool GlobalMaxPool LpPool GlobalLpPool MaxUnpool "
                   "ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceSumSquare "
                   "ReduceLogSumExp ArgMax ArgMin TopK CumSum Resize Upsample"),
    "Moving data": ("waiting", "Reshape Transpose Squeeze Unsqueeze Flatten Concat Split Slice Gather GatherElements "
                    "GatherND ScatterElements ScatterND Scatter Expand Tile Pad Shape Size Cast CastLike Identity "
                    "Constant ConstantOfShape Range DepthToSpace SpaceToDepth ReverseSequence NonZero OneHot Trilu "
                    "EyeLike Compress Unique"),
    "Rounding": ("preparing", "QuantizeLinear DequantizeLinear DynamicQuantizeLinear"),
    "Control": ("canceled", "If Loop Scan SequenceMap"),
}  # fmt: skip
FAMILIES = {op: name for name, (_role, ops) in _FAMILIES.items() for op in ops.split()}
"""Which family an operator belongs to; what is in none computes number by number."""
ROLES = {name: role for name, (role, _ops) in _FAMILIES.items()} | {"Number by number": "running"}
MODULE, END = "muted", "text"
_MOST_ROWS = 40
_SHORT = 34


@dataclass(frozen=True, slots=True)
class Caption:
    """What a box says: a title, a line below it, and the colour role of its kind."""

    title: str
    detail: str
    role: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the details: a heading and rows of a name and what belongs to it."""

    heading: str
    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Details:
    """All that is known of what was picked."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        """The same as a text to copy."""
        lines = [self.title, self.subtitle]
        for each in self.sections:
            lines += ["", each.heading, *(f"{name}: {said}" if name else said for name, said in each.rows)]
        return "\n".join(line for at, line in enumerate(lines) if line or at > 1)


def family(node: Node) -> str:
    """Return what kind of work a node does."""
    return FAMILIES.get(node.op, "Number by number")


def count_text(count: int) -> str:
    """Return a number of parameters: 950, 9.9 M, 1.2 B."""
    for limit, unit in ((1_000_000_000, "B"), (1_000_000, "M"), (1000, "k")):
        if count >= limit:
            return f"{count / limit:.1f} {unit}" if count < 10 * limit else f"{count / limit:.0f} {unit}"
    return str(count)


def caption(items: Items, item: int) -> Caption:
    """Return what the box of an item says."""
    group = items.group(item)
    if group >= 0:
        made = items.outline.groups[group]
        counts = [plural(made.count, "node"), f"{count_text(made.parameters)} parameters" if made.parameters else ""]
        title = f"{made.title}  {made.kind}" if made.kind else made.title
        return Caption(_short(title), " · ".join(filter(None, counts)), MODULE)
    if item < len(items.model.nodes):
        node = items.model.nodes[item]
        return Caption(node.op, _weights(items.model, node), ROLES[family(node)])
    value = items.model.end(item)
    assert value is not None
    return Caption(_short(value.name), typed(value), END)


def _weights(model: Model, node: Node) -> str:
    """Return the shapes of what a node has of its own: `W 64×3×7×7 · 64`."""
    held = [model.tensors[each] for each in node.inputs if each in model.tensors]
    shapes = [shape_text(each.shape) for each in held if each.shape]
    return _short(" · ".join(shapes))


def _short(said: str) -> str:
    return said if len(said) <= _SHORT else f"{said[: _SHORT - 1]}…"


def edge_label(model: Model, tensors: Iterable[str]) -> str:
    """Return the shape of what flows along an edge, empty where nobody knows it."""
    for name in tensors:
        value = model.values.get(name)
        if value is not None and value.shape is not None:
            return shape_text(value.shape)
    return ""


def details(items: Items, item: int, changes: Mapping[int, tuple[str, ...]] | None = None) -> Details:
    """Return all that is known of an item."""
    group = items.group(item)
    if group >= 0:
        return _of_group(items, group)
    if item < len(items.model.nodes):
        return of_node(items.model, items.model.nodes[item], (changes or {}).get(item, ()))
    value = items.model.end(item)
    assert value is not None
    kind = "Input of the model" if items.model.is_input(item) else "Output of the model"
    return Details(value.name, kind, (Section("Tensor", (("Type", typed(value) or "not said"),)),))


def of_node(model: Model, node: Node, changes: tuple[str, ...] = ()) -> Details:
    """Return all that is known of a node."""
    data = model.skeleton
    attributes = [
        _readable(lambda at: _said(parts.attribute(data, *at)), each) for each in node.attributes[:_MOST_ROWS]
    ]
    told_by = [_readable(lambda at: parts.pair(data, *at), each) for each in node.metadata[:_MOST_ROWS]]
    sections = [
        Section("Changed", tuple(("", each) for each in changes)),
        Section("Inputs", tuple(_flow(model, each) for each in node.inputs[:_MOST_ROWS])),
        Section("Outputs", tuple(_flow(model, each) for each in node.outputs[:_MOST_ROWS])),
        Section("Attributes", tuple(attributes)),
        Section("Module", tuple(("", each) for each in node.path)),
        Section("Written by the exporter", tuple(told_by)),
    ]
    name = f"{node.domain}::{node.op}" if node.domain not in ("", "ai.onnx") else node.op
    return Details(name, node.name or "without a name", tuple(each for each in sections if each.rows))


def _readable(read: Callable[[tuple[int, int]], tuple[str, str]], span: tuple[int, int]) -> tuple[str, str]:
    """Return a row, or that it can't be read: what is asked for late may be malformed as well."""
    try:
        return read(span)
    except UserError:
        return "?", "can't be read"


def _said(attribute: Attribute) -> tuple[str, str]:
    return attribute.name, attribute.text or attribute.kind


def _flow(model: Model, name: str) -> tuple[str, str]:
    if not name:
        return "–", "left out"
    tensor = model.tensors.get(name)
    if tensor is None:
        return name, told(model, name) or "type not said"
    return name, f"{told(model, name)} · {_lies(tensor)}"


def _lies(tensor: Tensor) -> str:
    return f"{size_text(tensor.size)}, in {tensor.place}" if tensor.place else size_text(tensor.size)


def _of_group(items: Items, group: int) -> Details:
    made = items.outline.groups[group]
    sums = (("Nodes", made.count), ("Parameters", made.parameters), ("Modules in it", len(made.groups)))
    rows = [(name, f"{count:,}") for name, count in sums]
    ops: dict[str, int] = {}
    for at in _nodes_of(items, group):
        ops[items.model.nodes[at].op] = ops.get(items.model.nodes[at].op, 0) + 1
    counted = sorted(ops.items(), key=lambda each: (-each[1], each[0]))[:_MOST_ROWS]
    operators = Section("Operators", tuple((op, f"{count:,}") for op, count in counted))
    return Details(made.name, made.kind or "Module", (Section("Sums", tuple(rows)), operators))


def _nodes_of(items: Items, group: int) -> Iterable[int]:
    waiting = [group]
    while waiting:
        made = items.outline.groups[waiting.pop()]
        yield from made.nodes
        waiting += made.groups


def of_model(model: Model, size: int) -> Details:
    """Return what is known of the whole model; shown while nothing is picked."""
    header = model.header
    sections = [
        Section("File", (("Size", size_text(size)), *_facts(header))),
        Section("Inputs", tuple((each.name, typed(each) or "type not said") for each in header.inputs)),
        Section("Outputs", tuple((each.name, typed(each) or "type not said") for each in header.outputs)),
        Section("Weights elsewhere", tuple(("", each) for each in header.external)),
        Section("Operators", tuple((op, f"{count:,}") for op, count in list(model.operators.items())[:_MOST_ROWS])),
        Section("Functions", tuple((each.name, plural(each.nodes, "node")) for each in header.functions[:_MOST_ROWS])),
        Section("Metadata", tuple(header.metadata.items())),
    ]
    return Details("The model", header.graph_name, tuple(each for each in sections if each.rows))


def _facts(header: Header) -> tuple[tuple[str, str], ...]:
    domains = [f"{domain or 'ai.onnx'} {version}" for domain, version in header.opsets.items()]
    return (
        ("Opset", ", ".join(domains) or "not said"), ("IR version", str(header.ir_version)),
        ("Producer", header.producer or "not said"), ("Parameters", f"{header.parameters:,}"),
        ("Weights", size_text(header.weight_bytes)),
    )  # fmt: skip


def summary(model: Model, size: int) -> str:
    """Return a model in a line: `448 nodes · 9.9 M parameters · 41 MB · opset 20 · pytorch 2.13.0`."""
    header = model.header
    said = (
        plural(len(model.nodes), "node"), f"{count_text(header.parameters)} parameters", size_text(size),
        f"opset {header.opset}" if header.opset else "", header.producer,
    )  # fmt: skip
    return " · ".join(filter(None, said))
