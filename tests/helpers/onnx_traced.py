"""A stack of layers as ONNX, with what each module gave, for whoever looks for the first that differs."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper
from rankzero_kit.cases import write_case

LAYERS, WIDTH = 6, 24
_gelu = np.vectorize(lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2, otypes=[np.float32])


def stack(
    *, folder: str, faulty: int | None, names: str, report: Callable[..., None], act: bool = False
) -> dict[str, Any]:
    """Return what `first_difference` is asked; of the faulty layer the weight is off, or, with `act`, what follows it.

    Modules are the layers alone, as in code that calls gelu as a function. `names` says how nodes tell of modules.
    """
    random, place = np.random.default_rng(3), Path(folder)
    weights = [(random.standard_normal((WIDTH, WIDTH)) / 5).astype(np.float32) for _ in range(LAYERS)]
    given = random.standard_normal((3, WIDTH)).astype(np.float32)
    value = given
    kept: dict[str, Any] = {}
    for number, weight in enumerate(weights):
        kept[f"v{number}"] = value @ weight
        value = _gelu(kept[f"v{number}"])
    write_case(place / "0.npz", {"x": given}, {"y": value}, {})
    np.savez(place / "trace.npz", **kept)
    if faulty is not None and not act:
        weights[faulty] = weights[faulty] * np.float32(1.01)
    nodes = [each for number in range(LAYERS) for each in _layer(number, names, act and number == faulty)]
    nodes[-1].output[0] = "y"
    ends = [helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["batch", WIDTH]) for name in "xy"]
    tensors = [numpy_helper.from_array(each, f"w{number}") for number, each in enumerate(weights)]
    graph = helper.make_graph(nodes, "stack", ends[:1], ends[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.save(model, str(place / "model.onnx"))
    values = [{"key": f"v{each}", "module": f"layers.{each}", "order": each} for each in range(LAYERS)]
    return {
        "model": str(place / "model.onnx"),
        "cases_folder": folder,
        "case": {"file": "0.npz", "sizes": {"batch": 3}},
        "trace": {"file": "trace.npz", "values": values},
    }


def _layer(number: int, names: str, by_tanh: bool) -> list[Any]:
    before = f"h{number}" if number else "x"
    prefix = f"/layers.{number}/" if names == "torchscript" else ""
    linear = helper.make_node("MatMul", [before, f"w{number}"], [f"m{number}"], f"{prefix}layer{number}")
    gelu = helper.make_node(
        "Gelu", [f"m{number}"], [f"h{number + 1}"], f"act{number}", approximate="tanh" if by_tanh else "none"
    )
    if names == "dynamo":
        told = (f"['', 'layers', 'layers.{number}', 'linear']", f"['', 'gelu_{number}']")
        for node, scopes in zip((linear, gelu), told, strict=True):
            node.metadata_props.add(key="pkg.torch.onnx.name_scopes", value=scopes)
    return [linear, gelu]
