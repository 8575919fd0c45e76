"""Small networks as lists of steps: reckoned by numpy, in float32 and float64, or written as ONNX.

For files that run in the toolchain `onnx`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

WIDTH = 12
erf = np.vectorize(math.erf, otypes=[np.float64])


@dataclass
class Step:
    """One step of a network; `arrays` are its weights, `facts` its settings."""

    kind: str
    arrays: dict[str, Any] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


# What a network answers, by numpy.


def answer(steps: Sequence[Step], given: Any, dtype: Any) -> dict[str, Any]:
    """Return the outputs by name."""
    value, found = given if given.dtype.kind == "i" else given.astype(dtype), {}
    for step in steps:
        weights = {name: np.asarray(each, dtype) for name, each in step.arrays.items()}
        made = RECKON[step.kind](value, weights, step.facts)
        if step.kind in HEADS:
            found.update(made)
        else:
            value = made
    return {"y": value, **found}


def _linear(x: Any, w: Any, facts: Any) -> Any:
    return x @ w["w"] + w["b"]


def _act(x: Any, w: Any, facts: Any) -> Any:
    kind = facts["kind"]
    if kind in ("relu", "relu6"):
        return np.clip(x, 0, None if kind == "relu" else 6).astype(x.dtype)
    if kind == "gelu":
        return (x * (1 + erf(np.asarray(x, np.float64) / math.sqrt(2))) / 2).astype(x.dtype)
    if kind == "gelu-tanh":
        return x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))) / 2
    return np.tanh(x) if kind == "tanh" else 1 / (1 + np.exp(-x))


def _norm(x: Any, w: Any, facts: Any) -> Any:
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = (centred * centred).mean(axis=-1, keepdims=True)
    return centred / np.sqrt(variance + x.dtype.type(facts["eps"])) * w["w"] + w["b"]


def _softmax(x: Any, w: Any, facts: Any) -> Any:
    powers = np.exp(x - x.max(axis=facts["axis"], keepdims=True))
    return powers / powers.sum(axis=facts["axis"], keepdims=True)


def _attention(x: Any, w: Any, facts: Any) -> Any:
    query, key, value = (x @ w[each] for each in ("q", "k", "v"))
    shares = _softmax(query @ np.swapaxes(key, -1, -2) * x.dtype.type(facts["scale"]), {}, {"axis": -1})
    return x + shares @ value @ w["o"]


def _conv(x: Any, w: Any, facts: Any) -> Any:
    padded = np.pad(x, ((0, 0), (1, 1), (0, 0)))
    length = x.shape[1]
    return sum(padded[:, k : k + length] @ w["w"][:, :, k].T for k in range(3)) + w["b"]


def _rnn(x: Any, w: Any, facts: Any) -> Any:
    state = np.zeros((x.shape[0], WIDTH), x.dtype)
    for place in range(x.shape[1]):
        state = np.tanh(x[:, place] @ w["x"] + state @ w["h"] + w["b"])
    return state


def _pool(x: Any, w: Any, facts: Any) -> Any:
    return getattr(x, facts["how"])(axis=facts.get("axis", 1))


def _slice(x: Any, w: Any, facts: Any) -> Any:
    return x[:, facts["start"] :]


def _rows(x: Any, w: Any, facts: Any) -> Any:
    return x[: facts["number"]]


def _branch(x: Any, w: Any, facts: Any) -> Any:
    above = np.asarray(x[:, :1].sum(axis=-1, keepdims=True) > 0) if not facts.get("frozen") else True
    return np.where(above, x @ w["w"], x * 2).astype(x.dtype)


def _embed(x: Any, w: Any, facts: Any) -> Any:
    return w["w"][x]


def _same(x: Any, w: Any, facts: Any) -> Any:
    return x


def _argmax(x: Any, w: Any, facts: Any) -> Any:
    return {"choice": x.argmax(axis=-1)}


def _topk(x: Any, w: Any, facts: Any) -> Any:
    order = np.argsort(-x, axis=-1, kind="stable")[..., :3]
    return {"best": np.take_along_axis(x, order, -1), "places": order}


HEADS = ("argmax", "topk")
RECKON: dict[str, Callable[[Any, Any, Any], Any]] = {
    "linear": _linear, "act": _act, "norm": _norm, "softmax": _softmax, "attention": _attention, "conv": _conv,
    "rnn": _rnn, "pool": _pool, "slice": _slice, "rows": _rows, "branch": _branch, "embed": _embed, "dropout": _same,
    "argmax": _argmax, "topk": _topk,
}  # fmt: skip


# The same as ONNX.


class Writer:
    """Nodes and weights of a graph that is being written."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.number = 0

    def node(self, kind: str, *names: str, outputs: int = 1, **facts: Any) -> Any:
        """Add a node and return the names of its outputs, or the only one."""
        self.number += 1
        made = [f"v{self.number}_{index}" for index in range(outputs)]
        self.nodes.append(helper.make_node(kind, [*names], made, f"{kind}_{self.number}", **facts))
        return made[0] if outputs == 1 else made

    def weight(self, array: Any, dtype: Any = np.float32) -> str:
        """Add a weight and return its name."""
        self.weights.append(numpy_helper.from_array(np.asarray(array, dtype), f"w{len(self.weights)}"))
        return str(self.weights[-1].name)


