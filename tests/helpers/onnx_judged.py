"""A small ONNX model with its cases, right or wrong in one way, for the judge; run in the toolchain `onnx` by path.

What a framework would have answered is reckoned in numpy, in float32 and float64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from rankzero_kit.cases import write_case

FLOAT, INT64 = onnx.TensorProto.FLOAT, onnx.TensorProto.INT64
ROWS = (2, 3, 2)


@dataclass
class Made:
    """A model that is being made: `x` to two layers to shares `p`, and the place of the largest, `choice`."""

    first: Any
    second: Any
    nodes: list[Any] = field(default_factory=list)
    inputs: list[Any] = field(default_factory=list)
    outputs: list[Any] = field(default_factory=list)
    more: list[Any] = field(default_factory=list)

    def model(self) -> Any:
        """Return it as ONNX."""
        weights = [numpy_helper.from_array(self.first, "first"), numpy_helper.from_array(self.second, "second")]
        graph = helper.make_graph(self.nodes, "small", self.inputs, self.outputs, [*weights, *self.more])
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


def small(*, folder: str, fault: str = "", truth: str = "", report: Callable[..., None]) -> dict[str, Any]:
    """Return what the judge is asked of a model; `truth` changes model and framework alike, `fault` the file."""
    random = np.random.default_rng(0)
    first, second = (random.standard_normal(shape).astype(np.float32) for shape in ((8, 16), (16, 5)))
    made = Made(first, second)
    change(TRUTHS, truth, made)
    place = Path(folder)
    cases = []
    for number, rows in enumerate(ROWS):
        given = random.standard_normal((rows, 8)).astype(np.float32)
        answers = [_answers(given, made, dtype, truth) for dtype in (np.float32, np.float64)]
        mask = np.full((rows, 8), number if truth == "mask varies" else 1, np.float32)
        more = {"mask": mask} if truth.startswith("mask") else {}
        write_case(place / f"{number}.npz", {"x": given, **more}, answers[0], {"p": answers[1]["p"]})
        cases.append({"file": f"{number}.npz", "sizes": {"batch": rows}, "origin": "drawn"})
    _write(made)
    change(FAULTS, fault, made)
    path = place / "model.onnx"
    onnx.save(made.model(), str(path))
    change(SPOILT, fault, path)
    masks = [{"name": "mask", "dtype": "float32", "shape": ["batch", 8]}] if truth.startswith("mask") else []
    return {
        "model": str(path),
        "cases_folder": folder,
        "cases": cases,
        "inputs": [{"name": "x", "dtype": "float32", "shape": ["batch", 8]}, *masks],
        "outputs": [
            {"name": "p", "dtype": "float32", "shape": ["batch", 5]},
            {"name": "choice", "dtype": "int64", "shape": ["batch"]},
        ],
    }


def change(changes: Mapping[str, Callable[[Any], None]], name: str, what: Any) -> None:
    """Make a change where there is one of that name."""
    if name in changes:
        changes[name](what)


def _answers(given: Any, made: Made, dtype: Any, truth: str) -> dict[str, Any]:
    raw = np.maximum(given.astype(dtype) @ made.first.astype(dtype), 0) @ made.second.astype(dtype)
    if truth == "vanishing":
        return {"p": raw, "choice": raw.argmax(axis=-1)}
    powers = np.exp(raw - raw.max(axis=-1, keepdims=True))
    shares = powers / powers.sum(axis=-1, keepdims=True)
    shares = (
        np.where(given[:, :1] > 9, np.nan, shares) if truth != "NaN" else shares * np.where(given[:, :1] > 0, np.nan, 1)
    )
    return {"p": shares.astype(dtype), "choice": raw.argmax(axis=-1)}


def _write(made: Made) -> None:
    made.nodes = [
        helper.make_node("MatMul", ["x", "first"], ["a"], "one"),
        helper.make_node("Relu", ["a"], ["b"], "relu"),
        helper.make_node("MatMul", ["b", "second"], ["c"], "two"),
        helper.make_node("Softmax", ["c"], ["p"], "softmax"),
        helper.make_node("ArgMax", ["c"], ["choice"], "argmax", axis=-1, keepdims=0),
    ]
    made.inputs = [helper.make_tensor_value_info("x", FLOAT, ["batch", 8])]
    made.outputs = [
        helper.make_tensor_value_info("p", FLOAT, ["batch", 5]),
        helper.make_tensor_value_info("choice", INT64, ["batch"]),
    ]


def _weight(made: Made) -> None:
    made.first = made.first.copy()
    made.first[0, 0] *= 1.01


def _extra_input(made: Made) -> None:
    made.inputs.append(helper.make_tensor_value_info("scale", FLOAT, [1]))
    made.nodes[3:4] = [helper.make_node("Mul", ["c", "scale"], ["d"]), helper.make_node("Softmax", ["d"], ["p"])]


def _renamed(made: Made) -> None:
    made.nodes[3].output[0] = made.outputs[0].name = "Identity:0"


def _swapped(made: Made) -> None:
    made.outputs.reverse()


def _missing(made: Made) -> None:
    made.nodes.pop()
    made.outputs.pop()


def _fixed_batch(made: Made) -> None:
    for each in (*made.inputs, *made.outputs):
        each.type.tensor_type.shape.dim[0].dim_value = 2


def _baked_batch(made: Made) -> None:
    made.more.append(numpy_helper.from_array(np.array([2, 16], np.int64), "sizes"))
    made.nodes[1:2] = [helper.make_node("Reshape", ["a", "sizes"], ["r"]), helper.make_node("Relu", ["r"], ["b"])]


def _wrong_type(made: Made) -> None:
    made.nodes[3:4] = [
        helper.make_node("Softmax", ["c"], ["d"]),
        helper.make_node("Cast", ["d"], ["p"], to=onnx.TensorProto.DOUBLE),
    ]
    made.outputs[0] = helper.make_tensor_value_info("p", onnx.TensorProto.DOUBLE, ["batch", 5])


def _wrong_shape(made: Made) -> None:
    made.more.append(numpy_helper.from_array(np.array([1], np.int64), "axis"))
    made.nodes[3:4] = [helper.make_node("Softmax", ["c"], ["d"]), helper.make_node("Unsqueeze", ["d", "axis"], ["p"])]
    made.outputs[0] = helper.make_tensor_value_info("p", FLOAT, ["batch", 1, 5])


def _last_of_equals(made: Made) -> None:
    made.nodes[4].attribute.append(helper.make_attribute("select_last_index", 1))


def _least(made: Made) -> None:
    made.nodes[4].op_type = "ArgMin"


def _dropout(made: Made) -> None:
    made.more += [numpy_helper.from_array(np.float32(0.5), "ratio"), numpy_helper.from_array(np.array(True), "on")]
    made.nodes[1:2] = [
        helper.make_node("Relu", ["a"], ["r"]),
        helper.make_node("Dropout", ["r", "ratio", "on"], ["b"], "dropout"),
    ]


def _nan(made: Made) -> None:
    made.second = made.second.copy()
    made.second[0, 0] = np.nan


def _foreign(made: Made) -> None:
    made.nodes[1].domain, made.nodes[1].op_type = "acme.ops", "Shine"


def _no_such_operator(made: Made) -> None:
    made.nodes[1].op_type = "Erfc"


def _read_mask(made: Made) -> None:
    made.inputs.append(helper.make_tensor_value_info("mask", FLOAT, ["batch", 8]))


def _without_softmax(made: Made) -> None:
    made.nodes[3].op_type = "Identity"


def _not_a_number(made: Made) -> None:
    made.more += [numpy_helper.from_array(np.array(each, dtype), name) for name, each, dtype in _NAN]
    made.nodes[3:4] = [
        helper.make_node("Softmax", ["c"], ["d"]),
        helper.make_node("Slice", ["x", "from", "to", "along"], ["one_column"]),
        helper.make_node("Greater", ["one_column", "zero"], ["above"]),
        helper.make_node("Where", ["above", "blank", "d"], ["p"]),
    ]


_NAN = (
    ("from", [0], np.int64), ("to", [1], np.int64), ("along", [1], np.int64), ("zero", 0, np.float32),
    ("blank", np.nan, np.float32),
)  # fmt: skip

FAULTS: dict[str, Callable[[Made], None]] = {
    "weight": _weight, "extra input": _extra_input, "renamed": _renamed, "swapped": _swapped, "missing": _missing,
    "fixed batch": _fixed_batch, "baked batch": _baked_batch, "type": _wrong_type, "shape": _wrong_shape,
    "last of equals": _last_of_equals, "least": _least, "dropout": _dropout, "nan": _nan, "foreign": _foreign,
    "no such operator": _no_such_operator, "mask unread": _read_mask, "no softmax": _without_softmax,
    "not a number": _not_a_number,
}  # fmt: skip


def _constant(made: Made) -> None:
    made.second = made.second * 0


def _vanishing(made: Made) -> None:
    made.second = made.second * np.float32(1e-28)


def _equals(made: Made) -> None:
    made.second = made.second.copy()
    made.second[:, 4] = made.second[:, 0]
    made.second[:, 1:4] = -np.abs(made.second[:, 1:4])


TRUTHS: dict[str, Callable[[Made], None]] = {"constant": _constant, "vanishing": _vanishing, "equals": _equals}


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def _text(path: Path) -> None:
    path.write_text("<html>not found</html>", "utf-8")


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _outside(path: Path) -> None:
    model = onnx.load(str(path))
    (path.parent.parent / "secret.bin").write_bytes(bytes(1024))
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../secret.bin")
    path.write_bytes(model.SerializeToString())


def _boast(path: Path) -> None:
    model = onnx.load(str(path))
    model.graph.initializer[0].dims[0] = 2**40
    path.write_bytes(model.SerializeToString())


SPOILT: dict[str, Callable[[Path], None]] = {
    "cut": _cut, "text": _text, "empty": _empty, "outside": _outside, "boast": _boast,
}  # fmt: skip
