"""Without the framework's inner values: whether the runtime computes what the file says, node by node."""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx.reference import ReferenceEvaluator
from rankzero_kit.cases import read_case

from .comparing import distance
from .inner_values import inner_values, topological
from .opening import Opened, open_model
from .scopes import module_of

SECONDS = 3.0
APART = 1e-3
LARGEST = 2**26
"""Models over this size are not looked at: their nodes would take the reference minutes."""


def runtime_difference(model: Path, folder: Path, case: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the first node that ONNX Runtime computes otherwise than ONNX's reference, or None."""
    opened = open_model(model)
    inputs, _, _ = read_case(folder / case["file"])
    there = {each.name for each in opened.graph.input}
    given = {name: each for name, each in inputs.items() if name in there}
    if opened.bytes > LARGEST:
        return None
    return _first(opened, given)


def _first(opened: Opened, given: Mapping[str, Any]) -> dict[str, Any] | None:
    whole = onnx.load(str(opened.path))
    nodes = topological(whole.graph)
    names = [name for node in nodes for name in node.output if name]
    values: dict[str, Any] = {each.name: onnx.numpy_helper.to_array(each) for each in whole.graph.initializer}
    values.update(_constants(whole.graph), **given)
    for piece in inner_values(opened, given, names):
        values.update(piece)
    until = time.monotonic() + SECONDS
    for node in nodes:
        if time.monotonic() > until:
            return None
        apart = _apart(whole, node, values)
        if apart > APART:
            return _document(node, apart)
    return None


def _constants(graph: Any) -> dict[str, Any]:
    found = (each for each in graph.node if each.op_type == "Constant")
    tensors = ((node.output[0], each.t) for node in found for each in node.attribute if each.name == "value")
    return {name: onnx.numpy_helper.to_array(each) for name, each in tensors}


def _apart(model: Any, node: Any, values: Mapping[str, Any]) -> float:
    """Return how far the runtime is from the reference in one node; 0 where the reference can't do it."""
    names = [each for each in node.input if each]
    if node.op_type in ("If", "Loop", "Scan") or any(values.get(each) is None for each in names):
        return 0.0
    given = {each: values[each] for each in names}
    blank = [onnx.ValueInfoProto(name=each) for each in (*dict.fromkeys(names), *filter(None, node.output))]
    count = len(dict.fromkeys(names))
    graph = onnx.helper.make_graph([node], "one", blank[:count], blank[count:])
    one = onnx.helper.make_model(graph, opset_imports=[*model.opset_import], ir_version=model.ir_version)
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = ReferenceEvaluator(one).run(None, given)
    except Exception:  # noqa: BLE001 - the reference knows not all operators, and says so in many ways
        return 0.0
    pairs = zip(filter(None, node.output), found, strict=False)
    return max((_relative(values.get(name), each) for name, each in pairs), default=0.0)


def _relative(runtime: Any, reference: Any) -> float:
    if runtime is None or reference is None or np.shape(runtime) != np.shape(reference):
        return 0.0
    if np.asarray(reference).dtype.kind not in "fiub":
        return 0.0
    return distance(reference, runtime).relative


def _document(node: Any, apart: float) -> dict[str, Any]:
    text = (
        f"ONNX Runtime computes the node “{node.name or node.output[0]}” ({node.op_type}) otherwise than ONNX’s own "
        "reference, from the same numbers: what is wrong may be the runtime, and not the file."
    )
    return {
        "node": node.name, "op": node.op_type, "module": module_of(node), "output": node.output[0], "error": apart,
        "text": text,
    }  # fmt: skip