def write(steps: Sequence[Step], path: Path, whole: bool) -> None:
    """Write a network as an ONNX file; `whole` is one that takes whole numbers."""
    writer, value, heads = Writer(), "x", {}
    for step in steps:
        names = {name: writer.weight(each) for name, each in step.arrays.items()}
        made = WRITE[step.kind](writer, value, names, step)
        if step.kind in HEADS:
            heads.update(made)
        else:
            value = made
    ends = {"y": (value, onnx.TensorProto.FLOAT), **heads}
    outputs = []
    for name, (source, kind) in ends.items():
        writer.nodes.append(helper.make_node("Identity", [source], [name]))
        outputs.append(helper.make_tensor_value_info(name, kind, [None] * (1 if name == "choice" else 2)))
    shape = ["batch", "seq"] if whole else ["batch", "seq", WIDTH]
    given = helper.make_tensor_value_info("x", onnx.TensorProto.INT64 if whole else onnx.TensorProto.FLOAT, shape)
    graph = helper.make_graph(writer.nodes, "net", [given], outputs, writer.weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10), str(path))


def _write_linear(writer: Writer, value: str, names: Any, step: Step) -> str:
    made = writer.node("MatMul", value, names["w"])
    return str(made if step.facts.get("no bias") else writer.node("Add", made, names["b"]))


def _write_act(writer: Writer, value: str, names: Any, step: Step) -> str:
    kind = step.facts["kind"]
    if kind == "relu6":
        return str(writer.node("Clip", value, writer.weight(0.0), writer.weight(6.0)))
    if kind.startswith("gelu"):
        return str(writer.node("Gelu", value, approximate="tanh" if "tanh" in kind else "none"))
    return str(writer.node({"relu": "Relu", "tanh": "Tanh", "sigmoid": "Sigmoid"}[kind], value))


def _write_norm(writer: Writer, value: str, names: Any, step: Step) -> str:
    return str(writer.node("LayerNormalization", value, names["w"], names["b"], epsilon=step.facts["eps"]))


def _write_softmax(writer: Writer, value: str, names: Any, step: Step) -> str:
    return str(writer.node("Softmax", value, axis=step.facts["axis"]))


def _write_attention(writer: Writer, value: str, names: Any, step: Step) -> str:
    query, key, other = (writer.node("MatMul", value, names[each]) for each in "qkv")
    turned = writer.node("Transpose", key, perm=[0, 2, 1])
    scores = writer.node("Mul", writer.node("MatMul", query, turned), writer.weight(step.facts["scale"]))
    mixed = writer.node("MatMul", writer.node("Softmax", scores, axis=-1), other)
    return str(writer.node("Add", value, writer.node("MatMul", mixed, names["o"])))


