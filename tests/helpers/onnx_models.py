"""Small ONNX models with cases, made in the toolchain `onnx`: a file of tasks, for `onnx_tasks.in_toolchain`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper
from rankzero_kit.cases import write_case

WIDTH = 64


def perceptron(*, folder: str, width: int = WIDTH, largest: float = 1.0, report: Any) -> str:
    """Make three layers whose classes are far apart, and `Identity` before them; with cases of 2, 3 and 16 rows."""
    random = np.random.default_rng(7)
    layers = [random.standard_normal((width, width)) / np.sqrt(width) for _ in range(2)] + [np.eye(width, 10) * largest]
    weights = [each.astype("float32") for each in layers]
    nodes = [helper.make_node("Identity", ["x"], ["h0"], name="first")]
    for number in range(3):
        nodes.append(
            helper.make_node("Gemm", [f"h{number}", f"w{number}", f"b{number}"], [f"g{number}"], f"fc{number}")
        )
        if number < 2:
            nodes.append(helper.make_node("Relu", [f"g{number}"], [f"h{number + 1}"], f"relu{number}"))
    nodes[-1].output[0] = "logits"
    named = [numpy_helper.from_array(each, f"w{number}") for number, each in enumerate(weights)]
    named += [
        numpy_helper.from_array(np.zeros(each.shape[1], "f"), f"b{number}") for number, each in enumerate(weights)
    ]
    path = _saved(folder, nodes, ["batch", width], ["batch", 10], named)
    for number, rows in enumerate((2, 3, 16)):
        x = random.standard_normal((rows, width)).astype("float32")
        hidden = np.maximum(np.maximum(x @ weights[0], 0) @ weights[1], 0)
        write_case(Path(folder) / f"cases/{number}.npz", {"x": x}, {"logits": hidden @ weights[2]}, {})
    np.savez(Path(folder) / "calibration.npz", x=random.standard_normal((64, width)).astype("float32"))
    return path


def convolution(*, folder: str, report: Any) -> str:
    """Make one convolution for batches of two; with one case, and calibration data."""
    random = np.random.default_rng(7)
    nodes = [helper.make_node("Conv", ["x", "w"], ["logits"], "conv", kernel_shape=[3, 3])]
    weights = [numpy_helper.from_array(random.standard_normal((8, 3, 3, 3)).astype("float32"), "w")]
    path = _saved(folder, nodes, [2, 3, 8, 8], [2, 8, 6, 6], weights)
    np.savez(Path(folder) / "calibration.npz", any_name=random.standard_normal((33, 3, 8, 8)))
    write_case(Path(folder) / "cases/0.npz", {"x": random.standard_normal((2, 3, 8, 8)).astype("float32")}, {}, {})
    return path


def _saved(folder: str, nodes: list[Any], takes: list[Any], gives: list[Any], weights: list[Any]) -> str:
    ends = [[helper.make_tensor_value_info(n, TensorProto.FLOAT, s)] for n, s in (("x", takes), ("logits", gives))]
    graph = helper.make_graph(nodes, "small", ends[0], ends[1], weights)
    # a note that contradicts what the quantiser makes of Gemm, as PyTorch's exporter leaves them
    graph.value_info.append(helper.make_tensor_value_info("g0", TensorProto.FLOAT, ["batch", WIDTH]))
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    Path(folder).mkdir(parents=True, exist_ok=True)
    onnx.save(made, Path(folder) / "model.onnx")
    return str(Path(folder) / "model.onnx")
