"""A model with weights and sums in 16-bit floats; what it takes and returns stays as it was."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper
from rankzero_kit.errors import TaskError

from .samples import Samples

LARGEST = 65504.0


def halved(source: Path, target: Path) -> list[str]:
    """Write the model in float16 and return what there is to note. Raises TaskError where it can't be."""
    from onnxruntime.transformers.float16 import convert_float_to_float16  # it takes a while

    model = onnx.load(source)
    large = too_large(model)
    if not any(each.data_type == onnx.TensorProto.FLOAT for each in model.graph.initializer):
        raise TaskError("The model has no 32-bit weights to make smaller.")
    del model.graph.value_info[:]  # the exporter's notes may contradict themselves; they are inferred anew
    made = convert_float_to_float16(model, keep_io_types=True)
    put_in_order(made.graph)
    onnx.save(made, target)
    return [f"Constants that 16 bits can't hold were cut to {LARGEST:g}: {', '.join(large[:3])}."] if large else []


def overflowing(source: Path, feeds: Sequence[Mapping[str, Any]], scratch: Path) -> list[str]:
    """Return the values of a 32-bit model that 16 bits can't hold, the largest first; `scratch` is a folder.

    Running the 16-bit model would not show it here: ONNX Runtime computes in 32 bits on a CPU, on a GPU it does not.
    """
    from onnxruntime.quantization import CalibrationMethod, create_calibrator

    model = onnx.load(source)
    del model.graph.value_info[:]
    with tempfile.TemporaryDirectory(dir=scratch, prefix=".ranges-") as folder:
        bare = Path(folder) / "bare.onnx"
        onnx.save(model, bare)
        calibrator = create_calibrator(
            bare, augmented_model_path=str(bare.with_name("augmented.onnx")), calibrate_method=CalibrationMethod.MinMax
        )
        calibrator.collect_data(Samples(feeds))
        ranges = calibrator.compute_data().items()
    peaks = {
        name: max(abs(float(end)) for each in found.range_value for end in np.ravel(each)) for name, found in ranges
    }
    return sorted((name for name, peak in peaks.items() if peak > LARGEST), key=lambda name: -peaks[name])


def put_in_order(graph: onnx.GraphProto) -> None:
    """Sort a graph's nodes such that each comes after those whose outputs it takes.

    WORKAROUND: the conversion puts the casts of the inputs last, which no checker accepts
    (https://github.com/microsoft/onnxruntime/issues/11245 and its kin).
    """
    nodes = [*graph.node]
    made_by = {name: number for number, node in enumerate(nodes) for name in node.output if name}
    needed = [{made_by[each] for each in needs(node) if each in made_by} for node in nodes]
    users: dict[int, list[int]] = {}
    for number, each in enumerate(needed):
        for earlier in each:
            users.setdefault(earlier, []).append(number)
    ready = [number for number, each in enumerate(needed) if not each]
    order: list[int] = []
    while ready:
        order.append(heapq.heappop(ready))
        for later in users.get(order[-1], ()):
            needed[later].discard(order[-1])
            if not needed[later]:
                heapq.heappush(ready, later)
    copies = [onnx.NodeProto.FromString(nodes[each].SerializeToString()) for each in order]
    del graph.node[:]
    graph.node.extend(copies)


def needs(node: onnx.NodeProto) -> list[str]:
    """Return the names that a node takes, those among them that only its inner graphs take."""
    inner = [each.g for each in node.attribute if each.type == onnx.AttributeProto.GRAPH]
    inner += [graph for each in node.attribute for graph in each.graphs]
    return [*node.input, *(name for graph in inner for each in graph.node for name in needs(each))]


def too_large(model: onnx.ModelProto) -> list[str]:
    """Return the names of weights that 16 bits can't hold."""
    found = []
    for each in model.graph.initializer:
        if each.data_type == onnx.TensorProto.FLOAT:
            values = numpy_helper.to_array(each)
            if values.size and float(np.nanmax(np.abs(np.where(np.isinf(values), 0, values)))) > LARGEST:
                found.append(each.name)
    return found