def _write_conv(writer: Writer, value: str, names: Any, step: Step) -> str:
    turned = writer.node("Transpose", value, perm=[0, 2, 1])
    given = (names["w"],) if step.facts.get("no bias") else (names["w"], names["b"])
    return str(writer.node("Transpose", writer.node("Conv", turned, *given, pads=[1, 1]), perm=[0, 2, 1]))


def _write_rnn(writer: Writer, value: str, names: Any, step: Step) -> str:
    turned = writer.node("Transpose", value, perm=[1, 0, 2])
    arrays = step.arrays
    across, along = (writer.weight(np.asarray(arrays[each]).T[None]) for each in "xh")
    bias = writer.weight(np.concatenate([arrays["b"], np.zeros(WIDTH)])[None])
    _, last = writer.node("RNN", turned, across, along, bias, outputs=2, hidden_size=WIDTH)
    return str(writer.node("Squeeze", last, writer.weight([0], np.int64)))


def _write_pool(writer: Writer, value: str, names: Any, step: Step) -> str:
    kind = {"mean": "ReduceMean", "sum": "ReduceSum", "max": "ReduceMax"}[step.facts["how"]]
    return str(writer.node(kind, value, writer.weight([step.facts.get("axis", 1)], np.int64), keepdims=0))


def _write_slice(writer: Writer, value: str, names: Any, step: Step) -> str:
    start, end, axis = ([step.facts["start"]], [2**31], [1])
    return str(writer.node("Slice", value, *(writer.weight(each, np.int64) for each in (start, end, axis))))


def _write_rows(writer: Writer, value: str, names: Any, step: Step) -> str:
    return str(writer.node("Slice", value, *(writer.weight([each], np.int64) for each in (0, step.facts["number"], 0))))


def _write_branch(writer: Writer, value: str, names: Any, step: Step) -> str:
    one = writer.node("MatMul", value, names["w"])
    if step.facts.get("frozen"):
        return str(one)
    first = writer.node("Slice", value, *(writer.weight([each], np.int64) for each in (0, 1, 1)))
    total = writer.node("ReduceSum", first, writer.weight([-1], np.int64), keepdims=1)
    above = writer.node("Greater", total, writer.weight(0.0))
    return str(writer.node("Where", above, one, writer.node("Mul", value, writer.weight(2.0))))


def _write_embed(writer: Writer, value: str, names: Any, step: Step) -> str:
    return str(writer.node("Gather", names["w"], value))


def _write_dropout(writer: Writer, value: str, names: Any, step: Step) -> str:
    if not step.facts.get("training"):
        return value
    return str(writer.node("Dropout", value, writer.weight(0.1), writer.weight(True, np.bool_)))


def _write_argmax(writer: Writer, value: str, names: Any, step: Step) -> dict[str, Any]:
    return {"choice": (writer.node("ArgMax", value, axis=-1, keepdims=0), onnx.TensorProto.INT64)}


def _write_topk(writer: Writer, value: str, names: Any, step: Step) -> dict[str, Any]:
    best, places = writer.node("TopK", value, writer.weight([3], np.int64), outputs=2, largest=step.facts["largest"])
    return {"best": (best, onnx.TensorProto.FLOAT), "places": (places, onnx.TensorProto.INT64)}


WRITE: dict[str, Callable[[Writer, str, Any, Step], Any]] = {
    "linear": _write_linear, "act": _write_act, "norm": _write_norm, "softmax": _write_softmax,
    "attention": _write_attention, "conv": _write_conv, "rnn": _write_rnn, "pool": _write_pool, "slice": _write_slice,
    "rows": _write_rows,
    "branch": _write_branch, "embed": _write_embed, "dropout": _write_dropout, "argmax": _write_argmax,
    "topk": _write_topk,
}  # fmt: skip
